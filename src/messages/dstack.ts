/** English of the checks and limits of dstack bundles. */

import type { LimitCatalogue, MessageCatalogue } from "./catalogue.js";

/** Codes of dstack checks. */
export type DstackCode =
  /** No log vouches for any event. */
  | "events-missing"
  | "compose-missing"
  | "compose-mismatch"
  | "stated-mismatch"
  | "config-id-mismatch"
  | "certificate-key-mismatch"
  /** A certificate is not signed by the one behind it. */
  | "certificate-chain-broken"
  /** The chain does not end at the key provider that was measured. */
  | "certificate-chain-foreign";

export const dstackMessages: MessageCatalogue = {
  "dstack/format": {
    title: "The dstack bundle is well-formed",
    passed: "Quote, log and statements were read.",
    codes: {},
  },
  "dstack/events": {
    title: "The quote vouches for the application's events",
    passed: "The replayed log holds {names}.",
    codes: { "events-missing": "No log came along that replays to the quote: nothing is known of the application." },
  },
  "dstack/app-compose": {
    title: "The compose file is the one that was measured",
    passed: "Its SHA-256 is the measured compose hash, {measured}.",
    codes: {
      "compose-missing":
        "The compose file did not come along, so what the measured hash {measured} stands for cannot be read here. Ask for app-compose.json.",
      "compose-mismatch": "The compose file hashes to {found} and {measured} was measured: another application runs.",
    },
  },
  "dstack/stated": {
    title: "What the agent states is what was measured",
    passed: "Compared with the log: {compared}.",
    codes: { "stated-mismatch": "The agent states otherwise than its log: {differing}. Somebody changed the answer." },
  },
  "dstack/mr-config-id": {
    title: "The configuration was fixed at launch",
    passed: "MRCONFIGID fits the measured application.",
    codes: { "config-id-mismatch": "MRCONFIGID is {found}, which does not fit the measured application." },
    notices: { "not-compared": "MRCONFIGID is {how}." },
  },
  "dstack/certificate-key": {
    title: "The agent's certificate is bound to the quote",
    passed: "Report data is the hash of the certificate's key.",
    codes: {
      "certificate-key-mismatch":
        "Report data is not the hash of the certificate's key: the certificate is somebody else's.",
    },
  },
  "dstack/certificate-chain": {
    title: "The agent's certificates are those of its key provider",
    passed: "Each is signed by the next, and the last is the key provider that was measured.",
    codes: {
      "certificate-chain-broken":
        "The certificate {certificate} is not signed by the one behind it: somebody changed it.",
      "certificate-chain-foreign": "The certificates end at another key than that of the measured key provider.",
    },
    notices: {
      "not-measured": "Each is signed by the next. Keys come from {provider}, whose certificates are measured nowhere.",
    },
  },
  "dstack/build": {
    title: "It is the application you expect",
    passed: "What was measured is among what you accept: {compared}.",
    codes: {
      "any-build": "You asked for any build: the application was not compared.",
      "build-mismatch": "It is another application: {differing} is not what you expect.",
      "no-reference-values": "You expect nothing of a dstack application. Say with expected.dstack what it must be.",
      "manifest-missing": "The build {sha256} was named by its hash and its manifest did not come along.",
    },
  },
};

export const dstackLimits: LimitCatalogue = {
  "compose-unseen":
    "The compose file did not come along: which images run, and what else it leaves open, cannot be said here. Ask for app-compose.json.",
  "compose-unpinned":
    "You expect no compose hash: whoever governs the app, or starts the machine, decides which compose file runs.",
  "app-id-not-derived":
    "The app id is not of this compose file: it is from an earlier deployment, or whoever started the machine chose it. It names the app only together with its key provider.",
  "certificate-age":
    "The certificate is valid until {until} and its quote carries no nonce of yours, unless the binding says so: it is as old as the certificate's key.",
  "image-by-tag":
    "The compose file names images without a digest ({found}): whoever controls the registry decides what runs, under the same compose hash.",
  "docker-socket": "A container gets the Docker socket: it can start any other container, unmeasured.",
  "pre-launch-script": "A pre-launch script runs before the containers: read it, it is part of the application.",
  "fetched-at-run-time":
    "A command of the compose file fetches software when it runs ({found}): that is in no digest of the compose file.",
  privileged: "Containers that may change the guest beneath them, unmeasured: {found}.",
  environment: "Values come from the operator at run time and are not measured: {found}.",
  "environment-decides":
    "Values from the operator decide what runs, since they stand in an image, a command or a mount, or are read by what starts or runs it: {found}.",
  "compose-unread":
    "The compose file is not in a form that is read here as a whole: what it starts is not known, and its hash alone was compared.",
};
