/** English of the component, in one place, ready for translation. */

import type { CaveatId } from "./headline.js";

export const elementTexts = {
  drop: "Drop the agent's attestation here",
  dropHint: "Certificates that belong to it may come along. Everything is judged in this page: nothing is uploaded.",
  paste: "Or paste it: hex, base64, PEM or JSON",
  choose: "Choose files",
  working: "Checking the evidence…",
  asking: "Asking the agent for evidence…",
  failed: "Why not",
  failedCheck: "Does not hold: {title}",
  openCheck: "Open: {title}",
  waivedCheck: "Not asked: {title}",
  missing: "What is missing",
  add: "Add what is missing",
  notices: "Worth knowing",
  unchecked: "Not checked",
  waived: "What you did not ask for",
  passed: "What was checked and holds",
  passedUnverified: "What else was checked. It does not make this a yes",
  limits: "What this does not prove",
  facts: "Time, nonce and channel",
  raw: "Values in the evidence",
  rawUnverified: "Values in the evidence: nobody has vouched for them",
  copy: "Copy as JSON",
  copied: "Copied",
  copyByHand: "The verdict as JSON, to copy by hand",
  again: "Check something else",
  retry: "Try again",
  judgedAt: "Judged as of",
  validUntil: "Holds until",
  answers: "Answers",
  channel: "Channel",
  compared: "Compared",
  nonce: "your nonce",
  timestamp: "no nonce; it is fresh by its own signed time",
  none: "no nonce of yours",
  noChannel: "no key was bound to it",
  keyHash: "key with SHA-256",
  nonceValue: "Nonce",
  asOf: "Judged as of {at}, a time that was given, and not as of now.",
  ownPolicy: "Judged by a policy that was given, in place of the safe defaults.",
  noVerdict: "No answer",
} as const;

/** The answer in words that need no knowledge; a yes with something left open is none. */
export const answerTexts: Readonly<
  Record<"verified" | "build-alone" | "rejected" | "undetermined" | CaveatId, string>
> = {
  verified: "Yes. This is the agent that you expect.",
  "build-alone": "Yes, it is the build that you expect.",
  rejected: "No. Do not trust this agent.",
  undetermined: "Not known. Treat it as a no for now.",
  "custom-anchors": "A test, not a real yes.",
  "any-build": "Real hardware, unknown program. This is not a yes.",
  "firmware-only": "Known firmware, unknown program. This is not a yes.",
  unbound: "It may be a recording. This is not a yes.",
  allowed: "A yes by weaker rules of your own.",
};

/** Why nothing could be judged: the evidence never arrived. None of these is a verdict. */
export const networkTexts: Readonly<Record<NetworkFailure, string>> = {
  offline: "There is no network. Nothing is known about the agent.",
  unreachable:
    "The address did not answer this page. It may be down, or not allow other sites to ask (CORS). Nothing is known about the agent.",
  timeout: "The address did not answer in time. Nothing is known about the agent.",
  status: "The address answered with an error ({status}). Nothing is known about the agent.",
  "too-large": "The answer is larger than any evidence. Nothing is known about the agent.",
  empty: "The answer is empty. Nothing is known about the agent.",
  unreadable: "The file could not be read. Nothing is known about the agent.",
  challenge: "The agent could not be asked: {reason}. Nothing is known about it.",
  misuse: "The expectation or binding given here cannot be used: {reason}. Nothing was judged.",
};

export type NetworkFailure =
  | "offline"
  | "unreachable"
  | "timeout"
  | "status"
  | "too-large"
  | "empty"
  | "unreadable"
  | "challenge"
  | "misuse";
