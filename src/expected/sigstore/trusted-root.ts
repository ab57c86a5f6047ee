/** The trusted root of a Sigstore instance (sigstore_trustroot.proto): its authorities, logs and clocks, each for its time. */

import type { PublicKey } from "../../crypto/crypto.js";
import { readDer } from "../../encoding/der.js";
import { type JsonObject, parseJson } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { publicKey } from "../../trust/algorithms.js";
import { type Certificate, parseCertificate } from "../../trust/certificate.js";
import { asObject, bytesAt, objectAt, objectsAt, set, textAt, timeAt } from "./json.js";

/** Milliseconds since 1970; both ends belong to it. */
export interface Period {
  readonly start: number;
  readonly end: number | undefined;
}

export interface Log {
  readonly id: Uint8Array;
  /** `undefined` where the key is of a kind that is not verified with here. */
  readonly key: PublicKey | undefined;
  readonly period: Period;
}

export interface Authority {
  /** From the issuer of leaves, or the leaf itself for a clock, up to the root. */
  readonly chain: readonly Certificate[];
  readonly period: Period;
}

export interface TrustedRoot {
  readonly authorities: readonly Authority[];
  readonly transparencyLogs: readonly Log[];
  readonly certificateLogs: readonly Log[];
  readonly clocks: readonly Authority[];
}

const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.1|\.v0\.[12]\+json)$/;
const MAX_ITEMS = 32;
const MAX_CHAIN = 4;

/** @throws TypeError: the caller's trusted root is a demand, and one that cannot be read must not pass for an empty one */
export function readTrustedRoot(text: string): TrustedRoot {
  try {
    const root = asObject(parseJson(text), "trusted root");
    demand(MEDIA_TYPE.test(textAt(root, "mediaType")), "no trusted root of version 0.1 or 0.2");
    return {
      authorities: objectsAt(root, "certificateAuthorities", MAX_ITEMS).map(readAuthority),
      transparencyLogs: objectsAt(root, "tlogs", MAX_ITEMS).map(readLog),
      certificateLogs: objectsAt(root, "ctlogs", MAX_ITEMS).map(readLog),
      clocks: objectsAt(root, "timestampAuthorities", MAX_ITEMS).map(readAuthority),
    };
  } catch (error) {
    if (error instanceof MalformedError) throw new TypeError(`trustedRoot: ${error.reason}`);
    throw error;
  }
}

function readLog(log: JsonObject): Log {
  demand(textAt(log, "hashAlgorithm") === "SHA2_256", "log with another hash than SHA-256");
  const key = objectAt(log, "publicKey");
  const details = textAt(key, "keyDetails");
  return {
    id: bytesAt(objectAt(log, "logId"), "keyId"),
    key: details.startsWith("PKIX_") ? publicKey(readDer(bytesAt(key, "rawBytes"))) : undefined,
    period: readPeriod(key),
  };
}

function readAuthority(authority: JsonObject): Authority {
  const certificates = objectsAt(objectAt(authority, "certChain"), "certificates", MAX_CHAIN);
  demand(certificates.length > 0, "authority without a certificate");
  return {
    chain: certificates.map((item) => parseCertificate(bytesAt(item, "rawBytes"))),
    period: readPeriod(authority),
  };
}

function readPeriod(of: JsonObject): Period {
  const period = asObject(set(of, "validFor"), "validFor");
  const start = timeAt(period, "start");
  if (start === undefined) throw new MalformedError("validFor without a start");
  return { start, end: timeAt(period, "end") };
}

/** Whether `time`, in milliseconds since 1970, lies in the period. */
export function during({ start, end }: Period, time: number): boolean {
  return time >= start && (end === undefined || time <= end);
}
