/** From 1184 bytes to a typed report (AMD 56860, ATTESTATION_REPORT): form alone, no judgement. */

import { allBytes } from "../../encoding/bytes.js";
import { readLayout } from "../../encoding/layout.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import type { AmdProduct } from "../../endorsements/amd-kds.js";
import { POLICY_KNOWN, POLICY_MUST_BE_ONE } from "./bits.js";
import { reportLayout, SIGNED_BYTES } from "./layout.js";
import { productOf } from "./tcb.js";

/** KEY_INFO.SIGNING_KEY. */
export type SigningKey = "VCEK" | "VLEK" | "none";

export interface SnpReport {
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  /** 16 bytes. */
  readonly familyId: Uint8Array;
  /** 16 bytes. */
  readonly imageId: Uint8Array;
  /** 0 to 3. */
  readonly vmpl: number;
  /** 8 bytes, in the layout of the product: see `tcb.ts`. */
  readonly currentTcb: Uint8Array;
  readonly platformInfo: bigint;
  readonly authorKeyEnabled: boolean;
  readonly chipKeyMasked: boolean;
  readonly signingKey: SigningKey;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** 48 bytes. */
  readonly measurement: Uint8Array;
  /** 32 bytes. */
  readonly hostData: Uint8Array;
  /** 48 bytes. */
  readonly idKeyDigest: Uint8Array;
  /** 48 bytes; zero without an author key. */
  readonly authorKeyDigest: Uint8Array;
  /** 32 bytes. */
  readonly reportId: Uint8Array;
  /** 32 bytes; all ones without a migration agent. */
  readonly reportIdMa: Uint8Array;
  readonly reportedTcb: Uint8Array;
  /** From version 3 on. */
  readonly cpuid: { readonly family: number; readonly model: number; readonly stepping: number } | undefined;
  /** What the CPUID names; version 2 leaves it to the certificate. */
  readonly product: AmdProduct | undefined;
  /** 64 bytes; all zero where masked. */
  readonly chipId: Uint8Array;
  readonly committedTcb: Uint8Array;
  readonly currentVersion: FirmwareVersion;
  readonly committedVersion: FirmwareVersion;
  readonly launchTcb: Uint8Array;
  /** From version 5 on. */
  readonly launchMitVector: bigint | undefined;
  readonly currentMitVector: bigint | undefined;
  /** The 672 bytes that the signature covers, as received. */
  readonly signed: Uint8Array;
  /** r || s, big-endian, 96 bytes. */
  readonly signature: Uint8Array;
}

export interface FirmwareVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

const SIGNING_KEYS: ReadonlyMap<number, SigningKey> = new Map([
  [0, "VCEK"],
  [1, "VLEK"],
  [7, "none"],
]);

/** @throws MalformedError */
export function parseReport(bytes: Uint8Array): SnpReport {
  const version = reader(bytes).u32le("VERSION");
  const layout = reportLayout(version);
  if (layout === undefined) throw new MalformedError(`report version ${version} is not supported (2, 3 and 5 are)`);
  const fields = readLayout(layout, bytes);
  const number = (name: string): number => fields[name] as number;
  const wide = (name: string): bigint => fields[name] as bigint;
  const raw = (name: string): Uint8Array => fields[name] as Uint8Array;
  const firmware = (name: string): FirmwareVersion => ({
    major: number(`${name}Major`),
    minor: number(`${name}Minor`),
    build: number(`${name}Build`),
  });

  demand(number("signatureAlgo") === 1, "SIGNATURE_ALGO is not 1 (ECDSA P-384 with SHA-384)", 0x34);
  demand(number("vmpl") <= 3, "VMPL is above 3", 0x30);
  const policy = wide("policy");
  demand((policy & POLICY_MUST_BE_ONE) !== 0n, "POLICY bit 17 must be one", 0x08);
  demand((policy & ~POLICY_KNOWN) === 0n, "POLICY has a bit above 25", 0x08);
  const cpuid =
    version >= 3
      ? { family: number("cpuidFamily"), model: number("cpuidModel"), stepping: number("cpuidStepping") }
      : undefined;
  const keyInfo = number("keyInfo");
  const authorKeyEnabled = (keyInfo & 1) === 1;
  demand(
    authorKeyEnabled || allBytes(raw("authorKeyDigest")),
    "AUTHOR_KEY_DIGEST without AUTHOR_KEY_EN must be zero",
    0x110,
  );
  return {
    version,
    guestSvn: number("guestSvn"),
    policy,
    familyId: raw("familyId"),
    imageId: raw("imageId"),
    vmpl: number("vmpl"),
    currentTcb: raw("currentTcb"),
    platformInfo: wide("platformInfo"),
    authorKeyEnabled,
    chipKeyMasked: (keyInfo & 2) !== 0,
    signingKey: signingKeyOf(keyInfo),
    reportData: raw("reportData"),
    measurement: raw("measurement"),
    hostData: raw("hostData"),
    idKeyDigest: raw("idKeyDigest"),
    authorKeyDigest: raw("authorKeyDigest"),
    reportId: raw("reportId"),
    reportIdMa: raw("reportIdMa"),
    reportedTcb: raw("reportedTcb"),
    cpuid,
    product: cpuid === undefined ? undefined : supportedProduct(cpuid.family, cpuid.model),
    chipId: raw("chipId"),
    committedTcb: raw("committedTcb"),
    currentVersion: firmware("current"),
    committedVersion: firmware("committed"),
    launchTcb: raw("launchTcb"),
    // Before version 5 the layout has reserved bytes in their place.
    launchMitVector: fields["launchMitVector"] as bigint | undefined,
    currentMitVector: fields["currentMitVector"] as bigint | undefined,
    signed: bytes.slice(0, SIGNED_BYTES),
    signature: signatureOf(raw("signatureR"), raw("signatureS")),
  };
}

function signingKeyOf(keyInfo: number): SigningKey {
  demand(keyInfo >>> 5 === 0, "KEY_INFO has reserved bits", 0x48);
  const key = SIGNING_KEYS.get((keyInfo >> 2) & 7);
  demand(key !== undefined, "KEY_INFO.SIGNING_KEY is a reserved value", 0x48);
  return key;
}

function supportedProduct(family: number, model: number): AmdProduct {
  const product = productOf(family, model);
  const cpu = `family ${family.toString(16)}h model ${model.toString(16)}h`;
  demand(product !== undefined, `the CPUID names no processor with SEV-SNP that is known here (${cpu})`, 0x188);
  if (product === "Venice")
    throw new MalformedError(`AMD EPYC Venice (${cpu}) is not yet supported: its TCB layout is not published`, 0x188);
  return product;
}

/** AMD writes r and s little-endian; everybody else reads them big-endian. */
function signatureOf(r: Uint8Array, s: Uint8Array): Uint8Array {
  const signature = new Uint8Array(96);
  signature.set(r.slice().reverse(), 0);
  signature.set(s.slice().reverse(), 48);
  return signature;
}

/** `1.55.29`. */
export function versionText({ major, minor, build }: FirmwareVersion): string {
  return `${major}.${minor}.${build}`;
}
