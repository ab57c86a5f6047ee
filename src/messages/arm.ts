/** English of the checks and limits of Arm CCA and PSA tokens. */

import type { CheckMessages, LimitCatalogue, MessageCatalogue } from "./catalogue.js";

/** Codes of checks of Arm tokens. */
export type ArmCode =
  /** No key was given. */
  | "device-key-missing"
  /** Keys were given, and none is of this device. */
  | "device-key-unknown"
  /** The private half of the key is published. */
  | "test-key"
  /** COSE_Mac0: who can verify can forge. */
  | "symmetric-key"
  | "realm-not-bound"
  | "lifecycle-not-accepted"
  | "platform-mismatch"
  | "no-platform-reference"
  | "platform-unchecked"
  | "challenge-mismatch";

const key: CheckMessages = {
  title: "The device's key is one that you vouch for",
  passed: "You gave a key for device {instanceId}.",
  codes: {
    "device-key-missing":
      "Arm publishes no root: the key of device {instanceId} (implementation {implementationId}) must come from its maker or owner. Give it as `keys` in the policy.",
    "device-key-unknown":
      "None of the keys that you gave is for device {instanceId} (implementation {implementationId}).",
    "test-key": "The key is {key}. Its private half is published, so anybody can make such a token. It proves nothing.",
    allowed: "The key is {key}: anybody can make such a token. Your policy takes that.",
  },
};
const signature = (title: string, passed: string): CheckMessages => ({
  title,
  passed,
  codes: {
    "signature-invalid":
      "The signature does not verify: the token was altered, or another key signed it. Trust nothing in it.",
    "symmetric-key":
      "The token is authenticated with a shared secret (COSE_Mac0): whoever can check it can forge it. Ask for a signed one.",
  },
});
const lifecycle: CheckMessages = {
  title: "The device is locked against debugging",
  passed: "Lifecycle: {lifecycle}.",
  codes: {
    "lifecycle-not-accepted":
      "Its lifecycle is {lifecycle} and you accept {accepted}: its secrets may be open to others.",
    allowed: "Its lifecycle is {lifecycle}: its secrets may be open to others. Your policy takes that.",
  },
};
const binding = (mismatch: string): CheckMessages => ({
  title: "It answers your question",
  passed: "It holds what your binding demands ({expected}).",
  codes: {
    unbound: "You asked for no binding: this may be a recording, or another machine's. It holds {found}.",
    [mismatch]: "It holds {found} and your binding demands {expected}: a replay or a relay looks like this.",
    "binding-unsupported": "Tokens of this kind have no place for such a binding.",
  },
});
const NO_REFERENCES: Readonly<Record<string, string>> = {
  "any-build": "You asked for any build: nothing was compared.",
  "no-reference-values": "You expect nothing of tokens of this kind.",
  "manifest-missing": "The build {sha256} was named by its hash, and its manifest did not come with the evidence.",
};

export const armCcaMessages: MessageCatalogue = {
  "arm-cca/format": {
    title: "The token is well-formed",
    passed: "Platform and realm token have every claim, in the form that their profile gives it.",
    codes: {},
  },
  "arm-cca/platform-key": key,
  "arm-cca/platform-signature": signature(
    "The platform token's signature is valid",
    "It verifies under the platform's key.",
  ),
  "arm-cca/realm-signature": signature(
    "The realm token's signature is valid",
    "It verifies under the key that the realm token itself names.",
  ),
  "arm-cca/realm-key-binding": {
    title: "The platform vouches for the realm's key",
    passed: "The platform's challenge is the {algorithm} digest of the realm's public key.",
    codes: {
      "realm-not-bound":
        "The platform, whose hash is {hash}, vouches for {platform}, and the realm's key has the {algorithm} digest {realm}. Where digest or algorithm differ, the realm token is not shown to be this platform's.",
    },
  },
  "arm-cca/lifecycle": lifecycle,
  "arm-cca/build": {
    title: "It is the realm you expect",
    passed: "The realm's measurements are among those you accept. RIM: {rim}.",
    codes: { ...NO_REFERENCES, "build-mismatch": "It is another realm: {differing} differ. RIM: {rim}." },
  },
  "arm-cca/platform": {
    title: "It runs on firmware you expect",
    passed: "All {components} software components of the platform are as you expect them.",
    codes: {
      ...NO_REFERENCES,
      "platform-mismatch": "The platform's firmware is not what you expect: {differing}.",
      "no-platform-reference":
        'You expect nothing of the platform\'s {components} software components, and they keep the realm apart from its host. Give references, or set `platform: "unchecked"`.',
      "platform-unchecked":
        "The platform's {components} software components were compared with nothing; your policy takes that.",
    },
  },
  "arm-cca/challenge": binding("challenge-mismatch"),
};

export const armPsaMessages: MessageCatalogue = {
  "arm-psa/format": {
    title: "The token is well-formed",
    passed: "It has every claim, in the form that its profile gives it.",
    codes: {},
  },
  "arm-psa/device-key": key,
  "arm-psa/token-signature": signature("The token's signature is valid", "It verifies under the device's key."),
  "arm-psa/lifecycle": lifecycle,
  "arm-psa/build": {
    title: "It runs the software you expect",
    passed: "Every measured component is as you expect it.",
    codes: { ...NO_REFERENCES, "build-mismatch": "It is not what you expect: {differing}." },
  },
  "arm-psa/nonce": binding("nonce-mismatch"),
};

const CALLERS_KEY =
  "Arm publishes no root of trust: that the key belongs to genuine hardware is the caller's word, and nobody publishes revocations of it.";

export const armCcaLimits: LimitCatalogue = {
  "callers-key": CALLERS_KEY,
  "no-realm-debug":
    "A CCA token does not say whether the realm itself lets anybody debug it; that is in what its RIM measures.",
};

export const armPsaLimits: LimitCatalogue = {
  "callers-key": CALLERS_KEY,
  "root-of-trust":
    "A PSA token speaks of a device's root of trust and of what that measured; it does not keep a workload apart from the device's owner.",
};
