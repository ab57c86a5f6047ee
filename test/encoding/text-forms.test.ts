/** Text forms: white space in PEM, and bytes as characters. */
import { describe, expect, it } from "vitest";
import { fromLatin1, fromPem, fromUtf8, toUtf8 } from "../../src/encoding/text.js";

describe("a PEM body", () => {
  const read = (body: string) => fromPem(`-----BEGIN A-----${body}-----END A-----`).map(({ bytes }) => [...bytes]);
  it.each([
    ["nothing", "AQIDBAUG"],
    ["line feeds", "\nAQID\nBAUG\n"],
    ["carriage returns and line feeds", "\r\nAQID\r\nBAUG\r\n"],
    ["carriage returns", "\rAQID\rBAUG\r"],
    ["tabs", "\tAQID\t\tBAUG"],
    ["blanks", " AQ ID BAUG  "],
    ["all of them", "\n\r\t AQ\n\n ID\t BA\rUG\r\n"],
    ["nothing but white space around them", " AQIDBAUG\r"],
  ])("may have %s between its characters", (_, body) => expect(read(body)).toEqual([[1, 2, 3, 4, 5, 6]]));
});

describe("a PEM body of white space alone", () => {
  it.each(["", "\n", " ", "\r", "\t", " \r\t "])("is empty: %j", (body) => {
    expect(fromPem(`-----BEGIN A-----${body}-----END A-----`)).toEqual([{ label: "A", bytes: new Uint8Array(0) }]);
  });
});

describe("text that begins like a byte order mark", () => {
  // U+FF3F is EF BC BF, U+FEFE is EF BB BE and U+1EFF is E1 BB BF.
  it.each(["\uff3f", "\ufefe", "\u1eff"])("is text: %j", (text) => expect(fromUtf8(toUtf8(text))).toBe(text));
});

describe("fromLatin1", () => {
  it("gives each byte as the character of its number", () => {
    expect(fromLatin1(Uint8Array.of(0x41, 0x00, 0x7f, 0x80, 0xff))).toBe("A\u0000\u007f\u0080\u00ff");
    expect(fromLatin1(new Uint8Array(0))).toBe("");
    expect(fromLatin1(new Uint8Array(300_000).fill(0x61))).toHaveLength(300_000);
  });
});
