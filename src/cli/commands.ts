/** The commands: one line each. */

import type { CommandEntry } from "./command.js";
import { collateralCommand } from "./commands/collateral.js";
import { inspectCommand } from "./commands/inspect.js";
import { verifyCommand } from "./commands/verify.js";

/** Taken where the first argument names none of them. */
export const DEFAULT_COMMAND = "verify";

/** A command that brings much code of its own is loaded with `import()`, and has a line in tsup.config.ts. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: "verify", summary: "judge evidence (the default)", load: async () => verifyCommand },
  {
    name: "measure",
    summary: "compute what evidence will show from what is booted",
    load: async () => (await import("./commands/measure.js")).measureCommand,
  },
  {
    name: "manifest",
    summary: "write, sign, check and show build manifests",
    load: async () => (await import("./commands/manifest.js")).manifestCommand,
  },
  {
    name: "release",
    summary: "read npm packages, images and compose files of a release",
    load: async () => (await import("./commands/release.js")).releaseCommand,
  },
  {
    name: "collateral",
    summary: "fetch what a TDX or SGX quote needs, to judge it offline",
    load: async () => collateralCommand,
  },
  { name: "inspect", summary: "show what evidence says, without verifying it", load: async () => inspectCommand },
];
