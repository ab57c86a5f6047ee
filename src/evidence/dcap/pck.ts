/** The SGX extension of a PCK certificate (Intel SGX PCK Certificate and CRL Profile, section 1.3.5). */

import { boolean, contents, type Der, expectTag, readDer, sequence, smallInteger, TAG } from "../../encoding/der.js";
import { demand } from "../../encoding/malformed.js";
import type { Certificate } from "../../trust/certificate.js";
import { SGX_EXTENSION } from "../../trust/profiles.js";

export const PCK_NAME = "Intel SGX PCK Certificate";

/** `scalable`: multi-socket memory encryption, without or with integrity. */
export type SgxType = "standard" | "scalable" | "scalable-with-integrity";

export interface PckInfo {
  /** 16 bytes. */
  readonly ppid: Uint8Array;
  /** The 16 component SVNs that TCB levels are compared with. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  /** 6 bytes. */
  readonly fmspc: Uint8Array;
  readonly sgxType: SgxType;
  /** Of the Platform CA's certificates alone. */
  readonly platform: PlatformInfo | undefined;
}

export interface PlatformInfo {
  /** 16 bytes. */
  readonly instanceId: Uint8Array;
  readonly dynamicPlatform: boolean;
  readonly cachedKeys: boolean;
  readonly smtEnabled: boolean;
}

const SGX_TYPES: readonly SgxType[] = ["standard", "scalable", "scalable-with-integrity"];

/** @throws MalformedError where the extension is missing or is not exactly as Intel makes it */
export function readPck(certificate: Certificate): PckInfo {
  const extension = certificate.extensions.get(SGX_EXTENSION);
  demand(extension !== undefined, "certificate without the SGX extension");
  const fields = members(readDer(extension.value), ARCS);
  // Certificates of the Processor CA have five members and those of the Platform CA seven.
  demand(fields.size === 5 || fields.size === 7, `SGX extension with ${fields.size} members`);
  const tcb = members(field(fields, 2), [...ARCS, 2]);
  demand(tcb.size === 18, `TCB of the SGX extension with ${tcb.size} members`);
  const type = contents(expectTag(field(fields, 5), TAG.enumerated, "SGX type"));
  const sgxType = type.length === 1 ? SGX_TYPES[type[0] as number] : undefined;
  demand(sgxType !== undefined, "SGX type is none of the three");
  return {
    ppid: octets(field(fields, 1), 16),
    components: Array.from({ length: 16 }, (_, i) => integer(field(tcb, i + 1), 255)),
    pceSvn: integer(field(tcb, 17), 65_535),
    cpuSvn: octets(field(tcb, 18), 16),
    pceId: octets(field(fields, 3), 2),
    fmspc: octets(field(fields, 4), 6),
    sgxType,
    platform: fields.size === 7 ? platformInfo(fields) : undefined,
  };
}

/** DER contents of 1.2.840.113741.1.13.1, below which all ids lie. */
const ARCS: readonly number[] = [0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01];

/** `SEQUENCE OF SEQUENCE { id, value }`, each id once, by its last arc; `arcs` are those before it. */
function members(element: Der, arcs: readonly number[]): ReadonlyMap<number, Der> {
  const found = new Map<number, Der>();
  const list = sequence(element, "SGX extension");
  while (list.more) {
    const pair = sequence(list.any("member"), "member of the SGX extension");
    const id = contents(pair.next(TAG.oid, "id"));
    const number = id[arcs.length] ?? 0;
    const known = id.length === arcs.length + 1 && number < 0x80 && arcs.every((arc, i) => arc === id[i]);
    demand(known && !found.has(number), "SGX extension with a member out of place");
    found.set(number, pair.any("value"));
    pair.end("member of the SGX extension");
  }
  return found;
}

function field(fields: ReadonlyMap<number, Der>, number: number): Der {
  const value = fields.get(number);
  demand(value !== undefined, `SGX extension without member ${number}`);
  return value;
}

function octets(element: Der, length: number): Uint8Array {
  const bytes = contents(expectTag(element, TAG.octetString, "SGX extension value"));
  demand(bytes.length === length, `SGX extension value of ${bytes.length} bytes where ${length} belong`);
  return bytes;
}

function integer(element: Der, max: number): number {
  return smallInteger(expectTag(element, TAG.integer, "SVN"), max, "SVN");
}

function platformInfo(fields: ReadonlyMap<number, Der>): PlatformInfo {
  const flags = members(field(fields, 7), [...ARCS, 7]);
  demand(flags.size === 3, "SGX extension with an incomplete configuration");
  const flag = (number: number): boolean => boolean(expectTag(field(flags, number), TAG.boolean, "configuration flag"));
  return {
    instanceId: octets(field(fields, 6), 16),
    dynamicPlatform: flag(1),
    cachedKeys: flag(2),
    smtEnabled: flag(3),
  };
}

/** Which of Intel's two authorities issued it, as the addresses of its revocation list name them. */
export function caOf(certificateAuthority: string | undefined): "processor" | "platform" | undefined {
  const ca = /^Intel SGX PCK (Processor|Platform) CA$/.exec(certificateAuthority ?? "")?.[1];
  return ca === undefined ? undefined : (ca.toLowerCase() as "processor" | "platform");
}
