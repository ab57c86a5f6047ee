import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import { type CrlRequest, caExtensions, extension, forgeCrl, name, testKey } from "../../fixtures/x509.js";
import { CryptoUnavailableError } from "../../src/crypto/crypto.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { parseCrl } from "../../src/trust/crl.js";
import { crlIssuer, type RevocationInput, revocationFaults } from "../../src/trust/revocation.js";
import { crypto, INTERMEDIATE, intermediate, intermediateKey, leaf, NOW, STRICT } from "../support/pki.js";

const EXTENSIONS = [extension.crlNumber(1), extension.authorityKeyId(intermediateKey)];

function crl(changes: Partial<CrlRequest> = {}) {
  const request = { issuer: INTERMEDIATE, issuerKey: intermediateKey, extensions: EXTENSIONS };
  return parseCrl(forgeCrl({ ...request, ...changes }));
}

/** `code: what was found` of every fault. */
async function faults(
  changes: Partial<CrlRequest> = {},
  input: Partial<RevocationInput> = {},
): Promise<readonly string[]> {
  const found = await revocationFaults({
    crl: crl(changes),
    issuer: crlIssuer(intermediate()),
    certificates: [{ name: "Test Leaf", serial: leaf().serial }],
    at: NOW,
    profile: STRICT,
    crypto,
    ...input,
  });
  return found.map((fault) => `${fault.code}: ${fault.found}`);
}

describe("a revocation list", () => {
  it("clears certificates that it does not name", async () => {
    expect(await faults()).toEqual([]);
    expect(await faults({ revoked: [1, 2, 4, 0x0300, 0x030000, -3] })).toEqual([]);
  });

  it("revokes those that it names, wherever in the list", async () => {
    for (const revoked of [[3], [3, 4], [1, 2, 3], [{ serial: 3, extensions: [extension.reasonCode(6)] }]]) {
      expect(await faults({ revoked })).toEqual(["certificate-revoked: Test Leaf"]);
    }
  });

  it("revokes each of several certificates", async () => {
    const certificates = [
      { name: "a", serial: Uint8Array.of(1) },
      { name: "b", serial: Uint8Array.of(2) },
      { name: "c", serial: Uint8Array.of(0, 0x80) },
    ];
    expect(await faults({ revoked: [1, 0x80] }, { certificates })).toEqual([
      "certificate-revoked: a",
      "certificate-revoked: c",
    ]);
  });

  it("compares whole serial numbers", async () => {
    const certificates = [{ name: "long", serial: Uint8Array.of(3, 0) }];
    expect(await faults({ revoked: [3] }, { certificates })).toEqual([]);
    expect(await faults({ revoked: [0x0300] }, { certificates })).toEqual(["certificate-revoked: long"]);
  });

  it("finds the last of 100,000 entries", async () => {
    const revoked = Array.from({ length: 100_000 }, (_, i) => i + 10);
    expect(await faults({ revoked })).toEqual([]);
    revoked[99_999] = 3;
    const list = crl({ revoked });
    expect(list.revoked).toHaveLength(100_000);
    expect(await faults({}, { crl: list })).toEqual(["certificate-revoked: Test Leaf"]);
  });

  it("still revokes when it is expired, forged or of another issuer: every reason is given", async () => {
    const found = await faults({
      revoked: [3],
      issuerKey: testKey("p384-9"),
      issuer: name([["CN", "x"]]),
      nextUpdate: NOW - 1000,
    });
    expect(found.map((text) => text.split(":")[0])).toEqual([
      "crl-signature-invalid",
      "crl-issuer-mismatch",
      "crl-expired",
      "certificate-revoked",
    ]);
  });
});

describe("the signature of a revocation list", () => {
  const invalid = ["crl-signature-invalid: issuer Test CA"];

  it("by another key of the same name is invalid", async () => {
    expect(await faults({ issuerKey: testKey("p384-9") })).toEqual(invalid);
  });

  it("with one bit changed, or over other bytes, is invalid", async () => {
    expect(await faults({ signature: (s) => s.map((byte, i) => (i === s.length - 1 ? byte ^ 1 : byte)) })).toEqual(
      invalid,
    );
    expect(await faults({}, { crl: { ...crl(), tbs: crl({ revoked: [9] }).tbs } })).toEqual(invalid);
    expect(await faults({ signature: (s) => write.overlongLength(s) })).toEqual(invalid);
  });

  it("of an algorithm outside the profile is a fault, even when it is valid", async () => {
    expect(await faults({ algorithm: { name: "ECDSA", hash: "SHA-256" } })).toEqual(["crl-algorithm: ECDSA/SHA-256"]);
    expect(await faults({ algorithm: { name: "ECDSA", hash: "SHA-1" } })).toEqual([
      ...invalid,
      "crl-algorithm: unknown",
    ]);
    expect(await faults({}, { profile: { ...STRICT, crlSignedWith: [] } })).toEqual(["crl-algorithm: ECDSA/SHA-384"]);
  });

  it("under an issuer without a key that is verified with is invalid", async () => {
    expect(await faults({}, { issuer: { ...crlIssuer(intermediate()), key: undefined } })).toEqual(invalid);
  });
});

describe("the issuer of a revocation list", () => {
  it("is the one whose certificates are judged", async () => {
    expect(await faults({ issuer: name([["CN", "Other CA"]]) })).toEqual([
      "crl-issuer-mismatch: its issuer is not Test CA",
    ]);
  });

  it("is meant by its key identifier", async () => {
    const strange = [extension.crlNumber(1), extension.authorityKeyId(Uint8Array.of(1))];
    expect(await faults({ extensions: strange })).toEqual(["crl-issuer-mismatch: it names another key of its issuer"]);
    const anonymous = { ...crlIssuer(intermediate()), keyIdentifier: undefined };
    expect(await faults({ extensions: strange }, { issuer: anonymous })).toEqual([]);
  });

  it("may sign lists, where its keyUsage says what it may (RFC 5280, section 6.3.3 (f))", async () => {
    const [constraints, , subjectId, authorityId] = caExtensions(intermediateKey, testKey("p384-1")) as Uint8Array[];
    const withUsage = (...usages: Parameters<typeof extension.keyUsage>[0]) =>
      intermediate({ extensions: [constraints, extension.keyUsage(usages), subjectId, authorityId] as Uint8Array[] });
    const withoutUsage = intermediate({ extensions: [constraints, subjectId, authorityId] as Uint8Array[] });
    expect(await faults({}, { issuer: crlIssuer(withUsage("keyCertSign")) })).toEqual([
      "crl-issuer-mismatch: Test CA may not sign CRLs",
    ]);
    expect(await faults({}, { issuer: crlIssuer(withUsage("cRLSign")) })).toEqual([]);
    expect(await faults({}, { issuer: crlIssuer(withoutUsage) })).toEqual([]);
  });

  it("has a name for messages even where its certificate has none", () => {
    expect(crlIssuer(intermediate({ subject: name([]) })).name).toBe("CRL issuer");
  });
});

describe("the extensions of a revocation list", () => {
  it.each<[string, Uint8Array, string]>([
    ["indirect", extension.indirectCrl(), "2.5.29.28"],
    ["for CA certificates only", extension.onlyCaCertificates(), "2.5.29.28"],
    ["a delta", extension.deltaCrlIndicator(1), "2.5.29.27"],
    ["something unknown", extension.raw("1.2.3", Uint8Array.of(5, 0), true), "1.2.3"],
  ])("that say it is %s are a fault", async (_, more, id) => {
    expect(await faults({ extensions: [...EXTENSIONS, more] })).toEqual([`crl-extension: critical ${id}`]);
  });

  it("that are critical are a fault even where they are understood", async () => {
    const extensions = [extension.crlNumber(1, true), extension.authorityKeyId(intermediateKey)];
    expect(await faults({ extensions })).toEqual(["crl-extension: critical 2.5.29.20"]);
  });

  it("that are unknown and not critical are none", async () => {
    expect(await faults({ extensions: [...EXTENSIONS, extension.raw("1.2.3", Uint8Array.of(5, 0))] })).toEqual([]);
  });

  it("that are missing are a fault where the profile demands them", async () => {
    const relaxed = { profile: { ...STRICT, crlExtensions: "absent-allowed" } } as const;
    for (const extensions of [[], [extension.crlNumber(1)], [extension.authorityKeyId(intermediateKey)]]) {
      expect(await faults({ extensions })).toEqual(["crl-extension: no CRL number or authority key identifier"]);
      expect(await faults({ extensions }, relaxed)).toEqual([]);
    }
  });
});

describe("the dates of a revocation list", () => {
  const dates = { thisUpdate: Date.UTC(2025, 11, 1), nextUpdate: Date.UTC(2026, 1, 1) };

  it("have both ends in them and not a millisecond more", async () => {
    for (const at of [dates.thisUpdate, NOW, dates.nextUpdate]) expect(await faults(dates, { at })).toEqual([]);
    for (const early of [1, 1000]) {
      expect(await faults(dates, { at: dates.thisUpdate - early })).toEqual([
        "crl-not-yet-valid: 2025-12-01T00:00:00.000Z",
      ]);
    }
    for (const late of [1, 1000]) {
      expect(await faults(dates, { at: dates.nextUpdate + late })).toEqual(["crl-expired: 2026-02-01T00:00:00.000Z"]);
    }
  });

  it("that end before they start are never good", async () => {
    const backwards = { thisUpdate: dates.nextUpdate, nextUpdate: dates.thisUpdate };
    for (const at of [dates.thisUpdate, NOW, dates.nextUpdate])
      expect((await faults(backwards, { at })).length).toBeGreaterThan(0);
  });
});

describe("a back end that cannot verify", () => {
  const unavailable = {
    ...crypto,
    verify: async () => Promise.reject(new CryptoUnavailableError("no such algorithm")),
  };

  it("throws, so that nobody takes cannot for no", async () => {
    await expect(faults({}, { crypto: unavailable })).rejects.toThrow(CryptoUnavailableError);
  });

  it("leaves no rejection unhandled beside a malformed extension", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const extensions = [extension.crlNumber(1), extension.raw("2.5.29.35", write.nullValue())];
    await expect(faults({ extensions }, { crypto: unavailable })).rejects.toThrow(MalformedError);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });
});
