/** What is bundled for every runtime: the front door from the build, both back ends, and the suite. `CASES` is put in by the bundler. */

import { verify } from "tee-verify";
import { noble } from "tee-verify/noble";
import { webcrypto } from "../../src/crypto/webcrypto.js";
import { type GunzipResult, runGunzip } from "./gunzip.js";
import { type RuntimeCase, runSuite, type SuiteResult } from "./suite.js";

declare const CASES: readonly RuntimeCase[];

export interface RuntimeResult {
  /** Whether `crypto.subtle` is there. */
  readonly subtle: boolean;
  readonly results: readonly SuiteResult[];
  readonly gunzip: GunzipResult;
}

/** Runs the suite with every back end that this runtime has. */
export async function run(): Promise<RuntimeResult> {
  const subtle = globalThis.crypto?.subtle;
  const results = [await runSuite(CASES, verify as never, noble)];
  if (subtle !== undefined) results.unshift(await runSuite(CASES, verify as never, webcrypto(subtle)));
  return { subtle: subtle !== undefined, results, gunzip: await runGunzip() };
}
