/** Every bit that a signature covers, flipped, and every length, cut short; and how many signatures a verification takes. */
import { describe, expect, it } from "vitest";
import { AT, forgeCollateral } from "../../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../../fixtures/intel/pki.js";
import { forgeQuote, type QuoteRequest } from "../../../fixtures/intel/quote.js";
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

/** With the bits that are flipped in each byte: all in two forms; in the third, whose layout both share, one. */
const FORMS: readonly (readonly [string, QuoteRequest, number])[] = [
  ["SGX version 3", { tee: "sgx" }, 8],
  ["TDX version 4", {}, 1],
  ["TDX version 5", { version: 5 }, 8],
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

describe.each(FORMS)("%s", (_, request, bits) => {
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
    const accepted: number[] = [];
    for (let at = 0; at < end * bits; at++) {
      const bit = bits === 8 ? at : at * 8 + (at % 8);
      const flipped = quote.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      if (!(await isRefusedEarly(flipped))) accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });

  /** The steps that bind these bytes, without the collateral, which they do not depend on. */
  async function isRefusedEarly(bytes: Uint8Array): Promise<boolean> {
    try {
      const parsed = tee === "tdx" ? parseTdxQuote(bytes) : parseSgxQuote(bytes);
      if (!("certificates" in parsed.certification)) return true;
      const key = (point: Uint8Array) => ({ type: "ec", curve: "P-256", point }) as const;
      const algorithm = { name: "ECDSA", hash: "SHA-256" } as const;
      const point = Uint8Array.from([4, ...parsed.attestationKey]);
      if (!(await nodeCrypto.verify(algorithm, key(point), parsed.signature, parsed.signed))) return true;
      const pck = parsed.certification.certificates[0]?.publicKey;
      if (
        pck === undefined ||
        !(await nodeCrypto.verify(algorithm, pck, parsed.qeReportSignature, parsed.qeReportBytes))
      )
        return true;
      const verdict = await verify(bytes, options);
      return verdict.outcome === "rejected";
    } catch (error) {
      if (error instanceof MalformedError) return true;
      throw error;
    }
  }

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
    const [settings] = readDcapPolicy(undefined, [], "policy");
    const parsed = tee === "tdx" ? parseTdxQuote(quote) : parseSgxQuote(quote);
    expect(kind.needs(parsed as never, set, settings as never, AT.getTime())).toEqual([]);
  });
});
