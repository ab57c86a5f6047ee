import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fromBase64,
  fromBase64Url,
  fromHex,
  fromPem,
  fromUtf8,
  looksLikePem,
  toBase64,
  toBase64Url,
  toHex,
  toUtf8,
  withoutBlanks,
} from "../../src/encoding/text.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

const anyBytes = fc.uint8Array({ maxLength: 70 });

describe("hex", () => {
  it("reads both cases and writes the lower one", () => {
    expect([...fromHex("00ffAbCd")]).toEqual([0, 255, 0xab, 0xcd]);
    expect(toHex(Uint8Array.of(0, 255, 0xab))).toBe("00ffab");
    expect(fromHex("").length).toBe(0);
  });

  it.each(["0", "abc", "0x00", "zz", "0g", "g0", " 00", "00\n", "٠٠", "@@", "``", "//", "::", "GG"])(
    "refuses %j",
    (text) => {
      expectMalformed(() => fromHex(text), "hex text");
    },
  );

  it("gives back any bytes, as Node writes them", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });
});

describe("base64", () => {
  it("reads and writes the vectors of RFC 4648, section 10", () => {
    const vectors = {
      "": "",
      f: "Zg==",
      fo: "Zm8=",
      foo: "Zm9v",
      foob: "Zm9vYg==",
      fooba: "Zm9vYmE=",
      foobar: "Zm9vYmFy",
    };
    for (const [text, encoded] of Object.entries(vectors)) {
      expect(toBase64(toUtf8(text))).toBe(encoded);
      expect(fromUtf8(fromBase64(encoded))).toBe(text);
      expect(fromUtf8(fromBase64Url(encoded.replace(/=+$/, "")))).toBe(text);
    }
  });

  it.each([
    ["no padding", "Zg"],
    ["half of its padding", "Zg="],
    ["too much padding", "Zg==="],
    ["padding alone", "===="],
    ["padding inside", "Zg==Zg=="],
    ["white space", "Zm9v\nYmFy"],
    ["the other alphabet", "-_-_"],
    ["bits beyond its last byte", "Zh=="],
    ["bits beyond its last two bytes", "Zm9="],
    ["a letter outside ASCII", "Zm9é"],
  ])("refuses text with %s", (_, text) => {
    expectMalformed(() => fromBase64(text), "base64 text");
  });

  it.each(["Zg==", "Z", "Zm9vY", "+/+/", "Zh", "Zm9", "Zm 9"])("refuses %j as base64url", (text) => {
    expectMalformed(() => fromBase64Url(text), "base64 text");
  });

  it("gives back any bytes, as Node writes them", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(toBase64(bytes)).toBe(buffer.toString("base64"));
        expect(toBase64Url(bytes)).toBe(buffer.toString("base64url"));
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
      }),
    );
  });

  it("has one spelling: what it reads it writes again", () => {
    const letters = fc.constantFrom(..."ABZaz09+/-_= \n");
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 9 }), (text) => {
        if (readsOrMalformed(() => fromBase64(text))) expect(toBase64(fromBase64(text))).toBe(text);
        if (readsOrMalformed(() => fromBase64Url(text))) expect(toBase64Url(fromBase64Url(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("blanks", () => {
  it("go out of ASCII text, and nothing else does", () => {
    expect(withoutBlanks(" a\tb\r\nc d ")).toBe("abcd");
    expect(withoutBlanks("abcd\v\f")).toBe("abcd\v\f");
    expect(withoutBlanks(" \v\f\0\x7f")).toBe("\v\f\0\x7f");
    expect(withoutBlanks(" \n")).toBe("");
  });

  it("make no other text base64: a character beyond ASCII never becomes one within", () => {
    expect(withoutBlanks("a \u0141\u00a0\u2028")).toBe("a\u0141\u00a0\u2028");
    expect(withoutBlanks("\ufeff a")).toBe("\ufeffa");
    for (const letter of ["\u0141", "\ufeff", "\u00a0", "\u2028", "\ud800", "\u{1f600}", "\v"])
      for (const blank of ["", "\n"])
        expectMalformed(() => fromPem(`-----BEGIN A-----\nAA${blank}${letter}A\n-----END A-----`), "base64 text");
  });

  it("agree with a regular expression", () => {
    const letters = fc.string({ unit: fc.constantFrom("A", "z", "+", " ", "\n", "\t", "\r", "="), maxLength: 40 });
    const same = (text: string): boolean => withoutBlanks(text) === text.replace(/[\r\n\t ]+/g, "");
    fc.assert(fc.property(letters, same));
    // Long text goes another way.
    fc.assert(
      fc.property(letters, (text) => same(`${text}\n`.repeat(3000)) && same(`${text}${"A".repeat(70_000)}`)),
      { numRuns: 10 },
    );
  });
});

describe("UTF-8", () => {
  it("reads what it writes, four-byte characters and NUL included", () => {
    for (const text of ["", "abc", "\u0000", "é€\u{1f600}", "a\ufeffb"]) expect(fromUtf8(toUtf8(text))).toBe(text);
  });

  it.each([
    ["a byte order mark", [0xef, 0xbb, 0xbf, 0x41]],
    ["a lone continuation byte", [0x80]],
    ["a sequence cut short", [0xe2, 0x82]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["half of a surrogate pair", [0xed, 0xa0, 0x80]],
    ["a code point above 10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ])("refuses %s", (_, bytes) => {
    expectMalformed(() => fromUtf8(Uint8Array.from(bytes)), /^text/);
  });

  it("gives text or a MalformedError for any bytes, and the text gives the bytes back", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        if (readsOrMalformed(() => fromUtf8(bytes))) expect(toUtf8(fromUtf8(bytes))).toEqual(bytes);
      }),
    );
  });
});

const block = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

describe("PEM", () => {
  it("reads all blocks in order, with white space around, between and inside them", () => {
    const text = `\n ${block("CERTIFICATE", "Zm9v\r\nYmFy")}\t\r\n${block("X509 CRL", "  Zg==  ")}`;
    expect(fromPem(text).map(({ label, bytes }) => [label, fromUtf8(bytes)])).toEqual([
      ["CERTIFICATE", "foobar"],
      ["X509 CRL", "f"],
    ]);
    expect(fromPem("")).toEqual([]);
    expect(fromPem(" \n")).toEqual([]);
  });

  it.each([
    ["text before a block", `x${block("CERTIFICATE", "Zg==")}`, "text outside"],
    ["text between blocks", `${block("A", "Zg==")}# comment\n${block("A", "Zg==")}`, "text outside"],
    ["text behind the last block", `${block("A", "Zg==")}x`, "text outside"],
    ["a NUL behind the last block", `${block("A", "Zg==")}\u0000`, "text outside"],
    ["a first line that never ends", "-----BEGIN CERTIFICATE", "without an end of its first line"],
    ["a block that never ends", "-----BEGIN A-----\nZg==\n", "has no end"],
    ["a block that ends under another label", "-----BEGIN A-----\nZg==\n-----END B-----", "has no end"],
    ["a label over two lines", block("A\nB", "Zg=="), "PEM label"],
    ["an empty label", block("", "Zg=="), "PEM label"],
    ["a label in small letters", block("certificate", "Zg=="), "PEM label"],
    ["a block inside a block", `-----BEGIN A-----\n${block("B", "Zg==")}-----END A-----`, "base64"],
    ["headers inside a block", block("A", "Proc-Type: 4,ENCRYPTED\n\nZg=="), "base64"],
    ["a body that is not base64", block("A", "Z"), "base64"],
    ["a body without padding", block("A", "Zg"), "base64"],
  ])("refuses %s", (_, text, reason) => {
    expectMalformed(() => fromPem(text), reason);
  });

  it("bounds the number of blocks", () => {
    expect(fromPem(block("A", "Zg==").repeat(32))).toHaveLength(32);
    expectMalformed(() => fromPem(block("A", "Zg==").repeat(33)), "more than 32 PEM blocks");
    expectMalformed(() => fromPem(block("A", "Zg==").repeat(2), 1), "more than 1 PEM blocks");
  });

  it("is recognised by its first line, behind white space at most", () => {
    expect(looksLikePem(`\r\n\t ${block("A", "")}`)).toBe(true);
    expect(looksLikePem("-----BEGIN")).toBe(false);
    expect(looksLikePem(`x${block("A", "")}`)).toBe(false);
  });

  it("gives blocks or a MalformedError for any text", () => {
    const pieces = fc.constantFrom(
      "-----BEGIN A-----",
      "-----END A-----",
      "-----",
      "Zg==",
      "\n",
      " ",
      "A",
      "-----BEGIN ",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 10 }), (parts) => {
        readsOrMalformed(() => fromPem(parts.join("")));
      }),
      { numRuns: 2000 },
    );
  });
});
