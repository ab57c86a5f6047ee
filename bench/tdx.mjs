/** TDX quotes with their collateral: against their nine P-256 signatures alone, and against another package, as it runs in Node and in browsers. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { verify } from "../dist/tdx.js";
import { compare, recording } from "./harness.mjs";
import { installPeers } from "./peers.mjs";

const shared = process.env["TEE_VERIFY_SHARED"] ?? join("..", "shared");
const folder = join(shared, "evidence", "dcap");
const PEERS = { "@phala/dcap-qvl": "0.3.9" };

const read = (file) => new Uint8Array(readFileSync(join(folder, file)));
const text = (file) => readFileSync(join(folder, file), "utf8");
const pem = (der) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

/** Genuine quotes with collateral that was valid at one time, so that nothing but Intel's pinned root is the same in all. */
function documents() {
  if (!existsSync(folder)) throw new Error(`the shared evidence is missing: ${folder}`);
  const certificates = readdirSync(join(folder, "intel-certs")).filter((file) => file.endsWith(".der"));
  const certificate = (start) =>
    read(
      join(
        "intel-certs",
        certificates.find((file) => file.startsWith(start)),
      ),
    );
  const root = certificate("RootCA-2018-05-21-2049");
  const rows = JSON.parse(text("verdicts.json")).filter(
    ({ quote, all_collateral_valid: valid, platform }) => valid && platform !== null && read(quote)[4] === 0x81,
  );
  return rows.map((row) => {
    const signer = certificate(row.time > 1_746_500_000 ? "TCBSigning-2025" : "TCBSigning-2018-05-21-2025");
    return {
      name: `${row.quote} with ${row.tcbInfo}`,
      quote: read(row.quote),
      endorsements: [read(row.tcbInfo), read(row.qeIdentity), read(row.rootCrl), read(row.pckCrl), signer],
      at: new Date(row.time * 1000),
      collateral: peerCollateral(row, pem(signer) + pem(root)),
    };
  });
}

/** What the peer takes. */
function peerCollateral(row, chain) {
  const [info, identity] = [JSON.parse(text(row.tcbInfo)), JSON.parse(text(row.qeIdentity))];
  const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
  return {
    tcb_info_issuer_chain: chain,
    tcb_info: JSON.stringify(info.tcbInfo),
    tcb_info_signature: bytes(info.signature),
    qe_identity_issuer_chain: chain,
    qe_identity: JSON.stringify(identity.enclaveIdentity),
    qe_identity_signature: bytes(identity.signature),
    pck_crl_issuer_chain: chain,
    root_ca_crl: read(row.rootCrl),
    pck_crl: read(row.pckCrl),
  };
}

const options = ({ endorsements, at }) => ({ expected: "any-build", binding: "unbound", endorsements, at });

/** Old TCBs and debug TDs are rejected in appraisal, after all the same work; a quote that is not genuine is a broken bench. */
async function ours(document) {
  const { checks } = await verify(document.quote, options(document));
  const fault = checks.find(({ stage, status }) => stage !== "appraise" && status === "failed");
  if (fault !== undefined) throw new Error(`${document.name}: ${fault.detail}`);
}

/** Rows of which the certificates are valid too. */
async function isGenuine(document) {
  try {
    await ours(document);
    return true;
  } catch {
    return false;
  }
}

/** The same keys, signatures and messages, imported and verified at once, and nothing else. Intel's pinned key stays imported, as ours does. */
async function signaturesAlone(document, imported) {
  const { subtle } = globalThis.crypto;
  const found = [];
  const node = {
    name: "webcrypto",
    digest: async (hash, message) => new Uint8Array(await subtle.digest(hash, message)),
    verify: async () => true,
  };
  await verify(document.quote, { ...options(document), crypto: recording(node, found) });
  if (found.length !== 9) throw new Error(`${document.name}: ${found.length} signatures and not nine`);
  const importKey = (point) =>
    subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const keyFor = (key) => {
    if (!key.pinned) return importKey(key.point);
    if (!imported.has(key)) imported.set(key, importKey(key.point));
    return imported.get(key);
  };
  return async () => {
    const valid = await Promise.all(
      found.map(async ([, key, signature, message]) =>
        subtle.verify({ name: "ECDSA", hash: "SHA-256" }, await keyFor(key), signature, message),
      ),
    );
    if (valid.includes(false)) throw new Error(`${document.name}: a signature is not valid`);
  };
}

/** The peer judges TCBs otherwise and debug TDs not at all: what counts here is the time in which it answers. */
function peer(module, { quote, collateral, at }) {
  return async () => {
    try {
      module.verify(quote, collateral, Math.floor(at.getTime() / 1000));
    } catch (error) {
      if (!/TCB|debug|attribute|service td/i.test(error.message)) throw error;
    }
  };
}

/** Each call takes the next document. */
const rotating = (runs) => (call) => runs[call % runs.length]();

export async function benchTdx() {
  const all = [];
  for (const document of documents()) if (await isGenuine(document)) all.push(document);
  const inNode = (await (await installPeers("tdx", PEERS))("@phala/dcap-qvl")).default;
  // It chooses its own cryptography where it finds a window.
  globalThis.window = globalThis;
  const inBrowser = (await (await installPeers("tdx-browser", PEERS))("@phala/dcap-qvl")).default;
  delete globalThis.window;
  const imported = new Map();
  const quotes = {
    "tee-verify/tdx": rotating(all.map((document) => () => ours(document))),
    "nine P-256 signatures alone": rotating(await Promise.all(all.map((item) => signaturesAlone(item, imported)))),
    "@phala/dcap-qvl in Node": rotating(all.map((document) => peer(inNode, document))),
  };
  const browser = {
    "tee-verify/tdx": quotes["tee-verify/tdx"],
    "@phala/dcap-qvl in a browser": rotating(all.map((document) => peer(inBrowser, document))),
  };
  return [
    ...(await compare(
      "TDX quote with its collateral",
      quotes,
      [
        { ours: "tee-verify/tdx", reference: "nine P-256 signatures alone", atMost: 1.2 },
        { ours: "tee-verify/tdx", reference: "@phala/dcap-qvl in Node", atLeast: 4 },
      ],
      { calls: all.length },
    )),
    ...(await compare(
      "TDX quote with its collateral, browser path of the peer",
      browser,
      [{ ours: "tee-verify/tdx", reference: "@phala/dcap-qvl in a browser", atLeast: 4 }],
      { rounds: 3, calls: all.length },
    )),
  ];
}
