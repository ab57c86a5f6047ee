/** Comparison of the binding that was asked for with the nonce of a report, or of a list of them. */

import { toHex } from "../../encoding/text.js";
import { compareBinding, type Slot } from "../../expected/binding.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import { NONCE_BYTES } from "./layout.js";

/** The requester's nonce is the one place for a binding. */
export function nonceSlots({ nonce }: { readonly nonce: Uint8Array }): readonly Slot[] {
  return [{ name: "nonce", size: NONCE_BYTES, value: nonce }];
}

export async function appraiseNonce(
  id: string,
  evidence: { readonly nonce: Uint8Array },
  { ledger, binding, crypto }: Pick<AppraiseContext<unknown, unknown>, "ledger" | "binding" | "crypto">,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const result = await ledger.attempt(id, () => compareBinding(binding, nonceSlots(evidence), crypto));
  if (result === undefined) return { freshness: "none", channel: undefined };
  const { status, expected, found, freshness, channel } = result;
  if (status === "unbound") ledger.waived(id, "unbound", { found: toHex(evidence.nonce) });
  else if (status === "unsupported") ledger.failed(id, "binding-unsupported");
  else ledger.judge(id, status === "matched", "nonce-mismatch", { expected, found });
  return { freshness, channel };
}
