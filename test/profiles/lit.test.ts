/** Lit Protocol's node attestations: their report-data rule, in both of its forms. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { MalformedError } from "../../src/front-door.js";
import { type LitHash, litNode } from "../../src/profiles/index.js";
import { verify } from "../../src/sev-snp.js";
import { check, optionsFor } from "../evidence/sev-snp/support.js";
import { nodeCrypto } from "../support/node-crypto.js";
import { describeShared, readShared, readSharedJson } from "../support/shared.js";

const base64 = (value: string | Uint8Array): string => Buffer.from(value).toString("base64");
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const NONCE = bytes("a nonce of 24 bytes here");
const DATA = {
  INSTANCE_ID: base64("1a483250"),
  RELEASE_ID: base64("release"),
  UNIX_TIME: base64(new Uint8Array(8).fill(1)),
};
const SIGNATURES = ["first", "second"].map(base64);

interface Attestation {
  type?: unknown;
  noonce?: string;
  data?: unknown;
  signatures?: unknown;
  report?: string;
}

const attestation = (changes: Attestation = {}): Attestation => ({
  type: "AMD_SEV_SNP",
  noonce: base64(NONCE),
  data: DATA,
  signatures: SIGNATURES,
  ...changes,
});

async function reportData(from: object, hash?: LitHash, nonce = NONCE): Promise<string> {
  const values = await litNode(from, hash).layout.values(
    { nonce, publicKey: new Uint8Array(), data: new Uint8Array() },
    (name, message) => nodeCrypto.digest(name, message),
  );
  expect(Object.keys(values)).toEqual(["reportData"]);
  return Buffer.from(values.reportData ?? []).toString("hex");
}

const sha512 = (...parts: readonly (string | Uint8Array)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha512")).digest("hex");
const u64 = (value: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, value);

/** The verdict on an attestation that says `said`, with a report over what it was `sealed` with. */
async function judge(hash: LitHash, said: Attestation = {}, sealed: Attestation = said, nonce = NONCE) {
  const forged = forgeSnp({ report: { reportData: Buffer.from(await reportData(attestation(sealed), hash), "hex") } });
  const evidence = attestation({ ...said, report: base64(forged.report) });
  const { layout, data } = litNode(evidence, hash);
  return {
    data,
    verdict: await verify(JSON.stringify(evidence), { ...optionsFor(forged), binding: { layout, nonce } }),
  };
}

const outcome = async (...request: Parameters<typeof judge>): Promise<string> => {
  const { verdict } = await judge(...request);
  return `${verdict.outcome} ${check(verdict, "sev-snp/report-data")?.code ?? ""}`;
};
const GOOD = "verified ";
const BAD = "rejected report-data-mismatch";

describe.each(["length-prefixed", "concatenated"] as const)("a node that hashes %s", (hash) => {
  it("is verified, fresh, and its data is there", async () => {
    const { verdict, data } = await judge(hash);
    expect(verdict).toMatchObject({ outcome: "verified", freshness: "nonce" });
    expect(new TextDecoder().decode(data.get("RELEASE_ID"))).toBe("release");
    expect([...data.keys()]).toEqual(["INSTANCE_ID", "RELEASE_ID", "UNIX_TIME"]);
    expect(await outcome(hash, { signatures: [] })).toBe(GOOD);
    expect(await outcome(hash, { signatures: SIGNATURES.slice(1) })).toBe(GOOD);
    expect(await outcome(hash, { data: { ...DATA, EXTERNAL_ADDR: base64("192.0.2.1:443") } })).toBe(GOOD);
  });

  it("is rejected for another nonce, and for the attestation's own in its place", async () => {
    expect(await outcome(hash, {}, {}, bytes("another nonce, same form"))).toBe(BAD);
    expect(await outcome(hash, { noonce: base64(bytes("another nonce, same form")) })).toBe(GOOD);
  });

  it.each([
    ["another release", { data: { ...DATA, RELEASE_ID: base64("releasf") } }],
    ["another instance", { data: { ...DATA, INSTANCE_ID: base64("") } }],
    ["a datum more", { data: { ...DATA, EXTERNAL_ADDR: base64("192.0.2.1") } }],
    ["another signature", { signatures: [base64("other"), ...SIGNATURES.slice(1)] }],
    ["a signature more", { signatures: [...SIGNATURES, base64("third")] }],
    ["signatures in another order", { signatures: [...SIGNATURES].reverse() }],
    ["no signature", { signatures: [] }],
  ])("is rejected with %s", async (_, said) => {
    expect(await outcome(hash, said, {})).toBe(BAD);
  });

  it("takes data in any order", async () => {
    const reversed = Object.fromEntries(Object.entries(DATA).reverse());
    expect(await reportData(attestation({ data: reversed }), hash)).toBe(await reportData(attestation(), hash));
  });
});

describe("the report data", () => {
  it("length-prefixed: every part with its length, and all signatures", async () => {
    const part = (value: string): (string | Uint8Array)[] => [u64(value.length), value];
    const data = Object.entries(DATA).flatMap(([name, value]) => [
      ...part(name),
      ...part(Buffer.from(value, "base64").toString("latin1")),
    ]);
    const expected = [
      "noonce",
      u64(24),
      NONCE,
      "data",
      u64(3),
      ...data,
      "signatures",
      u64(2),
      ...part("first"),
      ...part("second"),
    ];
    expect(await reportData(attestation())).toBe(sha512(...expected));
  });

  it("length-prefixed: the values that Lit's own test expects", async () => {
    // LIT-Protocol/lit-peer, lit-attestation, attestation.rs, sha512_test.
    const [one, two, three] = ["1", "2", "3"].map(base64);
    const known = (data: object, nonce: string): Promise<string> =>
      reportData(attestation({ data, signatures: [] }), "length-prefixed", bytes(nonce));
    expect(await known({ one, two, three }, "1234567890")).toBe(
      "978ace8d4b976fefbe3041b5c21c25e9ac67a4870264a4f0924d20f432df220751f01295274bf483a18e56a18ca6439a4ae28b74023860232841aa04c3c679b1",
    );
    expect(await known({ three, two: three }, "1234567890")).toBe(
      "a1868d24188f029b0cce4f337b7cc1c57ebf7173221c2b2d5162272ca7547d85648c00a5442bf3f66b43acc732b5c0529cf455bbf63b3c757208645d16b27f62",
    );
    expect(await known({ three, two, one }, "223456789011")).toBe(
      "4abbe406103a9e8fa428eb3fe457adcdf6375b257cdec5d4b064f3f4c2edb14b38af8b82a8b103b945e62d9eb807065e4b4dd7d95f36ac65989add41dbf85b49",
    );
  });

  it("concatenated: no lengths, and the last signature left out", async () => {
    const data = ["INSTANCE_ID", "1a483250", "RELEASE_ID", "release", "UNIX_TIME", new Uint8Array(8).fill(1)];
    expect(await reportData(attestation(), "concatenated")).toBe(
      sha512("noonce", NONCE, "data", ...data, "signatures", "first"),
    );
    expect(await reportData(attestation({ signatures: [] }), "concatenated")).toBe(
      sha512("noonce", NONCE, "data", ...data),
    );
    expect(await outcome("concatenated", { signatures: [SIGNATURES[0], base64("other")] }, {})).toBe(GOOD);
  });
});

describe("bytes that move from one part to the next", () => {
  const shifted = { ...DATA, INSTANCE_ID: base64("1a483250RELEASE_IDother"), RELEASE_ID: base64("release") };
  it.each([
    ["a name inside a value", shifted],
    ["a datum inside another", { INSTANCE_ID: base64("1a483250RELEASE_IDrelease"), UNIX_TIME: DATA.UNIX_TIME }],
    ["a time of 9 bytes", { ...DATA, UNIX_TIME: base64(new Uint8Array(9)) }],
    ["no time", { INSTANCE_ID: DATA.INSTANCE_ID, RELEASE_ID: DATA.RELEASE_ID }],
    ["a name that is not known", { ...DATA, INSTANCE_IDX: base64("1") }],
  ])("concatenated: %s is refused", (_, data) => {
    expect(() => litNode(attestation({ data }), "concatenated")).toThrow(MalformedError);
    expect(() => litNode(attestation({ data }))).not.toThrow();
  });

  it("length-prefixed: they are other report data", async () => {
    const joined = { INSTANCE_ID: base64("1a483250RELEASE_IDrelease"), UNIX_TIME: DATA.UNIX_TIME };
    expect(await outcome("length-prefixed", { data: joined }, {})).toBe(BAD);
  });

  it("a report of one form is none of the other", async () => {
    const forged = forgeSnp({
      report: { reportData: Buffer.from(await reportData(attestation(), "concatenated"), "hex") },
    });
    const binding = { layout: litNode(attestation()).layout, nonce: NONCE };
    const verdict = await verify(forged.report, { ...optionsFor(forged), binding });
    expect(check(verdict, "sev-snp/report-data")?.code).toBe("report-data-mismatch");
  });
});

describe("what is no attestation", () => {
  it.each([
    ["text that is no JSON", "AMD_SEV_SNP"],
    ["a list", [attestation()]],
    ["another type", attestation({ type: "ADMIN_SIGNED" })],
    ["no type", attestation({ type: undefined })],
    ["no data", attestation({ data: undefined })],
    ["data in a list", attestation({ data: [] })],
    ["a datum that is no text", attestation({ data: { ...DATA, INSTANCE_ID: 1 } })],
    ["a datum that is no base64", attestation({ data: { ...DATA, INSTANCE_ID: "?" } })],
    ["an empty name", attestation({ data: { "": "" } })],
    ["a name of 65 characters", attestation({ data: { ["A".repeat(65)]: "" } })],
    ["a name beyond ASCII", attestation({ data: { É: "" } })],
    ["no signatures", attestation({ signatures: undefined })],
    ["signatures in an object", attestation({ signatures: {} })],
    ["a signature that is no text", attestation({ signatures: [1] })],
    ["17 signatures", attestation({ signatures: new Array(17).fill("AAAA") })],
    ["a member twice", `{"type":"AMD_SEV_SNP","data":{},"data":{},"signatures":[]}`],
  ])("%s is malformed", (_, value) => {
    expect(() => litNode(value)).toThrow(MalformedError);
  });

  it("its neighbours are read", () => {
    expect(litNode(attestation({ data: { ["A".repeat(64)]: "", "a-b.c_1": "" } })).data.size).toBe(2);
    expect(litNode(JSON.stringify(attestation({ signatures: new Array(16).fill("AAAA") }))).layout.name).toBe(
      "lit-length-prefixed",
    );
  });

  it("another hash is a mistake of the caller", () => {
    expect(() => litNode(attestation(), "any" as "concatenated")).toThrow(TypeError);
  });
});

describeShared("Lit's published attestation", () => {
  it("its report binds its data and the challenge, concatenated", async () => {
    const folder = "evidence/sev-snp/lit-vcek";
    const source = readSharedJson<{ challenge: string; attestation: object }>(`${folder}/source-data.json`);
    const { layout, data } = litNode(source.attestation, "concatenated");
    const judged = async (nonce: string) => {
      const verdict = await verify(JSON.stringify(source.attestation), {
        expected: "any-build",
        binding: { layout, nonce: Buffer.from(nonce, "hex") },
        endorsements: [readShared(`${folder}/ek.der`)],
        at: new Date("2024-06-01T00:00:00Z"),
        policy: { "sev-snp": { revocation: "optional" } },
      });
      return [check(verdict, "sev-snp/report-signature")?.status, check(verdict, "sev-snp/report-data")?.status];
    };
    expect(await judged(source.challenge)).toEqual(["passed", "passed"]);
    expect(await judged(source.challenge.replace("e", "f"))).toEqual(["passed", "failed"]);
    expect(new TextDecoder().decode(data.get("INSTANCE_ID"))).toBe("1a483250");
  });
});
