/** Row 29 of sev-snp.md: each fault of a utility VM's endorsement with its code, beside its good neighbour. */
import { describe, expect, it } from "vitest";
import { type AciRequest, forgeAci } from "../../../fixtures/azure/aci.js";
import { oid, sequence } from "../../../fixtures/der.js";
import { testKey } from "../../../fixtures/keys.js";
import { forgeManifest, type JsonMembers } from "../../../fixtures/manifest/manifest.js";
import { extension } from "../../../fixtures/x509.js";
import { verify } from "../../../src/azure.js";
import { reportDataFor } from "../../../src/challenge.js";
import { type Crypto, CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { headlineOf } from "../../../src/messages/headline.js";
import type { Verdict } from "../../../src/verdict.js";
import { itSays } from "../../support/said.js";

type Options = Parameters<typeof verify>[1];

function judge(
  request: AciRequest = {},
  changes: Partial<Options> = {},
  form: (json: string) => string = (json) => json,
): Promise<Verdict> {
  const { json, snp, root } = forgeAci(request);
  return verify(form(json), {
    accept: ["azure-aci"],
    expected: { "azure-aci": { minimumSvn: 100, hostData: snp.fields.hostData } },
    binding: { reportData: snp.fields.reportData },
    trustAnchors: { ...snp.trustAnchors, microsoft: [root] },
    at: snp.at,
    ...changes,
  });
}

const failed = (verdict: Verdict): readonly string[] =>
  verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id}: ${code}`);

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const rows: readonly {
  readonly name: string;
  readonly bad: AciRequest;
  readonly good?: AciRequest;
  readonly fails: string;
}[] = [
  { name: "alg none", bad: { alg: 0 }, fails: "azure-aci/uvm-signature: malformed" },
  {
    name: "another algorithm",
    bad: { alg: -37, algorithm: { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 } },
    fails: "azure-aci/uvm-signature: signature-invalid",
  },
  {
    name: "another signer",
    bad: { signer: testKey("rsa2048-4") },
    fails: "azure-aci/uvm-signature: signature-invalid",
  },
  {
    name: "x5chain in another order",
    bad: { chain: ([leaf, authority, root]) => [authority, leaf, root] as Uint8Array[] },
    fails: "azure-aci/uvm-signature: signature-invalid",
  },
  { name: "x5chain of two", bad: { chain: (chain) => chain.slice(0, 2) }, fails: "azure-aci/format: malformed" },
  {
    name: "did:x509 names another root",
    bad: { didRoot: "A".repeat(43) },
    fails: "azure-aci/uvm-issuer: did-mismatch",
  },
  { name: "did:x509 names another purpose", bad: { didUsage: "1.2.3" }, fails: "azure-aci/uvm-issuer: did-mismatch" },
  { name: "the signer has another purpose", bad: { usage: "1.2.3" }, fails: "azure-aci/uvm-issuer: did-mismatch" },
  { name: "another feed", bad: { feed: "ContainerPlat" }, fails: "azure-aci/uvm-feed: feed-not-accepted" },
  {
    name: "security version below the floor",
    bad: { svn: "99" },
    good: { svn: "101" },
    fails: "azure-aci/build: build-mismatch",
  },
  {
    name: "another measurement",
    bad: { measurement: new Uint8Array(48) },
    fails: "azure-aci/uvm-measurement: uvm-measurement-mismatch",
  },
  {
    name: "the leaf had expired when it signed",
    bad: { leaf: { notAfter: day("2025-05-31") } },
    good: { leaf: { notAfter: day("2025-06-02") } },
    fails: "azure-aci/uvm-path: certificate-expired",
  },
  {
    name: "the leaf was not yet valid when it signed",
    bad: { leaf: { notBefore: day("2025-06-02") } },
    fails: "azure-aci/uvm-path: certificate-not-yet-valid",
  },
  {
    name: "the leaf is another authority's",
    bad: { leaf: { issuerKey: testKey("rsa2048-4") } },
    fails: "azure-aci/uvm-path: certificate-signature-invalid",
  },
];

describe("Azure container groups: row 29", () => {
  for (const { name, bad, good, fails } of rows) {
    it(`${name} is rejected`, async () => {
      const verdict = await judge(bad);
      expect(verdict.outcome).toBe("rejected");
      expect(failed(verdict)).toContain(fails);
    });
    it(`${name}: the good neighbour is verified`, async () => {
      const verdict = await judge(good);
      expect([verdict.outcome, failed(verdict), verdict.covers]).toEqual(["verified", [], "launch"]);
    });
  }

  it("the policy's digest must be the host data", async () => {
    const expected = { "azure-aci": { hostData: new Uint8Array(32).fill(9) } };
    expect(failed(await judge({}, { expected }))).toEqual(["azure-aci/build: build-mismatch"]);
  });

  it("another root is no anchor, and without endorsement nothing is known", async () => {
    const { snp } = forgeAci();
    expect(failed(await judge({}, { trustAnchors: snp.trustAnchors }))).toEqual([
      "azure-aci/uvm-path: root-not-pinned",
    ]);
    const verdict = await judge(
      { withoutEndorsement: true },
      { expected: { "azure-aci": { hostData: snp.fields.hostData } } },
    );
    expect([verdict.outcome, failed(verdict)]).toEqual(["undetermined", []]);
  });

  it("covers firmware where the policy is not pinned, and answers its nonce", async () => {
    const expected = { "azure-aci": { minimumSvn: 1 } };
    expect((await judge({}, { expected, covers: "firmware" })).covers).toBe("firmware");
    expect(failed(await judge({}, { binding: { reportData: new Uint8Array(64).fill(8) } }))).toEqual([
      "azure-aci/binding: binding-mismatch",
      "sev-snp/report-data: report-data-mismatch",
    ]);
  });
});

describe("Azure container groups: what the reference does not promise of the signer", () => {
  const purpose = (critical: boolean): Uint8Array =>
    extension.raw("2.5.29.37", sequence(oid("1.3.6.1.4.1.311.76.59.1.2")), critical);

  it.each([
    ["without keyUsage, constraints and key identifiers", [purpose(false)]],
    ["with its purpose as critical", [purpose(true)]],
  ])("a certificate %s is taken", async (_, extensions) => {
    expect((await judge({ leaf: { extensions } })).outcome).toBe("verified");
  });

  it("a certificate for signing certificates alone is refused", async () => {
    const extensions = [purpose(false), extension.keyUsage(["keyCertSign"])];
    expect(failed(await judge({ leaf: { extensions } }))).toEqual(["azure-aci/uvm-path: certificate-key-usage"]);
  });
});

const real = defaultCrypto() as Crypto;

describe("Azure container groups: a root that hashes to the pin", () => {
  const PIN = Buffer.from("23ffe2b8bdb9a1711515d4cffda04bc7f793d513c76c243f1020507d8669b7db", "hex");
  const path = ({ checks }: Verdict): readonly unknown[] => {
    const check = checks.find(({ id }) => id === "azure-aci/uvm-path");
    return [check?.status, check?.code, check?.params.anchors];
  };
  /** Nobody has a second certificate of that hash: a back end that says so of ours stands in for it. */
  const pinned = (request: AciRequest, more: (root: Uint8Array) => object = () => ({})): Promise<Verdict> => {
    const { root, snp } = forgeAci(request);
    const crypto: Crypto = {
      ...real,
      digest: (hash, message) =>
        Buffer.compare(message, root) === 0 ? Promise.resolve(PIN) : real.digest(hash, message),
    };
    const didRoot = PIN.toString("base64url");
    return judge({ ...request, didRoot }, { crypto, trustAnchors: { ...snp.trustAnchors, ...more(root) } });
  };

  it("is the anchor, and counts for nothing where the caller names others", async () => {
    const verdict = await pinned({});
    expect([verdict.outcome, path(verdict)]).toEqual(["verified", ["passed", undefined, "pinned"]]);
    const [other] = forgeAci().snp.trustAnchors.amd as readonly [Uint8Array];
    expect(path(await pinned({}, () => ({ microsoft: [other] })))).toEqual(["failed", "root-not-pinned", undefined]);
    const own = await pinned({}, (root) => ({ microsoft: [other, root] }));
    expect([own.outcome, path(own)]).toEqual(["verified", ["passed", undefined, "custom"]]);
  });
  it("is no anchor of what another signed", async () =>
    expect(path(await pinned({ leaf: { issuerKey: testKey("rsa2048-4") } }))).toEqual([
      "failed",
      "certificate-signature-invalid",
      undefined,
    ]));
});

const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const NONCE = new Uint8Array(32).fill(7);
const { hostData } = forgeAci().snp.fields;
const none = new Uint8Array(32);
const builds = (...listed: readonly (readonly [label: string, values: JsonMembers])[]): Promise<Verdict> => {
  const platforms = listed.map(([label, values]) => ({ kind: "azure-aci", label, values }));
  const { text, hash } = forgeManifest({ platforms });
  return judge({}, { expected: hash }, (json) => JSON.stringify({ "tee-verify": 1, evidence: json, manifest: text }));
};
const of = (data: Uint8Array, minimumSvn: number): JsonMembers => ({
  hostData: Buffer.from(data).toString("hex"),
  minimumSvn,
});
itSays(
  "azure",
  {
    "a genuine group": () => judge(),
    ...Object.fromEntries(rows.map(({ name, bad }) => [name, () => judge(bad)])),
    "any build": () => judge({}, { expected: "any-build" }),
    "any build, without endorsement": () => judge({ withoutEndorsement: true }, { expected: "any-build" }),
    "without endorsement": () => judge({ withoutEndorsement: true }),
    "without endorsement, and its policy alone": () =>
      judge({ withoutEndorsement: true }, { expected: { "azure-aci": { hostData } } }),
    "its policy alone": () => judge({}, { expected: { "azure-aci": { hostData } } }),
    "its security version alone": () =>
      judge({}, { expected: { "azure-aci": { minimumSvn: 100 } }, covers: "firmware" }),
    "one of two policies": () => judge({}, { expected: { "azure-aci": { hostData: [none, hostData] } } }),
    "one of two policies, the first": () => judge({}, { expected: { "azure-aci": { hostData: [hostData, none] } } }),
    "none of two policies": () =>
      judge({}, { expected: { "azure-aci": { hostData: [none, new Uint8Array(32).fill(9)] } } }),
    "another feed that is taken": () =>
      judge({ feed: "Other" }, { policy: { "azure-aci": { feeds: ["ContainerPlat-AMD-UVM", "Other"] } } }),
    "a root that is not pinned": () => judge({}, { trustAnchors: forgeAci().snp.trustAnchors }),
    "a signer without a purpose": () => judge({ leaf: { extensions: [] } }),
    "a signer whose purpose cannot be read": () =>
      judge({ leaf: { extensions: [extension.raw("2.5.29.37", Uint8Array.of(4, 0), false)] } }),
    "an endorsement that is nothing": () => judge({}, { endorsements: [Uint8Array.of(1, 2, 3)] }),
    "an endorsement beside it": () => judge({}, { endorsements: [forgeAci().root] }),
    "an issuer that is no did:x509": () => judge({ didRoot: "?" }),
    "no binding": () => judge({}, { binding: "unbound" }),
    "a nonce": async () =>
      judge({ snp: { report: { reportData: await reportDataFor({ nonce: NONCE }) } } }, { binding: { nonce: NONCE } }),
    "a nonce, without hashes": () => judge({}, { binding: { nonce: NONCE }, crypto: { ...real, digest: unavailable } }),
    "without signatures": () => judge({}, { crypto: { ...real, verify: unavailable } }),
    "a build without its manifest": () => judge({}, { expected: `build:sha256:${"00".repeat(32)}` }),
    "a build of another kind": () => judge({}, { expected: { tdx: { mrtd: "00".repeat(48) } }, covers: "firmware" }),
    "several builds, the right one first": () => builds(["right", of(hostData, 100)], ["wrong", of(none, 100)]),
    "several builds, the right one last": () => builds(["wrong", of(none, 100)], ["right", of(hostData, 100)]),
    "several builds, of which parts are right": () => builds(["policy", of(hostData, 101)], ["version", of(none, 100)]),
  },
  "said-aci.json",
);

describe("Azure container groups: what is missing or asked otherwise", () => {
  const status = ({ checks }: Verdict, name: string): string | undefined => {
    const check = checks.find(({ id }) => id === `azure-aci/${name}`);
    return check?.code ?? check?.status;
  };
  const withUvm = (uvm: unknown): Promise<Verdict> => {
    const { json, snp } = forgeAci();
    const text = Buffer.from(JSON.stringify({ Uvm: uvm })).toString("base64");
    return verify(JSON.stringify({ ...JSON.parse(json), Endorsements: text }), {
      expected: "any-build",
      binding: "unbound",
      trustAnchors: snp.trustAnchors,
      at: snp.at,
    });
  };

  it("without endorsement each of its checks stays open", async () => {
    const verdict = await judge({ withoutEndorsement: true }, { expected: "any-build" });
    const names = ["uvm-signature", "uvm-issuer", "uvm-path", "uvm-feed", "uvm-measurement"];
    expect(names.map((name) => status(verdict, name))).toEqual([
      "uvm-endorsement-missing",
      "skipped",
      "skipped",
      "skipped",
      "skipped",
    ]);
  });

  it.each([[["AA==", "AA=="]], ["AA=="], [{}]])("endorsements %j are malformed", async (uvm) =>
    expect(failed(await withUvm(uvm))).toEqual(["azure-aci/format: malformed"]),
  );
  it("an endorsement that stands there twice is malformed", async () => {
    const { Endorsements } = JSON.parse(forgeAci().json) as { Endorsements: string };
    const { Uvm } = JSON.parse(Buffer.from(Endorsements, "base64url").toString()) as { Uvm: readonly string[] };
    expect(failed(await withUvm([...Uvm, ...Uvm]))).toEqual(["azure-aci/format: malformed"]);
    expect(failed(await withUvm(Uvm))).toEqual(["azure-aci/uvm-path: root-not-pinned"]);
    expect(failed(await withUvm("AA=="))).toEqual(["azure-aci/format: malformed"]);
  });
  it("no text of endorsements is none", async () => {
    const form = (json: string): string => JSON.stringify({ ...JSON.parse(json), Endorsements: "" });
    const verdict = await judge({}, { expected: "any-build" }, form);
    expect([verdict.outcome, failed(verdict)]).toEqual(["undetermined", []]);
  });
  it.each(["SnpReport", "VcekCertChain"])("without %s as text it is no such evidence", async (name) => {
    for (const value of [undefined, 5]) {
      const verdict = await judge({}, {}, (json) => JSON.stringify({ ...JSON.parse(json), [name]: value }));
      expect([verdict.outcome, verdict.parts[0]?.kind]).not.toEqual(["verified", "azure-aci"]);
      expect(verdict.checks.some(({ id }) => id.startsWith("azure-aci/"))).toBe(false);
    }
  });
  it("claims what its endorsement says, and nothing without", async () => {
    const claimed = async (request: AciRequest): Promise<unknown> => (await judge(request)).parts[0]?.claims;
    expect(await claimed({})).toEqual({
      feed: "ContainerPlat-AMD-UVM",
      svn: 100,
      issuer: expect.stringMatching(/^did:x509:0:sha256:/),
      endorsedMeasurement: Buffer.from(forgeAci().snp.fields.measurement).toString("hex"),
    });
    expect(await claimed({ withoutEndorsement: true })).toEqual({
      feed: null,
      svn: null,
      issuer: null,
      endorsedMeasurement: null,
    });
  });
  it("is two processors' parts, and nothing is fetched for its own", async () => {
    const asked: string[] = [];
    const fetch = (async (address: string) => {
      asked.push(address);
      return new Response("no", { status: 404 });
    }) as never;
    const verdict = await judge({}, { fetch });
    expect(verdict.parts.map(({ path, role }) => [path, role])).toEqual([
      ["evidence", "cpu"],
      ["evidence.snp", "cpu"],
    ]);
    expect([verdict.outcome, asked.filter((address) => !address.startsWith("https://kdsintf.amd.com/"))]).toEqual([
      "verified",
      [],
    ]);
  });
  it("takes Microsoft's feed where policy says nothing of feeds", async () => {
    for (const policy of [{}, { "azure-aci": {} }]) expect((await judge({}, { policy })).outcome).toBe("verified");
  });
  it.each([
    [{ expected: { "azure-aci": {} } }, 'expected["azure-aci"] must demand something'],
    [{ expected: { "azure-aci": { minimumSvn: -1 } } }, 'expected["azure-aci"].minimumSvn'],
    [{ expected: { "azure-aci": { hostData: [] } } }, 'expected["azure-aci"].hostData'],
    [{ policy: { "azure-aci": { feeds: [] } } }, 'policy["azure-aci"].feeds'],
    [{ policy: { "azure-aci": { feed: "x" } } }, 'policy["azure-aci"]'],
  ])("what is asked in no form that there is, is a TypeError that names it: %j", async (changes, words) =>
    expect(judge({}, changes as never)).rejects.toThrow(words),
  );
  it("an empty list of endorsements is none", async () => {
    const verdict = await withUvm([]);
    expect([verdict.outcome, failed(verdict)]).toEqual(["undetermined", []]);
  });

  it("a build that is named by its hash alone leaves it open, an expectation of another kind rejects", async () => {
    const open = await judge({}, { expected: `build:sha256:${"00".repeat(32)}` });
    expect([open.outcome, status(open, "build")]).toEqual(["undetermined", "skipped"]);
    const other = await judge({}, { expected: { tdx: { mrtd: "00".repeat(48) } }, covers: "firmware" });
    expect([other.outcome, status(other, "build")]).toEqual(["rejected", "no-reference-values"]);
  });

  it("a machine that answers is no recording, in any of its parts", async () => {
    expect(headlineOf(await judge({})).caveats.map(({ id }) => id)).toEqual(["custom-anchors"]);
  });

  it("a binding that has no place rejects, and an expectation of nothing is a TypeError", async () => {
    expect(failed(await judge({}, { binding: { userData: new Uint8Array(8) } }))).toEqual([
      "azure-aci/binding: binding-unsupported",
      "sev-snp/report-data: binding-unsupported",
    ]);
    await expect(judge({}, { expected: { "azure-aci": {} } })).rejects.toThrow(/must demand something/);
  });
});
