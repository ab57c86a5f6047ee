/** Reads the confidential computing event log of a real TD, as far as tests need its events (TCG_PCR_EVENT2). */

export interface LoggedEvent {
  /** RTMR number: the log counts MRTD as 0. */
  readonly register: number;
  readonly type: number;
  /** SHA-384. */
  readonly digest: Uint8Array;
  readonly data: Uint8Array;
}

export const EV = {
  noAction: 3,
  separator: 4,
  eventTag: 6,
  platformConfigFlags: 10,
  ipl: 13,
  variableDriverConfig: 0x80000001,
  variableBoot: 0x80000002,
  bootServicesApplication: 0x80000003,
  gpt: 0x80000006,
  action: 0x80000007,
  firmwareBlob: 0x8000000a,
  handoffTables: 0x8000000b,
  variableAuthority: 0x800000e0,
} as const;

const DIGEST_BYTES: Readonly<Record<number, number>> = { 4: 20, 11: 32, 12: 48, 18: 32 };

export function readCcel(log: Uint8Array): LoggedEvent[] {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const events: LoggedEvent[] = [];
  // The first record is a TCG_PCR_EVENT: register, type, a 20-byte digest, size, data.
  let at = 32 + view.getUint32(28, true);
  while (at + 12 <= log.length) {
    const [register, type, count] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true)) as [
      number,
      number,
      number,
    ];
    if (register === 0xffff_ffff || count === 0) break;
    at += 12;
    let digest = new Uint8Array(0);
    for (let i = 0; i < count; i++) {
      const algorithm = view.getUint16(at, true);
      const length = DIGEST_BYTES[algorithm] as number;
      if (algorithm === 0xc) digest = log.slice(at + 2, at + 2 + length);
      at += 2 + length;
    }
    const size = view.getUint32(at, true);
    events.push({ register: register - 1, type, digest, data: log.slice(at + 4, at + 4 + size) });
    at += 4 + size;
  }
  return events.filter((event) => event.type !== EV.noAction);
}

/** Contents of the UEFI_VARIABLE_DATA in an event. */
export function variableOf(event: LoggedEvent): { readonly name: string; readonly data: Uint8Array } {
  const view = new DataView(event.data.buffer, event.data.byteOffset, event.data.byteLength);
  const nameEnd = 32 + 2 * Number(view.getBigUint64(16, true));
  return {
    name: new TextDecoder("utf-16le").decode(event.data.slice(32, nameEnd)),
    data: event.data.slice(nameEnd, nameEnd + Number(view.getBigUint64(24, true))),
  };
}
