/** What is often given by mistake or cannot be verified here: told by its structure, so that the verdict says why, and what would be needed. */

import { allBytes } from "../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member } from "../encoding/json.js";
import type { EvidenceInput } from "./kind.js";

/** What it is, and after a colon what to do. The first row that fits names it. */
type Row<Form> = readonly [looksLike: string, fits: (input: Form) => boolean];

/** The name of the first input that has one. JSON that nothing fits is named too: it is well-formed, as something else. */
export function lookalike(inputs: readonly EvidenceInput[]): string | undefined {
  for (const input of inputs) {
    const found = "bytes" in input ? first(BYTES, input.bytes) : (first(JSON_FORMS, input.json) ?? OTHER_JSON);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * What starts as a kind's evidence starts and is certainly something else: named before the kinds are asked.
 * An EPID quote of version 2 begins like a SEV-SNP report, and is shorter than any.
 */
export function certainLookalike(inputs: readonly EvidenceInput[]): string | undefined {
  const fits = (input: EvidenceInput): boolean =>
    "bytes" in input &&
    input.bytes.length < SNP_BYTES &&
    isEpid(input.bytes) &&
    input.bytes.length === EPID_HEAD_BYTES + u32le(input.bytes, EPID_HEAD_BYTES - 4);
  return inputs.some(fits) ? EPID : undefined;
}

function first<Form>(rows: readonly Row<Form>[], input: Form): string | undefined {
  return rows.find(([, fits]) => fits(input))?.[0];
}

const SNP_BYTES = 1184;
const EPID_HEAD_BYTES = 436;
const EPID = "an EPID quote, which Intel no longer vouches for: ask for a DCAP quote";
const OTHER_JSON =
  "JSON of a form that no kind here knows: give the attestation report, quote or document itself, or a bundle that holds it";

const u16le = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
const u32le = (bytes: Uint8Array, at: number): number => (u16le(bytes, at) | (u16le(bytes, at + 2) << 16)) >>> 0;

/** Whether `text` stands at `at`, one byte for each character. */
function says(bytes: Uint8Array, text: string, at = 0): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

const begins =
  (...texts: readonly string[]) =>
  (bytes: Uint8Array): boolean =>
    texts.some((text) => says(bytes, text));

/** Whether `text` stands anywhere in the first 64 kB. */
function holds(bytes: Uint8Array, text: string): boolean {
  const end = Math.min(bytes.length, 65_536) - text.length;
  for (let at = 0; at <= end; at++) if (says(bytes, text, at)) return true;
  return false;
}

const DSTACK =
  "an attestation in dstack's own encoding, of which tee-verify/dstack opens version 0: or ask the guest for quote, event_log and app_compose as JSON";

/** SCALE: version 0, mode 0, then a quote of version 4 behind its compact length of two bytes; or MessagePack with the version first. */
const isDstack = (bytes: Uint8Array): boolean =>
  says(bytes, "\x83\xa7version") ||
  (u16le(bytes, 0) === 0 && (u16le(bytes, 2) & 3) === 1 && says(bytes, "\x04\0\x02\0\x81\0\0\0", 4));

const isDer = begins("\x30\x82");

/** Header, then the report body of 384 bytes, then the signature's length. */
function isEpid(bytes: Uint8Array): boolean {
  const [version, signType] = [u16le(bytes, 0), u16le(bytes, 2)];
  return bytes.length >= EPID_HEAD_BYTES && (version === 1 || version === 2) && signType < 2;
}

/** An Image4 manifest: a sequence that names itself in an IA5String. */
const isImage4 = (bytes: Uint8Array): boolean => isDer(bytes) && says(bytes, "\x16\x04IM4M", 4);

/** Protobuf whose fields all have a length, and one of them is an Image4 manifest. */
function isAppleBundle(bytes: Uint8Array): boolean {
  let image4 = false;
  let at = 0;
  while (at < bytes.length) {
    const key = bytes[at] as number;
    if (key < 0x0a || key > 0x7a || key % 8 !== 2) return false;
    const length = varint(bytes, at + 1);
    if (length === undefined || length.value > bytes.length - length.end) return false;
    at = length.end + length.value;
    image4 ||= isImage4(bytes.subarray(length.end, at));
  }
  return image4;
}

function varint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return undefined;
}

/** Three or five parts of base64url, the first of which is an object. */
function isToken(bytes: Uint8Array): boolean {
  if (!says(bytes, "eyJ") || bytes.length > 65_536) return false;
  const dots = bytes.filter((byte) => byte === 0x2e).length;
  return (dots === 2 || dots === 4) && bytes.every((byte) => byte < 0x7b);
}

/** An array of four that begins with a protected header, tagged or not. */
function isCose(bytes: Uint8Array): boolean {
  const at = bytes[0] === 0xd1 || bytes[0] === 0xd2 ? 1 : 0;
  const header = bytes[at + 1] as number;
  return bytes[at] === 0x84 && header > 0x40 && header < 0x58 && ((bytes[at + 2] as number) & 0xe0) === 0xa0;
}

const BYTES: readonly Row<Uint8Array>[] = [
  ["gzip-compressed data: decompress it first", begins("\x1f\x8b")],
  ["an executable file: give the evidence", begins("\x7fELF")],
  ["an enclave image, which says nothing of what runs: ask for the attestation document", begins(".eif")],
  ["HTML or XML, perhaps an error page: look at it", begins("<")],
  ["a token, the word of the service that signed it: tee-verify/tokens verifies it", isToken],
  ["an event log: give it beside the evidence", (bytes) => u32le(bytes, 4) === 3 && says(bytes, "Spec ID Event03", 32)],
  [
    "a TDREPORT, which its own machine alone can check: ask for a quote",
    (bytes) => bytes.length === 1024 && bytes[0] === 0x81,
  ],
  [
    "an SGX REPORT, which its own machine alone can check: ask for a quote",
    (bytes) =>
      bytes.length === 432 &&
      ((bytes[48] as number) & 1) === 1 &&
      allBytes(bytes.subarray(96, 128)) &&
      allBytes(bytes.subarray(160, 256)),
  ],
  [
    "perhaps a SEV-SNP report of version 4, whose specification is not public: ask for one of version 5",
    (bytes) => bytes.length === SNP_BYTES && u32le(bytes, 0) === 4,
  ],
  [
    "perhaps a SEV-SNP report: tee-verify/sev-snp verifies it",
    (bytes) => bytes.length === SNP_BYTES && u32le(bytes, 0) < 16,
  ],
  [
    "a report of SEV or SEV-ES, which the host can work around: ask for a SEV-SNP report",
    (bytes) => bytes.length === 208 && u32le(bytes, 52) === 0x1002 && [0x0002, 0x0102].includes(u32le(bytes, 56)),
  ],
  [
    "a DCAP quote: tee-verify/tdx and tee-verify/sgx verify it",
    (bytes) =>
      [3, 4, 5].includes(u16le(bytes, 0)) && [2, 3].includes(u16le(bytes, 2)) && [0, 0x81].includes(u32le(bytes, 4)),
  ],
  [`perhaps ${EPID}`, isEpid],
  ["a report of an NVIDIA GPU or switch: tee-verify/nvidia verifies it", begins("\x11\xe0")],
  ["a token of Arm CCA: tee-verify/arm verifies it", begins("\xd9\x01\x8f", "\xd9\x03\x8b")],
  ["a COSE message: tee-verify/nitro verifies documents of AWS Nitro, tee-verify/arm PSA tokens", isCose],
  ["evidence of an Azure confidential VM: tee-verify/azure verifies it", begins("HCLA")],
  [
    "a TPM quote, which alone says nothing of a TEE: ask for the evidence that vouches for its key",
    begins("\xffTCG\x80\x18"),
  ],
  [DSTACK, isDstack],
  ["an object of App Attest or WebAuthn, which says nothing of a TEE", begins("\xa3cfmt")],
  [
    "of Apple's Private Cloud Compute or boot, which cannot be verified here: what that needs, Apple licenses for its own devices alone",
    (bytes) => isImage4(bytes) || isAppleBundle(bytes),
  ],
  [
    "a key attestation of Android or Knox, from TrustZone and no PSA token: verifying it needs Google's or Samsung's root, which are not here",
    (bytes) => isDer(bytes) && ANDROID_OIDS.some((oid) => holds(bytes, oid)),
  ],
  ["a certificate or CRL: give it beside the evidence, as an endorsement", isDer],
  [
    "evidence of IBM Secure Execution, keyed with a secret of the verifier: IBM's pvattest verifies it",
    begins("IBMsecEx", "pvattest"),
  ],
];

/** The extensions of Android Key Attestation, 1.3.6.1.4.1.11129.2.1.17, and of Knox, 1.3.6.1.4.1.236.11.3.23.7. */
const ANDROID_OIDS = [
  "\x06\x0a\x2b\x06\x01\x04\x01\xd6\x79\x02\x01\x11",
  "\x06\x0b\x2b\x06\x01\x04\x01\x81\x6c\x0b\x03\x17\x07",
];

const has =
  (...names: readonly string[]) =>
  (json: JsonValue): boolean =>
    isJsonObject(json) && names.every((name) => member(json, name) !== undefined);

/** `{"svn": "1", "report_data": "…"}`, and no more than an init-data digest beside it. */
function isSample(json: JsonValue): boolean {
  return has("svn", "report_data")(json) && Object.keys(json as JsonObject).length <= 3;
}

/** `{"format": "https://tinfoil.sh/predicate/…", "body": "…"}`. */
function isTinfoil(json: JsonValue): boolean {
  const format = isJsonObject(json) ? member(json, "format") : undefined;
  return typeof format === "string" && format.startsWith("https://tinfoil.sh/predicate/");
}

const JSON_FORMS: readonly Row<JsonValue>[] = [
  ["of the sample attester of Confidential Containers, a simulator: ask for the evidence of a machine", isSample],
  [`a report on ${EPID}`, has("isvEnclaveQuoteStatus", "isvEnclaveQuoteBody")],
  [
    "Intel collateral: give it beside the evidence, as an endorsement",
    (json) => has("tcbInfo", "signature")(json) || has("enclaveIdentity", "signature")(json),
  ],
  ["a Sigstore bundle: give it beside the evidence", has("mediaType", "verificationMaterial")],
  ["a set of keys: give it beside the evidence", has("keys")],
  [
    DSTACK,
    (json) => {
      const text = isJsonObject(json) ? member(json, "attestation") : undefined;
      return typeof text === "string" && /^(?:0000[0-9a-f]{4}04000200810{6}|83a776657273696f6e)/.test(text);
    },
  ],
  ["a document of Tinfoil: give what is in its body, out of base64 and gzip", isTinfoil],
  ["an answer with several attestations: give one of them, from model_attestations", has("model_attestations")],
  ["an error that a service answered: look at it", has("error")],
];
