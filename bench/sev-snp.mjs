/** SEV-SNP reports: against their two signatures alone, and against another package on the reports that it verifies too (Genoa). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { verify } from "../dist/sev-snp.js";
import { compare, recording } from "./harness.mjs";
import { installPeers } from "./peers.mjs";

const shared = process.env["TEE_VERIFY_SHARED"] ?? join("..", "shared");
const folder = join(shared, "evidence", "sev-snp");
const PEERS = { "@tinfoilsh/verifier": "1.1.0" };
/** 0.1.9 of tuf-browser does not load; the peer's own range takes it. */
const OVERRIDES = { "@freedomofpress/tuf-browser": "0.1.8" };

const read = (name, file) => new Uint8Array(readFileSync(join(folder, name, file)));

/** Genuine reports signed by a VCEK whose certificates are valid at the same time. Chip and firmware differ, so nothing but AMD's keys is the same. */
function documents() {
  if (!existsSync(folder)) throw new Error(`the shared evidence is missing: ${folder}`);
  return readdirSync(folder)
    .map((name) => ({ name, ...JSON.parse(readFileSync(join(folder, name, "case.json"), "utf8")) }))
    .filter(({ expected, facts }) => expected === "authentic" && facts.signing_key === "VCEK")
    .map(({ name, facts }) => ({
      name,
      product: facts.product_line,
      report: read(name, "report.bin"),
      vcek: read(name, "ek.der"),
      at: middleOf(facts.ek_notBefore_notAfter),
    }));
}

function middleOf(validity) {
  const [from, to] = validity.map((text) =>
    Date.parse(text.replace(/^(..)(..)(..)(..)(..)(..)Z$/, "20$1-$2-$3T$4:$5:$6Z")),
  );
  return new Date((from + to) / 2);
}

const options = ({ vcek, at }) => ({ expected: "any-build", binding: "unbound", endorsements: [vcek], at });

/** Old firmware and debug guests are rejected in appraisal, after all the same work; a report that is not genuine is a broken bench. */
async function ours(document) {
  const { checks } = await verify(document.report, options(document));
  const fault = checks.find(({ stage, status }) => stage !== "appraise" && status === "failed");
  if (fault !== undefined) throw new Error(`${document.name}: ${fault.detail}`);
}

/** The same keys, signatures and messages, imported and verified at once, and nothing else. AMD's pinned key stays imported, as ours does. */
async function signaturesAlone(document, imported) {
  const { subtle } = globalThis.crypto;
  const found = [];
  const node = {
    name: "webcrypto",
    digest: async (hash, message) => new Uint8Array(await subtle.digest(hash, message)),
    verify: async () => true,
  };
  await verify(document.report, { ...options(document), crypto: recording(node, found) });
  const names = found
    .map(([{ name }]) => name)
    .sort()
    .join();
  if (names !== "ECDSA,RSA-PSS") throw new Error(`${document.name}: ${names} where one ECDSA and one RSA-PSS belong`);
  const keyFor = async (algorithm, key) => {
    if (key.type === "ec")
      return subtle.importKey("raw", key.point, { name: "ECDSA", namedCurve: key.curve }, false, ["verify"]);
    const known = imported.get(key) ?? importRsa(subtle, algorithm, key);
    imported.set(key, known);
    return known;
  };
  return async () => {
    const valid = await Promise.all(
      found.map(async ([algorithm, key, signature, message]) =>
        subtle.verify(algorithm, await keyFor(algorithm, key), signature, message),
      ),
    );
    if (valid.includes(false)) throw new Error(`${document.name}: a signature is not valid`);
  };
}

function importRsa(subtle, algorithm, { modulus, exponent }) {
  const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
  const e = base64url(Buffer.from(exponent.toString(16).padStart(6, "0"), "hex"));
  return subtle.importKey("jwk", { kty: "RSA", n: base64url(modulus), e }, algorithm, false, ["verify"]);
}

const FORMAT = "https://tinfoil.sh/predicate/sev-snp-guest/v2";

/** Its `verifyAttestation` takes the clock of the machine, and the report compressed. */
function tinfoil({ verifyAttestation, PredicateType }, { report, vcek }) {
  const document = { format: PredicateType?.SevGuestV2 ?? FORMAT, body: gzipSync(report).toString("base64") };
  const certificate = Buffer.from(vcek).toString("base64");
  return async () => {
    const { measurement } = await verifyAttestation(document, certificate);
    if (measurement.registers[0] !== Buffer.from(report.subarray(0x90, 0xc0)).toString("hex"))
      throw new Error("other measurement");
  };
}

/** The reports that the peer verifies: Genoa alone, and only under its own policy. */
async function thatItVerifies(peer, all) {
  const verdicts = await Promise.all(
    all.map(async (document) => {
      try {
        await tinfoil(peer, document)();
        return [document];
      } catch {
        return [];
      }
    }),
  );
  const taken = verdicts.flat();
  if (taken.length === 0)
    throw new Error("@tinfoilsh/verifier verifies none of the reports: there is nothing to compare");
  return taken;
}

/** Each call takes the next document. */
const rotating = (runs) => (call) => runs[call % runs.length]();

export async function benchSevSnp() {
  const all = documents();
  const imported = new Map();
  const alone = await Promise.all(all.map((document) => signaturesAlone(document, imported)));
  const over = await compare(
    `SEV-SNP report (${all.length} of them, of Milan, Genoa and Turin)`,
    {
      "tee-verify/sev-snp": rotating(all.map((document) => () => ours(document))),
      "two signatures alone": rotating(alone),
    },
    [{ ours: "tee-verify/sev-snp", reference: "two signatures alone", atMost: 1.2 }],
    { calls: all.length * 2 },
  );
  const load = await installPeers("sev-snp", PEERS, OVERRIDES);
  const peer = await load("@tinfoilsh/verifier");
  const common = await thatItVerifies(peer, all);
  const against = await compare(
    `SEV-SNP report that the peer verifies too (${common.length})`,
    {
      "tee-verify/sev-snp": rotating(common.map((document) => () => ours(document))),
      "@tinfoilsh/verifier": rotating(common.map((document) => tinfoil(peer, document))),
    },
    [{ ours: "tee-verify/sev-snp", reference: "@tinfoilsh/verifier", atLeast: 2 }],
    { calls: common.length * 8 },
  );
  return [...over, ...against];
}
