/** The strict CBOR profile: what RFC 8949 calls well-formed and we take, the closed list of what we refuse, and the bounds. */
import { Decoder } from "cbor-x/decode-no-eval";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CborOptions,
  type CborValue,
  isCborArray,
  isCborMap,
  isCborTag,
  readCbor,
} from "../../src/encoding/cbor.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { fromHex, toHex } from "../../src/encoding/text.js";
import { describeShared, readSharedJson } from "../support/shared.js";

const read = (hex: string, options?: CborOptions): CborValue => readCbor(fromHex(hex), options);

/** A value as JSON would write it, integers as text so that 64-bit ones compare exactly. */
function plain(value: CborValue): unknown {
  if (value instanceof Uint8Array) return `h'${toHex(value)}'`;
  if (isCborMap(value)) return [...value].map(([key, entry]) => [String(key), plain(entry)]);
  if (isCborArray(value)) return value.map(plain);
  if (isCborTag(value)) return { tag: value.tag, content: plain(value.content) };
  return typeof value === "number" || typeof value === "bigint" ? String(value) : value;
}

/** The same of what the suite's JSON says; numbers beyond 2^53 are read from the diagnostic text by the caller. */
function plainJson(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value === "object" && value !== null)
    return Object.entries(value).map(([key, entry]) => [key, plainJson(entry)]);
  return value;
}

function reasonOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return (error as MalformedError).reason;
  }
  return "accepted";
}

interface AppendixA {
  readonly hex: string;
  readonly decoded?: unknown;
  readonly diagnostic?: string;
}

/** Why each refused example of appendix A is refused: the closed list of what the profile leaves out. */
const REFUSALS: Readonly<Record<string, RegExp>> = {
  "floating point, undefined, unassigned simple values": /floating point, undefined or unassigned/,
  tags: /^CBOR tag \d+ does not belong here$/,
  "strings in chunks": /^CBOR item of indefinite length$/,
};

/** Integers that JSON cannot write exactly. */
const LARGE: Readonly<Record<string, string>> = {
  "1bffffffffffffffff": "18446744073709551615",
  "3bffffffffffffffff": "-18446744073709551616",
};

describeShared("RFC 8949, appendix A", () => {
  const examples = (): readonly AppendixA[] => readSharedJson("suites/cbor/appendix_a.json");

  it("takes 46 of the 82 examples with the value that the appendix gives", () => {
    let taken = 0;
    for (const { hex, decoded, diagnostic } of examples()) {
      if (reasonOf(() => read(hex, { indefinite: true })) !== "accepted") continue;
      taken++;
      const value = plain(read(hex, { indefinite: true }));
      if (LARGE[hex] !== undefined) expect(value).toBe(LARGE[hex]);
      else if (diagnostic?.startsWith("h'")) expect(value).toBe(diagnostic);
      else if (diagnostic !== undefined)
        expect([diagnostic, value]).toEqual([
          "{1: 2, 3: 4}",
          [
            ["1", "2"],
            ["3", "4"],
          ],
        ]);
      else expect([hex, value]).toEqual([hex, plainJson(decoded)]);
    }
    expect([taken, examples().length]).toEqual([46, 82]);
  });

  it("refuses the others for a reason on the closed list", () => {
    const counts: Record<string, number> = {};
    for (const { hex } of examples()) {
      const reason = reasonOf(() => read(hex, { indefinite: true }));
      if (reason === "accepted") continue;
      const name = Object.keys(REFUSALS).find((key) => REFUSALS[key]?.test(reason)) ?? `${hex}: ${reason}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(counts).toEqual({
      "floating point, undefined, unassigned simple values": 26,
      tags: 8,
      "strings in chunks": 2,
    });
  });

  it("takes indefinite lengths only where they are allowed", () => {
    const indefinite = examples().filter(
      ({ hex }) =>
        reasonOf(() => read(hex)) !== "accepted" && reasonOf(() => read(hex, { indefinite: true })) === "accepted",
    );
    expect(indefinite.map(({ hex }) => hex.slice(0, 2)).sort()).toEqual([
      "82",
      "83",
      "83",
      "9f",
      "9f",
      "9f",
      "9f",
      "bf",
      "bf",
    ]);
  });
});

describeShared("RFC 8949, appendix F", () => {
  it("refuses every one of its ill-formed items", () => {
    const items = readSharedJson<readonly { group: string; hex: string }[]>("suites/cbor/rfc8949_appendix_f.json");
    const taken = items.filter(
      ({ hex }) => reasonOf(() => read(hex, { indefinite: true, tags: [0, 18] })) === "accepted",
    );
    expect([taken, items.length]).toEqual([[], 94]);
  });
});

describe("readCbor refuses", () => {
  const nested = (levels: number): string => `${"81".repeat(levels)}00`;
  const refused: readonly (readonly [
    what: string,
    bad: string,
    reason: RegExp,
    good: string,
    options?: CborOptions,
  ])[] = [
    ["a trailing byte", "0000", /^1 bytes follow/, "00"],
    ["nothing at all", "", /cut short/, "00"],
    ["a number below 24 in two bytes", "1817", /shortest/, "1818"],
    ["a number below 2^8 in three bytes", "1900ff", /shortest/, "190100"],
    ["a number below 2^16 in five bytes", "1a0000ffff", /shortest/, "1a00010000"],
    ["a number below 2^32 in nine bytes", "1b00000000ffffffff", /shortest/, "1b0000000100000000"],
    ["a negative number in a long form", "3817", /shortest/, "3818"],
    ["a string length in a long form", "580161", /shortest/, "4161"],
    ["an array length in a long form", "980100", /shortest/, "8100"],
    ["a map length in a long form", "b8010000", /shortest/, "a10000"],
    ["a tag in a long form", "d81200", /shortest/, "d200", { tags: [18] }],
    ["a key that stands twice", "a201000100", /duplicate key/, "a201000200"],
    ["a text key that stands twice", "a2616100616100", /duplicate key/, "a2616100616200"],
    [
      "a 64-bit key that stands twice",
      "a21bffffffffffffffff001bffffffffffffffff00",
      /duplicate key/,
      "a21bffffffffffffffff001bfffffffffffffffe00",
    ],
    [
      "a key that stands twice in an indefinite map",
      "bf01000100ff",
      /duplicate key/,
      "bf01000200ff",
      { indefinite: true },
    ],
    ["a byte string as a key", "a1410000", /neither integer nor text/, "a1610000"],
    ["an array as a key", "a18000", /neither integer nor text/, "a10000"],
    ["null as a key", "a1f600", /neither integer nor text/, "a10000"],
    ["NaN as a key", "a1f97e0000", /floating point/, "a10000"],
    ["text that is not UTF-8", "62c328", /UTF-8/, "62c3a8"],
    ["long text that is not UTF-8", `7841${"61".repeat(64)}ff`, /UTF-8/, `7841${"61".repeat(65)}`],
    ["an overlong form in text", "62c080", /UTF-8/, "6100"],
    ["a surrogate in text", "63eda080", /UTF-8/, "63ed9fbf"],
    ["a byte order mark", "63efbbbf", /byte order mark/, "63efbbbe"],
    ["a byte string in chunks", "5f4100ff", /indefinite/, "4100", { indefinite: true }],
    ["text in chunks", "7f6161ff", /indefinite/, "6161", { indefinite: true }],
    ["an indefinite map where none is allowed", "bfff", /indefinite/, "a0"],
    ["an indefinite array where none is allowed", "9fff", /indefinite/, "80"],
    ["an indefinite integer", "1f", /indefinite/, "00", { indefinite: true }],
    ["an indefinite tag", "df00", /indefinite/, "d200", { indefinite: true, tags: [18] }],
    ["a break with nothing to end", "ff", /break/, "00", { indefinite: true }],
    ["a break in a definite array", "82ff00", /break/, "820000", { indefinite: true }],
    ["a break in the place of a value", "bf00ff", /break/, "bf0000ff", { indefinite: true }],
    ["an open indefinite array", "9f00", /cut short/, "9f00ff", { indefinite: true }],
    ["a half-precision float", "f93c00", /floating point/, "01"],
    ["a single-precision float", "fa3f800000", /floating point/, "01"],
    ["a double-precision float", "fb3ff0000000000000", /floating point/, "01"],
    ["undefined", "f7", /undefined/, "f6"],
    ["an unassigned simple value", "e0", /simple/, "f4"],
    ["a two-byte simple value", "f8ff", /simple/, "f5"],
    ["a reserved length form", "1c", /reserved/, "00"],
    ["a tag that is not listed", "c000", /tag 0/, "d200", { tags: [18] }],
    ["a bignum", "c24101", /tag 2/, "01", { tags: [18] }],
    ["a shared reference", "d81d00", /tag 29/, "d200", { tags: [18] }],
    ["a typed array", "d84044000000ff", /tag 64/, "d244000000ff", { tags: [18] }],
    ["a record of cbor-x", "d86980", /tag 105/, "d280", { tags: [18] }],
    ["a 64-bit tag", "dbffffffffffffffff00", /tag 18446744073709551615/, "d200", { tags: [18] }],
    ["a tag without content", "d2", /cut short/, "d200", { tags: [18] }],
    ["a string of 2^32 bytes", "5b0000000100000000", /longer than what holds it/, "40"],
    ["a string of 2^64 bytes", "5bffffffffffffffff", /longer than what holds it/, "40"],
    ["an array of 2^32 items", "9b0000000100000000", /longer than what holds it/, "80"],
    ["an array of 2^64 items", "9bffffffffffffffff", /longer than what holds it/, "80"],
    ["a map of half as many bytes as pairs", "a200", /longer than what holds it/, "a100f6"],
    ["nesting beyond 16", nested(17), /deeper than 16/, nested(16)],
    ["nesting beyond what is told", nested(3), /deeper than 2/, nested(2), { depth: 2 }],
    ["a tag nested too deep", `${"d2".repeat(3)}00`, /deeper than 2/, `${"d2".repeat(2)}00`, { depth: 2, tags: [18] }],
    ["values of maps nested too deep", "a100a100a10000", /deeper than 2/, "a100a10000", { depth: 2 }],
    ["a key nested too deep", `a1${nested(100)}00`, /deeper than 16/, "a10000"],
    ["a string longer than the rest, not than the whole", "820143aabb", /longer than what holds it/, "820142aabb"],
    ["an array longer than the rest, not than the whole", "8300830000", /longer than what holds it/, "8200820000"],
    ["an input that is too long", "420000", /longer than 2 bytes/, "4100", { length: 2 }],
  ];

  for (const [what, bad, reason, good, options] of refused) {
    it(what, () => {
      expect(reasonOf(() => read(bad, options))).toMatch(reason);
      expect(reasonOf(() => read(good, options))).toBe("accepted");
    });
  }

  it("depth 100,000 without touching the stack", () => {
    const deep = new Uint8Array(100_000).fill(0x81);
    expect(reasonOf(() => readCbor(deep))).toMatch(/deeper than 16/);
    expect(reasonOf(() => readCbor(deep.fill(0x9f), { indefinite: true }))).toMatch(/deeper than 16/);
  });

  it("100,000 maps inside each other without touching the stack, in values and in keys", () => {
    const values = new Uint8Array(200_000).map((_, i) => (i % 2 === 0 ? 0xa1 : 0));
    expect(reasonOf(() => readCbor(values))).toMatch(/deeper than 16/);
    expect(reasonOf(() => readCbor(new Uint8Array(100_000).fill(0xa1)))).toMatch(/deeper than 16/);
  });

  it("where it says: at the byte that is missing, or where the item starts", () => {
    const offsetOf = (hex: string): number | undefined => {
      try {
        read(hex);
      } catch (error) {
        return (error as MalformedError).offset;
      }
      return undefined;
    };
    expect(offsetOf("1900")).toBe(2);
    expect(offsetOf("820043aabb")).toBe(2);
    expect(offsetOf("8200f7")).toBe(2);
    expect(offsetOf("000000")).toBe(1);
  });

  it("a document cut anywhere", () => {
    const whole = fromHex("d28443a10126a1044231314401020304bf6161f6617840616281f5ff");
    const options = { tags: [18], indefinite: true };
    expect(reasonOf(() => readCbor(whole, options))).toBe("accepted");
    for (let length = 0; length < whole.length; length++) {
      expect(reasonOf(() => readCbor(whole.subarray(0, length), options))).not.toBe("accepted");
    }
  });
});

describe("readCbor gives", () => {
  it("numbers where they are exact and bigints beyond", () => {
    expect(read("1b001fffffffffffff")).toBe(Number.MAX_SAFE_INTEGER);
    expect(read("1b0020000000000000")).toBe(2n ** 53n);
    expect(read("3b001ffffffffffffe")).toBe(-Number.MAX_SAFE_INTEGER);
    expect(read("3b001fffffffffffff")).toBe(-(2n ** 53n));
    expect(read("1affffffff")).toBe(2 ** 32 - 1);
    expect(read("3903e7")).toBe(-1000);
  });

  it("byte strings as views of the input", () => {
    const input = fromHex("8242aabb43010203");
    const [, second] = readCbor(input) as readonly Uint8Array[];
    expect([second?.buffer === input.buffer, second?.byteOffset]).toEqual([true, input.byteOffset + 5]);
  });

  it("maps whose keys mean nothing to JavaScript", () => {
    const map = read("a2695f5f70726f746f5f5fa1616101 61610 2".replaceAll(" ", ""));
    expect(isCborMap(map) && [...map.keys()]).toEqual(["__proto__", "a"]);
    expect(Object.hasOwn(Object.prototype, "a")).toBe(false);
  });

  it("tags with their number and content, told from all that is none", () => {
    const tagged = read("d28100", { tags: [18] });
    expect(tagged).toEqual({ tag: 18, content: [0] });
    expect(isCborTag(tagged)).toBe(true);
    for (const other of ["80", "a0", "00", "f6", "60", "40"]) expect(isCborTag(read(other))).toBe(false);
    expect(isCborTag(undefined)).toBe(false);
  });

  it("integer and text keys apart", () => {
    const map = read("a20100613101");
    expect(isCborMap(map) && [map.get(1), map.get("1")]).toEqual([0, 1]);
  });
});

describe("the second reader", () => {
  const cborX = new Decoder({ mapsAsObjects: false, useRecords: false });
  const decode = (bytes: Uint8Array): CborValue => cborX.decode(bytes) as CborValue;
  const options = { indefinite: true };
  const head = (major: number, value: number): number[] =>
    value < 24
      ? [(major << 5) | value]
      : value < 256
        ? [(major << 5) | 24, value]
        : [(major << 5) | 25, value >> 8, value & 255];
  const { item } = fc.letrec<{ item: number[] }>((tie) => ({
    item: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc
        .nat(70_000)
        .map((value) => (value < 65_536 ? head(0, value) : [0x1a, 0, value >> 16, (value >> 8) & 255, value & 255])),
      fc.nat(65_535).map((value) => head(1, value)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => [...head(2, bytes.length), ...bytes]),
      fc.string({ unit: "binary", maxLength: 30 }).map((text) => {
        const bytes = new TextEncoder().encode(text);
        return [...head(3, bytes.length), ...bytes];
      }),
      fc.constantFrom<number[]>([0xf4], [0xf5], [0xf6]),
      fc.array(tie("item"), { maxLength: 5 }).map((items) => [...head(4, items.length), ...items.flat()]),
      fc.array(tie("item"), { maxLength: 5 }).map((items) => [0x9f, ...items.flat(), 0xff]),
      fc
        .array(tie("item"), { maxLength: 5 })
        .map((items) => [...head(5, items.length), ...items.flatMap((value, key) => [...head(0, key), ...value])]),
    ),
  }));

  it("reads every item that is made well-formed as we do", () => {
    fc.assert(
      fc.property(item, (bytes) => {
        const input = Uint8Array.from(bytes);
        fc.pre(reasonOf(() => readCbor(input, options)) === "accepted");
        expect(plain(readCbor(input, options))).toEqual(plain(decode(input)));
      }),
      { numRuns: 2000, seed: 5 },
    );
  });

  it("reads every mutated item that we take as we do, and we throw nothing but MalformedError", () => {
    let taken = 0;
    fc.assert(
      fc.property(item, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, position, change) => {
        const input = Uint8Array.from(bytes);
        const index = position % input.length;
        input[index] = (input[index] as number) ^ change;
        if (reasonOf(() => readCbor(input, options)) !== "accepted") return;
        taken++;
        expect(plain(readCbor(input, options))).toEqual(plain(decode(input)));
      }),
      { numRuns: 3000, seed: 5 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});
