/** What can be wrong with a CRL, and what it may and may not say (RFC 5280, sections 5 and 6.3). */
import {
  ARK_SERIAL,
  ASK_SERIAL,
  ASVK_SERIAL,
  arkKey,
  arkName,
  forgeAmdCrl,
  forgeIssuer,
  issuerKeyOf,
  issuerName,
} from "../../../../fixtures/amd/certificates.js";
import { FORGED_AT, type SnpRequest } from "../../../../fixtures/amd/snp.js";
import { integer, sequence } from "../../../../fixtures/der.js";
import { extension } from "../../../../fixtures/extensions.js";
import { forgePckCrl } from "../../../../fixtures/intel/pki.js";
import { testKey } from "../../../../fixtures/keys.js";
import type { CrlRequest } from "../../../../fixtures/x509.js";
import type { CheckCode } from "../../../../src/verdict.js";
import { about, aboutWith, type Case, type Options, type Question } from "../support.js";

const REQUIRED = { policy: { "sev-snp": { revocation: "required" } } } as const;

/** A forgery with this list beside its certificates. */
function withList(
  list: Uint8Array | Partial<CrlRequest>,
  request: SnpRequest = {},
  options: Partial<Options> = {},
): Question {
  return aboutWith(request, ({ endorsements, crl }) => ({
    endorsements: [...endorsements, list instanceof Uint8Array ? list : crl(list)],
    ...options,
  }));
}

/** Whether policy asks for a list or not: one that is supplied must be valid. The good neighbour is demanded and passes. */
function list(name: string, code: CheckCode, bad: Partial<CrlRequest>, good: Partial<CrlRequest> = {}): Case {
  return {
    name,
    check: "revocation",
    code,
    bad: () => withList(bad),
    good: () => withList(good, {}, REQUIRED),
  };
}

const SECOND = 1000;
const at = FORGED_AT.getTime();
const usual = [extension.authorityKeyId(arkKey("Milan")), extension.crlNumber(1)];
const withExtension = (...more: readonly Uint8Array[]): Partial<CrlRequest> => ({ extensions: [...usual, ...more] });

export const revocationCases: readonly Case[] = [
  {
    name: "23, S42: no list where policy demands one",
    check: "revocation",
    code: "crl-missing",
    status: "undetermined",
    bad: () => about({}, { revocation: "required" }),
    good: () => withList({}, {}, REQUIRED),
  },
  {
    name: "23: another line's list where policy demands one",
    check: "revocation",
    code: "crl-missing",
    status: "undetermined",
    bad: () => {
      const genoa = about({ product: "Genoa" }).options.trustAnchors?.amd ?? [];
      return aboutWith({}, ({ endorsements, trustAnchors }) => ({
        endorsements: [...endorsements, forgeAmdCrl("Genoa")],
        trustAnchors: { amd: [...trustAnchors.amd, ...genoa] },
        ...REQUIRED,
      }));
    },
    good: () => withList({}, {}, REQUIRED),
  },
  list("23, S39: the ASK is revoked", "certificate-revoked", { revoked: [ASK_SERIAL] }, { revoked: [ASVK_SERIAL] }),
  list(
    "23: the ASK is revoked behind serial number 0",
    "certificate-revoked",
    { revoked: [0, 77, ASK_SERIAL] },
    { revoked: [0] },
  ),
  list(
    "23: the ARK is revoked",
    "certificate-revoked",
    { revoked: [ARK_SERIAL] },
    { revoked: [Uint8Array.of(1, 0, 2)] },
  ),
  {
    ...list("23: the ASVK is revoked", "certificate-revoked", {}),
    bad: () => withList({ revoked: [ASVK_SERIAL] }, { key: "VLEK" }),
    good: () => withList({ revoked: [ASK_SERIAL] }, { key: "VLEK" }, REQUIRED),
  },
  {
    ...list("23: an ASK that is itself an anchor is revoked by its ARK", "certificate-revoked", {}),
    bad: () =>
      aboutWith({}, ({ ek, ark, issuer, crl }) => ({
        endorsements: [ek, crl({ revoked: [ASK_SERIAL] })],
        trustAnchors: { amd: [ark, issuer] },
      })),
    good: () =>
      aboutWith({}, ({ ek, ark, issuer, crl }) => ({
        endorsements: [ek, crl()],
        trustAnchors: { amd: [ark, issuer] },
        ...REQUIRED,
      })),
  },
  {
    ...list("23: the ARK above an ASK that is itself an anchor is revoked", "certificate-revoked", {}),
    bad: () =>
      aboutWith({}, ({ ek, ark, issuer, crl }) => ({
        endorsements: [ek, crl({ revoked: [ARK_SERIAL] })],
        trustAnchors: { amd: [ark, issuer] },
      })),
    good: () =>
      aboutWith({}, ({ ek, ark, issuer, crl }) => ({
        endorsements: [ek, crl({ revoked: [ASVK_SERIAL] })],
        trustAnchors: { amd: [ark, issuer] },
        ...REQUIRED,
      })),
  },
  list(
    "23, S40: signed by the ASK in the ARK's name",
    "crl-signature-invalid",
    { issuerKey: issuerKeyOf("Milan", "VCEK"), extensions: [] },
    { extensions: [] },
  ),
  list("23, S40: signed by another ARK in this one's name", "crl-signature-invalid", {
    issuerKey: arkKey("Genoa"),
    extensions: [],
  }),
  list("23: altered after it was signed", "crl-signature-invalid", {
    signature: (bytes) => bytes.map((byte) => byte ^ 1),
  }),
  {
    ...list("23, S40: issued by the ASK in its own name", "crl-issuer-mismatch", {}),
    bad: () =>
      aboutWith({}, ({ ek, ark, issuer, crl }) => ({
        endorsements: [
          ek,
          crl({ issuer: issuerName("Milan", "VCEK"), issuerKey: issuerKeyOf("Milan", "VCEK"), extensions: [] }),
        ],
        trustAnchors: { amd: [ark, issuer] },
      })),
    good: () =>
      aboutWith({}, ({ ek, ark, issuer, crl }) => ({
        endorsements: [ek, crl()],
        trustAnchors: { amd: [ark, issuer] },
      })),
  },
  list("23, S40: issued by a root that is no anchor", "crl-issuer-mismatch", {
    issuer: arkName("Genoa"),
    issuerKey: arkKey("Genoa"),
    extensions: [],
  }),
  list("it names another key of its issuer", "crl-issuer-mismatch", {
    extensions: [extension.authorityKeyId(testKey("rsa4096-8"))],
  }),
  list("23: signed with SHA-256", "crl-algorithm", { algorithm: { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 } }),
  list("23: signed with PKCS #1 v1.5", "crl-algorithm", { algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" } }),
  list(
    "S43: a critical extension that nobody knows",
    "crl-extension",
    withExtension(extension.raw("1.2.3.4", Uint8Array.of(5, 0), true)),
    withExtension(extension.raw("1.2.3.4", Uint8Array.of(5, 0))),
  ),
  list("S43: a delta list", "crl-extension", withExtension(extension.deltaCrlIndicator(1))),
  list("S43: an indirect list", "crl-extension", withExtension(extension.indirectCrl())),
  list("S43: a list of authorities alone", "crl-extension", withExtension(extension.onlyCaCertificates())),
  list("23, S41: issued a second from now", "crl-not-yet-valid", { thisUpdate: at + SECOND }, { thisUpdate: at }),
  list("23, S41: due a second ago", "crl-expired", { nextUpdate: at - SECOND }, { nextUpdate: at }),
  {
    name: "lists of nobody and of another vendor's, where policy demands one",
    check: "revocation",
    code: "crl-missing",
    status: "undetermined",
    bad: () =>
      aboutWith({}, ({ endorsements, crl }) => ({
        endorsements: [...endorsements, crl({ issuer: sequence(integer(5)) }), forgePckCrl()],
        ...REQUIRED,
      })),
    // Beside the right one they are the lists of other evidence.
    good: () =>
      aboutWith({}, ({ endorsements, crl }) => ({
        endorsements: [...endorsements, crl(), crl({ issuer: sequence(integer(5)) }), forgePckCrl()],
        ...REQUIRED,
      })),
  },
  {
    name: "23: without nextUpdate",
    check: "evidence/endorsements",
    code: "malformed",
    bad: () => withList({ nextUpdate: null }),
    good: () => withList({}),
  },
  {
    name: "23: one bad list beside a good one",
    check: "revocation",
    code: "crl-expired",
    bad: () =>
      aboutWith({}, ({ endorsements, crl }) => ({
        endorsements: [...endorsements, crl(), crl({ nextUpdate: at - SECOND })],
        ...REQUIRED,
      })),
    good: () =>
      aboutWith({}, ({ endorsements, crl }) => ({
        endorsements: [...endorsements, crl(), crl({ nextUpdate: at + SECOND })],
        ...REQUIRED,
      })),
  },
  {
    name: "another line's list that is out of date",
    check: "revocation",
    code: "crl-expired",
    bad: () => {
      const genoa = about({ product: "Genoa" }).options.trustAnchors?.amd ?? [];
      return aboutWith({}, ({ endorsements, trustAnchors, crl }) => ({
        endorsements: [...endorsements, crl(), forgeAmdCrl("Genoa", { nextUpdate: at - SECOND })],
        trustAnchors: { amd: [...trustAnchors.amd, ...genoa] },
      }));
    },
    // What it revokes is of no concern here, even under serial numbers that occur in this chain.
    good: () => {
      const genoa = about({ product: "Genoa" }).options.trustAnchors?.amd ?? [];
      return aboutWith({}, ({ endorsements, trustAnchors, crl }) => ({
        endorsements: [...endorsements, crl(), forgeAmdCrl("Genoa", { revoked: [ASK_SERIAL, ARK_SERIAL, 0] })],
        trustAnchors: { amd: [...trustAnchors.amd, ...genoa] },
        ...REQUIRED,
      }));
    },
  },
  {
    name: "2.6: the second ASK of a line is revoked",
    check: "revocation",
    code: "certificate-revoked",
    bad: () => withList({ revoked: [Uint8Array.of(1, 0, 9)] }, { issuer: { serial: Uint8Array.of(1, 0, 9) } }),
    good: () =>
      aboutWith({ issuer: { serial: Uint8Array.of(1, 0, 9) } }, ({ endorsements, crl }) => ({
        endorsements: [...endorsements, forgeIssuer("Milan", "VLEK"), crl({ revoked: [ASK_SERIAL] })],
        ...REQUIRED,
      })),
  },
];
