import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import { forgeDocument } from "../../fixtures/nitro/document.js";
import { createVerifier, nitro, sevSnp, sgx, tdx } from "../../src/index.js";
import { fieldChecks, fieldMeaning } from "../../src/messages/byte-map.js";
import { nitroTpm } from "../../src/nitro.js";

const kinds = [sevSnp, tdx, sgx, nitro, nitroTpm] as const;
const { inspect } = createVerifier(kinds);

const EVIDENCE: Readonly<Record<string, Uint8Array>> = {
  "sev-snp": forgeSnp({ version: 5, product: "Turin" }).report,
  tdx: forgeQuote({ version: 5, bodyType: 4 }),
  sgx: forgeQuote({ tee: "sgx" }),
  nitro: forgeDocument(),
};

describe("byte maps", () => {
  it.each(Object.entries(EVIDENCE))(
    "of %s give every field a meaning, and name checks that exist",
    (name, evidence) => {
      const { kind, structures } = inspect(evidence);
      expect(kind).toBe(name);
      const ids = kinds.find((item) => item.name === kind)?.checks.map(({ id }) => id) ?? [];
      const fields = structures.flatMap((structure) => structure.fields);
      expect(fields.length).toBeGreaterThan(5);
      for (const field of fields) {
        expect(fieldMeaning(kind, field.name), field.name).toBeTypeOf("string");
        for (const id of fieldChecks(kind, field.name)) expect(ids, field.name).toContain(id);
      }
      expect(fields.filter((field) => fieldChecks(kind, field.name).includes(`${kind}/build`)).length).toBeGreaterThan(
        0,
      );
    },
  );

  it("knows nothing of what it does not know", () => {
    expect(fieldMeaning("tdx", "nothing")).toBeUndefined();
    expect(fieldMeaning("unknown", "version")).toBeUndefined();
    expect(fieldChecks("unknown", "version")).toEqual([]);
  });
});
