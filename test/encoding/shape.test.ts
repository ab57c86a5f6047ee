import { describe, expect, test } from "vitest";
import { shapeOf } from "../../src/encoding/shape.js";

describe("shapeOf", () => {
  test("makes an object with the members in their order, all null", () => {
    expect(JSON.stringify(shapeOf(["mrtd", 'a "quoted" name'])())).toBe('{"mrtd":null,"a \\"quoted\\" name":null}');
  });

  test("makes another object each time: what one verdict is filled with is not in the next", () => {
    const make = shapeOf(["mrtd"]);
    make()["mrtd"] = "of the first";
    expect(make()).toEqual({ mrtd: null });
  });
});
