/** What Intel's certificates and lists must look like, each fault with its code; back ends that cannot; evaluations; hostile bytes. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { octetString, oid, sequence } from "../../../fixtures/der.js";
import { forgeEvaluations, forgeQeIdentity, forgeTcbInfo, tcbLevel } from "../../../fixtures/intel/collateral.js";
import {
  forgeCa,
  forgePck,
  forgePckCrl,
  forgeRoot,
  forgeRootCrl,
  forgeSigner,
  INTEL_KEYS,
  INTEL_NAMES,
  intelName,
  sgxExtension,
} from "../../../fixtures/intel/pki.js";
import { forgeQuote } from "../../../fixtures/intel/quote.js";
import { type CertificateRequest, caExtensions, extension, leafExtensions, testKey } from "../../../fixtures/x509.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import type { JsonObject } from "../../../src/encoding/json.js";
import { readEvaluationNumbers } from "../../../src/evidence/dcap/tcb-info.js";
import { put, rightScene, say, summary } from "../../support/dcap.js";
import { nodeCrypto } from "../../support/node-crypto.js";
import { describeShared, readShared, readSharedJson, readSharedText } from "../../support/shared.js";

const { pck, platform, root, signer } = INTEL_KEYS;
const pckExtensions = [...leafExtensions(pck, platform), sgxExtension()];
const without = (list: readonly Uint8Array[], index: number) => list.filter((_, i) => i !== index);

describe("a PCK certificate", () => {
  it.each<[string, Partial<CertificateRequest>, string]>([
    ["signed with SHA-384", { algorithm: { name: "ECDSA", hash: "SHA-384" } }, "certificate-algorithm"],
    ["without basic constraints", { extensions: without(pckExtensions, 0) }, "certificate-extension"],
    ["without key usage", { extensions: without(pckExtensions, 1) }, "certificate-key-usage"],
    [
      "for another usage",
      {
        extensions: [
          leafExtensions(pck, platform)[0] as Uint8Array,
          extension.keyUsage(["keyAgreement"]),
          ...pckExtensions.slice(2),
        ],
      },
      "certificate-key-usage",
    ],
    ["without a subject key identifier", { extensions: without(pckExtensions, 2) }, "certificate-key-identifier"],
    [
      "with an unknown extension",
      { extensions: [...pckExtensions, extension.raw("1.2.3", new Uint8Array(2))] },
      "certificate-extension",
    ],
    ["with serial number zero", { serial: 0 }, "certificate-serial"],
    ["of another issuer's name", { issuer: intelName("Intel SGX PCK Other CA") }, "chain-incomplete"],
  ])("%s is refused", async (_, changes, code) => {
    expect(await say({ quote: { chain: [forgePck({}, changes), forgeCa(), forgeRoot()] } })).toContain(code);
  });

  it("of another curve is refused, and so is an authority of one", async () => {
    const p384 = testKey("p384-1");
    const leaf = forgePck({}, { key: p384, extensions: [...leafExtensions(p384, platform), sgxExtension()] });
    expect(await say({ quote: { chain: [leaf, forgeCa(), forgeRoot()] } })).toContain("pck-path certificate-key");
  });

  it("under another name is none", async () => {
    const leaf = forgePck({}, { subject: intelName("Intel SGX PCK Certificate Test") });
    expect(await say({ quote: { chain: [leaf, forgeCa(), forgeRoot()] } })).toContain(
      "pck-certificate chain-incomplete",
    );
  });
});

describe("a PCK authority", () => {
  const refused = (changes: Partial<CertificateRequest>) =>
    say({ quote: { chain: [forgePck(), forgeCa("platform", changes), forgeRoot()] } });

  it.each<[string, Partial<CertificateRequest>, string]>([
    [
      "that may not sign certificates",
      {
        extensions: [
          extension.basicConstraints(true, 0),
          extension.keyUsage(["cRLSign"]),
          ...caExtensions(platform, root).slice(2),
        ],
      },
      "certificate-key-usage",
    ],
    ["that has expired", { notAfter: new Date("2029-01-01") }, "certificate-validity certificate-expired"],
    [
      "with critical name constraints",
      { extensions: [...caExtensions(platform, root, 0), extension.nameConstraints("example")] },
      "certificate-extension",
    ],
  ])("%s is refused", async (_, changes, code) => expect(await refused(changes)).toContain(code));

  it("of an unknown name is refused", async () => {
    const other = intelName("Intel SGX PCK Other CA");
    const chain = [forgePck({}, { issuer: other }), forgeCa("platform", { subject: other }), forgeRoot()];
    expect(await say({ quote: { chain } })).toContain("pck-certificate certificate-profile");
  });
});

describe("the signer of collateral", () => {
  it.each<[string, Partial<CertificateRequest>, string]>([
    ["that is an authority", { extensions: caExtensions(signer, root, 0) }, "certificate-is-a-ca"],
    ["with another's key identifier", { extensions: leafExtensions(signer, platform) }, "certificate-key-identifier"],
    ["under a name of its own as issuer", { issuer: INTEL_NAMES.platform }, "certificate-name-mismatch"],
  ])("%s is refused", async (_, changes, code) => {
    expect(await say({ scene: { signer: forgeSigner(changes) } })).toContain(`tcb-signer ${code}`);
  });
});

describe("revocation lists", () => {
  it.each([
    ["signed with SHA-384", { algorithm: { name: "ECDSA", hash: "SHA-384" } }, "crl-algorithm"],
    ["without a number", { extensions: [extension.authorityKeyId(platform)] }, "crl-extension"],
    [
      "of another key of the authority",
      { extensions: [extension.crlNumber(1), extension.authorityKeyId(root)] },
      "crl-issuer-mismatch",
    ],
    [
      "that are deltas",
      { extensions: [extension.crlNumber(1), extension.authorityKeyId(platform), extension.deltaCrlIndicator(1)] },
      "crl-extension",
    ],
  ] as const)("%s are refused", async (_, changes, code) => {
    expect(await say({ scene: { pckCrl: forgePckCrl("platform", changes) } })).toContain(`revocation ${code}`);
  });

  it.each(["2.5.29.27", "2.5.29.28"])("that %s marks as partial are refused at any criticality", async (name) => {
    const usual = [extension.crlNumber(1), extension.authorityKeyId(platform)];
    const marked = sequence(oid(name), octetString(sequence()));
    const list = (extensions: readonly Uint8Array[]) => forgePckCrl("platform", { extensions });
    expect(await say({ scene: { pckCrl: list(usual) } })).toBe("verified");
    expect(await say({ scene: { pckCrl: list([...usual, marked]) } })).toBe("rejected, revocation crl-extension");
  });

  it("take the current one of several, and the latest of those", async () => {
    const older = forgePckCrl("platform", { thisUpdate: new Date("2029-01-01"), revoked: [] });
    const newer = forgePckCrl("platform", { thisUpdate: new Date("2030-06-10"), revoked: [31] });
    const expired = forgePckCrl("platform", { nextUpdate: new Date("2030-01-01") });
    expect(await say({ scene: { pckCrl: older }, more: [newer] })).toBe("rejected, revocation certificate-revoked");
    expect(await say({ scene: { pckCrl: expired }, more: [older] })).toBe("verified");
  });
});

describe("collateral", () => {
  it("is read once in a verification, however often it is asked for", async () => {
    const parse = vi.spyOn(JSON, "parse");
    try {
      const { tcbInfo } = rightScene("tdx");
      expect(await say({ scene: { pckCrl: null, rootCrl: null } })).toBe("undetermined, revocation crl-missing");
      expect(parse.mock.calls.filter(([text]) => text === tcbInfo).length).toBe(1);
    } finally {
      parse.mockRestore();
    }
  });

  it("has bounds of members and of length", async () => {
    const members = (count: number) => `{"tcbInfo":{${Array.from({ length: count }, (_, i) => `"${i}":1`).join(",")}}}`;
    const reason = async (text: string) =>
      (await put({ more: [text] })).checks.find(({ id }) => id === "tdx/collateral")?.params["reason"];
    expect(await reason(members(30_000))).toBe("JSON of more than 25000 names and lists");
    expect(await reason(members(20_000))).not.toContain("names");
    const long = [1, 2, 3].map((i) => `{"x":"${String(i).repeat(400_000)}"}`);
    expect(await say({ more: long.slice(0, 2) })).toBe("verified");
    expect(await say({ more: long })).toContain("endorsements malformed");
  });
});

describe("several documents", () => {
  it("of which one is for this platform and current are a cache", async () => {
    const other = forgeTcbInfo("tdx", { fields: { fmspc: "00906ed50000" } });
    const expired = forgeTcbInfo("tdx", { fields: { nextUpdate: "2030-06-10T00:00:00Z" } });
    expect(await say({ more: [other, expired, forgeTcbInfo("sgx"), forgeQeIdentity("sgx")] })).toBe("verified");
  });

  it("of which the newest counts", async () => {
    const newer = forgeTcbInfo("tdx", {
      fields: { issueDate: "2030-06-14T00:00:00Z" },
      change: (value) => ({
        ...value,
        tcbLevels: value.tcbLevels.map((level: object) => ({ ...level, tcbStatus: "OutOfDate" })),
      }),
    });
    expect(await say({ more: [newer] })).toBe("rejected, tcb-status tcb-status-not-accepted");
  });

  const numbered = (tcbEvaluationDataNumber: number, issueDate: string, tcbStatus: string) => {
    const fields = { tcbEvaluationDataNumber, issueDate, tcbLevels: [tcbLevel("tdx", tcbStatus)] };
    return forgeTcbInfo("tdx", { fields });
  };
  it.each(["2030-06-02T00:00:00Z", "2030-06-01T00:00:00Z"])(
    "of which the highest evaluation counts, in either order, beside an earlier one issued on %s",
    async (issued) => {
      const strict = numbered(21, "2030-06-01T00:00:00Z", "OutOfDate");
      const lax = numbered(19, issued, "UpToDate");
      const refused = "rejected, tcb-status tcb-status-not-accepted";
      expect(await say({ scene: { tcbInfo: strict }, more: [lax] })).toBe(refused);
      expect(await say({ scene: { tcbInfo: lax }, more: [strict] })).toBe(refused);
      expect(await say({ scene: { tcbInfo: lax } })).toBe("verified");
      // One that has expired does not outrank a current one.
      const expired = forgeTcbInfo("tdx", {
        fields: { tcbEvaluationDataNumber: 22, nextUpdate: "2030-06-10T00:00:00Z" },
      });
      expect(await say({ scene: { tcbInfo: lax }, more: [expired] })).toBe("verified");
    },
  );

  it("and so it is of the quoting enclave's identities", async () => {
    const qe = (tcbEvaluationDataNumber: number, issueDate: string, isvsvn: number) =>
      forgeQeIdentity("tdx", {
        fields: {
          tcbEvaluationDataNumber,
          issueDate,
          tcbLevels: [{ tcb: { isvsvn }, tcbDate: "2030-01-01T00:00:00Z", tcbStatus: "UpToDate" }],
        },
      });
    const strict = qe(21, "2030-06-01T00:00:00Z", 99);
    const lax = qe(19, "2030-06-02T00:00:00Z", 1);
    for (const [qeIdentity, other] of [
      [strict, lax],
      [lax, strict],
    ] as const)
      expect(await say({ scene: { qeIdentity }, more: [other] })).toBe("rejected, tcb-status tcb-status-not-accepted");
    expect(await say({ scene: { qeIdentity: lax } })).toBe("verified");
  });
});

describe("Intel's list of TCB evaluations", () => {
  const evaluationCheck = async (list: string) => {
    const verdict = await put({ more: [list] });
    const status = verdict.checks.find(({ id }) => id === "tdx/tcb-status");
    return [summary(verdict), status?.notice];
  };

  it("says whether there is a newer one", async () => {
    expect(await evaluationCheck(forgeEvaluations("tdx", [20, 19]))).toEqual(["verified", undefined]);
    const [outcome, notice] = await evaluationCheck(forgeEvaluations("tdx", [19, 21]));
    expect(outcome).toBe("verified");
    expect(notice).toContain("newer evaluation than 20");
    const verdict = await put({ more: [forgeEvaluations("tdx", [21])] });
    expect(verdict.ok && verdict.claims.tcb).toMatchObject({
      evaluationDataNumber: 20,
      newestEvaluationDataNumber: 21,
    });
  });

  it("is the current one of several, and of those the latest, in either order", async () => {
    const older = forgeEvaluations("tdx", [20]);
    const latest = forgeEvaluations("tdx", [21], { fields: { issueDate: "2030-06-02T00:00:00Z" } });
    const expired = forgeEvaluations("tdx", [20], { fields: { nextUpdate: "2030-06-10T00:00:00Z" } });
    for (const more of [
      [older, latest, expired],
      [expired, latest, older],
    ]) {
      const verdict = await put({ more });
      expect(verdict.ok && verdict.claims.tcb).toMatchObject({ newestEvaluationDataNumber: 21 });
    }
  });

  it("is refused where it is forged, expired or malformed, and left aside where it is for SGX", async () => {
    const list = (request: Parameters<typeof forgeEvaluations>[2]) =>
      say({ more: [forgeEvaluations("tdx", [20], request)] });
    expect(await list({ signature: () => "11".repeat(64) })).toBe("rejected, tcb-evaluation signature-invalid");
    expect(await list({ fields: { nextUpdate: "2030-06-10T00:00:00Z" } })).toBe(
      "rejected, collateral-dates collateral-expired",
    );
    for (const fields of [
      { version: 2 },
      { id: "QE" },
      { tcbEvalNumbers: [] },
      { tcbEvalNumbers: [{ tcbEvaluationDataNumber: "20" }] },
    ])
      expect(await list({ fields })).toBe("rejected, collateral malformed");
    expect(await say({ more: [forgeEvaluations("sgx", [21])] })).toBe("verified");
  });
});

describeShared("real lists of TCB evaluations", () => {
  const index = readSharedJson<{ kind: string; file: string }[]>("evidence/dcap/index.json");
  const files = index.filter(({ kind }) => kind === "tcbeval").map(({ file }) => file);
  it("are five", () => expect(files.length).toBe(5));
  it.each(files)("%s is read", (file) => {
    const { tcbEvaluationDataNumbers } = JSON.parse(readSharedText(`evidence/dcap/${file}`)) as {
      tcbEvaluationDataNumbers: JsonObject;
    };
    expect(readEvaluationNumbers(tcbEvaluationDataNumbers).newest).toBeGreaterThanOrEqual(19);
  });

  it("and verify with a quote of their time", async () => {
    const row = readSharedJson<Record<string, string>[]>("evidence/dcap/verdicts.json")[81] as Record<string, string>;
    const files = ["tcbInfo", "qeIdentity", "rootCrl", "pckCrl"].map((name) =>
      readShared(`evidence/dcap/${row[name]}`),
    );
    const file = "automata-network+automata-dcap-attestation/collateral/tcbeval-TDX-2025-06-05-NNone-8abeb06a.json";
    const verdict = await put({
      quote: readShared(`evidence/dcap/${row.quote}`),
      scene: { tcbInfo: null, qeIdentity: null, signer: null, rootCrl: null, pckCrl: null },
      more: [
        ...files,
        readShared(`evidence/dcap/${file}`),
        readShared("evidence/dcap/intel-certs/TCBSigning-2025-05-06-2032-05-06-c0575e76.der"),
      ],
      options: { at: new Date("2025-07-05T00:00:00Z"), trustAnchors: {} },
    });
    const check = verdict.checks.find(({ id }) => id === "tdx/tcb-evaluation");
    expect(check?.status).toBe("passed");
  });
});

describe("a back end that cannot", () => {
  const cannot = { ...nodeCrypto, verify: () => Promise.reject(new CryptoUnavailableError("no curves here")) };

  it("leaves the verdict open", async () => {
    const verdict = await put({ options: { crypto: cannot } });
    expect(verdict.outcome).toBe("undetermined");
    const open = verdict.checks.filter(({ code }) => code === "crypto-unavailable").map(({ id }) => id.slice(4));
    expect(open).toEqual([
      "pck-path",
      "revocation",
      "qe-report",
      "quote-signature",
      "tcb-signer",
      "tcb-info",
      "qe-identity",
    ]);
  });

  it("does not hide what can be told without it", async () => {
    const verdict = await put({ options: { crypto: cannot }, quote: { report: { tdAttributes: 1 } } });
    expect(verdict.outcome).toBe("rejected");
  });
});

describe("a second reader", () => {
  const reading = {
    name: "a second reader",
    certificate: () => ({ serial: "other" }),
    crl: () => ({ issuer: "other" }),
  };
  it("that reads otherwise rejects", async () => {
    expect(await say({ options: { crossCheck: reading } })).toBe("rejected, cross-check cross-check-disagrees");
  });
});

describe("hostile bytes", () => {
  const quote = forgeQuote({ version: 5 });
  const { tcbInfo, qeIdentity } = rightScene("tdx");

  it("in a quote give a verdict, and never a yes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(quote.length - 1), fc.uint8Array({ minLength: 1, maxLength: 40 }), async (at, bytes) => {
        const changed = quote.slice();
        changed.set(bytes.subarray(0, quote.length - at), at);
        const same = changed.every((byte, i) => byte === quote[i]);
        const verdict = await put({ quote: changed });
        // White space in the PEM chain is free: nothing else may change without a no.
        if (!same && at < 54 + 648 + 4 + 134 + 384 + 64 + 34) expect(verdict.outcome).toBe("rejected");
        else expect(["verified", "rejected", "undetermined"]).toContain(verdict.outcome);
        expect(verdict.checks.some(({ code }) => code === "internal-error")).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it("in collateral give a verdict, and no defect of ours", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(tcbInfo.length), fc.nat(20), fc.string(), async (at, length, text) => {
        const changed = tcbInfo.slice(0, at) + text + tcbInfo.slice(at + length);
        const verdict = await put({ scene: { tcbInfo: changed } });
        // Beside what Intel signs stands the signature, whose hex digits may be of either case.
        if (changed !== tcbInfo && verdict.outcome === "verified")
          expect(JSON.parse(changed).tcbInfo).toEqual(JSON.parse(tcbInfo).tcbInfo);
        expect(verdict.checks.some(({ code }) => code === "internal-error")).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it("as any JSON in place of collateral", async () => {
    const names = [
      "tcbInfo",
      "enclaveIdentity",
      "tcbEvaluationDataNumbers",
      "tcb_info",
      "qe_identity",
      "pck_crl",
      "root_ca_crl",
      "pck_certificate_chain",
      "signature",
      "tcb_info_signature",
      "tcb_info_issuer_chain",
    ];
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 3 })), async (object) => {
        const verdict = await put({ scene: { qeIdentity }, more: [JSON.stringify(object)] });
        expect(verdict.checks.some(({ code }) => code === "internal-error")).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});

it("a root that may be Intel's by name alone does not become an anchor by coming along", async () => {
  const rogue = forgeRoot({ key: INTEL_KEYS.attacker, issuerKey: INTEL_KEYS.attacker });
  const list = forgeRootCrl({ issuerKey: INTEL_KEYS.attacker });
  expect(await say({ more: [rogue], scene: { rootCrl: list } })).toBe(
    "rejected, roots root-not-pinned, revocation crl-signature-invalid",
  );
});
