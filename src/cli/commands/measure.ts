/** `tee-verify measure <image.eif>`: what an enclave that runs the image will attest, as `nitro-cli describe-eif` prints it. */

import { CryptoUnavailableError } from "../../crypto/crypto.js";
import { MalformedError } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import { describeEif, type EifMeasurement, measureEif } from "../../expected/measure/eif.js";
import type { CreateHash } from "../../expected/measure/hash.js";
import type { Arguments } from "../args.js";
import type { Command } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import type { Io } from "../io.js";
import { safe } from "../text.js";

export const measureCommand: Command = {
  usage: "[options] IMAGE.eif",
  about: [
    "Computes PCR0, PCR1, PCR2 and, of a signed image, PCR8 from an enclave image file, which may be of any size. Prints what nitro-cli describe-eif prints, and on standard error what these values do not tell. Exit code 1 says that the image is not well-formed, or that its signature is not over it.",
  ],
  options: [
    { name: "expected", help: "print reference values, as `verify --expect` and the library take them" },
    { name: "accept-wrong-checksum", help: "take an image whose checksum is wrong, as nitro-cli sign-eif leaves it" },
  ],
  run: runMeasure,
};

/** Node's own hashes, which are ten times as fast as ours in JavaScript. */
const nodeHash: CreateHash = (name) => process.getBuiltinModule("node:crypto").createHash(name.replace("-", ""));

async function runMeasure(args: Arguments, io: Io): Promise<number> {
  const [path, second] = args.positionals;
  if (path === undefined || second !== undefined)
    throw new UsageError("measure takes one image file, or - for standard input");
  try {
    const acceptWrongChecksum = args.flag("accept-wrong-checksum");
    const measurement = await measureEif(io.chunks(path), { createHash: nodeHash, acceptWrongChecksum });
    const printed = args.flag("expected") ? referenceOf(measurement) : describeEif(measurement);
    io.out(`${JSON.stringify(printed, null, 2)}\n`);
    for (const limit of measurement.limits) io.err(`note: ${limit}\n`);
    return EXIT.verified;
  } catch (error) {
    if (error instanceof CryptoUnavailableError) {
      io.err(`tee-verify: ${safe(error.message)}\n`);
      return EXIT.undetermined;
    }
    if (!(error instanceof MalformedError)) throw error;
    io.err(`tee-verify: not an image that an enclave should run: ${safe(error.message)}\n`);
    return EXIT.rejected;
  }
}

function referenceOf({ pcrs }: EifMeasurement): Readonly<Record<string, unknown>> {
  return {
    nitro: {
      pcrs: Object.fromEntries(Object.entries(pcrs).map(([index, value]) => [index, toHex(value as Uint8Array)])),
    },
  };
}
