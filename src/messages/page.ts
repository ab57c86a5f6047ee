/** English of the page, ready for translation. */

export const pageTexts = {
  title: "Can I trust this agent?",
  lead: "Give the attestation that the agent showed you, and what you expect of it. The answer is worked out here, in this page: nothing that you enter leaves it.",
  paste: "The attestation",
  pasteHint: "A report, quote, document or bundle, as hex, base64, PEM or JSON. Or drop a file on the card below.",
  address: "Or its address",
  addressHint: "The page asks this address for it.",
  expect: "What it must be",
  expectHint:
    "A build hash (build:sha256:…) or a measurement. Left empty, the build is not compared, and the answer says so.",
  nonce: "Your nonce",
  nonceHint: "The random number that you sent, in hex. Left empty, it may be a recording.",
  publicKey: "The agent's key",
  publicKeyHint: "The public key that you talk to (DER, hex or base64).",
  at: "As of",
  atHint: "For stored evidence: a date such as 2026-03-01. Left empty: now.",
  check: "Check",
  collateralTitle: "If something is missing",
  collateral:
    "Vendors' services often do not answer web pages. `tee-verify collateral` on the command line saves what a quote needs into one bundle; an agent can send such a bundle itself. Paste the bundle above, and everything is checked offline.",
  map: "The bytes, field by field",
  mapHint: "Read from the evidence as it is; only what a check confirms is vouched for.",
  offset: "Offset",
  field: "Field",
  value: "Bytes",
  meaning: "Meaning",
  checks: "Used by",
  status: {
    passed: "holds",
    failed: "FAILED",
    undetermined: "not known",
    skipped: "not checked",
    waived: "not demanded",
  },
} as const;
