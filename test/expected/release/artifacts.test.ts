/** From a tarball and an image index to OpenClaw's manifest; a changed file is found by its name. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { forgePackage } from "../../../fixtures/release/package.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { parseManifest } from "../../../src/expected/build/manifest.js";
import {
  artifactsNamed,
  compareInventories,
  imageArtifacts,
  inventoryText,
  openClawManifest,
  readCompose,
  readImage,
  readInventory,
  readPackage,
} from "../../../src/expected/release/index.js";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const digest = (byte: string): string => `sha256:${byte.repeat(32)}`;
const entry = (architecture: string, byte: string, more: object = {}) => ({
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: digest(byte),
  size: 1234,
  platform: { os: "linux", architecture, ...more },
});
const INDEX = {
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [entry("amd64", "a1"), entry("arm64", "a2", { variant: "v8" }), entry("unknown", "a3", { os: "unknown" })],
};
const IMAGE = { schemaVersion: 2, config: { digest: digest("c0") }, layers: [] };

describe("an image", () => {
  it("is named by the digest of its index, and has one image an architecture", () => {
    const manifest = encode(INDEX);
    expect(readImage({ manifest, digest: `sha256:${sha256(manifest)}` })).toEqual({
      digest: `sha256:${sha256(manifest)}`,
      platforms: [
        { platform: "linux/amd64", digest: digest("a1") },
        { platform: "linux/arm64/v8", digest: digest("a2") },
      ],
    });
  });

  it("may be a single one, of OCI or of Docker", () => {
    expect(readImage({ manifest: encode(IMAGE) }).platforms).toEqual([]);
    const docker = { ...IMAGE, mediaType: "application/vnd.docker.distribution.manifest.v2+json" };
    expect(readImage({ manifest: encode(docker) }).digest).toBe(`sha256:${sha256(encode(docker))}`);
    const list = { ...INDEX, mediaType: "application/vnd.docker.distribution.manifest.list.v2+json" };
    expect(readImage({ manifest: encode(list) }).platforms).toHaveLength(2);
    const { mediaType: _, ...silent } = INDEX;
    expect(readImage({ manifest: encode(silent) }).platforms).toHaveLength(2);
  });

  it.each<[string, unknown, string]>([
    ["a list", [], "not an object"],
    ["no JSON", "{", "not JSON"],
    ["schema version 1", { ...INDEX, schemaVersion: 1 }, "schema version 2"],
    ["an index that is an image too", { ...INDEX, ...IMAGE }, "neither"],
    ["neither of both", { schemaVersion: 2 }, "neither"],
    [
      "an index that says it is an image",
      { ...INDEX, mediaType: "application/vnd.oci.image.manifest.v1+json" },
      "type",
    ],
    ["an image that says it is an index", { ...IMAGE, mediaType: INDEX.mediaType }, "type"],
    ["an architecture twice", { ...INDEX, manifests: [entry("amd64", "a1"), entry("amd64", "a2")] }, "twice"],
    ["an entry without a platform", { ...INDEX, manifests: [{ digest: digest("a1") }] }, "without a platform"],
    [
      "an entry without an architecture",
      { ...INDEX, manifests: [{ digest: digest("a1"), platform: { os: "linux" } }] },
      "without system",
    ],
    ["a platform that is a path", { ...INDEX, manifests: [entry("../x", "a1")] }, "platform.architecture"],
    [
      "a digest of another kind",
      { ...INDEX, manifests: [{ ...entry("amd64", "a1"), digest: "sha512:00" }] },
      "SHA-256",
    ],
    ["an entry that is text", { ...INDEX, manifests: ["x"] }, "not an object"],
    [
      "129 entries",
      { ...INDEX, manifests: Array.from({ length: 129 }, (_, i) => entry(`a${i}`, "a1")) },
      "more than 128",
    ],
  ])("is refused: %s", (_, value, reason) => {
    expect(() => readImage({ manifest: encode(value) })).toThrow(MalformedError);
    expect(() => readImage({ manifest: encode(value) })).toThrow(reason);
  });

  it("is refused with another digest than it was asked for, and beyond four megabytes", () => {
    expect(() => readImage({ manifest: encode(INDEX), digest: digest("00") })).toThrow("has the digest");
    expect(() => readImage({ manifest: new Uint8Array(4_194_305) })).toThrow("longer than");
  });
});

describe("an inventory", () => {
  const files = { "openclaw.mjs": "run();\n", "dist/entry.js": "1;\n", "dist/old.js": "2;\n" };

  it("is text for sha256sum -c, and reads back", async () => {
    const { files: listed } = await readPackage({ tarball: forgePackage({ files: { a: "x" } }) });
    const text = inventoryText(listed);
    expect(text.split("\n")[0]).toBe(`${sha256("x")}  a`);
    expect(readInventory(text)).toEqual(listed);
    expect(inventoryText([...listed].reverse())).toBe(text);
  });

  it("finds a changed file by its name, and what is missing or new", async () => {
    const release = await readPackage({ tarball: forgePackage({ files }) });
    const same = await readPackage({ tarball: forgePackage({ files }) });
    expect(compareInventories(release.files, same.files)).toEqual({ changed: [], missing: [], added: [] });
    const { "dist/old.js": _, ...others } = files;
    const changed = await readPackage({
      tarball: forgePackage({ files: { ...others, "dist/entry.js": "2;\n", "dist/evil.js": "3;\n" } }),
    });
    expect(compareInventories(release.files, changed.files)).toEqual({
      changed: ["dist/entry.js"],
      missing: ["dist/old.js"],
      added: ["dist/evil.js"],
    });
  });

  it.each([
    ["nothing", ""],
    ["no line feed at its end", `${"00".repeat(32)}  a`],
    ["one space", `${"00".repeat(32)} a\n`],
    ["a digest in capitals", `${"AB".repeat(32)}  a\n`],
    ["a file twice", `${"00".repeat(32)}  a\n`.repeat(2)],
    ["a path that climbs", `${"00".repeat(32)}  ../a\n`],
    ["an empty line", `${"00".repeat(32)}  a\n\n`],
  ])("is refused: %s", (_, text) => expect(() => readInventory(text)).toThrow(MalformedError));
});

describe("OpenClaw's manifest", () => {
  const platforms = [
    { kind: "nitro", label: "any", values: { pcrs: { 0: "ab".repeat(48) } }, contains: ["pkg:npm/openclaw@2026.6.1"] },
  ];
  const image = { name: "ghcr.io/openclaw/openclaw", release: readImage({ manifest: encode(INDEX) }) };

  it("names tarball, inventory, index, images and commit", async () => {
    const tarball = forgePackage();
    const release = await readPackage({ tarball });
    const text = openClawManifest({
      package: release,
      image,
      commit: "ef".repeat(20),
      platforms,
      revoked: ["2026.3.1"],
    });
    const manifest = parseManifest(encode(text));
    expect([manifest.name, manifest.version, manifest.revoked]).toEqual(["openclaw", "2026.6.1", ["2026.3.1"]]);
    expect(manifest.artifacts).toEqual([
      { name: "pkg:npm/openclaw@2026.6.1", digest: { sha512: release.sha512, sha256: sha256(tarball) } },
      { name: "pkg:npm/openclaw@2026.6.1#files", digest: { sha256: sha256(inventoryText(release.files)) } },
      { name: "ghcr.io/openclaw/openclaw", digest: { sha256: sha256(encode(INDEX)) } },
      { name: "ghcr.io/openclaw/openclaw (linux/amd64)", digest: { sha256: "a1".repeat(32) } },
      { name: "ghcr.io/openclaw/openclaw (linux/arm64/v8)", digest: { sha256: "a2".repeat(32) } },
      { name: "git+https://github.com/openclaw/openclaw", digest: { gitCommit: "ef".repeat(20) } },
    ]);
    expect(manifest.platforms[0]?.contains).toEqual(["pkg:npm/openclaw@2026.6.1"]);
  });

  it("may name an image by its digest alone", () => {
    const text = openClawManifest({ version: "2026.6.1", image: { name: "x", release: digest("aa") }, platforms: [] });
    expect(parseManifest(encode(text)).artifacts).toEqual([{ name: "x", digest: { sha256: "aa".repeat(32) } }]);
  });

  it("is refused for what is no release of OpenClaw", async () => {
    const release = await readPackage({ tarball: forgePackage() });
    const other = await readPackage({ tarball: forgePackage({ name: "openclaw-tools" }) });
    expect(() => openClawManifest({ package: other, platforms: [] })).toThrow("not openclaw");
    expect(() => openClawManifest({ package: release, version: "2026.6.2", platforms: [] })).toThrow("version");
    expect(() => openClawManifest({ image, platforms: [] })).toThrow("version");
    expect(() => openClawManifest({ version: "2026.6.1", platforms: [] })).toThrow("names no artifact");
    expect(() => openClawManifest({ package: release, commit: "main", platforms: [] })).toThrow(TypeError);
    expect(() => imageArtifacts("x", { digest: "sha256:00", platforms: [] })).toThrow(TypeError);
    expect(() => openClawManifest({ package: release, platforms: [{ ...platforms[0]!, contains: ["else"] }] })).toThrow(
      "no artifact",
    );
  });

  it("has the images that a compose file names, or they are none of it", () => {
    const artifacts = imageArtifacts("openclaw", readImage({ manifest: encode(INDEX) }));
    const compose = (named: string): string => `services:\n  agent:\n    image: openclaw@${named}\n`;
    expect(artifactsNamed(readCompose(compose(digest("a1"))), artifacts)).toEqual(["openclaw (linux/amd64)"]);
    expect(artifactsNamed(readCompose(compose(digest("b1"))), artifacts)).toEqual([]);
    expect(
      artifactsNamed({ digests: ["sha256:undefined"] }, [{ name: "commit", digest: { gitCommit: "ab" } }]),
    ).toEqual([]);
  });
});
