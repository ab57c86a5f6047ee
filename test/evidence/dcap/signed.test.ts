/** Every bit that a signature covers, flipped, and every length, cut short; and how many signatures a verification takes. */
import { describe, expect, it } from "vitest";
import { AT, forgeCollateral } from "../../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../../fixtures/intel/pki.js";
import { forgeQuote, type QuoteRequest } from "../../../fixtures/intel/quote.js";
import type { PublicKey } from "../../../src/crypto/crypto.js";
import { webcrypto } from "../../../src/crypto/webcrypto.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { toUtf8 } from "../../../src/encoding/text.js";
import { addEndorsements, NO_ENDORSEMENTS } from "../../../src/endorsements/endorsements.js";
import { readDcapPolicy } from "../../../src/evidence/dcap/settings.js";
import { sgx } from "../../../src/evidence/sgx/kind.js";
import { parseSgxQuote } from "../../../src/evidence/sgx/report.js";
import { tdx } from "../../../src/evidence/tdx/kind.js";
import { parseTdxQuote } from "../../../src/evidence/tdx/report.js";
import { createVerifier } from "../../../src/verifier.js";
import { countVerifications, nodeCrypto } from "../../support/node-crypto.js";

const FORMS: readonly (readonly [string, QuoteRequest])[] = [
  ["SGX version 3", { tee: "sgx" }],
  ["TDX version 4", {}],
  ["TDX version 5", { version: 5 }],
];

const { verify } = createVerifier([tdx, sgx]);

/** Where what is signed lies: header and report, signature, attestation key, and the QE's report, signature and authentication data. */
function signedEnd(quote: Uint8Array, request: QuoteRequest): number {
  const body = request.tee === "sgx" ? 48 + 384 : request.version === 5 ? 54 + 648 : 48 + 584;
  const certified = request.tee === "sgx" ? 128 : 128 + 6;
  const end = body + 4 + certified + 384 + 64 + 2 + 32;
  expect(end).toBeLessThan(quote.length);
  return end;
}

describe.each(FORMS)("%s", (_, request) => {
  const tee = request.tee ?? "tdx";
  const quote = forgeQuote(request);
  const scene = forgeCollateral(tee);
  const endorsements = Object.values(scene);
  const options = {
    expected: "any-build",
    binding: "unbound",
    endorsements,
    at: AT,
    trustAnchors: { intel: [forgeRoot()] },
    crypto: nodeCrypto,
    policy: { tdx: { allow: ["debug", "migration", "perfmon", "sept-ve", "service-td"] }, sgx: { allow: ["debug"] } },
  } as const;

  it("is verified as it is", async () => expect((await verify(quote, options)).outcome).toBe("verified"));

  it("is rejected with any bit flipped up to the certification data", async () => {
    const end = signedEnd(quote, request);
    const bytes = quote.slice();
    // What the reader gives are views: they show each flip without reading anew.
    const parsed = tee === "tdx" ? parseTdxQuote(bytes) : parseSgxQuote(bytes);
    const pck = "certificates" in parsed.certification ? parsed.certification.certificates[0]?.publicKey : undefined;
    const accepted: number[] = [];
    let judged = 0;
    for (let bit = 0; bit < end * 8; bit++) {
      const at = bit >> 3;
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      const point = Uint8Array.from([4, ...parsed.attestationKey]);
      const signed =
        (await isSigned({ type: "ec", curve: "P-256", point }, parsed.signature, parsed.signed)) &&
        (await isSigned(pck as PublicKey, parsed.qeReportSignature, parsed.qeReportBytes));
      // Where both signatures still hold, and now and then where they do not, the library is asked.
      if (signed || bit % 97 === 0) {
        judged++;
        if ((await verify(bytes, options)).outcome !== "rejected") accepted.push(bit);
      }
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    }
    expect(accepted).toEqual([]);
    expect(judged).toBeGreaterThan(300);
  });

  const isSigned = (key: PublicKey, signature: Uint8Array, message: Uint8Array): Promise<boolean> =>
    nodeCrypto.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, message);

  it("is malformed at every length below its own", async () => {
    const parse = tee === "tdx" ? parseTdxQuote : parseSgxQuote;
    for (let length = 0; length < quote.length; length++)
      expect(() => parse(quote.subarray(0, length)), String(length)).toThrow(MalformedError);
  });

  it("takes nine signatures, all at once", async () => {
    const counted = countVerifications(webcrypto(globalThis.crypto.subtle));
    const verdict = await verify(quote, { ...options, crypto: counted });
    expect(verdict.outcome).toBe("verified");
    expect(counted.verified()).toBe(9);
    expect(counted.peak()).toBe(9);
  });

  it("costs one more signature where a document does not verify as it stands and could have been reformatted", async () => {
    const counted = countVerifications(nodeCrypto);
    const pretty = JSON.stringify(JSON.parse(scene.tcbInfo), null, 1);
    const verdict = await verify(quote, {
      ...options,
      crypto: counted,
      endorsements: [pretty, ...endorsements.slice(1)],
    });
    expect(verdict.outcome).toBe("verified");
    expect(counted.verified()).toBe(10);
  });

  it("lacks nothing that could be fetched", () => {
    const kind = tee === "tdx" ? tdx : sgx;
    const items = endorsements.map((item) => (typeof item === "string" ? toUtf8(item) : item));
    const set = addEndorsements(NO_ENDORSEMENTS, items);
    const settings = readDcapPolicy(undefined, "policy", {});
    const parsed = tee === "tdx" ? parseTdxQuote(quote) : parseSgxQuote(quote);
    expect(kind.needs(parsed as never, set, settings as never, AT.getTime())).toEqual([]);
  });
});
