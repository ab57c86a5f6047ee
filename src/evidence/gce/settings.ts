/** The relying party's demands on a Google confidential VM: what callers write, read strictly. */

import { readDigest, readInteger, readObject, readSet } from "../../expected/read.js";

type OneOrMore<T> = T | readonly T[];
type BytesOrHex = Uint8Array | string;

/**
 * At least one member. Google's endorsement makes the firmware known; on TDX `rtmr0` to `rtmr2` with it give `covers: "launch"`: then RTMR3 must
 * be pinned too, or be zero.
 */
export interface GceCvmReference {
  /** Lowest security version of the firmware. */
  readonly minimumSvn?: number;
  /** SHA-384 of the firmware file. */
  readonly firmware?: OneOrMore<BytesOrHex>;
  readonly rtmr0?: OneOrMore<BytesOrHex>;
  readonly rtmr1?: OneOrMore<BytesOrHex>;
  readonly rtmr2?: OneOrMore<BytesOrHex>;
  readonly rtmr3?: OneOrMore<BytesOrHex>;
}

export interface GceCvmPolicy {
  /** SEV-SNP: the number of virtual processors, which is part of the measurement. */
  readonly vmsas?: number;
  /** TDX: the memory in GiB. */
  readonly ramGib?: number;
}

export interface GceValues {
  readonly minimumSvn: number;
  readonly firmware: readonly Uint8Array[] | undefined;
  readonly registers: ReadonlyMap<string, readonly Uint8Array[]>;
}

export interface GceSettings {
  readonly vmsas: number | undefined;
  readonly ramGib: number | undefined;
}

const REGISTERS = ["rtmr0", "rtmr1", "rtmr2", "rtmr3"] as const;

/** @throws TypeError */
export function readReference(reference: unknown): GceValues {
  const what = 'expected["gce-cvm"]';
  const given = readObject(reference, ["minimumSvn", "firmware", ...REGISTERS], what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  const digests = (name: string): readonly Uint8Array[] =>
    readSet(given[name], `${what}.${name}`, (item, at) => readDigest(item, 48, at));
  return {
    minimumSvn: given.minimumSvn === undefined ? 0 : readInteger(given.minimumSvn, `${what}.minimumSvn`),
    firmware: given.firmware === undefined ? undefined : digests("firmware"),
    registers: new Map(REGISTERS.filter((name) => given[name] !== undefined).map((name) => [name, digests(name)])),
  };
}

/** @throws TypeError */
export function readPolicy(policy: unknown): GceSettings {
  const what = 'policy["gce-cvm"]';
  const { vmsas, ramGib } = readObject(policy ?? {}, ["vmsas", "ramGib"], what);
  return {
    vmsas: vmsas === undefined ? undefined : readInteger(vmsas, `${what}.vmsas`, 4096),
    ramGib: ramGib === undefined ? undefined : readInteger(ramGib, `${what}.ramGib`, 1_048_576),
  };
}
