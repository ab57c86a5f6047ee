/** The evidence, suites and references that sit beside the repository and are never copied into it (docs/testing.md). */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";

/** The root of this repository. */
export const repositoryRoot: string = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The folder that holds the shared material: `TEE_VERIFY_SHARED`, or `../shared` seen from the repository. */
const sharedRoot: string = process.env["TEE_VERIFY_SHARED"] ?? resolve(repositoryRoot, "..", "shared");

/** Whether the shared material is there at all. */
export const hasShared: boolean = existsSync(join(sharedRoot, "evidence"));

const isCi = process.env["CI"] === "true";

/** The absolute path of a file or folder of the shared material, e.g. `shared("evidence/sev-snp")`. */
export function shared(path: string): string {
  return join(sharedRoot, path);
}

/** The bytes of a shared file, as a plain `Uint8Array` (never a `Buffer`, whose `slice` behaves differently). */
export function readShared(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(shared(path)));
}

/** The text of a shared file. */
export function readSharedText(path: string): string {
  return readFileSync(shared(path), "utf8");
}

/** A shared JSON file. The caller names the shape it expects. */
export function readSharedJson<T = unknown>(path: string): T {
  return JSON.parse(readSharedText(path)) as T;
}

/**
 * `describe` for tests that need the shared material. Without it they are skipped on a fresh clone, and fail under
 * `CI=true`: there, evidence that is missing is a broken check and not a reason to be quiet.
 */
export function describeShared(name: string, fn: () => void): void {
  if (hasShared) {
    describe(name, fn);
    return;
  }
  const why = `shared evidence is missing: set TEE_VERIFY_SHARED, or put it beside the repository`;
  if (isCi) {
    it(`${name}: ${why}`, () => {
      throw new Error(why);
    });
    return;
  }
  describe.skip(`${name} (${why})`, () => {
    it("needs shared evidence", () => undefined);
  });
}
