/** `tee-verify release` and `manifest create --package --image`: from what was published to a manifest; a changed file is found by its name. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { forgePackage } from "../../fixtures/release/package.js";
import { cli } from "./support.js";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const FILES = { "openclaw.mjs": "run();\n", "dist/entry.js": "1;\n" };
const tarball = forgePackage({ files: FILES, members: { dependencies: { ws: "1" }, scripts: { postinstall: "x" } } });
const changed = forgePackage({ files: { ...FILES, "dist/entry.js": "2;\n", "dist/evil.js": "3;\n" } });
const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
const HEX = "a1".repeat(32);
const index = JSON.stringify({
  schemaVersion: 2,
  manifests: [{ digest: `sha256:${HEX}`, platform: { os: "linux", architecture: "amd64" } }],
});
const compose = (image: string): string => `services:\n  a:\n    image: ${image}\n`;
const files = {
  "openclaw.tgz": tarball,
  "changed.tgz": changed,
  "cut.tgz": tarball.slice(0, -4),
  "index.json": index,
  "good.yml": compose(`openclaw@sha256:${HEX}`),
  "tag.yml": compose("openclaw:2026.6.1"),
  "other.yml": compose(`openclaw@sha256:${"b2".repeat(32)}`),
  "app.json": JSON.stringify({ docker_compose_file: compose(`openclaw@sha256:${HEX}`), pre_launch_script: "x" }),
  values: '{"nitro":{"pcrs":{"0":"' + "ab".repeat(48) + '"}}}',
  "installed/openclaw.mjs": FILES["openclaw.mjs"],
  "installed/dist/entry.js": "9;\n",
  "installed/package.json": "{}",
};
const run = (...args: readonly string[]) => cli(args, { files });
const release = (...args: readonly string[]) => run("release", ...args);

describe("release show", () => {
  it("says what a package is, and what its digest does not cover", async () => {
    const { code, out, err } = await release("show", "openclaw.tgz", "--integrity", integrity);
    expect([code, JSON.parse(out)]).toEqual([
      0,
      expect.objectContaining({ name: "openclaw", version: "2026.6.1", integrity, files: 3, dependencies: ["ws"] }),
    ]);
    expect(err).toContain("1 packages are fetched");
    expect(err).toContain("postinstall");
  });

  it("says what an image is", async () => {
    const { out } = await release("show", "index.json", "--digest", `sha256:${sha256(index)}`);
    expect(JSON.parse(out)).toMatchObject({
      digest: `sha256:${sha256(index)}`,
      platforms: [{ platform: "linux/amd64", digest: `sha256:${HEX}` }],
    });
  });

  it.each([
    [["show", "cut.tgz"]],
    [["show", "openclaw.tgz", "--integrity", `sha512-${"A".repeat(86)}==`]],
    [["show", "index.json", "--digest", `sha256:${HEX}`]],
    [["show", "good.yml"]],
    [["files", "index.json"]],
    [["compare", "openclaw.tgz", "good.yml"]],
  ])("ends with 1 for %j", async (args) => {
    expect(await release(...args)).toMatchObject({ code: 1, out: "", err: expect.stringContaining("tee-verify:") });
  });

  it.each([
    [[]],
    [["show"]],
    [["sho", "openclaw.tgz"]],
    [["show", "absent.tgz"]],
    [["show", "openclaw.tgz", "--digest", "x"]],
    [["show", "index.json", "--integrity", "x"]],
    [["files", "openclaw.tgz", "--integrity", "x"]],
    [["compare", "openclaw.tgz"]],
    [["launch"]],
    [["launch", "good.yml", "--append", "x"]],
  ])("is misuse with %j", async (args) => expect((await release(...args)).code).toBe(64));
});

describe("release compare", () => {
  it("names each changed, missing and added file", async () => {
    const { code, out } = await release("compare", "openclaw.tgz", "changed.tgz");
    expect([code, out.split("\n").slice(0, -1)]).toEqual([
      1,
      ["changed: dist/entry.js", "changed: package.json", "added: dist/evil.js"],
    ]);
    expect((await release("compare", "changed.tgz", "openclaw.tgz")).out).toContain("missing: dist/evil.js");
    expect(await release("compare", "openclaw.tgz", "openclaw.tgz")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^THE SAME/),
    });
  });

  it("takes an inventory, and the folder of an installed package", async () => {
    const inventory = (await release("files", "openclaw.tgz")).out;
    expect(inventory).toContain(`${sha256("1;\n")}  dist/entry.js\n`);
    const asFolder = async (path: string) => {
      const { UsageError } = await import("../../src/cli/exit.js");
      const io = {
        read: async (name: string, limit: number) => {
          if (name === path) throw new UsageError("cannot read it (it is a folder)");
          return new TextEncoder().encode(inventory).slice(0, limit);
        },
      };
      return cli(["release", "compare", "inventory", path], { files, io });
    };
    const { code, out } = await asFolder("installed");
    expect([code, out.split("\n").slice(0, -1)]).toEqual([1, ["changed: dist/entry.js", "changed: package.json"]]);
  });
});

describe("release launch", () => {
  it.each([
    [["good.yml"], 0, "IDENTIFIES"],
    [["tag.yml"], 1, "openclaw:2026.6.1"],
    [["app.json"], 1, "pre-launch script"],
    [["--append", `roothash=${HEX}`], 0, `names: sha256:${HEX}`],
    [["--append", "openclaw.version=2026.6.1"], 1, "neither a root hash nor a digest"],
    [["--append", ""], 64, ""],
  ])("of %j", async (args, code, said) => {
    const result = await release("launch", ...args);
    expect(result.code).toBe(code);
    expect(result.out).toContain(said);
  });

  it("compares what is named with a manifest's artifacts", async () => {
    const manifest = (
      await run("manifest", "create", "--name", "openclaw", "--release", "1", "--image", "openclaw=index.json")
    ).out;
    const judged = (file: string) =>
      cli(["release", "launch", file, "--manifest", "m.json"], { files: { ...files, "m.json": manifest } });
    expect(await judged("good.yml")).toMatchObject({
      code: 0,
      out: expect.stringContaining("artifact: openclaw (linux/amd64)"),
    });
    expect(await judged("other.yml")).toMatchObject({
      code: 1,
      out: expect.stringContaining("nothing that it names is an artifact"),
    });
  });
});

describe("manifest create", () => {
  it("takes name, version, integrity and inventory from the package, and the images from the index", async () => {
    const { code, out, err } = await run(
      "manifest",
      "create",
      "--package",
      "openclaw.tgz",
      "--image",
      "ghcr.io/openclaw/openclaw=index.json",
      "--platform",
      "any=values",
      "--contains",
      "pkg:npm/openclaw@2026.6.1",
    );
    expect([code, err]).toEqual([0, `build:sha256:${sha256(out)}\n`]);
    const { subject, predicate } = JSON.parse(out) as { subject: { name: string }[]; predicate: object };
    expect(subject.map(({ name }) => name)).toEqual([
      "pkg:npm/openclaw@2026.6.1",
      "pkg:npm/openclaw@2026.6.1#files",
      "ghcr.io/openclaw/openclaw",
      "ghcr.io/openclaw/openclaw (linux/amd64)",
    ]);
    expect(predicate).toMatchObject({ name: "openclaw", version: "2026.6.1" });
  });

  it.each([
    [["--package", "cut.tgz"]],
    [["--image", "index.json"]],
    [["--image", "x=good.yml", "--name", "openclaw", "--release", "1"]],
    [["--image", `x=sha256:${HEX}`]],
  ])("is misuse with %j", async (args) => expect((await run("manifest", "create", ...args)).code).toBe(64));
});
