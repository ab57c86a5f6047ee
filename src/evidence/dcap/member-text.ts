/** The exact text of a member of a JSON object: Intel signs the bytes of the inner object as they are served (design, rule 2). */

import { MalformedError } from "../../encoding/malformed.js";

/**
 * The text of the value of `name` at the top of `text`, which must be an object that `parseJson` has read: it is valid JSON
 * and no name stands twice.
 * @throws MalformedError where there is no such member
 */
export function memberText(text: string, name: string): string {
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at);
    const found = JSON.parse(text.slice(at, nameEnd)) as string;
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    if (found === name) return text.slice(start, end);
    at = skipSpace(text, skipSpace(text, end) + 1);
  }
  throw new MalformedError(`JSON without ${name}`);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(text[at] ?? "x")) at++;
  return at;
}

/** Just behind the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Brackets outside strings are counted; a bare number or literal ends before the white space that follows it. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const character = text[at] as string;
    if (character === '"') at = endOfString(text, at);
    else {
      if (character === "{" || character === "[") depth++;
      if (character === "}" || character === "]") depth--;
      at++;
    }
  } while (depth > 0 || !",} \t\r\n".includes(text[at] as string));
  return at;
}
