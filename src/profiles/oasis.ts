/** `tee-verify/profiles/oasis`: identities of Oasis runtimes and ROFL apps, their attestation keys and bundles (oasisprotocol/oasis-core, go/common/sgx and runtime/src/common/sgx). */

import { sha512_256 } from "@noble/hashes/sha2.js";
import { tuplehash256 } from "@noble/hashes/sha3-addons.js";
import { allBytes, concatBytes, equalBytes } from "../encoding/bytes.js";
import { type CborValue, isCborMap, readCbor } from "../encoding/cbor.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { fromUtf8, toUtf8 } from "../encoding/text.js";
import type { SgxReference } from "../evidence/sgx/settings.js";
import type { TdxReference } from "../evidence/tdx/settings.js";
import type { LayoutBinding } from "../expected/binding.js";
import { copyBytes, readDigest } from "../expected/read.js";

const IDENTITY_CONTEXT = "oasis-core/tdx: TD enclave identity";
const RAK_CONTEXT = "oasis-core/node: TEE RAK binding";

/**
 * What to expect of an SGX runtime with this enclave identity: 64 bytes (or hex), MRENCLAVE and MRSIGNER.
 * @throws TypeError
 */
export function oasisEnclave(identity: Uint8Array | string): SgxReference {
  const { mrenclave, mrsigner } = readIdentity(identity);
  return { mrenclave, mrsigner };
}

/**
 * What to expect of the TD that this quote is of, if it is a ROFL app with this enclave identity; `undefined` if it is not. The identity is
 * TupleHash256 of MRTD and the four RTMRs, so only the registers that hash to it can be expected: they are read from the quote, which need
 * not be trusted for it. Its last 32 bytes stand where an enclave has MRSIGNER, and are zero.
 *
 * @param quote the quote itself, version 4 or 5
 * @throws TypeError
 * @example
 * const tdx = roflApp(identity, quote);
 * if (tdx === undefined) throw new Error("another app");
 * const verdict = await verify(quote, { expected: { tdx }, binding: oasisRak(rak, quote), fetch });
 */
export function roflApp(identity: Uint8Array | string, quote: Uint8Array): TdxReference | undefined {
  const { mrenclave, mrsigner } = readIdentity(identity);
  if (!allBytes(mrsigner)) throw new TypeError("the identity of a TD has no MRSIGNER: its last 32 bytes must be zero");
  const bytes = copyBytes(quote, "quote");
  const at = reportOffset(bytes);
  if (at === undefined) return undefined;
  const register = (offset: number): Uint8Array => bytes.slice(at + offset, at + offset + REGISTER_BYTES);
  const [mrtd, rtmr0, rtmr1, rtmr2, rtmr3] = REGISTER_OFFSETS.map(register) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const parts = [mrtd, rtmr0, rtmr1, rtmr2, rtmr3];
  const hash = tuplehash256(parts, { personalization: toUtf8(IDENTITY_CONTEXT), dkLen: 32 });
  return equalBytes(hash, mrenclave) ? { mrtd, rtmr0, rtmr1, rtmr2, rtmr3 } : undefined;
}

/**
 * Binds a quote to the runtime attestation key (RAK, Ed25519, 32 bytes): report data starts with SHA-512/256 of a context and the key. The
 * other 32 bytes are the enclave's own nonce and bind nothing, so they are taken from the quote. Nothing shows that it is fresh.
 *
 * @throws TypeError
 */
export function oasisRak(rak: Uint8Array, quote: Uint8Array): LayoutBinding {
  const publicKey = readDigest(rak, 32, "rak");
  const bytes = copyBytes(quote, "quote");
  const at = bytes[0] === 3 ? SGX_REPORT_DATA : (reportOffset(bytes) ?? 0) + TD_REPORT_DATA;
  const nonce = new Uint8Array(32);
  nonce.set(bytes.subarray(at + 32, at + 64));
  return {
    publicKey,
    layout: {
      name: "oasis-rak",
      takes: { publicKey: 32 },
      values: async (inputs) => ({
        reportData: concatBytes(sha512_256(concatBytes(toUtf8(RAK_CONTEXT), inputs.publicKey)), nonce),
      }),
    },
  };
}

const REGISTER_BYTES = 48;
/** In a TD report: MRTD, RTMR0 to RTMR3. */
const REGISTER_OFFSETS: readonly number[] = [136, 328, 376, 424, 472];
const TD_REPORT_DATA = 520;
const TD_REPORT_BYTES = 584;
/** In a quote of version 3. */
const SGX_REPORT_DATA = 48 + 320;

/** Where the TD report of a quote starts; the verifier reads the quote strictly. */
function reportOffset(quote: Uint8Array): number | undefined {
  const version = (quote[0] ?? 0) | ((quote[1] ?? 0) << 8);
  const at = version === 4 ? 48 : version === 5 ? 54 : undefined;
  return at !== undefined && quote.length >= at + TD_REPORT_BYTES ? at : undefined;
}

function readIdentity(identity: Uint8Array | string): { mrenclave: Uint8Array; mrsigner: Uint8Array } {
  const bytes = readDigest(identity, 64, "identity");
  return { mrenclave: bytes.slice(0, 32), mrsigner: bytes.slice(32) };
}

/** A quote, and the collateral that came with it, untrusted: endorsements for `verify`. */
export interface OasisQuote {
  readonly quote: Uint8Array;
  readonly endorsements: readonly string[];
}

/**
 * Opens what Oasis nodes publish: a quote bundle (`{ quote, tcb }`) or an SGX attestation of version 1 around one. The signature of an
 * attestation is the node's business and is not looked at; revocation lists are not in it.
 *
 * @throws MalformedError
 * @example
 * const { quote, endorsements } = readOasisQuote(attestation);
 * const verdict = await verify(quote, { expected: { sgx: oasisEnclave(identity) }, binding: oasisRak(rak, quote), endorsements, fetch });
 */
export function readOasisQuote(bytes: Uint8Array): OasisQuote {
  const outer = readCbor(copyBytes(bytes, "bytes"));
  const attestation = isCborMap(outer) ? outer.get("quote") : undefined;
  const bundle = isCborMap(attestation) ? attestation.get("pcs") : outer;
  const tcb = at(bundle, "tcb");
  const info = at(tcb, "tcb_info");
  const identity = at(tcb, "qe_id");
  const quote = at(bundle, "quote");
  demand(quote instanceof Uint8Array, "an Oasis bundle without a quote");
  return {
    quote: quote.slice(),
    endorsements: [
      textAt(tcb, "certs"),
      signed("tcbInfo", textAt(info, "tcb_info"), at(info, "signature")),
      signed("enclaveIdentity", textAt(identity, "enclave_identity"), at(identity, "signature")),
    ],
  };
}

function at(value: CborValue | undefined, name: string): CborValue | undefined {
  return value !== undefined && isCborMap(value) ? value.get(name) : undefined;
}

function textAt(value: CborValue | undefined, name: string): string {
  const text = at(value, name);
  if (!(text instanceof Uint8Array)) throw new MalformedError(`an Oasis bundle without ${name}`);
  return fromUtf8(text);
}

/** As Intel's service answers: the exact text within. */
function signed(name: string, text: string, signature: CborValue | undefined): string {
  demand(
    typeof signature === "string" && /^[0-9a-f]{128}$/i.test(signature),
    `an Oasis bundle whose ${name} is not signed`,
  );
  return `{"${name}":${text},"signature":"${signature}"}`;
}
