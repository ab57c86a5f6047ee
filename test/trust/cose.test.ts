/** COSE_Sign1: the working group's examples in the sense of the strict profile, and every way in which a message can be off. */
import { constants, generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import * as cbor from "../../fixtures/cbor.js";
import { COORDINATE_BYTES, type Crypto, type CurveName, type PublicKey } from "../../src/crypto/crypto.js";
import { concatBytes } from "../../src/encoding/bytes.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { fromBase64Url, fromHex, toHex, toUtf8 } from "../../src/encoding/text.js";
import {
  coseAlgorithm,
  looksLikeCoseSign1,
  readCoseSign1,
  signedBytes,
  verifyCoseSign1,
} from "../../src/trust/cose.js";
import { countVerifications, nodeCrypto } from "../support/node-crypto.js";
import { describeShared, readSharedJson } from "../support/shared.js";

interface Jwk {
  readonly crv: CurveName;
  readonly x: string;
  readonly y: string;
}

interface Example {
  readonly input: {
    readonly sign0?: { readonly key: Jwk; readonly external?: string };
    readonly sign?: { readonly signers: readonly { readonly key: Jwk }[] };
  };
  readonly intermediates: { readonly ToBeSign_hex?: string };
  readonly output: { readonly cbor: string };
}

function keyOf({ crv, x, y }: Jwk): PublicKey {
  return { type: "ec", curve: crv, point: concatBytes(Uint8Array.of(4), fromBase64Url(x), fromBase64Url(y)) };
}

/** `valid`, `invalid`, or why the message is refused before any signature. */
async function judge(
  bytes: Uint8Array,
  key: PublicKey,
  external?: Uint8Array,
  crypto: Crypto = nodeCrypto,
): Promise<string> {
  try {
    return (await verifyCoseSign1(readCoseSign1(bytes), key, crypto, external)) ? "valid" : "invalid";
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return (error as MalformedError).reason;
  }
}

const NOT_PROTECTED = "COSE header 1 is not protected";
const UNSUPPORTED = "COSE header alg is missing or names an algorithm that is not supported";

/** What the strict profile makes of each example. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "sign1-tests/sign-pass-01": NOT_PROTECTED, // valid COSE, but the algorithm stands where nobody signs it
  "sign1-tests/sign-pass-02": "valid",
  "sign1-tests/sign-pass-03": "valid",
  "sign1-tests/sign-fail-01": "CBOR tag 998 does not belong here",
  "sign1-tests/sign-fail-02": "invalid",
  "sign1-tests/sign-fail-03": UNSUPPORTED,
  "sign1-tests/sign-fail-04": UNSUPPORTED,
  "sign1-tests/sign-fail-06": "invalid",
  "sign1-tests/sign-fail-07": "invalid",
  "ecdsa-examples/ecdsa-sig-01": "valid",
  "ecdsa-examples/ecdsa-sig-02": "valid",
  "ecdsa-examples/ecdsa-sig-03": "valid",
  "ecdsa-examples/ecdsa-sig-04": "invalid", // ES512 with a P-256 key: each algorithm goes with one curve here
  "ecdsa-examples/ecdsa-01": "CBOR tag 98 does not belong here", // COSE_Sign, with many signers
  "ecdsa-examples/ecdsa-02": "CBOR tag 98 does not belong here",
  "ecdsa-examples/ecdsa-03": "CBOR tag 98 does not belong here",
  "ecdsa-examples/ecdsa-04": "CBOR tag 98 does not belong here",
};

describeShared("the examples of the COSE working group", () => {
  it.each(Object.entries(EXAMPLES))("%s: %s", async (name, outcome) => {
    const { input, output } = readSharedJson<Example>(`suites/cose/${name}.json`);
    const key = keyOf((input.sign0?.key ?? input.sign?.signers[0]?.key) as Jwk);
    const external = input.sign0?.external;
    expect(await judge(fromHex(output.cbor), key, external === undefined ? undefined : fromHex(external))).toBe(
      outcome,
    );
  });

  it("gives the bytes to be signed of all that it reads", () => {
    let compared = 0;
    for (const [name, outcome] of Object.entries(EXAMPLES)) {
      // The two invalid ones that were altered after signing list the bytes as they were before.
      if (outcome !== "valid") continue;
      const { input, intermediates, output } = readSharedJson<Example>(`suites/cose/${name}.json`);
      const message = readCoseSign1(fromHex(output.cbor));
      expect(toHex(signedBytes(message, fromHex(input.sign0?.external ?? ""))).toUpperCase()).toBe(
        intermediates.ToBeSign_hex,
      );
      compared++;
    }
    expect(compared).toBe(5);
  });
});

const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const PROTECTED_ES384 = fromHex("a1013822");
const PAYLOAD = toUtf8("payload");

function publicKeyOf(key: KeyObject): PublicKey {
  const jwk = key.export({ format: "jwk" });
  if (jwk.kty === "RSA") return { type: "rsa", modulus: fromBase64Url(jwk.n ?? ""), exponent: 65537 };
  return keyOf(jwk as unknown as Jwk);
}

const bstr = (bytes: Uint8Array): Uint8Array =>
  concatBytes(
    bytes.length < 24
      ? Uint8Array.of(0x40 | bytes.length)
      : bytes.length < 256
        ? Uint8Array.of(0x58, bytes.length)
        : Uint8Array.of(0x59, bytes.length >> 8, bytes.length),
    bytes,
  );

interface Parts {
  readonly head: Uint8Array;
  readonly protectedItem: Uint8Array;
  readonly unprotected: Uint8Array;
  readonly payloadItem: Uint8Array;
  readonly signatureItem: Uint8Array;
}

const signEs384 = (message: Uint8Array): Uint8Array =>
  new Uint8Array(signBytes("sha384", message, { key: p384.privateKey, dsaEncoding: "ieee-p1363" }));

/** A good message, or one with parts replaced; the signature is always over the protected bytes that are given. */
function forge(protectedBytes: Uint8Array = PROTECTED_ES384, parts: Partial<Parts> = {}): Uint8Array {
  const signature = signEs384(signedBytes({ protectedBytes, payload: PAYLOAD }));
  return concatBytes(
    parts.head ?? fromHex("84"),
    parts.protectedItem ?? bstr(protectedBytes),
    parts.unprotected ?? fromHex("a0"),
    parts.payloadItem ?? bstr(PAYLOAD),
    parts.signatureItem ?? bstr(signature),
  );
}

const KEY = publicKeyOf(p384.publicKey);

describe("COSE_Sign1", () => {
  it("is valid with and without tag 18, and with a payload of any length of head", async () => {
    expect(await judge(forge(), KEY)).toBe("valid");
    expect(await judge(forge(undefined, { head: fromHex("d284") }), KEY)).toBe("valid");
    for (const length of [0, 23, 24, 255, 256, 65_535, 65_536]) {
      const payload = new Uint8Array(length);
      const head = length >= 65_536 ? fromHex("5a00010000") : bstr(payload).subarray(0, bstr(payload).length - length);
      // Written a second time, by the forge.
      const parts = [PROTECTED_ES384, new Uint8Array(), payload].map(cbor.bytes);
      const signature = bstr(signEs384(cbor.array(cbor.text("Signature1"), ...parts)));
      const message = forge(undefined, { payloadItem: concatBytes(head, payload), signatureItem: signature });
      expect([length, await judge(message, KEY)]).toEqual([length, "valid"]);
    }
  });

  const refused: readonly (readonly [what: string, message: () => Uint8Array, reason: string | RegExp])[] = [
    ["C1 a trailing byte", () => concatBytes(forge(), Uint8Array.of(0)), /^1 bytes follow/],
    ["C2 a header that stands twice", () => forge(fromHex("a2013822013822")), /duplicate key/],
    ["C3 tag 61", () => forge(undefined, { head: fromHex("d83d84") }), /tag 61/],
    ["C3 tag 98", () => forge(undefined, { head: fromHex("d86284") }), /tag 98/],
    ["C3 tag 17", () => forge(undefined, { head: fromHex("d184") }), /tag 17/],
    ["C3 tag 16", () => forge(undefined, { head: fromHex("d084") }), /tag 16/],
    ["C3 tag 96", () => forge(undefined, { head: fromHex("d86084") }), /tag 96/],
    ["C3 tag 18 in tag 18", () => forge(undefined, { head: fromHex("d2d284") }), /array of 4/],
    ["C4 no algorithm", () => forge(fromHex("a0")), UNSUPPORTED],
    ["C4 no protected header at all", () => forge(new Uint8Array()), UNSUPPORTED],
    [
      "C4 the algorithm unprotected alone",
      () => forge(fromHex("a0"), { unprotected: fromHex("a1013822") }),
      NOT_PROTECTED,
    ],
    ["C4 the algorithm in both headers", () => forge(undefined, { unprotected: fromHex("a1013822") }), NOT_PROTECTED],
    ["C4 algorithm -7 with a P-384 key", () => forge(fromHex("a10126")), "invalid"],
    ["C4 algorithm -37 with a P-384 key", () => forge(fromHex("a1013824")), "invalid"],
    ["C4 algorithm 0", () => forge(fromHex("a10100")), UNSUPPORTED],
    ["C5 crit", () => forge(fromHex("a2013822028104")), /crit/],
    ["C5 an empty crit", () => forge(fromHex("a20138220280")), /crit/],
    [
      "C5 crit unprotected",
      () => forge(undefined, { unprotected: fromHex("a10280") }),
      "COSE header 2 is not protected",
    ],
    ["C6 a protected header not in its shortest form", () => forge(fromHex("a118013822")), /shortest/],
    ["C6 a protected header with a trailing byte", () => forge(fromHex("a101382200")), /follow/],
    ["a protected header of indefinite length", () => forge(fromHex("bf013822ff")), /indefinite/],
    ["a protected header that is no map", () => forge(fromHex("80")), /not a map/],
    [
      "a protected header that is a map itself",
      () => forge(undefined, { protectedItem: PROTECTED_ES384 }),
      /not a byte string/,
    ],
    [
      "a label in both headers",
      () => forge(fromHex("a20138220441aa"), { unprotected: fromHex("a10441aa") }),
      /both headers/,
    ],
    [
      "an unprotected header that is no map",
      () => forge(undefined, { unprotected: fromHex("80") }),
      /unprotected header is not a map/,
    ],
    ["C7 a detached payload", () => forge(undefined, { payloadItem: fromHex("f6") }), /payload is not a byte string/],
    ["a payload in text", () => forge(undefined, { payloadItem: fromHex("6161") }), /payload is not a byte string/],
    [
      "C9 a payload in chunks",
      () => forge(undefined, { payloadItem: concatBytes(Uint8Array.of(0x5f), bstr(PAYLOAD), Uint8Array.of(0xff)) }),
      /indefinite/,
    ],
    [
      "an envelope of indefinite length",
      () => concatBytes(forge(undefined, { head: fromHex("9f") }), Uint8Array.of(0xff)),
      /indefinite/,
    ],
    ["an array of 5", () => concatBytes(forge(undefined, { head: fromHex("85") }), Uint8Array.of(0)), /array of 4/],
    ["an array of 3", () => forge(undefined, { head: fromHex("83"), signatureItem: new Uint8Array() }), /array of 4/],
    ["no array", () => fromHex("a0"), /array of 4/],
    [
      "a signature in text",
      () => forge(undefined, { signatureItem: fromHex("6161") }),
      /signature is not a byte string/,
    ],
  ];

  it.each(refused)("is refused: %s", async (_, message, reason) => expect(await judge(message(), KEY)).toMatch(reason));

  it("has neighbours of the refused ones that are valid", async () => {
    const kid = fromHex("a10441aa");
    expect(await judge(forge(fromHex("a20138220441aa")), KEY)).toBe("valid");
    expect(await judge(forge(undefined, { unprotected: kid }), KEY)).toBe("valid");
  });

  it("C8: takes no signature of another form, length or range, and takes a high s", async () => {
    const message = signedBytes({ protectedBytes: PROTECTED_ES384, payload: PAYLOAD });
    const good = signEs384(message);
    const with_ = (signature: Uint8Array): Promise<string> =>
      judge(forge(undefined, { signatureItem: bstr(signature) }), KEY);
    const n = BigInt(
      "0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    );
    const bytes48 = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(96, "0"));
    const s = BigInt(`0x${toHex(good.subarray(48))}`);
    expect(await with_(good)).toBe("valid");
    expect(await with_(concatBytes(good.subarray(0, 48), bytes48(n - s)))).toBe("valid");
    expect(await with_(good.subarray(0, 95))).toBe("invalid");
    expect(await with_(concatBytes(good, Uint8Array.of(0)))).toBe("invalid");
    expect(await with_(new Uint8Array(signBytes("sha384", message, p384.privateKey)))).toBe("invalid");
    expect(await with_(new Uint8Array())).toBe("invalid");
    expect(await with_(concatBytes(new Uint8Array(48), good.subarray(48)))).toBe("invalid");
    expect(await with_(concatBytes(good.subarray(0, 48), new Uint8Array(48)))).toBe("invalid");
    expect(await with_(concatBytes(bytes48(n), good.subarray(48)))).toBe("invalid");
    expect(await with_(concatBytes(good.subarray(0, 48), bytes48(n)))).toBe("invalid");
  });

  it("C13: is verified over the payload as it was received", async () => {
    // A map that no encoder writes this way: indefinite, and its keys in no order.
    const payload = fromHex("bf026162016161ff");
    const signature = bstr(signEs384(signedBytes({ protectedBytes: PROTECTED_ES384, payload })));
    expect(await judge(forge(undefined, { payloadItem: bstr(payload), signatureItem: signature }), KEY)).toBe("valid");
    const message = readCoseSign1(forge(undefined, { payloadItem: bstr(payload), signatureItem: signature }));
    expect(toHex(message.payload)).toBe(toHex(payload));
  });

  it("is verified with its own algorithm: ES256, ES512, PS256, PS384", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pss = (hash: string, saltLength: number) => (message: Uint8Array) =>
      signBytes(hash, message, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    const ec = (curve: CurveName, hash: string) => {
      const pair = generateKeyPairSync("ec", { namedCurve: curve });
      return {
        key: pair.publicKey,
        size: 2 * COORDINATE_BYTES[curve],
        sign: (message: Uint8Array) => signBytes(hash, message, { key: pair.privateKey, dsaEncoding: "ieee-p1363" }),
      };
    };
    const rows = [
      { name: "ES256", header: "a10126", ...ec("P-256", "sha256") },
      { name: "ES512", header: "a1013823", ...ec("P-521", "sha512") },
      { name: "PS256", header: "a1013824", key: rsa.publicKey, sign: pss("sha256", 32) },
      { name: "PS384", header: "a1013825", key: rsa.publicKey, sign: pss("sha384", 48) },
    ];
    for (const { name, header, key, sign } of rows) {
      const protectedBytes = fromHex(header);
      const signatureItem = bstr(new Uint8Array(sign(signedBytes({ protectedBytes, payload: PAYLOAD }))));
      const message = forge(protectedBytes, { signatureItem });
      expect([name, coseAlgorithm(readCoseSign1(message)), await judge(message, publicKeyOf(key))]).toEqual([
        name,
        name,
        "valid",
      ]);
      expect(await judge(message, KEY)).toBe("invalid");
    }
    const shortSalt = bstr(
      new Uint8Array(pss("sha256", 20)(signedBytes({ protectedBytes: fromHex("a1013824"), payload: PAYLOAD }))),
    );
    expect(await judge(forge(fromHex("a1013824"), { signatureItem: shortSalt }), publicKeyOf(rsa.publicKey))).toBe(
      "invalid",
    );
    expect(await judge(forge(), publicKeyOf(rsa.publicKey))).toBe("invalid");
  });

  it("asks for no signature where the key is none or of another curve", async () => {
    const counted = countVerifications(nodeCrypto);
    const p256 = publicKeyOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey);
    expect(await judge(forge(), p256, undefined, counted)).toBe("invalid");
    expect(await verifyCoseSign1(readCoseSign1(forge()), undefined, counted)).toBe(false);
    expect(counted.verified()).toBe(0);
    expect(await judge(forge(), KEY, undefined, counted)).toBe("valid");
    expect(counted.verified()).toBe(1);
  });

  it("does not survive the change of any signed bit", async () => {
    const good = forge();
    const outcomes = new Map<string, number>();
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      const outcome = await judge(bad, KEY);
      outcomes.set(outcome === "valid" ? `valid with bit ${bit} changed` : "refused", (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()]).toEqual(["refused"]);
  });
});

describe("looksLikeCoseSign1", () => {
  it("tells by the first bytes", () => {
    expect(["84", "d284", "8443a10126"].map((hex) => looksLikeCoseSign1(fromHex(hex)))).toEqual([true, true, true]);
    expect(["", "d2", "83", "d285", "7b"].map((hex) => looksLikeCoseSign1(fromHex(hex)))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
