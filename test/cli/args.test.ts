import { describe, expect, it } from "vitest";
import { describeOptions, type OptionSpec, parseArguments } from "../../src/cli/args.js";
import { UsageError } from "../../src/cli/exit.js";

const SPECS: readonly OptionSpec[] = [
  { name: "expect", short: "e", value: "WHAT", help: "what it must be" },
  { name: "endorsement", value: "FILE", repeatable: true, help: "certificates" },
  { name: "json", help: "as JSON" },
];
const parse = (...argv: string[]) => parseArguments(SPECS, argv);

describe("arguments", () => {
  it.each([
    [["--expect", "ab", "file"]],
    [["--expect=ab", "file"]],
    [["-e", "ab", "file"]],
    [["file", "--expect", "ab"]],
  ])("takes an option and its value as %j", (argv) => {
    const args = parse(...argv);
    expect([args.one("expect"), args.positionals, args.flag("json")]).toEqual(["ab", ["file"], false]);
  });

  it("keeps repeatable options in order", () => {
    expect(parse("--endorsement", "a", "--endorsement=b").all("endorsement")).toEqual(["a", "b"]);
  });

  it("takes - as a name and as a value, and everything after -- as names", () => {
    expect(parse("-", "--endorsement", "-").positionals).toEqual(["-"]);
    expect(parse("--json", "--", "--expect", "-e").positionals).toEqual(["--expect", "-e"]);
  });

  it.each([
    [["--exepct", "ab"], "there is no option --exepct"],
    [["--exp", "ab"], "did you mean --expect?"],
    [["-x"], "there is no option -x"],
    [["--expect"], "--expect needs a value"],
    [["--expect", "--json"], "--expect needs a value"],
    [["--expect="], "--expect needs a value"],
    [["--json=yes"], "--json takes no value"],
    [["-e", "a", "--expect", "b"], "--expect was given twice"],
  ])("refuses %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(UsageError);
    expect(() => parse(...argv)).toThrow(message);
  });

  it("names every option in the help", () => {
    const help = describeOptions(SPECS, (text) => text);
    for (const { name, help: words } of SPECS) {
      expect(help).toContain(`--${name}`);
      expect(help).toContain(words);
    }
  });
});
