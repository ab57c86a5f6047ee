/** Forged dstack bundles put to the library under the forge's roots. */
import { type DstackRequest, type ForgedDstack, forgeDstack } from "../../fixtures/dstack/bundle.js";
import { AT } from "../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../fixtures/intel/pki.js";
import { type dstack, type OptionsOf, type tdx, type Verdict, verify } from "../../src/dstack.js";
import { rightScene } from "./dcap.js";

export type Options = Partial<OptionsOf<readonly [typeof dstack, typeof tdx]>>;

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What a relying party says of the forged agent: its system, and its compose hash. */
export function expectedOf({ system, composeHash }: ForgedDstack): NonNullable<Options["expected"]> {
  return { tdx: system, dstack: { composeHash: hex(composeHash) } };
}

const UNDER_THE_FORGE: Options = {
  endorsements: Object.values(rightScene("tdx")),
  at: AT,
  trustAnchors: { intel: [forgeRoot()] },
};

/** Judges evidence as it stands. */
export function judgeAs(evidence: string | Uint8Array, options: Options = {}): Promise<Verdict> {
  return verify(evidence, { expected: "any-build", binding: "unbound", ...UNDER_THE_FORGE, ...options });
}

/** Judges a forged Info answer against what the right agent is. */
export function judge(request: DstackRequest = {}, options: Options = {}): Promise<Verdict> {
  const expected = expectedOf(forgeDstack({ compose: request.compose ?? forgeDstackCompose() }));
  return judgeAs(JSON.stringify(forgeDstack(request).info), { expected, ...options });
}

/** Of the right agent. */
function forgeDstackCompose(): string {
  return JSON.parse(JSON.stringify(forgeDstack().answer)).app_compose as string;
}

export const checkOf = (verdict: Verdict, id: string) => verdict.checks.find((check) => check.id === id);

/** `id code` of each check that failed. */
export function failures(verdict: Verdict): readonly string[] {
  return verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id} ${code}`);
}
