/** What the verdict on an enclave's or an instance's document says: each check with its parameters, genuine and at fault. */
import {
  chainNames,
  DOCUMENT_TIME,
  type DocumentRequest,
  enclaveRegisters,
  filled,
  forgedRoot,
  MODULE_ID,
  tpmRegisters,
} from "../../../fixtures/nitro/document.js";
import { name, testKey } from "../../../fixtures/x509.js";
import { crossCheck } from "../../../src/cross-check.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { judgeForged, type NitroOptions } from "../../support/nitro.js";
import { itSays } from "../../support/said.js";

const ZERO = new Uint8Array(48);
const hour = 3_600_000;
const later = (milliseconds: number): NitroOptions => ({ at: new Date(DOCUMENT_TIME + milliseconds) });
const policy = (nitro: object): NitroOptions => ({ policy: { nitro } });
const nitro = (reference: object): NitroOptions => ({ expected: { nitro: reference } });
const tpm = (reference: object): NitroOptions => ({ expected: { "nitro-tpm": reference } });
const nonce = filled(7, 32);
const { 2: _two, 4: _four, ...few } = enclaveRegisters();
const { 12: _twelve, ...bare } = tpmRegisters();
const empty = "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a";
const endsFirst = (place: "regional" | "leaf"): DocumentRequest => ({
  certificates: { [place]: { notAfter: DOCUMENT_TIME + 60_000 } },
});
const leafNamed = (commonName: string): DocumentRequest => ({
  certificates: { leaf: { subject: name([["CN", commonName]]) } },
});
const real = defaultCrypto() as NonNullable<ReturnType<typeof defaultCrypto>>;
const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const shortRoot = { certificates: { root: { notAfter: DOCUMENT_TIME + 30_000 } } };

const QUESTIONS: Readonly<Record<string, readonly [DocumentRequest, NitroOptions?]>> = {
  "a genuine enclave": [{}],
  "a genuine instance": [{ kind: "nitro-tpm" }],
  "any enclave": [{}, { expected: "any-build" }],
  "any instance": [{ kind: "nitro-tpm" }, { expected: "any-build" }],
  "an enclave by its digest": [{}, { expected: "10".repeat(48) }],
  "an enclave that is another's": [{}, { expected: "11".repeat(48) }],
  "a build without its manifest": [{}, { expected: `build:sha256:${"00".repeat(32)}` }],
  "a build of the other kind": [{}, tpm({ pcrs: { 4: filled(0x44) } })],
  "an instance, and a build of enclaves": [{ kind: "nitro-tpm" }, nitro({ pcrs: { 0: filled(0x10) } })],
  "PCR0 alone": [{}, nitro({ pcrs: { 0: filled(0x10) } })],
  "PCR1 alone": [{}, nitro({ pcrs: { 1: filled(0x11) } })],
  "PCR2 alone": [{}, nitro({ pcrs: { 2: filled(0x12) } })],
  "PCR1 and PCR2": [{}, nitro({ pcrs: { 1: filled(0x11), 2: filled(0x12) } })],
  "two registers of another build": [{}, nitro({ pcrs: { 0: filled(1), 1: filled(2), 2: filled(0x12) } })],
  "PCR7 of an instance": [{ kind: "nitro-tpm" }, tpm({ pcrs: { 7: filled(0x47) } })],
  "a command line that was changed": [
    { kind: "nitro-tpm", registers: { ...tpmRegisters(), 12: filled(0x0c) } },
    tpm({ pcrs: { 4: filled(0x44) } }),
  ],
  "a command line that is expected": [
    { kind: "nitro-tpm", registers: { ...tpmRegisters(), 12: filled(0x0c) } },
    tpm({ pcrs: { 4: filled(0x44), 12: filled(0x0c) } }),
  ],
  "a command line that is not there": [{ kind: "nitro-tpm", registers: bare }, tpm({ pcrs: { 4: filled(0x44) } })],
  "registers that are not there": [{ registers: few }],
  "registers that are not there, of any build": [{ registers: few }, { expected: "any-build" }],
  "an enclave without an application": [
    { registers: { ...enclaveRegisters(), 2: Buffer.from(empty, "hex") } },
    nitro({ pcrs: { 0: filled(0x10) } }),
  ],
  "an instance with such a register": [
    { kind: "nitro-tpm", registers: { ...tpmRegisters(), 2: Buffer.from(empty, "hex") } },
    tpm({ pcrs: { 4: filled(0x44) } }),
  ],
  "debug mode": [{ registers: { ...enclaveRegisters(), 0: ZERO, 1: ZERO, 2: ZERO } }, { expected: "any-build" }],
  "debug mode, which is taken": [
    { registers: { ...enclaveRegisters(), 0: ZERO } },
    { expected: "any-build", ...policy({ allow: ["debug"] }) },
  ],
  "another instance register": [{ registers: { ...enclaveRegisters(), 4: filled(4) } }],
  "a nonce": [{ nonce }, { binding: { nonce } }],
  "another nonce": [{ nonce: filled(8, 32) }, { binding: { nonce } }],
  "a nonce and a key": [{ nonce, publicKey: filled(5, 91) }, { binding: { nonce, publicKey: filled(5, 91) } }],
  "no field for what is bound": [{}, { binding: { reportData: filled(1, 64) } }],
  "fields that nobody asked for": [{ nonce, publicKey: filled(5, 91), userData: filled(6, 8) }],
  "a document that is old": [{}, later(300_001)],
  "a document that is old, yet answers": [{ nonce }, { binding: { nonce }, ...later(hour) }],
  "a document that is old, which is taken": [{}, { ...later(4 * hour), ...policy({ maxAge: 5 * 3600 }) }],
  "a document of the future": [{}, later(-300_001)],
  "a document of the future, which is taken": [{}, { ...later(-300_001), ...policy({ futureSkew: 600 }) }],
  "a document that is as old as may be": [{}, later(300_000)],
  "a time that no date can hold": [{ timestamp: Number.MAX_SAFE_INTEGER }],
  "a time in seconds": [{ timestamp: Math.floor(DOCUMENT_TIME / 1000) }],
  "a module on the list": [{}, policy({ moduleIds: ["i-0123456789abcdef0-enc0123456789abcdef"] })],
  "a region on the list": [{}, policy({ regions: ["eu-central-1", "us-east-1"] })],
  "a module and a region on no list": [{}, policy({ moduleIds: ["i-other-enc1"], regions: ["xx-nowhere-1"] })],
  "a region that cannot be told": [
    { certificates: { leaf: { subject: chainNames("i-0", "eu-central-1").leaf } } },
    policy({ regions: ["eu-central-1"] }),
  ],
  "a module id of another form": [{ moduleId: "i-0123456789abcdef0" }],
  "an instance's module id for an enclave": [{ moduleId: "i-0123456789abcdef0-tpm0123456789abcdef" }],
  "a root of somebody's own": [{ certificates: { root: { key: testKey("p384-9"), issuerKey: testKey("p384-9") } } }],
  "an intermediate of somebody's own": [{ certificates: { zonal: { issuerKey: testKey("p384-9") } } }],
  "a document signed by another": [{ sign1: { key: testKey("p384-9") } }],
  "an intermediate that ends first": [endsFirst("regional")],
  "a leaf that ends first": [endsFirst("leaf")],
  "a root that ends first": [shortRoot, { trustAnchors: { aws: [forgedRoot(shortRoot)] } }],
  "a second reader that agrees": [{}, { crossCheck }],
  "a second reader that differs": [
    {},
    { crossCheck: { name: "another reader", certificate: () => ({}), crl: () => ({}) } },
  ],
  "a leaf without a common name": [{ certificates: { leaf: { subject: name([["O", "Amazon"]]) } } }],
  "a leaf of a longer name": [leafNamed(`${MODULE_ID.nitro}.eu-central-1.aws.org`)],
  "a leaf of a region with two digits": [
    leafNamed(`${MODULE_ID.nitro}.eu-central-12.aws.cn`),
    policy({ regions: ["eu-central-12"] }),
  ],
  "a back end without hashes": [{ nonce }, { binding: { nonce }, crypto: { ...real, digest: unavailable } }],
  "a back end without hashes, for a digest of registers": [
    {},
    {
      ...nitro({ registersSha256: { registers: [0], sha256: "00".repeat(32) } }),
      crypto: { ...real, digest: unavailable },
    },
  ],
  "a back end without signatures": [{}, { crypto: { ...real, verify: unavailable } }],
};

itSays(
  "nitro",
  Object.fromEntries(
    Object.entries(QUESTIONS).map(([title, [request, options]]) => [title, () => judgeForged(request, options)]),
  ),
);
