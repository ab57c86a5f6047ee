/** English of the checks and limits of TDX quotes. */

import type { CheckMessages, LimitCatalogue } from "./catalogue.js";
import { dcapLimits } from "./dcap.js";

/** Codes of TDX checks. */
export type TdxCode =
  /** The TDX module is not one that Intel's TCB info names. */
  | "module-mismatch"
  /** RTMR3 is not zero, and nothing says what it must be. */
  | "rtmr3-not-zero"
  /** The log does not replay to the quote's registers. */
  | "event-log-mismatch"
  /** A payload is not what its event's digest says. */
  | "event-payload-mismatch"
  | "attributes-reserved"
  | "sept-ve-enabled"
  | "migratable"
  /** The TD began on a platform of another kind. */
  | "migrated"
  | "perfmon-allowed"
  | "xfam-not-allowed"
  | "service-td";

export const tdxTexts: Readonly<Record<string, CheckMessages>> = {
  "tdx-module": {
    title: "The TDX module is Intel's",
    passed: "Signer and attributes are those of {module}.",
    codes: { "module-mismatch": "The TDX module is not one that Intel's TCB info names: {differing} differ." },
  },
  "event-log": {
    title: "The event log explains the registers",
    passed: "{count} events of the {form} log replay to {registers}, and every named payload is bound to its digest.",
    codes: {
      "event-log-mismatch":
        "The log does not replay to the quote: {differing}. It was altered, or is of another boot. Trust nothing in it.",
      "event-payload-mismatch":
        "The text of {unbound} is not what was measured: somebody exchanged it and kept the digest.",
    },
  },
  rtmr3: {
    title: "What was measured at run time is accounted for",
    passed: "RTMR3 is {how}.",
    codes: {
      "rtmr3-not-zero":
        "RTMR3 is {rtmr3}: software extended it after launch, and you do not say what it must be. Pin rtmr3, or allow it in the policy.",
      allowed: "RTMR3 is {rtmr3}, and what was measured into it is not known. Your policy takes that.",
    },
  },
  debug: {
    title: "Nobody can look into the TD",
    passed: "No bit of the debug and profiling group is set.",
    codes: {
      "debug-allowed":
        "The TD was launched for debugging or profiling ({set}): its host can read its state. It keeps no secret.",
      allowed: "The TD was launched for debugging or profiling ({set}). Your policy takes that.",
    },
  },
  attributes: {
    title: "The TD's attributes are as demanded",
    passed: "TDATTRIBUTES {attributes}; set: {set}.",
    codes: {
      "attributes-reserved":
        "TDATTRIBUTES {attributes} has reserved bits that this version of tee-verify does not know.",
      "attributes-mismatch": "TDATTRIBUTES {attributes} is not as you demand: {differing}.",
    },
  },
  "sept-ve": {
    title: "The host cannot inject exceptions by taking memory away",
    passed: "SEPT_VE_DISABLE is set.",
    codes: {
      "sept-ve-enabled": "SEPT_VE_DISABLE is clear: the host can raise exceptions inside the TD by removing its pages.",
      allowed: "SEPT_VE_DISABLE is clear. Your policy takes that.",
    },
  },
  migration: {
    title: "The TD stays on this machine",
    passed: "MIGRATABLE is clear.",
    codes: {
      migratable: "The TD may be moved to another machine, of which this quote says nothing.",
      migrated:
        "The TD began on a platform {from} and runs on {here}: it was moved, and this quote says nothing of where it was.",
      allowed: "The TD may be moved to another machine, or was. Your policy takes that.",
    },
  },
  perfmon: {
    title: "The TD does not use performance counters",
    passed: "PERFMON is clear.",
    codes: {
      "perfmon-allowed": "PERFMON is set: performance counters run inside the TD.",
      allowed: "PERFMON is set. Your policy takes that.",
    },
  },
  xfam: {
    title: "The TD's extended features are sound",
    passed: "XFAM {xfam} has x87 and SSE, and nothing that is not allowed.",
    codes: {
      "xfam-not-allowed": "XFAM {xfam} lacks x87 or SSE, or has bits outside {allowed}.",
      allowed: "XFAM {xfam} has bits that no TD has by Intel's documents. Your policy takes them.",
    },
  },
  "service-td": {
    title: "No other TD is bound to this one",
    passed: "{how}.",
    codes: {
      "service-td":
        "A service TD is bound to this one (MRSERVICETD {mrServiceTd}): it can migrate or debug it. Pin mrServiceTd to take it.",
      allowed: "A service TD is bound to this one (MRSERVICETD {mrServiceTd}). Your policy takes any.",
    },
  },
};

export const tdxLimits: LimitCatalogue = {
  ...dcapLimits,
  "application-unnamed":
    "The events that you expect name no application: add compose-hash, or app-id with key-provider.",
  "compose-unseen":
    "A compose file was measured and did not come along: which images it runs, and whether it names them by digest, cannot be said here. Judge the dstack bundle with tee-verify/dstack.",
  "guest-above-firmware":
    "MRTD and RTMR0 to RTMR2 identify firmware, kernel and what the boot loader measured. Disks and containers count only where these measure them in turn.",
};
