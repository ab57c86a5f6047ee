import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../support/shared.js";
import { cli, fixture } from "./support.js";

interface Scene {
  readonly title: string;
  readonly words: string;
  readonly arguments: readonly string[];
  readonly outcome: string;
  readonly exitCode: number;
}

interface Provenance {
  readonly files: readonly {
    readonly file: string;
    readonly what: string;
    readonly sha256: string;
    readonly obtainedFrom?: Readonly<
      Record<"registry" | "package" | "version" | "path" | "packageSha256" | "licence", string>
    >;
    readonly derivedFrom?: {
      readonly file: string;
      readonly offset: string;
      readonly from: string;
      readonly to: string;
    };
  }[];
}

const read = <T>(path: string): T => JSON.parse(new TextDecoder().decode(fixture(path))) as T;
const scenes = read<readonly Scene[]>("fixtures/demo/scenes.json");
const { files } = read<Provenance>("fixtures/PROVENANCE.json");

describe("the demo", () => {
  it.each(scenes.map((scene) => [scene.title, scene] as const))("%s", async (_title, scene) => {
    const { code, out } = await cli(scene.arguments);
    expect(code).toBe(scene.exitCode);
    expect(out).toContain(scene.outcome.toUpperCase());
  });

  it("has one of each outcome", () => {
    expect(new Set(scenes.map(({ exitCode }) => exitCode))).toEqual(new Set([0, 1, 2]));
  });

  it("says of forged evidence that it is forged", () => {
    const forged = files.filter(({ derivedFrom }) => derivedFrom !== undefined).map(({ file }) => `fixtures/${file}`);
    const shown = scenes.filter((scene) => scene.arguments.some((argument) => forged.includes(argument)));
    expect(shown.length).toBeGreaterThan(0);
    for (const { words } of shown) expect(words).toContain("FORGED");
  });
});

describe("the evidence of this repository", () => {
  it("has its origin written down, file by file", () => {
    const there = readdirSync(join(repositoryRoot, "fixtures/demo")).filter((name) =>
      /\.(bin|hex|der|pem|cbor)$/.test(name),
    );
    expect(
      files
        .filter(({ file }) => file.startsWith("demo/"))
        .map(({ file }) => file)
        .sort(),
    ).toEqual(there.map((name) => `demo/${name}`).sort());
  });

  it.each(files.map((entry) => [entry.file, entry] as const))("%s is what it was", (_file, entry) => {
    expect(
      createHash("sha256")
        .update(fixture(`fixtures/${entry.file}`))
        .digest("hex"),
    ).toBe(entry.sha256);
    if (entry.obtainedFrom === undefined) expect(entry.what).toMatch(/^FORGED/);
    else for (const value of Object.values(entry.obtainedFrom)) expect(value).not.toBe("");
  });

  it("differs from its original in nothing else than is written down", () => {
    for (const { file, derivedFrom } of files) {
      if (derivedFrom === undefined) continue;
      const forged = fixture(`fixtures/${file}`);
      const original = fixture(`fixtures/${derivedFrom.file}`);
      const differing = [...forged].flatMap((byte, offset) => (byte === original[offset] ? [] : [offset]));
      expect(differing).toEqual([Number(derivedFrom.offset)]);
      expect([original[Number(derivedFrom.offset)], forged[Number(derivedFrom.offset)]]).toEqual([
        Number.parseInt(derivedFrom.from, 16),
        Number.parseInt(derivedFrom.to, 16),
      ]);
    }
  });
});
