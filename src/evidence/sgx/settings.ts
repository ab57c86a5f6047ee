/** What a relying party may demand of an SGX quote, read strictly. */

import { allowances } from "../../expected/demands.js";
import { readDigest, readObject } from "../../expected/read.js";
import {
  type BytesOrHex,
  type DcapPolicy,
  type DcapReference,
  type DcapSettings,
  type OneOrMore,
  readDcapPolicy,
  readDcapReference,
} from "../dcap/settings.js";

/**
 * What the enclave must be. At least one member; every member that is given must match. `mrenclave` pins the code (`covers: "launch"`).
 * `mrsigner` with `isvProdId` and `minimumIsvSvn` names its maker, product and lowest version, and not the code: that is `covers: "firmware"`,
 * which a caller must ask for by name.
 */
export interface SgxReference {
  /** 32 bytes. */
  readonly mrenclave?: OneOrMore<BytesOrHex>;
  /** 32 bytes. */
  readonly mrsigner?: OneOrMore<BytesOrHex>;
  readonly isvProdId?: number;
  readonly minimumIsvSvn?: number;
  /** Key separation and sharing: 16 bytes. */
  readonly isvExtProdId?: OneOrMore<BytesOrHex>;
  /** 16 bytes. */
  readonly isvFamilyId?: OneOrMore<BytesOrHex>;
  /** 64 bytes. */
  readonly configId?: OneOrMore<BytesOrHex>;
  readonly minimumConfigSvn?: number;
}

export type SgxField = "mrenclave" | "mrsigner" | "isvExtProdId" | "isvFamilyId" | "configId";

const SGX_FIELDS: Readonly<Record<SgxField, number>> = {
  mrenclave: 32,
  mrsigner: 32,
  isvExtProdId: 16,
  isvFamilyId: 16,
  configId: 64,
};

/** The field must equal `value` in the bits of `mask`. */
export interface Masked {
  readonly value: BytesOrHex;
  readonly mask: BytesOrHex;
}

/** Demands beside the build. Everything that is left out has its safe default. */
export interface SgxPolicy extends DcapPolicy {
  /** What the defaults reject and this caller takes. */
  readonly allow?: readonly "debug"[];
  /** ATTRIBUTES, 16 bytes as in the report: flags and XFRM. */
  readonly attributes?: Masked;
  /** MISCSELECT, 4 bytes as in the report. */
  readonly miscSelect?: Masked;
}

export interface MaskedBytes {
  readonly value: Uint8Array;
  readonly mask: Uint8Array;
}

export interface SgxSettings extends DcapSettings {
  readonly allow: readonly "debug"[];
  readonly attributes?: MaskedBytes;
  readonly miscSelect?: MaskedBytes;
}

export type SgxValues = DcapReference<SgxField>;

/** @throws TypeError */
export function readPolicy(policy: SgxPolicy | undefined): SgxSettings {
  return {
    allow: [],
    ...readDcapPolicy(policy, "policy.sgx", {
      allow: allowances("debug"),
      attributes: masked(16),
      miscSelect: masked(4),
    }),
  };
}

function masked(length: number): (value: unknown, path: string) => MaskedBytes {
  return (given, path) => {
    const { value, mask } = readObject(given, ["value", "mask"], path);
    const read = { value: readDigest(value, length, `${path}.value`), mask: readDigest(mask, length, `${path}.mask`) };
    if (read.value.some((byte, i) => (byte & ~(read.mask[i] as number)) !== 0))
      throw new TypeError(`${path}.value has bits outside its mask`);
    return read;
  };
}

/** @throws TypeError */
export function readReference(reference: SgxReference): SgxValues {
  const minimums = { minimumIsvSvn: "isvSvn", minimumConfigSvn: "configSvn" };
  return readDcapReference(reference, "expected.sgx", SGX_FIELDS, minimums, ["isvProdId"]);
}
