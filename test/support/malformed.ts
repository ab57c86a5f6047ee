/** What every reader promises: hostile bytes give a value or a `MalformedError`, and nothing else. */
import { expect } from "vitest";
import { MalformedError } from "../../src/encoding/malformed.js";

/** Expects `read` to throw a `MalformedError` whose reason contains `reason`. */
export function expectMalformed(read: () => unknown, reason: string | RegExp): void {
  const error = thrownBy(read);
  expect(error).toBeInstanceOf(MalformedError);
  expect((error as MalformedError).reason).toMatch(reason);
}

/** Whether `read` gives a value; anything thrown but `MalformedError` is thrown on, so that a property test shows it. */
export function readsOrMalformed(read: () => unknown): boolean {
  const error = thrownBy(read);
  if (error !== undefined && !(error instanceof MalformedError)) throw error;
  return error === undefined;
}

function thrownBy(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return error;
  }
}
