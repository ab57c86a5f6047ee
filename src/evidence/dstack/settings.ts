/** What a relying party may demand of a dstack application: events of its log by name. */

import { readBytes, readDigest, readObject, readSet } from "../../expected/read.js";

type BytesOrHex = Uint8Array | string;
type OneOrMore<T> = T | readonly T[];

/** At least one member; each a value or a non-empty set. The system below is demanded under `expected.tdx`. */
export interface DstackReference {
  /** SHA-256 of app-compose.json, 32 bytes. */
  readonly composeHash?: OneOrMore<BytesOrHex>;
  /** 20 bytes. */
  readonly appId?: OneOrMore<BytesOrHex>;
  /** 20 bytes. */
  readonly instanceId?: OneOrMore<BytesOrHex>;
  /** 32 bytes. */
  readonly osImageHash?: OneOrMore<BytesOrHex>;
  /** The JSON text of the key-provider event, as bytes or hex. */
  readonly keyProvider?: OneOrMore<BytesOrHex>;
}

/** By event name. */
export type DstackValues = ReadonlyMap<string, readonly Uint8Array[]>;

const EVENTS: Readonly<Record<keyof DstackReference, readonly [event: string, bytes: number | undefined]>> = {
  composeHash: ["compose-hash", 32],
  appId: ["app-id", 20],
  instanceId: ["instance-id", 20],
  osImageHash: ["os-image-hash", 32],
  keyProvider: ["key-provider", undefined],
};

/** @throws TypeError */
export function readReference(reference: DstackReference): DstackValues {
  const what = "expected.dstack";
  const names = Object.keys(EVENTS) as (keyof DstackReference)[];
  const given = readObject(reference, names, what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  return new Map(
    names.flatMap((name) => {
      if (given[name] === undefined) return [];
      const [event, length] = EVENTS[name];
      const read = (item: unknown, path: string): Uint8Array =>
        length === undefined ? readBytes(item, path) : readDigest(item, length, path);
      return [[event, readSet(given[name], `${what}.${name}`, read)] as const];
    }),
  );
}

/** There is no policy of its own: that of the quote is `policy.tdx`. @throws TypeError */
export function readPolicy(policy: Readonly<Record<string, never>> | undefined): undefined {
  readObject(policy ?? {}, [], "policy.dstack");
  return undefined;
}
