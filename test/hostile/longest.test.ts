/** Input that is just not too much, of every form and under every kind: it is judged within the time that fuzzing allows. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { concat } from "../../fixtures/der.js";
import { forgeCollateral, AT as INTEL_AT } from "../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../fixtures/intel/pki.js";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import { pem } from "../../fixtures/x509.js";
import { armCca, armPsa } from "../../src/arm.js";
import { azureAci, azureCvm } from "../../src/azure.js";
import { dstack } from "../../src/dstack.js";
import { gceCvm } from "../../src/gce.js";
import { nitro, sevSnp, sgx, tdx, verify } from "../../src/index.js";
import { createVerifier, nvidiaEvidence, nvidiaGpu, nvidiaSwitch } from "../../src/nvidia.js";
import { confidentialSpace, ear, ita, maa, nras } from "../../src/tokens.js";
import type { Verdict } from "../../src/verdict.js";
import { optionsFor } from "../evidence/sev-snp/support.js";
import { LIMITS } from "./fuzz/judge.js";
import { spent } from "./spent.js";

const MIB = 1_048_576;
const forged = forgeSnp();
const options = optionsFor(forged);
const judge = (evidence: Uint8Array | string): Promise<Verdict> => verify(evidence, options);

const LONG = 8 * MIB - 64;
const LONG_TEXT = 2 * MIB;
/** Just below the longest evidence, and the longest text of bytes: all of it is read. */
const LONGEST: Readonly<Record<string, () => Uint8Array | string>> = {
  zeros: () => new Uint8Array(LONG),
  digits: () => "0".repeat(LONG),
  base64: () => "A".repeat(LONG),
  "base64 of padding": () => "=".repeat(LONG),
  "base64 in lines of one letter": () => "A\n".repeat(LONG / 2),
  "PEM without an end": () => "-----BEGIN A-----\n".repeat(LONG / 18),
  "PEM dashes": () => "-".repeat(LONG),
  "PEM blocks": () => "-----BEGIN A-----\nAAAA\n-----END A-----\n".repeat(LONG / 40),
  "JSON brackets": () => "[".repeat(LONG),
  "JSON numbers": () => `[${"0,".repeat(LONG / 2 - 2)}0]`,
  "JSON escapes": () => `["${"\\u0041".repeat(LONG / 6 - 2)}"]`,
  "JSON of quotation marks escaped": () => `["${'\\"'.repeat(LONG / 2 - 2)}"]`,
  "JSON names": () => `{${Array.from({ length: 600_000 }, (_, i) => `"n${i}":0`).join(",")}}`,
  "JSON of names, each with a list": () => `[${Array.from({ length: 200_000 }, (_, i) => `{"n${i}":[]}`).join(",")}]`,
  "JSON of as many long names as are read": () =>
    `{${Array.from({ length: 24_900 }, (_, i) => `"n${i}${"x".repeat(300)}":0`).join(",")}}`,
  "JSON of as many objects as are read": () =>
    `[${Array.from({ length: 12_400 }, (_, i) => `{"n${i}${"x".repeat(600)}":0}`).join(",")}]`,
  "JSON of as many long numbers as are read": () => `[${`${"1".repeat(38)}.1,`.repeat(49_900)}0]`,
  "JSON of as many escapes as are read": () => `[${`"${"\\u0041".repeat(26)}",`.repeat(49_900)}0]`,
  "JSON of one number": () => `[${"1".repeat(LONG - 2)}]`,
  "JSON strings": () => `[${'"",'.repeat(LONG / 3 - 2)}""]`,
  "JSON of a bundle with a long text": () => JSON.stringify({ "tee-verify": 1, evidence: "A".repeat(LONG - 100) }),
  "JSON of a bundle with many endorsements": () =>
    JSON.stringify({
      "tee-verify": 1,
      evidence: Buffer.from(forged.report).toString("base64"),
      endorsements: new Array(1_000_000).fill("AAAA"),
    }),
  "JSON of a bundle with as many endorsements as are read": () =>
    JSON.stringify({
      "tee-verify": 1,
      evidence: Buffer.from(forged.report).toString("base64"),
      endorsements: new Array(256).fill("A".repeat(32_000)),
    }),
  "JSON of a bundle with JSON of as many names as are read": () =>
    JSON.stringify({
      "tee-verify": 1,
      evidence: `{${Array.from({ length: 24_900 }, (_, i) => `"n${i}${"x".repeat(50)}":0`).join(",")}}`,
    }),
  "text of as many digits as are read": () => "0".repeat(LONG_TEXT),
  "text of as many lines of one letter as are read": () => "A\n".repeat(LONG_TEXT / 2),
  "PEM of as many lines of one letter as are read": () =>
    `-----BEGIN A-----\n${"A\n".repeat(LONG_TEXT / 2 - 20)}-----END A-----\n`,
  XML: () => `<a>${"<b/>".repeat(LONG / 4 - 10)}</a>`,
  SEQUENCEs: () => new Uint8Array(LONG).fill(0x30),
  "CBOR arrays": () => new Uint8Array(LONG).fill(0x81),
  "CBOR endless": () => new Uint8Array(LONG).fill(0x9f),
  "CBOR empty maps": () => concat(Uint8Array.of(0x9a, 0, 0x7f, 0xff, 0), new Uint8Array(0x7fff00).fill(0xa0)),
};

describe("the longest evidence", () => {
  it.each(Object.entries(LONGEST))("of %s gives a verdict soon", { timeout: 60_000 }, async (_name, make) => {
    const evidence = make();
    const [verdict, milliseconds] = await spent(() => judge(evidence));
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.checks.some(({ code }) => code === "internal-error")).toBe(false);
    expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
  });

  it("of text that is no JSON is two MiB, and a bundle has 256 endorsements", async () => {
    const reasonOf = async (evidence: string): Promise<unknown> => (await judge(evidence)).checks[0]?.params.reason;
    expect(await reasonOf("0".repeat(LONG_TEXT + 2))).toContain("evidence text longer than 2097152 characters");
    expect(await reasonOf("0".repeat(LONG_TEXT))).not.toContain("evidence text longer");
    const withCopies = (count: number): Promise<Verdict> => {
      const endorsements = [...(options.endorsements ?? []), ...new Array(count).fill(forged.ek)] as Uint8Array[];
      const texts = endorsements.map((item) => Buffer.from(item).toString("base64"));
      const evidence = Buffer.from(forged.report).toString("base64");
      return verify(JSON.stringify({ "tee-verify": 1, evidence, endorsements: texts }), {
        ...options,
        endorsements: [],
      });
    };
    const own = options.endorsements?.length ?? 0;
    expect((await withCopies(256 - own)).outcome).toBe("verified");
    expect((await withCopies(257 - own)).checks[0]?.params.reason).toContain("bundle of more than 256 endorsements");
  });
});

/** Objects with as many names as are read, each another: reading them is what costs most in JSON. */
const names = (count: number, first: number, more = ""): string =>
  `{${Array.from({ length: count }, (_, i) => `"${(first + i).toString(36)}${more}":0`).join(",")}}`;
/** Copies that differ in their last byte. */
const variants = (der: Uint8Array, count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Uint8Array.from([...der.subarray(0, -1), i]));
const serials = Array.from({ length: 90_000 }, (_, i) => i + 1_000_000);

/** As long together as collateral may be. */
const sixty = (of: (i: number) => string): readonly string[] => Array.from({ length: 60 }, (_, i) => of(i));

/** Sets that are read whole, or refused after the most work. */
const ENDORSEMENTS: Readonly<Record<string, () => readonly (Uint8Array | string)[]>> = {
  "the longest list": () => [forged.crl({ revoked: serials })],
  "the longest list in PEM": () => [pem("X509 CRL", forged.crl({ revoked: serials }))],
  "one long list and sixty others": () => [
    forged.crl({ revoked: serials.slice(0, 50_000) }),
    ...variants(forged.crl({ revoked: serials.slice(0, 500) }), 60),
  ],
  "one long list and sixty who may have signed it": () => [
    forged.crl({ revoked: serials.slice(0, 80_000) }),
    ...variants(forged.issuer, 30),
    ...variants(forged.ark, 30),
  ],
  "sixty keys for one report": () => variants(forged.ek, 60),
  "sixty certificates and as many copies as are compared": () => {
    const alike = variants(forged.ek, 60);
    return [...alike, ...new Array(700).fill(alike[59])];
  },
  "sixteen MiB of certificates alike": () => new Array(12_000).fill(forged.ek),
  "text of dashes": () => [`-----BEGI${"-".repeat(6_000_000)}`],
  "base64 that begins as DER does": () => [`MI${"A".repeat(6_000_000)}`, `MJ${"A".repeat(6_000_000)}`],
  "bytes of no form": () => [1, 2].map((byte) => new Uint8Array(6_000_000).fill(byte)),
  "sixty texts of names": () => sixty((i) => names(1500, 40_000_000 + i * 2000)),
  "sixty TCB infos of names": () =>
    sixty((i) => `{"tcbInfo":${names(1450, 40_000_000 + i * 2000)},"signature":"${"00".repeat(64)}"}`),
  "one text of names": () => [names(24_000, 4_000_000)],
  "sixty texts of lists": () => sixty(() => `[${"[],".repeat(5000)}[]]`),
};

const quote = forgeQuote({ tee: "tdx" });
const ofQuote = {
  ...options,
  at: INTEL_AT,
  trustAnchors: { intel: [forgeRoot()] },
  endorsements: Object.values(forgeCollateral("tdx")),
};

describe("endorsements", () => {
  it.each(Object.entries(ENDORSEMENTS))("of %s are judged soon", { timeout: 60_000 }, async (_name, make) => {
    const more = make();
    for (const { evidence, asked } of [
      { evidence: forged.report, asked: options },
      { evidence: quote, asked: ofQuote },
    ]) {
      const endorsements = [...(asked.endorsements ?? []), ...more];
      const [verdict, milliseconds] = await spent(() => verify(evidence, { ...asked, endorsements }));
      expect(verdict.checks.some(({ code }) => code === "internal-error")).toBe(false);
      expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
    }
  });
});

const everyKind = createVerifier([
  sevSnp,
  tdx,
  sgx,
  nitro,
  azureAci,
  azureCvm,
  gceCvm,
  nvidiaEvidence,
  nvidiaGpu,
  nvidiaSwitch,
  dstack,
  confidentialSpace,
  ear,
  ita,
  maa,
  nras,
  armCca,
  armPsa,
]);
const json = JSON.stringify;
const hex = Buffer.from(quote).toString("hex");
const LONG_STRING = "ab".repeat(LONG / 2 - 200);
/** Members that some kind reads. */
const MEMBERS = [
  ...["quote", "report", "attestation", "evidence", "token", "cpu", "gpu", "SnpReport", "hclReport", "app_cert"],
  ...["event_log", "auxblob", "tdQuote", "jwt"],
];

/** JSON inside JSON, as dstack sends it, and members that hold one long string. */
const NESTED: Readonly<Record<string, () => string>> = {
  "a compose file of 100,000 members": () => json({ quote: hex, app_compose: names(100_000, 0), event_log: "[]" }),
  "a compose file of as many members as are read": () =>
    json({ quote: hex, app_compose: names(24_900, 1_000_000), event_log: "[]" }),
  "objects in every text that is read, and around them": () =>
    json({
      ...JSON.parse(names(24_000, 30_000_000, "x".repeat(100))),
      quote: hex,
      app_compose: names(24_000, 12_000_000),
      tcb_info: names(24_000, 4_000_000),
      vm_config: json({ ...JSON.parse(names(20_000, 8_000_000)), mr_config: names(24_000, 16_000_000) }),
      event_log: `[${names(24_000, 20_000_000)}]`,
    }),
  "a log of as many numbers as are read": () =>
    json({ quote: hex, app_compose: "{}", event_log: JSON.parse(`[${"0,".repeat(49_000)}0]`) }),
  "a list of devices": () => json(new Array(8000).fill({ evidence: "A".repeat(200), certificate: "B".repeat(200) })),
  "a launch endorsement beside a long report": () => json({ launchEndorsement: "A", snpReport: LONG_STRING }),
  "a long report and its certificates": () =>
    json({ outblob: LONG_STRING.slice(0, LONG / 2 - 200), auxblob: LONG_STRING.slice(0, LONG / 2 - 200) }),
  ...Object.fromEntries(MEMBERS.map((name) => [`one long ${name}`, () => json({ [name]: LONG_STRING })])),
  "a long quote of dstack's": () => json({ quote: LONG_STRING, app_compose: "", event_log: "[]" }),
};

describe("JSON of any kind", () => {
  it.each(Object.entries(NESTED))("with %s is judged soon", { timeout: 60_000 }, async (_name, make) => {
    const evidence = make();
    const asked = { expected: "any-build", binding: "unbound", at: INTEL_AT } as const;
    const [verdict, milliseconds] = await spent(() => everyKind.verify(evidence, asked));
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.checks.some(({ code }) => code === "internal-error")).toBe(false);
    expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
  });
});
