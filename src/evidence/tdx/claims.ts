/** A TDX quote as normalised claims: plain JSON under the specification's names. */

import { toHex } from "../../encoding/text.js";
import type { Slot } from "../../expected/binding.js";
import type { Claims } from "../../verdict.js";
import { dcapClaims } from "../dcap/claims.js";
import { ATTRIBUTE_NAMES, hasAttribute, mask } from "./attributes.js";
import type { TdxTrusted } from "./authenticate.js";
import type { ReplayedLog } from "./event-log/replay.js";
import type { TdxQuote } from "./report.js";

/** The one place where a TD report can carry a binding. */
export function slots({ report }: TdxQuote): readonly [Slot] {
  return [{ name: "reportData", size: 64, value: report.reportData }];
}

/** Longest payload that a claim shows, in bytes. */
const MAX_SHOWN_PAYLOAD = 4_096;

/** What was replayed: run-time events by name, and every event in its order. A payload is shown where its digest is of it. */
function logClaims({ events, list }: ReplayedLog): Claims {
  return {
    events: Object.fromEntries([...events].map(([name, payload]) => [name, toHex(payload)])),
    eventLog: list.map(({ register, type, digest, name, payload }) => ({
      register: `rtmr${register}`,
      type,
      digest: toHex(digest),
      ...(name === "" ? {} : { name }),
      ...(payload === undefined || payload.length > MAX_SHOWN_PAYLOAD ? {} : { payload: toHex(payload) }),
    })),
  };
}

export function claims(quote: TdxQuote, trusted: TdxTrusted | undefined): Claims {
  const { report, bodyType } = quote;
  const tdAttributes: Record<string, string | boolean> = { raw: mask(report.tdAttributes) };
  for (const name of ATTRIBUTE_NAMES) tdAttributes[name] = hasAttribute(report.tdAttributes, name);
  const log = trusted?.log === undefined ? {} : logClaims(trusted.log);
  return Object.assign(dcapClaims(quote, report, trusted), { bodyType, tdAttributes }, log);
}
