/** Keys from CoRIM endorsements. */
import { describe, expect, it } from "vitest";
import {
  CHALLENGE,
  DEVICE_KEY,
  forgeCca,
  IMPLEMENTATION,
  INSTANCE,
  PLATFORM_KEY,
} from "../../../fixtures/arm/token.js";
import * as cbor from "../../../fixtures/cbor.js";
import { pem } from "../../../fixtures/x509.js";
import { keysFromCorim } from "../../../src/arm.js";
import { fromHex } from "../../../src/encoding/text.js";
import { judgeToken } from "../../support/arm.js";

type Pairs = readonly (readonly [number, Uint8Array | undefined])[];
const map = (...pairs: Pairs): Uint8Array =>
  cbor.map(...pairs.flatMap(([key, value]) => (value === undefined ? [] : [[cbor.int(key), value] as const])));

const KEY = cbor.tag(554, cbor.text(pem("PUBLIC KEY", PLATFORM_KEY.spki)));
const CLASS = map([0, cbor.tag(600, cbor.bytes(IMPLEMENTATION))]);
const UEID = cbor.tag(550, cbor.bytes(INSTANCE));
const seconds = (value: number): Uint8Array => cbor.tag(1, cbor.int(value));

interface Request {
  readonly environment?: Pairs;
  readonly keys?: Uint8Array;
  readonly conditions?: Uint8Array;
  readonly triples?: Uint8Array;
  readonly comid?: Uint8Array;
  readonly tags?: Uint8Array;
  readonly validity?: Uint8Array;
  readonly outer?: number;
}

/** A CoRIM with one key for the forged platform. */
function forge(request: Request = {}): Uint8Array {
  const { environment = [], keys = cbor.array(KEY), conditions, outer = 501 } = request;
  const device = map(
    ...Object.entries({ 0: CLASS, 1: UEID, ...Object.fromEntries(environment) }).map(
      ([key, value]) => [Number(key), value] as const,
    ),
  );
  const triple = cbor.array(device, keys, ...(conditions === undefined ? [] : [conditions]));
  const triples = request.triples ?? map([3, cbor.array(triple)]);
  const identity = map([0, cbor.text("test")]);
  const comid = request.comid ?? cbor.bytes(map([0, cbor.text("en-GB")], [1, identity], [4, triples]));
  const tags = request.tags ?? cbor.array(cbor.tag(505, cbor.bytes(new Uint8Array(3))), cbor.tag(506, comid));
  return cbor.tag(
    outer,
    map(
      [0, cbor.text("test")],
      [1, tags],
      [3, cbor.text("tag:arm.com,2023:cca_platform#1.0.0")],
      [4, request.validity],
    ),
  );
}

const AT = new Date("2026-06-01T00:00:00Z");
const NOW = AT.getTime() / 1000;

describe("keysFromCorim", () => {
  it("gives the platform's key, and a token that it signed verifies", async () => {
    const keys = keysFromCorim(forge(), AT);
    expect(keys).toEqual([
      { key: pem("PUBLIC KEY", PLATFORM_KEY.spki), instanceId: INSTANCE, implementationId: IMPLEMENTATION },
    ]);
    const judge = async (policy: readonly (typeof keys)[number][]) =>
      (await judgeToken(forgeCca(), { binding: { reportData: CHALLENGE }, policy: { "arm-cca": { keys: policy } } }))
        .outcome;
    expect(await judge(keys)).toBe("verified");
    const other = forge({ keys: cbor.array(cbor.tag(554, cbor.text(pem("PUBLIC KEY", DEVICE_KEY.spki)))) });
    expect(await judge(keysFromCorim(other, AT))).toBe("rejected");
  });

  it("reads keys without armour, classes by bytes or none, other names beside, and several CoMIDs", () => {
    const bare = cbor.tag(554, cbor.text(Buffer.from(PLATFORM_KEY.spki).toString("base64")));
    expect(keysFromCorim(forge({ keys: cbor.array(bare) }), AT)[0]?.key).toEqual(PLATFORM_KEY.spki);
    const named = map([0, cbor.tag(560, cbor.bytes(IMPLEMENTATION))], [1, cbor.text("ACME")]);
    expect(keysFromCorim(forge({ environment: [[0, named]] }), AT)[0]?.implementationId).toEqual(IMPLEMENTATION);
    expect(keysFromCorim(forge({ environment: [[0, undefined]] }), AT)[0]).not.toHaveProperty("implementationId");
    const comid = cbor.tag(
      506,
      cbor.bytes(map([4, map([3, cbor.array(cbor.array(map([0, CLASS], [1, UEID]), cbor.array(KEY)))])])),
    );
    expect(keysFromCorim(forge({ tags: cbor.array(comid, comid) }), AT).length).toBe(2);
    expect(keysFromCorim(forge({ triples: map([0, cbor.array()]) }), AT)).toEqual([]);
  });

  it("reads what Veraison's library writes", () => {
    // veraison/corim, comid/example_test.go and corim/example_profile_test.go: their instance has 7 bytes, which is no device of Arm's.
    const comid = fromHex(
      "a301a10078206d792d6e733a61636d652d726f616472756e6e65722d737570706c656d656e740281a3006941434d45204c74642e01d8207468747470733a2f2f61636d652e6578616d706c65028301000204a1038182a101d902264702deadbeefdead81d9022a78b12d2d2d2d2d424547494e205055424c4943204b45592d2d2d2d2d0a4d466b77457759484b6f5a497a6a3043415159494b6f5a497a6a304441516344516741455731427671462b2f727938425761375a454d553178595948455138420a6c4c54344d46484f614f2b4943547449767245654570722f7366544150363648326843486462354845584b74524b6f6436514c634f4c504131513d3d0a2d2d2d2d2d454e44205055424c4943204b45592d2d2d2d2d",
    );
    expect(() => keysFromCorim(forge({ comid: cbor.bytes(comid) }), AT)).toThrow(/CoRIM.instanceId .*33 bytes/);
    const corim = fromHex(
      "d901f5a30063666f6f0181d901fa58a5a40065656e2d474201a100676578616d706c650281a4006941434d45204c74642e01d8207468747470733a2f2f61636d652e6578616d706c65028101206f3132332046616b652053747265657404a1008182a100a300d8255031fb5abf023e4992aa4e95f9c1503bfa016941434d45204c74642e026e526f616452756e6e657220322e3081a200d8255031fb5abf023e4992aa4e95f9c1503bfa01a10281820644abcdef00037822687474703a2f2f6578616d706c652e636f6d2f6578616d706c652d70726f66696c65",
    );
    expect(keysFromCorim(corim, AT)).toEqual([]);
  });

  it("holds to its validity, to the second", () => {
    const within = (notBefore: number | undefined, notAfter: number | undefined) => () =>
      keysFromCorim(
        forge({
          validity: map(
            [0, notBefore === undefined ? undefined : seconds(notBefore)],
            [1, notAfter === undefined ? undefined : seconds(notAfter)],
          ),
        }),
        AT,
      );
    expect(within(NOW, NOW)).not.toThrow();
    expect(within(undefined, NOW)).not.toThrow();
    expect(within(NOW + 1, NOW + 2)).toThrow("not yet valid");
    expect(within(NOW - 2, NOW - 1)).toThrow("no longer valid");
    expect(within(NOW, undefined)).toThrow("no longer valid");
    expect(() => keysFromCorim(forge({ validity: map([1, cbor.int(NOW)]) }), AT)).toThrow("tag 1 is missing");
    expect(() => keysFromCorim(forge({ validity: map([1, cbor.tag(1, cbor.text("soon"))]) }), AT)).toThrow("no time");
  });

  it.each<[string, Request, RegExp]>([
    ["a signed one", { outer: 18 }, /signed: verify its signature/],
    ["another tag", { outer: 506 }, /tag 501/],
    ["tags that are no array", { tags: map() }, /tags is no array/],
    ["a CoMID in the open", { comid: map() }, /no byte string/],
    ["a CoMID that is no map", { comid: cbor.bytes(cbor.array()) }, /CoMID is no map/],
    ["no triples", { comid: cbor.bytes(map()) }, /triples is no map/],
    ["a triple that is no array", { triples: map([3, cbor.array(map())]) }, /attest-key triple is no array/],
    ["conditions", { conditions: map() }, /conditions/],
    ["a group", { environment: [[2, UEID]] }, /group/],
    ["no instance", { environment: [[1, undefined]] }, /tag 550/],
    ["an instance of bytes", { environment: [[1, cbor.tag(560, cbor.bytes(INSTANCE))]] }, /tag 550/],
    ["an instance of text", { environment: [[1, cbor.tag(550, cbor.text("x"))]] }, /no instance/],
    ["an instance of 32 bytes", { environment: [[1, cbor.tag(550, cbor.bytes(new Uint8Array(32)))]] }, /33 bytes/],
    ["a class without id", { environment: [[0, map([1, cbor.text("ACME")])]] }, /no implementation id/],
    [
      "a class by UUID",
      { environment: [[0, map([0, cbor.tag(37, cbor.bytes(new Uint8Array(16)))])]] },
      /no implementation id/,
    ],
    ["an implementation id of text", { environment: [[0, map([0, cbor.tag(600, cbor.text("x"))])]] }, /no byte string/],
    [
      "an implementation id of 31 bytes",
      { environment: [[0, map([0, cbor.tag(600, cbor.bytes(new Uint8Array(31)))])]] },
      /32 bytes/,
    ],
    ["no key", { keys: cbor.array() }, /one key/],
    ["two keys", { keys: cbor.array(KEY, KEY) }, /one key/],
    ["a certificate", { keys: cbor.array(cbor.tag(555, cbor.text("x"))) }, /tag 554/],
    ["a key in bytes", { keys: cbor.array(cbor.tag(554, cbor.bytes(PLATFORM_KEY.spki))) }, /one key/],
    ["a key that is none", { keys: cbor.array(cbor.tag(554, cbor.text("AAAA"))) }, /EC public key/],
    ["a tag that nobody knows", { environment: [[5, cbor.tag(9999, cbor.int(1))]] }, /tag/],
  ])("refuses %s", (_, request, reason) => {
    expect(() => keysFromCorim(forge(request), AT)).toThrow(TypeError);
    expect(() => keysFromCorim(forge(request), AT)).toThrow(reason);
  });

  it("refuses every truncation, what is no bytes, and no date", () => {
    const corim = forge();
    for (let length = 0; length < corim.length; length++)
      expect(() => keysFromCorim(corim.subarray(0, length), AT)).toThrow(TypeError);
    expect(() => keysFromCorim("d901f5" as unknown as Uint8Array, AT)).toThrow(TypeError);
    expect(() => keysFromCorim(corim, new Date(Number.NaN))).toThrow(TypeError);
  });
});
