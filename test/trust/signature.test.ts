import { generateKeyPairSync, sign } from "node:crypto";
import { expect, it } from "vitest";
import { COORDINATE_BYTES, type CurveName } from "../../src/crypto/crypto.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { ecdsaSignatureFromDer } from "../../src/trust/signature.js";

const curves: readonly CurveName[] = ["P-256", "P-384", "P-521"];
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const read = (text: string, curve: CurveName = "P-256"): string =>
  Buffer.from(ecdsaSignatureFromDer(hex(text), curve)).toString("hex");
const word = (digits: string, bytes = 32): string => digits.padStart(2 * bytes, "0");

/** DER of r and s as OpenSSL writes it. */
function derOf(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const [r, s] = [raw.subarray(0, half), raw.subarray(half)].map((part) => {
    const digits = part.subarray(part.findIndex((byte) => byte !== 0));
    const body = (digits[0] as number) >= 0x80 ? [0, ...digits] : [...digits];
    return [2, body.length, ...body];
  });
  const body = [...(r as number[]), ...(s as number[])];
  return Uint8Array.of(0x30, ...(body.length < 0x80 ? [body.length] : [0x81, body.length]), ...body);
}

it.each(curves)("reads what OpenSSL signs on %s", (curve) => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
  for (let i = 0; i < 40; i++) {
    const der = Uint8Array.from(sign("sha256", Uint8Array.of(i), privateKey));
    const raw = ecdsaSignatureFromDer(der, curve);
    expect(raw).toHaveLength(2 * COORDINATE_BYTES[curve]);
    expect(derOf(raw)).toEqual(der);
  }
});

it("pads short integers and drops the sign octet of long ones", () => {
  expect(read("3006020101020102")).toBe(word("01") + word("02"));
  expect(read("30080202008002020081")).toBe(word("80") + word("81"));
  const top = "ff".repeat(32);
  expect(read(`3046022100${top}022100${top}`)).toBe(top + top);
  expect(read("3006020101020102", "P-384")).toBe(word("01", 48) + word("02", 48));
});

const malformed: Readonly<Record<string, string>> = {
  "nothing at all": "",
  "a byte behind": "300602010102010200",
  "a byte missing": "30060201010201",
  "a third integer": "3009020101020102020103",
  "one integer": "3003020101",
  "no integer": "3000",
  "a SET": "3106020101020102",
  "an ENUMERATED": "3006020101" + "0a0102",
  "a negative r": "3006020181020102",
  "a negative s": "3006020101020181",
  "a zero r": "3006020100020102",
  "a zero s": "3006020101020100",
  "an empty r": "30050200020102",
  "an r that is not minimal": "300702020001020102",
  "an s that is not minimal": "300702010102020002",
  "a length that is not minimal": "308106020101020102",
  "a length of an integer that is not minimal": "300702810101020102",
  "an indefinite length": "30800201010201020000",
  "an r longer than the curve": `3026022101${"00".repeat(32)}020102`,
  "an s longer than the curve": `3026020101022101${"00".repeat(32)}`,
  "raw r and s": "11".repeat(64),
};

it.each(Object.entries(malformed))("refuses %s", (_what, text) => {
  expect(() => ecdsaSignatureFromDer(hex(text), "P-256")).toThrow(MalformedError);
});

it("refuses the right bytes for a shorter curve only", () => {
  const long = `3026022101${"00".repeat(32)}020102`;
  expect(read(long, "P-384")).toBe(word(`01${"00".repeat(32)}`, 48) + word("02", 48));
  expect(() => read(long, "P-256")).toThrow(MalformedError);
});

it("never throws anything else, whatever byte of a signature is changed", () => {
  const good = hex("3006020101020102");
  for (let at = 0; at < good.length; at++) {
    for (let value = 0; value < 256; value++) {
      const bytes = good.slice();
      bytes[at] = value;
      try {
        expect(ecdsaSignatureFromDer(bytes, "P-256")).toHaveLength(64);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  }
});
