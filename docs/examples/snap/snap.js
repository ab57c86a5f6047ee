/** A Snap that verifies agents: hardened JavaScript, no network, and nothing from the page but plain JSON. */

import { verify } from "tee-verify";
import { noble } from "tee-verify/noble";

/**
 * `verifyAgent` with `{ evidence, expected, nonce, publicKey }` (text; nonce and key in hex) answers with the outcome and the reasons.
 * `trusted` stands for what the Snap itself pins and no page may choose.
 */
export async function onRpcRequest({ request }, trusted = {}) {
  if (request.method !== "verifyAgent") throw new Error(`there is no method ${request.method}`);
  const { evidence, expected, nonce, publicKey } = request.params;
  const verdict = await verify(evidence, {
    expected,
    binding: { nonce: bytes(nonce), publicKey: bytes(publicKey) },
    ...(globalThis.crypto?.subtle === undefined ? { crypto: noble } : {}),
    ...trusted,
  });
  return {
    outcome: verdict.outcome,
    anchors: verdict.meta.anchors,
    crypto: verdict.meta.crypto,
    reasons: verdict.checks
      .filter(({ status }) => status === "failed" || status === "undetermined")
      .map(({ id }) => id),
  };
}

function bytes(hex) {
  if (typeof hex !== "string" || !/^(?:[0-9a-f]{2})+$/i.test(hex)) throw new Error("nonce and publicKey are hex");
  return Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
}
