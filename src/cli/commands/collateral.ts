/** `tee-verify collateral <quote>`: fetches what a TDX or SGX quote needs, as a bundle that can be judged offline. */

import { MalformedError } from "../../encoding/malformed.js";
import { INTEL_PCS } from "../../endorsements/intel-pcs.js";
import { fetchCollateral } from "../../evidence/dcap/fetch.js";
import { MAX_EVIDENCE_BYTES } from "../../evidence/envelope.js";
import type { Arguments } from "../args.js";
import type { Command } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import { dateArgument } from "../files.js";
import type { Io } from "../io.js";
import { safe } from "../text.js";

export const collateralCommand: Command = {
  usage: "[options] QUOTE",
  about: [
    "Prints a bundle: the quote, Intel's collateral for it and its revocation lists, for tee-verify or a browser to judge offline. Nothing is judged here.",
    "Exit code 0 says that everything was found, 2 that something is missing, 1 that the file is no TDX or SGX quote.",
  ],
  options: [
    { name: "pccs", value: "URL", help: "ask this PCCS, and not Intel's service" },
    { name: "early", help: "collateral from the day of a disclosure, and not from about six weeks later" },
    { name: "at", value: "DATE", help: "when the collateral must be current; now unless told" },
  ],
  run: runCollateral,
};

async function runCollateral(args: Arguments, io: Io): Promise<number> {
  const [path, second] = args.positionals;
  if (path === undefined || second !== undefined)
    throw new UsageError("collateral takes one file, or - for standard input");
  const pccs = args.one("pccs");
  if (pccs !== undefined && !/^https?:\/\//.test(pccs)) throw new UsageError("--pccs must be an http(s) address");
  const at = args.one("at");
  try {
    const { bundle, missing } = await fetchCollateral(await io.read(path, MAX_EVIDENCE_BYTES + 1), {
      fetch: io.fetch,
      at: at === undefined ? new Date() : dateArgument(at, "at"),
      update: args.flag("early") ? "early" : "standard",
      ...(pccs === undefined ? {} : { mirrors: { [INTEL_PCS]: pccs } }),
    });
    io.out(`${JSON.stringify(bundle, null, 2)}\n`);
    for (const { what, reasons } of missing)
      io.err(`tee-verify: missing: ${safe(what)}${reasons.length === 0 ? "" : ` (${safe(reasons.join("; "))})`}\n`);
    return missing.length === 0 ? EXIT.verified : EXIT.undetermined;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    io.err(`tee-verify: not readable as a TDX or SGX quote: ${safe(error.message)}\n`);
    return EXIT.rejected;
  }
}
