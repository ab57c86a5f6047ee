/** English of the component and the page, in one place, ready for translation. */

export const elementTexts = {
  drop: "Drop an attestation report here, paste it, or choose a file.",
  choose: "Choose a file",
  private: "It is judged in this page. Nothing is uploaded.",
  working: "Checking the evidence…",
  asking: "Asking the agent for evidence…",
  failed: "What stands against it",
  missing: "What is missing",
  notices: "Worth knowing",
  unchecked: "Not checked",
  waived: "What you chose not to demand",
  passed: "What was checked and holds",
  limits: "What this does not prove",
  raw: "Values in the evidence",
  rawUnverified: "Values in the evidence — nobody has vouched for them",
  facts: "Summary",
  copy: "Copy the verdict as JSON",
  copied: "Copied",
  again: "Check something else",
  judgedAt: "Judged at",
  validUntil: "Holds until",
  answers: "Answers",
  channel: "Channel",
  compared: "Compared",
  nonce: "your nonce",
  timestamp: "no nonce; it is fresh by its own signed time",
  none: "nothing: it may be a recording",
  noChannel: "no key was bound to it",
  keyHash: "key with SHA-256",
} as const;

/** Why nothing could be judged: the evidence never arrived. None of these is a verdict. */
export const networkTexts: Readonly<Record<NetworkFailure, string>> = {
  offline: "There is no network. The evidence could not be fetched, so nothing is known about it.",
  unreachable:
    "The address did not answer this page. It may be down, or not allow other sites to ask (CORS). Nothing is known about the agent.",
  timeout: "The address did not answer in time. Nothing is known about the agent.",
  status: "The address answered with an error ({status}). Nothing is known about the agent.",
  "too-large": "The answer is larger than any evidence. It was not read.",
  empty: "The answer is empty. Nothing is known about the agent.",
  misuse: "The expectation or binding given to this component is not usable: {reason}",
};

export type NetworkFailure = "offline" | "unreachable" | "timeout" | "status" | "too-large" | "empty" | "misuse";
