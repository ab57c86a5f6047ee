/** Addresses and answers of Intel's Provisioning Certification Service, API version 4; a PCCS answers under the same paths. */

import { MalformedError } from "../encoding/malformed.js";
import { fromHex, fromUtf8, looksLikePem, toUtf8 } from "../encoding/text.js";
import type { FetchedAnswer } from "../evidence/kind.js";

/** Serves collateral; a mirror for this origin is a PCCS. */
export const INTEL_PCS = "https://api.trustedservices.intel.com";
/** Serves the root's revocation list. */
const INTEL_CERTIFICATES = "https://certificates.trustedservices.intel.com";

/** Which TCB evaluation: `standard` about six weeks after a disclosure, `early` at once. */
export type CollateralUpdate = "standard" | "early";

/** @param fmspc lowercase hex, 12 digits */
export function tcbInfoAddress(tee: "sgx" | "tdx", fmspc: string, update: CollateralUpdate): string {
  return `${INTEL_PCS}/${tee}/certification/v4/tcb?fmspc=${fmspc}&update=${update}`;
}

export function qeIdentityAddress(tee: "sgx" | "tdx", update: CollateralUpdate): string {
  return `${INTEL_PCS}/${tee}/certification/v4/qe/identity?update=${update}`;
}

export function pckCrlAddress(ca: "processor" | "platform"): string {
  return `${INTEL_PCS}/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`;
}

/** Intel's own place first; a PCCS has the list under its own path. */
export function rootCrlAddresses(): readonly string[] {
  return [`${INTEL_CERTIFICATES}/IntelSGXRootCA.der`, `${INTEL_PCS}/sgx/certification/v4/rootcacrl`];
}

const CHAIN_HEADERS = [
  "tcb-info-issuer-chain",
  "sgx-tcb-info-issuer-chain",
  "sgx-enclave-identity-issuer-chain",
  "sgx-pck-crl-issuer-chain",
];

/** The issuer chain that came in a header, as PEM: percent-encoded. */
export function issuerChain(answer: FetchedAnswer): readonly Uint8Array[] {
  const text = CHAIN_HEADERS.map((name) => answer.header(name)).find((value) => value !== undefined);
  if (text === undefined) return [];
  try {
    return [toUtf8(decodeURIComponent(text))];
  } catch {
    throw new MalformedError("issuer chain is not percent-encoded");
  }
}

/** A revocation list as DER or PEM: a PCCS writes hex. @throws MalformedError */
export function crlBytes(body: Uint8Array): Uint8Array {
  if (body[0] === 0x30) return body;
  const text = fromUtf8(body).trim();
  if (text === "") throw new MalformedError("revocation list is empty");
  return looksLikePem(text) ? body : fromHex(text);
}
