/** Everything in one file for pages without a build step: the front door, both crypto back ends and the component (design, rule 11). */

import { noble } from "./crypto/noble.js";
import { defineTeeVerify } from "./element/element.js";
import { backEnd } from "./element/inputs.js";
import * as front from "./index.js";

export * from "./front-door.js";
export { nitro, sevSnp, sgx, tdx } from "./index.js";
export { defineTeeVerify, noble };

type Front = typeof front;

/** `verify` of tee-verify; where a page has no WebCrypto, JavaScript does the cryptography. */
export const verify: Front["verify"] = async (evidence, options) => front.verify(evidence, withBackEnd(options));
/** `requireVerified` of tee-verify; where a page has no WebCrypto, JavaScript does the cryptography. */
export const requireVerified: Front["requireVerified"] = async (evidence, options) =>
  front.requireVerified(evidence, withBackEnd(options));
export const inspect: Front["inspect"] = (evidence) => front.inspect(evidence);

type Options = Parameters<Front["verify"]>[1];

/** Options that are no object are refused by the front door, in its own words. */
function withBackEnd(options: Options): Options {
  return typeof options === "object" && options !== null ? { ...backEnd(), ...options } : options;
}
