/** What the steps of one authentication share. */

import type { TrustAnchor } from "../../trust/anchors.js";
import type { PathFault } from "../../trust/path.js";
import type { Params } from "../../verdict.js";
import type { AuthenticateContext } from "../kind.js";
import { anchorOf, intelAnchors, type PckChain, pckChain, rootsOf } from "./chain.js";
import { type Collateral, readCollateral } from "./collateral.js";
import type { DcapQuote, Tee } from "./quote.js";
import type { DcapSettings } from "./settings.js";

export interface Step {
  readonly tee: Tee;
  readonly quote: DcapQuote;
  readonly context: AuthenticateContext<DcapSettings>;
  /** Read where somebody first asks. */
  readonly collateral: Collateral;
  readonly chain: PckChain;
  readonly anchor: TrustAnchor;
  /** Id of a check of this kind. */
  id(name: string): string;
  /** What is missing, and where it can be had. */
  where(need: string): Params;
}

/** The one algorithm in quotes and collateral; signatures are r || s. */
export const P256_SHA256 = { name: "ECDSA", hash: "SHA-256" } as const;

export function prepare(tee: Tee, quote: DcapQuote, context: AuthenticateContext<DcapSettings>): Step {
  let read: Collateral | undefined;
  const collateral = (): Collateral => {
    read ??= readCollateral(context.endorsements);
    return read;
  };
  const anchors = intelAnchors(context.anchors);
  const own = rootsOf(quote).flatMap((root) => anchorOf(root, anchors) ?? []);
  return {
    tee,
    quote,
    context,
    get collateral() {
      return collateral();
    },
    chain: pckChain(quote, collateral),
    anchor: own[0] ?? (anchors[0] as TrustAnchor),
    id: (name) => `${tee}/${name}`,
    where(id) {
      const found = context.unmet.find(({ need }) => need.id === id);
      const { what = "it", candidates = [], obtain = "Pass it as an endorsement" } = found?.need ?? {};
      const failures = found?.failures ?? [];
      return {
        what,
        addresses: candidates,
        where: candidates.length > 0 ? `Fetch it from ${candidates.join(" or ")}` : obtain,
        tried: failures.length === 0 ? "" : ` Tried: ${failures.join("; ")}.`,
      };
    },
  };
}

/** Passed, or failed with the first fault and the time that it was judged at. */
export function writeFaults(
  { ledger, at }: AuthenticateContext<DcapSettings>,
  id: string,
  faults: readonly PathFault[],
  params: Params,
): void {
  ledger.path(id, faults, faults.length === 0 ? params : { ...params, at: iso(at) });
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}
