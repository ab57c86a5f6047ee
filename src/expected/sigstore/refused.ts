/** The one answer of every step here that is not yes: why the bundle proves nothing about its signer. */

/** Thrown by the steps of verification and caught by `sigstoreBuild`; `message` is a plain English clause. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** Throws `RefusedError` unless `condition` holds. */
export function expectThat(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new RefusedError(reason);
}
