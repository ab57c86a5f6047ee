import { describe, expect, it } from "vitest";
import { terminalOf } from "../../src/cli/io.js";
import { safe, themeOf, wrap } from "../../src/cli/text.js";

describe("text for a terminal", () => {
  it.each([
    ["\u001b[2J", "\\u{1b}[2J"],
    ["\u001b]0;title\u0007", "\\u{1b}]0;title\\u{7}"],
    ["a\nb\rc\td", "a\\u{a}b\\u{d}c\\u{9}d"],
    ["\u009b31m", "\\u{9b}31m"],
    ["a\u202eb\u200bc\u2028", "a\\u{202e}b\\u{200b}c\\u{2028}"],
    ["\u{e0041}\ud800", "\\u{e0041}\\u{d800}"],
  ])("makes %j visible", (hostile, shown) => {
    expect(safe(hostile)).toBe(shown);
  });

  it("leaves words alone", () => {
    expect(safe("Zürich, 東京, ✔")).toBe("Zürich, 東京, ✔");
  });

  it("wraps at the width, cuts what no line can hold, and keeps addresses whole", () => {
    const address = `https://kdsintf.amd.com/${"a".repeat(60)}`;
    expect(wrap("one two three four five", 20, 4)).toBe("one two three\n    four five");
    expect(
      wrap("f".repeat(50), 24, 4)
        .split("\n")
        .map((line) => line.trim().length),
    ).toEqual([20, 20, 10]);
    expect(wrap(`from ${address} on`, 40).split("\n")).toEqual(["from", address, "on"]);
  });

  it("says everything without colour", () => {
    const theme = themeOf({ width: 80, colour: false, unicode: false });
    expect(theme.good("VERIFIED")).toBe("VERIFIED");
    const { passed, failed, undetermined, skipped, waived, notice } = theme.symbols;
    expect(new Set([passed, failed, undetermined, skipped, waived, notice]).size).toBe(6);
    expect(themeOf({ width: 80, colour: true, unicode: true }).good("VERIFIED")).toBe("\u001b[1;32mVERIFIED\u001b[0m");
  });
});

describe("the terminal", () => {
  const tty = { isTTY: true, columns: 100 };
  it.each<[string, Record<string, string>, { isTTY?: boolean; columns?: number }, boolean]>([
    ["a terminal", {}, tty, true],
    ["a file or pipe", {}, {}, false],
    ["NO_COLOR", { NO_COLOR: "1" }, tty, false],
    ["an empty NO_COLOR, which says nothing", { NO_COLOR: "" }, tty, true],
    ["a dumb terminal", { TERM: "dumb" }, tty, false],
  ])("has colour or not on %s", (_name, env, stream, colour) => {
    expect(terminalOf(env, stream, "linux").colour).toBe(colour);
  });

  it("keeps its width within what can be read", () => {
    expect(
      [undefined, 10, 72, 300].map(
        (columns) => terminalOf({}, columns === undefined ? {} : { columns }, "linux").width,
      ),
    ).toEqual([80, 40, 72, 110]);
  });

  it("has symbols outside ASCII where its locale has them", () => {
    const unicode = (env: Record<string, string>, platform = "linux") => terminalOf(env, {}, platform).unicode;
    expect(unicode({ LANG: "en_GB.UTF-8" })).toBe(true);
    expect(unicode({ LANG: "en_GB.UTF-8", LC_ALL: "C" })).toBe(false);
    expect(unicode({})).toBe(false);
    expect(unicode({}, "win32")).toBe(true);
  });
});
