/** Is the signer's certificate one of the trusted authority's, at the time of signing, and logged (Sigstore client specification, Fulcio's certificate profile). */

import type { Crypto } from "../../crypto/crypto.js";
import { oid, readDer, sequence, TAG } from "../../encoding/der.js";
import { customAnchor } from "../../trust/anchors.js";
import { type Certificate, EXTENSION } from "../../trust/certificate.js";
import { pathFaults, validityFaults } from "../../trust/path.js";
import type { CertificateProfile, PathProfile } from "../../trust/profiles.js";
import { expectThat, RefusedError } from "./refused.js";
import { verifyTimestampsOfLogs } from "./sct.js";
import { type Authority, during, type TrustedRoot } from "./trusted-root.js";

export const SUBJECT_ALT_NAME = "2.5.29.17";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

const ISSUER: CertificateProfile = {
  signedWith: [
    "ECDSA/SHA-256",
    "ECDSA/SHA-384",
    "ECDSA/SHA-512",
    "RSASSA-PKCS1-v1_5/SHA-256",
    "RSASSA-PKCS1-v1_5/SHA-384",
    "RSASSA-PKCS1-v1_5/SHA-512",
  ],
  keys: ["P-256", "P-384", "RSA-2048", "RSA-3072", "RSA-4096"],
  basicConstraints: "required",
  keyUsage: "required",
  keyIdentifiers: "absent-allowed",
  zeroSerial: false,
  otherExtensions: "any",
  interpreted: [EXTENSION.extendedKeyUsage],
};

/** Fulcio's leaves have no subject and name who signed in a critical subjectAltName, which `identity.ts` reads. */
const PROFILE: PathProfile = {
  name: "Sigstore",
  leaf: {
    ...ISSUER,
    keys: ["P-256", "P-384", "Ed25519"],
    basicConstraints: "absent-allowed",
    interpreted: [EXTENSION.extendedKeyUsage, SUBJECT_ALT_NAME],
  },
  issuer: ISSUER,
  crlSignedWith: [],
  crlExtensions: "absent-allowed",
  maxLength: 4,
};

/** Clocks may have RSA keys. */
const CLOCK_PROFILE: PathProfile = {
  ...PROFILE,
  leaf: { ...PROFILE.leaf, keys: [...PROFILE.leaf.keys, ...ISSUER.keys] },
};

/** @throws RefusedError, MalformedError */
export async function verifyCertificate(
  leaf: Certificate,
  times: readonly number[],
  root: TrustedRoot,
  crypto: Crypto,
): Promise<void> {
  expectPurpose(leaf, CODE_SIGNING);
  const candidates = root.authorities.filter(({ period }) => times.every((time) => during(period, time)));
  const issuer = await firstOf(candidates, async (authority) => {
    await verifyPath(leaf, authority, times, PROFILE, crypto);
    return authority.chain[0] as Certificate;
  });
  expectThat(issuer !== undefined, "no authority of the trusted root was trusted when it was signed");
  await verifyTimestampsOfLogs(leaf, issuer, root.certificateLogs, crypto);
}

/** The first answer; the last refusal where there is none. */
async function firstOf<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R | undefined> {
  let refusal: RefusedError | undefined;
  for (const item of items) {
    try {
      return await run(item);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refusal = error;
    }
  }
  if (refusal !== undefined) throw refusal;
  return undefined;
}

/** From `leaf` over the authority's intermediates to its root. */
async function verifyPath(
  leaf: Certificate,
  { chain }: Pick<Authority, "chain">,
  times: readonly number[],
  profile: PathProfile,
  crypto: Crypto,
): Promise<void> {
  const anchor = await customAnchor(chain[chain.length - 1] as Certificate, crypto);
  const path = [leaf, ...chain.slice(0, -1)];
  const faults = await pathFaults({ chain: path, anchor, profile, crypto });
  const [fault] = [...faults, ...times.flatMap((time) => validityFaults(path, anchor, time))];
  expectThat(
    fault === undefined,
    `the signer's certificate is not valid (${fault?.code} of ${fault?.certificate}: ${fault?.found})`,
  );
}

/** The certificate of a clock, `chain[0]`, under the rest of its chain. */
export async function verifyClock({ chain }: Authority, time: number, crypto: Crypto): Promise<Certificate> {
  const [leaf, ...above] = chain;
  expectThat(leaf !== undefined && above.length > 0, "the clock of the trusted root has no chain");
  expectPurpose(leaf, TIME_STAMPING);
  await verifyPath(leaf, { chain: above }, [time], CLOCK_PROFILE, crypto);
  return leaf;
}

/** RFC 5280, section 4.2.1.12. */
function expectPurpose(certificate: Certificate, purpose: string): void {
  const extension = certificate.extensions.get(EXTENSION.extendedKeyUsage);
  const purposes: string[] = [];
  if (extension !== undefined) {
    const list = sequence(readDer(extension.value), "ExtKeyUsageSyntax");
    while (list.more) purposes.push(oid(list.next(TAG.oid, "KeyPurposeId")));
  }
  expectThat(purposes.includes(purpose), "its certificate is for another purpose");
}
