import { describe, expect, it } from "vitest";
import { compareVersions, demandVersion } from "../../../src/expected/build/version.js";

describe("compareVersions", () => {
  // Semantic Versioning 2.0.0, section 11, and OpenClaw's versions by date.
  const ordered = [
    "0.9.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.0.1",
    "2.0",
    "2.1.0",
    "2.1.10",
    "2026.1.9",
    "2026.1.29",
    "2026.2.1",
    "2026.10.1",
  ];
  it.each(ordered.slice(1).map((later, index) => [ordered[index] as string, later]))("%s comes before %s", (a, b) => {
    expect(Math.sign(compareVersions(a, b))).toBe(-1);
    expect(Math.sign(compareVersions(b, a))).toBe(1);
  });

  it.each([
    ["1.0.0", "1.0.0+build.7"],
    ["1.0", "1.0.0"],
    ["2026.01.09", "2026.1.9"],
    ["1.0.0-01", "1.0.0-1"],
  ])("%s and %s are the same place", (a, b) => expect(compareVersions(a, b)).toBe(0));
});

describe("demandVersion", () => {
  it.each([
    "",
    "v1.0.0",
    "1.0.0 ",
    "1..0",
    "latest",
    "1.0.0.0.0",
    "1.0.0-",
    "1.0.0-a..b",
    "9".repeat(10),
    `1.0.0-${"a".repeat(128)}`,
  ])("refuses %j", (text) => expect(() => demandVersion(text, "version")).toThrow("is no version"));
});
