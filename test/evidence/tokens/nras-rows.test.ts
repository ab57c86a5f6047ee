/** Row G15 of nvidia.md: each fault of an answer of NVIDIA's attestation service with its code, beside its good neighbour. */
import { describe, expect, it } from "vitest";
import { forgeNras, type NrasRequest } from "../../../fixtures/tokens/nras.js";
import { forgeToken, jwkOf, NONCE, TOKEN_AT, usualKey } from "../../../fixtures/tokens/token.js";
import { testKey } from "../../../fixtures/x509.js";
import { type Crypto, CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { verify } from "../../../src/tokens.js";
import type { Verdict } from "../../../src/verdict.js";
import { itSays } from "../../support/said.js";

type Options = Parameters<typeof verify>[1];

function judge(answer: string, policy: object = {}, options: Partial<Options> = {}): Promise<Verdict> {
  return verify(answer, {
    expected: "any-build",
    binding: { nonce: NONCE },
    at: TOKEN_AT,
    policy: { nras: { keys: { keys: [jwkOf(usualKey("nras"))] }, ...policy } },
    ...options,
  });
}
const failed = (verdict: Verdict): readonly string[] =>
  verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id}: ${code}`);
const NOW = TOKEN_AT.getTime() / 1000;
const two = { "GPU-0": {}, "GPU-1": {} };

const rows: readonly { name: string; bad: NrasRequest; good?: NrasRequest; fails: string; wrong?: RegExp }[] = [
  { name: "alg none", bad: { overall: { header: { alg: "none" } } }, fails: "nras/algorithm: token-algorithm" },
  {
    name: "HS256 with the public key",
    bad: { overall: { header: { alg: "HS256" } } },
    fails: "nras/algorithm: token-algorithm",
  },
  {
    name: "an embedded key",
    bad: { overall: { header: { jwk: jwkOf(testKey("p384-2")) }, key: testKey("p384-2") } },
    fails: "nras/header: token-embedded-key",
  },
  {
    name: "another key under the same name",
    bad: { overall: { key: testKey("p384-2"), header: { kid: usualKey("nras").name } } },
    fails: "nras/signature: signature-invalid",
  },
  {
    name: "overall true, and a device's token is another one",
    bad: { handed: (tokens) => ({ ...tokens, "GPU-0": forgeToken({ service: "nras", claims: { jti: "other" } }) }) },
    fails: "nras/devices: device-token-mismatch",
    wrong: /GPU-0: digest/,
  },
  {
    name: "devices' tokens in each other's place",
    bad: { devices: two, handed: (tokens) => ({ "GPU-0": tokens["GPU-1"]!, "GPU-1": tokens["GPU-0"]! }) },
    good: { devices: two },
    fails: "nras/devices: device-token-mismatch",
    wrong: /GPU-0: digest.*GPU-1: digest/,
  },
  {
    name: "a device's token that another key signed",
    bad: { deviceKey: testKey("p384-2") },
    fails: "nras/devices: device-token-mismatch",
    wrong: /GPU-0: signature/,
  },
  {
    name: "one device's jti for two",
    bad: { devices: { "GPU-0": { jti: "same" }, "GPU-1": { jti: "same" } } },
    good: { devices: two },
    fails: "nras/devices: device-token-mismatch",
    wrong: /GPU-1: jti/,
  },
  {
    name: "one device (UEID) for two",
    bad: { devices: { "GPU-0": { ueid: "7" }, "GPU-1": { ueid: "7" } } },
    good: { devices: two },
    fails: "nras/devices: device-token-mismatch",
    wrong: /GPU-1: ueid/,
  },
  {
    name: "a device that answers another nonce",
    bad: { devices: { "GPU-0": { eat_nonce: "00".repeat(32) } } },
    good: { devices: { "GPU-0": { eat_nonce: undefined } } },
    fails: "nras/devices: device-token-mismatch",
    wrong: /GPU-0: eat_nonce/,
  },
  {
    name: "a device whose token is not named",
    bad: { handed: (tokens) => ({ ...tokens, "GPU-1": forgeToken({ service: "nras" }) }) },
    fails: "nras/format: malformed",
  },
  {
    name: "the staging service",
    bad: { overall: { claims: { iss: "https://nras.attestation-stg.nvidia.com" } } },
    fails: "nras/issuer: issuer-not-accepted",
  },
  {
    name: "a local verifier's own word",
    bad: { overall: { claims: { iss: "NVAT-LOCAL-VERIFIER" } } },
    fails: "nras/issuer: issuer-not-accepted",
  },
  {
    name: "expired",
    bad: { overall: { claims: { iat: NOW - 1000, nbf: NOW - 1000, exp: NOW - 61 } } },
    good: { overall: { claims: { iat: NOW - 1000, nbf: NOW - 1000, exp: NOW - 59 } } },
    fails: "nras/time: token-expired",
  },
  {
    name: "no eat_nonce",
    bad: { overall: { claims: { eat_nonce: undefined } } },
    fails: "nras/binding: binding-unsupported",
  },
  {
    name: "another eat_nonce",
    bad: { overall: { claims: { eat_nonce: "00".repeat(32) } }, devices: { "GPU-0": { eat_nonce: undefined } } },
    fails: "nras/binding: binding-mismatch",
  },
  {
    name: "overall false",
    bad: { overall: { claims: { "x-nvidia-overall-att-result": false } } },
    fails: "nras/claims: claims-refused",
  },
  ...(
    [
      ["measres", "fail", "success"],
      ["secboot", false, true],
      ["dbgstat", "enabled", "disabled"],
      ["x-nvidia-gpu-attestation-report-signature-verified", false, true],
      ["x-nvidia-gpu-attestation-report-nonce-match", false, true],
      ["x-nvidia-switch-attestation-report-nonce-match", false, undefined],
    ] as const
  ).map(([claim, bad, good]) => ({
    name: `overall true, and a device's ${claim} is ${bad}`,
    bad: { devices: { "GPU-0": { [claim]: bad } } },
    good: { devices: { "GPU-0": { [claim]: good } } },
    fails: "nras/claims: claims-refused",
  })),
];

const real = defaultCrypto() as Crypto;
const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const said = (request: NrasRequest = {}, options: Partial<Options> = {}) => judge(forgeNras(request), {}, options);
itSays(
  "tokens",
  {
    "a genuine answer": () => said(),
    ...Object.fromEntries(rows.map(({ name, bad }) => [name, () => said(bad)])),
    "without hashes": () => said({}, { crypto: { ...real, digest: unavailable } }),
    "without signatures": () => said({}, { crypto: { ...real, verify: unavailable } }),
    "no device at all": () => said({ devices: {} }),
    "no device's token": () => said({ handed: () => ({}) }),
    "one of two devices' tokens": () =>
      said({ devices: two, handed: ({ "GPU-0": first }) => ({ "GPU-0": first as string }) }),
    "two devices without names of their own": () =>
      said({
        devices: { "GPU-0": { jti: undefined, ueid: undefined }, "GPU-1": { jti: undefined, ueid: undefined } },
      }),
    "a device that answers a nonce, and no nonce of all": () => said({ overall: { claims: { eat_nonce: undefined } } }),
    "a device's token of another algorithm": () =>
      said({ handed: (tokens) => ({ ...tokens, "GPU-0": withHeader(tokens["GPU-0"] as string, { alg: "none" }) }) }),
    "a device's token that names no key": () =>
      said({ handed: (tokens) => ({ ...tokens, "GPU-0": withHeader(tokens["GPU-0"] as string, { kid: undefined }) }) }),
  },
  "said-nras.json",
);

/** The token with another header, which its signature does not cover then. */
function withHeader(token: string, changes: object): string {
  const [header, ...rest] = token.split(".") as [string, ...string[]];
  const members = { ...JSON.parse(Buffer.from(header, "base64url").toString()), ...changes };
  return [Buffer.from(JSON.stringify(members)).toString("base64url"), ...rest].join(".");
}

describe("G15: NVIDIA's attestation service", () => {
  for (const { name, bad, good = {}, fails, wrong } of rows) {
    it(`${name} is rejected`, async () => {
      const verdict = await judge(forgeNras(bad));
      expect(verdict.outcome).toBe("rejected");
      expect(failed(verdict)).toContain(fails);
      if (wrong !== undefined)
        expect(String(verdict.checks.find(({ id }) => id === "nras/devices")?.params.wrong)).toMatch(wrong);
    });
    it(`${name}: the good neighbour is verified`, async () => {
      const verdict = await judge(forgeNras(good));
      expect([verdict.outcome, failed(verdict)]).toEqual(["verified", []]);
    });
  }

  it.each([
    ["of a device", { devices: two, handed: (tokens) => ({ "GPU-0": tokens["GPU-0"] as string }) }],
    ["of all devices", { handed: () => ({}) }],
    ["of any, where none is named", { devices: {} }],
  ] as readonly (readonly [string, NrasRequest])[])("a missing token %s leaves it open", async (_, request) => {
    const verdict = await judge(forgeNras(request));
    expect([verdict.outcome, failed(verdict)]).toEqual(["undetermined", []]);
    expect(verdict.checks.find(({ id }) => id === "nras/devices")?.code).toBe("device-token-missing");
  });

  it("tokens of more than 256 devices are malformed, before each is compared with every other", async () => {
    const many = (count: number): string => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
      const names = Array.from({ length: count }, (_, i) => `GPU-${i}`);
      const overall = {
        "x-nvidia-overall-att-result": true,
        submods: Object.fromEntries(names.map((name) => [name, 1])),
      };
      const token = (claims: object): string => `${part({ alg: "ES384" })}.${part(claims)}.AAAA`;
      const devices = Object.fromEntries(names.map((name) => [name, token({ jti: name })]));
      return JSON.stringify([["JWT", token(overall)], devices]);
    };
    expect(failed(await judge(many(257)))).toEqual(["nras/format: malformed"]);
    expect(failed(await judge(many(256)))).not.toContain("nras/format: malformed");
  });

  it("the staging service is taken where the caller names it", async () => {
    const iss = "https://nras.attestation-stg.nvidia.com";
    const answer = forgeNras({ overall: { claims: { iss } } });
    expect((await judge(answer, { issuers: iss })).outcome).toBe("verified");
  });

  it("a digest by another hash, or of no such form, is none", async () => {
    for (const entry of [["DIGEST", ["SHA256", "00"]], ["TOKEN", "x"], "x"]) {
      const verdict = await judge(forgeNras({ overall: { claims: { submods: { "GPU-0": entry } } } }));
      expect(failed(verdict)).toEqual(["nras/devices: device-token-mismatch"]);
    }
  });

  it("a device's token that is no text is malformed", async () => {
    const [whole] = JSON.parse(forgeNras()) as [unknown];
    expect(failed(await judge(JSON.stringify([whole, { "GPU-0": 1 }])))).toEqual(["nras/format: malformed"]);
  });

  it("without a key nothing is said of signatures: open, and not passed", async () => {
    const verdict = await judge(forgeNras(), {}, { policy: {} });
    const status = (id: string) => verdict.checks.find((check) => check.id === id)?.status;
    expect([verdict.outcome, status("nras/signing-key"), status("nras/signature")]).toEqual([
      "undetermined",
      "undetermined",
      "skipped",
    ]);
    const none = await judge(forgeNras({ overall: { header: { alg: "none" } } }), {}, { policy: {} });
    expect(none.checks.find(({ id }) => id === "nras/signature")?.blockedBy).toBe("nras/algorithm");
  });
});

describe("what NVIDIA's SDK makes of an answer", () => {
  const own = forgeToken({
    service: "nras",
    claims: { iss: "NV-Attestation-SDK", "x-nvidia-overall-att-result": undefined },
    key: testKey("p384-2"),
  });
  const wrapped = (claims: object): string => JSON.stringify([["JWT", own], claims]);
  const answer = JSON.parse(forgeNras({ devices: two })) as unknown;

  it.each(["REMOTE_GPU_CLAIMS", "REMOTE_SWITCH_CLAIMS"])("under %s is the answer", async (name) => {
    const [verdict, plain] = await Promise.all([
      judge(wrapped({ [name]: answer })),
      judge(forgeNras({ devices: two })),
    ]);
    expect(verdict.outcome).toBe("verified");
    expect(verdict.checks.map(({ id, status }) => [id, status])).toEqual(
      plain.checks.map(({ id, status }) => [id, status]),
    );
  });

  it("is judged as the answer: a device's token that another key signed rejects", async () => {
    const bad = JSON.parse(forgeNras({ deviceKey: testKey("p384-2") })) as unknown;
    expect(failed(await judge(wrapped({ REMOTE_GPU_CLAIMS: bad })))).toEqual(["nras/devices: device-token-mismatch"]);
  });

  it.each([
    ["two answers", { REMOTE_GPU_CLAIMS: answer, REMOTE_SWITCH_CLAIMS: answer }],
    ["claims that were made on the spot", { LOCAL_GPU_CLAIMS: answer }],
    ["no answer", { REMOTE_GPU_CLAIMS: own }],
    ["nothing", {}],
  ])("with %s is none", async (_name, claims) => {
    const verdict = await judge(wrapped(claims));
    expect(failed(verdict)).toEqual(["evidence/recognised: unrecognised"]);
  });
});
