/** Versions of builds and their order: Semantic Versioning 2.0.0, sections 9 to 11, with one to four numbers (OpenClaw counts by date). */

import { demand } from "../../encoding/malformed.js";

const VERSION = /^\d{1,9}(?:\.\d{1,9}){0,3}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z.-]+)?$/;
const MAX_LENGTH = 128;

/** @throws MalformedError for what has no place in the order */
export function demandVersion(text: string, what: string): string {
  demand(text.length <= MAX_LENGTH && VERSION.test(text), `${what} is no version`);
  return text;
}

/** Negative where `a` comes before `b`, 0 where neither does: build metadata has no place in the order (section 10). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  return compareLists(left.numbers, right.numbers, true) || comparePreReleases(left.preRelease, right.preRelease);
}

function split(version: string): { readonly numbers: readonly string[]; readonly preRelease: readonly string[] } {
  const [bare = ""] = version.split("+");
  const dash = bare.indexOf("-");
  const numbers = (dash < 0 ? bare : bare.slice(0, dash)).split(".");
  return { numbers, preRelease: dash < 0 ? [] : bare.slice(dash + 1).split(".") };
}

/** A pre-release comes before its release (section 11.3). */
function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  return compareLists(a, b, false);
}

/** Numbers that are left out count as zero; of two pre-releases with the same start the longer one comes later (section 11.4). */
function compareLists(a: readonly string[], b: readonly string[], filled: boolean): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [left, right] = filled ? [a[i] ?? "0", b[i] ?? "0"] : [a[i], b[i]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const difference = compareIdentifiers(left, right);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Numbers by value and before words, words by their ASCII codes (section 11.4). */
function compareIdentifiers(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left !== right) return left ? -1 : 1;
  if (!left) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
}
