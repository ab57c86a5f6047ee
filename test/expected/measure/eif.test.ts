/** Enclave image files: the PCRs of the shared vectors, the forged faults, and memory that does not grow with the image. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  DEFAULT_SECTIONS,
  type EifRequest,
  forgeEif,
  forgeEifSignature,
  register,
  SECTIONS,
} from "../../../fixtures/nitro/eif.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { toHex, toUtf8 } from "../../../src/encoding/text.js";
import { type EifOptions, measureEif } from "../../../src/expected/measure/eif.js";
import type { IncrementalHash } from "../../../src/expected/measure/hash.js";
import type { ByteSource } from "../../../src/expected/measure/source.js";
import { nodeCrypto } from "../../support/node-crypto.js";
import { describeShared, readShared, readSharedJson } from "../../support/shared.js";

const measure = (source: ByteSource, options: EifOptions = {}) =>
  measureEif(source, { crypto: nodeCrypto, ...options });

async function reasonOf(source: ByteSource, options?: EifOptions): Promise<string> {
  try {
    await measure(source, options);
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return (error as MalformedError).reason;
  }
  return "accepted";
}

const hexPcrs = (pcrs: object): Record<string, string> =>
  Object.fromEntries(Object.entries(pcrs).map(([index, value]) => [index, toHex(value as Uint8Array)]));

describeShared("the shared images", () => {
  interface Vector {
    readonly file: string;
    readonly expect: string;
    readonly pcrs?: Readonly<Record<string, string>>;
  }
  const vectors = readSharedJson<readonly Vector[]>("evidence/nitro/eif-synthetic/vectors.json");
  /** Not in the folder; the forge makes both (below). */
  const ELSEWHERE = ["basic-v4.eif", "hidden-section.eif"];
  const here = vectors.filter(({ file }) => !ELSEWHERE.includes(file));
  const image = (file: string): Uint8Array => readShared(`evidence/nitro/eif-synthetic/${file}`);
  const isGood = (vector: Vector): boolean => !vector.expect.startsWith("reject");

  const REASONS: Readonly<Record<string, RegExp>> = {
    "signed-wrong-pcr0.eif": /another PCR0 than that of the image/,
    "signed-bad-sig.eif": /shortest form|does not verify/,
    "bad-crc.eif": /checksum is wrong/,
    "bad-magic.eif": /does not start with \.eif/,
    "truncated.eif": /cut short/,
    "trailing-garbage.eif": /bytes follow/,
    "offset-mismatch.eif": /places section 1 elsewhere/,
    "size-mismatch.eif": /places section 1 elsewhere/,
    "two-kernels.eif": /more than one kernel/,
    "no-kernel.eif": /no kernel/,
    "invalid-section.eif": /unknown type 9/,
    "sections-33.eif": /33 sections/,
  };

  it("are 20, of which 6 good and 12 bad ones are here", () => {
    expect([vectors.length, here.filter(isGood).length, here.filter((vector) => !isGood(vector)).length]).toEqual([
      20, 6, 12,
    ]);
  });

  it.each(here.filter(isGood))("$file has the PCRs that are listed", async ({ file, pcrs }) => {
    expect(hexPcrs((await measure(image(file))).pcrs)).toEqual(pcrs);
  });

  it.each(here.filter((vector) => !isGood(vector)))("$file: $expect", async ({ file }) => {
    expect(await reasonOf(image(file))).toMatch(REASONS[file] ?? /no reason is listed/);
  });

  it("basic-v4.eif is basic-arm64-v4.eif with another flag, and has the same PCRs", async () => {
    const { sha256, pcrs } = vectors.find(({ file }) => file === "basic-v4.eif") as Vector & { sha256: string };
    const basic = image("basic-arm64-v4.eif");
    const view = new DataView(basic.buffer);
    view.setUint16(6, 0);
    view.setUint32(544, crc32(basic.subarray(548), crc32(basic.subarray(0, 544))));
    expect(createHash("sha256").update(basic).digest("hex")).toBe(sha256);
    expect(hexPcrs((await measure(basic)).pcrs)).toEqual(pcrs);
  });

  it("a wrong checksum can be let through, and then shows; its PCRs are those that are listed", async () => {
    const { checksum, pcrs } = await measure(image("bad-crc.eif"), { acceptWrongChecksum: true });
    expect([checksum, hexPcrs(pcrs)]).toEqual(["wrong", vectors.find(({ file }) => file === "bad-crc.eif")?.pcrs]);
  });
});

describe("measureEif", () => {
  const { kernel, cmdline, metadata, ramdisk, application } = SECTIONS;

  it("measures kernel, command line and ramdisks", async () => {
    const { pcrs, version, architecture, metadata: text, sections, checksum } = await measure(forgeEif());
    const [k, c, r, a] = [kernel.data, cmdline.data, ramdisk.data, application.data];
    expect(hexPcrs(pcrs)).toEqual({
      0: toHex(register(k, c, r, a)),
      1: toHex(register(k, c, r)),
      2: toHex(register(a)),
    });
    expect([version, architecture, text, sections.length, checksum]).toEqual([
      4,
      "x86_64",
      '{"ImageName":"test"}',
      5,
      "correct",
    ]);
  });

  it("takes the metadata wherever it stands behind the command line", async () => {
    const expected = hexPcrs((await measure(forgeEif())).pcrs);
    const orders = [
      [kernel, cmdline, ramdisk, metadata, application],
      [kernel, cmdline, ramdisk, application, metadata],
      [kernel, cmdline, ramdisk, application],
    ];
    for (const sections of orders) expect(hexPcrs((await measure(forgeEif({ sections }))).pcrs)).toEqual(expected);
  });

  it("takes metadata of 1 MiB", async () => {
    const data = new Uint8Array(1_048_576).fill(0x20);
    expect(
      (await measure(forgeEif({ sections: [kernel, cmdline, { type: "metadata", data }, ramdisk] }))).metadata,
    ).toHaveLength(1_048_576);
  });

  it("takes 32 sections", async () => {
    const ramdisks = Array.from({ length: 30 }, (_, index) => ({
      type: "ramdisk" as const,
      data: Uint8Array.of(index),
    }));
    const { sections, pcrs } = await measure(forgeEif({ sections: [kernel, cmdline, ...ramdisks] }));
    expect([sections.length, toHex(pcrs[2])]).toEqual([
      32,
      toHex(register(Uint8Array.from({ length: 29 }, (_, index) => index + 1))),
    ]);
  });

  it("says what the PCRs do not tell apart", async () => {
    const whole = await measure(forgeEif());
    const moved = await measure(
      forgeEif({
        sections: [
          { type: "kernel", data: toUtf8("a kernelcon") },
          { type: "cmdline", data: toUtf8("sole=ttyS0") },
          ramdisk,
          application,
        ],
      }),
    );
    expect(hexPcrs(moved.pcrs)).toEqual(hexPcrs(whole.pcrs));
    const split = await measure(
      forgeEif({
        sections: [
          kernel,
          cmdline,
          { type: "ramdisk", data: toUtf8("the first ramdiskthe ") },
          { type: "ramdisk", data: toUtf8("application") },
        ],
      }),
    );
    expect(toHex(split.pcrs[0])).toBe(toHex(whole.pcrs[0]));
    expect(toHex(split.pcrs[1])).not.toBe(toHex(whole.pcrs[1]));
    const other = await measure(
      forgeEif({
        flags: 1,
        sections: [kernel, cmdline, { type: "metadata", data: toUtf8("{}") }, ramdisk, application],
      }),
    );
    expect([other.architecture, hexPcrs(other.pcrs)]).toEqual(["arm64", hexPcrs(whole.pcrs)]);
    expect(whole.limits).toHaveLength(3);
    const single = await measure(forgeEif({ sections: [kernel, cmdline, ramdisk] }));
    expect(single.limits).toContain(
      "PCR2 is the hash of nothing: the image has one ramdisk, so PCR2 identifies no code.",
    );
    // The PCR2 that a dozen public projects publish.
    expect(toHex(single.pcrs[2])).toBe(
      "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a",
    );
  });

  const faults: readonly (readonly [what: string, request: EifRequest, reason: RegExp])[] = [
    ["another magic", { magic: ".elf" }, /does not start/],
    ["version 1, which has no checksum", { version: 1 }, /version 1/],
    ["version 5", { version: 5 }, /version 5/],
    ["an unknown flag", { flags: 2 }, /flags beyond/],
    ["reserved bytes that are not zero", { reserved: 1 }, /reserved must be zero/],
    ["unused bytes that are not zero", { unused: 1 }, /unused must be zero/],
    ["33 sections", { count: 33 }, /33 sections/],
    ["a section that the header hides", { count: 4, offsets: { 4: 0 }, sizes: { 4: 0 } }, /bytes follow/],
    ["a table entry beyond the count", { count: 4 }, /beyond its count/],
    ["an offset beyond the count", { offsets: { 5: 1 } }, /beyond its count/],
    ["a size beyond the count", { sizes: { 31: 1 } }, /beyond its count/],
    ["a section that the header invents", { count: 6 }, /places section 5 elsewhere/],
    ["an offset elsewhere", { offsets: { 0: 549 } }, /places section 0 elsewhere/],
    ["an offset of 2^64 - 1", { offsets: { 1: 2n ** 64n - 1n } }, /places section 1 elsewhere/],
    ["a size of 2^64 - 1", { sizes: { 0: 2n ** 64n - 1n } }, /longer than 1 TiB/],
    ["a last size that its section does not have", { sizes: { 4: 14 } }, /another size/],
    [
      "a section that says another size",
      { sections: [kernel, cmdline, ramdisk, { ...application, size: 14 }] },
      /another size/,
    ],
    ["section flags", { sections: [kernel, cmdline, { ...ramdisk, flags: 1 }] }, /flags must be zero/],
    ["section type 0", { sections: [kernel, cmdline, ramdisk, { type: 0, data: application.data }] }, /unknown type 0/],
    ["section type 6", { sections: [kernel, cmdline, ramdisk, { type: 6, data: application.data }] }, /unknown type 6/],
    ["no section", { sections: [] }, /no kernel/],
    ["two kernels", { sections: [kernel, kernel, cmdline, ramdisk] }, /more than one kernel/],
    ["no command line", { sections: [kernel, ramdisk] }, /no command line/],
    ["two command lines", { sections: [kernel, cmdline, cmdline, ramdisk] }, /more than one command line/],
    ["no ramdisk", { sections: [kernel, cmdline] }, /no ramdisk/],
    ["two metadata sections", { sections: [kernel, cmdline, metadata, metadata, ramdisk] }, /more than one metadata/],
    [
      "two signatures",
      { sections: [...DEFAULT_SECTIONS, forgeEifSignature(), forgeEifSignature()] },
      /more than one signature/,
    ],
    ["the command line first", { sections: [cmdline, kernel, ramdisk] }, /does not start with kernel/],
    ["a ramdisk before the command line", { sections: [kernel, ramdisk, cmdline] }, /does not start with kernel/],
    [
      "metadata before the command line",
      { sections: [kernel, metadata, cmdline, ramdisk] },
      /does not start with kernel/,
    ],
    [
      "a ramdisk behind the signature",
      { sections: [kernel, cmdline, ramdisk, forgeEifSignature(), application] },
      /behind its signature/,
    ],
    [
      "a signature in version 2",
      { version: 2, sections: [kernel, cmdline, ramdisk, application, forgeEifSignature()] },
      /version 2 has no signature/,
    ],
    ["metadata in version 3", { version: 3 }, /version 3 has no metadata/],
    [
      "metadata that is not text",
      { sections: [kernel, cmdline, { type: "metadata", data: Uint8Array.of(0xff) }, ramdisk] },
      /UTF-8/,
    ],
    [
      "metadata beyond 1 MiB",
      { sections: [kernel, cmdline, { type: "metadata", data: new Uint8Array(1_048_577) }, ramdisk] },
      /metadata section is longer/,
    ],
    [
      "a signature beyond 32 KiB",
      { sections: [...DEFAULT_SECTIONS, { type: "signature", data: new Uint8Array(32_769) }] },
      /signature section is longer/,
    ],
    ["one trailing byte", { trailing: Uint8Array.of(0) }, /bytes follow/],
    ["a trailing section", { trailing: new Uint8Array(12) }, /bytes follow/],
    ["a wrong checksum", { crc: 1 }, /checksum is wrong/],
  ];

  it.each(faults)("refuses %s", async (_, request, reason) => {
    expect(await reasonOf(forgeEif(request))).toMatch(reason);
    // Nothing but the checksum can be waived.
    expect(await reasonOf(forgeEif(request), { acceptWrongChecksum: true })).toMatch(
      request.crc === undefined ? reason : /accepted/,
    );
  });

  it("refuses an image cut at any length", async () => {
    const image = forgeEif();
    for (let length = 0; length < image.length; length++)
      expect(await reasonOf(image.subarray(0, length))).toMatch(/cut short/);
  });

  it("refuses an image with any bit changed", async () => {
    const image = forgeEif({ sections: [kernel, cmdline, ramdisk] });
    for (let bit = 0; bit < image.length * 8; bit++) {
      const bad = image.slice();
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      expect([bit, await reasonOf(bad)]).not.toEqual([bit, "accepted"]);
    }
  });

  it("throws TypeError for what is no source of bytes", async () => {
    await expect(measureEif("image.eif" as unknown as Uint8Array)).rejects.toThrow(TypeError);
  });
});

describe("streaming", () => {
  async function* pieces(image: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < image.length; at += size) yield image.subarray(at, at + size);
  }
  const nodeHash = (name: string): IncrementalHash => createHash(name.replace("-", ""));

  it("gives the same for bytes, a Blob and chunks of any size, with either hash", async () => {
    const image = forgeEif({ sections: [...DEFAULT_SECTIONS, forgeEifSignature()] });
    const expected = hexPcrs((await measure(image)).pcrs);
    for (const size of [1, 7, 548, 549, 4096])
      expect(hexPcrs((await measure(pieces(image, size))).pcrs)).toEqual(expected);
    expect(hexPcrs((await measure(new Blob([image as BlobPart]))).pcrs)).toEqual(expected);
    expect(hexPcrs((await measure(image, { createHash: nodeHash })).pcrs)).toEqual(expected);
  });

  it("holds no more than a chunk of a large image", async () => {
    const CHUNK = new Uint8Array(1_048_576);
    const COUNT = 64;
    const large = forgeEif({
      sections: [SECTIONS.kernel, SECTIONS.cmdline, SECTIONS.ramdisk, { type: "ramdisk", data: new Uint8Array() }],
      sizes: { 3: COUNT * CHUNK.length },
    });
    const headers = large.slice();
    new DataView(headers.buffer).setBigUint64(headers.length - 8, BigInt(COUNT * CHUNK.length));
    let alive = 0;
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield headers;
      // One buffer for all chunks: a reader that kept one would see it change.
      for (let i = 0; i < COUNT; i++) {
        alive++;
        yield CHUNK.fill(i);
      }
    }
    const expected = createHash("sha384");
    for (let i = 0; i < COUNT; i++) expected.update(new Uint8Array(CHUNK.length).fill(i));
    const digest = new Uint8Array(expected.digest());
    const { pcrs } = await measure(stream(), { createHash: nodeHash, acceptWrongChecksum: true });
    const extended = createHash("sha384").update(new Uint8Array(48)).update(digest).digest("hex");
    expect([alive, toHex(pcrs[2])]).toEqual([COUNT, extended]);
  });
});
