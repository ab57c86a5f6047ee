/** What somebody at a terminal can do about a check or a caveat: the catalogue speaks to all callers, this to one with options. */

import type { CaveatId } from "../messages/headline.js";
import type { Check } from "../verdict.js";

export const CAVEAT_HINTS: Readonly<Record<CaveatId, string>> = {
  "custom-anchors": "",
  "any-build": "Say with --expect what it must be.",
  "firmware-only": "",
  unbound: "Send a nonce, and give it with --nonce (and the channel's key with --public-key).",
  allowed: "See WAIVED below.",
};

/** Where the firmware is pinned and that is not enough. */
const FIRMWARE_HINT = "--covers firmware is content with that.";

/** What one can do about this check, or nothing. */
export function hintFor({ code, params }: Check): string | undefined {
  if (code === "covers-too-little") return params["covers"] === "firmware" ? FIRMWARE_HINT : undefined;
  return HINTS[code ?? ""];
}

/** By check code. */
const HINTS: Readonly<Record<string, string>> = {
  "certificate-missing": "--fetch asks the vendor for it; --endorsement FILE takes one that you have.",
  "crl-missing": "--fetch asks the vendor for it; --endorsement FILE takes a list that you have.",
  "collateral-missing": "--fetch asks the vendor for it; --endorsement FILE takes what you have.",
  "certificate-expired": "--at DATE judges as of another time, for evidence that was stored.",
  "certificate-not-yet-valid": "--at DATE judges as of another time.",
  "manifest-missing": "--manifest FILE takes it.",
  "crypto-unavailable": "--crypto noble does it in JavaScript.",
  "kind-not-accepted": "--accept says which kinds are taken.",
};
