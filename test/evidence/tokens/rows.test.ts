/** Rows J1 to J12 of tokens.md: each fault with its code, beside its good neighbour. */
import { describe, expect, it } from "vitest";
import { digest } from "../../../fixtures/keys.js";
import { forgeManifest, type JsonMembers } from "../../../fixtures/manifest/manifest.js";
import {
  forgeToken,
  jwkOf,
  NONCE,
  TOKEN_AT,
  type TokenRequest,
  USUAL,
  usualKey,
} from "../../../fixtures/tokens/token.js";
import { caExtensions, forgeCertificate, leafExtensions, name, testKey } from "../../../fixtures/x509.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { verify } from "../../../src/tokens.js";
import type { Verdict } from "../../../src/verdict.js";
import { itSays } from "../../support/said.js";

type Options = Parameters<typeof verify>[1];
type Name = TokenRequest["service"];

const ISSUERS: Partial<Record<Name, string>> = {
  maa: "https://test.weu.attest.azure.net",
  ear: "https://verifier.example",
};

interface Question {
  readonly token: TokenRequest;
  readonly policy?: Record<string, unknown>;
  readonly options?: Partial<Options>;
}

function judge({ token, policy, options }: Question): Promise<Verdict> {
  const { service } = token;
  const issuers = ISSUERS[service];
  const own = { keys: { keys: [jwkOf(usualKey(service))] }, ...(issuers === undefined ? {} : { issuers }), ...policy };
  const bound = service !== "ita";
  return verify(forgeToken(token), {
    expected: "any-build",
    binding: bound ? { nonce: NONCE } : "unbound",
    at: TOKEN_AT,
    policy: { [service]: own } as NonNullable<Options["policy"]>,
    ...options,
  });
}

const failed = (verdict: Verdict): readonly string[] =>
  verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id}: ${code}`);
const refused = (verdict: Verdict): string =>
  verdict.checks.flatMap(({ code, params }) => (code === "claims-refused" ? [params.refused] : [])).join();

const held = ["dmFs", "aWF0", "aGVsZA=="].map((text) => Buffer.from(text, "base64"));
const ITA = { tdx_report_data: Buffer.from(digest("SHA-512", Buffer.concat(held))).toString("hex") };
const ita = (claims: object = {}): TokenRequest => ({ service: "ita", claims: { ...ITA, ...claims } });
const maa = (claims: object = {}): TokenRequest => ({ service: "maa", claims: { ...claims } });
const tee = (claims: object): TokenRequest =>
  maa({ "x-ms-isolation-tee": { ...USUAL.maa.claims["x-ms-isolation-tee"], ...claims } });
const SPACE = USUAL["confidential-space"].claims;
const space = (claims: object = {}): TokenRequest => ({ service: "confidential-space", claims: { ...claims } });
const container = (changes: object): TokenRequest =>
  space({ submods: { ...SPACE.submods, container: { ...SPACE.submods.container, ...changes } } });
const image = (changes: object): TokenRequest =>
  space({ submods: { ...SPACE.submods, confidential_space: { ...SPACE.submods.confidential_space, ...changes } } });
const ear = (claims: object = {}): TokenRequest => ({ service: "ear", claims: { ...claims } });
const cpu = (changes: object): TokenRequest =>
  ear({ submods: { cpu: { ...USUAL.ear.claims.submods.cpu, ...changes } } });
const usual = (service: Name): TokenRequest => (service === "ita" ? ita() : { service });
const inMinutes = (minutes: number): Date => new Date(TOKEN_AT.getTime() + minutes * 60_000);

interface Row {
  readonly name: string;
  readonly bad: Question;
  readonly good?: Question;
  /** A failed check and its code, or words of a refused claim. */
  readonly fails?: string;
  readonly refuses?: string;
}

const services: readonly Name[] = ["maa", "confidential-space", "ita", "ear"];

const rows: readonly Row[] = [
  ...services.flatMap((service): readonly Row[] => [
    {
      name: `J1 ${service}: alg none`,
      bad: { token: { ...usual(service), header: { alg: "none" } } },
      fails: `${service}/algorithm: token-algorithm`,
    },
    {
      name: `J1 ${service}: HS256`,
      bad: { token: { ...usual(service), header: { alg: "HS256" } } },
      fails: `${service}/algorithm: token-algorithm`,
    },
    {
      name: `J1 ${service}: embedded jwk`,
      bad: { token: { ...usual(service), header: { jwk: jwkOf(usualKey(service)) } } },
      fails: `${service}/header: token-embedded-key`,
    },
    {
      name: `J1 ${service}: x5u`,
      bad: { token: { ...usual(service), header: { x5u: "https://x.example" } } },
      fails: `${service}/header: token-embedded-key`,
    },
    {
      name: `J1 ${service}: another key of the same name`,
      bad: {
        token: {
          ...usual(service),
          key: service === "ear" ? testKey("p256-2") : testKey("rsa2048-2"),
          header: { kid: usualKey(service).name },
        },
      },
      fails: `${service}/signature: signature-invalid`,
    },
    {
      name: `J12 ${service}: expired`,
      bad: { token: usual(service), options: { at: inMinutes(7) } },
      good: { token: usual(service), options: { at: inMinutes(4) } },
      fails: `${service}/time: token-expired`,
    },
    {
      name: `J12 ${service}: of the future`,
      bad: { token: usual(service), options: { at: inMinutes(-2) } },
      good: { token: usual(service), options: { at: inMinutes(-1) } },
      fails: `${service}/time: token-not-yet-valid`,
    },
    {
      name: `J12 ${service}: exp is text`,
      bad: { token: { ...usual(service), claims: { ...usual(service).claims, exp: "1" } } },
      fails: `${service}/time: token-time-missing`,
    },
    {
      name: `J12 ${service}: times that no calendar has`,
      bad: {
        token: { ...usual(service), claims: { ...usual(service).claims, iat: 8_640_000_000_001, exp: 2 ** 53 - 1 } },
      },
      fails: `${service}/time: token-lifetime`,
    },
    {
      name: `J12 ${service}: lives too long`,
      bad: {
        token: { ...usual(service), claims: { ...usual(service).claims, exp: TOKEN_AT.getTime() / 1000 + 86_400 } },
      },
      fails: `${service}/time: token-lifetime`,
    },
  ]),
  {
    name: "J1 a jku is never followed",
    bad: {
      token: { ...maa(), header: { jku: "https://evil.example" }, key: testKey("rsa2048-2") },
      policy: { keys: { keys: [{ ...jwkOf(testKey("rsa2048-1")), kid: "rsa2048-2" }] } },
    },
    good: { token: { ...maa(), header: { jku: "https://evil.example" } } },
    fails: "maa/signature: signature-invalid",
  },
  {
    name: "J2 another region under the same key",
    bad: { token: maa({ iss: "https://test.eus.attest.azure.net" }) },
    fails: "maa/issuer: issuer-not-accepted",
  },
  {
    name: "J4 no isolation claims",
    bad: { token: maa({ "x-ms-isolation-tee": undefined }) },
    refuses: "x-ms-isolation-tee is absent",
  },
  {
    name: "J4 debuggable inside",
    bad: { token: tee({ "x-ms-sevsnpvm-is-debuggable": true }) },
    refuses: "is-debuggable is true",
  },
  { name: "J4 VMPL 1 inside", bad: { token: tee({ "x-ms-sevsnpvm-vmpl": 1 }) }, refuses: "vmpl is 1" },
  { name: "J4 not compliant", bad: { token: tee({ "x-ms-compliance-status": "none" }) }, refuses: "compliance-status" },
  {
    name: "J4 Secure Boot off",
    bad: { token: maa({ secureboot: false }) },
    good: { token: maa({ secureboot: false }), policy: { allow: ["secure-boot-off"] } },
    refuses: "secureboot is false",
  },
  {
    name: "J4 test signing",
    bad: { token: maa({ "x-ms-azurevm-testsigning-enabled": true }) },
    refuses: "testsigning-enabled is true",
  },
  {
    name: "J4 kernel debugging",
    bad: { token: maa({ "x-ms-azurevm-kerneldebug-enabled": true }) },
    refuses: "kerneldebug-enabled is true",
  },
  {
    name: "J4 some registers alone",
    bad: { token: maa({ "x-ms-azurevm-attested-pcrs": [0, 1, 2] }) },
    refuses: "attested-pcrs lacks 3, 4, 5, 6, 7",
  },
  {
    name: "J4 type sgx without an enclave",
    bad: { token: maa({ "x-ms-attestation-type": "sgx" }) },
    refuses: "x-ms-sgx-is-debuggable is absent",
  },
  {
    name: "J4 old names contradict",
    bad: { token: maa({ "x-ms-attestation-type": "sgx", "x-ms-sgx-is-debuggable": false, "is-debuggable": true }) },
    good: { token: maa({ "x-ms-attestation-type": "sgx", "x-ms-sgx-is-debuggable": false, "is-debuggable": false }) },
    refuses: "is-debuggable contradicts",
  },
  {
    name: "J5 nonce in base64 is bytes, not text",
    bad: {
      token: maa(),
      options: { binding: { nonce: new TextEncoder().encode(Buffer.from(NONCE).toString("base64")) } },
    },
    fails: "maa/binding: binding-mismatch",
  },
  {
    name: "J5 empty nonce",
    bad: { token: maa({ "x-ms-runtime": { "client-payload": { nonce: "" } } }) },
    fails: "maa/binding: binding-unsupported",
  },
  { name: "J7 debug image", bad: { token: space({ dbgstat: "enabled" }) }, refuses: "dbgstat" },
  {
    name: "J7 no support attributes",
    bad: { token: image({ support_attributes: [] }) },
    good: { token: image({ support_attributes: [] }), policy: { allow: ["unsupported-image"] } },
    refuses: "support_attributes",
  },
  {
    name: "J7 a vTPM alone",
    bad: { token: space({ hwmodel: "GCP_SHIELDED_VM" }) },
    good: { token: space({ hwmodel: "GCP_AMD_SEV" }) },
    refuses: "hwmodel",
  },
  { name: "J7 another software", bad: { token: space({ swname: "GCE" }) }, refuses: "swname" },
  {
    name: "J7 reference names another digest",
    bad: { token: container({ image_reference: `x@sha256:${"23".repeat(32)}` }) },
    good: { token: container({ image_reference: "x:latest" }) },
    refuses: "image_reference",
  },
  {
    name: "J7 command override",
    bad: { token: container({ cmd_override: ["sh"] }) },
    good: { token: container({ cmd_override: [] }) },
    refuses: "cmd_override",
  },
  {
    name: "J7 environment override",
    bad: { token: container({ env_override: { A: "b" } }) },
    good: { token: container({ env_override: {} }) },
    refuses: "env_override",
  },
  { name: "J7 restart policy", bad: { token: container({ restart_policy: "Always" }) }, refuses: "restart_policy" },
  {
    name: "J7 memory monitoring",
    bad: { token: image({ monitoring_enabled: { memory: true } }) },
    refuses: "monitoring_enabled",
  },
  {
    name: "J7 audience",
    bad: { token: space(), policy: { audience: "https://you.example" } },
    good: { token: space(), policy: { audience: "https://me.example" } },
    fails: "confidential-space/audience: audience-mismatch",
  },
  {
    name: "J7 nonces in any order, six at most",
    bad: { token: space({ eat_nonce: ["a5".repeat(32), ...Array(6).fill("01".repeat(16))] }) },
    good: { token: space({ eat_nonce: ["01".repeat(16), "a5".repeat(32)] }) },
    refuses: "eat_nonce",
  },
  {
    name: "J7 a nonce of 7 characters",
    bad: { token: space({ eat_nonce: ["a5".repeat(32), "1234567"] }) },
    good: { token: space({ eat_nonce: ["a5".repeat(32), "12345678"] }) },
    refuses: "eat_nonce",
  },
  {
    name: "J9 another service's keys",
    bad: { token: { ...space(), key: testKey("rsa2048-2"), header: { kid: "rsa2048-1" } } },
    fails: "confidential-space/signature: signature-invalid",
  },
  {
    name: "J10 PSS with another salt",
    bad: { token: { ...ita(), algorithm: { name: "RSA-PSS", hash: "SHA-384", saltLength: 32 } } },
    fails: "ita/signature: signature-invalid",
  },
  {
    name: "J10 no verifier nonce",
    bad: { token: ita({ verifier_nonce: undefined }) },
    good: { token: ita({ verifier_nonce: undefined }), policy: { allow: ["no-held-data"] } },
    refuses: "verifier_nonce",
  },
  {
    name: "J10 held data of another report",
    bad: { token: ita({ attester_held_data: "b3RoZXI=" }) },
    fails: "ita/held-data: held-data-mismatch",
  },
  {
    name: "J10 TCB out of date",
    bad: { token: ita({ attester_tcb_status: "OutOfDate" }) },
    good: { token: ita({ attester_tcb_status: "OutOfDate" }), policy: { allow: ["tcb"] } },
    refuses: "attester_tcb_status",
  },
  {
    name: "J10 policies unmatched",
    bad: { token: ita({ policy_ids_unmatched: ["x"] }) },
    good: { token: ita({ policy_ids_unmatched: [] }) },
    refuses: "policy_ids_unmatched",
  },
  {
    name: "J10 European issuer",
    bad: { token: ita({ iss: "https://portal.eu.trustauthority.intel.com" }) },
    good: {
      token: ita({ iss: "https://portal.eu.trustauthority.intel.com" }),
      policy: { issuers: "https://portal.eu.trustauthority.intel.com" },
    },
    fails: "ita/issuer: issuer-not-accepted",
  },
  {
    name: "J11 status better than the vector",
    bad: { token: cpu({ "ear.trustworthiness-vector": { hardware: 32 } }) },
    refuses: "better than its trustworthiness vector",
  },
  {
    name: "J11 cryptography failed",
    bad: { token: cpu({ "ear.trustworthiness-vector": { hardware: 99 } }) },
    refuses: "better than",
  },
  {
    name: "J11 verifier malfunction",
    bad: { token: cpu({ "ear.trustworthiness-vector": { hardware: -1 } }) },
    refuses: "could not appraise",
  },
  {
    name: "J11 contraindicated",
    bad: { token: cpu({ "ear.status": 96 }) },
    good: { token: cpu({ "ear.status": 2 }) },
    refuses: "ear.status is contraindicated",
  },
  {
    name: "J11 unknown status",
    bad: { token: cpu({ "ear.status": "fine" }) },
    refuses: "ear.status is contraindicated",
  },
  { name: "J11 unknown profile", bad: { token: ear({ eat_profile: "tag:x" }) }, refuses: "eat_profile" },
  {
    name: "J11 iat alone",
    bad: { token: ear({ exp: undefined }) },
    good: { token: ear({ exp: undefined }), policy: { allow: ["no-expiry"] } },
    fails: "ear/time: token-time-missing",
  },
];

const real = defaultCrypto() as NonNullable<ReturnType<typeof defaultCrypto>>;
const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const IMAGE = `sha256:${"22".repeat(32)}`;
const SAID: Readonly<Record<string, Question>> = {
  ...Object.fromEntries(services.map((service) => [`a genuine token of ${service}`, { token: usual(service) }])),
  ...Object.fromEntries(rows.map(({ name, bad }) => [name, bad])),
  "a key that the service publishes beside others": { token: maa() },
  "an issuer that nobody named": {
    token: maa(),
    options: { policy: { maa: { keys: { keys: [jwkOf(usualKey("maa"))] } } } as never },
  },
  "an issuer of two": { token: maa(), policy: { issuers: ["https://x.example", "https://test.weu.attest.azure.net"] } },
  "an audience": { token: space({ aud: ["a", "b", 3] }), policy: { audience: ["b", "c"] } },
  "another audience": { token: space({ aud: "a" }), policy: { audience: "b" } },
  "no audience": { token: space({ aud: undefined }), policy: { audience: "b" } },
  "a clock that is behind": { token: maa(), options: { at: inMinutes(-2) } },
  "a clock that is behind, which is taken": {
    token: maa(),
    policy: { clockSkew: 600 },
    options: { at: inMinutes(-9) },
  },
  "a clock that is ahead": { token: maa(), options: { at: inMinutes(24 * 60) } },
  "a token that is older than is taken": { token: maa(), policy: { maxAge: 60 }, options: { at: inMinutes(30) } },
  "a token without an end": { token: ear({ exp: undefined }) },
  "a token without an end, which is taken": { token: ear({ exp: undefined }), policy: { allow: ["no-expiry"] } },
  "a token without an end, which is old": {
    token: ear({ exp: undefined }),
    policy: { allow: ["no-expiry"], maxAge: 60 },
    options: { at: inMinutes(60) },
  },
  "a token that began before it was issued": { token: maa({ nbf: 5 }) },
  "a token whose begin is no number": { token: maa({ nbf: "5" }) },
  "a token that ends as it begins": { token: maa({ iat: 1_000_000, exp: 1_000_000 }) },
  "a time that is negative": { token: maa({ iat: -1 }) },
  "another nonce": { token: maa(), options: { binding: { nonce: new Uint8Array(32).fill(9) } } },
  "no binding": { token: maa(), options: { binding: "unbound" } },
  "a binding for a field that a token does not have": { token: maa(), options: { binding: { userData: NONCE } } },
  "report data": { token: ita(), options: { binding: { reportData: new Uint8Array(64).fill(9) } } },
  "held data that are no text": { token: ita({ attester_held_data: 5 }) },
  "other held data": { token: ita({ attester_held_data: "AAAA" }) },
  "no reference values": { token: maa(), options: { expected: { ear: { build: "2" } } as never } },
  "a build without its manifest": { token: maa(), options: { expected: `build:sha256:${"00".repeat(32)}` } },
  "another build": {
    token: space(),
    options: { expected: { "confidential-space": { imageDigest: `sha256:${"00".repeat(32)}` } } as never },
  },
  "the build, of two": {
    token: space(),
    options: {
      expected: { "confidential-space": { imageDigest: [`sha256:${"00".repeat(32)}`, IMAGE] } } as never,
    },
  },
  "a back end without signatures": { token: maa(), options: { crypto: { ...real, verify: unavailable } } },
  "a back end without hashes": { token: ita(), options: { crypto: { ...real, digest: unavailable } } },
  "a back end without hashes, for a channel": {
    token: maa(),
    options: { binding: { nonce: NONCE, publicKey: new Uint8Array(91) }, crypto: { ...real, digest: unavailable } },
  },
};
const NOW = TOKEN_AT.getTime() / 1000;
const builds = (...listed: readonly (readonly [label: string, values: JsonMembers])[]): Question => {
  const { text, hash } = forgeManifest({
    platforms: listed.map(([label, values]) => ({ kind: "confidential-space", label, values })),
  });
  return { token: space(), options: { expected: hash, manifests: [text] } };
};
const RIGHT = { imageDigest: IMAGE, hwmodel: SPACE.hwmodel };
const OTHER = `sha256:${"00".repeat(32)}`;
const MORE: Readonly<Record<string, Question>> = {
  ...Object.fromEntries(
    rows.flatMap(({ name, good }) => (good?.policy === undefined ? [] : [[`${name}: its neighbour`, good]])),
  ),
  "a token that begins as late as is taken": { token: maa({ iat: NOW + 60, nbf: NOW + 60, exp: NOW + 300 }) },
  "a token that begins a second later than is taken": { token: maa({ iat: NOW + 61, nbf: NOW + 61, exp: NOW + 300 }) },
  "a token that was issued before it is valid": { token: maa({ nbf: NOW + 600, exp: NOW + 900 }) },
  "a token that is valid before it was issued": { token: maa({ iat: NOW + 600, exp: NOW + 800 }) },
  "a token that ended as long ago as is taken": { token: maa({ iat: NOW - 200, nbf: NOW - 200, exp: NOW - 59 }) },
  "a token that ended longer ago than is taken": { token: maa({ iat: NOW - 200, nbf: NOW - 200, exp: NOW - 60 }) },
  "a token whose end is past, where none is needed": {
    token: ear({ iat: NOW - 300, nbf: NOW - 300, exp: NOW - 100 }),
    policy: { allow: ["no-expiry"] },
  },
  "a token of long ago, whose end is none": {
    token: ear({ iat: 0, nbf: 0, exp: undefined }),
    policy: { allow: ["no-expiry"] },
  },
  "a token that was issued at zero": { token: maa({ iat: 0, nbf: 0 }) },
  "a token that was issued in text": { token: maa({ iat: "1" }) },
  "a token with claims of another service's": {
    token: maa({ verifier_nonce: { val: "AA==", iat: "AA==" }, attester_held_data: "AA==" }),
  },
  "no keys": { token: maa(), options: { policy: { maa: { issuers: ISSUERS.maa } } as never } },
  "report data that are no hex": { token: ita({ tdx_report_data: "zz" }) },
  "a channel, without hashes": {
    token: ita(),
    options: {
      binding: { layout: "sha256-key", publicKey: new Uint8Array(91) } as never,
      crypto: { ...real, digest: unavailable },
    },
  },
  "an image that is expected, and absent": {
    token: container({ image_digest: undefined }),
    options: { expected: { "confidential-space": { imageDigest: IMAGE } } as never },
  },
  "an image that is expected, and no text": {
    token: container({ image_digest: 5 }),
    options: { expected: { "confidential-space": { imageDigest: IMAGE } } as never },
  },
  "several builds, the right one first": builds(["right", RIGHT], ["near", { ...RIGHT, imageDigest: OTHER }]),
  "several builds, the right one last": builds(
    ["far", { imageDigest: OTHER, hwmodel: "other" }],
    ["near", { ...RIGHT, imageDigest: OTHER }],
    ["right", RIGHT],
  ),
  "several builds, the closest first": builds(
    ["near", { ...RIGHT, imageDigest: OTHER }],
    ["far", { imageDigest: OTHER, hwmodel: "other" }],
  ),
  "several builds, the closest last": builds(
    ["far", { imageDigest: OTHER, hwmodel: "other" }],
    ["near", { ...RIGHT, imageDigest: OTHER }],
  ),
  "several builds, two of them as close": builds(
    ["near", { ...RIGHT, imageDigest: OTHER }],
    ["also", { ...RIGHT, hwmodel: "other" }],
  ),
};
itSays(
  "tokens",
  Object.fromEntries(Object.entries(MORE).map(([name, question]) => [name, () => judge(question)])),
  "said-more.json",
);
itSays("tokens", Object.fromEntries(Object.entries(SAID).map(([name, question]) => [name, () => judge(question)])));

describe("tokens: J rows", () => {
  for (const { name: row, bad, good, fails, refuses } of rows) {
    it(`${row} is rejected`, async () => {
      const verdict = await judge(bad);
      expect(verdict.outcome).toBe("rejected");
      if (fails !== undefined) expect(failed(verdict)).toContain(fails);
      if (refuses !== undefined) expect(refused(verdict)).toContain(refuses);
    });
    it(`${row}: the good neighbour is verified`, async () => {
      const verdict = await judge(good ?? { token: usual(bad.token.service) });
      expect([verdict.outcome, failed(verdict), refused(verdict)]).toEqual(["verified", [], ""]);
    });
  }
});

describe("tokens: J12, text forms", () => {
  const forms: Readonly<Record<string, TokenRequest>> = {
    "duplicate names": { service: "ear", payload: (text) => text.replace("{", '{"iss":"https://verifier.example",') },
    padding: { service: "ear", mutate: (token) => `${token}=` },
    "white space": { service: "ear", mutate: (token) => token.replace(".", " .") },
    "four parts": { service: "ear", mutate: (token) => `${token}.AA` },
    "two parts": { service: "ear", mutate: (token) => token.slice(0, token.lastIndexOf(".")) },
    "byte order mark": { service: "ear", payload: (text) => `\ufeff${text}` },
    crit: { service: "ear", header: { crit: ["exp"] } },
    b64: { service: "ear", header: { b64: false } },
  };
  for (const [form, token] of Object.entries(forms))
    it(`${form} is rejected`, async () => {
      expect((await judge({ token })).outcome).toBe("rejected");
    });
});

describe("tokens: J8, PKI tokens", () => {
  const key = (id: 1 | 2 | 3) => testKey(`rsa2048-${id}`);
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
  const subject = (text: string) => name([["CN", text]]);
  const root = (id: 1 | 2 | 3) =>
    forgeCertificate({ subject: subject("Root"), key: key(id), extensions: caExtensions(key(id), key(id)), algorithm });
  const pki = (
    changes: {
      leaf?: object;
      intermediate?: object;
      root?: Uint8Array;
      chain?: (x5c: readonly string[]) => readonly string[];
    } = {},
  ): Promise<Verdict> => {
    const intermediate = forgeCertificate({
      subject: subject("Intermediate"),
      key: key(2),
      issuer: subject("Root"),
      issuerKey: key(3),
      extensions: caExtensions(key(2), key(3)),
      algorithm,
      serial: 2,
      ...changes.intermediate,
    });
    const leaf = forgeCertificate({
      subject: subject("Leaf"),
      key: key(1),
      issuer: subject("Intermediate"),
      issuerKey: key(2),
      extensions: leafExtensions(key(1), key(2)),
      algorithm,
      serial: 3,
      ...changes.leaf,
    });
    const x5c = [leaf, intermediate, changes.root ?? root(3)].map((der) => Buffer.from(der).toString("base64"));
    return verify(forgeToken({ service: "confidential-space", header: { x5c: changes.chain?.(x5c) ?? x5c } }), {
      expected: "any-build",
      binding: { nonce: NONCE },
      at: TOKEN_AT,
      trustAnchors: { google: [root(3)] },
    });
  };
  const signing = (code: string): readonly string[] => [`confidential-space/signing-key: ${code}`];

  it("the good neighbour is verified", async () => {
    const verdict = await pki();
    expect([verdict.outcome, failed(verdict), verdict.meta.anchors]).toEqual(["verified", [], "custom"]);
  });
  it("the verdict ends with the first of its certificates", async () => {
    const leaf = { notAfter: new Date("2026-07-01T00:00:00Z") };
    expect((await pki({ leaf })).meta.validUntil).toBe("2026-07-01T00:00:00.000Z");
  });
  it("another root of the same name is rejected", async () => {
    expect(failed(await pki({ root: root(2) }))).toEqual(signing("root-not-pinned"));
  });
  it("an intermediate that has expired is rejected", async () => {
    expect(failed(await pki({ intermediate: { notAfter: inMinutes(-10) } }))).toEqual(signing("certificate-expired"));
  });
  it("a leaf that was not valid when the token was made is rejected", async () => {
    expect(failed(await pki({ leaf: { notBefore: inMinutes(-0.1) } }))).toEqual(signing("certificate-not-yet-valid"));
  });
  it("a leaf that another key issued is rejected", async () => {
    expect(failed(await pki({ leaf: { issuerKey: key(3) } }))).toContain(signing("certificate-signature-invalid")[0]);
  });
  it("two or four certificates are rejected", async () => {
    expect(failed(await pki({ chain: (x5c) => x5c.slice(0, 2) }))).toEqual(signing("token-chain-length"));
    expect(failed(await pki({ chain: (x5c) => [...x5c, x5c[2] as string] }))).toEqual(signing("token-chain-length"));
  });
});

describe("tokens: what is expected and whose keys are given", () => {
  const build = async (expected: Options["expected"]): Promise<readonly unknown[]> => {
    const verdict = await judge({ token: ear(), options: { expected } });
    const check = verdict.checks.find(({ id }) => id === "ear/build");
    return [verdict.outcome, check?.status, check?.code];
  };
  it("a build that is named by its hash alone leaves it open", async () =>
    expect(await build(`build:sha256:${"00".repeat(32)}`)).toEqual(["undetermined", "skipped", undefined]));
  it("an expectation of another service's tokens rejects", async () =>
    expect(await build({ maa: { mrenclave: "00" } })).toEqual(["rejected", "failed", "no-reference-values"]));

  it.each([
    ["no key", { policy: { keys: { keys: [] } } }, /no key to verify with/],
    ["a key set that is none", { policy: { keys: { keys: "x" } } }, /no JWK set/],
    ["an expectation of nothing", { options: { expected: { ear: {} } } }, /must demand something/],
    ["an allowance of another service", { policy: { allow: ["secure-boot-off"] } }, /allow/],
  ] as readonly (readonly [string, Partial<Question>, RegExp])[])("%s is a TypeError", async (_, question, words) => {
    await expect(judge({ token: ear(), ...question })).rejects.toThrow(words);
    await expect(judge({ token: ear(), ...question })).rejects.toBeInstanceOf(TypeError);
  });
});

describe("tokens: clocks", () => {
  const judged = (clockSkew: number, minutes: number): Promise<Verdict> =>
    judge({ token: { service: "maa" }, policy: { clockSkew }, options: { at: inMinutes(minutes) } });
  const time = ({ checks }: Verdict): readonly unknown[] =>
    checks.filter(({ id }) => id === "maa/time").flatMap(({ status, code }) => [status, code]);

  it.each([
    ["late", 20],
    ["early", -20],
  ])(
    "a token that is %s by more than the defaults take is waived, and refused without that policy",
    async (_, minutes) => {
      const taken = await judged(3600, minutes);
      expect([taken.outcome, ...time(taken)]).toEqual(["verified", "waived", "allowed"]);
      expect((await judged(60, minutes)).outcome).toBe("rejected");
      expect(time(await judged(3600, 1))).toEqual(["passed", undefined]);
    },
  );
});
