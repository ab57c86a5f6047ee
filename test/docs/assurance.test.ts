/** docs/assurance.md states what the log of fuzzing says, and names files and commands that exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { forgedExemplars } from "../hostile/fuzz/exemplars.js";
import { repositoryRoot } from "../support/shared.js";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const page = read("docs/assurance.md");

interface Mutation {
  readonly room: string;
  readonly date: string;
  readonly mutants: number;
  readonly killed: number;
  readonly survived: number;
  readonly disabled: number;
  readonly words: number;
  readonly static: number;
  readonly score: number;
}

/** The newest line of each room. */
function mutationRuns(): readonly Mutation[] {
  const lines = read("test/hostile/mutation-log.jsonl").split("\n").filter(Boolean);
  return [...new Map(lines.map((line) => JSON.parse(line) as Mutation).map((run) => [run.room, run])).values()];
}

interface Run {
  readonly executions: number;
  readonly seconds: number;
  readonly exemplars: number;
  readonly corpus: number;
  readonly slowestMilliseconds: number;
}

const logOf = (name: string): readonly Readonly<Record<string, unknown>>[] =>
  read(`test/hostile/${name}.jsonl`)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

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

  it("has the sums of the coverage-guided runs", () => {
    const runs = logOf("fuzz-coverage-log");
    for (const target of ["parsers", "verify"]) {
      const own = runs.filter((run) => run["target"] === target);
      const sum = (name: string): number => own.reduce((total, run) => total + Number(run[name]), 0);
      const most = (name: string): number => Math.max(...own.map((run) => Number(run[name])));
      const figures = [sum("executions"), sum("seconds"), most("edges"), most("corpus"), sum("findings")];
      expect(page).toContain(`| ${target} | ${figures.join(" | ")} |`);
    }
  });

  it("has the sums of the exhaustive run, and names each exemplar that it did not reach", async () => {
    const rows = logOf("exhaustive-log");
    const sum = (name: string): number => rows.reduce((total, row) => total + Number(row[name]), 0);
    const damage = ["flips", "cuts", "endorsementFlips", "endorsementCuts", "permutations", "omissions", "swaps"];
    expect(rows.flatMap((row) => row["faults"])).toEqual([]);
    expect(page).toContain(`| ${rows.length} of 31 | ${damage.map(sum).join(" | ")} | 0 |`);
    const names = (await forgedExemplars()).map(({ name }) => name);
    expect(names.length).toBe(31);
    const missing = names.filter((name) => !rows.some((row) => row["exemplar"] === name));
    const notRun = page.slice(page.indexOf("## Not run"));
    expect(missing.filter((name) => !notRun.includes(name))).toEqual([]);
  });

  it("has the newest score of each room under mutation, no more and no fewer", () => {
    const section = page.slice(page.indexOf("## Mutation testing"), page.indexOf("## Not run"));
    const rows = section.split("\n").filter((line) => /^\| [a-z-]+ \| \d/.test(line));
    const expected = mutationRuns().map(
      ({ room, mutants, killed, survived, disabled, words, static: atImport, score, date }) =>
        `| ${[room, mutants, killed, survived, disabled, words, atImport, score, date].join(" | ")} |`,
    );
    expect([...rows].sort()).toEqual([...expected].sort());
  });

  it("has scores that are what their counts make, and few disabled mutants", () => {
    for (const { mutants, killed, survived, score } of mutationRuns()) {
      expect(killed + survived).toBe(mutants);
      expect(score).toBe(Math.floor((1000 * killed) / mutants) / 10);
    }
    expect(mutationRuns().reduce((sum, { disabled }) => sum + disabled, 0)).toBeLessThanOrEqual(10);
  });

  it("comes with a reason for each mutant that survived", () => {
    const survivors = read("docs/mutation-survivors.md");
    for (const { room, survived } of mutationRuns()) {
      const [, section = ""] = survivors.split(`\n## ${room}\n`);
      const lines = (section.split("\n## ")[0] as string).split("\n").filter((line) => line.startsWith("- "));
      const listed = lines.map((line) => Number(/^- \((\d+) mutants\) /.exec(line)?.[1] ?? 1));
      expect([room, listed.reduce((sum, count) => sum + count, 0)]).toEqual([room, survived]);
    }
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
