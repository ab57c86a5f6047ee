/** docs/assurance.md states what the log of fuzzing says, and names files and commands that exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../support/shared.js";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const page = read("docs/assurance.md");

interface Run {
  readonly executions: number;
  readonly seconds: number;
  readonly exemplars: number;
  readonly corpus: number;
  readonly slowestMilliseconds: number;
}

describe("docs/assurance.md", () => {
  it("has the sums of the log", () => {
    const runs = read("test/hostile/fuzz-log.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Run);
    const sum = (name: keyof Run): number => runs.reduce((total, run) => total + run[name], 0);
    const most = (name: keyof Run): number => Math.max(...runs.map((run) => run[name]));
    expect(page).toContain(`| executions | ${sum("executions")} |`);
    expect(page).toContain(`| seconds | ${sum("seconds")} |`);
    expect(page).toContain(`| exemplars | ${most("exemplars")}, `);
    expect(page).toContain(`| corpus of the largest run | ${most("corpus")} |`);
    expect(page).toContain(`| slowest input | ${most("slowestMilliseconds")} ms |`);
  });

  it("names files and commands that exist", () => {
    const files = [...page.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path as string);
    expect(files.length).toBeGreaterThan(8);
    expect(files.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
    const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts);
    const commands = [...page.matchAll(/`npm run ([\w:]+)/g)].map(([, name]) => name as string);
    expect(commands.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});
