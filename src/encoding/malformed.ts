/** The one error that readers throw: bytes that do not have the form their specification demands. */

/**
 * Thrown by every reader in `encoding/`, `trust/` and `evidence/` and by nothing else.
 * `offset` counts bytes (characters for text) from the start of the input that was being read; `reason` is a plain English clause.
 */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
  readonly reason: string;
  readonly offset: number;

  constructor(reason: string, offset = 0) {
    super(`${reason} (at offset ${offset})`);
    this.reason = reason;
    this.offset = offset;
  }
}

/** Throws `MalformedError` unless `condition` holds. */
export function demand(condition: boolean, reason: string, offset = 0): asserts condition {
  if (!condition) throw new MalformedError(reason, offset);
}
