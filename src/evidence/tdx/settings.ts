/** What a relying party may demand of a TDX quote, read strictly. */

import { allowances, flags } from "../../expected/demands.js";
import { readBytes, readDigest, readObject, readSet } from "../../expected/read.js";
import {
  type BytesOrHex,
  type DcapPolicy,
  type DcapReference,
  type DcapSettings,
  type OneOrMore,
  readDcapPolicy,
  readDcapReference,
} from "../dcap/settings.js";
import { ATTRIBUTE_NAMES, type TdAttribute, XFAM_ALLOWED } from "./attributes.js";

/**
 * What the TD must be. At least one member; every member that is given must match, each against a value or a non-empty set of 48 bytes.
 * `mrtd` alone pins the firmware (`covers: "firmware"`), with `rtmr0` to `rtmr2` all that is measured at launch (`covers: "launch"`).
 * Then RTMR3 must be pinned too, or be zero.
 */
export interface TdxReference {
  readonly mrtd?: OneOrMore<BytesOrHex>;
  readonly rtmr0?: OneOrMore<BytesOrHex>;
  readonly rtmr1?: OneOrMore<BytesOrHex>;
  readonly rtmr2?: OneOrMore<BytesOrHex>;
  readonly rtmr3?: OneOrMore<BytesOrHex>;
  readonly mrConfigId?: OneOrMore<BytesOrHex>;
  readonly mrOwner?: OneOrMore<BytesOrHex>;
  readonly mrOwnerConfig?: OneOrMore<BytesOrHex>;
  /** Demands a TD 1.5 report. */
  readonly mrServiceTd?: OneOrMore<BytesOrHex>;
  /** Measurement of the TDX module. */
  readonly mrSeam?: OneOrMore<BytesOrHex>;
  /**
   * Run-time events of RTMR3 by name (dstack: `compose-hash`, `app-id`, `os-image-hash`, `key-provider`, ...), each with its payloads as
   * bytes or hex. They need a log that replays; the first of a name before `system-ready` counts.
   */
  readonly events?: Readonly<Record<string, OneOrMore<BytesOrHex>>>;
}

export type TdxField = Exclude<keyof TdxReference, "events">;

const TDX_FIELDS: Readonly<Record<TdxField, number>> = {
  mrtd: 48,
  rtmr0: 48,
  rtmr1: 48,
  rtmr2: 48,
  rtmr3: 48,
  mrConfigId: 48,
  mrOwner: 48,
  mrOwnerConfig: 48,
  mrServiceTd: 48,
  mrSeam: 48,
};

/** `sept-ve`: SEPT_VE_DISABLE may be clear; `rtmr3`: RTMR3 may hold anything; `service-td`: any service TD may be bound. */
export type TdxAllowance = "debug" | "migration" | "perfmon" | "sept-ve" | "rtmr3" | "service-td";

/** Demands beside the build. Everything that is left out has its safe default. */
export interface TdxPolicy extends DcapPolicy {
  /** What the defaults reject and this caller takes. */
  readonly allow?: readonly TdxAllowance[];
  /** Bits of TDATTRIBUTES that must have this value. */
  readonly attributes?: Partial<Readonly<Record<TdAttribute, boolean>>>;
  /** Bits that XFAM may have (8 bytes, big-endian, or hex of these); x87 and SSE must be set in any case. */
  readonly allowedXfam?: BytesOrHex;
}

export interface TdxSettings extends DcapSettings {
  readonly allow: readonly TdxAllowance[];
  readonly attributes: ReadonlyMap<TdAttribute, boolean>;
  readonly allowedXfam: bigint;
}

export interface TdxValues extends DcapReference<TdxField> {
  readonly events: ReadonlyMap<string, readonly Uint8Array[]>;
}

/** @throws TypeError */
export function readPolicy(policy: TdxPolicy | undefined): TdxSettings {
  return {
    allow: [],
    attributes: new Map(),
    allowedXfam: XFAM_ALLOWED,
    ...readDcapPolicy(policy, "policy.tdx", {
      allow: allowances<TdxAllowance>("debug", "migration", "perfmon", "sept-ve", "rtmr3", "service-td"),
      attributes: flags(ATTRIBUTE_NAMES),
      allowedXfam: readMask,
    }),
  };
}

function readMask(value: unknown, path: string): bigint {
  return readDigest(value, 8, path).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** @throws TypeError */
export function readReference(reference: TdxReference): TdxValues {
  const what = "expected.tdx";
  const { events, ...registers } = readObject(reference, [...Object.keys(TDX_FIELDS), "events"], what);
  const accepted =
    events === undefined ? new Map<string, readonly Uint8Array[]>() : readEvents(events, `${what}.events`);
  if (accepted.size > 0 && Object.keys(registers).length === 0)
    throw new TypeError(
      `${what}.events need the registers of the system that wrote them: give mrtd and rtmr0 to rtmr2`,
    );
  return { ...readDcapReference<TdxField>(registers, what, TDX_FIELDS), events: accepted };
}

function readEvents(value: unknown, what: string): ReadonlyMap<string, readonly Uint8Array[]> {
  if (typeof value !== "object" || value === null) throw new TypeError(`${what} must be an object`);
  const names = Object.keys(value);
  if (names.length === 0) throw new TypeError(`${what} must name at least one event`);
  const given = readObject(value, names, what);
  return new Map(names.map((name) => [name, readSet(given[name], `${what}.${name}`, readBytes)]));
}
