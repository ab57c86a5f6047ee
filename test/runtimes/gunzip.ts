/** gzip through the engine's own DecompressionStream: the contents of a good file, and a refusal of every bad one. Engines differ in what they refuse themselves. */

import { gunzip } from "../../src/expected/release/gzip.js";
import { bytes } from "./suite.js";

/** `tee-verify` and a line feed. */
const SHORT = "H4sIAAAAAAACAytJTdUtSy3KTKvkAgAoAPomCwAAAA==";
/** `openclaw ` again and again, 100,000 bytes: more than goes through at once. */
const LONG =
  "H4sIAAAAAAACA+3GsQ0AIAgAsFd8jRg3Imy87xsO7dTqc3fGrBIRERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERGR3/IAGo9+PqCGAQA=";

export interface GunzipResult {
  /** Whether this engine has a DecompressionStream. */
  readonly there: boolean;
  /** What went otherwise than expected, in words. */
  readonly failures: readonly string[];
}

export async function runGunzip(): Promise<GunzipResult> {
  const there = "DecompressionStream" in globalThis;
  const short = bytes(SHORT);
  const long = bytes(LONG);
  const refusal = there ? "MalformedError" : "TypeError";
  const cases: readonly (readonly [name: string, file: Uint8Array, expected: string, maxBytes?: number])[] = [
    ["a short file", short, there ? "11 bytes, tee-verify\n" : refusal],
    ["a long file", long, there ? "100000 bytes, openclaw op" : refusal],
    ["a file at its limit", long, there ? "100000 bytes, openclaw op" : refusal, 100_000],
    ["a file over its limit", long, refusal, 99_999],
    ["a file that is cut short", short.slice(0, -1), refusal],
    ["another checksum", flipped(short, short.length - 8), refusal],
    ["another length", flipped(short, short.length - 4), refusal],
    ["another magic number", flipped(short, 0), refusal],
    ["bytes behind the file", joined(short, new Uint8Array(8).fill(1)), refusal],
    ["a second member", joined(short, long), refusal],
    ["nothing", new Uint8Array(0), refusal],
  ];
  const failures: string[] = [];
  for (const [name, file, expected, maxBytes = 1_000_000] of cases) {
    const found = await outcomeOf(file, maxBytes);
    if (found !== expected) failures.push(`gunzip of ${name}: ${found} instead of ${expected}`);
  }
  return { there, failures };
}

/** Length and beginning of what comes out, or the name of the error. */
async function outcomeOf(file: Uint8Array, maxBytes: number): Promise<string> {
  let length = 0;
  let start = "";
  try {
    for await (const chunk of gunzip(file, { maxBytes })) {
      length += chunk.length;
      start += String.fromCharCode(...chunk.subarray(0, Math.max(0, 11 - start.length)));
    }
    return `${length} bytes, ${start}`;
  } catch (error) {
    return error instanceof Error ? error.name : "no error at all";
  }
}

function flipped(file: Uint8Array, at: number): Uint8Array {
  return file.map((byte, index) => (index === at ? byte ^ 1 : byte));
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
