/** What a step of Sigstore's verification says where it does not pass. */
import { MalformedError } from "../../src/encoding/malformed.js";
import { RefusedError } from "../../src/expected/sigstore/refused.js";

/** The refusal in words, `malformed: ` before what is no bundle; `none` where there is none. */
export async function refusal(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof RefusedError) return error.message;
    if (error instanceof MalformedError) return `malformed: ${error.reason}`;
    throw error;
  }
  return "none";
}
