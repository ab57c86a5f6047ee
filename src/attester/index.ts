/** `tee-verify/attester`: the agent's end of a challenge. For Node alone; no native code. */

export {
  type Attester,
  type AttesterOptions,
  createAttester,
  MessageRefusedError,
  type OnMessage,
  type Refusal,
  RefusedError,
} from "./attester.js";
export { type CocoOptions, cocoAgent } from "./coco.js";
export { type CommandOptions, command } from "./command.js";
export { type ConfigfsTsmOptions, configfsTsm, type TsmFileSystem } from "./configfs-tsm.js";
export { type DstackOptions, dstack } from "./dstack.js";
export type { EndorsementOptions } from "./endorsements.js";
export { type FetchHandler, fetchHandler, type HandlerOptions, type NodeHandler, nodeHandler } from "./handlers.js";
export {
  type AttestRequest,
  type Provider,
  ProviderError,
  type ProviderFailure,
  type RawEvidence,
} from "./provider.js";
export type { RateLimits } from "./rate-limit.js";
