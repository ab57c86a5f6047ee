/** Demands as a table: each row reads the member of its name, and the names of the rows are the members that there are. */

import { readBoolean, readChoice, readDigest, readInteger, readObject, readSet } from "./read.js";

/** Reads what a caller wrote; `what` names it in errors. @throws TypeError */
export type Read<T> = (value: unknown, what: string) => T;

type Table = Readonly<Record<string, Read<unknown>>>;

/** What a table reads: those members that were given. */
export type Demands<Rows extends Table> = { readonly [Name in keyof Rows]?: ReturnType<Rows[Name]> };

/** The members of `value` that are there, each read by its row. A member without a row is a mistake. @throws TypeError */
export function readDemands<Rows extends Table>(value: unknown, what: string, rows: Rows): Demands<Rows> {
  const given = readObject(value, Object.keys(rows), what);
  const names = Object.keys(rows).filter((name) => given[name] !== undefined);
  return Object.fromEntries(
    names.map((name) => [name, (rows[name] as Read<unknown>)(given[name], `${what}.${name}`)]),
  ) as Demands<Rows>;
}

/** `readDemands` of reference values, of which at least one must be there: an expectation of nothing is a mistake. @throws TypeError */
export function readExpectations<Rows extends Table>(value: unknown, what: string, rows: Rows): Demands<Rows> {
  const read = readDemands(value, what, rows);
  if (Object.keys(read).length === 0) throw new TypeError(`${what} must demand something`);
  return read;
}

export const integer =
  (max?: number): Read<number> =>
  (value, what) =>
    readInteger(value, what, max);

export const choice =
  <Name extends string>(...choices: readonly Name[]): Read<Name> =>
  (value, what) =>
    readChoice(value, choices, what);

/** One or a non-empty list. */
export const setOf =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value, what) =>
    readSet(value, what, read);

/** A set of byte strings of one length. */
export const digests = (length: number): Read<readonly Uint8Array[]> =>
  setOf((value, what) => readDigest(value, length, what));

/** What the defaults reject and the caller takes. An empty list allows nothing, as leaving it out does. */
export const allowances =
  <Name extends string>(...names: readonly Name[]): Read<readonly Name[]> =>
  (value, what) =>
    Array.isArray(value) && value.length === 0 ? [] : readSet(value, what, choice(...names));

/** Flags that must have a value. */
export const flags =
  <Name extends string>(names: readonly Name[]): Read<ReadonlyMap<Name, boolean>> =>
  (value, what) =>
    new Map(
      Object.entries(readObject(value, names, what)).map(([name, flag]) => [
        name as Name,
        readBoolean(flag, `${what}.${name}`),
      ]),
    );
