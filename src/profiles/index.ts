/** `tee-verify/profiles`: conventions of platforms that build on a kind of evidence, as reference values and binding layouts. */

export { type AutomataOutput, isOutputOf, readAutomataOutput } from "./automata.js";
export { dstackEnclave, dstackInstance, inUserData } from "./dstack-nitro.js";
export { fleekChannel } from "./fleek.js";
export { type LitHash, type LitNode, litNode } from "./lit.js";
export { hexNonce, hexNonceAndKey, userDataSha256 } from "./nitro-nonce.js";
export { oysterEnclave, oysterInstance, oysterUserRegister } from "./oyster.js";
export { type SecretVm, secretVm, secretVmCertificate } from "./secretvm.js";
