import { describe, expect, it } from "vitest";
import type { Crypto, CurveName, HashName, PublicKey, SignatureAlgorithm } from "../../src/crypto/crypto.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { publicKeyFromSpki } from "../../src/trust/algorithms.js";
import { ecdsaSignatureFromDer } from "../../src/trust/signature.js";
import { describeShared, readSharedJson } from "../support/shared.js";
import { backends } from "./backends.js";

interface Case {
  readonly tcId: number;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid" | "acceptable";
  readonly comment: string;
}

interface Group {
  readonly sha: HashName;
  readonly sLen?: number;
  readonly publicKeyDer: string;
  readonly tests: readonly Case[];
}

interface Suite {
  readonly file: string;
  /** How many cases the file holds, so that a run of fewer fails. */
  readonly cases: number;
  /** How many of them hold. */
  readonly accepted: number;
  readonly algorithm: (group: Group) => SignatureAlgorithm;
  /** The signature of the seam, or a throw of `MalformedError`. */
  readonly signature?: (bytes: Uint8Array) => Uint8Array;
  /** Cases that Wycheproof leaves to the reader, and what we decided. */
  readonly refused?: readonly string[];
}

const ecdsa = ({ sha }: Group): SignatureAlgorithm => ({ name: "ECDSA", hash: sha });
const pkcs1 = ({ sha }: Group): SignatureAlgorithm => ({ name: "RSASSA-PKCS1-v1_5", hash: sha });
const pss = ({ sha, sLen }: Group): SignatureAlgorithm => ({ name: "RSA-PSS", hash: sha, saltLength: sLen ?? -1 });
const der =
  (curve: CurveName) =>
  (bytes: Uint8Array): Uint8Array =>
    ecdsaSignatureFromDer(bytes, curve);
// RFC 8017, appendix B.1: the NULL must be written; old encoders without it signed nothing that we verify.
const refused = ["Missing NULL in the ASN encoding"];

const suites: readonly Suite[] = [
  { file: "ecdsa_secp256r1_sha256_p1363_test.json", cases: 262, accepted: 173, algorithm: ecdsa },
  { file: "ecdsa_secp384r1_sha384_p1363_test.json", cases: 280, accepted: 193, algorithm: ecdsa },
  { file: "ecdsa_secp521r1_sha512_p1363_test.json", cases: 318, accepted: 231, algorithm: ecdsa },
  { file: "ecdsa_secp256r1_sha256_test.json", cases: 484, accepted: 174, algorithm: ecdsa, signature: der("P-256") },
  { file: "ecdsa_secp384r1_sha384_test.json", cases: 504, accepted: 194, algorithm: ecdsa, signature: der("P-384") },
  { file: "rsa_pss_2048_sha256_mgf1_32_test.json", cases: 108, accepted: 63, algorithm: pss },
  { file: "rsa_pss_2048_sha384_mgf1_48_test.json", cases: 141, accepted: 95, algorithm: pss },
  { file: "rsa_pss_4096_sha384_mgf1_48_test.json", cases: 141, accepted: 95, algorithm: pss },
  { file: "rsa_signature_2048_sha256_test.json", cases: 259, accepted: 9, algorithm: pkcs1, refused },
  { file: "rsa_signature_3072_sha384_test.json", cases: 259, accepted: 7, algorithm: pkcs1, refused },
  { file: "rsa_signature_4096_sha256_test.json", cases: 258, accepted: 7, algorithm: pkcs1, refused },
];

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** What we say to one case, as Wycheproof words it. */
async function judged(suite: Suite, crypto: Crypto, group: Group, { sig, msg }: Case): Promise<"valid" | "invalid"> {
  const key = publicKeyFromSpki(bytes(group.publicKeyDer)) as PublicKey;
  try {
    const signature = suite.signature?.(bytes(sig)) ?? bytes(sig);
    return (await crypto.verify(suite.algorithm(group), key, signature, bytes(msg))) ? "valid" : "invalid";
  } catch (error) {
    if (error instanceof MalformedError) return "invalid";
    throw error;
  }
}

describeShared("Wycheproof", () => {
  describe.each(backends)("$name", (crypto) => {
    it.each(suites)("agrees with every case of $file", async (suite) => {
      const { testGroups } = readSharedJson<{ testGroups: readonly Group[] }>(`suites/wycheproof/${suite.file}`);
      const cases = testGroups.flatMap((group) => group.tests.map((test) => ({ group, test })));
      const acceptable = cases.filter(({ test }) => test.result === "acceptable").map(({ test }) => test.comment);
      expect(acceptable).toEqual(suite.refused ?? []);

      const results = await Promise.all(cases.map(({ group, test }) => judged(suite, crypto, group, test)));
      const wrong = cases.filter(
        ({ test }, i) => results[i] !== (test.result === "acceptable" ? "invalid" : test.result),
      );
      expect(wrong.map(({ test }) => `${test.tcId} ${test.comment} (${test.result})`)).toEqual([]);
      expect(results).toHaveLength(suite.cases);
      expect(results.filter((result) => result === "valid")).toHaveLength(suite.accepted);
    });
  });
});
