/** Rows 1 to 43 and 51 to 60 of the table of pitfalls (reference, dcap.md, section 8), each on forged evidence; rows 44 to 50 are event logs'. */
import { describe, expect, it } from "vitest";
import { forgeAmdCrl } from "../../../fixtures/amd/certificates.js";
import { boolean, concat, indefiniteLength, integer, octetString, oid, sequence, tlv } from "../../../fixtures/der.js";
import {
  AT,
  forgeQeIdentity,
  forgeTcbInfo,
  moduleIdentity,
  quoteCollateral,
  tcbLevel,
} from "../../../fixtures/intel/collateral.js";
import {
  COMPONENTS,
  FMSPC,
  forgeCa,
  forgePck,
  forgePckCrl,
  forgeRoot,
  forgeRootCrl,
  forgeSigner,
  INTEL_KEYS,
  INTEL_NAMES,
  intelName,
  type SgxExtension,
  sgxExtension,
} from "../../../fixtures/intel/pki.js";
import { filled, forgeChain, forgeQuote, type QuoteRequest, TD } from "../../../fixtures/intel/quote.js";
import { caExtensions, extension, leafExtensions, pem, testKey } from "../../../fixtures/x509.js";
import { parseQuote } from "../../../src/evidence/dcap/quote.js";
import type { AcceptableTcbStatus } from "../../../src/evidence/dcap/settings.js";
import type { TdAttribute } from "../../../src/evidence/tdx/attributes.js";
import { put, rightScene, say, summary } from "../../support/dcap.js";

const GOOD = "verified";
const WAIVED = "verified, tcb-status waived";
const flip = (at: number) => (bytes: Uint8Array) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
const malformed = "rejected, format malformed";
const hour = 3_600_000;

describe("the good neighbour of every row", () => {
  it.each<[string, QuoteRequest]>([
    ["TDX version 4", {}],
    ["TDX version 5 with TD 1.0", { version: 5, bodyType: 2 }],
    ["TDX version 5 with TD 1.5", { version: 5, bodyType: 3 }],
    ["TDX version 5 with the extended TD 1.5 report", { version: 5, bodyType: 4 }],
    ["SGX version 3", { tee: "sgx" }],
    ["SGX version 4", { tee: "sgx", version: 4 }],
    ["SGX version 5", { tee: "sgx", version: 5 }],
  ])("%s is genuine", async (_, quote) => expect(await say({ quote })).toBe(GOOD));

  it("and so is the platform of a Processor CA", async () => {
    const chain = [forgePck({ ca: "processor" }), forgeCa("processor"), forgeRoot()];
    expect(await say({ quote: { chain }, scene: { pckCrl: forgePckCrl("processor") } })).toBe(GOOD);
  });
});

describe("quoting enclave and attestation key", () => {
  it("row 1: a QE report with a wrong signature, or altered", async () => {
    expect(await say({ quote: { qeSignature: flip(40) } })).toBe("rejected, qe-report signature-invalid");
    expect(await say({ quote: { pckKey: INTEL_KEYS.attacker } })).toBe("rejected, qe-report signature-invalid");
  });

  it("row 2: an attacker's attestation key, with a quote that it signed", async () => {
    const attestationPoint = INTEL_KEYS.attestation.raw.subarray(1);
    const mixed = forgeQuote({ attestationKey: INTEL_KEYS.attacker });
    const genuine = forgeQuote();
    // Everything of the attacker's quote but the certified part, which is of the genuine one.
    const at = 48 + 584 + 4 + 128;
    const quote = concat(mixed.subarray(0, at), genuine.subarray(at));
    expect(await say({ quote })).toBe("rejected, attestation-key key-not-bound");
    expect(await say({ quote: { attestationKey: INTEL_KEYS.attacker, attestationPoint } })).toBe(
      "rejected, attestation-key key-not-bound, quote-signature signature-invalid",
    );
  });

  it("row 3: an attacker's key, with QE report data to match", async () => {
    const quote = { attestationKey: INTEL_KEYS.attacker, pckKey: INTEL_KEYS.attacker };
    expect(await say({ quote })).toBe("rejected, qe-report signature-invalid");
  });

  it("row 4: QE authentication data of any length count, and altered ones do not", async () => {
    for (const length of [0, 1, 31, 33, 1000]) expect(await say({ quote: { authData: filled(length, 5) } })).toBe(GOOD);
    const tail = concat(filled(32, 0), filled(32, 1));
    expect(await say({ quote: { qe: { reportData: tail } } })).toBe("rejected, attestation-key key-not-bound");
    // The right digest, and something behind it.
    const digest = parseQuote(forgeQuote(), "tdx").qeReport.reportData.subarray(0, 32);
    const behind = (byte: number) => ({ quote: { qe: { reportData: concat(digest, filled(32, byte)) } } });
    expect(await say(behind(0))).toBe(GOOD);
    expect(await say(behind(1))).toBe("rejected, attestation-key key-not-bound");
  });

  it("row 5: a QE identity that is missing, unsigned, another's, or that the QE does not have", async () => {
    const qeIdentity = (request: Parameters<typeof forgeQeIdentity>[1]) =>
      say({ scene: { qeIdentity: forgeQeIdentity("tdx", request) } });
    expect(await say({ scene: { qeIdentity: null } })).toBe("undetermined, qe-identity collateral-missing");
    expect(await qeIdentity({ signature: () => "00".repeat(64) })).toBe("rejected, qe-identity signature-invalid");
    expect(await qeIdentity({ signer: INTEL_KEYS.pck })).toBe("rejected, qe-identity signature-invalid");
    expect(await say({ scene: { qeIdentity: forgeQeIdentity("sgx") } })).toBe(
      "rejected, qe-identity collateral-mismatch, qe qe-mismatch",
    );
    expect(await qeIdentity({ fields: { version: 1 } })).toBe(
      "rejected, collateral malformed, qe-identity collateral-missing",
    );
    for (const fields of [
      { mrsigner: "00".repeat(32) },
      { isvprodid: 3 },
      { miscselect: "01000000" },
      { attributes: `13${"00".repeat(15)}` },
    ])
      expect(await qeIdentity({ fields })).toBe("rejected, qe qe-mismatch");
    // A quoting enclave in debug mode: its report says so under the mask.
    const attributes = Uint8Array.from([0x17, ...filled(7, 0), 0xe7, ...filled(7, 0)]);
    expect(await say({ quote: { qe: { attributes } } })).toBe(
      "rejected, attestation-key key-not-bound, qe qe-mismatch".replace("attestation-key key-not-bound, ", ""),
    );
  });

  it("row 6: a QE below all levels, or on a revoked one", async () => {
    const tdx = { tcbStatuses: ["NotSupported"] } as const;
    expect(await say({ quote: { qe: { isvSvn: 5 } } })).toBe("rejected, tcb-status tcb-status-not-accepted");
    expect(await say({ quote: { qe: { isvSvn: 5 } }, tdx })).toBe(WAIVED);
    const revoked = [{ tcb: { isvsvn: 8 }, tcbDate: "2030-01-01T00:00:00Z", tcbStatus: "Revoked" }];
    const qeIdentity = forgeQeIdentity("tdx", { fields: { tcbLevels: revoked } });
    expect(await say({ scene: { qeIdentity }, tdx })).toBe("rejected, tcb-status tcb-status-not-accepted");
  });
});

describe("certificates", () => {
  it("row 7: a root with Intel's name and another key; an attacker's intermediate with the right key identifier", async () => {
    const root = forgeRoot({ key: INTEL_KEYS.attacker, issuerKey: INTEL_KEYS.attacker });
    const ca = forgeCa("platform", { issuerKey: INTEL_KEYS.attacker });
    expect(await say({ quote: { chain: [forgePck(), ca, root] } })).toBe(
      "rejected, pck-path certificate-signature-invalid, roots root-not-pinned",
    );
    expect(await say({ quote: { chain: [forgePck(), ca, forgeRoot()] } })).toBe(
      "rejected, pck-path certificate-signature-invalid",
    );
    expect(await say({ more: [root] })).toBe("rejected, roots root-not-pinned");
  });

  it("row 8: key identifiers that differ or are missing", async () => {
    const differing = forgePck(
      {},
      { extensions: [...leafExtensions(INTEL_KEYS.pck, INTEL_KEYS.attacker), sgxExtension()] },
    );
    const missing = forgePck(
      {},
      { extensions: [...leafExtensions(INTEL_KEYS.pck, INTEL_KEYS.platform).slice(0, 2), sgxExtension()] },
    );
    for (const pck of [differing, missing])
      expect(await say({ quote: { chain: [pck, forgeCa(), forgeRoot()] } })).toBe(
        "rejected, pck-path certificate-key-identifier",
      );
  });

  it("row 9: a chain that is incomplete, doubled, too long, or of the wrong certificates", async () => {
    const [pck, ca, root] = forgeChain() as [Uint8Array, Uint8Array, Uint8Array];
    const incomplete = (chain: readonly Uint8Array[]) => say({ quote: { chain } });
    expect(await incomplete([pck, ca])).toBe("rejected, pck-certificate chain-incomplete");
    expect(await incomplete([pck, root])).toMatch(/^rejected, pck-certificate chain-incomplete/);
    expect(await incomplete([pck, ca, ca])).toBe("rejected, pck-certificate chain-incomplete");
    expect(await incomplete([pck, ca, ca, root])).toBe("rejected, pck-certificate chain-incomplete");
    expect(await incomplete([ca, ca, root])).toMatch(/^rejected, pck-certificate chain-incomplete/);
    expect(await incomplete([pck, ca, ca, ca, root])).toBe(malformed);
    const asCa = forgePck({}, { extensions: [...caExtensions(INTEL_KEYS.pck, INTEL_KEYS.platform), sgxExtension()] });
    expect(await incomplete([asCa, ca, root])).toBe("rejected, pck-path certificate-is-a-ca");
    const asLeaf = forgeCa("platform", { extensions: leafExtensions(INTEL_KEYS.platform, INTEL_KEYS.root) });
    expect(await incomplete([pck, asLeaf, root])).toMatch(/^rejected, pck-path certificate-not-a-ca/);
  });

  it("row 10: a chain in another order", async () => {
    const [pck, ca, root] = forgeChain() as [Uint8Array, Uint8Array, Uint8Array];
    for (const chain of [
      [root, ca, pck],
      [pck, root, ca],
      [ca, pck, root],
    ])
      expect(await say({ quote: { chain } })).toBe(GOOD);
  });

  it("row 11: another certificate of the root's key", async () => {
    const older = forgeRoot({ serial: 12, notAfter: new Date("2033-05-21T00:00:00Z") });
    expect(await say({ quote: { chain: [forgePck(), forgeCa(), older] } })).toBe(GOOD);
  });

  it("row 12: collateral signed by a PCK, by what the PCK's authority issued, or under another name", async () => {
    const bySigner = (signer: Uint8Array) => {
      const collateral = { ...quoteCollateral(rightScene("tdx")) };
      collateral.tcb_info_issuer_chain = pem("CERTIFICATE", signer, forgeRoot());
      return say({
        scene: { tcbInfo: null, qeIdentity: null, signer: null, rootCrl: null, pckCrl: null },
        more: [JSON.stringify(collateral)],
      });
    };
    expect(await bySigner(forgeSigner())).toBe(GOOD);
    const issuedByCa = forgeSigner({
      issuer: INTEL_NAMES.platform,
      issuerKey: INTEL_KEYS.platform,
      extensions: leafExtensions(INTEL_KEYS.signer, INTEL_KEYS.platform),
    });
    expect(await bySigner(issuedByCa)).toMatch(/^rejected, tcb-signer certificate-signature-invalid/);
    expect(await bySigner(forgeSigner({ subject: intelName("Intel SGX QvE Signing") }))).toBe(
      "rejected, tcb-signer certificate-name-mismatch",
    );
    expect(await bySigner(forgePck())).toMatch(
      /^rejected, tcb-signer certificate-signature-invalid, tcb-info signature-invalid/,
    );
    expect(await bySigner(forgeCa())).toMatch(/^rejected, tcb-signer certificate-/);
    // Loose among the endorsements, whoever is not named as the signer is not one.
    expect(await say({ scene: { signer: forgePck() } })).toBe("undetermined, tcb-signer certificate-missing");
    expect(await say({ scene: { signer: issuedByCa } })).toMatch(/^rejected, tcb-signer certificate-signature-invalid/);
  });
});

describe("revocation", () => {
  it("row 13: a revoked PCK, authority or signer", async () => {
    expect(await say({ scene: { pckCrl: forgePckCrl("platform", { revoked: [31] }) } })).toBe(
      "rejected, revocation certificate-revoked",
    );
    for (const serial of [21, 41])
      expect(await say({ scene: { rootCrl: forgeRootCrl({ revoked: [serial] }) } })).toBe(
        "rejected, revocation certificate-revoked",
      );
    expect(await say({ scene: { rootCrl: forgeRootCrl({ revoked: [31, 99] }) } })).toBe(GOOD);
  });

  it("row 14: lists that are missing, and the policy that goes on without", async () => {
    for (const scene of [{ rootCrl: null }, { pckCrl: null }, { rootCrl: null, pckCrl: null }]) {
      expect(await say({ scene })).toBe("undetermined, revocation crl-missing");
      const verdict = await put({ scene, tdx: { revocation: "optional" } });
      expect(summary(verdict)).toBe("verified, revocation waived");
      expect(verdict.limits.join(" ")).toContain("revoked platform would not show");
      expect(verdict.limits.join(" ")).toContain("accepts what the safe defaults reject: Intel has revoked none");
    }
  });

  it("row 15: a list of another issuer", async () => {
    expect(await say({ scene: { pckCrl: forgePckCrl("processor") } })).toBe("rejected, revocation crl-issuer-mismatch");
    const collateral = { ...quoteCollateral(rightScene("tdx")), pck_crl: Buffer.from(forgeRootCrl()).toString("hex") };
    expect(await say({ more: [JSON.stringify(collateral)] })).toBe("rejected, revocation crl-issuer-mismatch");
    // Another vendor's list is other evidence's: without the right one nothing is known, and beside it nothing is wrong.
    expect(await say({ scene: { pckCrl: null }, more: [forgeAmdCrl("Genoa")] })).toBe(
      "undetermined, revocation crl-missing",
    );
    expect(await say({ more: [forgeAmdCrl("Genoa")] })).toBe(GOOD);
    // Both authorities' lists beside each other are a cache, and no mistake.
    expect(await say({ more: [forgePckCrl("processor")] })).toBe(GOOD);
  });

  it("row 16: a list with a wrong signature, or none at all", async () => {
    expect(await say({ scene: { pckCrl: forgePckCrl("platform", { issuerKey: INTEL_KEYS.attacker }) } })).toBe(
      "rejected, revocation crl-signature-invalid",
    );
    expect(await say({ scene: { rootCrl: forgeRootCrl({ issuerKey: INTEL_KEYS.attacker }) } })).toBe(
      "rejected, revocation crl-signature-invalid",
    );
    const broken = JSON.stringify({ ...quoteCollateral(rightScene("tdx")), pck_crl: "3003020101" });
    expect(await say({ more: [broken] })).toBe("rejected, collateral malformed");
    const empty = JSON.stringify({ ...quoteCollateral(rightScene("tdx")), pck_crl: "" });
    expect(await say({ more: [empty] })).toBe("rejected, collateral malformed");
  });
});

describe("endorsements that are none", () => {
  it("are named and refused, and those in hex or base64 are read", async () => {
    for (const more of ["hello", "30 hours"]) {
      const verdict = await put({ more: [more] });
      expect(summary(verdict)).toBe("rejected, endorsements malformed");
      const size = new TextEncoder().encode(more).length;
      expect(verdict.checks.find(({ id }) => id === "evidence/endorsements")?.detail).toContain(
        `an endorsement of ${size} bytes (the first: ${Buffer.from(more).subarray(0, 8).toString("hex")})`,
      );
    }
    const { rootCrl, pckCrl } = rightScene("tdx");
    for (const form of ["hex", "base64"] as const) {
      const texts = [rootCrl, pckCrl].map((der) => Buffer.from(der).toString(form));
      expect(await say({ scene: { rootCrl: null, pckCrl: null }, more: texts })).toBe(GOOD);
      expect(await say({ scene: { rootCrl: null, pckCrl: null }, more: texts.slice(1) })).toBe(
        "undetermined, revocation crl-missing",
      );
      const items = Object.values({ ...rightScene("tdx"), rootCrl: texts[0], pckCrl: texts[1] });
      const bundle = {
        "tee-verify": 1 as const,
        evidence: Buffer.from(forgeQuote()).toString("base64"),
        endorsements: items.map((item) =>
          item instanceof Uint8Array ? Buffer.from(item).toString("base64") : (item ?? ""),
        ),
      };
      expect(await say({ quote: JSON.stringify(bundle), options: { endorsements: [] } })).toBe(GOOD);
    }
  });

  it("of another kind are nothing to this one: an OCSP response, and JSON of others", async () => {
    const response = sequence(tlv(0x0a, Uint8Array.of(0)));
    expect(await say({ more: [response, '{"keys": []}'] })).toBe(GOOD);
  });
});

describe("dates", () => {
  const before = new Date(AT.getTime() - 24 * hour);
  const after = new Date(AT.getTime() + 24 * hour);

  it("row 17: what has expired or is not yet valid, and the grace period", async () => {
    const dated = (fields: Record<string, unknown>) => ({ tcbInfo: forgeTcbInfo("tdx", { fields }) });
    const past = "2030-06-14T12:00:00Z";
    expect(await say({ scene: dated({ nextUpdate: past }) })).toBe("rejected, collateral-dates collateral-expired");
    expect(await say({ scene: dated({ nextUpdate: past }), tdx: { collateralGraceDays: 1 } })).toBe(
      "verified, collateral-dates waived",
    );
    expect(await say({ scene: dated({ nextUpdate: "2030-06-13T12:00:00Z" }), tdx: { collateralGraceDays: 1 } })).toBe(
      "rejected, collateral-dates collateral-expired",
    );
    expect(await say({ scene: dated({ issueDate: "2030-06-15T12:00:01Z" }) })).toBe(
      "rejected, collateral-dates collateral-not-yet-valid",
    );
    for (const fields of [
      { nextUpdate: undefined },
      { nextUpdate: "2030-02-30T00:00:00Z" },
      { nextUpdate: "2030-06-16" },
      { issueDate: 5 },
    ])
      expect(await say({ scene: dated(fields) })).toMatch(/^rejected, collateral malformed/);
    const qeIdentity = forgeQeIdentity("tdx", { fields: { nextUpdate: past } });
    expect(await say({ scene: { qeIdentity } })).toBe("rejected, collateral-dates collateral-expired");
    const pckCrl = forgePckCrl("platform", { nextUpdate: before });
    expect(await say({ scene: { pckCrl } })).toBe("rejected, revocation crl-expired");
    expect(await say({ scene: { pckCrl }, tdx: { collateralGraceDays: 1 } })).toBe("verified, revocation waived");
    expect(await say({ scene: { rootCrl: forgeRootCrl({ thisUpdate: after }) } })).toBe(
      "rejected, revocation crl-not-yet-valid",
    );
    const late = [forgePck({}, { notBefore: after }), forgeCa(), forgeRoot()];
    expect(await say({ quote: { chain: late } })).toBe("rejected, certificate-validity certificate-not-yet-valid");
    expect(await say({ scene: { signer: forgeSigner({ notAfter: before }) } })).toBe(
      "rejected, certificate-validity certificate-expired",
    );
  });

  it("row 54: a clock that is wrong, and times that are none", async () => {
    expect(await say({ options: { at: new Date("2020-01-01T00:00:00Z") } })).toMatch(
      /^rejected, certificate-validity certificate-not-yet-valid/,
    );
    expect(await say({ options: { at: new Date("2100-01-01T00:00:00Z") } })).toMatch(
      /^rejected, certificate-validity certificate-expired/,
    );
    for (const at of [new Date(Number.NaN), AT.getTime() as unknown as Date])
      await expect(put({ options: { at } })).rejects.toThrow(TypeError);
  });
});

describe("TCB info", () => {
  const tcbInfo = (request: Parameters<typeof forgeTcbInfo>[1]) =>
    say({ scene: { tcbInfo: forgeTcbInfo("tdx", request) } });

  it("row 18: of another FMSPC or PCEID", async () => {
    for (const fields of [{ fmspc: "00906ED50000" }, { pceId: "0001" }])
      expect(await tcbInfo({ fields })).toMatch(/^rejected, tcb-info collateral-mismatch/);
    expect(await tcbInfo({ fields: { fmspc: FMSPC.toUpperCase() } })).toBe(GOOD);
  });

  it("row 19: for SGX, without id, or of version 2 for a TDX quote", async () => {
    expect(await say({ scene: { tcbInfo: forgeTcbInfo("sgx") } })).toMatch(/^rejected, tcb-info collateral-mismatch/);
    expect(await tcbInfo({ fields: { id: undefined } })).toMatch(/^rejected, collateral malformed/);
    expect(await say({ scene: { tcbInfo: VERSION_2 } })).toMatch(/^rejected, tcb-info collateral-mismatch/);
    expect(await say({ quote: { tee: "sgx" }, scene: { tcbInfo: VERSION_2 } })).toBe(GOOD);
    expect(await say({ quote: { tee: "sgx" }, scene: { tcbInfo: forgeTcbInfo("tdx") } })).toMatch(
      /^rejected, tcb-info collateral-mismatch/,
    );
  });

  it("row 20: edited, reordered or with duplicate names", async () => {
    const edit = (text: string) => text.replace('"tcbEvaluationDataNumber":20', '"tcbEvaluationDataNumber":21');
    expect(await tcbInfo({ sentText: edit })).toBe("rejected, tcb-info signature-invalid");
    const reorder = (text: string) => `{"version":3,"id":"TDX"${text.slice('{"id":"TDX","version":3'.length)}`;
    expect(await tcbInfo({ sentText: reorder })).toBe("rejected, tcb-info signature-invalid");
    const double = (text: string) => text.replace('{"id":"TDX"', '{"id":"SGX","id":"TDX"');
    expect(await tcbInfo({ sentText: double })).toMatch(/^rejected, collateral malformed/);
    expect(await tcbInfo({ answer: (text) => text.replace('{"tcbInfo"', '{"tcbInfo":{},"tcbInfo"') })).toMatch(
      /^rejected, collateral malformed/,
    );
  });

  it("row 21: reformatted on its way, with a notice; in upper case hex", async () => {
    const pretty = (text: string) => JSON.stringify(JSON.parse(text), null, 2);
    const escaped = (text: string) => text.replace('"TDX"', '"\\u0054DX"');
    for (const sentText of [pretty, escaped]) {
      const verdict = await put({ scene: { tcbInfo: forgeTcbInfo("tdx", { sentText }) } });
      expect(summary(verdict)).toBe(GOOD);
      expect(verdict.checks.find(({ id }) => id === "tdx/tcb-info")?.notice).toContain("reformatted");
    }
    // Signed in that form, the exact text counts and there is nothing to notice.
    const verdict = await put({ scene: { tcbInfo: forgeTcbInfo("tdx", { signedText: pretty, sentText: pretty }) } });
    expect(summary(verdict)).toBe(GOOD);
    expect(verdict.checks.find(({ id }) => id === "tdx/tcb-info")?.notice).toBeUndefined();
    expect(await tcbInfo({ signature: (hex) => hex.toUpperCase() })).toBe(GOOD);
  });

  it("TCB info of another type than 0 is none", async () => {
    for (const tcbType of [1, undefined, "0"])
      expect(await say({ scene: { tcbInfo: forgeTcbInfo("tdx", { fields: { tcbType } }) } })).toBe(
        "rejected, collateral malformed, tcb-info collateral-missing",
      );
    expect(await say({ scene: { tcbInfo: forgeTcbInfo("tdx", { fields: { tcbType: 0 } }) } })).toBe(GOOD);
  });

  it("row 22: levels that are unsorted, doubled, incomplete, of unknown status, or none", async () => {
    const [latest, earliest] = [
      tcbLevel("tdx", "UpToDate"),
      tcbLevel("tdx", "OutOfDate", Array(16).fill(0), Array(16).fill(0)),
    ];
    expect(await tcbInfo({ fields: { tcbLevels: [earliest, latest] } })).toBe(GOOD);
    const short = { ...latest, tcb: { ...latest.tcb, sgxtcbcomponents: latest.tcb.sgxtcbcomponents.slice(1) } };
    const long = { ...latest, tcb: { ...latest.tcb, tdxtcbcomponents: [...latest.tcb.tdxtcbcomponents, { svn: 0 }] } };
    const { tdxtcbcomponents: _, ...withoutTdx } = latest.tcb;
    for (const tcbLevels of [
      [latest, latest],
      [short],
      [long],
      [{ ...latest, tcb: withoutTdx }],
      [{ ...latest, tcbStatus: "Fine" }],
      [],
      undefined,
    ])
      expect(await tcbInfo({ fields: { tcbLevels } })).toMatch(/^rejected, collateral malformed/);
  });

  it("row 23: TDX components 0 and 1 are the module's from version 1 on", async () => {
    // A level that asks for module SVN 9 in component 0, which the module identity does not.
    const level = tcbLevel("tdx", "UpToDate", COMPONENTS, [9, 9, 2, ...Array(13).fill(0)]);
    expect(await tcbInfo({ fields: { tcbLevels: [level] } })).toBe(GOOD);
    const oldModule = { teeTcbSvn: Uint8Array.from([5, 0, 2, ...filled(13, 0)]) };
    expect(await say({ quote: { report: oldModule } })).toBe(GOOD);
    expect(
      await say({
        quote: { report: oldModule },
        scene: { tcbInfo: forgeTcbInfo("tdx", { fields: { tcbLevels: [level] } }) },
      }),
    ).toBe("rejected, tcb-status tcb-status-not-accepted");
  });

  it("row 24: a TDX module without identity, of another signer, with attributes, or too old", async () => {
    expect(await tcbInfo({ fields: { tdxModuleIdentities: undefined } })).toMatch(
      /^rejected, tdx-module module-mismatch/,
    );
    expect(await say({ quote: { report: { mrSignerSeam: filled(48, 1) } } })).toBe(
      "rejected, tdx-module module-mismatch",
    );
    expect(await say({ quote: { report: { seamAttributes: 1 } } })).toBe("rejected, tdx-module module-mismatch");
    // Intel demands zero whatever the identity says.
    const lax = { ...moduleIdentity("TDX_01", 5), attributes: "0100000000000000" };
    const lenient = forgeTcbInfo("tdx", { fields: { tdxModuleIdentities: [lax] } });
    for (const seamAttributes of [0, 1])
      expect(await say({ quote: { report: { seamAttributes } }, scene: { tcbInfo: lenient } })).toBe(
        "rejected, tdx-module module-mismatch",
      );
    const old = Uint8Array.from([4, 1, 2, ...filled(13, 0)]);
    expect(await say({ quote: { report: { teeTcbSvn: old } } })).toBe("rejected, tcb-status tcb-status-not-accepted");
    const noModule = { mrSignerSeam: filled(48, 1), teeTcbSvn: Uint8Array.from([5, 0, 2, ...filled(13, 0)]) };
    expect(await say({ quote: { report: noModule } })).toBe("rejected, tdx-module module-mismatch");
  });

  it("row 25: module ids are hexadecimal, of either case", async () => {
    const report = { teeTcbSvn: Uint8Array.from([5, 10, 2, ...filled(13, 0)]) };
    for (const id of ["TDX_0A", "TDX_0a", "tdx_0a"]) {
      const scene = { tcbInfo: forgeTcbInfo("tdx", { fields: { tdxModuleIdentities: [moduleIdentity(id, 5)] } }) };
      expect(await say({ quote: { report }, scene })).toBe(GOOD);
    }
    const decimal = {
      tcbInfo: forgeTcbInfo("tdx", { fields: { tdxModuleIdentities: [moduleIdentity("TDX_10", 5)] } }),
    };
    expect(await say({ quote: { report }, scene: decimal })).toMatch(/^rejected, tdx-module module-mismatch/);
    const both = [moduleIdentity("TDX_0A", 5), moduleIdentity("tdx_0a", 1)];
    expect(await tcbInfo({ fields: { tdxModuleIdentities: both } })).toMatch(/^rejected, collateral malformed/);
  });

  it("row 26: a platform that is out of date under a module that is not", async () => {
    expect(await tcbInfo({ fields: { tcbLevels: [tcbLevel("tdx", "OutOfDate")] } })).toBe(
      "rejected, tcb-status tcb-status-not-accepted",
    );
  });

  it("row 27: statuses merge as Intel merges them", async () => {
    const merged = async (platform: string, module: string): Promise<string> => {
      const fields = {
        tcbLevels: [tcbLevel("tdx", platform)],
        tdxModuleIdentities: [moduleIdentity("TDX_01", 5, module)],
      };
      const verdict = await put({ scene: { tcbInfo: forgeTcbInfo("tdx", { fields }) } });
      return ((verdict.ok ? verdict.claims : verdict.unverifiedClaims).tcb as { status: string }).status;
    };
    expect(await merged("ConfigurationNeeded", "OutOfDate")).toBe("OutOfDateConfigurationNeeded");
    expect(await merged("UpToDate", "Revoked")).toBe("Revoked");
    expect(await merged("Revoked", "UpToDate")).toBe("Revoked");
    expect(await merged("ConfigurationNeeded", "UpToDate")).toBe("ConfigurationNeeded");
  });

  it("row 28: a relaunch is advised where the platform has moved on under the TD", async () => {
    const fields = {
      tdxModuleIdentities: [
        {
          ...moduleIdentity("TDX_01", 5),
          tcbLevels: [...moduleIdentity("TDX_01", 5).tcbLevels, ...moduleIdentity("TDX_01", 4, "OutOfDate").tcbLevels],
        },
      ],
    };
    const scene = { tcbInfo: forgeTcbInfo("tdx", { fields }) };
    for (const bodyType of [3, 4] as const) {
      const quote = { version: 5, bodyType, report: { teeTcbSvn: Uint8Array.from([4, 1, 2, ...filled(13, 0)]) } };
      const verdict = await put({ quote, scene });
      expect((verdict.ok ? {} : verdict.unverifiedClaims).tcb).toMatchObject({ status: "TDRelaunchAdvised" });
      expect(summary(verdict)).toBe("rejected, tcb-status tcb-status-not-accepted");
      expect(await say({ quote, scene, tdx: { tcbStatuses: "TDRelaunchAdvised" } })).toBe(WAIVED);
    }
  });

  it("row 52: an evaluation number below the minimum, of either document", async () => {
    expect(await say({ tdx: { minimumTcbEvaluationDataNumber: 20 } })).toBe(GOOD);
    expect(await say({ tdx: { minimumTcbEvaluationDataNumber: 21 } })).toBe("rejected, tcb-demands tcb-demand-missed");
    const qeIdentity = forgeQeIdentity("tdx", { fields: { tcbEvaluationDataNumber: 19 } });
    expect(await say({ scene: { qeIdentity } })).toBe(GOOD);
    expect(await say({ scene: { qeIdentity }, tdx: { minimumTcbEvaluationDataNumber: 20 } })).toBe(
      "rejected, tcb-demands tcb-demand-missed",
    );
  });

  it("row 53: an older copy that has not expired, against a minimum date or an advisory", async () => {
    expect(await say({ tdx: { minimumTcbDate: "2030-01-01" } })).toBe(GOOD);
    expect(await say({ tdx: { minimumTcbDate: "2030-01-02" } })).toBe("rejected, tcb-demands tcb-demand-missed");
    const level = { ...tcbLevel("tdx", "SWHardeningNeeded"), advisoryIDs: ["INTEL-SA-00615"] };
    const scene = { tcbInfo: forgeTcbInfo("tdx", { fields: { tcbLevels: [level] } }) };
    const tcbStatuses: AcceptableTcbStatus = "SWHardeningNeeded";
    expect(await say({ scene, tdx: { tcbStatuses } })).toBe(WAIVED);
    expect(await say({ scene, tdx: { tcbStatuses, rejectedAdvisories: ["INTEL-SA-00615"] } })).toBe(
      "rejected, tcb-status waived, tcb-demands tcb-demand-missed",
    );
    expect(await say({ scene, tdx: { tcbStatuses, rejectedAdvisories: "INTEL-SA-00001" } })).toBe(WAIVED);
    expect(await say({ scene, tdx: { tcbStatuses, rejectedAdvisories: "intel-sa-00615" } })).toContain("tcb-demands");
    for (const rejectedAdvisories of ["INTEL-SA-615", "SA-00615", "INTEL-SA-00615 "])
      await expect(say({ tdx: { rejectedAdvisories } })).rejects.toThrow("of the form INTEL-SA-00615");
    await expect(say({ tdx: { minimumTcbDate: "2030-02-31" } })).rejects.toThrow("YYYY-MM-DD");
  });

  it("a platform that no level matches has neither the date nor the advisories that are demanded", async () => {
    const scene = {
      tcbInfo: forgeTcbInfo("tdx", { fields: { tcbLevels: [tcbLevel("tdx", "UpToDate", [...filled(16, 255)])] } }),
    };
    const tcbStatuses = "NotSupported";
    const missed = "rejected, tcb-status waived, tcb-demands tcb-demand-missed";
    expect(await say({ scene, tdx: { tcbStatuses } })).toBe(WAIVED);
    expect(await say({ scene, tdx: { tcbStatuses, minimumTcbDate: "2020-01-01" } })).toBe(missed);
    expect(await say({ scene, tdx: { tcbStatuses, rejectedAdvisories: "INTEL-SA-00001" } })).toBe(missed);
  });

  it("row 57: JSON that is deep, poisoned, or has numbers that are none", async () => {
    expect(await tcbInfo({ fields: { more: JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`) } })).toMatch(
      /^rejected, collateral malformed/,
    );
    expect(await tcbInfo({ sentText: (text) => text.replace('{"id"', '{"__proto__":{"id":"TDX"},"id"') })).toBe(
      "rejected, tcb-info signature-invalid",
    );
    const svn = (value: string) =>
      tcbInfo({
        sentText: (text) => text.replace('"pcesvn":11', `"pcesvn":${value}`),
        signedText: (text) => text.replace('"pcesvn":11', `"pcesvn":${value}`),
      });
    expect(await svn("11")).toBe(GOOD);
    for (const value of ['"11"', "1e9", "-1", "11.5", "NaN", "9007199254740993", "65536"])
      expect(await svn(value), value).toMatch(/^rejected, collateral malformed/);
    expect(await tcbInfo({ answer: (text) => `${text} {}` })).toMatch(/^rejected, collateral malformed/);
    // A byte order mark in front, as editors write it, is no part of the text: of two, the second is.
    expect(await tcbInfo({ answer: (text) => `\ufeff${text}` })).toBe(GOOD);
    expect(await tcbInfo({ answer: (text) => `\ufeff\ufeff${text}` })).toMatch(/^(rejected|undetermined), /);
    const component = tcbLevel("tdx", "UpToDate", [256, ...COMPONENTS.slice(1)]);
    expect(await tcbInfo({ fields: { tcbLevels: [component] } })).toMatch(/^rejected, collateral malformed/);
  });
});

/** TCB info of version 2, which is SGX and names no TEE. */
const VERSION_2 = forgeTcbInfo("sgx", {
  change: ({ id: _, ...value }) => ({
    ...value,
    version: 2,
    tcbLevels: [
      {
        tcb: {
          ...Object.fromEntries(
            COMPONENTS.map((component, i) => [`sgxtcbcomp${String(i + 1).padStart(2, "0")}svn`, component]),
          ),
          pcesvn: 11,
        },
        tcbDate: "2030-01-01T00:00:00Z",
        tcbStatus: "UpToDate",
      },
    ],
  }),
});

describe("what the TD or enclave is", () => {
  const attributes = (...bits: readonly number[]) => ({
    report: { tdAttributes: bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n) },
  });

  it("row 29: debug, profiling, reserved bits, SEPT_VE_DISABLE, MIGRATABLE, PERFMON", async () => {
    for (let bit = 0; bit < 8; bit++) {
      expect(await say({ quote: attributes(28, bit) }), `bit ${bit}`).toBe("rejected, debug debug-allowed");
    }
    expect(await say({ quote: attributes(28, 0), tdx: { allow: ["debug"] } })).toBe("verified, debug waived");
    const known: Readonly<Record<number, TdAttribute>> = { 16: "icssd", 27: "lass", 30: "pks", 31: "kl", 62: "tpa" };
    for (let bit = 8; bit < 64; bit++) {
      if (bit === 28 || bit === 29 || bit === 63) continue;
      const expected = known[bit] === undefined ? "rejected, attributes attributes-reserved" : GOOD;
      expect(await say({ quote: attributes(28, bit) }), `bit ${bit}`).toBe(expected);
    }
    expect(await say({ quote: attributes() })).toBe("rejected, sept-ve sept-ve-enabled");
    expect(await say({ quote: attributes(), tdx: { allow: ["sept-ve"] } })).toBe("verified, sept-ve waived");
    expect(await say({ quote: attributes(28, 29) })).toBe("rejected, migration migratable");
    expect(await say({ quote: attributes(28, 29), tdx: { allow: ["migration"] } })).toBe("verified, migration waived");
    expect(await say({ quote: attributes(28, 63) })).toBe("rejected, perfmon perfmon-allowed");
    expect(await say({ quote: attributes(28, 63), tdx: { allow: ["perfmon"] } })).toBe("verified, perfmon waived");
    expect(await say({ quote: attributes(28, 30), tdx: { attributes: { pks: false } } })).toBe(
      "rejected, attributes attributes-mismatch",
    );
    const debugEnclave = { tee: "sgx", report: { attributes: Uint8Array.from([0x07, ...filled(15, 0)]) } } as const;
    expect(await say({ quote: debugEnclave })).toBe("rejected, debug debug-allowed");
    expect(await say({ quote: debugEnclave, sgx: { allow: ["debug"] } })).toBe("verified, debug waived");
  });

  it("row 30: XFAM without x87 or SSE, or with what no TD may have", async () => {
    for (const xfam of [0x618e5, 0x618e6, 0x618e4, 0x80003, 0x7 | 8, 1n << 63n]) {
      expect(await say({ quote: { report: { xfam } } }), String(xfam)).toBe("rejected, xfam xfam-not-allowed");
    }
    for (const xfam of [0x3, 0x6dbe7]) expect(await say({ quote: { report: { xfam } } })).toBe(GOOD);
    expect(await say({ quote: { report: { xfam: 0x7 } }, tdx: { allowedXfam: "0000000000000003" } })).toBe(
      "rejected, xfam xfam-not-allowed",
    );
    const wide = { allowedXfam: "ffffffffffffffff" };
    expect(await say({ quote: { report: { xfam: 0x80003 } }, tdx: wide })).toBe("verified, xfam waived");
    expect(await say({ quote: { report: { xfam: 0x3 } }, tdx: wide })).toBe(GOOD);
  });

  it("row 31: a service TD", async () => {
    const quote = { version: 5, report: { mrServiceTd: filled(48, 9) } } as const;
    expect(await say({ quote })).toBe("rejected, service-td service-td");
    expect(await say({ quote, tdx: { allow: ["service-td"] } })).toBe("verified, service-td waived");
    const expected = (byte: number) =>
      ({
        expected: { tdx: { mrtd: TD.mrtd as Uint8Array, mrServiceTd: filled(48, byte) } },
        covers: "firmware",
      }) as const;
    expect(await say({ quote, options: expected(9) })).toBe(GOOD);
    expect(await say({ quote, options: expected(8) })).toBe("rejected, build build-mismatch");
    expect(await say({ quote: {}, options: expected(0) })).toBe("rejected, build build-mismatch");
  });

  it.each([
    ["hash at launch", { initialServiceTdHash: filled(48, 9) }],
    ["hash now", { currentServiceTdHash: filled(48, 9) }],
    ["attributes at launch", { initialServiceTdAttributes: 1n }],
    ["attributes now", { currentServiceTdAttributes: 1n }],
  ] as const)("row 31: a service TD by its %s in the extended report alone", async (_, report) => {
    const quote = { version: 5, bodyType: 4, report } as const;
    expect(await say({ quote })).toBe("rejected, service-td service-td");
    expect(await say({ quote, tdx: { allow: ["service-td"] } })).toBe("verified, service-td waived");
    const pinned = { version: 5, bodyType: 4, report: { ...report, mrServiceTd: filled(48, 9) } } as const;
    const expected = { tdx: { mrtd: TD.mrtd as Uint8Array, mrServiceTd: filled(48, 9) } };
    expect(await say({ quote: pinned, options: { expected, covers: "firmware" } })).toBe(GOOD);
  });

  const own = Buffer.from(FMSPC, "hex");
  const zeros = filled(6, 0);
  it.each([
    ["no platform", filled(12, 0), true],
    ["this platform, zeros behind", concat(own, zeros), true],
    ["this platform, zeros before", concat(zeros, own), true],
    ["this platform, as digits", new TextEncoder().encode(FMSPC), true],
    ["another platform", concat(Buffer.from("00906ed50000", "hex"), zeros), false],
    ["this platform with something behind", concat(own, filled(6, 1)), false],
  ] as const)("a TD that began on %s", async (_, initialFmspc, here) => {
    const quote = { version: 5, bodyType: 4, report: { initialFmspc } } as const;
    expect(await say({ quote })).toBe(here ? GOOD : "rejected, migration migrated");
    if (!here) expect(await say({ quote, tdx: { allow: ["migration"] } })).toBe("verified, migration waived");
  });

  it.each(["mrConfigId", "mrOwner", "mrOwnerConfig"] as const)("row 32: an unexpected %s", async (field) => {
    const expecting = (byte: number) =>
      ({ expected: { tdx: { mrtd: TD.mrtd as Uint8Array, [field]: filled(48, byte) } }, covers: "firmware" }) as const;
    const quote = { report: { [field]: filled(48, 7) } };
    expect(await say({ quote, options: expecting(7) })).toBe(GOOD);
    expect(await say({ quote, options: expecting(8) })).toBe("rejected, build build-mismatch");
  });

  it("row 33: report data count in all 64 bytes, under one layout, and an empty demand is none", async () => {
    const nonce = filled(32, 3);
    const exact = (reportData: Uint8Array) => say({ options: { binding: { reportData } } });
    expect(await exact(filled(64, 0xda))).toBe(GOOD);
    expect(await exact(filled(32, 0xda))).toBe("rejected, report-data report-data-mismatch");
    expect(await exact(concat(filled(63, 0xda), Uint8Array.of(0)))).toBe("rejected, report-data report-data-mismatch");
    await expect(put({ options: { binding: { reportData: new Uint8Array() } } })).rejects.toThrow(TypeError);
    expect(await say({ options: { binding: { nonce } } })).toBe("rejected, report-data report-data-mismatch");
    expect(await say({ options: { binding: { userData: nonce } } })).toBe("rejected, report-data binding-unsupported");
    // The same content under another domain.
    const { createHash } = await import("node:crypto");
    const data = new Uint8Array([1, 2, 3]);
    const reportData = new Uint8Array(createHash("sha512").update("app-data:").update(data).digest());
    const quote = { report: { reportData } };
    expect(await say({ quote, options: { binding: { layout: "dstack-app-data", data } } })).toBe(GOOD);
    expect(await say({ quote, options: { binding: { layout: "dstack-ratls-cert", publicKey: data } } })).toBe(
      "rejected, report-data report-data-mismatch",
    );
  });

  it("row 51: a genuine quote of another machine: without a binding the verdict says so", async () => {
    const verdict = await put();
    expect(verdict.freshness).toBe("none");
    expect(verdict.limits.join(" ")).toContain("may be a recording");
  });
});

describe("form", () => {
  it("row 34: versions, key types, TEE types and bodies that do not exist or do not fit", async () => {
    for (const quote of [
      { version: 2 },
      { version: 6 },
      { header: { attestationKeyType: 3 } },
      { tee: "sgx", version: 3, header: { teeType: 0x81 } },
      { version: 5, bodyType: 1 },
      { version: 5, described: [9, 648] },
      { version: 5, described: [3, 584] },
      { version: 5, described: [2, 648] },
      { tee: "sgx", version: 5, bodyType: 3 },
    ] as const)
      expect(await say({ quote }), JSON.stringify(quote)).toBe(malformed);
    expect(await say({ quote: { header: { teeType: 0x82 } } })).toBe("rejected, recognised malformed");
  });

  it("row 35: another vendor", async () => {
    expect(await say({ quote: { header: { qeVendorId: filled(16, 1) } } })).toBe(malformed);
  });

  it("row 36: lengths that lie", async () => {
    for (const tee of ["tdx", "sgx"] as const) {
      const length = forgeQuote({ tee }).length;
      for (const name of ["signatureData", "outer", "auth", "certification"] as const) {
        if (tee === "sgx" && name === "outer") continue;
        for (const by of [-1, 1, length, 0xffff, 0x7fffffff]) {
          expect(await say({ quote: { tee, lengths: { [name]: by } } }), `${tee} ${name} ${by}`).toBe(malformed);
        }
      }
    }
  });

  it("row 37: bytes after the quote are no part of it; slack inside a declared length is malformed", async () => {
    for (const trailing of [filled(70, 0), new TextEncoder().encode("\n and more")]) {
      const verdict = await put({ quote: { trailing } });
      expect(summary(verdict)).toBe(GOOD);
      expect(verdict.checks.find(({ id }) => id === "tdx/format")?.notice).toContain("follow the quote");
    }
    for (const tee of ["tdx", "sgx"] as const) {
      expect(await say({ quote: { tee, slack: filled(1, 0) } })).toBe(malformed);
      expect(await say({ quote: { tee, innerSlack: filled(1, 0) } })).toBe(malformed);
    }
    const padded = concat(new TextEncoder().encode(pem("CERTIFICATE", ...forgeChain())), filled(70, 0));
    expect(await say({ quote: { certification: padded } })).toBe(GOOD);
  });

  it("row 38: certification data of other types; types 1 to 4 need their PCK chain", async () => {
    for (const outerType of [0, 1, 5, 7]) expect(await say({ quote: { outerType } })).toBe(malformed);
    for (const certificationType of [0, 6, 7, 8]) expect(await say({ quote: { certificationType } })).toBe(malformed);
    const [pck, ca] = forgeChain() as [Uint8Array, Uint8Array];
    for (const [certificationType, ppid] of [
      [1, 16],
      [2, 256],
      [3, 384],
    ] as const) {
      const named = concat(filled(ppid, 0x11), Uint8Array.from(COMPONENTS), Uint8Array.of(11, 0), Uint8Array.of(0, 0));
      const quote = { certificationType, certification: named };
      const verdict = await put({ quote });
      expect(summary(verdict)).toBe("undetermined, pck-certificate certificate-missing");
      expect(verdict.checks.find(({ id }) => id === "tdx/pck-certificate")?.detail).toContain("type 5");
      expect(await say({ quote, more: [pck] })).toBe("undetermined, pck-certificate certificate-missing");
      expect(await say({ quote, more: [pck, ca] })).toBe(GOOD);
      // Among several the one that the quote names; alone, the QE report's signature judges the other.
      const other = forgePck(
        { cpuSvn: filled(16, 1) },
        {
          serial: 32,
          key: INTEL_KEYS.attacker,
          extensions: [
            ...leafExtensions(INTEL_KEYS.attacker, INTEL_KEYS.platform),
            sgxExtension({ cpuSvn: filled(16, 1) }),
          ],
        },
      );
      expect(await say({ quote, more: [other, pck, ca] })).toBe(GOOD);
      expect(await say({ quote, more: [other, ca] })).toBe("rejected, qe-report signature-invalid");
      expect(await say({ quote: { ...quote, certification: named.subarray(1) } })).toBe(malformed);
    }
    const alone = { certificationType: 4, chain: [pck] };
    expect(await say({ quote: alone })).toBe("undetermined, pck-certificate certificate-missing");
    expect(await say({ quote: alone, more: [ca] })).toBe(GOOD);
    expect(await say({ quote: { certificationType: 4 } })).toBe(malformed);
    const other = forgePck({}, { subject: intelName("Intel SGX Some Certificate") });
    expect(await say({ quote: { certificationType: 4, chain: [other] }, more: [ca] })).toBe(
      "rejected, pck-certificate certificate-profile",
    );
  });

  it("row 39: the quote's own PCK chain counts, whatever comes beside it", async () => {
    const other = forgePck({ fmspc: "00906ed50000" }, { serial: 32 });
    expect(await say({ more: [other] })).toBe(GOOD);
    const collateral = {
      ...quoteCollateral(rightScene("tdx")),
      pck_certificate_chain: pem("CERTIFICATE", ...forgeChain()),
    };
    expect(await say({ more: [JSON.stringify(collateral)] })).toBe(GOOD);
    const nothing = { ...collateral, pck_certificate_chain: null };
    expect(await say({ more: [JSON.stringify(nothing)] })).toBe(GOOD);
    const unlisted = { ...nothing, pck_crl: null };
    expect(await say({ scene: { pckCrl: null }, more: [JSON.stringify(unlisted)] })).toBe(
      "undetermined, revocation crl-missing",
    );
    const substituted = { ...collateral, pck_certificate_chain: pem("CERTIFICATE", other, forgeCa(), forgeRoot()) };
    expect(await say({ more: [JSON.stringify(substituted)] })).toBe("rejected, pck-certificate chain-substituted");
  });

  const pckOf = (sgx: SgxExtension) => [forgePck(sgx), forgeCa(), forgeRoot()];

  it("row 40: a SGX extension that is not exactly as Intel makes it", async () => {
    const refused: readonly SgxExtension[] = [
      { members: (members) => [...members, members[0] as Uint8Array] },
      { members: (members) => members.slice(1) },
      { members: (members) => members.slice(0, 6) },
      { tcb: (members) => members.slice(1) },
      { tcb: (members) => [...members.slice(0, 14), ...members.slice(15)] },
      { tcb: (members) => [...members, members[0] as Uint8Array] },
      { tcb: (members) => [members[1] as Uint8Array, ...members.slice(1)] },
      { components: [256, ...COMPONENTS.slice(1)] },
      { components: [-1, ...COMPONENTS.slice(1)] },
      { components: COMPONENTS.slice(1) },
      { fmspc: "00806f0500" },
      { pceId: "00" },
      { ppid: "11" },
      { cpuSvn: filled(15, 0) },
      { sgxType: 3 },
      { sgxType: integer(1) },
      { flags: [true, true] },
      { flags: [false, false, tlv(0x01, Uint8Array.of(1))] },
      { flags: [false, false, integer(1)] },
      {
        members: (members) => [
          sequence(oid("1.2.840.113741.1.13.1.8"), octetString(filled(16, 0))),
          ...members.slice(1),
        ],
      },
      { members: (members) => [sequence(oid("1.2.3.1"), octetString(filled(16, 0))), ...members.slice(1)] },
      {
        members: (members) => [
          sequence(oid("1.2.840.113741.1.13.1.1"), octetString(filled(16, 0)), boolean(true)),
          ...members.slice(1),
        ],
      },
    ];
    for (const [index, sgx] of refused.entries()) {
      expect(await say({ quote: { chain: pckOf(sgx) } }), `refused ${index}`).toMatch(
        /^rejected, pck-certificate malformed/,
      );
    }
    expect(await say({ quote: { chain: pckOf({ members: (members) => [...members].reverse() }) } })).toBe(GOOD);
    expect(
      await say({ quote: { chain: pckOf({ components: [Uint8Array.of(0, 255), ...COMPONENTS.slice(1)] }) } }),
    ).toBe(GOOD);
    // The Platform CA issues certificates with seven members and the Processor CA with five.
    const fewer = forgePck(
      {},
      { extensions: [...leafExtensions(INTEL_KEYS.pck, INTEL_KEYS.platform), sgxExtension({ ca: "processor" })] },
    );
    expect(await say({ quote: { chain: [fewer, forgeCa(), forgeRoot()] } })).toBe(
      "rejected, pck-certificate certificate-profile",
    );
    const none = forgePck({}, { extensions: leafExtensions(INTEL_KEYS.pck, INTEL_KEYS.platform) });
    expect(await say({ quote: { chain: [none, forgeCa(), forgeRoot()] } })).toMatch(
      /^rejected, pck-certificate malformed/,
    );
  });

  it("row 41: signatures with s in the upper half, which genuine hardware makes", async () => {
    for (const half of ["high", "low"] as const) expect(await say({ quote: { half } })).toBe(GOOD);
  });

  it("row 42: r or s out of range; an attestation key that is no point", async () => {
    const order = new Uint8Array(
      Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex"),
    );
    for (const [at, value] of [
      [0, filled(32, 0)],
      [32, filled(32, 0)],
      [0, order],
      [32, order],
      [0, filled(32, 0xff)],
    ] as const) {
      const replace = (signature: Uint8Array) => {
        const changed = signature.slice();
        changed.set(value, at);
        return changed;
      };
      expect(await say({ quote: { signature: replace } })).toBe("rejected, quote-signature signature-invalid");
      expect(await say({ quote: { qeSignature: replace } })).toBe("rejected, qe-report signature-invalid");
    }
    for (const attestationPoint of [filled(64, 0), filled(64, 1), filled(64, 0xff)])
      expect(await say({ quote: { attestationPoint } })).toBe(
        "rejected, attestation-key key-not-bound, quote-signature signature-invalid",
      );
  });

  it("row 43: other evidence, and the forms in which quotes travel", async () => {
    const looks = async (bytes: Uint8Array): Promise<string> => {
      const verdict = await put({ quote: bytes });
      expect(verdict.outcome).toBe("rejected");
      return verdict.checks[0]?.detail ?? "";
    };
    const tdReport = filled(1024, 0);
    tdReport[0] = 0x81;
    expect(await looks(tdReport)).toContain("TDREPORT");
    const epid = filled(1116, 0);
    epid[0] = 2;
    expect(await looks(epid)).toContain("EPID");
    const snp = filled(1184, 0);
    snp[0] = 2;
    expect(await looks(snp)).toContain("SEV-SNP");
    const quote = forgeQuote();
    const hex = Buffer.from(quote).toString("hex");
    const base64 = Buffer.from(quote).toString("base64");
    for (const text of [
      hex,
      hex.toUpperCase(),
      `0x${hex}\n`,
      base64,
      `${base64.slice(0, 76)}\n${base64.slice(76)}`,
      JSON.stringify({ quote: hex, vm_config: "{}" }),
      JSON.stringify({ quote: base64 }),
      JSON.stringify({ intel_quote: `0x${hex}` }),
      JSON.stringify({ provider: "tdx_guest\n", outblob: base64 }),
      JSON.stringify({ platform: "tdx", evidence: { quote: base64 } }),
      JSON.stringify({ policy_ids: [], tdx: { quote: base64, runtime_data: "AA==" } }),
    ])
      expect(await say({ quote: text }), text.slice(0, 40)).toBe(GOOD);
    const behind = (...words: readonly number[]): Uint8Array =>
      concat(new Uint8Array(Uint32Array.from(words).buffer), quote);
    const openEnclave = behind(1, 2, quote.length, 0);
    for (const form of [
      openEnclave,
      Buffer.from(openEnclave).toString("hex"),
      Buffer.from(openEnclave).toString("base64"),
    ])
      expect(await say({ quote: form })).toBe(GOOD);
    const others = [
      behind(1, 1, quote.length, 0),
      behind(2, 2, quote.length, 0),
      behind(1, 2, quote.length - 1, 0),
      behind(1, 2, quote.length, 1),
    ];
    for (const other of [...others, concat(openEnclave, filled(1, 0))])
      expect(await say({ quote: other })).toMatch(/^rejected, recognised (?:malformed|unrecognised)$/);
    const another = Buffer.from(forgeQuote({ report: { reportData: filled(64, 9) } })).toString("base64");
    for (const [twice, outcome] of [
      [{ quote: hex, intel_quote: base64 }, GOOD],
      [{ quote: "none yet", intel_quote: base64 }, GOOD],
      [{ quote: hex, intel_quote: another }, "rejected, recognised malformed"],
      [{ tdx: { quote: hex, tdx_quote: another } }, "rejected, recognised malformed"],
      [
        { quote: hex, intel_quote: Buffer.from(forgeQuote({ tee: "sgx" })).toString("hex") },
        "rejected, recognised malformed",
      ],
    ] as const)
      expect(await say({ quote: JSON.stringify(twice) })).toBe(outcome);
    expect(await say({ quote: JSON.stringify({ quote: "00".repeat(500) }) })).toBe("rejected, recognised unrecognised");
    expect(await say({ quote: JSON.stringify({ sgx: { quote: base64 } }) })).toBe("rejected, recognised unrecognised");
    expect(await say({ quote: JSON.stringify({ provider: "sev_guest", outblob: base64 }) })).toBe(
      "rejected, recognised unrecognised",
    );
  });

  it("row 58: certificates in BER, with trailing bytes, a negative serial number, or huge", async () => {
    const chain = (pck: Uint8Array) => say({ quote: { chain: [pck, forgeCa(), forgeRoot()] } });
    expect(await chain(indefiniteLength(forgePck()))).toBe(malformed);
    expect(await chain(concat(forgePck(), filled(1, 0)))).toBe(malformed);
    expect(await chain(forgePck({}, { serial: -5 }))).toBe("rejected, pck-path certificate-serial");
    expect(
      await chain(
        forgePck(
          {},
          {
            extensions: [
              ...leafExtensions(INTEL_KEYS.pck, INTEL_KEYS.platform),
              extension.raw("1.2.3", filled(20_000, 0)),
            ],
          },
        ),
      ),
    ).toBe(malformed);
  });

  it("row 59: serial numbers compare as numbers: a leading zero octet is none of theirs", async () => {
    const serial = Uint8Array.from([0, 0xd0, ...filled(19, 5)]);
    const chain = [forgePck({}, { serial }), forgeCa(), forgeRoot()];
    expect(await say({ quote: { chain } })).toBe(GOOD);
    expect(await say({ quote: { chain }, scene: { pckCrl: forgePckCrl("platform", { revoked: [serial] }) } })).toBe(
      "rejected, revocation certificate-revoked",
    );
    const magnitude = BigInt(`0x${Buffer.from(serial).toString("hex")}`);
    expect(await say({ quote: { chain }, scene: { pckCrl: forgePckCrl("platform", { revoked: [magnitude] }) } })).toBe(
      "rejected, revocation certificate-revoked",
    );
  });
});

describe("machines", () => {
  it("row 60: lists of platforms, processors and machines, and how they are set", async () => {
    const refused = "rejected, platform platform-not-accepted";
    expect(await say({ tdx: { fmspcs: [FMSPC] } })).toBe(GOOD);
    expect(await say({ tdx: { fmspcs: ["00906ed50000"] } })).toBe(refused);
    expect(await say({ tdx: { ppids: "11".repeat(16) } })).toBe(GOOD);
    expect(await say({ tdx: { ppids: "12".repeat(16) } })).toBe(refused);
    expect(await say({ tdx: { platformInstanceIds: filled(16, 0x22) } })).toBe(GOOD);
    expect(await say({ tdx: { platformInstanceIds: filled(16, 0x23) } })).toBe(refused);
    expect(await say({ tdx: { platform: { smtEnabled: true, cachedKeys: false } } })).toBe(GOOD);
    expect(await say({ tdx: { platform: { smtEnabled: false } } })).toBe(refused);
    const processor = {
      quote: { chain: [forgePck({ ca: "processor" }), forgeCa("processor"), forgeRoot()] },
      scene: { pckCrl: forgePckCrl("processor") },
    };
    expect(await say({ ...processor, tdx: { platformInstanceIds: filled(16, 0x22) } })).toBe(refused);
    expect(await say({ ...processor, tdx: { platform: { cachedKeys: false } } })).toBe(refused);
    const unnamed = { certificationType: 1, certification: filled(36, 0) };
    expect(await say({ quote: unnamed, tdx: { fmspcs: [FMSPC] } })).toBe(
      "undetermined, pck-certificate certificate-missing, platform certificate-missing",
    );
    expect(testKey("p256-4")).toBe(INTEL_KEYS.pck);
  });
});
