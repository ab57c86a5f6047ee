/** Rows 25 to 27 of the pitfalls of sev-snp.md and row 55 of dcap.md: each fault with its code, beside its good neighbour. */
import { describe, expect, it } from "vitest";
import { type CvmRequest, forgeCvm, jwk, NONCE } from "../../../fixtures/azure/cvm.js";
import { testKey } from "../../../fixtures/keys.js";
import { verify } from "../../../src/azure.js";
import { reportDataFor } from "../../../src/challenge.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import type { Verdict } from "../../../src/verdict.js";
import { itSays } from "../../support/said.js";

type Options = Parameters<typeof verify>[1];

function judge(request: CvmRequest = {}, changes: Partial<Options> = {}): Promise<Verdict> {
  const { json, pcrs, snp } = forgeCvm(request);
  const value = (index: number): Uint8Array => pcrs[index] ?? new Uint8Array(32);
  return verify(json, {
    accept: ["azure-cvm"],
    expected: { "azure-cvm": { pcrs: { 4: value(4), 11: value(11), 12: value(12) } } },
    binding: { reportData: request.nonce ?? NONCE },
    endorsements: snp.endorsements,
    trustAnchors: snp.trustAnchors,
    at: snp.at,
    ...changes,
  });
}

const failed = (verdict: Verdict): readonly string[] =>
  verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id}: ${code}`);

interface Row {
  readonly name: string;
  readonly bad: CvmRequest;
  readonly good?: CvmRequest;
  readonly fails: string;
  readonly options?: Partial<Options>;
}

const bytes = (length: number, fill = 9): Uint8Array => new Uint8Array(length).fill(fill);
const at =
  (offset: number, value: number) =>
  (hcl: Uint8Array): Uint8Array => {
    const copy = hcl.slice();
    copy[offset] = value;
    return copy;
  };
const MALFORMED = "azure-cvm/format: malformed";
const MISMATCH = "azure-cvm/runtime-claims: runtime-claims-mismatch";

const two = [bytes(32, 1), bytes(32, 2)];
const ALL_SHA256 = [11, Uint8Array.of(255, 255, 255)] as const;
const rows: readonly Row[] = [
  {
    name: "25 (and J6 of tokens.md) claims swapped",
    bad: { swappedText: (text) => text.replace("true", "null") },
    fails: MISMATCH,
  },
  { name: "25 hash type 0", bad: { mutateHcl: at(0x4cc, 0) }, fails: MALFORMED },
  {
    name: "25 hash type 2 over a SHA-256 digest",
    bad: { mutateHcl: at(0x4cc, 2) },
    good: { hashType: 2 },
    fails: MISMATCH,
  },
  {
    name: "25 hash type 3 over a SHA-256 digest",
    bad: { mutateHcl: at(0x4cc, 3) },
    good: { hashType: 3 },
    fails: MISMATCH,
  },
  { name: "25 variable data beyond the buffer", bad: { mutateHcl: at(0x4d2, 0xff) }, fails: MALFORMED },
  { name: "25 report data behind the digest", bad: { reportDataTail: Uint8Array.of(1) }, fails: MISMATCH },
  {
    name: "25 the encryption key alone",
    bad: { claims: (claims) => ({ ...claims, keys: [jwk("HCLEkPub", testKey("rsa2048-1"))] }) },
    fails: "azure-cvm/attestation-key: attestation-key-missing",
  },
  {
    name: "25 keys[0] is not HCLAkPub",
    bad: {
      claims: (claims) => ({
        ...claims,
        keys: [jwk("HCLEkPub", testKey("rsa2048-1")), jwk("HCLAkPub", testKey("rsa2048-2"))],
      }),
    },
    good: {
      claims: (claims) => ({
        ...claims,
        keys: [jwk("HCLEkPub", testKey("rsa2048-2")), jwk("HCLAkPub", testKey("rsa2048-1"))],
      }),
    },
    fails: "azure-cvm/quote-signature: signature-invalid",
  },
  {
    name: "25 duplicate kid",
    bad: { claims: (claims) => ({ ...claims, keys: [...claims.keys, jwk("HCLAkPub", testKey("rsa2048-3"))] }) },
    fails: "azure-cvm/attestation-key: attestation-key-missing",
  },
  { name: "25 claims with a duplicate name", bad: { claimsText: '{"keys":[],"keys":[]}' }, fails: MALFORMED },
  { name: "25 truncated HCL", bad: { mutateHcl: (hcl) => hcl.slice(0, 1300) }, fails: MALFORMED },
  { name: "25 bytes behind the claims", bad: { mutateHcl: (hcl) => Uint8Array.of(...hcl, 1) }, fails: MALFORMED },
  {
    name: "25 request version 2 without its bitmap",
    bad: { mutateHcl: at(0x4c4, 2) },
    good: { requestVersion: 2 },
    fails: MALFORMED,
  },
  { name: "25 request version 3", bad: { requestVersion: 3 }, fails: MALFORMED },
  { name: "25 report type VBS", bad: { reportType: 1 }, fails: MALFORMED },
  { name: "25 error status", bad: { mutateHcl: at(0x10, 1) }, fails: MALFORMED },
  { name: "26 magic", bad: { magic: 0xff544346 }, fails: MALFORMED },
  { name: "26 type", bad: { type: 0x8017 }, fails: MALFORMED },
  {
    name: "26 nonce",
    bad: {},
    options: { binding: { reportData: bytes(32) } },
    fails: "azure-cvm/binding: binding-mismatch",
  },
  {
    name: "26 selection is a subset",
    bad: { selection: Uint8Array.of(255, 255, 127) },
    fails: "azure-cvm/pcrs: pcr-selection",
  },
  {
    name: "26 nothing selected",
    bad: { selection: Uint8Array.of(0, 0, 0), digested: [] },
    fails: "azure-cvm/pcrs: pcr-selection",
  },
  {
    name: "26 registers other than those that are listed",
    bad: { pcrs: two, selection: Uint8Array.of(5, 0, 0) },
    good: { pcrs: two, selection: Uint8Array.of(3, 0, 0) },
    options: { expected: { "azure-cvm": { pcrs: { 0: bytes(32, 1) } } }, covers: "firmware" },
    fails: "azure-cvm/pcrs: pcr-selection",
  },
  { name: "26 no selection", bad: { selections: [] }, fails: "azure-cvm/pcrs: pcr-selection" },
  {
    name: "26 a second selection",
    bad: { selections: [ALL_SHA256, ALL_SHA256] },
    good: { selections: [ALL_SHA256] },
    fails: "azure-cvm/pcrs: pcr-selection",
  },
  {
    name: "26 an empty second selection",
    bad: { selections: [ALL_SHA256, [11, Uint8Array.of(0, 0, 0)]] },
    fails: "azure-cvm/pcrs: pcr-selection",
  },
  { name: "26 SHA-1 bank", bad: { bank: 4 }, fails: "azure-cvm/pcrs: pcr-selection" },
  {
    name: "26 reordered registers",
    bad: { digested: [1, 0, ...Array.from({ length: 22 }, (_, index) => index + 2)] },
    fails: "azure-cvm/pcrs: pcr-digest-mismatch",
  },
  {
    name: "26 RSA exponent",
    bad: { claims: (claims) => ({ ...claims, keys: claims.keys.map((key) => ({ ...key, e: "Aw" })) }) },
    fails: "azure-cvm/attestation-key: attestation-key-form",
  },
  {
    name: "26 RSA-PSS in place of RSASSA",
    bad: { algorithm: { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 } },
    fails: "azure-cvm/quote-signature: signature-invalid",
  },
  {
    name: "26 SHA-384 signature",
    bad: { algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" } },
    fails: "azure-cvm/quote-signature: signature-invalid",
  },
  {
    name: "26 AK is not the HCL's",
    bad: { signer: testKey("rsa2048-3") },
    fails: "azure-cvm/quote-signature: signature-invalid",
  },
  {
    name: "27 the label does not lower what is checked",
    bad: { label: 1, userData: bytes(64) },
    good: { label: 1, userData: Uint8Array.of(...NONCE, ...bytes(32, 0)) },
    options: { policy: { "azure-cvm": { userData: "bound" } } },
    fails: "azure-cvm/user-data: user-data-mismatch",
  },
  {
    name: "27 version 2 whose user-data is something else",
    bad: { label: 2 },
    good: { label: 2, userData: Uint8Array.of(...NONCE, ...bytes(32, 0)) },
    fails: "azure-cvm/user-data: user-data-mismatch",
  },
  {
    name: "Secure Boot off",
    bad: { claims: (claims) => ({ ...claims, "vm-configuration": { "secure-boot": false } }) },
    fails: "azure-cvm/secure-boot: secure-boot-off",
  },
  {
    name: "another register value",
    bad: { pcrs: Array.from({ length: 24 }, () => bytes(32, 3)) },
    options: { expected: { "azure-cvm": { pcrs: { 4: bytes(32, 5) } } }, covers: "firmware" },
    good: {},
    fails: "azure-cvm/build: build-mismatch",
  },
  {
    name: "a machine that is not on the list",
    bad: { claims: (claims) => ({ ...claims, "vm-configuration": { "secure-boot": true, vmUniqueId: "other" } }) },
    options: { policy: { "azure-cvm": { vmIds: "00000000-0000-4000-8000-000000000001" } } },
    fails: "azure-cvm/vm-accepted: vm-not-accepted",
  },
  { name: "25 request version 3", bad: { mutateHcl: at(0x4c4, 3) }, fails: MALFORMED },
  { name: "25 data size of other parts", bad: { mutateHcl: at(0x4c0, 0) }, fails: MALFORMED },
  { name: "25 report size of other parts", bad: { mutateHcl: at(8, 0) }, fails: MALFORMED },
  { name: "25 claims that are no object", bad: { claimsText: "[1]" }, fails: MALFORMED },
  { name: "VMPL 1", bad: { snp: { report: { vmpl: 1 } } }, fails: "sev-snp/vmpl: vmpl-not-accepted" },
];

const real = defaultCrypto() as NonNullable<ReturnType<typeof defaultCrypto>>;
const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const withKey =
  (changes: object): NonNullable<CvmRequest["claims"]> =>
  (claims) => ({ ...claims, keys: [{ ...jwk("HCLAkPub", testKey("rsa2048-1")), ...changes }] });
const unknown: CvmRequest = { snp: { report: { idKeyDigest: bytes(48) } } };
const pcrs = { 4: bytes(32, 5), 11: bytes(32, 12), 12: bytes(32, 13) };
const td: CvmRequest = { reportType: 4, mutateHcl: (report) => report.fill(0, 0x20 + 1024, 0x20 + 1184) };
const bare = (request: CvmRequest, changes: Partial<Options> = {}): Promise<Verdict> => {
  const { hcl, snp } = forgeCvm(request);
  const { endorsements, trustAnchors, at: time } = snp;
  return verify(hcl, { expected: "any-build", binding: "unbound", endorsements, trustAnchors, at: time, ...changes });
};
const SAID: Readonly<Record<string, () => Promise<Verdict>>> = {
  "a genuine machine": () => judge(),
  ...Object.fromEntries(rows.map(({ name, bad, options }) => [name, () => judge(bad, options)])),
  "any build": () => judge({}, { expected: "any-build" }),
  "any build under an unknown paravisor": () => judge(unknown, { expected: "any-build" }),
  "an unknown paravisor": () => judge(unknown),
  "an unknown paravisor that is pinned": () =>
    judge(unknown, {
      expected: { "azure-cvm": { idKeyDigest: bytes(48), pcrs: { 4: bytes(32, 5) } } },
      covers: "firmware",
    }),
  "another paravisor": () => judge({}, { expected: { "azure-cvm": { measurement: bytes(48), pcrs } } }),
  "a paravisor that the hardware's expectation pins": () => {
    const { fields } = forgeCvm(unknown).snp;
    return judge(unknown, {
      expected: { "azure-cvm": { pcrs }, "sev-snp": { measurement: fields.measurement } } as never,
    });
  },
  "firmware alone": () => judge({}, { expected: { "azure-cvm": { pcrs: { 4: bytes(32, 5) } } }, covers: "firmware" }),
  "GRUB's registers": () =>
    judge({}, { expected: { "azure-cvm": { pcrs: { 4: bytes(32, 5), 8: bytes(32, 9), 9: bytes(32, 10) } } } }),
  "a build without its manifest": () => judge({}, { expected: `build:sha256:${"00".repeat(32)}` }),
  "a build of another kind": () => judge({}, { expected: { tdx: { mrtd: "00".repeat(48) } }, covers: "firmware" }),
  "a register of another value, and a paravisor": () =>
    judge({}, { expected: { "azure-cvm": { measurement: bytes(48), pcrs: { ...pcrs, 4: bytes(32, 77) } } } }),
  "no binding": () => judge({}, { binding: "unbound" }),
  "a nonce": () => judge({}, { binding: { nonce: NONCE } }),
  "a nonce and a key that the quote holds": async () => {
    const binding = { nonce: NONCE, publicKey: bytes(91) };
    return judge({ nonce: await reportDataFor(binding) }, { binding });
  },
  "a binding for a field that a quote does not have": () => judge({}, { binding: { userData: NONCE } }),
  "Secure Boot off, which is taken": () =>
    judge(
      { claims: (claims) => ({ ...claims, "vm-configuration": { "secure-boot": false } }) },
      { policy: { "azure-cvm": { allow: ["secure-boot-off"] } } },
    ),
  "a machine on the list": () =>
    judge(
      { claims: (claims) => ({ ...claims, "vm-configuration": { "secure-boot": true, vmUniqueId: "a-b" } }) },
      { policy: { "azure-cvm": { vmIds: ["A-B"] } } },
    ),
  "a machine without an id": () =>
    judge(
      { claims: (claims) => ({ ...claims, "vm-configuration": { "secure-boot": true } }) },
      { policy: { "azure-cvm": { vmIds: ["A-B"] } } },
    ),
  "user data that repeat the nonce": () =>
    judge({ userData: Uint8Array.of(...NONCE, ...bytes(32, 0)) }, { policy: { "azure-cvm": { userData: "bound" } } }),
  "user data demanded, and none there": () => judge({}, { policy: { "azure-cvm": { userData: "bound" } } }),
  "no keys": () => judge({ claims: (claims) => ({ ...claims, keys: "none" }) }),
  "a key that is no object": () => judge({ claims: (claims) => ({ ...claims, keys: [1, ...claims.keys] }) }),
  "a key of another type": () => judge({ claims: withKey({ kty: "EC" }) }),
  "a key without a modulus": () => judge({ claims: withKey({ n: 5 }) }),
  "a key whose modulus is no base64url": () => judge({ claims: withKey({ n: "*" }) }),
  "a key whose modulus is short": () => judge({ claims: withKey({ n: `${"_".repeat(339)}8` }) }),
  "a key whose modulus has a leading zero": () => judge({ claims: withKey({ n: `AP${"_".repeat(339)}w` }) }),
  "a key that is null": () => judge({ claims: (claims) => ({ ...claims, keys: [null, ...claims.keys] }) }),
  "a key that has no modulus at all": () => judge({ claims: withKey({ n: undefined }) }),
  "a key whose modulus begins with 0x80": () => judge({ claims: withKey({ n: `gP${"_".repeat(339)}w` }) }),
  "a quote without registers": () => judge({ selections: [] }),
  "fewer registers than expected": () =>
    judge({ pcrs: Array.from({ length: 8 }, () => bytes(32, 5)), selection: Uint8Array.of(255, 0, 0) }),
  "no user data": () =>
    judge({ claims: ({ "user-data": _, ...claims }) => claims }, { policy: { "azure-cvm": { userData: "bound" } } }),
  "no user data, and no binding": () =>
    judge({ claims: ({ "user-data": _, ...claims }) => claims }, { binding: "unbound" }),
  "user data demanded without a quote": () => bare({}, { policy: { "azure-cvm": { userData: "bound" } } }),
  "report data demanded without a quote": () => bare({}, { binding: { reportData: NONCE } }),
  "a hardware report that cannot be read": () => judge({ mutateHcl: at(32, 77) }, { expected: "any-build" }),
  "the SHA-384 bank": () => judge({ bank: 12 }),
  "no quote of the vTPM": () => bare({}),
  "a TD without its quote": () => bare(td),
  "a back end without hashes": () => judge({}, { crypto: { ...real, digest: unavailable } }),
  "a back end without signatures": () => judge({}, { crypto: { ...real, verify: unavailable } }),
  "a back end without hashes, for a nonce": () =>
    judge({}, { binding: { nonce: NONCE, publicKey: bytes(91) }, crypto: { ...real, digest: unavailable } }),
};
itSays("azure", SAID);

describe("Azure confidential VMs: pitfalls", () => {
  for (const { name, bad, good = {}, fails, options } of rows) {
    it(`${name} is rejected`, async () => {
      const verdict = await judge(bad, options);
      expect(verdict.outcome).toBe("rejected");
      expect(failed(verdict)).toContain(fails);
    });
    it(`${name}: the good neighbour is verified`, async () => {
      const neighbour = name === "26 nonce" ? await judge(good) : await judge(good, options);
      expect([neighbour.outcome, failed(neighbour)]).toEqual(["verified", []]);
    });
  }

  it("covers launch with registers that pin the boot, firmware with others", async () => {
    expect((await judge()).covers).toBe("launch");
    const some = await judge({}, { expected: { "azure-cvm": { pcrs: { 4: bytes(32, 5) } } }, covers: "firmware" });
    expect([some.outcome, some.covers]).toEqual(["verified", "firmware"]);
    const grub = { 4: bytes(32, 5), 8: bytes(32, 9), 9: bytes(32, 10) };
    expect((await judge({}, { expected: { "azure-cvm": { pcrs: grub } } })).covers).toBe("launch");
  });

  it("is undetermined with a paravisor that nobody knows, and verified where its measurement is pinned", async () => {
    const request: CvmRequest = { snp: { report: { idKeyDigest: bytes(48) } } };
    const verdict = await judge(request);
    expect(verdict.outcome).toBe("undetermined");
    expect(verdict.checks.find(({ id }) => id === "azure-cvm/paravisor")?.code).toBe("paravisor-unknown");
    const { snp, pcrs } = forgeCvm(request);
    const expected = { "azure-cvm": { measurement: snp.fields.measurement, pcrs: { 4: pcrs[4] as Uint8Array } } };
    const pinned = await judge(request, { expected, covers: "firmware" });
    expect([pinned.outcome, pinned.covers]).toEqual(["verified", "firmware"]);
    const wrong = await judge(request, { expected: { "azure-cvm": { measurement: bytes(48) } }, covers: "firmware" });
    expect(wrong.outcome).toBe("rejected");
  });

  it("is undetermined without a quote of the vTPM", async () => {
    const { hcl, snp } = forgeCvm({});
    const { endorsements, trustAnchors, at: time } = snp;
    const verdict = await verify(hcl, {
      expected: "any-build",
      binding: "unbound",
      endorsements,
      trustAnchors,
      at: time,
    });
    expect(verdict.outcome).toBe("undetermined");
    expect(verdict.checks.find(({ id }) => id === "azure-cvm/quote-signature")?.code).toBe("tpm-quote-missing");
  });
});

describe("Azure confidential VMs: the hardware's report", () => {
  const inside = ({ checks }: Verdict) => checks.find(({ id }) => id === "sev-snp/report-data");

  it("answers the evidence around it, and no question of the caller's", async () => {
    const title = "It belongs to the evidence around it";
    for (const binding of ["unbound", { reportData: new Uint8Array(32).fill(7) }] as const)
      expect(inside(await judge({}, { binding }))).toMatchObject({ status: "passed", title });
    const swapped = await judge({ swappedText: (text) => text.replace("true", "null") });
    expect(inside(swapped)).toMatchObject({
      status: "failed",
      title,
      detail: expect.stringContaining("they do not belong together."),
    });
  });
});

describe("Azure confidential VMs: what is missing or asked otherwise", () => {
  const status = ({ checks }: Verdict, name: string): string | undefined => {
    const check = checks.find(({ id }) => id === `azure-cvm/${name}`);
    return check?.code ?? check?.status;
  };

  it("a TD's report without its quote leaves the hardware and the paravisor open", async () => {
    const { hcl } = forgeCvm({ reportType: 4, mutateHcl: (report) => report.fill(0, 0x20 + 1024, 0x20 + 1184) });
    const verdict = await verify(hcl, { expected: "any-build", binding: "unbound" });
    expect([status(verdict, "hardware"), status(verdict, "paravisor")]).toEqual(["td-quote-missing", "skipped"]);
  });

  it("without the attestation key the quote's signature is not checked", async () => {
    const verdict = await judge({ claims: (claims) => ({ ...claims, keys: [] }) });
    expect([status(verdict, "attestation-key"), status(verdict, "quote-signature")]).toEqual([
      "attestation-key-missing",
      "skipped",
    ]);
  });

  it("a build that is named by its hash alone leaves it open, an expectation of another kind rejects", async () => {
    const open = await judge({}, { expected: `build:sha256:${"00".repeat(32)}` });
    expect([open.outcome, status(open, "build")]).toEqual(["undetermined", "skipped"]);
    const other = await judge({}, { expected: { tdx: { mrtd: "00".repeat(48) } }, covers: "firmware" });
    expect([other.outcome, status(other, "build")]).toEqual(["rejected", "no-reference-values"]);
  });
});

describe("Azure confidential VMs: in a bundle", () => {
  it("certificates that came along in it reach the hardware's report within", async () => {
    const { json, snp } = forgeCvm();
    const bundle = (endorsements: readonly Uint8Array[]): string =>
      JSON.stringify({
        "tee-verify": 1,
        evidence: json,
        endorsements: endorsements.map((item) => Buffer.from(item).toString("base64")),
      });
    const options = { expected: "any-build", binding: "unbound", trustAnchors: snp.trustAnchors, at: snp.at } as const;
    const verdict = await verify(bundle(snp.endorsements), options);
    expect([verdict.outcome, failed(verdict)]).toEqual(["verified", []]);
    const without = await verify(bundle([]), options);
    expect([without.outcome, failed(without)]).toEqual(["rejected", ["sev-snp/certificate-path: issuer-unknown"]]);
  });
});
