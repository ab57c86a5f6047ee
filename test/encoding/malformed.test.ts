/** The one error of readers. */
import { describe, expect, it } from "vitest";
import { demand, MalformedError } from "../../src/encoding/malformed.js";

describe("MalformedError", () => {
  it("has a name, a reason and a place, the start unless told", () => {
    const error = new MalformedError("bytes are missing", 7);
    expect([error.name, error.reason, error.offset]).toEqual(["MalformedError", "bytes are missing", 7]);
    expect(error.message).toBe("bytes are missing (at offset 7)");
    expect(new MalformedError("x").offset).toBe(0);
  });

  it("is thrown where a demand does not hold, and only there", () => {
    expect(() => demand(true, "x", 3)).not.toThrow();
    expect(() => demand(false, "x", 3)).toThrow(new MalformedError("x", 3));
  });
});
