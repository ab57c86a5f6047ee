/** The calendar of certificates (RFC 5280, section 4.1.2.5): each month ends on its last day. */
import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import { readDer, TAG, time } from "../../src/encoding/der.js";
import { expectMalformed } from "../support/malformed.js";

const generalized = (text: string): number => time(readDer(write.rawTime(TAG.generalizedTime, text)));
const two = (number: number): string => String(number).padStart(2, "0");
const LAST = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

describe("a date", () => {
  it.each(LAST.map((last, index) => [index + 1, last]))("in month %i goes from day 1 to day %i", (month, last) => {
    const on = (day: number): string => `2023${two(month)}${two(day)}235959Z`;
    expect(generalized(on(1))).toBe(Date.UTC(2023, month - 1, 1, 23, 59, 59));
    expect(generalized(on(last))).toBe(Date.UTC(2023, month - 1, last, 23, 59, 59));
    expectMalformed(() => generalized(on(0)), "calendar");
    expectMalformed(() => generalized(on(last + 1)), "calendar");
  });

  it.each([0, 13, 14, 15, 16, 17, 24, 99])("in month %i is on no calendar", (month) => {
    for (const day of [1, 28, 30])
      expectMalformed(() => generalized(`2023${two(month)}${two(day)}000000Z`), "calendar");
  });

  it.each([
    [2023, false],
    [2024, true],
    [2100, false],
    [2200, false],
    [2400, true],
    [1900, false],
    [2000, true],
  ])("on 29 February %i: %s", (year, leap) => {
    const text = `${year}0229000000Z`;
    if (leap) expect(generalized(text)).toBe(Date.UTC(year, 1, 29));
    else expectMalformed(() => generalized(text), "calendar");
  });

  it("is of the year 100 or later, which is where Date.UTC takes years as they are", () => {
    expect(new Date(generalized("01000101000000Z")).toISOString()).toBe("0100-01-01T00:00:00.000Z");
    for (const year of ["0000", "0001", "0050", "0099"])
      expectMalformed(() => generalized(`${year}0101000000Z`), "calendar");
  });
});
