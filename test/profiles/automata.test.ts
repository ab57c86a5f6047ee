/** Automata's outputs: read strictly, and of which quote they are. */
import { describe, expect, it } from "vitest";
import { concat } from "../../fixtures/der.js";
import { filled, forgeQuote } from "../../fixtures/intel/quote.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { isOutputOf, readAutomataOutput } from "../../src/profiles/index.js";

const be = (value: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) & 255);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const FMSPC = filled(6, 0x50);

/** `abi.encode(string[])`. */
function abi(texts: readonly string[]): Uint8Array {
  const items = texts.map((text) => {
    const bytes = utf8(text);
    return concat(be(bytes.length, 32), bytes, new Uint8Array((32 - (bytes.length % 32)) % 32));
  });
  let at = 32 * texts.length;
  const offsets = items.map((item) => {
    const offset = be(at, 32);
    at += item.length;
    return offset;
  });
  return concat(be(32, 32), be(texts.length, 32), ...offsets, ...items);
}

const IDS = ["INTEL-SA-00615", "INTEL-SA-00837"];
interface Shape {
  readonly version: number;
  readonly type: 1 | 2 | 3;
  readonly old?: boolean;
}
const quoteOf = ({ version, type }: Shape): Uint8Array =>
  forgeQuote({ tee: type === 1 ? "sgx" : "tdx", version, ...(version === 5 ? { bodyType: type } : {}) });
const bodyOf = (shape: Shape): Uint8Array => {
  const at = shape.version === 5 ? 54 : 48;
  return quoteOf(shape).subarray(at, at + { 1: 384, 2: 584, 3: 648 }[shape.type]);
};
function output(shape: Shape, advisories: Uint8Array = abi(IDS)): Uint8Array {
  const tee = shape.old ? (shape.type === 1 ? be(0, 4) : be(0x81000000, 4)) : be(shape.type, 2);
  return concat(be(shape.version, 2), tee, Uint8Array.of(4), FMSPC, bodyOf(shape), advisories);
}

const SHAPES: readonly (readonly [string, Shape])[] = [
  ["SGX", { version: 3, type: 1 }],
  ["TDX", { version: 4, type: 2 }],
  ["TD 1.5", { version: 5, type: 3 }],
  ["SGX, of the first format", { version: 3, type: 1, old: true } as Shape],
  ["TDX, of the first format", { version: 4, type: 2, old: true }],
];

describe("an output of Automata's verifier", () => {
  it.each(SHAPES)("is read: %s", (_, shape) => {
    for (const [advisories, advisoryIds] of [
      [abi(IDS), IDS],
      [abi([]), []],
      [new Uint8Array(), []],
    ] as const) {
      const read = readAutomataOutput(output(shape, advisories));
      expect(read).toEqual({
        quoteVersion: shape.version,
        tee: shape.type === 1 ? "sgx" : "tdx",
        tcbStatus: 4,
        fmspc: FMSPC,
        quoteBody: bodyOf(shape),
        advisoryIds,
      });
      expect(isOutputOf(read, quoteOf(shape))).toBe(true);
    }
  });

  it("is of no other quote", () => {
    const read = readAutomataOutput(output({ version: 4, type: 2 }));
    expect(isOutputOf(read, forgeQuote({ report: { rtmr0: filled(48, 9) } }))).toBe(false);
    expect(isOutputOf(read, forgeQuote({ version: 5, bodyType: 2 }))).toBe(false);
    expect(isOutputOf(read, new Uint8Array())).toBe(false);
  });

  it("of an SGX report is of no TDX quote that starts with the same bytes", () => {
    const quote = forgeQuote();
    const start = { ...readAutomataOutput(output({ version: 4, type: 1 })), quoteBody: quote.slice(48, 48 + 384) };
    expect(isOutputOf(start, quote)).toBe(false);
    expect(isOutputOf({ ...start, tee: "tdx" }, quote)).toBe(true);
    const longer = forgeQuote({ version: 5, bodyType: 3 });
    const cut = (length: number) =>
      ({ ...start, tee: "tdx", quoteVersion: 5, quoteBody: longer.slice(54, 54 + length) }) as const;
    expect(isOutputOf(cut(584), longer)).toBe(false);
    expect(isOutputOf(cut(648), longer)).toBe(true);
  });

  const right = output({ version: 4, type: 2 });
  const at = 11 + 584;
  const changed = (offset: number, value: number): Uint8Array => right.map((byte, i) => (i === offset ? value : byte));
  it.each([
    ["of format 2.1", concat(be(2, 2), be(1, 2), new Uint8Array(313))],
    ["of a report that the version does not have", concat(be(4, 2), be(3, 2), right.subarray(4))],
    ["of no TEE", concat(be(4, 2), be(0x82000000, 4), right.subarray(4))],
    ["of the first format for version 5", output({ version: 5, type: 2, old: true })],
    ["with another offset of its list", changed(at + 31, 64)],
    ["with more advisories than there are", changed(at + 63, 3)],
    ["with a length beyond all bounds", changed(at + 4, 1)],
    ["with an advisory elsewhere", changed(at + 95, 96)],
    ["with something in its padding", changed(right.length - 1, 1)],
    ["with something behind it", concat(right, new Uint8Array(32))],
    ["cut short", right.subarray(0, at - 1)],
    ["that is empty", new Uint8Array()],
  ])("is malformed %s", (_, bytes) => {
    expect(() => readAutomataOutput(bytes)).toThrow(MalformedError);
  });

  it("gives a value or MalformedError at every truncation", () => {
    for (let length = 0; length < right.length; length++)
      try {
        readAutomataOutput(right.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
  });
});
