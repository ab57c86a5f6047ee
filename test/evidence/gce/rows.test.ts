/** Row 28 of sev-snp.md and row 56 of dcap.md: each fault of a firmware endorsement with its code, beside its good neighbour. */
import { describe, expect, it } from "vitest";
import { configfsTsm, hex } from "../../../fixtures/amd/wrappers.js";
import { field, forgeGce, type GceForgery, type GceRequest } from "../../../fixtures/gce/endorsement.js";
import { testKey } from "../../../fixtures/keys.js";
import { verify } from "../../../src/gce.js";
import type { Verdict } from "../../../src/verdict.js";

type Options = Parameters<typeof verify>[1];

type Form = (forgery: GceForgery) => string | Uint8Array;

function judge(
  request: GceRequest = {},
  changes: Partial<Options> = {},
  form: Form = ({ json }) => json,
): Promise<Verdict> {
  const forgery = forgeGce(request);
  const { snp, root } = forgery;
  return verify(form(forgery), {
    accept: ["gce-cvm"],
    expected: { "gce-cvm": { minimumSvn: 3 } },
    covers: "firmware",
    binding: { reportData: snp.fields.reportData },
    trustAnchors: { ...snp.trustAnchors, google: [root] },
    at: snp.at,
    ...changes,
  });
}

const failed = (verdict: Verdict): readonly string[] =>
  verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id}: ${code}`);

const other = new Uint8Array(48).fill(2);
interface Row {
  readonly name: string;
  readonly bad: GceRequest;
  readonly good?: GceRequest;
  readonly options?: Partial<Options>;
  readonly fails: string;
}
const rows: readonly Row[] = [
  {
    name: "28 certificate by another root",
    bad: { certificate: { issuerKey: testKey("rsa4096-3") } },
    fails: "gce-cvm/endorsement-path: certificate-signature-invalid",
  },
  {
    name: "28 PSS with another salt",
    bad: { algorithm: { name: "RSA-PSS", hash: "SHA-256", saltLength: 20 } },
    fails: "gce-cvm/endorsement-signature: signature-invalid",
  },
  {
    name: "28 PSS with another hash",
    bad: { algorithm: { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 } },
    fails: "gce-cvm/endorsement-signature: signature-invalid",
  },
  {
    name: "28 another signer",
    bad: { signer: testKey("rsa4096-3") },
    fails: "gce-cvm/endorsement-signature: signature-invalid",
  },
  {
    name: "28 tampered golden measurement",
    bad: { tamper: (golden) => golden.map((byte, index) => (index === 3 ? byte ^ 1 : byte)) },
    fails: "gce-cvm/endorsement-signature: signature-invalid",
  },
  {
    name: "28 wrong number of processors",
    bad: {
      measurements: (own) => [
        [2, own],
        [4, other],
      ],
    },
    options: { policy: { "gce-cvm": { vmsas: 4 } } },
    fails: "gce-cvm/firmware: firmware-not-endorsed",
  },
  {
    name: "28 missing provenance",
    bad: { changelist: 0 },
    good: { changelist: 0, timestamp: new Date("2024-08-01T00:00:00Z") },
    fails: "gce-cvm/provenance: provenance-missing",
  },
  {
    name: "28 measurement not listed",
    bad: { measurements: () => [[4, other]] },
    fails: "gce-cvm/firmware: firmware-not-endorsed",
  },
  {
    name: "28 SVSM's measurement alone",
    bad: { measurements: () => [[4, other]], svsm: (own) => own },
    good: { svsm: () => other },
    fails: "gce-cvm/firmware: firmware-not-endorsed",
  },
  {
    name: "28 certificate not yet valid when it signed",
    bad: { certificate: { notBefore: new Date("2025-07-01T00:00:00Z") } },
    fails: "gce-cvm/endorsement-path: certificate-not-yet-valid",
  },
  {
    name: "28 certificate expired when it signed",
    bad: { certificate: { notAfter: new Date("2025-05-01T00:00:00Z") } },
    good: { certificate: { notAfter: new Date("2025-07-01T00:00:00Z") } },
    fails: "gce-cvm/endorsement-path: certificate-expired",
  },
  { name: "unknown field", bad: { extra: field(9, 1) }, fails: "gce-cvm/format: malformed" },
  {
    name: "field twice",
    bad: { extra: field(3, other), tamper: (golden) => Uint8Array.of(...golden, ...field(3, other)) },
    fails: "gce-cvm/format: malformed",
  },
  {
    name: "two measurements of one shape",
    bad: {
      measurements: (own) => [
        [4, own],
        [4, other],
      ],
    },
    fails: "gce-cvm/format: malformed",
  },
  {
    name: "old security version",
    bad: {},
    good: {},
    options: { expected: { "gce-cvm": { minimumSvn: 4 } } },
    fails: "gce-cvm/build: build-mismatch",
  },
  {
    name: "another nonce",
    bad: {},
    good: {},
    options: { binding: { reportData: new Uint8Array(64).fill(9) } },
    fails: "gce-cvm/binding: binding-mismatch",
  },
];
/** Faults of the question and not of the evidence: their neighbours ask otherwise. */
const OF_THE_QUESTION = ["old security version", "another nonce"];

describe("Google confidential VMs: firmware endorsements", () => {
  for (const { name, bad, good = {}, options, fails } of rows) {
    it(`${name} is rejected`, async () => {
      const verdict = await judge(bad, options);
      expect(verdict.outcome).toBe("rejected");
      expect(failed(verdict)).toContain(fails);
    });
    it(`${name}: the good neighbour is verified`, async () => {
      const verdict = await judge(good, OF_THE_QUESTION.includes(name) ? {} : options);
      expect([verdict.outcome, failed(verdict), verdict.covers]).toEqual(["verified", [], "firmware"]);
    });
  }

  it("does not cover the launch", async () => {
    expect(failed(await judge({}, { covers: "launch" }))).toEqual(["evidence/covers: covers-too-little"]);
  });

  it("a root that arrives is no anchor unless it hashes to the pin", async () => {
    const { snp } = forgeGce();
    expect(failed(await judge({}, { trustAnchors: snp.trustAnchors }))).toEqual([
      "gce-cvm/endorsement-path: root-not-pinned",
    ]);
  });

  it("of several roots of the caller's takes the one that issued the certificate", async () => {
    const { snp, root } = forgeGce();
    const [other] = snp.trustAnchors.amd;
    const trustAnchors = { ...snp.trustAnchors, google: [other as Uint8Array, root] };
    expect((await judge({}, { trustAnchors })).outcome).toBe("verified");
  });
});

describe("an endorsement in the report's certificate table", () => {
  const REPORT = 1184;
  const { snp } = forgeGce();
  const tsm: Form = ({ extended }) =>
    JSON.stringify(configfsTsm(extended.subarray(0, REPORT), extended.subarray(REPORT)));
  const forms: readonly (readonly [string, Form])[] = [
    ["as bytes", ({ extended }) => extended],
    ["as hex", ({ extended }) => hex(extended)],
    ["from configfs-tsm", tsm],
  ];
  const endorsements = snp.endorsements;

  it.each(forms)("%s: one verdict, the report's own part inside", async (_, form) => {
    const verdict = await judge({}, { endorsements }, form);
    expect([verdict.outcome, failed(verdict), verdict.covers]).toEqual(["verified", [], "firmware"]);
    expect(verdict.parts.map(({ path, kind }) => [path, kind])).toEqual([
      ["evidence", "gce-cvm"],
      ["evidence.snp", "sev-snp"],
    ]);
  });

  it.each(forms)("%s: what it does not list is rejected", async (_, form) => {
    const verdict = await judge({ measurements: () => [[4, other]] }, { endorsements }, form);
    expect(failed(verdict)).toEqual(["gce-cvm/firmware: firmware-not-endorsed"]);
  });

  const changed =
    (change: (bytes: Uint8Array) => void): Form =>
    ({ extended }) => {
      const bytes = extended.slice();
      change(bytes);
      return bytes;
    };
  const ENTRY = REPORT + 24;
  it.each([
    ["lies outside the table", changed((bytes) => bytes.set([255, 255, 255, 255], ENTRY + 16))],
    ["overlaps the entries", changed((bytes) => bytes.set([0, 0, 0, 0], ENTRY + 16))],
    ["has no bytes", changed((bytes) => bytes.set([0, 0, 0, 0], ENTRY + 20))],
    ["is cut short", ({ extended }: GceForgery) => extended.subarray(0, -1)],
  ])("that %s is malformed", async (_, form) =>
    expect(failed(await judge({}, { endorsements }, form))).toEqual(["evidence/recognised: malformed"]),
  );

  it("of another GUID is none: the report is one of SEV-SNP's alone", async () => {
    const verdict = await judge(
      {},
      { endorsements },
      changed((bytes) => bytes.set([0], ENTRY)),
    );
    expect(failed(verdict)).toContain("evidence/accepted-kind: kind-not-accepted");
    expect(verdict.parts.map(({ kind }) => kind)).toEqual(["sev-snp"]);
  });
});

describe("Google confidential VMs: what is missing or asked otherwise", () => {
  const status = ({ checks }: Verdict, name: string): string | undefined => {
    const check = checks.find(({ id }) => id === `gce-cvm/${name}`);
    return check?.code ?? check?.status;
  };

  it("without its root the endorsement's path stays open", async () => {
    const { snp } = forgeGce();
    const verdict = await judge({ withoutBundle: true }, { trustAnchors: snp.trustAnchors });
    expect([verdict.outcome, failed(verdict), status(verdict, "endorsement-path")]).toEqual([
      "undetermined",
      [],
      "root-missing",
    ]);
  });

  it("a build that is named by its hash alone leaves it open, an expectation of another kind rejects", async () => {
    const open = await judge({}, { expected: `build:sha256:${"00".repeat(32)}` });
    expect([open.outcome, status(open, "build")]).toEqual(["undetermined", "skipped"]);
    const none = await judge({}, { expected: { tdx: { mrtd: "00".repeat(48) } } });
    expect([none.outcome, status(none, "build")]).toEqual(["rejected", "no-reference-values"]);
  });

  it("another firmware file rejects, and the one that is endorsed passes", async () => {
    const firmware = (value: number) => ({ "gce-cvm": { firmware: new Uint8Array(48).fill(value) } });
    expect(failed(await judge({}, { expected: firmware(6) }))).toEqual(["gce-cvm/build: build-mismatch"]);
    expect((await judge({}, { expected: firmware(5) })).outcome).toBe("verified");
  });

  it("a binding that has no place rejects, and an expectation of nothing is a TypeError", async () => {
    expect(failed(await judge({}, { binding: { userData: new Uint8Array(8) } }))).toEqual([
      "gce-cvm/binding: binding-unsupported",
    ]);
    await expect(judge({}, { expected: { "gce-cvm": {} } })).rejects.toThrow(/must demand something/);
  });
});

describe("Google confidential VMs: members of the JSON that are none", () => {
  const reason = async (request: Parameters<typeof forgeGce>[0], changes: object): Promise<unknown> => {
    const { json, snp, root } = forgeGce(request);
    const verdict = await verify(JSON.stringify({ ...JSON.parse(json), ...changes }), {
      expected: "any-build",
      binding: "unbound",
      trustAnchors: { ...snp.trustAnchors, google: [root] },
      at: snp.at,
    });
    return verdict.checks.find(({ id }) => id === "gce-cvm/format")?.params.reason;
  };

  it.each([
    ["certificates that are no list", {}, { certificates: "x" }, /no list of 16/],
    ["seventeen certificates", {}, { certificates: new Array(17).fill("AAAA") }, /no list of 16/],
    ["a certificate that is no text", {}, { certificates: [1] }, /not text/],
    ["a measurement of 47 bytes", { measurements: () => [[2, new Uint8Array(47)]] as const }, {}, /not of 48 bytes/],
  ])("%s are malformed", async (_, request, changes, words) => expect(await reason(request, changes)).toMatch(words));
  it("and as they are, they are read", async () => expect(await reason({}, {})).toBeUndefined());
});
