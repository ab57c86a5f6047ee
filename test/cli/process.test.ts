/** The program as its users run it: bundled, in a process of its own. Few calls, since each costs one. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forgeEif } from "../../fixtures/nitro/eif.js";
import { forgeToken, TOKEN_AT } from "../../fixtures/tokens/token.js";
import { cli as configuration } from "../../tsup.config.js";
import { repositoryRoot } from "../support/shared.js";
import { MILAN, VERIFIES, without } from "./support.js";

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tee-verify-cli-"));
  // The licences are collected into dist by the real build.
  const esbuildPlugins = configuration.esbuildPlugins?.filter(({ name }) => name === "loaded-later") ?? [];
  await build({ ...configuration, outDir: folder, esbuildPlugins, config: false, silent: true });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function program(args: readonly string[], input?: Uint8Array, entry = join(folder, "main.cjs")): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], {
    cwd: repositoryRoot,
    encoding: "utf8",
    input,
    env: { PATH: process.env["PATH"], LANG: "C.UTF-8" },
  });
  return { code: status, out: stdout, err: stderr };
}

describe("the program", () => {
  it("ends with 0 for what is verified, and with plain text where there is no terminal", () => {
    const { code, out, err } = program(VERIFIES);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("✔ VERIFIED");
    expect(out).not.toContain("\u001b");
  });

  it("ends with 1 for what is rejected, from standard input, with noble", () => {
    const report = new Uint8Array(readFileSync(join(repositoryRoot, MILAN.report)));
    const args = ["-", "--endorsement", MILAN.vcek, "--crypto", "noble", "--json", "--at", "2026-11-24"];
    const { code, out, err } = program(args, report);
    expect([code, err]).toEqual([1, ""]);
    expect(JSON.parse(out)).toMatchObject({ outcome: "rejected", meta: { crypto: "noble" } });
  });

  it("loads the other kinds from a file beside it", () => {
    const token = new TextEncoder().encode(forgeToken({ service: "maa" }));
    const { code, out, err } = program(["-", "--json", "--at", TOKEN_AT.toISOString()], token);
    expect([code, err, JSON.parse(out).parts[0].kind]).toEqual([2, "", "maa"]);
    expect(program(["inspect", "-"], token).out).toContain("maa");
    const nothing = program(["inspect", "-"], new Uint8Array(100).fill(0x41));
    expect([nothing.code, nothing.err]).toEqual([1, expect.stringContaining("not readable as evidence")]);
  });

  it("ends with 2 for what is undetermined, through a link as npm makes it", () => {
    const link = join(folder, "tee-verify");
    symlinkSync(join(folder, "main.cjs"), link);
    const { code, out } = program([...without("--endorsement"), "--quiet"], undefined, link);
    expect([code, out]).toEqual([2, ""]);
  });

  it("measures an image from a file and from standard input", () => {
    const image = forgeEif();
    const path = join(folder, "image.eif");
    writeFileSync(path, image);
    const [file, input] = [program(["measure", path]), program(["measure", "-"], image)];
    expect([file.code, JSON.parse(file.out)]).toEqual([0, expect.objectContaining({ CheckCRC: true })]);
    expect(input).toEqual(file);
    expect(program(["measure", folder]).err).toContain("it is a folder");
  });

  it("ends with 64 for misuse", () => {
    const { code, out, err } = program(["nowhere"]);
    expect([code, out]).toEqual([64, ""]);
    expect(err).toContain("cannot read nowhere (there is no such file)");
    expect(program(["src"]).err).toContain("it is a folder");
    expect(program(["-", "--endorsement", "-"], new Uint8Array(8)).err).toContain("standard input can be named once");
  });

  it("knows its version", () => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string };
    expect(program(["--version"]).out).toBe(`tee-verify ${version}\n`);
  });

  it("ends with 70 where the program itself is broken, and never with an answer", () => {
    rmSync(join(folder, "cross-check.cjs"));
    const { code, out, err } = program(VERIFIES);
    expect([code, out]).toEqual([70, ""]);
    expect(err).toContain("internal error, and no verdict");
    expect(program([...VERIFIES, "--no-cross-check", "-q"]).code).toBe(0);
  });
});
