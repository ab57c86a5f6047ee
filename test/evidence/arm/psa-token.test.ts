/** What is a PSA token and what only begins like one; the bounds of its claims. */
import { describe, expect, it } from "vitest";
import { components, forgeCca, forgePsa, type PsaRequest } from "../../../fixtures/arm/token.js";
import * as cbor from "../../../fixtures/cbor.js";
import { concat } from "../../../fixtures/der.js";
import { forgeDocument } from "../../../fixtures/nitro/document.js";
import { LIFECYCLE_NAMES, lifecycleOf } from "../../../src/evidence/arm/claims.js";
import { looksLikePsa, parsePsa } from "../../../src/evidence/arm/psa-token.js";
import { expectMalformed } from "../../support/malformed.js";

const mac0 = (payload: Uint8Array, ...more: readonly Uint8Array[]): Uint8Array =>
  cbor.tag(
    17,
    cbor.array(cbor.bytes(Uint8Array.of(0xa1, 1, 5)), cbor.map(), payload, cbor.bytes(new Uint8Array(32)), ...more),
  );
const claims = cbor.map([cbor.int(2396), cbor.bytes(new Uint8Array(32))]);
const withClaim = (key: number, value: Uint8Array): PsaRequest => ({ claims: { [key]: value } });

describe("looksLikePsa", () => {
  it("knows tokens of every profile, under a signature or a MAC", () => {
    for (const profile of ["tfm", "psa-2.0.0", "psa-iot-1"] as const)
      expect(looksLikePsa(forgePsa({ profile }))).toBe(true);
    expect(looksLikePsa(mac0(cbor.bytes(claims)))).toBe(true);
    for (const key of [2394, 2396, -75001, -75003])
      expect(looksLikePsa(mac0(cbor.bytes(cbor.map([cbor.int(key), cbor.int(0)]))))).toBe(true);
  });

  it.each([
    ["a Nitro document", forgeDocument()],
    ["a CCA token", forgeCca()],
    ["claims of something else", mac0(cbor.bytes(cbor.map([cbor.int(2395), cbor.int(0)])))],
    ["claims that are no map", mac0(cbor.bytes(cbor.array()))],
    ["claims that are no CBOR", mac0(cbor.bytes(Uint8Array.of(0xff)))],
    ["a MAC over nothing", mac0(cbor.NULL)],
    ["a MAC of five parts", mac0(cbor.bytes(claims), cbor.int(0))],
    ["a MAC that is no array", cbor.tag(17, cbor.map([cbor.int(2), cbor.bytes(claims)]))],
    ["bytes of nothing", new Uint8Array(100)],
    ["nothing", new Uint8Array()],
    ["claims without envelope", claims],
    ["more than 64 kB", forgePsa(withClaim(2400, cbor.text("x".repeat(65_600))))],
  ])("does not take %s for one", (_, bytes) => {
    expect(looksLikePsa(bytes)).toBe(false);
    expectMalformed(() => parsePsa(bytes), /./);
  });
});

describe("claims at their bounds", () => {
  const read = (request: PsaRequest) => parsePsa(forgePsa(request));
  it("client ids have 32 bits", () => {
    expect(read(withClaim(2394, cbor.int(0x7fff_ffff))).clientId).toBe(0x7fff_ffff);
    expect(read(withClaim(2394, cbor.int(-0x8000_0000))).clientId).toBe(-0x8000_0000);
    expectMalformed(() => read(withClaim(2394, cbor.int(0x8000_0000))), /32-bit/);
    expectMalformed(() => read(withClaim(2394, cbor.int(-0x8000_0001))), /32-bit/);
  });

  it("64 components are read, and 65 are not", () => {
    const many = (count: number): PsaRequest =>
      withClaim(
        2399,
        components(
          Array.from({ length: count }, () => ({ measurement: new Uint8Array(32), signerId: new Uint8Array(32) })),
        ),
      );
    expect(read(many(64)).components.length).toBe(64);
    expectMalformed(() => read(many(65)), /list of 1 to 64/);
  });

  it("lifecycles are those of the specification: 16 bits, the upper eight of which name it", () => {
    const named = new Set<string>();
    for (let value = 0; value <= 0xffff; value += 0x80) {
      try {
        named.add(lifecycleOf(value));
      } catch {
        expectMalformed(() => lifecycleOf(value), /not defined/);
      }
    }
    expect([...named].sort()).toEqual([...LIFECYCLE_NAMES].sort());
    expect(lifecycleOf(0x30ff)).toBe("secured");
    // What a shift of 32-bit integers would take for it.
    for (const value of [0x1_0000_3000, -0xffff_d000, -1, 0x1_3000])
      expectMalformed(() => lifecycleOf(value), /not defined/);
  });

  it("texts have 1 to 1024 characters", () => {
    const service = (length: number): PsaRequest => withClaim(2400, cbor.text("x".repeat(length)));
    expect(read(service(1)).verificationService).toBe("x");
    expect(() => read(service(0))).toThrow();
  });

  it("a profile by a number, or by a name that every object has, is unknown", () => {
    for (const name of [cbor.int(1), cbor.text("constructor"), cbor.text("__proto__")])
      expectMalformed(() => read(withClaim(265, name)), /unknown profile/);
  });

  it("an envelope with bytes behind it is malformed", () => {
    expectMalformed(() => parsePsa(concat(forgePsa(), Uint8Array.of(0))), /./);
  });
});
