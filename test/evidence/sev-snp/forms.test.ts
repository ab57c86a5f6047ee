/** The same report in every outer form gives the same findings; forms that are broken are refused. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../../fixtures/amd/snp.js";
import {
  bundle,
  certificateTable,
  chainEntry,
  configfsTsm,
  hex,
  kernelResponse,
  nodeAttestation,
  reportFields,
  reportWithChain,
  TABLE_GUID,
  type TableEntry,
} from "../../../fixtures/amd/wrappers.js";
import { pem } from "../../../fixtures/x509.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import type { EvidenceSource } from "../../../src/evidence/envelope.js";
import { readCertificateTable } from "../../../src/evidence/sev-snp/wrappers.js";
import { inspect, verify } from "../../../src/sev-snp.js";
import type { Verdict } from "../../../src/verdict.js";
import { describeShared, hasShared } from "../../support/shared.js";
import { realCases } from "./corpus.js";
import { check, type Options, optionsFor } from "./support.js";

const forged = forgeSnp({ version: 5, product: "Genoa" });
const { report, ek, issuer, ark } = forged;
const base64 = Buffer.from(report).toString("base64");
const extended = Buffer.from(forged.extended);
const spaced = (text: string): string => `\n ${text.replace(/.{64}/g, "$&\r\n")}\t\n`;

/** Certificates come with the evidence in these. */
const WITH_TABLE: Readonly<Record<string, EvidenceSource>> = {
  "an extended report": forged.extended,
  "an extended report as hex": extended.toString("hex"),
  "an extended report as base64": extended.toString("base64"),
  "configfs-tsm with its auxblob": JSON.stringify(configfsTsm(report, forged.extended.subarray(1184))),
  "a bundle of an extended report": bundle(forged.extended, []),
  "a bundle with DER": bundle(report, [ek, issuer]),
  "a bundle with PEM": bundle(report, [pem("CERTIFICATE", ek, issuer)]),
  "a bundle of hex as JSON text": JSON.stringify(bundle(hex(report), [ek, issuer])),
  "a bundle of JSON": bundle(JSON.stringify(nodeAttestation(report)), [ek, issuer]),
  "a report with its chain": JSON.stringify(reportWithChain(report, { vcek: ek, ask: issuer })),
  "a report with its chain under its platform": JSON.stringify({
    version: "c8s-verify/v1",
    platform: "snp",
    generation: "genoa",
    evidence: reportWithChain(report, { vcek: ek, ask: issuer }),
  }),
  "a report with its chain in PEM": JSON.stringify({
    attestation_report: base64,
    cert_chain: { vcek: pem("CERTIFICATE", ek), ask: pem("CERTIFICATE", issuer) },
  }),
  "a report's fields with certificates": JSON.stringify({
    attestation_report: reportFields(report, 8),
    cert_chain: [
      chainEntry("VCEK", ek),
      chainEntry("ASK", issuer),
      chainEntry({ OTHER: "00112233-4455-6677-8899-aabbccddeeff" }, Uint8Array.of(1, 2)),
      chainEntry("Empty", new Uint8Array()),
    ],
  }),
  "a table in pages": Uint8Array.from([...forged.extended, ...new Uint8Array(4096)]),
  "a table of PEM": Uint8Array.from([
    ...report,
    ...certificateTable([
      { guid: TABLE_GUID.vcek, contents: Buffer.from(pem("CERTIFICATE", ek)) },
      { guid: TABLE_GUID.ask, contents: Buffer.from(`${pem("CERTIFICATE", issuer)}\0`) },
    ]),
  ]),
  "a table with entries that mean nothing here": Uint8Array.from([
    ...report,
    ...certificateTable([
      { guid: TABLE_GUID.platform, contents: Uint8Array.of(8, 0, 0, 0, 1, 2, 3, 4) },
      { guid: TABLE_GUID.gceFirmware, contents: Uint8Array.of(10, 1, 0) },
      { guid: "00112233445566778899aabbccddeeff", contents: Uint8Array.of(1, 2, 3) },
      { guid: TABLE_GUID.vlek, contents: new Uint8Array() },
      { guid: TABLE_GUID.vcek, contents: ek },
      { guid: TABLE_GUID.ask, contents: issuer },
    ]),
  ]),
};

/** Certificates are given beside the evidence. */
const BARE: Readonly<Record<string, EvidenceSource>> = {
  "a bare report": report,
  "a view into a larger buffer": Uint8Array.from([1, 2, 3, ...report, 4]).subarray(3, 1187),
  "an ArrayBuffer": Uint8Array.from(report).buffer,
  "a kernel response of 4000 bytes": kernelResponse(report),
  "a kernel response of 1216 bytes": kernelResponse(report, 1216),
  "a report in its response buffer without the header": Uint8Array.from([
    ...report,
    ...new Uint8Array(4000 - 32 - 1184),
  ]),
  "lowercase hex": hex(report),
  "uppercase hex": hex(report).toUpperCase(),
  "hex with 0x": `0x${hex(report)}`,
  "hex in lines": spaced(hex(report)),
  "hex as bytes": new TextEncoder().encode(hex(report)),
  base64,
  "base64 without padding": base64.replace(/=+$/, ""),
  base64url: Buffer.from(report).toString("base64url"),
  "base64url with padding": base64.replaceAll("+", "-").replaceAll("/", "_"),
  "base64 in lines": spaced(base64),
  PEM: pem("SEV SNP REPORT", report),
  "configfs-tsm": JSON.stringify(configfsTsm(report)),
  "configfs-tsm without a provider": JSON.stringify({ outblob: base64 }),
  "configfs-tsm with an empty auxblob": JSON.stringify({ ...configfsTsm(report), auxblob: "" }),
  "a node attestation": JSON.stringify(nodeAttestation(report)),
  "a node attestation of a response buffer": JSON.stringify(nodeAttestation(kernelResponse(report))),
  "a node attestation without its frame": JSON.stringify(nodeAttestation(report).attestation),
  "a report without its chain": JSON.stringify(reportWithChain(report)),
  "a report's fields": JSON.stringify(reportFields(report, 8)),
  "a report's fields with the reserved ones": JSON.stringify(reportFields(report, 5)),
  "a report's fields and null for a chain": JSON.stringify({
    attestation_report: reportFields(report, 5),
    cert_chain: null,
  }),
};

/** What was found, without what names the form. */
function findings(verdict: Verdict): unknown {
  return verdict.checks
    .filter(({ id }) => !id.startsWith("evidence/") && id !== "sev-snp/supplied-certificates")
    .map(({ id, status, code, params }) => ({ id, status, code, params }));
}

const options = optionsFor(forged);
const { endorsements: _, ...bare } = options;
const reference = findings(await verify(report, options));

describe("forms of evidence", () => {
  it.each(Object.entries(BARE))("%s", async (_name, evidence) => {
    const verdict = await verify(evidence, options);
    expect(verdict.outcome).toBe("verified");
    expect(findings(verdict)).toEqual(reference);
    expect(inspect(evidence).unverifiedClaims).toMatchObject({ measurement: hex(forged.fields.measurement) });
  });

  it.each(Object.entries(WITH_TABLE))("%s brings its certificates along", async (_name, evidence) => {
    const verdict = await verify(evidence, bare as Options);
    expect(verdict.outcome).toBe("verified");
    expect(findings(verdict)).toEqual(reference);
  });

  it.each([
    ["DER", [ek, issuer]],
    ["PEM in one text", [pem("CERTIFICATE", ek, issuer)]],
    ["PEM as bytes", [Buffer.from(pem("CERTIFICATE", ek)), Buffer.from(pem("CERTIFICATE", issuer))]],
    ["ArrayBuffers", [Uint8Array.from(ek).buffer, Uint8Array.from(issuer).buffer]],
    ["each twice, and PEM beside DER", [ek, pem("CERTIFICATE", ek, issuer), issuer, ek]],
  ] as const)("endorsements as %s", async (_name, endorsements) => {
    const verdict = await verify(report, { ...bare, endorsements });
    expect(findings(verdict)).toEqual(reference);
  });

  it("a CRL as PEM counts as one in DER does", async () => {
    const list = pem("X509 CRL", forged.crl());
    const verdict = await verify(report, { ...bare, endorsements: [ek, issuer, list] });
    expect(check(verdict, "sev-snp/revocation")?.status).toBe("passed");
  });

  it("the verdict names the evidence by the digest of what was given", async () => {
    const [bytes, text] = await Promise.all([verify(report, options), verify(hex(report), options)]);
    expect(bytes.meta.evidenceSha256).not.toBe(text.meta.evidenceSha256);
  });
});

const good: readonly TableEntry[] = [
  { guid: TABLE_GUID.ark, contents: ark },
  { guid: TABLE_GUID.ask, contents: issuer },
  { guid: TABLE_GUID.vcek, contents: ek },
];
const [first, second, third] = good as [TableEntry, TableEntry, TableEntry];
const littleEndian = "8d75da6364e66445adc5f4b93be8accd";

/** Rows 24 and S62. */
const BROKEN_TABLES: Readonly<Record<string, Uint8Array>> = {
  "an offset into the entries": certificateTable([{ ...first, offset: 95 }, second, third]),
  "an entry of nobody's that names the entries": certificateTable([
    ...good,
    { guid: "ab".repeat(16), contents: new Uint8Array(), offset: 0, length: 24 },
  ]),
  "an offset of zero": certificateTable([{ ...first, offset: 0 }, second, third]),
  "a length beyond the end": certificateTable([first, second, { ...third, length: third.contents.length + 1 }]),
  "an offset at 2^32 - 1": certificateTable([{ ...first, offset: 0xffffffff }, second, third]),
  "an offset and length that wrap at 2^32": certificateTable([
    { ...first, offset: 0xffffff00, length: 0x200 },
    second,
    third,
  ]),
  "certificates that overlap": certificateTable([first, { ...second, offset: 96 }, third]),
  "a GUID twice": certificateTable([first, second, { ...third, guid: TABLE_GUID.ask }]),
  "a GUID in little-endian order": certificateTable([first, second, { ...third, guid: littleEndian }]),
  "no closing entry": certificateTable(good, { unterminated: true }),
  "a closing entry with an offset": closedBadly(),
  "bytes behind the last certificate": certificateTable(good, { padding: Uint8Array.of(0, 0, 1) }),
  "seventeen entries": certificateTable(
    Array.from({ length: 17 }, (_, i) => ({
      guid: `${"ab".repeat(15)}${String(i).padStart(2, "0")}`,
      contents: Uint8Array.of(),
    })),
  ),
  "half an entry": new Uint8Array(12).fill(0x63),
  "one byte": Uint8Array.of(0),
  "more than 256 kB": new Uint8Array(262_145),
};

function closedBadly(): Uint8Array {
  const table = certificateTable(good);
  table[3 * 24 + 16] = 1;
  return table;
}

describe("certificate tables", () => {
  it("of the forge are read", () => expect(readCertificateTable(certificateTable(good)).length).toBe(3));

  it.each(Object.entries(BROKEN_TABLES))("with %s are refused", async (_name, table) => {
    expect(() => readCertificateTable(table)).toThrow(MalformedError);
    const verdict = await verify(Uint8Array.from([...report, ...table]), options);
    expect(verdict.outcome).toBe("rejected");
    expect(check(verdict, "evidence/recognised")).toMatchObject({ status: "failed", code: "malformed" });
  });

  it("with a certificate that is none are refused", async () => {
    const table = certificateTable([
      first,
      second,
      { ...third, contents: ek.map((byte, i) => (i === 4 ? byte ^ 1 : byte)) },
    ]);
    const verdict = await verify(Uint8Array.from([...report, ...table]), options);
    expect(check(verdict, "evidence/endorsements")).toMatchObject({ status: "failed", code: "malformed" });
  });
});

const response = kernelResponse(report);
const changed = (bytes: Uint8Array, offset: number, value: number): Uint8Array => {
  const copy = bytes.slice();
  copy[offset] = value;
  return copy;
};

/** Malformed, whatever check says so. */
const fields = reportFields(report, 8);
const BROKEN_FORMS: Readonly<Record<string, EvidenceSource>> = {
  "a response with an error status": changed(response, 0, 0x16),
  "a response with a reserved byte": changed(response, 31, 1),
  "a response with bytes behind the report": changed(response, 3999, 1),
  "a response of 1216 bytes with another size": changed(kernelResponse(report, 1216), 4, 0xa1),
  "hex with an odd digit": `${hex(report)}0`,
  "hex of a report cut short": hex(report).slice(0, -2),
  "base64 of a report cut short": Buffer.from(report.subarray(0, 1000)).toString("base64"),
  "PEM with text around it": `report: ${pem("SEV SNP REPORT", report)}`,
  "PEM of a certificate": pem("CERTIFICATE", ek),
  "configfs-tsm whose auxblob is no text": JSON.stringify({ ...configfsTsm(report), auxblob: 5 }),
  "configfs-tsm whose auxblob is a broken table": JSON.stringify({ ...configfsTsm(report), auxblob: base64 }),
  "configfs-tsm whose outblob is no text": JSON.stringify({ ...configfsTsm(report), outblob: null }),
  "configfs-tsm whose outblob is cut short": JSON.stringify(configfsTsm(report.subarray(0, 1183))),
  "a report with a list for a chain": JSON.stringify({ ...reportWithChain(report), cert_chain: [base64] }),
  "a report with a number in its chain": JSON.stringify({ ...reportWithChain(report), cert_chain: { vcek: 5 } }),
  "a report with a chain cut short": JSON.stringify(reportWithChain(report.subarray(0, 1183))),
  "a report with a chain that is no base64": JSON.stringify({ attestation_report: "*" }),
  "a report's fields with an object for a chain": JSON.stringify({
    attestation_report: fields,
    cert_chain: { vcek: base64 },
  }),
  "a report's fields with text in the chain": JSON.stringify({ attestation_report: fields, cert_chain: [base64] }),
  "a report's fields with a certificate that is text": JSON.stringify({
    attestation_report: fields,
    cert_chain: [{ cert_type: "VCEK", data: base64 }],
  }),
  "a report's fields with a certificate of more than bytes": JSON.stringify({
    attestation_report: fields,
    cert_chain: [{ cert_type: "VCEK", data: [48, 256] }],
  }),
  "a report's fields with another": JSON.stringify({ ...fields, fresh: 1 }),
  "a report's fields with another in a part": JSON.stringify({ ...fields, signature: { r: [], t: [] } }),
  "a report's fields with an object for bytes": JSON.stringify({ ...fields, measurement: { 0: 1 } }),
  "a report's fields with a short one": JSON.stringify({ ...fields, measurement: [1, 2] }),
  "a report's fields with a number too large": JSON.stringify({ ...fields, vmpl: 2 ** 32 }),
  "a report's fields with a negative number": JSON.stringify({ ...fields, vmpl: -1 }),
  "a report's fields with half a number": JSON.stringify({ ...fields, vmpl: 0.5 }),
  "a report's fields with text": JSON.stringify({ ...fields, vmpl: "0" }),
  "a report's fields with a number for bytes": JSON.stringify({ ...fields, chip_id: 5 }),
  "a report's fields with more than bytes": JSON.stringify({ ...fields, chip_id: new Array(64).fill(256) }),
  "a report beside another of configfs-tsm": JSON.stringify({ ...reportWithChain(report), ...configfsTsm(report) }),
  "a report beside another's fields": JSON.stringify({ ...reportWithChain(report), ...fields }),
  "a report beside evidence with another": JSON.stringify({
    ...configfsTsm(report),
    evidence: reportWithChain(report),
  }),
  "a node attestation of something else": JSON.stringify(nodeAttestation(ek)),
  "a node attestation that is no base64": JSON.stringify({ attestation: { type: "AMD_SEV_SNP", report: "*" } }),
};

describe("a report's fields", () => {
  it.each([
    ["Milan", 2],
    ["Milan", 3],
    ["Genoa", 3],
    ["Genoa", 5],
    ["Turin", 3],
    ["Turin", 5],
  ] as const)("of %s, version %i, are the bytes that were signed", async (product, version) => {
    const one = forgeSnp({ version, product });
    const turin = product === "Turin";
    const asked = { ...optionsFor(one), endorsements: [one.ek, one.issuer] };
    const expected = findings(await verify(one.report, asked));
    for (const crate of [5, 8] as const) {
      const verdict = await verify(JSON.stringify(reportFields(one.report, crate, turin)), asked);
      expect(findings(verdict)).toEqual(expected);
      expect(verdict.outcome).toBe("verified");
    }
  });

  it("that were changed are not what was signed", async () => {
    const measurement = [...(fields.measurement as number[])].map((byte) => byte ^ 1);
    const verdict = await verify(JSON.stringify({ ...fields, measurement }), options);
    expect(check(verdict, "sev-snp/report-signature")?.code).toBe("signature-invalid");
  });

  it("that lack their signature are of no form", async () => {
    const { signature: _signature, ...rest } = fields;
    const verdict = await verify(JSON.stringify(rest), options);
    expect(check(verdict, "evidence/recognised")?.code).toBe("unrecognised");
  });
});

describe("broken forms", () => {
  it.each(Object.entries(BROKEN_FORMS))("%s", async (_name, evidence) => {
    const verdict = await verify(evidence, options);
    expect(verdict.outcome).toBe("rejected");
    const failed = verdict.checks.filter(({ status }) => status === "failed");
    expect(failed.map(({ stage }) => stage)).toContain("parse");
    expect(failed.map(({ code }) => code).every((code) => code === "malformed" || code === "unrecognised")).toBe(true);
    expect(() => inspect(evidence)).toThrow(MalformedError);
  });

  it("JSON of another provider or kind is not taken for a report", async () => {
    for (const evidence of [
      { ...configfsTsm(report), provider: "tdx_guest" },
      { attestation: { type: "INTEL_TDX", report: base64 } },
      { report: base64 },
      { attestation_report: Buffer.from(ek).toString("base64") },
      { attestation_report: 5 },
      [base64],
    ]) {
      const verdict = await verify(JSON.stringify(evidence), options);
      expect(check(verdict, "evidence/recognised")?.status).toBe("failed");
    }
  });
});

const SOURCES: readonly (readonly [id: string, file: string])[] = [
  ["virtee-milan", "source-report_milan.hex"],
  ["veraison-tsm", "source-sevsnp-tsm-report.json"],
  ["lit-vcek", "source-data.json"],
];

describeShared("files as they were published", () => {
  const cases = hasShared ? realCases() : [];
  it.each(SOURCES)("%s in %s", async (id, file) => {
    const real = cases.find((one) => one.id === id);
    const asked = {
      expected: "any-build",
      binding: "unbound",
      at: real?.at as Date,
      endorsements: [real?.ek as Uint8Array],
    } as const;
    const [published, plain] = await Promise.all([
      verify(real?.file(file) as Uint8Array, asked),
      verify(real?.report as Uint8Array, asked),
    ]);
    expect(findings(published)).toEqual(findings(plain));
    expect(check(published, "sev-snp/report-signature")?.status).toBe("passed");
  });

  it("veraison's auxblob brings the certificates that its report needs", async () => {
    const real = cases.find(({ id }) => id === "veraison-tsm");
    const evidence = Uint8Array.from([...(real?.report ?? []), ...(real?.file("auxblob.bin") ?? [])]);
    const verdict = await verify(evidence, { expected: "any-build", binding: "unbound", at: real?.at as Date });
    expect(verdict.outcome).toBe("verified");
    expect(check(verdict, "sev-snp/supplied-certificates")?.params).toMatchObject({ count: 2 });
  });

  it.each(cases.filter(({ expected }) => expected === "authentic").map((real) => [real.id, real] as const))(
    "%s in every form",
    async (_id, real) => {
      const { ek: key = new Uint8Array(), at } = real;
      const asked = { expected: "any-build", binding: "unbound", at } as const;
      const given = { ...asked, endorsements: [key] };
      const expected = findings(await verify(real.report, given));
      const guid = real.facts.signing_key === "VLEK" ? TABLE_GUID.vlek : TABLE_GUID.vcek;
      const table = certificateTable([{ guid, contents: key }]);
      const verdicts = await Promise.all([
        verify(kernelResponse(real.report), given),
        verify(hex(real.report), given),
        verify(Buffer.from(real.report).toString("base64url"), { ...asked, endorsements: [pem("CERTIFICATE", key)] }),
        verify(Uint8Array.from([...real.report, ...table]), asked),
        verify(JSON.stringify(configfsTsm(real.report, table)), asked),
        verify(bundle(real.report, [key]), asked),
      ]);
      for (const verdict of verdicts) expect(findings(verdict)).toEqual(expected);
    },
  );
});

describe("configfs-tsm's two files", () => {
  const auxblob = forged.extended.subarray(1184);
  const ask = (endorsements: readonly Uint8Array[]): Promise<Verdict> =>
    verify(report, { ...optionsFor(forged), endorsements });

  it("are evidence and endorsement, and one behind the other they are an extended report", async () => {
    expect((await ask([])).outcome).toBe("undetermined");
    const apart = await ask([auxblob]);
    expect(apart.outcome).toBe("verified");
    const together = await verify(Uint8Array.from([...report, ...auxblob]), {
      ...optionsFor(forged),
      endorsements: [],
    });
    expect(together.outcome).toBe("verified");
    expect((await ask([new Uint8Array(4096), ek, issuer])).outcome).toBe("verified");
  });

  it.each([
    ["whose table is cut short", auxblob.subarray(0, 40)],
    ["whose certificate lies outside", auxblob.subarray(0, 200)],
    [
      "with GUIDs in little-endian order",
      Uint8Array.from(Buffer.from(`8d75da63646e5645${"adc5f4b93be8accd"}${"00".repeat(32)}`, "hex")),
    ],
    ["that begins with a GUID of nobody's", Uint8Array.from([1, ...auxblob.subarray(1)])],
  ])("are refused %s", async (_name, broken) =>
    expect(check(await ask([broken, ek, issuer]), "evidence/endorsements")).toMatchObject({
      status: "failed",
      code: "malformed",
    }),
  );
});

describe("the answer of Azure's host", () => {
  const answer = { vcekCert: pem("CERTIFICATE", ek), tcbm: "00", certificateChain: pem("CERTIFICATE", issuer, ark) };
  const text = (changes: object = {}): string => JSON.stringify({ ...answer, cacheControl: "86400", ...changes });
  const ask = (...endorsements: readonly string[]): Promise<Verdict> =>
    verify(report, { ...optionsFor(forged), endorsements });

  it("brings the certificates that a report needs, in base64 too", async () => {
    for (const given of [text(), Buffer.from(text()).toString("base64"), `${Buffer.from(text()).toString("base64")}\n`])
      expect((await ask(given)).outcome).toBe("verified");
  });

  it.each([
    ["without the chain", text({ certificateChain: undefined })],
    [
      "with a certificate that is none",
      text({ vcekCert: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----" }),
    ],
    ["with a certificate that is no text", text({ vcekCert: 1 })],
    ["cut short", text().slice(0, -1)],
    ["in base64 that is cut short", Buffer.from(text()).toString("base64").slice(0, -3)],
  ])("is refused %s", async (_name, broken) =>
    expect(check(await ask(broken), "evidence/endorsements")).toMatchObject({ status: "failed", code: "malformed" }),
  );

  it("is not looked for in other JSON", async () =>
    expect((await ask(JSON.stringify({ certificateChain: "x" }), text())).outcome).toBe("verified"));
});
