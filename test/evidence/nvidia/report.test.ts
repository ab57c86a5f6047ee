/** The reader of reports: every length, index and form that can be wrong, and the good neighbour of each. */
import { describe, expect, it } from "vitest";
import { concat } from "../../../fixtures/der.js";
import {
  block,
  filled,
  flag,
  forgeReport,
  GPU_OPAQUE,
  number16,
  poke,
  type ReportRequest,
  SWITCH_OPAQUE,
  text,
  withFields,
} from "../../../fixtures/nvidia/report.js";
import { opaqueClaims } from "../../../src/evidence/nvidia/opaque.js";
import { looksLikeReport, parseReport, reportLength } from "../../../src/evidence/nvidia/report.js";
import { deviceOf } from "../../../src/evidence/nvidia/wrappers.js";
import { expectMalformed, readsOrMalformed } from "../../support/malformed.js";

const read = (request: ReportRequest = {}) => parseReport(forgeReport(request));
const withGpu = (changes: Parameters<typeof withFields>[1]): ReportRequest => ({
  opaque: withFields(GPU_OPAQUE, changes),
});

describe("reports", () => {
  it("of GPUs and switches are read", () => {
    const gpu = read();
    expect([gpu.device, gpu.driverVersion, gpu.vbiosVersion, gpu.mode, gpu.measurements.length]).toEqual([
      "gpu",
      "550.90.07",
      "96.00.74.00.20",
      "mpt",
      64,
    ]);
    const nvswitch = read({ device: "switch" });
    expect([nvswitch.device, nvswitch.driverVersion, nvswitch.vbiosVersion, nvswitch.measurements.length]).toEqual([
      "switch",
      undefined,
      "96.10.55.00.01",
      31,
    ]);
  });

  it("hold the requester's nonce apart from the responder's", () => {
    const { nonce, responderNonce } = read();
    expect([nonce[0], responderNonce[0]]).toEqual([0xa0, 0xb7]);
  });

  it("are told from anything else by both codes, both versions and their size", () => {
    const report = forgeReport();
    const poked = (at: number, value: number): Uint8Array => poke(at, value)(report.slice());
    expect(looksLikeReport(report)).toBe(true);
    expect(looksLikeReport(concat(report, new Uint8Array(8192 - report.length)))).toBe(true);
    expect(looksLikeReport(report.subarray(0, 175))).toBe(true);
    const others = [
      poked(0, 0x21),
      poked(1, 0xe1),
      poked(37, 0x21),
      poked(38, 0x61),
      concat(report, new Uint8Array(8193 - report.length)),
      report.subarray(0, 174),
    ];
    for (const other of others) {
      expect(looksLikeReport(other)).toBe(false);
      expectMalformed(() => parseReport(other), /no SPDM/);
    }
  });

  it("hold counts of 32 bits, little-endian, and text of printable ASCII", () => {
    const { opaque } = read(withGpu({ 12: Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0x80) }));
    expect(opaque.get("measurementCounts")?.value).toEqual([0x201, 0x8000_0000]);
    for (const wrong of [" ", "\x7f", "\x1f"])
      expectMalformed(() => read(withGpu({ 3: text(`550${wrong}90`) })), /not ASCII text/);
    expect(read(withGpu({ 3: text("!550~") })).driverVersion).toBe("!550~");
    expect(opaqueClaims(opaque)["fwid"]).toMatch(/^f1/);
  });

  it("may be for any of the eight slots", () => {
    expect(read({ mutate: (report) => poke(40, 7)(poke(36, 7)(report)) }).device).toBe("gpu");
  });

  const faults: readonly (readonly [string, ReportRequest, RegExp])[] = [
    ["a request of SPDM 1.2", { mutate: poke(0, 0x12) }, /request of another version/],
    ["a response of SPDM 1.0", { mutate: poke(37, 0x10) }, /response of another version/],
    ["a request for no signature", { mutate: poke(2, 0) }, /no signature/],
    ["a request for one measurement", { mutate: poke(3, 1) }, /all measurements/],
    ["a slot above 7", { mutate: poke(36, 8) }, /slot above 7/],
    ["a response from another slot", { mutate: poke(40, 1) }, /another request/],
    ["a response with a parameter", { mutate: poke(39, 1) }, /another request/],
    ["fewer blocks than announced", { mutate: poke(41, 65) }, /do not fill/],
    ["more blocks than announced", { mutate: poke(41, 63) }, /do not fill/],
    ["no blocks", { measurements: [] }, /do not fill|no SPDM/],
    ["a record length of 24 bits", { mutate: poke(44, 1) }, /do not fill/],
    [
      "a manifest of measurements behind the blocks",
      {
        mutate: poke(41, 65),
        blocks: (blocks) => [...blocks, Uint8Array.of(0xfd, 1, 60, 0, 0x8a, 57, 0, ...new Uint8Array(57))],
      },
      /measurement manifest/,
    ],
    [
      "another block of another length",
      {
        mutate: poke(41, 65),
        blocks: (blocks) => [...blocks, Uint8Array.of(65, 1, 60, 0, 0x8a, 57, 0, ...new Uint8Array(57))],
      },
      /do not fill/,
    ],
    ["a doubled block", { blocks: ([a, , ...rest]) => [a!, a!, ...rest] }, /block 2 has another index/],
    ["blocks out of order", { blocks: ([a, b, ...rest]) => [b!, a!, ...rest] }, /block 1 has another index/],
    ["a block that is missing", { blocks: ([a, , ...rest]) => [a!, ...rest, block(64, filled(1))] }, /block 2/],
    ["a block of another specification", { mutate: poke(46, 2) }, /block 1 is not in DMTF form/],
    ["a block with a wrong size", { mutate: poke(47, 52) }, /block 1 is not of 51 bytes/],
    ["a block with raw data", { mutate: poke(49, 0x81) }, /block 1 is not a digest/],
    ["a digest of 32 bytes", { mutate: poke(50, 32) }, /block 1 is not a SHA-384 digest/],
    ["trailing bytes", { trailing: Uint8Array.of(0) }, /1 bytes follow the report/],
    ["a signature cut short", { signature: (signature) => signature.subarray(1) }, /signature needs 96/],
    ["opaque data beyond the report", { mutate: poke(45 + 3520 + 32, 0xff) }, /needs/],
    ["an opaque field beyond the opaque data", { opaqueBytes: Uint8Array.of(6, 0, 9, 0, 1) }, /opaque field needs/],
    ["half an opaque header", { opaqueBytes: Uint8Array.of(6) }, /opaque field type needs/],
    ["an opaque field twice", { opaque: [...GPU_OPAQUE, [3, text("1")]] }, /driverVersion stands twice/],
    ["opaque data of version 2", withGpu({ 34: number16(2) }), /version 2/],
    ["a flag that is neither", withGpu({ 11: Uint8Array.of(0) }), /neither 55 nor AA/],
    ["an FWID of 32 bytes", withGpu({ 20: new Uint8Array(32) }), /fwid is not of 48 bytes/],
    ["counts that are no 32-bit numbers", withGpu({ 12: new Uint8Array(3) }), /32-bit/],
    ["identifiers that are no 8 bytes", withGpu({ 22: new Uint8Array(9) }), /8-byte/],
    ["text behind its zero", withGpu({ 3: Uint8Array.of(0x35, 0, 0x36) }), /not ASCII/],
    ["text with an escape character", withGpu({ 3: Uint8Array.of(0x35, 0x1b) }), /not ASCII/],
    ["no VBIOS version", withGpu({ 6: undefined }), /without a VBIOS version/],
    ["a VBIOS version of another form", withGpu({ 6: Uint8Array.of(0, 0, 0, 0x96, 0, 1, 0, 0) }), /unknown form/],
    ["an unknown feature flag", withGpu({ 36: number16(3) }), /feature flag of an unknown value/],
    ["protected PCIe by one field and not by the other", withGpu({ 21: flag(true) }), /contradict/],
    ["no protected PCIe by one field and so by the other", withGpu({ 36: number16(2) }), /contradict/],
  ];
  it.each(faults)("with %s are malformed", (_, request, reason) => expectMalformed(() => read(request), reason));

  it("may name modes in either field or in both", () => {
    expect(read(withGpu({ 36: number16(1) })).mode).toBe("spt");
    expect(read(withGpu({ 21: flag(true), 36: number16(2) })).mode).toBe("ppcie");
    expect(read(withGpu({ 21: flag(true), 36: undefined, 34: undefined })).mode).toBe("ppcie");
    expect(read(withGpu({ 21: undefined, 36: undefined })).mode).toBeUndefined();
  });

  it("may have fields that are not known here, in any order", () => {
    const { opaque } = read({ opaque: [...withFields(GPU_OPAQUE, { 99: Uint8Array.of(7) })].reverse() });
    expect(opaque.get("field99")?.value).toEqual(Uint8Array.of(7));
  });

  it("cut short anywhere are malformed, and nothing else is thrown", () => {
    for (const device of ["gpu", "switch"] as const) {
      const report = forgeReport({ device });
      for (let length = 0; length < report.length; length += length < 60 ? 1 : 37)
        expectMalformed(() => parseReport(report.subarray(0, length)), /./);
    }
  });

  it("with any byte changed are read or malformed", () => {
    const report = forgeReport({ device: "switch" });
    let read = 0;
    for (let at = 0; at < report.length; at += 3) {
      const changed = report.slice();
      changed[at] = (changed[at] as number) ^ 0x80;
      if (readsOrMalformed(() => parseReport(changed))) read++;
    }
    expect(read).toBeGreaterThan(100);
  });

  it("tell their own length, where they have one", () => {
    const report = forgeReport();
    expect(reportLength(concat(report, new Uint8Array(40)))).toBe(report.length);
    expect(reportLength(report.subarray(0, report.length - 1))).toBeUndefined();
    expect(reportLength(report.subarray(0, 60))).toBeUndefined();
  });

  it("are a GPU's where they cannot be read", () => {
    expect(deviceOf(forgeReport({ device: "switch" }))).toBe("switch");
    expect(deviceOf(forgeReport({ device: "switch", opaque: withFields(SWITCH_OPAQUE, { 6: undefined }) }))).toBe(
      "gpu",
    );
  });
});
