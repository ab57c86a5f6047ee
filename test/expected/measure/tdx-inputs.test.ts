/** The TD HOB, the partition table, a whole TDX firmware, and sources of bytes. */
import { createHash as nodeHash } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../src/encoding/bytes.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { toHex } from "../../../src/encoding/text.js";
import { measureDstackImage } from "../../../src/expected/measure/dstack.js";
import { gptEventData } from "../../../src/expected/measure/gpt.js";
import { type CreateHash, nobleHash } from "../../../src/expected/measure/hash.js";
import {
  type ByteSource,
  chunksOf,
  hashAndCount,
  hashSource,
  readSource,
} from "../../../src/expected/measure/source.js";
import { type TdHobInputs, tdHob, tdHobRanges } from "../../../src/expected/measure/td-hob.js";
import { mrtdOf, readTdvf } from "../../../src/expected/measure/tdvf.js";
import { platformEvents } from "../../../src/expected/measure/tdx.js";
import { extendRegisters } from "../../../src/expected/measure/tdx-events.js";
import { randomBytes, u32, u64 } from "./forge.js";
import { forgePe, linuxSetup } from "./forge-pe.js";
import { forgeTdvf, tdvfSections } from "./vectors.js";

const GIB = 2 ** 30;

describe("TD HOB", () => {
  const inputs: TdHobInputs = {
    base: 0x809000,
    accepted: [
      { start: 0x810000, length: 0x10000 },
      { start: 0x800000, length: 0x6000 },
      { start: 0x809000, length: 0x2000 },
    ],
    memorySize: GIB,
  };
  /** Type, start and length of each resource descriptor. */
  const resources = (change: Partial<TdHobInputs>): (readonly number[])[] => {
    const list = tdHob({ ...inputs, ...change });
    const view = new DataView(list.buffer);
    return Array.from({ length: (list.length - 56) / 48 }, (_, i) => {
      const at = 56 + 48 * i;
      return [
        view.getUint32(at + 24, true),
        Number(view.getBigUint64(at + 32, true)),
        Number(view.getBigUint64(at + 40, true)),
      ];
    });
  };
  const low = [
    [7, 0, 0x800000],
    [0, 0x800000, 0x6000],
    [7, 0x806000, 0x3000],
    [0, 0x809000, 0x2000],
    [7, 0x80b000, 0x5000],
    [0, 0x810000, 0x10000],
  ];

  it("lists accepted and unaccepted memory in order, and says where it ends", () => {
    expect(resources({})).toEqual([...low, [7, 0x820000, GIB - 0x820000]]);
    const list = tdHob(inputs);
    expect(Number(new DataView(list.buffer).getBigUint64(48, true))).toBe(0x809000 + list.length + 8);
  });

  it("splits memory at 2 GiB from 2816 MiB on", () => {
    expect(resources({ memorySize: 0xb000_0000 })).toEqual([
      ...low,
      [7, 0x820000, 2 * GIB - 0x820000],
      [7, 4 * GIB, 0xb000_0000 - 2 * GIB],
    ]);
    expect(resources({ memorySize: 0xb000_0000 - 0x1000 }).length).toBe(7);
  });

  it("leaves no empty range where accepted memory ends low memory", () => {
    expect(resources({ memorySize: 0x820000 })).toEqual(low);
    const accepted = [{ start: 0, length: 0x1000 }];
    expect(resources({ accepted })[0]).toEqual([0, 0, 0x1000]);
  });

  it.each<readonly [string, Partial<TdHobInputs>, string]>([
    [
      "overlapping ranges",
      {
        accepted: [
          { start: 0, length: 0x2000 },
          { start: 0x1000, length: 0x1000 },
        ],
      },
      "overlap",
    ],
    ["an empty range", { accepted: [{ start: 0, length: 0 }] }, "empty"],
    ["an unaligned range", { accepted: [{ start: 0x800, length: 0x1000 }] }, "not aligned"],
    ["a range outside memory", { accepted: [{ start: GIB, length: 0x1000 }] }, "outside the machine"],
    [
      "a range above 2 GiB of a split machine",
      { accepted: [{ start: 2 * GIB, length: 0x1000 }], memorySize: 4 * GIB },
      "outside",
    ],
    ["no range", { accepted: [] }, "1 to 64"],
    [
      "65 ranges",
      { accepted: Array.from({ length: 65 }, (_, i) => ({ start: i * 0x1000, length: 0x1000 })) },
      "1 to 64",
    ],
    ["no memory", { memorySize: 0 }, "memory size"],
    ["half a page of memory", { memorySize: GIB + 0x800 }, "memory size"],
    ["memory that is no number", { memorySize: Number.NaN }, "memory size"],
    ["128 TiB of memory", { memorySize: 2 ** 47 }, "memory size"],
  ])("refuses %s", (_, change, why) => {
    expect(() => tdHob({ ...inputs, ...change })).toThrow(why);
    expect(() => tdHob({ ...inputs, ...change })).toThrow(MalformedError);
  });

  it("comes from the TD_HOB and TEMP_MEM sections of a firmware, which has one TD_HOB", () => {
    const { base, accepted } = tdHobRanges(readTdvf(forgeTdvf()));
    expect([base, accepted.length]).toEqual([0x809000, 4]);
    const without = tdvfSections.filter(({ type }) => type !== 2);
    expect(() => tdHobRanges(readTdvf(forgeTdvf({ tdvf: without })))).toThrow("one TD_HOB");
    const two = tdvfSections.map((section) => (section.address === 0x80b000n ? { ...section, type: 2 } : section));
    expect(() => tdHobRanges(readTdvf(forgeTdvf({ tdvf: two })))).toThrow("one TD_HOB");
  });
});

describe("partition table", () => {
  const entry = (fill: number): Uint8Array => new Uint8Array(128).fill(fill);
  const disk = (
    change: { first?: bigint; count?: number; size?: number; signature?: string; length?: number } = {},
  ) => {
    const { first = 2n, count = 4, size = 128, signature = "EFI PART", length = 0x2000 } = change;
    const image = new Uint8Array(Math.max(length, 0x600));
    image.set(new TextEncoder().encode(signature), 512);
    image.set(concatBytes(u64(first), u32(count), u32(size)), 512 + 72);
    image.set(concatBytes(entry(1), entry(0), entry(3)), 1024);
    return image.slice(0, length);
  };

  it("is header, count and the entries in use", async () => {
    const data = await gptEventData(disk());
    expect(data).toEqual(concatBytes(disk().slice(512, 604), u64(2n), entry(1), entry(3)));
  });

  it("is read from a stream no further than it reaches", async () => {
    let given = 0;
    async function* blocks(): AsyncGenerator<Uint8Array> {
      for (; ; given += 512) yield disk({ length: 0x800 }).subarray(given, given + 512);
    }
    expect(await gptEventData(blocks())).toEqual(await gptEventData(disk()));
    expect(given).toBe(1024);
  });

  it.each<readonly [string, Parameters<typeof disk>[0], string]>([
    ["no table", { signature: "EFI PARX" }, "no GUID partition table"],
    ["entries over the header", { first: 1n }, "overlaps its header"],
    ["entries far away", { first: 0x1001n }, "too far away"],
    ["entries of 127 bytes", { size: 127 }, "wrong size"],
    ["entries of 132 bytes", { size: 132 }, "wrong size"],
    ["2^32 - 1 entries", { count: 0xffff_ffff }, "too large"],
    ["a disk shorter than its entries", { length: 0x5ff }, "too short for its partition entries"],
    ["a disk shorter than its header", { length: 0x25b }, "too short for a partition table"],
    ["an empty disk", { length: 0 }, "too short for a partition table"],
  ])("refuses %s", async (_, change, why) => {
    await expect(gptEventData(disk(change))).rejects.toThrow(why);
    await expect(gptEventData(disk(change))).rejects.toThrow(MalformedError);
  });
});

describe("a dstack image", () => {
  const image = {
    firmware: forgeTdvf(),
    kernel: forgePe({ sections: [{ name: ".text", data: new Uint8Array(0x2000) }], patches: linuxSetup() }),
    initrd: randomBytes(9)(5000),
    commandLine: "console=ttyS0",
  };
  const acpi = { loader: Uint8Array.of(1), rsdp: Uint8Array.of(2), tables: Uint8Array.of(3) };
  const machine = { memorySize: 2 * GIB, acpi };
  const hex = async (change: { image?: object; machine?: object } = {}) => {
    const inputs = { image: { ...image, ...change.image }, machine: { ...machine, ...change.machine } };
    return Object.values(await measureDstackImage(inputs)).map(toHex);
  };
  const differs = async (change: Parameters<typeof hex>[0]): Promise<string> => {
    const [before, after] = [await hex(), await hex(change)];
    return ["mrtd", "rtmr0", "rtmr1", "rtmr2"].filter((_, i) => before[i] !== after[i]).join(" ");
  };

  it("each input changes the registers that it belongs to, and no other", async () => {
    expect(await differs({ machine: { qemuVersion: "8.2.2" } })).toBe("mrtd");
    expect(await differs({ machine: { qemuVersion: "8.2.2", pageOrder: "single-pass" } })).toBe("");
    expect(await differs({ machine: { memorySize: 4 * GIB } })).toBe("rtmr0");
    expect(await differs({ machine: { memorySize: GIB } })).toBe("rtmr0 rtmr1");
    expect(await differs({ machine: { acpi: { ...acpi, tables: Uint8Array.of(4) } } })).toBe("rtmr0");
    expect(await differs({ image: { initrd: randomBytes(10)(5000) } })).toBe("rtmr2");
    expect(await differs({ image: { initrd: randomBytes(10)(9000) } })).toBe("rtmr1 rtmr2");
    expect(await differs({ image: { commandLine: "console=ttyS0 " } })).toBe("rtmr2");
    expect(await differs({ image: { kernelHeaderNormalized: true } })).toBe("rtmr1");
    const kernel = image.kernel.slice();
    kernel[0x1000] = 1;
    expect(await differs({ image: { kernel } })).toBe("rtmr1");
    const firmware = image.firmware.slice();
    firmware[0] = (firmware[0] as number) ^ 1;
    expect(await differs({ image: { firmware } })).toBe("rtmr0");
    const code = image.firmware.slice();
    code[0x5000] = (code[0x5000] as number) ^ 1;
    expect(await differs({ image: { firmware: code } })).toBe("mrtd");
  });

  it("MRTD and RTMR0 are those of its firmware", async () => {
    const firmware = readTdvf(image.firmware);
    const events = await platformEvents({ tdHob: { firmware, memorySize: 2 * GIB }, cfv: { firmware }, acpi });
    expect((await hex()).slice(0, 2)).toEqual([toHex(mrtdOf(firmware)), toHex(extendRegisters(events).rtmr0)]);
    expect(events.length).toBe(13);
    const noCfv = readTdvf(forgeTdvf({ tdvf: tdvfSections.filter(({ type }) => type !== 1) }));
    await expect(
      platformEvents({ tdHob: { sha384: new Uint8Array(48) }, cfv: { firmware: noCfv }, acpi }),
    ).rejects.toThrow("CFV");
  });
});

describe("sources of bytes", () => {
  const bytes = randomBytes(1)(100_000);
  const native: CreateHash = (name) => nodeHash(name.replace("-", "").toLowerCase());
  const sources: Readonly<Record<string, () => ByteSource>> = {
    bytes: () => bytes,
    Blob: () => new Blob([bytes as Uint8Array<ArrayBuffer>]),
    "a Node stream": () => Readable.from([bytes.slice(0, 777), bytes.slice(777)]),
    "a browser's stream": () => ({
      size: bytes.length,
      stream: () => new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
    }),
  };
  it.each(Object.entries(sources))("%s", async (_, source) => {
    const expected = nodeHash("sha384").update(bytes).digest("hex");
    expect(toHex(await hashSource(nobleHash, "SHA-384", source()))).toBe(expected);
    const counted = await hashAndCount(native, "SHA-384", source());
    expect([toHex(counted.digest), counted.length]).toEqual([expected, bytes.length]);
    // No view of a pool: the digest owns its 48 bytes.
    expect(counted.digest.buffer.byteLength).toBe(48);
    expect(await readSource(source(), bytes.length, "file")).toEqual(bytes);
    await expect(readSource(source(), bytes.length - 1, "file")).rejects.toThrow("file is longer than 99999 bytes");
  });

  it("SHA-256 and SHA-512 too", async () => {
    for (const [name, node] of [
      ["SHA-256", "sha256"],
      ["SHA-512", "sha512"],
    ] as const) {
      expect(toHex(await hashSource(nobleHash, name, bytes))).toBe(nodeHash(node).update(bytes).digest("hex"));
    }
  });

  it("refuse chunks that are no bytes", async () => {
    const text = Readable.from(["text"]) as unknown as ByteSource;
    await expect(readSource(text, 10, "file")).rejects.toThrow(TypeError);
  });

  it("1 GiB passes one chunk at a time: nothing is kept", async () => {
    let given = 0;
    const chunk = new Uint8Array(0x10_0000);
    async function* gibibyte(): AsyncGenerator<Uint8Array> {
      for (; given < 1024; given++) {
        chunk[0] = given & 255;
        yield chunk;
      }
    }
    let total = 0;
    const counting: CreateHash = () => ({
      update: (part) => {
        total += part.length;
      },
      digest: () => new Uint8Array(48),
    });
    await hashSource(counting, "SHA-384", gibibyte());
    expect([given, total]).toEqual([1024, GIB]);
    const seen: number[] = [];
    given = 1020;
    for await (const part of chunksOf(gibibyte())) seen.push(part[0] as number);
    expect(seen).toEqual([252, 253, 254, 255]);
  });
});
