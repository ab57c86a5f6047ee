/** Trust anchors: what a pinned entry and a caller's certificate stand for. */
import { describe, expect, it } from "vitest";
import { digest, testKey } from "../../fixtures/keys.js";
import { caExtensions, forgeCertificate, name } from "../../fixtures/x509.js";
import { type Crypto, CryptoUnavailableError } from "../../src/crypto/crypto.js";
import { toBase64, toHex } from "../../src/encoding/text.js";
import { customAnchor, pinnedAnchor } from "../../src/trust/anchors.js";
import { parseCertificate } from "../../src/trust/certificate.js";
import type { PinnedCertificate } from "../../src/trust/pinned.js";
import { crypto } from "../support/pki.js";

const SUBJECT = name([["CN", "Root"]]);
const key = testKey("p384-1");
const entry: PinnedCertificate = {
  name: "root-1",
  sha256: "ab".repeat(32),
  key: { curve: "P-384", point: toBase64(key.raw) },
  subject: toBase64(SUBJECT),
  serial: "00ff",
  notBefore: 1000,
  notAfter: 2000,
};

describe("a pinned anchor", () => {
  it("is what its entry says, and is marked as pinned, its key too", () => {
    const { key: anchorKey, ...rest } = pinnedAnchor(entry);
    expect(rest).toEqual({
      name: "root-1",
      subject: SUBJECT,
      serial: Uint8Array.of(0, 0xff),
      notBefore: 1000,
      notAfter: 2000,
      sha256: "ab".repeat(32),
      origin: "pinned",
    });
    expect(anchorKey).toEqual({ type: "ec", curve: "P-384", point: key.raw, pinned: true });
  });

  it("of an RSA entry has the exponent that all of them have", () => {
    const modulus = testKey("rsa4096-1").raw;
    const anchor = pinnedAnchor({ ...entry, key: { modulus: toBase64(modulus) } });
    expect(anchor.key).toEqual({ type: "rsa", modulus, exponent: 65537, pinned: true });
  });

  it("is the same object each time, and so is its key: a back end may keep it imported", () => {
    expect(pinnedAnchor(entry)).toBe(pinnedAnchor(entry));
    expect(pinnedAnchor(entry).key).toBe(pinnedAnchor(entry).key);
    expect(pinnedAnchor({ ...entry })).not.toBe(pinnedAnchor(entry));
  });

  it("has a name that is rebuilt where the entry carries none, and only there", () => {
    const { subject: _, ...bare } = entry;
    const rebuilt = (text: string) => new TextEncoder().encode(text);
    expect(pinnedAnchor(bare, rebuilt).subject).toEqual(rebuilt("root-1"));
    expect(pinnedAnchor({ ...bare }).subject).toEqual(new Uint8Array(0));
    expect(pinnedAnchor({ ...entry }, rebuilt).subject).toEqual(SUBJECT);
  });
});

describe("a custom anchor", () => {
  const der = forgeCertificate({ subject: SUBJECT, key, serial: 7, extensions: caExtensions(key, key) });
  const certificate = parseCertificate(der);

  it("is what its certificate says, and never looks pinned", async () => {
    const { publicKey, serial, notBefore, notAfter } = certificate;
    expect(await customAnchor(certificate, crypto)).toEqual({
      name: "Root",
      subject: SUBJECT,
      key: publicKey,
      keyIdentifier: expect.any(Uint8Array),
      serial,
      notBefore,
      notAfter,
      sha256: toHex(digest("SHA-256", der)),
      origin: "custom",
    });
    expect(publicKey?.pinned).toBeUndefined();
  });

  it("has a name where its certificate has no commonName", async () => {
    const nameless = parseCertificate(forgeCertificate({ subject: name([["O", "x"]]), key }));
    const anchor = await customAnchor(nameless, crypto);
    expect(anchor.name).toBe("custom anchor");
    expect(anchor.keyIdentifier).toBeUndefined();
  });

  it("has no digest without a back end, and passes on what else goes wrong", async () => {
    const failing = (error: Error): Crypto => ({ ...crypto, digest: () => Promise.reject(error) });
    const anchor = await customAnchor(certificate, failing(new CryptoUnavailableError("none")));
    expect(anchor.sha256).toBe("");
    await expect(customAnchor(certificate, failing(new Error("defect")))).rejects.toThrow("defect");
  });
});
