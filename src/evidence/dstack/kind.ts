/** dstack (Phala Cloud) as a kind that wraps a TDX quote: it adds what the log and the compose file mean, and no second way to verify a quote. */

import type { JsonValue } from "../../encoding/json.js";
import { toHex } from "../../encoding/text.js";
import { dstackLimits, dstackMessages } from "../../messages/dstack.js";
import type { EvidenceKind } from "../kind.js";
import type { CheckDefinition } from "../ledger.js";
import { appraise } from "./appraise.js";
import { reportDataIn } from "./attestation.js";
import { type DstackBundle, parseBundle, recognises } from "./bundle.js";
import { type DstackReference, type DstackValues, readPolicy, readReference } from "./settings.js";
import type { Statement } from "./stated.js";

/** Nothing measures a device id. */
const isMeasured = ({ of }: Statement): boolean => of !== "device_id";

const SPEC = "Dstack-TEE/dstack, attestation";

const CHECKS: readonly CheckDefinition[] = [
  { id: "dstack/format", stage: "parse", spec: SPEC, required: true },
  { id: "dstack/events", stage: "authenticate", spec: SPEC, required: true },
  { id: "dstack/app-compose", stage: "authenticate", spec: SPEC, required: false },
  { id: "dstack/stated", stage: "authenticate", spec: SPEC, required: false },
  { id: "dstack/mr-config-id", stage: "authenticate", spec: SPEC, required: true },
  { id: "dstack/certificate-key", stage: "authenticate", spec: SPEC, required: false },
  { id: "dstack/certificate-chain", stage: "authenticate", spec: SPEC, required: false },
  { id: "dstack/build", stage: "appraise", spec: SPEC, required: true },
];

/** Bundles of dstack guests: information answers with an RA-TLS certificate, quotes with log and compose file, and such a certificate alone. */
export const dstack: EvidenceKind<
  "dstack",
  Readonly<Record<string, never>>,
  DstackReference,
  DstackBundle,
  undefined,
  undefined,
  DstackValues
> = {
  name: "dstack",
  role: "cpu",
  checks: CHECKS,
  formatCheck: "dstack/format",
  wraps: ["tdx"],
  messages: dstackMessages,
  limits: dstackLimits,
  otherEndorsements: "refused",
  recognises,
  parse: parseBundle,
  unwrap: ({ quote, eventLog }) => [
    {
      name: "quote",
      role: "cpu",
      bytes: quote,
      endorsements: [],
      accept: ["tdx"],
      binding: "caller",
      // What the events must be, `dstack/build` says: RTMR3 is accounted for where they replay.
      companions: new Map<string, JsonValue>([
        ["eventLog", eventLog],
        ["eventsJudged", true],
      ]),
    },
  ],
  needs: () => [],
  authenticate: () => Promise.resolve({ trusted: undefined }),
  appraise,
  // Judged where the quote is; here for what is bound beside it, GPUs say.
  slots: ({ quote }) => [{ name: "reportData", size: 64, value: reportDataIn(quote) }],
  claims: ({ statements, appCompose }) => ({
    ...Object.fromEntries(statements.filter(isMeasured).map(({ of, value }) => [of, toHex(value)])),
    appCompose: appCompose ?? null,
  }),
  map: () => [],
  readPolicy,
  readReference,
};
