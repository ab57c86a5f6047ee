import { describe, expect, it, vi } from "vitest";
import * as cbor from "../../../fixtures/cbor.js";
import { testKey } from "../../../fixtures/keys.js";
import {
  DEFAULT_SECTIONS,
  type EifSignatureRequest,
  forgeEif,
  forgeEifSignature,
  octets,
  register,
  SECTIONS,
  signerCertificate,
} from "../../../fixtures/nitro/eif.js";
import { pem } from "../../../fixtures/x509.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { toHex, toUtf8 } from "../../../src/encoding/text.js";
import { describeEif, type EifOptions, measureEif } from "../../../src/expected/measure/eif.js";
import type { ByteSource } from "../../../src/expected/measure/source.js";
import { nodeCrypto } from "../../support/node-crypto.js";

const measure = (source: ByteSource, options: EifOptions = {}) =>
  measureEif(source, { crypto: nodeCrypto, ...options });

async function reasonOf(source: ByteSource, options?: EifOptions): Promise<string> {
  try {
    await measure(source, options);
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return (error as MalformedError).reason;
  }
  return "accepted";
}

const _hexPcrs = (pcrs: object): Record<string, string> =>
  Object.fromEntries(Object.entries(pcrs).map(([index, value]) => [index, toHex(value as Uint8Array)]));

describe("a signed image", () => {
  const signed = (request?: EifSignatureRequest): Uint8Array =>
    forgeEif({ sections: [...DEFAULT_SECTIONS, forgeEifSignature(request)] });
  const certificate = (key: Parameters<typeof testKey>[0]): Uint8Array => signerCertificate(testKey(key));
  const utf8 = (text: string): Uint8Array => toUtf8(text);

  it("gives PCR8 and the certificate", async () => {
    const measurement = await measure(signed());
    expect(toHex(measurement.pcrs[8] as Uint8Array)).toBe(toHex(register(certificate("p384-9"))));
    expect(toHex(measurement.signingCertificate as Uint8Array)).toBe(toHex(certificate("p384-9")));
    expect(describeEif(measurement)).toEqual({
      EifVersion: 4,
      Measurements: {
        HashAlgorithm: "Sha384 { ... }",
        PCR0: toHex(measurement.pcrs[0]),
        PCR1: toHex(measurement.pcrs[1]),
        PCR2: toHex(measurement.pcrs[2]),
        PCR8: toHex(register(certificate("p384-9"))),
      },
      IsSigned: true,
      SignatureCheck: true,
      CheckCRC: true,
    });
    expect(describeEif(await measure(forgeEif()))).toMatchObject({ IsSigned: false, CheckCRC: true });
  });

  it("is undetermined where there is no crypto to verify it with, and an unsigned one needs none", async () => {
    const [image, unsigned] = [signed(), forgeEif()];
    vi.stubGlobal("crypto", undefined);
    try {
      await expect(measureEif(image)).rejects.toThrow(CryptoUnavailableError);
      expect((await measureEif(unsigned)).pcrs[8]).toBeUndefined();
    } finally {
      vi.unstubAllGlobals();
    }
    expect((await measureEif(image)).pcrs[8]).toHaveLength(48);
  });

  it("is of version 3 at least", async () => {
    const { kernel, cmdline, ramdisk, application } = SECTIONS;
    const image = forgeEif({ version: 3, sections: [kernel, cmdline, ramdisk, application, forgeEifSignature()] });
    expect(Object.keys((await measure(image)).pcrs)).toEqual(["0", "1", "2", "8"]);
  });

  it("can be signed with ES256, ES384 and ES512", async () => {
    expect(
      await reasonOf(signed({ key: testKey("p256-9"), sign1: { protectedBytes: Uint8Array.of(0xa1, 1, 0x26) } })),
    ).toBe("accepted");
    expect(
      await reasonOf(signed({ key: testKey("p521-1"), sign1: { protectedBytes: Uint8Array.of(0xa1, 1, 0x38, 0x23) } })),
    ).toBe("accepted");
  });

  const faults: readonly (readonly [what: string, request: EifSignatureRequest, reason: RegExp])[] = [
    ["a signature over another PCR0", { pcr0: new Uint8Array(48) }, /another PCR0/],
    ["a signature over another register", { index: 1 }, /not over PCR0/],
    [
      "a signature by another key than the certificate's",
      { certificate: utf8(pem("CERTIFICATE", certificate("p384-8"))) },
      /does not verify/,
    ],
    [
      "a signature with a bit changed",
      { sign1: { signature: (s) => s.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) } },
      /does not verify/,
    ],
    [
      "an algorithm that does not fit the key",
      { sign1: { protectedBytes: Uint8Array.of(0xa1, 1, 0x26) } },
      /does not verify/,
    ],
    ["a COSE message with a trailing byte", { message: (m) => Uint8Array.of(...m, 0) }, /follow/],
    ["a certificate that is no PEM", { certificate: certificate("p384-9") }, /UTF-8/],
    [
      "two certificates",
      { certificate: utf8(pem("CERTIFICATE", certificate("p384-9"), certificate("p384-8"))) },
      /not one PEM/,
    ],
    ["no certificate", { certificate: new Uint8Array() }, /not one PEM/],
    ["another PEM label", { certificate: utf8(pem("PUBLIC KEY", certificate("p384-9"))) }, /not one PEM/],
    ["two signatures", { list: ([one]) => [one as Uint8Array, one as Uint8Array] }, /exactly one signature/],
    ["no signature", { list: () => [] }, /exactly one signature/],
    ["a signature that is no map", { list: () => [cbor.int(1)] }, /no map of signing_certificate/],
    [
      "a map that lacks the signature",
      {
        list: () => [
          cbor.map(
            [cbor.text("signing_certificate"), octets(utf8(pem("CERTIFICATE", certificate("p384-9"))))],
            [cbor.text("x"), cbor.int(0)],
          ),
        ],
      },
      /signature is not an array/,
    ],
    [
      "a byte of 256",
      {
        list: () => [
          cbor.map(
            [cbor.text("signing_certificate"), cbor.array(cbor.int(256))],
            [cbor.text("signature"), cbor.array()],
          ),
        ],
      },
      /what is no byte/,
    ],
    [
      "a map with a member too many",
      {
        list: () => [
          cbor.map(
            [cbor.text("signing_certificate"), cbor.array()],
            [cbor.text("signature"), cbor.array()],
            [cbor.text("x"), cbor.NULL],
          ),
        ],
      },
      /no map of signing_certificate/,
    ],
    [
      "a byte in text",
      {
        list: () => [
          cbor.map(
            [cbor.text("signing_certificate"), cbor.array(cbor.text("5"))],
            [cbor.text("signature"), cbor.array()],
          ),
        ],
      },
      /what is no byte/,
    ],
    ["a section with trailing bytes", { mutate: (section) => Uint8Array.of(...section, 0) }, /follow/],
  ];

  it.each(faults)("is refused with %s", async (_, request, reason) =>
    expect(await reasonOf(signed(request))).toMatch(reason),
  );
});
