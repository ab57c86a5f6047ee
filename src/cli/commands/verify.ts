/** `tee-verify <file>`: evidence in, verdict out; `tee-verify <address>`: a running agent is challenged. */

import { verify } from "../../index.js";
import type { Verdict } from "../../verdict.js";
import type { Arguments } from "../args.js";
import type { Command } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import { readEvidence } from "../files.js";
import type { Io } from "../io.js";
import { renderVerdict } from "../render.js";
import { type Options, REQUEST_OPTIONS, readOptions } from "../request.js";

export const verifyCommand: Command = {
  usage: "[options] FILE | ADDRESS",
  about: [
    "Is this the build I expect, on genuine confidential hardware, and am I really talking to it? FILE holds the evidence, in any form (- for standard input); of which kind it is, its structure tells.",
    "ADDRESS is that of a running agent, https://agent.example: it is sent a fresh nonce, and its answer is judged. Nothing else is sent before it is verified.",
    "Without --expect the build is not compared with anything, and without --nonce, --report-data, --user-data or --layout the evidence may be a recording. The answer says so.",
  ],
  options: [
    ...REQUEST_OPTIONS,
    {
      name: "send",
      value: "TEXT",
      help: "to a verified agent: seal this to the key that it attested, and show its answer",
    },
    {
      name: "tls",
      value: "WHICH",
      help: "bind to the key of the TLS connection: web-pki, where authorities must vouch for the certificate too, or attested, where the evidence alone does",
    },
    { name: "json", help: "print the verdict as JSON (docs/verdict.md)" },
    { name: "quiet", short: "q", help: "print nothing: the exit code is the answer" },
    { name: "verbose", short: "v", help: "say of every check what was found" },
  ],
  run: runVerify,
};

async function runVerify(args: Arguments, io: Io): Promise<number> {
  const [path, second] = args.positionals;
  if (path === undefined) throw new UsageError("no evidence was given: name a file, or - for standard input");
  if (second !== undefined) throw new UsageError(`one evidence at a time: ${second} is one too many`);
  if (args.flag("json") && args.flag("quiet")) throw new UsageError("--json and --quiet exclude each other");
  const options = await readOptions(args, io);
  const dated = args.one("at") !== undefined;
  if (/^https?:\/\//i.test(path)) {
    if (args.one("gpu-nonce") !== undefined) throw new UsageError("--gpu-nonce needs evidence in a file");
    const { runChallenge } = await import("../challenge.js");
    const render = (verdict: Verdict): string => renderVerdict(verdict, io.terminal, args.flag("verbose"), dated);
    return await runChallenge({ address: path, args, options, io, verify, render });
  }
  for (const name of ["send", "tls"])
    if (args.flag(name)) throw new UsageError(`--${name} needs the address of an agent`);
  const tell = (message: string): void => (args.flag("quiet") ? undefined : io.err(message));
  const verdict = await judge(await readEvidence(io, path), options, tell, args.one("gpu-nonce"));
  if (args.flag("json")) io.out(`${JSON.stringify(verdict, null, 2)}\n`);
  else if (!args.flag("quiet")) io.out(renderVerdict(verdict, io.terminal, args.flag("verbose"), dated));
  const defect = verdict.checks.some(({ code }) => code === "internal-error");
  return defect ? EXIT.internal : EXIT[verdict.outcome];
}

/** Other kinds than the front door's are much code: loaded for evidence that it does not know, and for options that name them. */
async function judge(
  evidence: Uint8Array,
  options: Options,
  tell: (message: string) => void,
  gpuNonce?: string,
): Promise<Verdict> {
  if (gpuNonce !== undefined) {
    const { verifyWithGpus } = await import("../gpus-and-keys.js");
    return misuse(() => verifyWithGpus(evidence, options, gpuNonce));
  }
  const verdict = await attempt(() => verify(evidence, options));
  const recognised = verdict?.checks.some(({ id, status }) => id === "evidence/recognised" && status === "passed");
  // A manifest may be of what is around this: a dstack answer is a TDX quote, too.
  if (
    verdict !== undefined &&
    recognised === true &&
    !verdict.checks.some(({ code }) => code === "manifest-no-platform")
  )
    return verdict;
  const { openAny, verifyAny } = await import("../other-kinds.js");
  const inside = recognised === true ? evidence : openAny(evidence, tell);
  return misuse(() => verifyAny(inside, options));
}

async function misuse(run: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

/** `verify` rejects with a `TypeError` for misuse of its options alone. */
async function attempt(run: () => Promise<Verdict>): Promise<Verdict | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
