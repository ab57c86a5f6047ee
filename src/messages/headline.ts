/** The outcome in one sentence, and what was not checked, for the terminal and the page. Green is for what was checked, all of it. */

import type { Check, Verdict } from "../verdict.js";
import { isSafeguardWaived } from "./waived.js";

export type Tone = "good" | "bad" | "unknown";

export interface Headline {
  readonly tone: Tone;
  readonly label: string;
  readonly sentence: string;
  /** What this verdict leaves open because the caller did not ask. */
  readonly caveats: readonly { readonly id: CaveatId; readonly text: string }[];
}

/** Ids of what a caller can leave open. */
export type CaveatId = "custom-anchors" | "any-build" | "firmware-only" | "unbound" | "allowed";

const HARDWARE: Readonly<Record<string, string>> = {
  "sev-snp": "AMD SEV-SNP",
  tdx: "Intel TDX",
  sgx: "Intel SGX",
  nitro: "AWS Nitro",
  "nitro-tpm": "AWS EC2 (NitroTPM)",
  "azure-cvm": "Azure confidential VM",
  "azure-aci": "Azure confidential container",
  "gce-cvm": "Google confidential VM",
  dstack: "Intel TDX (dstack)",
  "nvidia-gpu": "NVIDIA GPU",
  "nvidia-switch": "NVIDIA NVSwitch",
  "nvidia-evidence": "NVIDIA GPU",
  "arm-cca": "Arm CCA",
  "arm-psa": "Arm PSA",
  maa: "Microsoft Azure Attestation",
  "confidential-space": "Google Confidential Space",
  ita: "Intel Trust Authority",
  nras: "NVIDIA's attestation service",
  ear: "the verifier that signed it",
};

/** A token is somebody's word for hardware that nobody has looked at here. */
export function isToken({ parts }: Verdict): boolean {
  return parts[0]?.role === "token";
}

/** The hardware in words, for a token who signed it, or the name of the kind. */
export function hardwareOf(verdict: Verdict): string {
  const kind = verdict.parts[0]?.kind;
  return kind === undefined ? "evidence" : (HARDWARE[kind] ?? kind);
}

export function headlineOf(verdict: Verdict): Headline {
  const caveats = CAVEATS.filter(({ applies }) => applies(verdict));
  const texts = caveats.map(({ id, text }) => ({ id, text }));
  if (verdict.outcome !== "verified") return { ...UNVERIFIED[verdict.outcome](verdict), caveats: texts };
  const [first] = caveats;
  const token = isToken(verdict);
  const hardware = token
    ? `hardware that ${hardwareOf(verdict)} vouches for`
    : `genuine ${hardwareOf(verdict)} hardware`;
  if (first !== undefined) {
    const label = token ? first.label.replace("GENUINE HARDWARE", "GENUINE TOKEN") : first.label;
    return { tone: "unknown", label, sentence: first.sentence(hardware), caveats: texts };
  }
  return { tone: "good", label: "VERIFIED", sentence: verifiedSentence(verdict, hardware), caveats: [] };
}

function verifiedSentence({ freshness, channel }: Verdict, hardware: string): string {
  const build = `The build that you expect runs on ${hardware}`;
  if (freshness === "nonce" && channel !== "none")
    return `${build}, it answers your question, and the channel is its own.`;
  if (freshness === "nonce") return `${build}, and it answers your question.`;
  if (channel !== "none") return `${build}, and the channel is its own.`;
  return `${build}, and it carries the data that you gave.`;
}

interface Caveat {
  readonly id: CaveatId;
  readonly label: string;
  readonly text: string;
  applies(verdict: Verdict): boolean;
  sentence(hardware: string): string;
}

const waived = ({ checks }: Verdict, code: string): boolean =>
  checks.some((check) => check.status === "waived" && check.code === code);

/** In the order of what weighs more: the first that applies names the outcome. */
const CAVEATS: readonly Caveat[] = [
  {
    id: "custom-anchors",
    label: "HOLDS UNDER YOUR OWN TRUST ANCHORS",
    text: "Judged under trust anchors that you supplied, NOT the vendor's: this says nothing of genuine hardware.",
    applies: ({ meta }) => meta.anchors === "custom",
    sentence: () => "Everything holds under the trust anchors that you supplied, which are not the vendor's.",
  },
  {
    id: "any-build",
    label: "GENUINE HARDWARE, BUILD NOT COMPARED",
    text: "The build was NOT compared with anything: this may be any software.",
    applies: (verdict) => waived(verdict, "any-build"),
    sentence: (hardware) => `It is ${hardware}; what runs on it you did not ask.`,
  },
  {
    id: "firmware-only",
    label: "GENUINE FIRMWARE, GUEST NOT COMPARED",
    text: "Only the firmware was compared: what the guest above it runs is not known.",
    applies: ({ outcome, covers }) => outcome === "verified" && covers === "firmware",
    sentence: (hardware) =>
      `The firmware that you expect runs on ${hardware}; the guest above it you did not ask about.`,
  },
  {
    id: "unbound",
    label: "EXPECTED BUILD, BUT PERHAPS A RECORDING",
    text: "Nothing shows that it is fresh or whose it is: it may be a RECORDING, or another machine's.",
    applies: (verdict) => waived(verdict, "unbound"),
    sentence: (hardware) =>
      `The build that you expect did run on ${hardware}; when, and whether you are talking to it, you did not ask.`,
  },
  {
    id: "allowed",
    label: "EXPECTED BUILD, SAFEGUARDS WAIVED BY YOUR POLICY",
    text: "Your policy takes what the safe defaults reject.",
    applies: ({ checks }) => checks.some(isSafeguardWaived),
    sentence: (hardware) => `The build that you expect runs on ${hardware}, less safe than the defaults demand.`,
  },
];

type Words = Omit<Headline, "caveats">;

const UNVERIFIED: Readonly<Record<"rejected" | "undetermined", (verdict: Verdict) => Words>> = {
  rejected: ({ checks }) => ({ tone: "bad", label: "REJECTED", sentence: rejection(checks) }),
  undetermined: ({ checks }) => ({
    tone: "unknown",
    label: "UNDETERMINED",
    sentence: `Neither yes nor no: ${checks.some(isOpen) ? "something that the answer needs is missing" : "nothing was checked"}. Until that changes, treat this as not verified.`,
  }),
};

const isOpen = ({ required, status }: Check): boolean => required && status === "undetermined";

function rejection(checks: readonly Check[]): string {
  const failed = (stage: Check["stage"]): boolean =>
    checks.some((check) => check.stage === stage && check.status === "failed");
  const faults = checks.filter(({ status, stage }) => status === "failed" && stage !== "appraise");
  if (faults.length > 0 && faults.every(({ code }) => code === "unrecognised"))
    return "It is of no kind that is known here, so whether it is genuine is not known. Do not trust it.";
  if (failed("parse") && !faults.every(({ id }) => id === "evidence/endorsements"))
    return "These bytes are not what they should be. Trust nothing in them.";
  if (faults.length > 0) return authenticity(faults);
  const open = checks.some(
    ({ stage, required, status }) => stage === "authenticate" && required && status !== "passed" && status !== "waived",
  );
  return open
    ? "It is not what you demand, and whether it is genuine is not known. Do not trust it."
    : "Its signatures are genuine, and what they vouch for is not what you demand. Do not trust it with a secret.";
}

/** The vendor's word was for another time: no signature has failed. */
const DATED: readonly string[] = [
  "certificate-not-yet-valid",
  "certificate-expired",
  "crl-not-yet-valid",
  "crl-expired",
  "collateral-not-yet-valid",
  "collateral-expired",
];
/** The vendor's word is about another machine, or of another authority. */
const MISPLACED: readonly string[] = ["collateral-mismatch", "crl-issuer-mismatch", "tcb-mismatch", "chip-mismatch"];
/** Under the key of another machine or level the report's signature does not hold, whoever made it. */
const KEY_OF_ANOTHER: readonly string[] = ["tcb-mismatch", "chip-mismatch"];

/** What failed of the endorsements says nothing of the evidence: only what failed beside it does. */
function authenticity(faults: readonly Check[]): string {
  const is = (codes: readonly string[]) => (check: Check) => codes.includes(check.code ?? "");
  const anothers = faults.some(is(KEY_OF_ANOTHER));
  const own = faults.filter(
    (check) =>
      !is(DATED)(check) &&
      !is(MISPLACED)(check) &&
      check.id !== "evidence/endorsements" &&
      !(anothers && check.id === "sev-snp/report-signature"),
  );
  if (own.length > 0) return "It is not genuine. Trust nothing that it says.";
  if (faults.every(is(DATED)))
    return "What vouches for it is not valid at the time of judgement: out of date, or of a later time. No signature failed; do not trust it until that is settled.";
  return "What was given to vouch for it is another's, or cannot be read, so whether it is genuine is not known. Do not trust it.";
}
