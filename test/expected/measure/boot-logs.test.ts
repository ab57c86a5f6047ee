/** Boot events as the calculators make them, against the event logs of real TDs and the registers that signed quotes carry. */
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../../src/encoding/text.js";
import {
  directBootEvents,
  grubBootEvents,
  type LoaderEvent,
  type PlatformInputs,
  platformEvents,
  type SecureBootVariable,
} from "../../../src/expected/measure/tdx.js";
import { type BootEvent, extendRegisters } from "../../../src/expected/measure/tdx-events.js";
import { describeShared, readShared } from "../../support/shared.js";
import { EV, type LoggedEvent, readCcel, variableOf } from "./ccel.js";

const evidence = "evidence/dcap";
const known = (event: LoggedEvent | undefined) => ({ sha384: event?.digest ?? new Uint8Array(48) });
const only = (log: readonly LoggedEvent[], type: number, register?: number) =>
  log.filter((event) => event.type === type && (register === undefined || event.register === register));
const digests = (events: readonly { register: number; digest: Uint8Array }[], register: number): string[] =>
  events.filter((event) => event.register === register).map(({ digest }) => toHex(digest));
/** A v4 quote's RTMR0 to RTMR2. */
const signed = (quote: Uint8Array): string[] => [376, 424, 472].map((at) => toHex(quote.slice(at, at + 48)));

/** What RTMR0 of a log says of its machine. */
function platformOf(log: readonly LoggedEvent[]): PlatformInputs {
  const [loader, rsdp, tables] = only(log, EV.platformConfigFlags, 0).map(known);
  const secureBoot = Object.fromEntries(
    only(log, EV.variableDriverConfig).map((event) => [
      variableOf(event).name as SecureBootVariable,
      variableOf(event).data,
    ]),
  );
  return {
    tdHob: known(only(log, EV.handoffTables)[0]),
    cfv: known(only(log, EV.firmwareBlob)[0]),
    secureBoot,
    acpi: { loader: loader!, rsdp: rsdp!, tables: tables! },
    bootVariables: only(log, EV.variableBoot, 0).map((event) => variableOf(event).data),
  };
}

/** A disk whose partition table has the header and entries of a logged event. */
function diskOf(event: LoggedEvent): Uint8Array {
  const view = new DataView(event.data.buffer, event.data.byteOffset, event.data.byteLength);
  const size = view.getUint32(84, true);
  const disk = new Uint8Array(Number(view.getBigUint64(72, true)) * 512 + view.getUint32(80, true) * size + 4096);
  disk.set(event.data.subarray(0, 92), 512);
  disk.set(event.data.subarray(100), Number(view.getBigUint64(72, true)) * 512);
  return disk;
}

/** RTMR2's events: GRUB's texts are recomputed, files are taken by digest, the empty MokListTrusted is one byte. */
function loaderOf(log: readonly LoggedEvent[]): LoaderEvent[] {
  return log
    .filter((event) => event.register === 2)
    .map((event): LoaderEvent => {
      const text = new TextDecoder().decode(event.data).replace(/\0+$/, "");
      const grub = /^(?:grub_cmd|kernel_cmdline): (.*)$/s.exec(text)?.[1];
      if (grub !== undefined) return { grub };
      if (text === "MokListTrusted") return { content: Uint8Array.of(1), what: text };
      return { content: known(event), what: text };
    });
}

const grubOf = (log: readonly LoggedEvent[]) => ({
  disk: diskOf(only(log, EV.gpt)[0] as LoggedEvent),
  images: only(log, EV.bootServicesApplication).map(known),
  authorities: only(log, EV.variableAuthority).map(variableOf),
  loader: loaderOf(log),
});

function expectSame(events: readonly BootEvent[], log: readonly LoggedEvent[], registers: readonly number[]): void {
  for (const register of registers) expect(digests(events, register)).toEqual(digests(log, register));
}

describeShared("Google's COS 113: shim and GRUB from disk", () => {
  const log = readCcel(readShared(`${evidence}/google+go-tdx-guest/ccel/ccel_data.dat`));
  const quote = readShared(`${evidence}/google+go-tdx-guest/ccel/cos-113-tdx-quote.dat`);

  it("every event and every register follow; 16 of RTMR2's 20 events from their contents", async () => {
    const boot = grubOf(log);
    expect(boot.loader.length).toBe(20);
    expect(
      boot.loader.filter((event) => "grub" in event || ("what" in event && event.what === "MokListTrusted")).length,
    ).toBe(16);
    const events = [...(await platformEvents(platformOf(log))), ...(await grubBootEvents(boot))];
    expectSame(events, log, [0, 1, 2]);
    expect(Object.values(extendRegisters(events)).map(toHex)).toEqual(signed(quote));
  });

  it("a changed GRUB command, partition or Secure Boot variable changes its register alone", async () => {
    const boot = grubOf(log);
    const disk = (boot.disk as Uint8Array).slice();
    disk[2 * 512 + 16] = (disk[2 * 512 + 16] as number) ^ 1;
    const registers = async (change: object, secureBoot: object = {}): Promise<string[]> => {
      const platform = platformOf(log);
      const events = [
        ...(await platformEvents({ ...platform, secureBoot: { ...platform.secureBoot, ...secureBoot } })),
        ...(await grubBootEvents({ ...boot, ...change })),
      ];
      return Object.values(extendRegisters(events)).map(toHex);
    };
    const changed = async (change: object, secureBoot?: object) =>
      (await registers(change, secureBoot)).map((value, i) => value !== signed(quote)[i]);
    expect(await changed({ loader: [...boot.loader, { grub: "boot" }] })).toEqual([false, false, true]);
    expect(await changed({ disk })).toEqual([false, true, false]);
    expect(await changed({}, { SecureBoot: Uint8Array.of(7) })).toEqual([true, false, false]);
  });
});

describeShared("direct boots", () => {
  const direct = (log: readonly LoggedEvent[], readyToBootSeparator: 0 | 1) =>
    directBootEvents({
      kernel: known(only(log, EV.bootServicesApplication)[0]),
      commandLine: known(only(log, EV.eventTag, 2)[0]),
      initrd: known(only(log, EV.eventTag, 2)[1]),
      setupHeader: "normalized",
      readyToBootSeparator,
    });

  it("attestation-rs live2: every register equals its quote's", async () => {
    const log = readCcel(readShared(`${evidence}/confidential-dot-ai+attestation-rs/ccel/tdx_ccel_live2.dat`));
    const events = [...(await platformEvents(platformOf(log))), ...(await direct(log, 1))];
    expectSame(events, log, [0, 1, 2]);
    const quote = readShared(`${evidence}/confidential-dot-ai+attestation-rs/quotes/tdx_quote_live-3ab56d67.bin`);
    expect(Object.values(extendRegisters(events)).map(toHex)).toEqual(signed(quote));
  });

  it("trustee's OVMF log: its build puts the second separator into RTMR0", async () => {
    const log = readCcel(readShared(`${evidence}/confidential-containers+trustee/ccel/CCEL_data_ovmf`));
    expectSame([...(await platformEvents(platformOf(log))), ...(await direct(log, 0))], log, [0, 1, 2]);
    const usual = [...(await platformEvents(platformOf(log))), ...(await direct(log, 1))];
    expect(digests(usual, 0)).not.toEqual(digests(log, 0));
  });

  it("its TD HOB is that of 2 GiB, with default boot variables and an empty variable store", async () => {
    const log = readCcel(readShared(`${evidence}/confidential-containers+trustee/ccel/CCEL_data_ovmf`));
    const { acpi } = platformOf(log);
    const accepted = [
      [0x800000, 6],
      [0x809000, 2],
      [0x80b000, 2],
      [0x810000, 16],
    ].map(([start, pages]) => ({ start: start as number, length: (pages as number) * 0x1000 }));
    const cfv = {
      sha384: fromHex(
        "344bc51c980ba621aaa00da3ed7436f7d6e549197dfe699515dfa2c6583d95e6412af21c097d473155875ffd561d6790",
      ),
    };
    const at = (memorySize: number) => platformEvents({ tdHob: { base: 0x809000, accepted, memorySize }, cfv, acpi });
    expect(digests(await at(2 * 2 ** 30), 0)).toEqual(digests(log, 0).slice(0, -1));
    const grub = readCcel(readShared(`${evidence}/confidential-containers+trustee/ccel/CCEL_data_grub`));
    expect(digests(await at(10 * 2 ** 30), 0)[0]).toBe(toHex(only(grub, EV.handoffTables)[0]!.digest));
  });
});

describe("registers", () => {
  it("refuse a digest of another length", () => {
    const event = { register: 0, what: "x", digest: new Uint8Array(32) } as const;
    expect(() => extendRegisters([event])).toThrow(TypeError);
    expect(toHex(extendRegisters([]).rtmr0)).toBe("00".repeat(48));
  });
});
