/** Where a rule of trust ends: the last value on each side of it. */
import { describe, expect, it } from "vitest";
import { testKey } from "../../fixtures/keys.js";
import { chainNames, forgeOcsp, KEYS, OCSP_TIME } from "../../fixtures/nvidia/chain.js";
import { name } from "../../fixtures/x509.js";
import { isCborTag } from "../../src/encoding/cbor.js";
import { fromHex, toHex } from "../../src/encoding/text.js";
import { readCoseSign1, verifyCoseSign1 } from "../../src/trust/cose.js";
import { readJwks } from "../../src/trust/jws.js";
import { ocspFaults, parseOcspResponse } from "../../src/trust/ocsp.js";
import { pathFaults } from "../../src/trust/path.js";
import { NVIDIA_OCSP_PROFILE } from "../../src/trust/profiles-nvidia.js";
import { expectMalformed } from "../support/malformed.js";
import { anchor, counting, crypto, intermediate, leaf, STRICT } from "../support/pki.js";

describe("a serial number", () => {
  const faults = async (serial: number | Uint8Array) => {
    const chain = [leaf({ serial }), intermediate()];
    return (await pathFaults({ chain, anchor: await anchor(), profile: STRICT, crypto })).map(({ code }) => code);
  };
  it.each([-1, -127, -128, -129])("of %i is negative", async (serial) =>
    expect(await faults(serial)).toEqual(["certificate-serial"]),
  );
  it.each([1, 127, 128, 255])("of %i is none of these", async (serial) => expect(await faults(serial)).toEqual([]));
});

describe("a certificate without a commonName", () => {
  it("is named by its place, as a subject and as an issuer", async () => {
    const nameless = name([["O", "x"]]);
    const chain = [leaf({ issuer: nameless, issuerKey: testKey("p384-9") }), intermediate({ subject: nameless })];
    const [fault] = await pathFaults({ chain, anchor: await anchor(), profile: STRICT, crypto });
    expect(fault).toEqual({
      code: "certificate-signature-invalid",
      certificate: "Test Leaf",
      found: "issuer certificate 1",
    });
  });
});

const message = (protectedHeader: string): Uint8Array =>
  fromHex(`8458${toHex(Uint8Array.of(protectedHeader.length / 2))}${protectedHeader}a041004100`);
/** The header with so much white text that its length is written in two bytes. */
const header = (members: string, count: number): string => `a${count + 1}${members}19ffff7820${"20".repeat(32)}`;

describe("a protected header", () => {
  it("may hold the tags that are named, and no other", () => {
    const tagged = message(header("013822190104d8254100", 2));
    const read = readCoseSign1(tagged, [37]).protectedHeader.get(260);
    expect([isCborTag(read), isCborTag(read) && read.tag]).toEqual([true, 37]);
    expectMalformed(() => readCoseSign1(tagged), "tag 37");
    expectMalformed(() => readCoseSign1(tagged, [38]), "tag 37");
  });

  it("nests four deep and no deeper", () => {
    const nested = (depth: number) => message(header(`013822190104${"81".repeat(depth)}00`, 2));
    expect(readCoseSign1(nested(3)).protectedHeader.has(260)).toBe(true);
    expectMalformed(() => readCoseSign1(nested(4)), "deeper than 4");
  });
});

describe("a COSE signature", () => {
  it("asks no back end for a key of another type than its algorithm's", async () => {
    const counter = counting();
    const ec = { type: "ec", curve: "P-256", point: testKey("p256-1").raw } as const;
    const rsa = { type: "rsa", modulus: testKey("rsa2048-1").raw, exponent: 65537 } as const;
    expect(await verifyCoseSign1(readCoseSign1(message(header("013824", 1))), ec, counter)).toBe(false);
    expect(await verifyCoseSign1(readCoseSign1(message(header("0126", 1))), rsa, counter)).toBe(false);
    expect(counter.verified()).toBe(0);
    await verifyCoseSign1(readCoseSign1(message(header("013824", 1))), rsa, counter);
    expect(counter.verified()).toBe(1);
  });
});

describe("a JWK", () => {
  it.each([{ kty: "EC" }, { kty: "EC", crv: "P-0" }, { kty: "RSA" }, {}])("without numbers is left out: %j", (jwk) =>
    expect(readJwks(jwk)).toEqual([]),
  );
});

describe("an OCSP response", () => {
  const names = chainNames("GH100");
  const request = { serial: 3, issuer: names.identity, issuerKey: KEYS.identity };
  const issuer = {
    name: "issuer",
    subject: names.identity,
    key: { type: "ec", curve: "P-384", point: KEYS.identity.raw },
    keyBits: KEYS.identity.raw,
  } as const;

  it("carries no certificate unless it does", () => {
    expect(parseOcspResponse(forgeOcsp(request)).certificates).toEqual([]);
  });

  it("says when it begins or ended", async () => {
    const response = parseOcspResponse(forgeOcsp({ ...request, nextUpdate: OCSP_TIME + 5000 }));
    const [answer] = response.answers;
    if (answer === undefined) throw new Error("no answer");
    const found = (at: number) => ocspFaults(response, answer, issuer, at, NVIDIA_OCSP_PROFILE, crypto);
    expect(await found(OCSP_TIME - 1)).toEqual([{ code: "ocsp-not-yet-valid", found: "2026-03-01T00:00:00.000Z" }]);
    expect(await found(OCSP_TIME + 5001)).toEqual([{ code: "ocsp-expired", found: "2026-03-01T00:00:05.000Z" }]);
    expect(await found(OCSP_TIME)).toEqual([]);
  });
});
