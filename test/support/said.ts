/**
 * What verdicts say, held against a record that a person has read: per verdict the line of each check (status, code, parameters), what it
 * covers, its freshness and its limits. Of all but the first verdict of a kind the record has the lines that differ from the first.
 * After a change of words or parameters: `TEE_VERIFY_RECORD=1 npx vitest run <the test>`, and read the difference.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Verdict } from "../../src/verdict.js";
import { repositoryRoot } from "./shared.js";

type Lines = Readonly<Record<string, string>>;

/** Long hex is told by its start and its length: the rest is the forge's and would hide the sentence. */
const shorten = (text: string): string =>
  text.replace(/[0-9a-f]{33,}/g, (hex) => `${hex.slice(0, 16)}..${hex.length / 2}`);

function linesOf(verdict: Verdict): Lines {
  const { outcome, covers, freshness, channel, limits, meta, parts } = verdict;
  const checks = verdict.checks.map(({ id, part, stage, status, code, params, blockedBy, notice }) => [
    part === parts[0]?.path ? id : `${id} of ${part}`,
    [status, code, blockedBy, notice, stage, JSON.stringify(params)].filter((item) => item !== undefined).join(" "),
  ]);
  return Object.fromEntries(
    [
      ["kind", parts[0]?.kind ?? "none"],
      ["verdict", [outcome, covers, freshness, JSON.stringify(channel), meta.validUntil ?? "no end"].join(", ")],
      ["limits", limits.join(" ")],
      ...checks,
    ].map(([id, line]) => [id as string, shorten(line as string)]),
  );
}

/** Registers a test for each verdict: it says what `test/evidence/ROOM/said.json` has under its name, or another file beside it. */
export function itSays(
  room: string,
  verdicts: Readonly<Record<string, () => Promise<Verdict>>>,
  file = "said.json",
): void {
  const path = join(repositoryRoot, "test", "evidence", room, file);
  const record = (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}) as Record<string, Lines>;
  const now: Record<string, Lines> = {};
  const recording = process.env["TEE_VERIFY_RECORD"] === "1";

  describe("what the verdict says", () => {
    for (const [name, verdict] of Object.entries(verdicts)) {
      it(name, async () => {
        const lines = linesOf(await verdict());
        const known = Object.entries(recording ? now : record).find(([, { kind }]) => kind === lines["kind"]);
        const base = known?.[0] === name ? {} : known?.[1];
        now[name] = Object.fromEntries(Object.entries(lines).filter(([id, line]) => base?.[id] !== line));
        if (!recording) expect(now[name]).toEqual(record[name]);
      });
    }
    it("and the record has no other", () => {
      if (!recording) expect(Object.keys(record)).toEqual(Object.keys(verdicts));
    });
    afterAll(() => {
      if (recording) writeFileSync(path, `${JSON.stringify(now, null, 2)}\n`);
    });
  });
}
