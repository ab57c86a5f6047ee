/** The relying party's demands on an Azure confidential VM: what callers write, read strictly, every default the safe one. */

import { readChoice, readDigest, readObject, readSet, readString } from "../../expected/read.js";

export type BytesOrHex = Uint8Array | string;
type OneOrMore<T> = T | readonly T[];

/**
 * What the VM must be. At least one member; every member that is given must match. `measurement` and `mrtd` pin Microsoft's paravisor
 * exactly, `idKeyDigest` whoever signed it: all of them `covers: "firmware"`. With the paravisor known, the registers count:
 * 4, 8 and 9 (shim, GRUB, kernel, command line, initial file system) or 4, 11 and 12 (unified kernel image) give `covers: "launch"`.
 */
export interface AzureCvmReference {
  /** SHA-256 registers of the vTPM by index, 32 bytes each. */
  readonly pcrs?: Readonly<Record<number, OneOrMore<BytesOrHex>>>;
  /** MEASUREMENT of the SEV-SNP report, 48 bytes. */
  readonly measurement?: OneOrMore<BytesOrHex>;
  /** ID_KEY_DIGEST of the SEV-SNP report, 48 bytes. */
  readonly idKeyDigest?: OneOrMore<BytesOrHex>;
  /** MRTD of the TD quote, 48 bytes. */
  readonly mrtd?: OneOrMore<BytesOrHex>;
}

export interface AzureCvmPolicy {
  /** What the defaults reject and this caller takes: a VM without Secure Boot. */
  readonly allow?: readonly "secure-boot-off"[];
  /** `bound`: the runtime claims' user-data must repeat the quote's extraData, filled with zeros, so that the hardware's report is fresh too. */
  readonly userData?: "any" | "bound";
  /** The only machines that are taken, by `vmUniqueId`. */
  readonly vmIds?: OneOrMore<string>;
}

export interface AzureValues {
  readonly pcrs: ReadonlyMap<number, readonly Uint8Array[]>;
  /** By claim of the hardware's part. */
  readonly paravisor: ReadonlyMap<"measurement" | "idKeyDigest" | "mrtd", readonly Uint8Array[]>;
}

export interface AzureSettings {
  readonly allowInsecureBoot: boolean;
  readonly boundUserData: boolean;
  readonly vmIds: readonly string[] | undefined;
}

const INDICES: readonly string[] = Array.from({ length: 24 }, (_, index) => String(index));

/** @throws TypeError */
export function readReference(reference: unknown): AzureValues {
  const what = 'expected["azure-cvm"]';
  const names = ["measurement", "idKeyDigest", "mrtd"] as const;
  const given = readObject(reference, ["pcrs", ...names], what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  const pcrs = given.pcrs === undefined ? [] : Object.entries(readObject(given.pcrs, INDICES, `${what}.pcrs`));
  if (given.pcrs !== undefined && pcrs.length === 0)
    throw new TypeError(`${what}.pcrs must name at least one register`);
  const digests = (value: unknown, path: string, length: number): readonly Uint8Array[] =>
    readSet(value, path, (item, at) => readDigest(item, length, at));
  return {
    pcrs: new Map(pcrs.map(([index, value]) => [Number(index), digests(value, `${what}.pcrs[${index}]`, 32)])),
    paravisor: new Map(
      names.flatMap((name) => (given[name] === undefined ? [] : [[name, digests(given[name], `${what}.${name}`, 48)]])),
    ),
  };
}

/** @throws TypeError */
export function readPolicy(policy: unknown): AzureSettings {
  const what = 'policy["azure-cvm"]';
  const { allow, userData, vmIds } = readObject(policy ?? {}, ["allow", "userData", "vmIds"], what);
  const allowed =
    allow === undefined || (Array.isArray(allow) && allow.length === 0)
      ? []
      : readSet(allow, what, (item) => readChoice(item, ["secure-boot-off"], `${what}.allow`));
  return {
    allowInsecureBoot: allowed.length > 0,
    boundUserData: userData !== undefined && readChoice(userData, ["any", "bound"], `${what}.userData`) === "bound",
    vmIds: vmIds === undefined ? undefined : readSet(vmIds, `${what}.vmIds`, readString).map((id) => id.toUpperCase()),
  };
}
