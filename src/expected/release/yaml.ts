/** The plain subset of YAML in which every reader sees the same keys: block maps, one entry a line, quotes and brackets closed where they open. */

export interface Member {
  readonly key: string;
  /** What stands behind the colon; comments are left. */
  readonly value: string;
  /** The lines that are indented further. */
  readonly inside: readonly string[];
}

const KEY = /^([A-Za-z0-9_][A-Za-z0-9_.-]*):(?: +(.*))?$/;
/** A second document, directives, tabs, other line ends than readers agree on, and characters that some drop. */
const NOT_OF_THE_SUBSET = /\t|^(?:---|\.\.\.|%)|[^\x20-\x7e\u00a1-\u2027\u202a-\ufefe]/;

export const isMeaningful = (line: string): boolean => !["", "#"].includes(line.trimStart().slice(0, 1));
export const indentOf = (line: string): number => line.length - line.trimStart().length;

/**
 * Whether no line, however deep, leaves a quote or bracket open: readers take what follows as text up to the closing one, whatever its indent,
 * and keys that stand there are none. Blocks of text (`|`, `>`) are text for everybody.
 */
export function isPlainYaml(lines: readonly string[]): boolean {
  if (lines.some((line) => NOT_OF_THE_SUBSET.test(line))) return false;
  let block: number | undefined;
  for (const line of lines.filter(isMeaningful)) {
    if (block !== undefined && indentOf(line) > block) continue;
    const [dashes = ""] = /^ *(?:- +)*/.exec(line) ?? [];
    const item = line.slice(dashes.length).trimEnd();
    const value = behindKey(item);
    const opens = /^[|>][+-]?(?: +#.*)?$/.test(value);
    // The text belongs to the key, or to the item of a list; by itself on a line, to something above.
    block = !opens ? undefined : value === item ? dashes.lastIndexOf("-") : dashes.length;
    if (block === -1 || !(opens || closed(value))) return false;
  }
  return true;
}

const QUOTED_KEY = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*') *:(?: +(.*))?$/;

/** What stands behind the key of a line, or all of it. */
function behindKey(item: string): string {
  const quoted = QUOTED_KEY.exec(item);
  if (quoted !== null) return quoted[1] ?? "";
  const colon = /^["'[{&*!?|>]/.test(item) ? -1 : item.search(/:(?: |$)/);
  return item.slice(colon + 1).trimStart();
}

const QUOTED = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')(?: +#.*)?$/;
/** Without brackets inside, also quoted ones, and without comments, behind which it would go on. */
const FLOW =
  /^(?:\[(?:[^[\]{}"'\\#]|"(?:[^"\\[\]{}]|\\.)*"|'[^'[\]{}]*')*\]|\{(?:[^[\]{}"'\\#]|"(?:[^"\\[\]{}]|\\.)*"|'[^'[\]{}]*')*\})(?: +#.*)?$/;

/** Whether quotes and brackets end on the line where they begin, and no anchor, alias, tag or complex key stands there. */
function closed(value: string): boolean {
  if (/^(?:[&*!|>]|\?(?: |$))/.test(value)) return false;
  if (/^["']/.test(value)) return QUOTED.test(value);
  if (/^[[{]/.test(value)) return FLOW.test(value);
  return true;
}

/** The keys at this indent with what belongs to them; `undefined` for anything but plain keys, each once. */
export function membersOf(lines: readonly string[], indent: number): readonly Member[] | undefined {
  const members: { key: string; value: string; inside: string[] }[] = [];
  const keys = new Set<string>();
  for (const line of lines) {
    const depth = indentOf(line);
    const last = members.at(-1);
    // A sequence may stand at the indent of its key.
    if (depth > indent || (depth === indent && /^-(?: |$)/.test(line.slice(indent)) && last?.value === "")) {
      if (last === undefined) return undefined;
      last.inside.push(line);
      continue;
    }
    const [, key, value = ""] = (depth === indent ? KEY.exec(line.slice(indent)) : null) ?? [];
    if (key === undefined || keys.has(key)) return undefined;
    keys.add(key);
    members.push({ key, value: value.startsWith("#") ? "" : value.trimEnd(), inside: [] });
  }
  return members;
}
