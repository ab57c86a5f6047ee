/** Conventions of the field for what a 64-byte report data (or a Nitro field) holds: a pure function each, with its source. */

import type { HashName } from "../crypto/crypto.js";
import { concatBytes } from "../encoding/bytes.js";
import { toUtf8 } from "../encoding/text.js";

/** What a caller gives; each layout says which it takes. */
export interface LayoutInputs {
  readonly nonce?: Uint8Array;
  /** The channel's key, in the form that the layout hashes. */
  readonly publicKey?: Uint8Array;
  readonly data?: Uint8Array;
}

export type Digest = (hash: HashName, message: Uint8Array) => Promise<Uint8Array>;

/** What each slot must hold. Every slot that is named must be there and equal. */
export type SlotValues = Partial<
  Readonly<Record<"reportData" | "nonce" | "publicKey" | "userData" | "extraData", Uint8Array>>
>;

export interface BindingLayout {
  readonly name: string;
  /** Inputs that must be given, with their length in bytes where it is fixed; any other input is a mistake. */
  readonly takes: Partial<Readonly<Record<"nonce" | "publicKey" | "data", number | "any">>>;
  values(inputs: Required<LayoutInputs>, digest: Digest): Promise<SlotValues>;
}

/** Puts `bytes` at the start of 64 zero bytes. */
function padded(...parts: readonly Uint8Array[]): Uint8Array {
  const slot = new Uint8Array(64);
  slot.set(concatBytes(...parts));
  return slot;
}

const tagged = (tag: string, content: Uint8Array): Uint8Array => concatBytes(toUtf8(`${tag}:`), content);

/** Layouts that go by name; where each is written down stands above it, and in docs/bindings.md. */
export type BindingLayoutName =
  | "sha256-key"
  | "sha512-key"
  | "dstack-app-data"
  | "dstack-ratls-cert"
  | "near-ai"
  | "secretvm"
  | "svsm"
  | "azure-user-data"
  | "nitriding"
  | "evervault-spki";

const BY_NAME: Readonly<Record<BindingLayoutName, Omit<BindingLayout, "name">>> = {
  // SHA-256 of the key as given, then 32 zero bytes: the commonest RA-TLS form.
  "sha256-key": {
    takes: { publicKey: "any" },
    values: async ({ publicKey }, digest) => ({ reportData: padded(await digest("SHA-256", publicKey)) }),
  },
  // SHA-512 of the key as given.
  "sha512-key": {
    takes: { publicKey: "any" },
    values: async ({ publicKey }, digest) => ({ reportData: await digest("SHA-512", publicKey) }),
  },
  // Dstack-TEE/dstack, attestation.md: SHA-512 of `app-data:` and the content.
  "dstack-app-data": {
    takes: { data: "any" },
    values: async ({ data }, digest) => ({ reportData: await digest("SHA-512", tagged("app-data", data)) }),
  },
  // Dstack-TEE/dstack, ra-tls: SHA-512 of `ratls-cert:` and the SubjectPublicKeyInfo of the certificate.
  "dstack-ratls-cert": {
    takes: { publicKey: "any" },
    values: async ({ publicKey }, digest) => ({ reportData: await digest("SHA-512", tagged("ratls-cert", publicKey)) }),
  },
  // nearai/nearai-cloud-verifier: the signing address of 20 bytes, padded with zeros to 32, then the nonce.
  "near-ai": {
    takes: { publicKey: 20, nonce: 32 },
    values: async ({ publicKey, nonce }) => ({ reportData: padded(publicKey, new Uint8Array(12), nonce) }),
  },
  // scrtlabs/secretvm-verify: SHA-256 of the TLS SubjectPublicKeyInfo, then the nonce given to the GPU.
  secretvm: {
    takes: { publicKey: "any", nonce: 32 },
    values: async ({ publicKey, nonce }, digest) => ({ reportData: padded(await digest("SHA-256", publicKey), nonce) }),
  },
  // Coconut SVSM, attestation protocol: SHA-512 of a 64-byte nonce and the services manifest.
  svsm: {
    takes: { nonce: 64, data: "any" },
    values: async ({ nonce, data }, digest) => ({ reportData: await digest("SHA-512", concatBytes(nonce, data)) }),
  },
  // Azure CVM: the 64 bytes of NV index 0x01400002, which the runtime claims repeat as `user-data`.
  "azure-user-data": {
    takes: { data: 64 },
    values: async ({ data }) => ({ userData: data }),
  },
  // brave/nitriding-daemon, attestation.go: multihash (12 20) of the TLS certificate, given in `publicKey`, and of the application key, in `data`, both SHA-256 digests.
  nitriding: {
    takes: { publicKey: 32, data: 32 },
    values: async ({ publicKey, data }) => {
      const multihash = Uint8Array.of(0x12, 0x20);
      return { userData: concatBytes(multihash, publicKey, multihash, data) };
    },
  },
  // Evervault cages: user_data is the SubjectPublicKeyInfo of the TLS certificate.
  "evervault-spki": {
    takes: { publicKey: "any" },
    values: async ({ publicKey }) => ({ userData: publicKey }),
  },
};

/** The layout of this name, or `undefined`. */
export function bindingLayout(name: string): BindingLayout | undefined {
  return Object.hasOwn(BY_NAME, name) ? { name, ...BY_NAME[name as BindingLayoutName] } : undefined;
}

export const BINDING_LAYOUTS: readonly BindingLayoutName[] = Object.keys(BY_NAME) as BindingLayoutName[];
