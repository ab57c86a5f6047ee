/** A TPM 2.0 quote: TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE (TCG TPM 2.0 Library, part 2, section 10.12.8). Big-endian. */

import { demand } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";

const TPM_GENERATED_VALUE = 0xff544347;
const TPM_ST_ATTEST_QUOTE = 0x8018;
/** TPM_ALG_SHA256: the one bank that is taken. */
export const SHA256_BANK = 0x000b;

export interface TpmQuote {
  /** What the attestation key signed. */
  readonly message: Uint8Array;
  /** Name of the signing key: algorithm and digest, or a handle. */
  readonly qualifiedSigner: Uint8Array;
  /** Qualifying data that the caller chose. */
  readonly extraData: Uint8Array;
  readonly resetCount: number;
  readonly restartCount: number;
  readonly firmwareVersion: bigint;
  /** Banks by algorithm identifier, with their registers in ascending order. */
  readonly selections: readonly { readonly bank: number; readonly registers: readonly number[] }[];
  readonly pcrDigest: Uint8Array;
}

const MAX_SELECTIONS = 8;

/** @throws MalformedError */
export function parseTpmQuote(message: Uint8Array): TpmQuote {
  const r = reader(message);
  const sized = (what: string, max: number): Uint8Array => {
    const length = r.u16be(`length of ${what}`);
    demand(length <= max, `${what} of ${length} bytes`, r.offset - 2);
    return r.take(length, what);
  };
  demand(r.u32be("magic") === TPM_GENERATED_VALUE, "TPM quote without the TPM's magic value");
  demand(r.u16be("type") === TPM_ST_ATTEST_QUOTE, "TPM attestation is no quote", 4);
  const qualifiedSigner = sized("qualifiedSigner", 68);
  const extraData = sized("extraData", 64);
  r.u64be("clock");
  const resetCount = r.u32be("resetCount");
  const restartCount = r.u32be("restartCount");
  demand(r.u8("safe") <= 1, "TPM clock's safe flag is neither 0 nor 1", r.offset - 1);
  const firmwareVersion = r.u64be("firmwareVersion");
  const count = r.u32be("number of PCR selections");
  demand(count <= MAX_SELECTIONS, `TPM quote with ${count} PCR selections`, r.offset - 4);
  const selections = Array.from({ length: count }, () => {
    const bank = r.u16be("bank");
    const size = r.u8("size of a PCR selection");
    demand(size <= 4, `PCR selection of ${size} bytes`, r.offset - 1);
    return { bank, registers: registersIn(r.take(size, "PCR selection")) };
  });
  const pcrDigest = sized("pcrDigest", 64);
  r.end("TPM quote");
  return { message, qualifiedSigner, extraData, resetCount, restartCount, firmwareVersion, selections, pcrDigest };
}

/** Bit n of octet i is register 8i + n (section 10.6.1). */
function registersIn(octets: Uint8Array): readonly number[] {
  return [...octets].flatMap((octet, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (octet >> bit) & 1).map((bit) => 8 * index + bit),
  );
}
