/** How the English of checks is kept: templates by check id and code, with `{name}` for a parameter. Ready for translation. */

/** The texts of one check. */
export interface CheckMessages {
  readonly title: string;
  readonly passed: string;
  /** By code: why it failed, is undetermined or was waived, what that means and what to do. */
  readonly codes: Readonly<Record<string, string>>;
  /** By id: something to know about a check that passed. */
  readonly notices?: Readonly<Record<string, string>>;
}

/** By check id. */
export type MessageCatalogue = Readonly<Record<string, CheckMessages>>;

/** By limit id: what a verdict does not prove. */
export type LimitCatalogue = Readonly<Record<string, string>>;

/** Puts parameters into a template; lists are joined with commas. Parameters are data and never become template. */
export function fill(template: string, params: Readonly<Record<string, unknown>>): string {
  const pieces = template.split(/[{}]/);
  for (let i = 1; i < pieces.length; i += 2) {
    const name = pieces[i] as string;
    pieces[i] = Object.hasOwn(params, name) ? show(params[name]) : name;
  }
  return pieces.join("");
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join(", ");
  return printable(typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));
}

/** Text from evidence may carry terminal escapes, line breaks or right-to-left marks: such characters become visible escapes. */
function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
}

const PLAIN = /^[\x20-\x7e]*$/;
