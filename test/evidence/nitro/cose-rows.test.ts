/** The C table of the reference: what may be wrong with the COSE and CBOR of a document, each row a test of its name. */
import { describe, expect, it } from "vitest";
import * as cbor from "../../../fixtures/cbor.js";
import { concat } from "../../../fixtures/der.js";
import {
  type DocumentRequest,
  enclaveRegisters,
  forgeChain,
  forgeDocument,
  registerMap,
} from "../../../fixtures/nitro/document.js";
import { fromHex } from "../../../src/encoding/text.js";
import { failures, judgeBytes, judgeForged, malformedReason } from "../../support/nitro.js";

const reasonOf = async (request: DocumentRequest): Promise<string> => malformedReason(await judgeForged(request));
const sign1 = (request: DocumentRequest["sign1"]): DocumentRequest => ({
  sign1: request as NonNullable<typeof request>,
});

async function expectMalformed(bytes: Uint8Array, reason: RegExp): Promise<void> {
  const verdict = await judgeBytes(bytes);
  expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["format malformed"]]);
  expect(malformedReason(verdict)).toMatch(reason);
}

describe("the good neighbour", () => {
  it("is verified, with and without tag 18, its map definite or not", async () => {
    for (const request of [{}, sign1({ tagged: true }), { definite: true }] satisfies DocumentRequest[]) {
      const verdict = await judgeForged(request);
      expect([failures(verdict), verdict.outcome]).toEqual([[], "verified"]);
    }
  });
});

describe("C rows", () => {
  it("C1 a trailing byte after the item", async () => {
    await expectMalformed(concat(forgeDocument(), Uint8Array.of(0)), /follow the CBOR item/);
    expect(await reasonOf({ mutatePayload: (payload) => concat(payload, Uint8Array.of(0)) })).toMatch(
      /follow the CBOR item/,
    );
  });

  it("C2 a duplicate map key", async () => {
    expect(await reasonOf({ extra: [[cbor.text("nonce"), cbor.NULL]] })).toMatch(/duplicate key/);
    const pairs = [0, 1, 0].map((index) => [cbor.int(index), cbor.bytes(new Uint8Array(48))] as const);
    expect(await reasonOf({ fields: { pcrs: cbor.map(...pairs) } })).toMatch(/duplicate key/);
  });

  it.each([61, 98, 17, 16, 96])("C3 tag %i in the place of 18", async (tag) => {
    const verdict = await judgeBytes(cbor.tag(tag, forgeDocument()));
    expect(verdict.outcome).toBe("rejected");
    // What is said of it depends on the tag: some are the mark of something else.
    expect(failures(verdict)).toEqual([expect.stringMatching(/^evidence\/recognised (malformed|unrecognised)$/)]);
  });

  it("C3 tag 18 inside tag 18", async () => {
    expect((await judgeBytes(cbor.tag(18, cbor.tag(18, forgeDocument())))).outcome).toBe("rejected");
    expect((await judgeBytes(cbor.tag(18, forgeDocument()))).outcome).toBe("verified");
  });

  it.each([
    ["missing", "a0", {}],
    ["-7 with a P-384 key", "a10126", {}],
    ["-37", "a1013824", {}],
    ["0", "a10100", {}],
    ["-35 and a kid", "a20138220441aa", {}],
  ])("C4 alg %s", async (_, header) => {
    expect(await reasonOf(sign1({ protectedBytes: fromHex(header) }))).toMatch(/protected header is not \{1: -35\}/);
  });

  it("C4 alg in the unprotected header, alone or as well", async () => {
    const unprotected = fromHex("a1013822");
    expect(await reasonOf(sign1({ protectedBytes: fromHex("a0"), items: { unprotected } }))).toMatch(
      /header 1 is not protected/,
    );
    expect(await reasonOf(sign1({ items: { unprotected } }))).toMatch(/header 1 is not protected/);
  });

  it("C4 anything in the unprotected header", async () => {
    expect(await reasonOf(sign1({ items: { unprotected: fromHex("a10441aa") } }))).toMatch(
      /unprotected header is not empty/,
    );
  });

  it("C5 crit, even empty", async () => {
    for (const header of ["a2013822028104", "a20138220280"])
      expect(await reasonOf(sign1({ protectedBytes: fromHex(header) }))).toMatch(/crit/);
    expect(await reasonOf(sign1({ items: { unprotected: fromHex("a10280") } }))).toMatch(/header 2 is not protected/);
  });

  it("C6 a protected header that is not in its shortest form", async () => {
    expect(await reasonOf(sign1({ protectedBytes: fromHex("a118013822") }))).toMatch(/shortest/);
    expect(await reasonOf(sign1({ protectedBytes: fromHex("bf013822ff") }))).toMatch(/indefinite/);
  });

  it("C7 a detached payload", async () => {
    const document = forgeDocument(sign1({ items: { payload: cbor.NULL } }));
    expect((await judgeBytes(document)).outcome).toBe("rejected");
  });

  const N = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
  it.each([
    ["in DER", (s: Uint8Array) => concat(fromHex("3066023100"), s.subarray(0, 48), fromHex("023100"), s.subarray(48))],
    ["of 95 bytes", (s: Uint8Array) => s.subarray(0, 95)],
    ["of 97 bytes", (s: Uint8Array) => concat(s, Uint8Array.of(0))],
    ["of no bytes", () => new Uint8Array()],
  ])("C8 a signature %s", async (_, signature) => {
    expect(await reasonOf(sign1({ signature }))).toMatch(/signature has \d+ bytes and not 96/);
  });

  it.each([
    ["r = 0", (s: Uint8Array) => concat(new Uint8Array(48), s.subarray(48))],
    ["s = 0", (s: Uint8Array) => concat(s.subarray(0, 48), new Uint8Array(48))],
    ["r = n", (s: Uint8Array) => concat(fromHex(N), s.subarray(48))],
    ["s = n", (s: Uint8Array) => concat(s.subarray(0, 48), fromHex(N))],
    ["s of all ones", (s: Uint8Array) => concat(s.subarray(0, 48), new Uint8Array(48).fill(255))],
  ])("C8 a signature with %s", async (_, signature) => {
    expect(failures(await judgeForged(sign1({ signature })))).toEqual(["document-signature signature-invalid"]);
  });

  it("C8 a high s is genuine, and so is a low one", async () => {
    expect((await judgeForged(sign1({ half: "high" }))).outcome).toBe("verified");
    expect((await judgeForged(sign1({ half: "low" }))).outcome).toBe("verified");
  });

  it("C9 a map and an array of indefinite length are read, chunks of a string are not", async () => {
    const { root, regional, zonal, instance } = forgeChain();
    const cabundle = cbor.indefiniteArray(...[root, regional, zonal, instance].map(cbor.bytes));
    expect((await judgeForged({ fields: { cabundle } })).outcome).toBe("verified");
    const pcrs = cbor.indefiniteMap(
      ...Object.entries(enclaveRegisters()).map(
        ([index, value]) => [cbor.int(Number(index)), cbor.bytes(value)] as const,
      ),
    );
    expect((await judgeForged({ fields: { pcrs } })).outcome).toBe("verified");
    expect(await reasonOf({ fields: { nonce: cbor.chunkedBytes(Uint8Array.of(1), Uint8Array.of(2)) } })).toMatch(
      /indefinite/,
    );
    expect(await reasonOf({ fields: { module_id: fromHex("7f6169ff") } })).toMatch(/indefinite/);
  });

  it("C10 deep nesting, lengths of 2^32 and an input of 16 MB end fast and bounded", async () => {
    expect(await reasonOf({ fields: { nonce: concat(new Uint8Array(100_000).fill(0x81), cbor.int(0)) } })).not.toBe("");
    expect(await reasonOf({ fields: { nonce: concat(new Uint8Array(6).fill(0x81), cbor.int(0)) } })).toMatch(
      /nested deeper/,
    );
    expect(await reasonOf({ fields: { cabundle: fromHex("9b0000000100000000") } })).toMatch(
      /longer than what holds it/,
    );
    expect(await reasonOf({ fields: { user_data: fromHex("5b0000000100000000") } })).toMatch(
      /longer than what holds it/,
    );
    const huge = concat(forgeDocument(), new Uint8Array(8_000_000));
    expect((await judgeBytes(huge)).outcome).toBe("rejected");
    expect((await judgeBytes(concat(forgeDocument(), new Uint8Array(16_777_216)))).outcome).toBe("rejected");
    expect(await reasonOf({ fields: { user_data: cbor.bytes(new Uint8Array(14_336)) } })).toMatch(/longer than 16384/);
    expect(await reasonOf({ fields: { user_data: cbor.bytes(new Uint8Array(20_480)) } })).toMatch(/longer than 20480/);
  });

  it.each([
    ["a typed array (tag 64)", cbor.tag(64, cbor.bytes(new Uint8Array(48)))],
    ["a record (tag 105)", cbor.tag(105, cbor.array())],
    ["a shared value (tag 28)", cbor.tag(28, cbor.array())],
    ["a reference (tag 29)", cbor.tag(29, cbor.int(0))],
    ["a date (tag 1)", cbor.tag(1, cbor.int(1_700_000_000))],
    ["a bignum (tag 2)", cbor.tag(2, cbor.bytes(fromHex("019caa0b9df4")))],
  ])("C11 %s", async (_, item) => {
    expect(await reasonOf({ fields: { timestamp: item } })).toMatch(/CBOR tag \d+ does not belong here/);
    expect(await reasonOf({ fields: { user_data: item } })).toMatch(/CBOR tag \d+ does not belong here/);
  });

  it("C12 text that is not UTF-8, and keys that are floats, NaN, negative or text", async () => {
    expect(await reasonOf({ fields: { module_id: fromHex("62c328") } })).toMatch(/UTF-8/);
    const register = cbor.bytes(new Uint8Array(48));
    const withKey = (key: Uint8Array): Promise<string> => reasonOf({ fields: { pcrs: cbor.map([key, register]) } });
    expect(await withKey(fromHex("f93c00"))).toMatch(/floating point/);
    expect(await withKey(fromHex("f97e00"))).toMatch(/floating point/);
    expect(await withKey(cbor.int(-1))).toMatch(/index that is no number from 0 to 31/);
    expect(await withKey(cbor.text("0"))).toMatch(/index that is no number from 0 to 31/);
    expect(await withKey(cbor.bytes(Uint8Array.of(0)))).toMatch(/neither integer nor text/);
    expect(await withKey(fromHex("1bffffffffffffffff"))).toMatch(/index that is no number from 0 to 31/);
    expect(await reasonOf({ extra: [[cbor.int(1), cbor.NULL]] })).toMatch(/field that a document of this kind has not/);
  });

  it("C13 the payload is verified as it was received", async () => {
    // Fields in another order than any encoder of ours would write them, and registers from the last to the first.
    const registers = Object.entries(enclaveRegisters()).reverse();
    const pcrs = cbor.map(...registers.map(([index, value]) => [cbor.int(Number(index)), cbor.bytes(value)] as const));
    expect((await judgeForged({ fields: { pcrs } })).outcome).toBe("verified");
    // The same fields in the usual order, under the signature over the others.
    const other = forgeDocument({ fields: { pcrs: registerMap(enclaveRegisters()) } });
    const signature = forgeDocument({ fields: { pcrs } }).subarray(-96);
    expect(failures(await judgeBytes(concat(other.subarray(0, -96), signature)))).toEqual([
      "document-signature signature-invalid",
    ]);
  });
});
