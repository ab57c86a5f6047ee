/** Questions whose answers `said.json` holds, beside one for each code: what is taken, what is shown, and what a back end cannot do. */
import { forgeIssuer } from "../../../../fixtures/amd/certificates.js";
import { testKey } from "../../../../fixtures/keys.js";
import { CryptoUnavailableError } from "../../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../../src/crypto/webcrypto.js";
import { toHex } from "../../../../src/encoding/text.js";
import { about, aboutWith, type Case, type Question } from "../support.js";
import { appraisalCases } from "./appraisal.js";
import { firmwareCases } from "./firmware.js";
import { keyCases } from "./key.js";

const CASES = [...appraisalCases, ...keyCases, ...firmwareCases];

function caseOf(name: string): Case {
  const found = CASES.find((item) => item.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return found;
}

/** A back end that has none of these hashes. */
function without(...hashes: readonly string[]) {
  const real = defaultCrypto();
  if (real === undefined) throw new Error("these tests need WebCrypto");
  return {
    ...real,
    digest: (...[hash, data]: Parameters<typeof real.digest>) =>
      hashes.includes(hash) ? Promise.reject(new CryptoUnavailableError(`no ${hash}`)) : real.digest(hash, data),
  };
}

const NONCE = new Uint8Array(32).fill(7);
const shared = [
  "22: GUEST_SVN below the minimum",
  "16: ABI minor below the minimum",
  "17: RAPL_DIS is demanded and off",
  "17: ciphertext hiding is demanded and off",
  "10: a version 2 report of Turin",
] as const;

export const SAID: Readonly<Record<string, () => Question>> = {
  ...Object.fromEntries(shared.map((name) => [name, caseOf(name).bad])),
  "a build by its digest": () => aboutWith({}, ({ fields }) => ({ expected: toHex(fields.measurement) })),
  "another build by its digest": () => about({}, undefined, { expected: "12".repeat(48) }),
  "a list that is there": () => aboutWith({}, ({ endorsements, crl }) => ({ endorsements: [...endorsements, crl()] })),
  "a nonce and a key that were bound": () =>
    (caseOf("20: the right nonce with a key that was not bound").good as () => Question)(),
  "VMPL 1, which is taken": () => about({ report: { vmpl: 1 } }, { vmpl: [0, 1] }),
  "a bit of PLATFORM_INFO that nobody knows": () => about({ report: { platformInfo: 0x125n } }),
  "a VLEK": () => about({ key: "VLEK" }),
  "a VLEK that is missing": () => about({ key: "VLEK" }, undefined, { endorsements: [] }),
  "a certificate that is missing, of a version 2 report": () => about({ version: 2 }, undefined, { endorsements: [] }),
  "a certificate that the network does not have": () =>
    about({}, undefined, { endorsements: [], fetch: async () => new Response("", { status: 404 }) }),
  "Genoa, whose chain is as long": () => about({ product: "Genoa" }),
  "a back end without SHA-512, for the binding": () =>
    about({}, undefined, { binding: { nonce: NONCE }, crypto: without("SHA-512") }),
  "a back end without SHA-256": () => about({}, undefined, { crypto: without("SHA-256") }),
  "an authority that ends first": () => about({ issuer: { notAfter: new Date("2030-01-01T00:00:00Z") } }),
  "a root that ends first": () => about({ ark: { notAfter: new Date("2029-01-01T00:00:00Z") } }),
  "an authority that has ended": () => about({ issuer: { notAfter: new Date("2026-01-01T00:00:00Z") } }),
  "a certificate that ends first": () => about({ ek: { notAfter: new Date("2028-01-01T00:00:00Z") } }),
};

/** The right authority beside two others that the root issued under its name: in any order of bytes one of them stands before it. */
export function amongIssuers(): Question {
  const other = (serial: Uint8Array): Uint8Array => forgeIssuer("Milan", "VCEK", { serial, key: testKey("rsa4096-8") });
  return aboutWith({}, ({ ek, issuer }) => ({
    endorsements: [ek, other(Uint8Array.of(1, 0, 0)), issuer, other(Uint8Array.of(1, 0, 2))],
  }));
}
