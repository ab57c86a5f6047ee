/** The command line in this process, with streams of the test's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../src/cli/exit.js";
import type { Io, Terminal } from "../../src/cli/io.js";
import { run } from "../../src/cli/run.js";
import { repositoryRoot } from "../support/shared.js";

export const PLAIN: Terminal = { width: 80, colour: false, unicode: true };

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Addresses that were asked. */
  readonly asked: readonly string[];
}

export interface CliOptions {
  /** Files by name, beside those of the repository. */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  readonly terminal?: Partial<Terminal>;
  readonly fetch?: typeof globalThis.fetch;
  /** Anything else of the process. */
  readonly io?: Partial<Io>;
}

/** Runs `tee-verify` with these arguments. */
export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { files = {}, terminal = {}, fetch } = options;
  let out = "";
  let err = "";
  const asked: string[] = [];
  const io: Io = {
    version: "0.0.0-test",
    read: async (path, limit) => readOf(path, files).slice(0, limit),
    chunks: async function* (path) {
      const bytes = readOf(path, files);
      for (let at = 0; at < bytes.length; at += 100) yield bytes.slice(at, at + 100);
    },
    list: async (folder) =>
      Object.keys(files)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => ({ path: path.slice(folder.length + 1), isFile: true })),
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    terminal: { ...PLAIN, ...terminal },
    fetch: async (input, init) => {
      asked.push(String(input));
      if (fetch === undefined) throw new TypeError("there is no network in this test");
      return fetch(input, init);
    },
    ...options.io,
  };
  const code = await run(argv, io);
  return { code, out, err, asked };
}

function readOf(path: string, files: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  const given = files[path];
  if (typeof given === "string") return new TextEncoder().encode(given);
  if (given !== undefined) return given;
  try {
    return fixture(path);
  } catch {
    throw new UsageError(`cannot read ${path} (there is no such file)`);
  }
}

/** A file of the repository, by its path. */
export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(repositoryRoot, path)));
}

const DEMO = "fixtures/demo/";
/** A real report of 2023 and what it carries. */
export const MILAN = {
  report: `${DEMO}milan-2023.report.hex`,
  vcek: `${DEMO}milan-2023.vcek.der`,
  floors: `${DEMO}floors-of-2023.json`,
  measurement: "7a1e5c266c0108dbc9bb94fa926951320940915d0aafb42464bd88b579ea158d3e1a0dc39b2c60bd95b9c480cd81841f",
  reportData:
    "d447b55d197491bfe15cf298f9de9986b7a7c4be2468b4f6e2d53b71d7c645810b0f2cdfca0040433be063fc1a8293f0f3f8dae7b79fecb3d1cd82bd6a93ebfd",
} as const;

/** A real report of a guest whose host may debug it. */
export const DEBUG_GUEST = {
  report: `${DEMO}debug-guest.report.bin`,
  altered: `${DEMO}debug-guest.altered.report.bin`,
  vcek: `${DEMO}debug-guest.vcek.der`,
} as const;

/** Arguments under which the report of 2023 verifies in full. */
export const VERIFIES: readonly string[] = [
  MILAN.report,
  "--endorsement",
  MILAN.vcek,
  "--expect",
  MILAN.measurement,
  "--report-data",
  MILAN.reportData,
  "--at",
  "2023-06-01",
  "--policy",
  MILAN.floors,
];

/** `VERIFIES` without an option and its value. */
export function without(...names: readonly string[]): readonly string[] {
  return VERIFIES.filter((word, index) => !names.includes(word) && !names.includes(VERIFIES[index - 1] ?? ""));
}
