/** Outputs of Automata's on-chain DCAP verifier (automata-network/automata-dcap-attestation, CommonStruct.sol and serializeOutput): somebody's word about a quote, read and never believed. */

import { equalBytes } from "../encoding/bytes.js";
import { demand } from "../encoding/malformed.js";
import { type Reader, reader } from "../encoding/reader.js";
import { fromUtf8 } from "../encoding/text.js";
import { copyBytes } from "../expected/read.js";

export interface AutomataOutput {
  /** 3, 4 or 5. */
  readonly quoteVersion: number;
  readonly tee: "sgx" | "tdx";
  /** As written: the contracts and the zero-knowledge programs number the TCB statuses differently, so it has no name here. */
  readonly tcbStatus: number;
  /** 6 bytes. */
  readonly fmspc: Uint8Array;
  /** The report of the quote: 384 bytes (SGX), 584 (TD 1.0) or 648 (TD 1.5). */
  readonly quoteBody: Uint8Array;
  readonly advisoryIds: readonly string[];
}

const BODY_BYTES: Readonly<Record<number, number>> = { 1: 384, 2: 584, 3: 648 };
const MAX_ADVISORIES = 64;
const MAX_ADVISORY_BYTES = 64;
const WORD = 32;

/**
 * Reads an output of format 1.0 (with the TEE's type) or 1.1 (with the report's type). That a chain or a proof vouches for it is not checked
 * here, and nothing in it replaces verifying the quote: `isOutputOf` says whether it is of a quote that you have.
 *
 * @throws MalformedError
 * @example
 * const output = readAutomataOutput(bytes);
 * const verdict = await verify(quote, { expected, binding, fetch });
 * console.log(verdict.ok && isOutputOf(output, quote));
 */
export function readAutomataOutput(bytes: Uint8Array): AutomataOutput {
  const r = reader(copyBytes(bytes, "output"));
  const quoteVersion = u16(r, "quote version");
  demand(quoteVersion >= 3 && quoteVersion <= 5, `output of a quote of version ${quoteVersion}, or of another format`);
  const { tee, type } = readType(r, quoteVersion);
  const tcbStatus = r.u8("TCB status");
  const fmspc = r.take(6, "FMSPC");
  const quoteBody = r.take(BODY_BYTES[type] as number, "quote body");
  const advisoryIds = r.remaining === 0 ? [] : readStrings(r.take(r.remaining, "advisory ids"));
  return { quoteVersion, tee, tcbStatus, fmspc, quoteBody, advisoryIds };
}

/** Whether the output is of this quote: its version, its TEE, and its whole report. */
export function isOutputOf({ quoteVersion, tee, quoteBody }: AutomataOutput, quote: Uint8Array): boolean {
  const u32 = (at: number): number => new DataView(quote.buffer, quote.byteOffset).getUint32(at, true);
  const at = quoteVersion === 5 ? 54 : 48;
  if (quote.length < at + quoteBody.length) return false;
  const version = u32(0) & 0xffff;
  // A TD report starts with as many bytes as an SGX report has; version 5 says how long its report is.
  return (
    version === quoteVersion &&
    u32(4) === (tee === "sgx" ? 0 : 0x81) &&
    (version !== 5 || u32(50) === quoteBody.length) &&
    equalBytes(quote.subarray(at, at + quoteBody.length), quoteBody)
  );
}

/** 1.1: two bytes, the report's type. 1.0: four bytes, the TEE's type as the quote has it; a TD report was then 1.0 alone. */
function readType(r: Reader, version: number): { tee: "sgx" | "tdx"; type: number } {
  const first = u16(r, "type");
  if (first >= 1 && first <= 3) {
    const fits = version === 3 ? first === 1 : version === 4 ? first !== 3 : true;
    demand(fits, `a quote of version ${version} has no report of type ${first}`, 2);
    return { tee: first === 1 ? "sgx" : "tdx", type: first };
  }
  const second = u16(r, "type");
  const sgx = first === 0 && second === 0;
  demand(sgx || (first === 0x8100 && second === 0), "output of neither an SGX nor a TDX quote", 2);
  demand(sgx || version === 4, `a quote of version ${version} in an output of the first format`, 0);
  return { tee: sgx ? "sgx" : "tdx", type: sgx ? 1 : 2 };
}

function u16(r: Reader, what: string): number {
  const [high = 0, low = 0] = r.take(2, what);
  return high * 256 + low;
}

/** `abi.encode(string[])` (Solidity ABI), in its one canonical form. */
function readStrings(bytes: Uint8Array): readonly string[] {
  const r = reader(bytes);
  demand(word(r) === WORD, "advisory ids are not a list");
  const count = word(r);
  demand(count <= MAX_ADVISORIES, `output with more than ${MAX_ADVISORIES} advisory ids`);
  const offsets = Array.from({ length: count }, () => word(r));
  const texts = offsets.map((offset) => {
    demand(offset === r.offset - 2 * WORD, "advisory ids that do not follow one another", r.offset);
    const length = word(r);
    demand(length <= MAX_ADVISORY_BYTES, `an advisory id longer than ${MAX_ADVISORY_BYTES} bytes`, r.offset);
    const text = fromUtf8(r.take(length, "advisory id"));
    r.zero((WORD - (length % WORD)) % WORD, "padding of an advisory id");
    return text;
  });
  demand(r.remaining === 0, `${r.remaining} bytes follow the advisory ids`, r.offset);
  return texts;
}

/** A word of 32 bytes whose value fits into 32 bits. */
function word(r: Reader): number {
  r.zero(WORD - 4, "upper bytes of a word");
  return r.take(4, "word").reduce((value, byte) => value * 256 + byte, 0);
}
