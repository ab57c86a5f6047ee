/** Nitro documents: against their five P-384 signatures alone, and against other packages. Every contestant verifies every document. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { verify } from "../dist/nitro.js";
import { compare, recording } from "./harness.mjs";
import { installPeers } from "./peers.mjs";

const shared = process.env["TEE_VERIFY_SHARED"] ?? join("..", "shared");
const folder = join(shared, "evidence", "nitro");
const PEERS = { "@0xsequence/tee-verifier": "0.1.2", "@turnkey/crypto": "2.13.2", "cbor-js": "0.1.0" };

/** Genuine documents, so that nothing but the pinned root is the same in two of them. */
function documents() {
  if (!existsSync(folder)) throw new Error(`the shared evidence is missing: ${folder}`);
  return JSON.parse(readFileSync(join(folder, "index.json"), "utf8"))
    .filter(({ kind, expected }) => kind === "nitro-doc" && !expected.startsWith("reject"))
    .map(({ file, validAt }) => ({ bytes: new Uint8Array(readFileSync(join(folder, file))), at: new Date(validAt) }));
}

const options = (at) => ({ expected: "any-build", binding: "unbound", at, policy: { nitro: { allow: ["debug"] } } });

async function ours({ bytes, at }) {
  const { checks, outcome } = await verify(bytes, options(at));
  if (outcome === "rejected") throw new Error(`rejected: ${checks.find(({ status }) => status === "failed")?.detail}`);
}

/** The same keys, signatures and messages, imported and verified at once, and nothing else. The pinned root's key stays imported, as ours does. */
async function signaturesAlone({ bytes, at }, imported) {
  const { subtle } = globalThis.crypto;
  const found = [];
  const node = {
    name: "webcrypto",
    digest: async (hash, message) => new Uint8Array(await subtle.digest(hash, message)),
    verify: async () => true,
  };
  await verify(bytes, { ...options(at), crypto: recording(node, found) });
  if (found.length !== 5) throw new Error(`${found.length} signatures and not five`);
  const importKey = (point) =>
    subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-384" }, false, ["verify"]);
  const keyFor = (key) => {
    if (!key.pinned) return importKey(key.point);
    if (!imported.has(key)) imported.set(key, importKey(key.point));
    return imported.get(key);
  };
  return async () => {
    const valid = await Promise.all(
      found.map(async ([, key, signature, message]) =>
        subtle.verify({ name: "ECDSA", hash: "SHA-384" }, await keyFor(key), signature, message),
      ),
    );
    if (valid.includes(false)) throw new Error("a signature is not valid");
  };
}

/** The steps of its fetch wrapper. */
function sequence({ SignedAttestation }, { bytes, at }) {
  const base64 = Buffer.from(bytes).toString("base64");
  return async () => {
    const attestation = SignedAttestation.fromDocument(base64);
    const trusted = await attestation.verifyRootOfTrust(at);
    const fingerprint = await attestation.rootCertFingerprint();
    const root = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";
    if (!trusted || fingerprint !== root || !(await attestation.verifySignature())) throw new Error("not valid");
  };
}

/** The two parts of `verify` of @turnkey/crypto that concern the document; its decoder is cbor-js. */
function turnkey({ verifyCertificateChain, verifyCoseSign1Sig }, { default: CBOR }, root, { bytes, at }) {
  return async () => {
    const message = CBOR.decode(bytes.slice().buffer);
    const document = CBOR.decode(new Uint8Array(message[2]).buffer);
    await verifyCoseSign1Sig(message, document.certificate);
    await verifyCertificateChain(document.cabundle, root, document.certificate, at.getTime());
  };
}

/** Each call takes the next document. */
const rotating = (runs) => (call) => runs[call % runs.length]();

export async function benchNitro() {
  const all = documents();
  // A peer looks for its cryptography in these.
  globalThis.window ??= globalThis;
  globalThis.self ??= globalThis;
  const load = await installPeers("nitro", PEERS);
  const [sequenceModule, turnkeyModule, cbor] = [
    await load("@0xsequence/tee-verifier"),
    await load("@turnkey/crypto"),
    await load("cbor-js"),
  ];
  const root = readFileSync(join("roots", "aws-nitro-enclaves-root-g1.pem"), "utf8");
  const imported = new Map();
  const contestants = {
    "tee-verify/nitro": rotating(all.map((document) => () => ours(document))),
    "five P-384 signatures alone": rotating(
      await Promise.all(all.map((document) => signaturesAlone(document, imported))),
    ),
    "@0xsequence/tee-verifier": rotating(all.map((document) => sequence(sequenceModule, document))),
    "@turnkey/crypto": rotating(all.map((document) => turnkey(turnkeyModule, cbor, root, document))),
  };
  return compare(
    "Nitro document",
    contestants,
    [
      { ours: "tee-verify/nitro", reference: "five P-384 signatures alone", atMost: 1.2 },
      { ours: "tee-verify/nitro", reference: "@0xsequence/tee-verifier", atLeast: 2.5 },
      { ours: "tee-verify/nitro", reference: "@turnkey/crypto", atLeast: 2.5 },
    ],
    { calls: all.length },
  );
}
