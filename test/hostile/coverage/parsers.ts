/** Every reader of hostile bytes behind one door: the first byte of an input says which one reads the rest. */
import { inspect as inspectArm } from "../../../src/arm.js";
import { inspect as inspectAzure } from "../../../src/azure.js";
import { inspect as inspectDstack } from "../../../src/dstack.js";
import { readCmw } from "../../../src/ear/cmw.js";
import { readCbor } from "../../../src/encoding/cbor.js";
import { readDer } from "../../../src/encoding/der.js";
import { parseJson } from "../../../src/encoding/json.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { fromBase64, fromBase64Url, fromHex, fromPem, fromUtf8 } from "../../../src/encoding/text.js";
import { parseXml } from "../../../src/encoding/xml.js";
import { parseHcl } from "../../../src/evidence/azure/hcl.js";
import { parseTpmQuote } from "../../../src/evidence/azure/quote.js";
import { parseUvm } from "../../../src/evidence/azure/uvm.js";
import { parseQuote } from "../../../src/evidence/dcap/quote.js";
import { openEnvelope } from "../../../src/evidence/envelope.js";
import { parseEndorsement } from "../../../src/evidence/gce/endorsement.js";
import { parseReport as parseGpu } from "../../../src/evidence/nvidia/report.js";
import { readCertificateTable } from "../../../src/evidence/sev-snp/wrappers.js";
import { parseCcel } from "../../../src/evidence/tdx/event-log/ccel.js";
import { parseDstackLog } from "../../../src/evidence/tdx/event-log/dstack-log.js";
import { parseManifest } from "../../../src/expected/build/manifest.js";
import { parseBundle } from "../../../src/expected/sigstore/bundle.js";
import { inspect as inspectGce } from "../../../src/gce.js";
import { inspect as inspectFront } from "../../../src/index.js";
import { inspect as inspectNitro } from "../../../src/nitro.js";
import { inspect as inspectNvidia } from "../../../src/nvidia.js";
import { inspect as inspectToken } from "../../../src/tokens.js";
import { parseCertificate } from "../../../src/trust/certificate.js";
import { readCoseSign1 } from "../../../src/trust/cose.js";
import { parseCrl } from "../../../src/trust/crl.js";
import { parseJws } from "../../../src/trust/jws.js";
import { parseOcspResponse } from "../../../src/trust/ocsp.js";

type Reader = (bytes: Uint8Array) => unknown;
const ofText =
  (read: (text: string) => unknown): Reader =>
  (bytes) =>
    read(fromUtf8(bytes));

/** In an order that stays: the first byte of a kept input counts along it. */
export const READERS: readonly (readonly [string, Reader])[] = [
  ["certificate", parseCertificate],
  ["CRL", parseCrl],
  ["OCSP response", parseOcspResponse],
  ["DER", readDer],
  ["CBOR", (bytes) => readCbor(bytes)],
  ["COSE_Sign1", (bytes) => readCoseSign1(bytes)],
  ["JSON", ofText(parseJson)],
  ["PEM", ofText(fromPem)],
  ["hex", ofText(fromHex)],
  ["base64", ofText(fromBase64)],
  ["base64url", ofText(fromBase64Url)],
  ["XML", ofText(parseXml)],
  ["JWS", ofText(parseJws)],
  ["CMW", (bytes) => readCmw(bytes)],
  ["envelope", openEnvelope],
  ["certificate table", readCertificateTable],
  ["TDX quote", (bytes) => parseQuote(bytes, "tdx")],
  ["SGX quote", (bytes) => parseQuote(bytes, "sgx")],
  ["HCL report", parseHcl],
  ["TPM quote", parseTpmQuote],
  ["UVM endorsement", parseUvm],
  ["launch endorsement", parseEndorsement],
  ["GPU report", parseGpu],
  ["CCEL", parseCcel],
  ["dstack log", (bytes) => parseDstackLog(bytes)],
  ["build manifest", parseManifest],
  ["Sigstore bundle", parseBundle],
  ["front door", (bytes) => inspectFront(bytes)],
  ["azure", (bytes) => inspectAzure(bytes)],
  ["gce", (bytes) => inspectGce(bytes)],
  ["nitro", (bytes) => inspectNitro(bytes)],
  ["nvidia", (bytes) => inspectNvidia(bytes)],
  ["arm", (bytes) => inspectArm(bytes)],
  ["tokens", (bytes) => inspectToken(bytes)],
  ["dstack", (bytes) => inspectDstack(bytes)],
];

/** @throws Error where a reader throws anything but `MalformedError`, or is slow */
export function read(input: Uint8Array, milliseconds: number): void {
  const [name, reader] = READERS[(input[0] ?? 0) % READERS.length] as (typeof READERS)[number];
  const bytes = input.slice(1);
  let slow = 0;
  // What is slow once may be the machine's doing.
  for (let tries = 0; tries < 3; tries++) {
    const start = process.cpuUsage();
    try {
      reader(bytes);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw new Error(`${name} threw ${String(error)}`, { cause: error });
    }
    const { user, system } = process.cpuUsage(start);
    slow = (user + system) / 1000;
    if (slow <= milliseconds) return;
  }
  throw new Error(`${name} took ${Math.round(slow)} ms for ${bytes.length} bytes`);
}
