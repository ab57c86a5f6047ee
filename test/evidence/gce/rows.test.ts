/** Row 28 of sev-snp.md and row 56 of dcap.md: each fault of a firmware endorsement with its code, beside its good neighbour. */
import { describe, expect, it } from "vitest";
import { configfsTsm, hex } from "../../../fixtures/amd/wrappers.js";
import { field, forgeGce, type GceForgery, type GceRequest } from "../../../fixtures/gce/endorsement.js";
import { testKey } from "../../../fixtures/keys.js";
import { forgeManifest, type JsonMembers } from "../../../fixtures/manifest/manifest.js";
import { reportDataFor } from "../../../src/challenge.js";
import { type Crypto, CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { parseEndorsement } from "../../../src/evidence/gce/endorsement.js";
import { verify } from "../../../src/gce.js";
import { headlineOf } from "../../../src/messages/headline.js";
import type { Verdict } from "../../../src/verdict.js";
import { itSays } from "../../support/said.js";

type Options = Parameters<typeof verify>[1];

type Form = (forgery: GceForgery) => string | Uint8Array;

function judge(
  request: GceRequest = {},
  changes: Partial<Options> = {},
  form: Form = ({ json }) => json,
): Promise<Verdict> {
  const forgery = forgeGce(request);
  const { snp, root } = forgery;
  return verify(form(forgery), {
    accept: ["gce-cvm"],
    expected: { "gce-cvm": { minimumSvn: 3 } },
    covers: "firmware",
    binding: { reportData: snp.fields.reportData },
    trustAnchors: { ...snp.trustAnchors, google: [root] },
    at: snp.at,
    ...changes,
  });
}

const real = defaultCrypto() as Crypto;
/** The endorsing certificate, by its place in the golden measurement. */
function certificateIn(endorsement: Uint8Array): Uint8Array {
  return parseEndorsement(endorsement).certificate.der;
}

const failed = (verdict: Verdict): readonly string[] =>
  verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id}: ${code}`);

const other = new Uint8Array(48).fill(2);
interface Row {
  readonly name: string;
  readonly bad: GceRequest;
  readonly good?: GceRequest;
  readonly options?: Partial<Options>;
  readonly fails: string;
}
const rows: readonly Row[] = [
  {
    name: "28 certificate by another root",
    bad: { certificate: { issuerKey: testKey("rsa4096-3") } },
    fails: "gce-cvm/endorsement-path: certificate-signature-invalid",
  },
  {
    name: "28 PSS with another salt",
    bad: { algorithm: { name: "RSA-PSS", hash: "SHA-256", saltLength: 20 } },
    fails: "gce-cvm/endorsement-signature: signature-invalid",
  },
  {
    name: "28 PSS with another hash",
    bad: { algorithm: { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 } },
    fails: "gce-cvm/endorsement-signature: signature-invalid",
  },
  {
    name: "28 another signer",
    bad: { signer: testKey("rsa4096-3") },
    fails: "gce-cvm/endorsement-signature: signature-invalid",
  },
  {
    name: "28 tampered golden measurement",
    bad: { tamper: (golden) => golden.map((byte, index) => (index === 3 ? byte ^ 1 : byte)) },
    fails: "gce-cvm/endorsement-signature: signature-invalid",
  },
  {
    name: "28 wrong number of processors",
    bad: {
      measurements: (own) => [
        [2, own],
        [4, other],
      ],
    },
    options: { policy: { "gce-cvm": { vmsas: 4 } } },
    fails: "gce-cvm/firmware: firmware-not-endorsed",
  },
  {
    name: "28 missing provenance",
    bad: { changelist: 0 },
    good: { changelist: 0, timestamp: new Date("2024-08-01T00:00:00Z") },
    fails: "gce-cvm/provenance: provenance-missing",
  },
  {
    name: "28 missing provenance from the day on that it is promised",
    bad: { changelist: 0, timestamp: new Date("2024-08-02T00:00:00Z") },
    good: { changelist: 0, timestamp: new Date("2024-08-01T23:59:59Z") },
    fails: "gce-cvm/provenance: provenance-missing",
  },
  {
    name: "28 neither changelist nor commit",
    bad: { changelist: 0, commit: new Uint8Array() },
    good: { changelist: 0, commit: new Uint8Array(20).fill(7) },
    fails: "gce-cvm/provenance: provenance-missing",
  },
  {
    name: "28 nothing of this hardware",
    bad: { withoutSnp: true },
    good: {},
    options: { expected: { "gce-cvm": { firmware: new Uint8Array(48).fill(5) } } },
    fails: "gce-cvm/firmware: firmware-not-endorsed",
  },
  {
    name: "28 measurement not listed",
    bad: { measurements: () => [[4, other]] },
    fails: "gce-cvm/firmware: firmware-not-endorsed",
  },
  {
    name: "28 SVSM's measurement alone",
    bad: { measurements: () => [[4, other]], svsm: (own) => own },
    good: { svsm: () => other },
    fails: "gce-cvm/firmware: firmware-not-endorsed",
  },
  {
    name: "28 certificate not yet valid when it signed",
    bad: { certificate: { notBefore: new Date("2025-07-01T00:00:00Z") } },
    fails: "gce-cvm/endorsement-path: certificate-not-yet-valid",
  },
  {
    name: "28 certificate expired when it signed",
    bad: { certificate: { notAfter: new Date("2025-05-01T00:00:00Z") } },
    good: { certificate: { notAfter: new Date("2025-07-01T00:00:00Z") } },
    fails: "gce-cvm/endorsement-path: certificate-expired",
  },
  { name: "unknown field", bad: { extra: field(9, 1) }, fails: "gce-cvm/format: malformed" },
  {
    name: "field twice",
    bad: { extra: field(3, other), tamper: (golden) => Uint8Array.of(...golden, ...field(3, other)) },
    fails: "gce-cvm/format: malformed",
  },
  {
    name: "two measurements of one shape",
    bad: {
      measurements: (own) => [
        [4, own],
        [4, other],
      ],
    },
    fails: "gce-cvm/format: malformed",
  },
  {
    name: "old security version",
    bad: {},
    good: {},
    options: { expected: { "gce-cvm": { minimumSvn: 4 } } },
    fails: "gce-cvm/build: build-mismatch",
  },
  {
    name: "another nonce",
    bad: {},
    good: {},
    options: { binding: { reportData: new Uint8Array(64).fill(9) } },
    fails: "gce-cvm/binding: binding-mismatch",
  },
];
/** Faults of the question and not of the evidence: their neighbours ask otherwise. */
const OF_THE_QUESTION = ["old security version", "another nonce"];

describe("Google confidential VMs: firmware endorsements", () => {
  for (const { name, bad, good = {}, options, fails } of rows) {
    it(`${name} is rejected`, async () => {
      const verdict = await judge(bad, options);
      expect(verdict.outcome).toBe("rejected");
      expect(failed(verdict)).toContain(fails);
    });
    it(`${name}: the good neighbour is verified`, async () => {
      const verdict = await judge(good, OF_THE_QUESTION.includes(name) ? {} : options);
      expect([verdict.outcome, failed(verdict), verdict.covers]).toEqual(["verified", [], "firmware"]);
    });
  }

  it("does not cover the launch", async () => {
    expect(failed(await judge({}, { covers: "launch" }))).toEqual(["evidence/covers: covers-too-little"]);
  });

  it("a root that arrives is no anchor unless it hashes to the pin", async () => {
    const { snp } = forgeGce();
    expect(failed(await judge({}, { trustAnchors: snp.trustAnchors }))).toEqual([
      "gce-cvm/endorsement-path: root-not-pinned",
    ]);
  });

  it("of several roots of the caller's takes the one that issued the certificate", async () => {
    const { snp, root } = forgeGce();
    const [other] = snp.trustAnchors.amd;
    const trustAnchors = { ...snp.trustAnchors, google: [other as Uint8Array, root] };
    expect((await judge({}, { trustAnchors })).outcome).toBe("verified");
  });
});

describe("a root that hashes to Google's pin", () => {
  const PIN = Buffer.from("e876bc6978bf4f3da445f98a0a82363c8c0bae5a1fc033c6df65846a6cb0f18c", "hex");
  const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
  /** Nobody has a second certificate of that hash: a back end that says so of ours stands in for it. */
  const pinning = (pinned: Uint8Array): Crypto => ({
    ...real,
    digest: (hash, message) => (same(message, pinned) ? Promise.resolve(PIN) : real.digest(hash, message)),
  });
  const under = (
    pinned: (forgery: GceForgery) => Uint8Array,
    request: GceRequest = {},
    more: (forgery: GceForgery) => readonly Uint8Array[] = () => [],
  ): Promise<Verdict> => {
    const forgery = forgeGce(request);
    const { snp } = forgery;
    const changes = { trustAnchors: snp.trustAnchors, crypto: pinning(pinned(forgery)) };
    return judge(request, { ...changes, endorsements: [...snp.endorsements, ...more(forgery)] });
  };
  const path = ({ checks }: Verdict): readonly unknown[] => {
    const check = checks.find(({ id }) => id === "gce-cvm/endorsement-path");
    return [check?.status, check?.code, check?.params.anchors];
  };
  const root = (forgery: GceForgery): Uint8Array => forgery.root;

  it("is the anchor, whether it comes in the endorsement or beside it", async () => {
    const inside = await under(root);
    expect([inside.outcome, path(inside)]).toEqual(["verified", ["passed", undefined, "pinned"]]);
    const beside = await under(root, { withoutBundle: true }, ({ root: own }) => [own]);
    expect([beside.outcome, path(beside)]).toEqual(["verified", ["passed", undefined, "pinned"]]);
  });
  it("is none where it did not issue the certificate", async () =>
    expect(path(await under(root, { certificate: { issuerKey: testKey("rsa4096-3") } }))).toEqual([
      "failed",
      "certificate-signature-invalid",
      "pinned",
    ]));
  it("is none where another has issued it, for itself alone may be one", async () => {
    const leaf = ({ endorsement }: GceForgery): Uint8Array => certificateIn(endorsement);
    const verdict = await under(leaf, {}, ({ endorsement }) => [certificateIn(endorsement)]);
    expect(path(verdict)).toEqual(["failed", "root-not-pinned", undefined]);
  });
});

describe("an endorsement in the report's certificate table", () => {
  const REPORT = 1184;
  const { snp } = forgeGce();
  const tsm: Form = ({ extended }) =>
    JSON.stringify(configfsTsm(extended.subarray(0, REPORT), extended.subarray(REPORT)));
  const forms: readonly (readonly [string, Form])[] = [
    ["as bytes", ({ extended }) => extended],
    ["as hex", ({ extended }) => hex(extended)],
    ["from configfs-tsm", tsm],
  ];
  const endorsements = snp.endorsements;

  it.each(forms)("%s: one verdict, the report's own part inside", async (_, form) => {
    const verdict = await judge({}, { endorsements }, form);
    expect([verdict.outcome, failed(verdict), verdict.covers]).toEqual(["verified", [], "firmware"]);
    expect(verdict.parts.map(({ path, kind }) => [path, kind])).toEqual([
      ["evidence", "gce-cvm"],
      ["evidence.snp", "sev-snp"],
    ]);
  });

  it.each(forms)("%s: what it does not list is rejected", async (_, form) => {
    const verdict = await judge({ measurements: () => [[4, other]] }, { endorsements }, form);
    expect(failed(verdict)).toEqual(["gce-cvm/firmware: firmware-not-endorsed"]);
  });

  const changed =
    (change: (bytes: Uint8Array) => void): Form =>
    ({ extended }) => {
      const bytes = extended.slice();
      change(bytes);
      return bytes;
    };
  const ENTRY = REPORT + 24;
  it.each([
    ["lies outside the table", changed((bytes) => bytes.set([255, 255, 255, 255], ENTRY + 16))],
    ["overlaps the entries", changed((bytes) => bytes.set([0, 0, 0, 0], ENTRY + 16))],
    ["has no bytes", changed((bytes) => bytes.set([0, 0, 0, 0], ENTRY + 20))],
    ["is cut short", ({ extended }: GceForgery) => extended.subarray(0, -1)],
  ])("that %s is malformed", async (_, form) =>
    expect(failed(await judge({}, { endorsements }, form))).toEqual(["evidence/recognised: malformed"]),
  );

  it("of another GUID is none: the report is one of SEV-SNP's alone", async () => {
    const verdict = await judge(
      {},
      { endorsements },
      changed((bytes) => bytes.set([0], ENTRY)),
    );
    expect(failed(verdict)).toContain("evidence/accepted-kind: kind-not-accepted");
    expect(verdict.parts.map(({ kind }) => kind)).toEqual(["sev-snp"]);
  });
});

describe("Google confidential VMs: what is missing or asked otherwise", () => {
  const status = ({ checks }: Verdict, name: string): string | undefined => {
    const check = checks.find(({ id }) => id === `gce-cvm/${name}`);
    return check?.code ?? check?.status;
  };

  it("without its root the endorsement's path stays open", async () => {
    const { snp } = forgeGce();
    const verdict = await judge({ withoutBundle: true }, { trustAnchors: snp.trustAnchors });
    expect([verdict.outcome, failed(verdict), status(verdict, "endorsement-path")]).toEqual([
      "undetermined",
      [],
      "root-missing",
    ]);
  });

  it("a build that is named by its hash alone leaves it open, an expectation of another kind rejects", async () => {
    const open = await judge({}, { expected: `build:sha256:${"00".repeat(32)}` });
    expect([open.outcome, status(open, "build")]).toEqual(["undetermined", "skipped"]);
    const none = await judge({}, { expected: { tdx: { mrtd: "00".repeat(48) } } });
    expect([none.outcome, status(none, "build")]).toEqual(["rejected", "no-reference-values"]);
  });

  it("another firmware file rejects, and the one that is endorsed passes", async () => {
    const firmware = (value: number) => ({ "gce-cvm": { firmware: new Uint8Array(48).fill(value) } });
    expect(failed(await judge({}, { expected: firmware(6) }))).toEqual(["gce-cvm/build: build-mismatch"]);
    expect((await judge({}, { expected: firmware(5) })).outcome).toBe("verified");
  });

  it("a machine that answers is no recording, in any of its parts", async () => {
    expect(headlineOf(await judge({})).caveats.map(({ id }) => id)).toEqual(["custom-anchors", "firmware-only"]);
  });

  it("a binding that has no place rejects, and an expectation of nothing is a TypeError", async () => {
    expect(failed(await judge({}, { binding: { userData: new Uint8Array(8) } }))).toEqual([
      "gce-cvm/binding: binding-unsupported",
      "sev-snp/report-data: binding-unsupported",
    ]);
    await expect(judge({}, { expected: { "gce-cvm": {} } })).rejects.toThrow(/must demand something/);
  });
});

const NONCE = new Uint8Array(32).fill(7);
const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const firmwareOf = (value: number): string => Buffer.from(new Uint8Array(48).fill(value)).toString("hex");
const builds = (...listed: readonly (readonly [label: string, values: object])[]): Promise<Verdict> => {
  const { text, hash } = forgeManifest({
    platforms: listed.map(([label, values]) => ({ kind: "gce-cvm", label, values: values as JsonMembers })),
  });
  return judge({}, { expected: hash }, ({ json }) =>
    JSON.stringify({ "tee-verify": 1, evidence: json, manifest: text }),
  );
};
const RIGHT = { minimumSvn: 3, firmware: firmwareOf(5) };
const NEAR = { minimumSvn: 4, firmware: firmwareOf(5) };
const FAR = { minimumSvn: 4, firmware: firmwareOf(6) };
const ALSO = { minimumSvn: 3, firmware: firmwareOf(7) };

itSays("gce", {
  "a genuine machine": () => judge(),
  ...Object.fromEntries(rows.map(({ name, bad, options }) => [name, () => judge(bad, options)])),
  "any build": () => judge({}, { expected: "any-build" }),
  "no binding": () => judge({}, { binding: "unbound" }),
  "a nonce": async () =>
    judge({ snp: { report: { reportData: await reportDataFor({ nonce: NONCE }) } } }, { binding: { nonce: NONCE } }),
  "a nonce, without hashes": () => judge({}, { binding: { nonce: NONCE }, crypto: { ...real, digest: unavailable } }),
  "a root that is hashed for its pin, without hashes": () =>
    judge({}, { trustAnchors: forgeGce().snp.trustAnchors, crypto: { ...real, digest: unavailable } }),
  "without signatures": () => judge({}, { crypto: { ...real, verify: unavailable } }),
  "a certificate that ended after it signed": () =>
    judge({ certificate: { notAfter: new Date("2025-07-01T00:00:00Z") } }),
  "a root that is not pinned": () => judge({}, { trustAnchors: forgeGce().snp.trustAnchors }),
  "no root": () => judge({ withoutBundle: true }, { trustAnchors: forgeGce().snp.trustAnchors }),
  "registers of a TD": () => {
    const registers = Object.fromEntries(["rtmr0", "rtmr1", "rtmr2"].map((name) => [name, firmwareOf(1)]));
    return judge({}, { expected: { "gce-cvm": registers } });
  },
  "another firmware file": () => judge({}, { expected: { "gce-cvm": { firmware: [firmwareOf(6), firmwareOf(7)] } } }),
  "one of two firmware files": () =>
    judge({}, { expected: { "gce-cvm": { firmware: [firmwareOf(6), firmwareOf(5)] } } }),
  "a build without its manifest": () => judge({}, { expected: `build:sha256:${"00".repeat(32)}` }),
  "several builds, the first of them": () => builds(["right", RIGHT], ["near", NEAR]),
  "several builds, the last of them": () => builds(["far", FAR], ["near", NEAR], ["right", RIGHT]),
  "several builds, and the closest first": () => builds(["near", NEAR], ["far", FAR]),
  "several builds, and the closest last": () => builds(["far", FAR], ["near", NEAR]),
  "several builds, two of them as close": () => builds(["near", NEAR], ["also", ALSO]),
});

describe("Google confidential VMs: members of the JSON that are none", () => {
  const reason = async (request: Parameters<typeof forgeGce>[0], changes: object): Promise<unknown> => {
    const { json, snp, root } = forgeGce(request);
    const verdict = await verify(JSON.stringify({ ...JSON.parse(json), ...changes }), {
      expected: "any-build",
      binding: "unbound",
      trustAnchors: { ...snp.trustAnchors, google: [root] },
      at: snp.at,
    });
    return verdict.checks.find(({ id }) => id === "gce-cvm/format")?.params.reason;
  };

  it.each([
    ["certificates that are no list", {}, { certificates: "x" }, /no list of 16/],
    ["seventeen certificates", {}, { certificates: new Array(17).fill("AAAA") }, /no list of 16/],
    ["a certificate that is no text", {}, { certificates: [1] }, /not text/],
    ["a measurement of 47 bytes", { measurements: () => [[2, new Uint8Array(47)]] as const }, {}, /not of 48 bytes/],
  ])("%s are malformed", async (_, request, changes, words) => expect(await reason(request, changes)).toMatch(words));
  it("and as they are, they are read", async () => expect(await reason({}, {})).toBeUndefined());
});
