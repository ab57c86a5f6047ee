/** Bindings: that evidence is fresh, and whose channel it is. Our layout, those of the field, and the comparison with a slot. */

import type { Crypto } from "../crypto/crypto.js";
import { concatBytes, equalBytes } from "../encoding/bytes.js";
import { toHex, toUtf8 } from "../encoding/text.js";
import type { Channel, Freshness } from "../verdict.js";
import type { BindingLayout, BindingLayoutName, LayoutInputs, SlotValues } from "./layouts.js";

/** Our layout: a nonce of at least 16 bytes, and the key whose channel it is (SubjectPublicKeyInfo, DER). Nitro: the fields of these names. */
export interface NonceBinding {
  readonly nonce: Uint8Array;
  readonly publicKey?: Uint8Array;
}

/** A convention of the field, by name or as a value that a profile exports. */
export interface LayoutBinding extends LayoutInputs {
  readonly layout: BindingLayoutName | BindingLayout;
}

/** Exact bytes of the 64-byte report data (or a TPM quote's extraData), made by the caller. */
export interface ReportDataBinding {
  readonly reportData: Uint8Array;
}

/** Nitro's `user_data`, exactly. */
export interface UserDataBinding {
  readonly userData: Uint8Array;
}

/** What callers write. */
export type Binding = NonceBinding | LayoutBinding | ReportDataBinding | UserDataBinding | "unbound";

/** A binding that was read from options: checked and copied. */
export type BindingRequest =
  | "unbound"
  | { readonly form: "nonce"; readonly nonce: Uint8Array; readonly publicKey: Uint8Array | undefined }
  | { readonly form: "layout"; readonly layout: BindingLayout; readonly inputs: LayoutInputs }
  | { readonly form: "exact"; readonly values: SlotValues };

/** A place where a binding can sit, and what the evidence holds there. */
export interface Slot {
  readonly name: keyof SlotValues;
  /** Bytes that it can hold at most. */
  readonly size: number;
  /** `undefined` where the field is absent. */
  readonly value: Uint8Array | undefined;
}

export const MINIMUM_NONCE_BYTES = 16;
const DOMAIN = "tee-verify/binding/v1";

/** `SHA-512("tee-verify/binding/v1" || 00 || u32be(len) || nonce || u32be(len) || SPKI DER)`; an absent key has length 0. 64 bytes. */
export async function bindingDigest(
  nonce: Uint8Array,
  publicKey: Uint8Array | undefined,
  crypto: Pick<Crypto, "digest">,
): Promise<Uint8Array> {
  const key = publicKey ?? new Uint8Array();
  return crypto.digest(
    "SHA-512",
    concatBytes(toUtf8(DOMAIN), Uint8Array.of(0), u32be(nonce.length), nonce, u32be(key.length), key),
  );
}

function u32be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

export interface BindingResult {
  /** `unsupported`: this kind has no place for such a binding. */
  readonly status: "unbound" | "unsupported" | "matched" | "differs";
  /** Slots that were compared. */
  readonly slots: readonly string[];
  /** Lowercase hex of the first slot that differs, or of the first one compared. */
  readonly expected: string;
  /** The same of the evidence; `absent` where the field is. */
  readonly found: string;
  readonly freshness: Freshness;
  readonly channel: Channel | undefined;
}

const NOTHING: Omit<BindingResult, "status"> = {
  slots: [],
  expected: "",
  found: "",
  freshness: "none",
  channel: undefined,
};

/**
 * Compares whole slots with what `binding` demands: neither a prefix nor a padded form counts (design, rule 6).
 * A `reportData` value also serves a TPM's `extraData`.
 */
export async function compareBinding(
  binding: BindingRequest,
  slots: readonly Slot[],
  crypto: Crypto,
): Promise<BindingResult> {
  if (binding === "unbound") return { status: "unbound", ...NOTHING };
  const values = await slotValues(binding, slots, crypto);
  const compared = slots.filter(({ name }) => values[name] !== undefined);
  if (compared.length === 0 || Object.keys(values).some((name) => !compared.some((slot) => slot.name === name)))
    return { status: "unsupported", ...NOTHING };
  const differing = compared.find(
    ({ name, value }) => value === undefined || !equalBytes(value, values[name] as Uint8Array),
  );
  const shown = differing ?? (compared[0] as Slot);
  return {
    slots: compared.map(({ name }) => name),
    expected: toHex(values[shown.name] as Uint8Array),
    found: shown.value === undefined ? "absent" : toHex(shown.value),
    ...(differing === undefined
      ? { status: "matched", ...(await provenBy(binding, crypto)) }
      : { status: "differs", freshness: "none", channel: undefined }),
  };
}

/** What each slot of this evidence must hold. */
async function slotValues(
  binding: Exclude<BindingRequest, "unbound">,
  slots: readonly Slot[],
  crypto: Crypto,
): Promise<SlotValues> {
  const has = (name: Slot["name"]): boolean => slots.some((slot) => slot.name === name);
  if (binding.form === "nonce" && has("nonce")) {
    return { nonce: binding.nonce, ...(binding.publicKey === undefined ? {} : { publicKey: binding.publicKey }) };
  }
  const values = await layoutValues(binding, crypto);
  const { reportData, ...rest } = values;
  return reportData !== undefined && !has("reportData") && has("extraData")
    ? { ...rest, extraData: reportData }
    : values;
}

async function layoutValues(binding: Exclude<BindingRequest, "unbound">, crypto: Crypto): Promise<SlotValues> {
  if (binding.form === "exact") return binding.values;
  if (binding.form === "nonce") return { reportData: await bindingDigest(binding.nonce, binding.publicKey, crypto) };
  return binding.layout.values(binding.inputs as Required<LayoutInputs>, (hash, message) =>
    crypto.digest(hash, message),
  );
}

/** Freshness and channel that a matched binding proves. Exact bytes prove what the caller put into them, which is not ours to know. */
async function provenBy(
  binding: Exclude<BindingRequest, "unbound">,
  crypto: Crypto,
): Promise<Pick<BindingResult, "freshness" | "channel">> {
  if (binding.form === "exact") return { freshness: "none", channel: undefined };
  const { nonce, publicKey } = binding.form === "nonce" ? binding : binding.inputs;
  const channel =
    publicKey === undefined ? undefined : { publicKeySha256: toHex(await crypto.digest("SHA-256", publicKey)) };
  return { freshness: nonce === undefined ? "none" : "nonce", channel };
}
