/** JSON Web Signatures and keys (RFC 7515, 7517, 7518): each form of what is refused beside the neighbour that passes. */
import { describe, expect, it } from "vitest";
import { type Algorithm, sign, type TestKey, testKey } from "../../fixtures/keys.js";
import { jwkOf } from "../../fixtures/tokens/token.js";
import { forgeCertificate, name } from "../../fixtures/x509.js";
import type { PublicKey } from "../../src/crypto/crypto.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { toBase64 } from "../../src/encoding/text.js";
import {
  certificatesOf,
  type JwsAlgorithm,
  looksLikeJws,
  MAX_JWS_CHARACTERS,
  parseJws,
  readJwks,
  verifyJws,
} from "../../src/trust/jws.js";
import { expectMalformed } from "../support/malformed.js";
import { counting, crypto } from "../support/pki.js";

const b64 = (text: string): string => Buffer.from(text).toString("base64url");
const HEAD = b64('{"alg":"ES384","kid":"a"}');
const BODY = b64('{"iss":"x"}');

const FORMS: Record<JwsAlgorithm, { readonly key: TestKey; readonly algorithm: Algorithm }> = {
  RS256: { key: testKey("rsa2048-1"), algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } },
  PS384: { key: testKey("rsa3072-1"), algorithm: { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 } },
  ES256: { key: testKey("p256-1"), algorithm: { name: "ECDSA", hash: "SHA-256" } },
  ES384: { key: testKey("p384-1"), algorithm: { name: "ECDSA", hash: "SHA-384" } },
};
const NAMES = Object.keys(FORMS) as JwsAlgorithm[];

function signed({ key, algorithm }: { readonly key: TestKey; readonly algorithm: Algorithm }): string {
  const signature = sign(key, algorithm, new TextEncoder().encode(`${HEAD}.${BODY}`), { format: "raw" });
  return `${HEAD}.${BODY}.${Buffer.from(signature).toString("base64url")}`;
}

const keyOf = (key: TestKey): PublicKey => readJwks(jwkOf(key))[0]?.key as PublicKey;

describe("a token", () => {
  it("is read into its parts as they stand", () => {
    const text = `${HEAD}.${BODY}.AQI`;
    expect(parseJws(text)).toEqual({
      text,
      header: { alg: "ES384", kid: "a" },
      claims: { iss: "x" },
      signed: new TextEncoder().encode(`${HEAD}.${BODY}`),
      signature: Uint8Array.of(1, 2),
    });
  });

  it.each([
    ["two parts", `${HEAD}.${BODY}`],
    ["four parts", `${HEAD}.${BODY}.AQI.AQI`],
    ["five parts, as encryption has", `${HEAD}.${BODY}.AQI.AQI.AQI`],
    ["nothing", ""],
  ])("of %s is refused", (_, text) => expectMalformed(() => parseJws(text), "has not three parts"));

  it.each([
    ["header is a list", `${b64("[]")}.${BODY}.AQI`, "token header is no JSON object"],
    ["header is null", `${b64("null")}.${BODY}.AQI`, "token header is no JSON object"],
    ["payload is text", `${HEAD}.${b64('"x"')}.AQI`, "token payload is no JSON object"],
    ["payload is nothing", `${HEAD}..AQI`, "text is not JSON"],
    ["header has a name twice", `${b64('{"alg":"a","alg":"b"}')}.${BODY}.AQI`, "duplicate name"],
    ["header has crit", `${b64('{"crit":["x"]}')}.${BODY}.AQI`, "crit or b64"],
    ["header has b64", `${b64('{"b64":true}')}.${BODY}.AQI`, "crit or b64"],
    ["parts are padded", `${HEAD}.${BODY}.AQI=`, "outside its alphabet"],
    ["parts are in the other alphabet", `${HEAD}.${BODY}.+/`, "outside its alphabet"],
    ["payload is not UTF-8", `${HEAD}.gIA.AQI`, "not UTF-8"],
  ])("whose %s is refused", (_, text, reason) => expectMalformed(() => parseJws(text), reason));

  it("is as long as the limit and no longer", () => {
    const rest = `${b64('{"alg":"ES384","kid":"ab"}')}.${BODY}.`;
    const filled = (length: number) => rest + "A".repeat(length - rest.length);
    expect(parseJws(filled(MAX_JWS_CHARACTERS)).signature.length).toBeGreaterThan(100_000);
    expectMalformed(() => parseJws(filled(MAX_JWS_CHARACTERS + 1)), "token longer than 262144 characters");
  });

  it("is told from other text by its begin and its dot", () => {
    expect(looksLikeJws(`${HEAD}.${BODY}.AQI`)).toBe(true);
    expect(looksLikeJws(HEAD)).toBe(false);
    expect(looksLikeJws(`x${HEAD}.${BODY}.AQI`)).toBe(false);
    expect(looksLikeJws("a.b.eyJ")).toBe(false);
  });
});

describe("a signature", () => {
  it.each(NAMES)("by %s is valid with its key, and with nothing changed", async (algorithm) => {
    const form = FORMS[algorithm];
    const jws = parseJws(signed(form));
    expect(await verifyJws(jws, algorithm, keyOf(form.key), crypto)).toBe(true);
    const other = parseJws(signed(form).replace(`.${BODY}.`, `.${b64('{"iss":"y"}')}.`));
    expect(await verifyJws(other, algorithm, keyOf(form.key), crypto)).toBe(false);
  });

  it("is judged by the algorithm that the caller names, whatever the header says", async () => {
    // The header of all of them says ES384.
    for (const name of NAMES) {
      const jws = parseJws(signed(FORMS[name]));
      for (const other of NAMES.filter((it) => it !== name))
        expect(await verifyJws(jws, other, keyOf(FORMS[name].key), crypto), `${name} as ${other}`).toBe(false);
    }
  });

  it("with a key of another type or curve than the algorithm's does not reach the back end", async () => {
    const counter = counting();
    const jws = parseJws(signed(FORMS.ES256));
    expect(await verifyJws(jws, "RS256", keyOf(testKey("p256-1")), counter)).toBe(false);
    expect(await verifyJws(jws, "ES256", keyOf(testKey("rsa2048-1")), counter)).toBe(false);
    expect(await verifyJws(jws, "ES256", keyOf(testKey("p384-1")), counter)).toBe(false);
    expect(counter.verified()).toBe(0);
  });

  it("with SHA-256 by a key of P-384 is no ES256", async () => {
    const key = testKey("p384-1");
    const jws = parseJws(signed({ key, algorithm: { name: "ECDSA", hash: "SHA-256" } }));
    expect(await verifyJws(jws, "ES256", keyOf(key), crypto)).toBe(false);
    expect(await verifyJws(jws, "ES384", keyOf(key), crypto)).toBe(false);
  });

  it("of PS384 has a salt as long as the hash", async () => {
    const key = testKey("rsa3072-1");
    const jws = parseJws(signed({ key, algorithm: { name: "RSA-PSS", hash: "SHA-384", saltLength: 32 } }));
    expect(await verifyJws(jws, "PS384", keyOf(key), crypto)).toBe(false);
  });
});

const RSA = jwkOf(testKey("rsa2048-1"));
const EC = jwkOf(testKey("p384-1"));
const kinds = (value: unknown): readonly string[] => readJwks(value).map(({ key }) => key.type);

describe("a set of keys", () => {
  it("is a set or one key, as text or as a value", () => {
    const set = { keys: [RSA, EC] };
    for (const value of [set, JSON.stringify(set)]) expect(kinds(value)).toEqual(["rsa", "ec"]);
    for (const value of [EC, JSON.stringify(EC)]) expect(kinds(value)).toEqual(["ec"]);
    expect(kinds({ keys: [] })).toEqual([]);
  });

  it("gives each key with its name", () => {
    const modulus = testKey("rsa2048-1").raw;
    expect(readJwks({ keys: [RSA] })).toEqual([
      { kid: "rsa2048-1", key: { type: "rsa", modulus, exponent: 65537 }, certificates: [] },
    ]);
    expect(readJwks(EC)).toEqual([
      { kid: "p384-1", key: { type: "ec", curve: "P-384", point: testKey("p384-1").raw }, certificates: [] },
    ]);
    expect(readJwks({ ...EC, kid: 7 })[0]?.kid).toBeUndefined();
  });

  it.each(["p256-1", "p384-1", "p521-1"] as const)("reads the curve of %s", (key) => {
    expect(readJwks(jwkOf(testKey(key)))[0]?.key).toMatchObject({ type: "ec", point: testKey(key).raw });
  });

  it.each([
    ["null", null],
    ["a list", [EC]],
    ["a number", 5],
    ["text that is a list", "[]"],
  ])("is no %s", (_, value) => expectMalformed(() => readJwks(value), "JWK set is no object"));

  it("holds a list of at most 64 keys", () => {
    expect(kinds({ keys: Array(64).fill(EC) })).toHaveLength(64);
    expectMalformed(() => readJwks({ keys: Array(65).fill(EC) }), "JWK set without 1 to 64 keys");
    expectMalformed(() => readJwks({ keys: EC }), "JWK set without 1 to 64 keys");
  });

  it.each([
    ["entry that is no object", null],
    ["key for encryption", { ...EC, use: "enc" }],
    ["symmetric key", { kty: "oct", k: "AQID" }],
    ["key without a type", { ...EC, kty: undefined }],
    ["EC key of another type", { ...EC, kty: "OKP" }],
    ["EC key without a curve", { ...EC, crv: undefined }],
    ["EC key of another curve", { ...EC, crv: "secp256k1" }],
    ["EC key of a curve of another length", { ...EC, crv: "P-256" }],
    ["EC key without x", { ...EC, x: undefined }],
    ["EC key without y", { ...EC, y: undefined }],
    ["EC key with a short x", { ...EC, x: "AQID" }],
    ["EC key with a short y", { ...EC, y: "AQID" }],
    ["RSA key without a modulus", { ...RSA, n: undefined }],
    ["RSA key whose modulus is no text", { ...RSA, n: 5 }],
    ["RSA key without an exponent", { ...RSA, e: undefined }],
    ["RSA key with an exponent of five bytes", { ...RSA, e: "AQAAAAE" }],
  ])("leaves out an %s", (_, key) => {
    expect(kinds({ keys: [key, RSA] })).toEqual(["rsa"]);
    expect(readJwks({ keys: [key, RSA] })[0]?.kid).toBe("rsa2048-1");
  });

  it("keeps keys whose use is to sign, or is not said, and exponents of four bytes", () => {
    expect(kinds({ keys: [{ ...EC, use: "sig" }] })).toEqual(["ec"]);
    expect(readJwks({ ...RSA, e: "AQAAAQ" })[0]?.key).toMatchObject({ exponent: 2 ** 24 + 1 });
  });
});

describe("x5c", () => {
  const key = testKey("p384-2");
  const der = forgeCertificate({ subject: name([["CN", "x"]]), key });
  const x5c = [toBase64(der)];

  it("comes with its key, and stands for it where there is no other", () => {
    const [both] = readJwks({ ...EC, x5c });
    expect(both?.key).toMatchObject({ point: testKey("p384-1").raw });
    expect(both?.certificates.map((certificate) => certificate.der)).toEqual([der]);
    expect(readJwks({ kid: "c", x5c })).toMatchObject([{ kid: "c", key: { type: "ec", point: key.raw } }]);
    expect(readJwks({ kid: "c", x5c: [] })).toEqual([]);
    expect(readJwks({ ...EC, x5c: x5c[0] })[0]?.certificates).toEqual([]);
  });

  it("holds at most eight certificates, in standard base64", () => {
    expect(certificatesOf(Array(8).fill(x5c[0]))).toHaveLength(8);
    expectMalformed(() => certificatesOf(Array(9).fill(x5c[0])), "x5c with more than 8 certificates");
    expectMalformed(() => certificatesOf([5]), "x5c holds something other than text");
    expect(() => certificatesOf([Buffer.from(der).toString("base64url")])).toThrow(MalformedError);
  });
});
