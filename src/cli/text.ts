/** Text for a terminal: hostile characters made visible, wrapping, and colour where there is colour. */

import type { Terminal } from "./io.js";

/** Control, format, private and unassigned characters, and separators of lines: none may reach a terminal from evidence or a file name. */
export function safe(text: string): string {
  // Nearly all text is this, and the tables of Unicode take longer to load than a signature to verify.
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

/** Lines of at most `width`, the first starting after `indent` columns that are there already; words longer than a line are cut. */
export function wrap(text: string, width: number, indent = 0): string {
  const room = Math.max(16, width - indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((part) => chunks(part, room))) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/** A word, or the pieces of one that no line can hold (a digest in hex). An address stays whole, to be copied or clicked. */
function chunks(word: string, room: number): readonly string[] {
  if (word.length <= room || /^https?:/.test(word)) return [word];
  return Array.from({ length: Math.ceil(word.length / room) }, (_, index) =>
    word.slice(index * room, (index + 1) * room),
  );
}

export type Paint = (text: string) => string;

/** Meanings, not colours: every one of them is also said in words and by a symbol. */
export interface Theme {
  readonly good: Paint;
  readonly bad: Paint;
  readonly unknown: Paint;
  readonly faint: Paint;
  readonly strong: Paint;
  readonly symbols: Readonly<
    Record<"passed" | "failed" | "undetermined" | "skipped" | "waived" | "notice" | "bullet", string>
  >;
}

const UNICODE = { passed: "✔", failed: "✘", undetermined: "?", skipped: "·", waived: "○", notice: "!", bullet: "·" };
const ASCII = { passed: "+", failed: "x", undetermined: "?", skipped: ".", waived: "o", notice: "!", bullet: "-" };

export function themeOf({ colour, unicode }: Terminal): Theme {
  // The eight basic colours: what they look like is the choice of whoever set up the terminal.
  const paint =
    (code: string): Paint =>
    (text) =>
      colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    good: paint("1;32"),
    bad: paint("1;31"),
    unknown: paint("1;33"),
    faint: paint("2"),
    strong: paint("1"),
    symbols: unicode ? UNICODE : ASCII,
  };
}
