/** English of the checks and limits of attestation services' tokens. */

import type { LimitCatalogue, MessageCatalogue } from "./catalogue.js";
import { pathCodes } from "./house.js";

/** Codes of the checks of tokens. */
export type TokenCode =
  | "token-algorithm"
  | "token-embedded-key"
  | "signing-key-missing"
  | "token-chain-length"
  | "key-name-mismatch"
  /** The certificate is the authority's, and for something else than signing such tokens. */
  | "key-purpose-mismatch"
  /** The enclave that holds the service's key is not the service's. */
  | "service-enclave-mismatch"
  | "device-token-missing"
  | "device-token-mismatch"
  | "issuer-not-named"
  | "issuer-not-accepted"
  | "token-time-missing"
  | "token-lifetime"
  | "token-not-yet-valid"
  | "token-expired"
  | "audience-mismatch"
  | "claims-refused"
  | "held-data-mismatch";

const MESSAGES: MessageCatalogue = {
  format: {
    title: "The token is well-formed",
    passed: "Three parts of base64url, two of them JSON without duplicate names.",
    codes: {},
  },
  algorithm: {
    title: "The token is signed as its service signs",
    passed: "{found}.",
    codes: { "token-algorithm": "It names the algorithm {found}, and this service signs with {accepted} alone." },
  },
  header: {
    title: "The token's header chooses no key",
    passed: "Nothing in it was followed.",
    codes: {
      "token-embedded-key":
        "Its header carries {members}: a token that brings its own key vouches for itself. Anybody can make one.",
    },
  },
  "signing-key": {
    title: "The signing key is the service's",
    passed: "Key {kid}, from {from}.",
    codes: {
      ...pathCodes,
      "signing-key-missing":
        "The key {kid} of {issuer} is missing. Get the keys of {service} from the service itself, over a connection that you trust, and give them as `keys` in the policy.",
      "key-name-mismatch": "The key is named {kid}, and its digest is {expected}: it is not the key of the quote.",
      "key-purpose-mismatch":
        "The key's certificate is for {found} and not for signing the service's tokens ({wanted}). The same authority certifies others.",
      "token-chain-length": "The header carries {count} certificates, where leaf, intermediate and root belong.",
      "root-not-pinned":
        "The chain ends at {root} (SHA-256 {sha256}), which is not the service's root. Anybody can make one.",
    },
  },
  signature: {
    title: "The token's signature is valid",
    passed: "The {algorithm} signature over the bytes received verifies under {from}.",
    codes: {
      "signature-invalid":
        "The signature does not verify under {from}: the token was altered, or another key signed it.",
    },
  },
  devices: {
    title: "Each device's token belongs to the overall one",
    passed: "{count} tokens: digests and signatures hold.",
    codes: {
      "device-token-missing": "The tokens of these devices are missing: {missing}.",
      "device-token-mismatch": "These tokens do not belong to the overall one: {wrong}.",
    },
  },
  issuer: {
    title: "The issuer is one that you accept",
    passed: "{issuer}.",
    codes: {
      "issuer-not-named":
        "The token is from {issuer}; anybody may run such a service. Name the issuer that you trust in `issuers` of the policy.",
      "issuer-not-accepted":
        "The token is from {issuer} and you accept {accepted}. Issuers may share keys, and their policies differ.",
    },
  },
  time: {
    title: "The token is in force",
    passed: "Issued at {iat}, until {exp}; judged at {at}.",
    codes: {
      "token-time-missing": "The token does not say when it was issued and until when it holds (iat {iat}, exp {exp}).",
      "token-lifetime": "The token holds from {iat} to {exp}, and this service gives at most {most} seconds.",
      "token-not-yet-valid": "The token is of {iat}; judged at {at}. Check the clock.",
      "token-expired": "The token of {iat} held until {exp}; judged at {at}. Ask for a new one.",
      allowed:
        "The defaults refuse these dates (issued at {iat}, until {exp}; judged at {at}); your policy takes them, with clocks that differ by {skew} seconds.",
    },
  },
  audience: {
    title: "The token is meant for you",
    passed: "It is for {found}.",
    codes: {
      "audience-mismatch":
        "It is for {found} and you are {accepted}: somebody shows you a token that was made for another.",
    },
  },
  claims: {
    title: "The service found what a safe machine shows",
    passed: "Nothing in its claims is refused by the defaults.",
    codes: {
      "claims-refused": "Refused: {refused}. What you could take of that, by its name in `allow`: {allowances}.",
      allowed: "The defaults refuse this and your policy takes it: {taken}.",
    },
  },
  "held-data": {
    title: "The hardware's report data holds the service's nonce",
    passed: "It is the digest of nonce, time and held data.",
    codes: {
      "held-data-mismatch": "The digest of nonce, time and held data is {expected} and the report data is {found}.",
    },
  },
  "service-enclave": {
    title: "The enclave that holds the key is the service's",
    passed: "MRSIGNER {mrSigner}, product {isvProdId}.",
    codes: {
      "service-enclave-mismatch":
        "The key is held by another enclave than Microsoft Azure Attestation's: MRSIGNER {mrSigner}, product {isvProdId}, debug {debug}.",
    },
  },
  build: {
    title: "It is the build you expect",
    passed: "Compared: {compared}, with {source}.",
    codes: {
      "any-build": "You asked for any build: nothing was compared.",
      "build-mismatch": "It is another build than {source} says: {differing}.",
      "no-reference-values": "You expect something of other kinds of evidence and nothing of this token.",
      "manifest-missing": "The build was named by its hash and its manifest did not come with the evidence.",
    },
  },
  binding: {
    title: "It answers your question, on your channel",
    passed: "What your binding demands is in {fields} ({expected}).",
    codes: {
      unbound: "You asked for no binding: anybody who has this token can show it.",
      "binding-mismatch": "Your binding demands {expected} and the token has {found} ({fields}).",
      "binding-unsupported": "The token has no place for such a binding; it has {has}.",
    },
  },
};

/** The catalogue of one service's tokens. */
export function tokenMessages(kind: string): MessageCatalogue {
  return Object.fromEntries(Object.entries(MESSAGES).map(([name, messages]) => [`${kind}/${name}`, messages]));
}

export const tokenLimits: LimitCatalogue = {
  "somebodys-word":
    "This is the word of {issuedBy} ({issuer}) on evidence that it saw and you did not: it is as good as that service, its keys and its policy.",
};
