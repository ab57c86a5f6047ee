/** Evidence from a command of the operator's, for devices that need an ioctl: Nitro's NSM, a vTPM. */

import { execFile } from "node:child_process";
import { toHex } from "../encoding/text.js";
import { type AttestRequest, type Provider, ProviderError } from "./provider.js";

export interface CommandOptions {
  /** The program. No shell reads it. */
  readonly file: string;
  /** Its arguments; `{reportData}`, `{nonce}` and `{publicKey}` in them become lowercase hex. */
  readonly arguments: readonly string[];
  /** In milliseconds; 10,000 unless told. */
  readonly timeout?: number;
}

const MAX_BYTES = 4_194_304;
/** EX_TEMPFAIL of sysexits(3): ask again. */
const TEMPORARY = 75;

/**
 * The command writes evidence to its standard output, in any form that the verifier reads, and ends with 0; with 75 if the device is busy.
 *
 * @example
 * const provider = command({ file: "/usr/bin/nsm-attest", arguments: ["--nonce", "{nonce}", "--public-key", "{publicKey}"] });
 */
export function command(options: CommandOptions): Provider {
  const { file, timeout = 10_000 } = options;
  const template = [...options.arguments];
  if (!template.some((argument) => /\{(?:reportData|nonce)\}/.test(argument)))
    throw new TypeError("arguments must hand on {reportData} or {nonce}: else every answer would be a recording");
  return {
    name: "command",
    attest(request) {
      const given = template.map((argument) => filled(argument, request));
      const limits = { encoding: "buffer", timeout, maxBuffer: MAX_BYTES, windowsHide: true } as const;
      return new Promise((resolve, reject) => {
        execFile(file, given, { ...limits, signal: request.signal, killSignal: "SIGKILL" }, (error, stdout) => {
          if (error !== null) reject(providerError(error));
          else if (stdout.length === 0) reject(new ProviderError("failed", "the command wrote nothing"));
          else resolve({ evidence: textOf(stdout) ?? new Uint8Array(stdout) });
        });
      });
    },
  };
}

/** JSON, hex, base64 and PEM go on as the text that they are; evidence in bytes has some that no text has. */
function textOf(output: Buffer): string | undefined {
  const text = output.toString("utf8").trim();
  return /[^\t\n\r\x20-\x7e]/.test(text) && !/^[[{]/.test(text) ? undefined : text;
}

function filled(argument: string, request: AttestRequest): string {
  return argument.replace(/\{(reportData|nonce|publicKey)\}/g, (_, name: "reportData" | "nonce" | "publicKey") =>
    toHex(request[name]),
  );
}

function providerError(error: Error & { code?: number | string | null }): ProviderError {
  const failure = error.code === TEMPORARY ? "busy" : error.code === "ENOENT" ? "unavailable" : "failed";
  return new ProviderError(failure, `the command ended with ${error.code ?? "a signal"}`, { cause: error });
}
