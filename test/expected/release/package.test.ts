/** npm tarballs: what is read of a good one, and everything else refused; in bounded memory, whatever a few bytes unpack to. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGunzip, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { forgePackage, paxRecord, type TarEntry, tarEntry, tarOf } from "../../../fixtures/release/package.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { gunzip } from "../../../src/expected/release/gzip.js";
import { type PackageOptions, readPackage } from "../../../src/expected/release/index.js";

const hashOf = (name: string, data: string | Uint8Array): string => createHash(name).update(data).digest("hex");
const PACKAGE_JSON: TarEntry = { path: "package/package.json", data: '{"name":"openclaw","version":"1.0.0"}' };
const read = (entries: readonly (TarEntry | Uint8Array)[], end?: Uint8Array) =>
  readPackage({ tarball: gzipSync(tarOf(entries, end)) });
const refusal = async (entries: readonly (TarEntry | Uint8Array)[], end?: Uint8Array): Promise<string> => {
  const error = await read(entries, end).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MalformedError);
  return (error as MalformedError).reason;
};
async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    // The same buffer again and again, as the command line reads files.
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

/** GNU's magic and version, and something where POSIX has the prefix. */
const gnuPrefix = (header: Uint8Array, prefix: string): void => {
  header.set(Buffer.from("ustar  \0"), 257);
  header.set(Buffer.from(prefix), 345);
};

describe("a package", () => {
  const tarball = forgePackage({ members: { dependencies: { ws: "^8" }, scripts: { postinstall: "x", test: "y" } } });

  it("is named by the digests of its tarball and has every file by name and digest", async () => {
    const release = await readPackage({ tarball });
    expect(release).toMatchObject({ name: "openclaw", version: "2026.6.1" });
    expect(release.sha512).toBe(hashOf("sha512", tarball));
    expect(release.sha256).toBe(hashOf("sha256", tarball));
    expect(release.integrity).toBe(`sha512-${createHash("sha512").update(tarball).digest("base64")}`);
    expect(release.files.map(({ path }) => path)).toEqual(["LICENSE", "dist/entry.js", "openclaw.mjs", "package.json"]);
    expect(release.files[0]?.sha256).toBe(hashOf("sha256", "MIT\n"));
    expect([release.dependencies, release.installScripts]).toEqual([["ws"], ["postinstall"]]);
  });

  it("counts bundled dependencies as part of itself where they are in it, and peers as fetched", async () => {
    const members = {
      dependencies: { ws: "1", zod: "1", "@a/b": "1" },
      optionalDependencies: { sharp: "1" },
      peerDependencies: { react: "1" },
      bundleDependencies: ["ws", "zod"],
    };
    const release = await read([
      { path: "package/package.json", data: JSON.stringify({ name: "openclaw", version: "1.0.0", ...members }) },
      { path: "package/node_modules/ws/package.json", data: "{}" },
      { path: "package/node_modules/@a/b/package.json", data: "{}" },
    ]);
    expect(release.dependencies).toEqual(["react", "sharp", "zod"]);
    const all = { dependencies: { ws: "1" }, bundledDependencies: true };
    expect((await readPackage({ tarball: forgePackage({ members: all }) })).dependencies).toEqual(["ws"]);
  });

  it("names the compilation that npm starts of its own accord", async () => {
    const { installScripts } = await read([PACKAGE_JSON, { path: "package/binding.gyp", data: "{}" }]);
    expect(installScripts).toEqual(["binding.gyp"]);
    expect((await read([PACKAGE_JSON, { path: "package/a/binding.gyp" }])).installScripts).toEqual([]);
  });

  it.each([1, 7, 511, 70_000])("is the same in pieces of %d bytes that share a buffer", async (size) => {
    expect(await readPackage({ tarball: inPieces(tarball, size) })).toEqual(await readPackage({ tarball }));
  });

  it("is read by another decompressor and other hashes too", async () => {
    const decompress: NonNullable<PackageOptions["decompress"]> = (chunks) =>
      Readable.from(chunks).pipe(createGunzip());
    const release = await readPackage({
      tarball,
      decompress,
      createHash: (name) => createHash(name.replace("-", "").toLowerCase()),
    });
    expect(release).toEqual(await readPackage({ tarball }));
  });

  it("is refused with another integrity than it was published with", async () => {
    const { integrity } = await readPackage({ tarball });
    expect((await readPackage({ tarball, integrity })).integrity).toBe(integrity);
    const other = forgePackage({ version: "2026.6.2" });
    await expect(readPackage({ tarball: other, integrity })).rejects.toThrow("tarball has the integrity sha512-");
  });

  it("is what npm itself packs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tee-verify-pack-"));
    try {
      const long = `${"d".repeat(60)}/${"e".repeat(60)}/${"f".repeat(90)}.js`;
      const files = {
        "package.json": '{"name":"openclaw","version":"1.2.3"}',
        "index.js": "1;\n",
        "ü.js": "2;\n",
        [long]: "3;\n",
      };
      for (const [path, data] of Object.entries(files)) {
        mkdirSync(join(folder, path, ".."), { recursive: true });
        writeFileSync(join(folder, path), data);
      }
      execFileSync("npm", ["pack", "--silent", "--offline"], { cwd: folder, stdio: "ignore" });
      const release = await readPackage({ tarball: readFileSync(join(folder, "openclaw-1.2.3.tgz")) });
      expect(Object.fromEntries(release.files.map(({ path, sha256 }) => [path, sha256]))).toEqual(
        Object.fromEntries(Object.entries(files).map(([path, data]) => [path, hashOf("sha256", data)])),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 30_000);
});

describe("a tarball that is no package", () => {
  it.each<[string, readonly (TarEntry | Uint8Array)[], string]>([
    ["no package.json", [{ path: "package/index.js" }], "no package.json"],
    ["an empty package.json", [{ path: "package/package.json" }], "no package.json"],
    ["a package.json that is a list", [{ ...PACKAGE_JSON, data: "[]" }], "not an object"],
    [
      "a name twice in package.json",
      [{ ...PACKAGE_JSON, data: '{"name":"a","name":"openclaw","version":"1"}' }],
      "duplicate",
    ],
    ["no name", [{ ...PACKAGE_JSON, data: '{"version":"1.0.0"}' }], "name is not a string"],
    ["a name that is none", [{ ...PACKAGE_JSON, data: '{"name":"Open Claw","version":"1.0.0"}' }], "no name"],
    ["a version that is none", [{ ...PACKAGE_JSON, data: '{"name":"openclaw","version":"latest"}' }], "no version"],
    ["a package.json of a megabyte", [{ ...PACKAGE_JSON, data: " ".repeat(1_048_577) }], "too long"],
    ["the same file twice", [PACKAGE_JSON, { path: "package/a" }, { path: "package/a" }], "stands twice"],
    ["package.json twice", [PACKAGE_JSON, PACKAGE_JSON], "stands twice"],
    ["files that differ in case", [PACKAGE_JSON, { path: "package/A/b" }, { path: "package/a/B" }], "one file"],
    [
      "files that differ in how a letter is composed",
      [PACKAGE_JSON, { path: "package/\u00e9" }, { path: "package/e\u0301" }],
      "one file",
    ],
    [
      "a file that is a folder too",
      [PACKAGE_JSON, { path: "package/a" }, { path: "package/a-b" }, { path: "package/a/b" }],
      "is a file, and a folder",
    ],
    ["a file elsewhere", [PACKAGE_JSON, { path: "other/a" }], "not under package/"],
    ["a path that climbs", [PACKAGE_JSON, { path: "package/../../etc/passwd" }], "no path inside"],
    ["a path from the root", [PACKAGE_JSON, { path: "/package/a" }], "not under package/"],
    ["an empty part of a path", [PACKAGE_JSON, { path: "package//a" }], "no path inside"],
    ["a backslash", [PACKAGE_JSON, { path: "package/a\\b" }], "no path inside"],
    ["a line feed in a path", [PACKAGE_JSON, { path: "package/a\nb" }], "no path inside"],
    ["a symbolic link", [PACKAGE_JSON, { path: "package/a", type: "2" }], "neither file nor folder"],
    ["a hard link", [PACKAGE_JSON, { path: "package/a", type: "1" }], "neither file nor folder"],
    ["a device", [PACKAGE_JSON, { path: "package/a", type: "3" }], "neither file nor folder"],
    [
      "a long name of GNU",
      [PACKAGE_JSON, { path: "././@LongLink", type: "L", data: "package/a" }],
      "neither file nor folder",
    ],
    ["a folder with contents", [PACKAGE_JSON, { path: "package/a", type: "5", data: "x" }], "folder with contents"],
    ["a wrong checksum", [{ ...PACKAGE_JSON, spoil: (h) => h.fill(0x71, 0, 1) }], "wrong checksum"],
    ["a checksum that is none", [{ ...PACKAGE_JSON, spoil: (h) => h.fill(0x39, 148, 156) }], "no checksum"],
    ["no ustar", [{ ...PACKAGE_JSON, change: (h) => h.fill(0, 257, 263) }], "not ustar"],
    ["a size in base 256", [{ ...PACKAGE_JSON, change: (h) => h.fill(0x80, 124, 125) }], "no size"],
    ["a path that is no UTF-8", [PACKAGE_JSON, { path: "package/a", change: (h) => h.fill(0xff, 8, 9) }], "UTF-8"],
    [
      "padding that is not zero",
      [tarEntry(PACKAGE_JSON).map((byte, at) => (at === 1023 ? 1 : byte))],
      "padding is not zero",
    ],
    [
      "a pax header that names sizes for all",
      [{ path: "g", type: "g", data: paxRecord("size", "1") }, PACKAGE_JSON],
      "global pax",
    ],
    ["a sparse file", [{ path: "x", type: "x", data: paxRecord("GNU.sparse.name", "a") }, PACKAGE_JSON], "pax record"],
    [
      "a pax record twice",
      [{ path: "x", type: "x", data: paxRecord("path", "a").repeat(2) }, PACKAGE_JSON],
      "pax record",
    ],
    ["a pax record without a length", [{ path: "x", type: "x", data: "path=a\n" }, PACKAGE_JSON], "no length"],
    ["a pax record with a wrong length", [{ path: "x", type: "x", data: "99 path=a\n" }, PACKAGE_JSON], "no length"],
    ["a pax size that is none", [{ path: "x", type: "x", data: paxRecord("size", "-1") }, PACKAGE_JSON], "no number"],
    [
      "a pax record in which npm's reader sees another",
      [
        { path: "x", type: "x", data: paxRecord("comment", `a\n${paxRecord("path", "package/b").trimEnd()}`) },
        PACKAGE_JSON,
      ],
      "more than one line",
    ],
    [
      "a pax header for a pax header",
      [
        { path: "x", type: "x", data: paxRecord("path", "package/a") },
        { path: "x", type: "x", data: paxRecord("mtime", "1") },
        PACKAGE_JSON,
      ],
      "behind a pax header",
    ],
    [
      "a prefix that only some readers of GNU's format see",
      [{ ...PACKAGE_JSON, change: (h) => gnuPrefix(h, "package/docs") }],
      "not of POSIX has a prefix",
    ],
    [
      "text behind the end of a name",
      [PACKAGE_JSON, { path: "package/a", change: (h) => h.set([0x0a, 0x2f, 0x62], 10) }],
      "text behind its end",
    ],
    ["a pax header of a megabyte", [{ path: "x", type: "x", data: "x".repeat(65_537) }, PACKAGE_JSON], "too long"],
  ])("refuses %s", async (_, entries, reason) => {
    expect(await refusal(entries)).toContain(reason);
  });

  it("takes their good neighbours: folders, pax paths, comments for all, a record's padding", async () => {
    const release = await read(
      [
        { path: "g", type: "g", data: paxRecord("comment", "abc") },
        { path: "package", type: "5" },
        PACKAGE_JSON,
        { path: "x", type: "x", data: paxRecord("path", "package/long") + paxRecord("mtime", "1.5") },
        { path: "package/short", data: "x" },
        { path: "package/old", type: "\0", data: "y" },
        { path: "package/gnu", data: "z", change: (h) => gnuPrefix(h, "") },
        { path: "posix", data: "z", change: (h) => h.set(Buffer.from("package/in"), 345) },
      ],
      new Uint8Array(10_240),
    );
    expect(release.files.map(({ path }) => path)).toEqual(["gnu", "in/posix", "long", "old", "package.json"]);
  });

  it("refuses an archive that is cut short, does not end, or has something behind its end", async () => {
    expect(await refusal([PACKAGE_JSON], new Uint8Array(0))).toContain("cut short");
    expect(await refusal([PACKAGE_JSON], new Uint8Array(512))).toContain("cut short");
    expect(await refusal([PACKAGE_JSON], Buffer.concat([new Uint8Array(1024), tarEntry(PACKAGE_JSON)]))).toContain(
      "not zero",
    );
    expect(await refusal([PACKAGE_JSON], new Uint8Array(3_000_000))).toContain("bytes follow");
    expect(await refusal([tarEntry(PACKAGE_JSON).slice(0, 530)], new Uint8Array(0))).toContain("cut short");
  });
});

describe("gzip", () => {
  const tarball = forgePackage();
  const judge = (bytes: Uint8Array, options: Partial<PackageOptions> = {}) =>
    readPackage({ tarball: bytes, ...options });

  it.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["no gzip", new Uint8Array(64).fill(7)],
    ["the first half", tarball.slice(0, tarball.length / 2)],
    ["all but the last byte", tarball.slice(0, -1)],
    ["all but the trailer", tarball.slice(0, -8)],
    ["a byte more", Buffer.concat([tarball, Uint8Array.of(0)])],
    ["another member behind it", Buffer.concat([tarball, gzipSync("more")])],
    ["another checksum", tarball.map((byte, at) => (at === tarball.length - 8 ? byte ^ 1 : byte))],
    ["another length", tarball.map((byte, at) => (at === tarball.length - 1 ? byte ^ 1 : byte))],
    ["a changed byte inside", tarball.map((byte, at) => (at === 60 ? byte ^ 0x10 : byte))],
  ])("refuses %s", async (_, bytes) => {
    await expect(judge(bytes)).rejects.toThrow(MalformedError);
  });

  it("stops at the bound: a megabyte that unpacks to a gigabyte does not unpack", async () => {
    const bomb = gzipSync(Buffer.alloc(300_000_000), { level: 9 });
    const before = process.memoryUsage().rss;
    let taken = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of inPieces(bomb, 4096)) {
        taken += piece.length;
        yield piece;
      }
    };
    await expect(readPackage({ tarball: counted(), maxBytes: 1_000_000 })).rejects.toThrow(MalformedError);
    expect(taken).toBeLessThan(bomb.length);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    const out: number[] = [];
    const bounded = async (): Promise<void> => {
      for await (const chunk of gunzip(bomb, { maxBytes: 1_000_000 })) out.push(chunk.length);
    };
    await expect(bounded()).rejects.toThrow("more than 1000000 bytes");
    expect(out.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1_000_000);
  });

  it("passes on what the source throws, and says what is missing in an engine without decompression", async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield tarball.slice(0, 20);
      throw new RangeError("the disk is gone");
    };
    await expect(readPackage({ tarball: broken() })).rejects.toThrow(RangeError);
    const there = globalThis.DecompressionStream;
    try {
      Reflect.deleteProperty(globalThis, "DecompressionStream");
      await expect(judge(tarball)).rejects.toThrow(TypeError);
      const decompress: NonNullable<PackageOptions["decompress"]> = (c) => Readable.from(c).pipe(createGunzip());
      expect((await judge(tarball, { decompress })).name).toBe("openclaw");
    } finally {
      globalThis.DecompressionStream = there;
    }
  });
});
