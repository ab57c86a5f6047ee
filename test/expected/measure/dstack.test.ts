/** dstack's registers from their inputs, against the registers that Intel-signed quotes carry. */
import { describe, expect, it } from "vitest";
import { fromBase64, fromHex, toHex } from "../../../src/encoding/text.js";
import {
  checkDstackDocument,
  dstackAppId,
  dstackComposeHash,
  measureDstackDocument,
  readDstackDocument,
} from "../../../src/expected/measure/dstack.js";
import { platformEvents } from "../../../src/expected/measure/tdx.js";
import { extendRegisters } from "../../../src/expected/measure/tdx-events.js";
import { describeShared, readSharedJson } from "../../support/shared.js";

interface LoggedEvent {
  readonly imr: number;
  readonly event_type: number;
  readonly digest: string;
  readonly event: string;
  readonly event_payload: string;
}
interface VmConfig {
  readonly memory_size: number;
  readonly qemu_version: string;
  readonly os_image_hash: string;
  readonly tdx_measurement: { readonly measurement: string; readonly checksum_file: string };
}
interface Bundle {
  readonly quote: string;
  readonly event_log: string | LoggedEvent[];
  readonly vm_config: string | VmConfig;
}

const text = <T>(value: string | T): T => (typeof value === "string" ? (JSON.parse(value) as T) : value);
const folder = "evidence/dcap/Dstack-TEE+dstack/dstack";
/** EV_PLATFORM_CONFIG_FLAGS: OVMF's ACPI data, in the order loader, rsdp, tables. */
const acpiOf = (log: readonly LoggedEvent[]) => {
  const [loader, rsdp, tables] = log.filter((e) => e.imr === 0 && e.event_type === 10).map((e) => fromHex(e.digest));
  return { loader: { sha384: loader! }, rsdp: { sha384: rsdp! }, tables: { sha384: tables! } };
};
/** Registers of a v4 quote: body at 48, MRTD at 136, RTMR0 at 328 of it. */
const registersOf = (quoteHex: string) => {
  const at = (offset: number): string => quoteHex.slice(2 * offset, 2 * offset + 96);
  return { mrtd: at(184), rtmr0: at(376), rtmr1: at(424), rtmr2: at(472) };
};
/** The ranges of every dstack firmware of the time, as its measurement document has them. */
const tdHob = {
  base: 0x809000,
  accepted: [
    { start: 0x800000, length: 0x6000 },
    { start: 0x809000, length: 0x2000 },
    { start: 0x80b000, length: 0x2000 },
    { start: 0x810000, length: 0x10000 },
  ],
};
const emptyCfv = "344bc51c980ba621aaa00da3ed7436f7d6e549197dfe699515dfa2c6583d95e6412af21c097d473155875ffd561d6790";

describeShared("a TDX-lite bundle", () => {
  const bundle = readSharedJson<Bundle>(`${folder}/tdx-lite-getquote.json`);
  const vm = text<VmConfig>(bundle.vm_config);
  const document = fromBase64(vm.tdx_measurement.measurement);
  const machine = {
    memorySize: vm.memory_size,
    qemuVersion: vm.qemu_version,
    acpi: acpiOf(text<LoggedEvent[]>(bundle.event_log)),
  };
  const hexOf = async (change: Partial<typeof machine> = {}) => {
    const measured = await measureDstackDocument({ document, machine: { ...machine, ...change } });
    return Object.fromEntries(Object.entries(measured).map(([name, bytes]) => [name, toHex(bytes)]));
  };

  it("gives MRTD and RTMR0 to RTMR2 of the signed quote", async () => {
    expect(await hexOf()).toEqual(registersOf(bundle.quote));
  });

  it("gives another MRTD for a QEMU that measures in one pass", async () => {
    const signed = registersOf(bundle.quote);
    const other = await hexOf({ qemuVersion: "9.1.0" });
    expect(other["mrtd"]).not.toBe(signed.mrtd);
    expect(other["rtmr0"]).toBe(signed.rtmr0);
  });

  it("gives another RTMR0 for another memory size, and refuses one for which the kernel digest is unknown", async () => {
    expect((await hexOf({ memorySize: 4 * 2 ** 30 }))["rtmr0"]).not.toBe(registersOf(bundle.quote).rtmr0);
    await expect(hexOf({ memorySize: 2 ** 30 })).rejects.toThrow("kernel digest holds for 2 GiB");
  });

  it.each(["7.2.0", "9.1", "", "9.1.0-rc1"])("refuses the QEMU version %j", async (qemuVersion) => {
    await expect(hexOf({ qemuVersion })).rejects.toThrow("QEMU version");
  });

  it("has a document that the image hash commits to, and no other", () => {
    const checksumFile = fromBase64(vm.tdx_measurement.checksum_file);
    const osImageHash = fromHex(vm.os_image_hash);
    expect(checkDstackDocument({ document, checksumFile, osImageHash })).toBe(true);
    expect(checkDstackDocument({ document: document.slice(1), checksumFile, osImageHash })).toBe(false);
    expect(checkDstackDocument({ document, checksumFile: checksumFile.slice(1), osImageHash })).toBe(false);
    expect(checkDstackDocument({ document, checksumFile, osImageHash: fromHex("00".repeat(32)) })).toBe(false);
  });

  it("is refused when any byte of its structure is wrong", () => {
    let refused = 0;
    for (let i = 0; i < document.length; i++) {
      const changed = document.slice();
      changed[i] = (changed[i] as number) ^ 0x40;
      try {
        readDstackDocument(changed);
      } catch (error) {
        expect((error as Error).name).toBe("MalformedError");
        refused++;
      }
    }
    // 5 digests of 48 bytes and the 12 bytes of ranges may change without a fault of structure.
    expect(refused).toBeGreaterThanOrEqual(document.length - 5 * 48 - 12);
    for (let i = 0; i < document.length; i++) expect(() => readDstackDocument(document.slice(0, i))).toThrow();
  });
});

describeShared("bundles with the digests of their event log", () => {
  it("RTMR0 follows from a memory size of 64 GiB and the ACPI digests", async () => {
    const bundle = readSharedJson<Bundle>(`${folder}/quote-report.json`);
    const vm = text<VmConfig>(bundle.vm_config);
    expect(vm.memory_size).toBe(64 * 2 ** 30);
    const acpi = acpiOf(text<LoggedEvent[]>(bundle.event_log));
    const events = await platformEvents({
      tdHob: { ...tdHob, memorySize: vm.memory_size },
      cfv: { sha384: fromHex(emptyCfv) },
      acpi,
    });
    expect(toHex(extendRegisters(events).rtmr0)).toBe(registersOf(bundle.quote).rtmr0);
  });

  describe("OpenClaw's own deployment (dstack 0.5.9)", () => {
    const info = readSharedJson<{ tcb_info: string; vm_config: string; compose_hash: string }>(
      "evidence/dcap/openclaw+crabbox/dstack/real_attestation_info.json",
    );
    const tcb = JSON.parse(info.tcb_info) as { rtmr0: string; event_log: LoggedEvent[]; app_compose: string };

    it("RTMR0 follows from its memory size and the ACPI digests", async () => {
      const events = await platformEvents({
        tdHob: { ...tdHob, memorySize: text<VmConfig>(info.vm_config).memory_size },
        cfv: { sha384: fromHex(emptyCfv) },
        acpi: acpiOf(tcb.event_log),
      });
      const logged = tcb.event_log.filter((e) => e.imr === 0).map((e) => e.digest);
      expect(events.map(({ digest }) => toHex(digest))).toEqual(logged);
      expect(toHex(extendRegisters(events).rtmr0)).toBe(tcb.rtmr0);
    });

    it("the compose hash is of the exact text", () => {
      const compose = new TextEncoder().encode(tcb.app_compose);
      expect(toHex(dstackComposeHash(compose))).toBe(info.compose_hash);
      expect(toHex(dstackComposeHash(new TextEncoder().encode(`${tcb.app_compose}\n`)))).not.toBe(info.compose_hash);
    });
  });
});

describe("app id", () => {
  it("is the first 20 bytes of a compose hash and of nothing else", () => {
    expect(toHex(dstackAppId(fromHex("ab".repeat(32))))).toBe("ab".repeat(20));
    expect(() => dstackAppId(fromHex("ab".repeat(31)))).toThrow(TypeError);
  });
});
