/** SecretVM: RTMR3 of both schemes, and a forged guest that is held to it. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { filled, forgeQuote, TD } from "../../fixtures/intel/quote.js";
import { forgeCertificate, name, testKey } from "../../fixtures/x509.js";
import { webcrypto } from "../../src/crypto/webcrypto.js";
import { type SecretVm, secretVm, secretVmCertificate } from "../../src/profiles/index.js";
import { put, summary } from "../support/dcap.js";

const crypto = webcrypto(globalThis.crypto.subtle);
const { mrtd, rtmr0, rtmr1, rtmr2 } = TD as Record<string, Uint8Array>;
const image = { mrtd, rtmr0, rtmr1, rtmr2 } as SecretVm["image"];
const compose = "services:\n  a:\n    image: b\n";
const rootfsData = filled(32, 0x0f);
const vm: SecretVm = { image, rootfsData, compose };

const hash = (name: "sha256" | "sha384", ...parts: readonly (Uint8Array | string)[]): Buffer =>
  parts.reduce((state, part) => state.update(part), createHash(name)).digest();
const extend = (entries: readonly Uint8Array[]): Buffer =>
  entries.reduce<Buffer>((register, entry) => hash("sha384", register, entry), Buffer.alloc(48));
const padded = (value: Uint8Array): Buffer => Buffer.concat([value, Buffer.alloc(48 - value.length)]);
const event = (name: string, payload: Uint8Array): Buffer =>
  hash("sha384", Uint8Array.of(1, 0, 0, 8), `:${name}:`, payload);

const files = filled(32, 0xf1);
const appId = filled(20, 0xa1);
const old = [hash("sha256", compose), rootfsData].map(padded);
const dstack = [
  event("app-id", appId),
  event("compose-hash", hash("sha256", compose)),
  event("os-image-hash", rootfsData),
];

describe("RTMR3 of a SecretVM", () => {
  it.each<[string, Partial<SecretVm>, readonly Uint8Array[]]>([
    ["bare digests", {}, old],
    ["bare digests, with further files", { dockerFilesSha256: files }, [...old, padded(files)]],
    ["dstack's events", { appId }, dstack],
    [
      "dstack's events, with further files",
      { appId, dockerFilesSha256: files },
      [...dstack, event("docker-files-hash", files)],
    ],
    ["a root file system of 48 bytes", { rootfsData: filled(48, 1) }, [old[0] as Buffer, filled(48, 1)]],
  ])("of %s", async (_, more, entries) => {
    const expected = await secretVm({ ...vm, ...more }, crypto);
    expect(Buffer.from(expected.rtmr3 as Uint8Array).toString("hex")).toBe(extend(entries).toString("hex"));
    const quote = forgeQuote({ report: { rtmr3: extend(entries) } });
    const verdict = await put({ quote, options: { expected: { tdx: expected } } });
    expect([summary(verdict), verdict.covers]).toEqual(["verified", "launch"]);
  });

  it.each<[string, Partial<SecretVm>]>([
    ["compose file", { compose: `${compose} ` }],
    ["root file system", { rootfsData: filled(32, 0x0e) }],
    ["archive of files", { dockerFilesSha256: files }],
    ["scheme, or app id", { appId }],
    ["image", { image: { ...image, rtmr1: filled(48, 9) } }],
  ])("of another %s is another build", async (_, more) => {
    const quote = forgeQuote({ report: { rtmr3: extend(old) } });
    const verdict = await put({ quote, options: { expected: { tdx: await secretVm({ ...vm, ...more }, crypto) } } });
    expect(summary(verdict)).toBe("rejected, build build-mismatch");
  });

  it.each<[string, Partial<SecretVm>]>([
    ["a root file system of another length", { rootfsData: filled(31, 1) }],
    ["an app id of another length", { appId: filled(32, 1) }],
    ["a digest that is none", { dockerFilesSha256: "zz" }],
    ["a compose file that is none", { compose: 7 as unknown as string }],
  ])("%s is misuse", async (_, more) => {
    await expect(secretVm({ ...vm, ...more }, crypto)).rejects.toThrow(TypeError);
  });
});

describe("the old form of SecretVM's report data", () => {
  const key = testKey("p256-10");
  const certificate = forgeCertificate({ subject: name([["CN", "vm.example"]]), key });
  const nonce = filled(32, 5);
  const judge = async (reportData: Uint8Array) =>
    put({
      quote: forgeQuote({ report: { reportData } }),
      options: { expected: "any-build", binding: secretVmCertificate(certificate, nonce) },
    });

  it("is of the whole certificate, and the channel is its key", async () => {
    const verdict = await judge(Buffer.concat([hash("sha256", certificate), nonce]));
    expect([summary(verdict), verdict.freshness]).toEqual(["verified", "nonce"]);
    expect(verdict.channel).toEqual({ publicKeySha256: hash("sha256", key.spki).toString("hex") });
  });

  it.each([
    ["of the key alone", Buffer.concat([hash("sha256", key.spki), nonce])],
    ["of another certificate", Buffer.concat([hash("sha256", certificate.subarray(1)), nonce])],
    ["with another nonce", Buffer.concat([hash("sha256", certificate), filled(32, 6)])],
  ])("is no other's: %s", async (_, reportData) => {
    expect(summary(await judge(reportData))).toBe("rejected, report-data report-data-mismatch");
  });

  it.each([
    ["a certificate that is none", new Uint8Array(9), nonce],
    ["a certificate of another form", Uint8Array.from(Buffer.from("3006300430020500", "hex")), nonce],
    ["a nonce of another length", certificate, filled(31, 5)],
  ])("%s is misuse", (_, given, of) => {
    expect(() => secretVmCertificate(given, of)).toThrow(TypeError);
  });
});
