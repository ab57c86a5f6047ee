/** Forged TDX and SGX quotes put to the library, with what they need beside them, and what it says of them. */
import { AT, forgeCollateral, type Scene } from "../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../fixtures/intel/pki.js";
import { forgeQuote, type QuoteRequest } from "../../fixtures/intel/quote.js";
import { sgx } from "../../src/evidence/sgx/kind.js";
import type { SgxPolicy } from "../../src/evidence/sgx/settings.js";
import { tdx } from "../../src/evidence/tdx/kind.js";
import type { TdxPolicy } from "../../src/evidence/tdx/settings.js";
import { isSafeguardWaived } from "../../src/messages/waived.js";
import type { Verdict } from "../../src/verdict.js";
import { createVerifier, type OptionsOf } from "../../src/verifier.js";

type Options = OptionsOf<readonly [typeof tdx, typeof sgx]>;

export const verifier = createVerifier([tdx, sgx]);

export interface Putting {
  /** How to forge the quote, or the quote itself. */
  readonly quote?: QuoteRequest | Uint8Array | string;
  /** Collateral in place of the right one; `null` leaves an item out. */
  readonly scene?: { readonly [Name in keyof Scene]?: Scene[Name] | null };
  readonly tdx?: TdxPolicy;
  readonly sgx?: SgxPolicy;
  /** More endorsements. */
  readonly more?: readonly (Uint8Array | string)[];
  readonly options?: Partial<Options>;
}

const scenes = new Map<string, Scene>();

/** The right collateral of a TEE, forged once. */
export function rightScene(tee: "tdx" | "sgx"): Scene {
  const scene = scenes.get(tee) ?? forgeCollateral(tee);
  scenes.set(tee, scene);
  return scene;
}

export async function put(putting: Putting = {}): Promise<Verdict> {
  const { quote = {}, scene = {}, more = [] } = putting;
  const forging = typeof quote === "object" && !(quote instanceof Uint8Array);
  const tee = forging && quote.tee === "sgx" ? "sgx" : "tdx";
  const items = Object.values({ ...rightScene(tee), ...scene }).filter((item) => item !== null);
  return verifier.verify(forging ? forgeQuote(quote) : quote, {
    expected: "any-build",
    binding: "unbound",
    endorsements: [...items, ...more],
    at: AT,
    trustAnchors: { intel: [forgeRoot()] },
    policy: {
      ...(putting.tdx === undefined ? {} : { tdx: putting.tdx }),
      ...(putting.sgx === undefined ? {} : { sgx: putting.sgx }),
    },
    ...putting.options,
  });
}

/** Outcome, and each check that is neither passed nor waived for a reason of the caller's, as `name code`. */
export async function say(putting: Putting = {}): Promise<string> {
  return summary(await put(putting));
}

export function summary(verdict: Verdict): string {
  const findings = verdict.checks
    .filter(
      ({ status, code }) => status === "failed" || status === "undetermined" || isSafeguardWaived({ status, code }),
    )
    .map(({ id, code, status }) => `${id.slice(id.indexOf("/") + 1)} ${status === "waived" ? "waived" : code}`);
  return [verdict.outcome, ...findings].join(", ");
}
