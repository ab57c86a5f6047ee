/** Inspection reads and does not judge: every byte is on the map, and nothing can be taken for a verdict. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../fixtures/amd/snp.js";
import { hex } from "../fixtures/amd/wrappers.js";
import { MalformedError } from "../src/encoding/malformed.js";
import { inspect } from "../src/sev-snp.js";

describe("inspect", () => {
  it.each([2, 3, 5])("maps every byte of a version %i report once", (version) => {
    const { report } = forgeSnp({ version });
    const { structures } = inspect(report);
    expect(structures.length).toBe(1);
    let at = 0;
    for (const { offset, length, bytes, name } of structures[0]?.fields ?? []) {
      expect([name, offset]).toEqual([name, at]);
      expect(bytes).toBe(hex(report.subarray(offset, offset + length)));
      at += length;
    }
    expect(at).toBe(1184);
  });

  it("says that nothing is verified, has no outcome, and reads what no key signed", () => {
    const { report } = forgeSnp({ signature: { change: () => new Uint8Array(96) } });
    const seen = inspect(report);
    expect(seen.notVerified).toBe(true);
    expect(seen).toMatchObject({ kind: "sev-snp", form: "report" });
    for (const name of ["ok", "outcome", "claims", "checks"]) expect(name in seen).toBe(false);
  });

  it("throws MalformedError for evidence that is none, and TypeError for what is no evidence", () => {
    expect(() => inspect(new Uint8Array(1184).fill(0xff))).toThrow(MalformedError);
    expect(() => inspect(forgeSnp({ report: { vmpl: 4 } }).report)).toThrow(MalformedError);
    expect(() => inspect("")).toThrow(MalformedError);
    expect(() => inspect(5 as unknown as Uint8Array)).toThrow(TypeError);
  });

  it("tells the bits of KEY_INFO apart", () => {
    const flags = (keyInfo: number) => {
      const { authorKeyEnabled, chipKeyMasked, signingKey } = inspect(
        forgeSnp({ report: { keyInfo } }).report,
      ).unverifiedClaims;
      return [authorKeyEnabled, chipKeyMasked, signingKey];
    };
    expect([0, 1, 2, 4, 7, 28].map(flags)).toEqual([
      [false, false, "VCEK"],
      [true, false, "VCEK"],
      [false, true, "VCEK"],
      [false, false, "VLEK"],
      [true, true, "VLEK"],
      [false, false, "none"],
    ]);
  });

  it("names levels in the layout of the product, where the report names that", () => {
    const turin = inspect(forgeSnp({ version: 5, product: "Turin" }).report).unverifiedClaims["tcb"];
    expect(turin).toMatchObject({ reported: { fmc: 1, bl: 1, tee: 1, snp: 4, ucode: 0x51 } });
    const milan = inspect(forgeSnp().report).unverifiedClaims["tcb"];
    expect(milan).toMatchObject({ reported: { bl: 4, tee: 0, snp: 0x1b, ucode: 0xdb } });
    const unnamed = inspect(forgeSnp({ version: 2 }).report).unverifiedClaims["tcb"] as { reported: object };
    expect(Object.keys(unnamed.reported)).toEqual(["raw"]);
  });
});
