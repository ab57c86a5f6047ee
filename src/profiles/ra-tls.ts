/** `tee-verify/profiles/ra-tls`: DCAP quotes in TLS certificates (Gramine; CCC interoperable RA-TLS under TCG DICE; Open Enclave), and their binding to the certificate's key. */

import { concatBytes } from "../encoding/bytes.js";
import { type CborValue, isCborArray, isCborMap, isCborTag, readCbor } from "../encoding/cbor.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { reader } from "../encoding/reader.js";
import type { LayoutBinding } from "../expected/binding.js";
import type { BindingLayout, Digest } from "../expected/layouts.js";
import { copyBytes } from "../expected/read.js";
import { parseCertificate } from "../trust/certificate.js";

export type RaTlsConvention = "gramine" | "interoperable" | "open-enclave";

export interface RaTls {
  readonly convention: RaTlsConvention;
  /** The DCAP quote inside, untrusted: give it to `verify`. */
  readonly quote: Uint8Array;
  /** What its report data must be if it is of this certificate's key, and of your nonce where you gave one. */
  readonly binding: LayoutBinding;
  /** End of the certificate's own word on its validity, milliseconds since 1970. It says nothing of the quote's age. */
  readonly notAfter: number;
}

const CONVENTIONS: Readonly<Record<string, RaTlsConvention>> = {
  "1.2.840.113741.1337.6": "gramine",
  "2.23.133.5.4.9": "interoperable",
  "1.3.6.1.4.1.311.105.1": "open-enclave",
};
/** Extensions that may be critical beside the quote: key usage, alternative names, basic constraints, extended key usage. */
const KNOWN_CRITICAL: readonly string[] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"];

/**
 * Reads an RA-TLS certificate. Take it from your own connection: whoever ends that connection holds its key, and the binding says whether the
 * enclave does. Its signature and dates are its own word and are not judged.
 *
 * Report data is SHA-256 of the SubjectPublicKeyInfo (Gramine, Open Enclave) or of claims that hold such a hash (interoperable), then zeros.
 * Only interoperable claims can hold a nonce; without one the quote may be as old as the key, and `verdict.freshness` is `none`.
 *
 * @param certificate DER
 * @param nonce your nonce, as the claims must have it
 * @throws MalformedError for a certificate that is none, or holds no such quote, or two
 * @example
 * const { quote, binding } = readRaTls(certificate);
 * const verdict = await verify(quote, { expected: { sgx: { mrenclave } }, binding, fetch });
 */
export function readRaTls(certificate: Uint8Array, nonce?: Uint8Array): RaTls {
  const { extensions, spki, notAfter } = parseCertificate(copyBytes(certificate, "certificate"));
  const asked = nonce === undefined ? undefined : copyBytes(nonce, "nonce");
  const found = [...extensions].filter(([oid]) => Object.hasOwn(CONVENTIONS, oid));
  const [oid, extension] = found[0] ?? [];
  if (oid === undefined || extension === undefined) throw new MalformedError("the certificate carries no quote");
  demand(found.length === 1, "the certificate carries two quotes");
  for (const [name, { critical }] of extensions)
    demand(!critical || KNOWN_CRITICAL.includes(name), `critical extension ${name} is not known`);
  const convention = CONVENTIONS[oid] as RaTlsConvention;
  if (convention === "interoperable") return { convention, notAfter, ...interoperable(extension.value, spki, asked) };
  demand(asked === undefined, "a certificate of this convention has no place for a nonce");
  const quote = convention === "gramine" ? extension.value : behindHeader(extension.value);
  return { convention, notAfter, quote, binding: { layout: "sha256-key", publicKey: spki } };
}

/** Open Enclave's header: version 1, type 2 (remote), and the length of what follows. */
function behindHeader(value: Uint8Array): Uint8Array {
  const r = reader(value);
  demand(r.u32le("version") === 1 && r.u32le("type") === 2, "evidence of Open Enclave that is no remote report");
  const length = r.u32le("length");
  r.zero(4, "upper half of the length");
  const quote = r.take(length, "quote");
  demand(r.remaining === 0, `${r.remaining} bytes follow the quote`, r.offset);
  return quote;
}

/** An Intel TEE quote, SGX or TDX. */
const TAG_QUOTE = 0x1a7501;
/** Named Information Hash Algorithm Registry. */
const HASHES = new Map([
  [1, { name: "SHA-256", bytes: 32 }],
  [7, { name: "SHA-384", bytes: 48 }],
  [8, { name: "SHA-512", bytes: 64 }],
] as const);

function interoperable(
  value: Uint8Array,
  spki: Uint8Array,
  nonce: Uint8Array | undefined,
): Pick<RaTls, "quote" | "binding"> {
  const tagged = readCbor(value, { tags: [TAG_QUOTE] });
  const parts = isCborTag(tagged) && isCborArray(tagged.content) ? tagged.content : [];
  const [quote, buffer] = parts;
  demand(parts.length === 2 && isBytes(quote) && isBytes(buffer), "no Intel quote with its claims");
  const claims = readCbor(buffer);
  const [algorithm, hashed] = keyHash(claims);
  const hash = HASHES.get(algorithm as 1);
  if (hash === undefined || hashed.length !== hash.bytes)
    throw new MalformedError("claims with a hash of the key that is not known");
  const held = isCborMap(claims) ? claims.get("nonce") : undefined;
  if (nonce !== undefined)
    demand(isBytes(held) && held.length === nonce.length, "claims without a nonce of your length");
  const layout: BindingLayout = {
    name: "ra-tls-interoperable",
    takes: { publicKey: "any", ...(nonce === undefined ? {} : { nonce: nonce.length }) },
    // What the claims would be with this key and nonce: so that those of another are another hash.
    async values(inputs, digest: Digest) {
      const wanted = buffer.slice();
      wanted.set(await digest(hash.name, inputs.publicKey), hashed.byteOffset - buffer.byteOffset);
      if (nonce !== undefined && isBytes(held)) wanted.set(inputs.nonce, held.byteOffset - buffer.byteOffset);
      return { reportData: concatBytes(await digest("SHA-256", wanted), new Uint8Array(32)) };
    },
  };
  return { quote, binding: { layout, publicKey: spki, ...(nonce === undefined ? {} : { nonce }) } };
}

const isBytes = (value: CborValue | undefined): value is Uint8Array => value instanceof Uint8Array;

/** `pubkey-hash`: a byte string that holds CBOR, `[algorithm, hash]`. */
function keyHash(claims: CborValue): readonly [number, Uint8Array] {
  const embedded = isCborMap(claims) ? claims.get("pubkey-hash") : undefined;
  const pair = isBytes(embedded) ? readCbor(embedded) : undefined;
  const [algorithm, hash] = isCborArray(pair) && pair.length === 2 ? pair : [];
  if (typeof algorithm !== "number" || !isBytes(hash)) throw new MalformedError("claims without the hash of a key");
  return [algorithm, hash];
}
