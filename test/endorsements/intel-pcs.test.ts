/** Collateral through `fetch`: from Intel's service or a PCCS, with its header chains and its forms of revocation lists. */
import { describe, expect, it } from "vitest";
import { integer } from "../../fixtures/der.js";
import { AT, forgeQeIdentity, forgeTcbInfo, quoteCollateral } from "../../fixtures/intel/collateral.js";
import {
  forgeCa,
  forgePck,
  forgePckCrl,
  forgeRoot,
  forgeRootCrl,
  forgeSigner,
  INTEL_KEYS,
  intelName,
} from "../../fixtures/intel/pki.js";
import { filled, forgeQuote } from "../../fixtures/intel/quote.js";
import { extension, pem } from "../../fixtures/x509.js";
import { memoryCache } from "../../src/endorsements/cache.js";
import { crlBytes } from "../../src/endorsements/intel-pcs.js";
import { fetchCollateral } from "../../src/evidence/dcap/fetch.js";
import { put, rightScene, say, summary, verifier } from "../support/dcap.js";
import { expectMalformed } from "../support/malformed.js";

const PCS = "https://api.trustedservices.intel.com";
const NOTHING = { tcbInfo: null, qeIdentity: null, signer: null, rootCrl: null, pckCrl: null } as const;
const PCK_CRL_EXTENSIONS = [extension.crlNumber(1), extension.authorityKeyId(INTEL_KEYS.platform)];
const CHAIN = encodeURIComponent(pem("CERTIFICATE", forgeSigner(), forgeRoot()));

interface Answering {
  readonly body: Uint8Array | string;
  readonly headers?: Record<string, string>;
}

/** Answers by the start of the path after the origin; `asked` collects what was asked for. */
function service(answers: Readonly<Record<string, Answering>>, asked: string[] = []): typeof globalThis.fetch {
  return async (input) => {
    const address = String(input);
    asked.push(address);
    const path = address.replace(/^https:\/\/[^/]+/, "");
    const found = Object.entries(answers).find(([start]) => path.startsWith(start))?.[1];
    if (found === undefined) return new Response("none", { status: 404 });
    return new Response(found.body as BodyInit, { headers: found.headers ?? {} });
  };
}

function intel(tee: "tdx" | "sgx" = "tdx"): Record<string, Answering> {
  const scene = rightScene(tee);
  return {
    [`/${tee}/certification/v4/tcb?`]: { body: scene.tcbInfo, headers: { "TCB-Info-Issuer-Chain": CHAIN } },
    [`/${tee}/certification/v4/qe/identity`]: {
      body: scene.qeIdentity,
      headers: { "SGX-Enclave-Identity-Issuer-Chain": CHAIN },
    },
    "/sgx/certification/v4/pckcrl?ca=platform": { body: scene.pckCrl },
    "/IntelSGXRootCA.der": { body: scene.rootCrl },
  };
}

const online = (fetch: typeof globalThis.fetch, more: object = {}) => ({ scene: NOTHING, options: { fetch, ...more } });

describe("what is missing is fetched", () => {
  it.each(["tdx", "sgx"] as const)("for %s, from the addresses of Intel's service", async (tee) => {
    const asked: string[] = [];
    expect(await say({ quote: { tee }, ...online(service(intel(tee), asked)) })).toBe("verified");
    expect(asked.sort()).toEqual(
      [
        `${PCS}/sgx/certification/v4/pckcrl?ca=platform&encoding=der`,
        `${PCS}/${tee}/certification/v4/qe/identity?update=standard`,
        `${PCS}/${tee}/certification/v4/tcb?fmspc=00806f050000&update=standard`,
        "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
      ].sort(),
    );
  });

  it("early where the policy asks for it", async () => {
    const asked: string[] = [];
    expect(await say({ ...online(service(intel(), asked)), tdx: { update: "early" } })).toBe("verified");
    expect(asked.filter((address) => address.includes("update=early")).length).toBe(2);
  });

  it("from the Processor CA's list where it issued the PCK", async () => {
    const asked: string[] = [];
    const answers = { ...intel(), "/sgx/certification/v4/pckcrl?ca=processor": { body: forgePckCrl("processor") } };
    const chain = [forgePck({ ca: "processor" }), forgeCa("processor"), forgeRoot()];
    expect(await say({ quote: { chain }, ...online(service(answers, asked)) })).toBe("verified");
    expect(asked.some((address) => address.includes("ca=processor"))).toBe(true);
  });

  it("from a PCCS, which writes lists in hex and has the root's under its own path", async () => {
    const asked: string[] = [];
    const { rootCrl, pckCrl } = rightScene("tdx");
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    const answers: Record<string, Answering> = {
      ...intel(),
      "/tdx/certification/v4/tcb?": {
        body: rightScene("tdx").tcbInfo,
        headers: { "SGX-TCB-Info-Issuer-Chain": CHAIN },
      },
      "/sgx/certification/v4/pckcrl": { body: hex(pckCrl) },
      "/sgx/certification/v4/rootcacrl": { body: hex(rootCrl) },
    };
    delete answers["/IntelSGXRootCA.der"];
    const mirrors = { [PCS]: "https://pccs.example" };
    expect(await say(online(service(answers, asked), { mirrors }))).toBe("verified");
    expect(
      asked.every((address) => /^https:\/\/(pccs\.example|certificates\.trustedservices\.intel\.com)\//.test(address)),
    ).toBe(true);
  });

  it("once, where a cache keeps it, and anew when it has expired", async () => {
    const asked: string[] = [];
    const cache = memoryCache();
    const fetch = service(intel(), asked);
    for (let turn = 0; turn < 2; turn++) expect(await say(online(fetch, { cache }))).toBe("verified");
    expect(asked.length).toBe(4);
    const later = new Date(AT.getTime() + 60 * 86_400_000);
    expect(await say(online(fetch, { cache, at: later }))).toMatch(/^undetermined, /);
    expect(asked.length).toBeGreaterThan(4);
  });

  it("where what came along has expired", async () => {
    const old = forgeTcbInfo("tdx", { fields: { nextUpdate: "2030-06-10T00:00:00Z" } });
    expect(await say({ scene: { tcbInfo: old } })).toBe("rejected, collateral-dates collateral-expired");
    expect(await say({ scene: { tcbInfo: old }, options: { fetch: service(intel()) } })).toBe("verified");
  });

  it("not at all where nothing is missing", async () => {
    const asked: string[] = [];
    expect(await say({ options: { fetch: service(intel(), asked) } })).toBe("verified");
    expect(asked).toEqual([]);
  });
});

describe("an answer that is not what was asked for", () => {
  const without = async (path: string, body: string | Uint8Array, headers = {}): Promise<string> =>
    say(online(service({ ...intel(), [path]: { body, headers } })));
  const tcb = "/tdx/certification/v4/tcb?";
  const chain = { "TCB-Info-Issuer-Chain": CHAIN };

  it.each([
    ["of another platform", forgeTcbInfo("tdx", { fields: { fmspc: "00906ed50000" } })],
    ["for SGX", forgeTcbInfo("sgx")],
    ["that has expired", forgeTcbInfo("tdx", { fields: { nextUpdate: "2030-06-10T00:00:00Z" } })],
    ["that is no JSON", "<html>"],
    ["that is empty", ""],
  ])("TCB info %s leaves the verdict open", async (_, body) => {
    expect(await without(tcb, body, chain)).toMatch(/^undetermined, tcb-info collateral-missing$/);
  });

  it("leaves the verdict open without a chain, and with one that is none", async () => {
    const bare = service({
      ...intel(),
      [tcb]: { body: rightScene("tdx").tcbInfo },
      "/tdx/certification/v4/qe/identity": { body: rightScene("tdx").qeIdentity },
    });
    expect(await say(online(bare))).toMatch(
      /^undetermined, tcb-signer certificate-missing, tcb-info collateral-missing/,
    );
    expect(await without(tcb, rightScene("tdx").tcbInfo, { "TCB-Info-Issuer-Chain": "%" })).toBe(
      "undetermined, tcb-info collateral-missing",
    );
  });

  it("is said with the address and the reason", async () => {
    const verdict = await put(online(service({ ...intel(), [tcb]: { body: "<html>" } })));
    const detail = verdict.checks.find(({ id }) => id === "tdx/tcb-info")?.detail;
    expect(detail).toContain(`${PCS}/tdx/certification/v4/tcb?fmspc=00806f050000`);
    expect(detail).toContain("api.trustedservices.intel.com: not what was asked for");
  });

  const identity = "/tdx/certification/v4/qe/identity";
  const header = (...certificates: Uint8Array[]) => ({
    "TCB-Info-Issuer-Chain": encodeURIComponent(pem("CERTIFICATE", ...certificates)),
  });
  const forged = forgeTcbInfo("tdx", { signature: () => "11".repeat(64) });
  const attacker = INTEL_KEYS.attacker;
  const ofOther = forgeTcbInfo("tdx", { signer: attacker });
  const { tcbInfo, qeIdentity, pckCrl, rootCrl } = rightScene("tdx");

  it("a forged one that was supplied is rejected; one that came over the network says nothing of the quote", async () => {
    expect(await say({ scene: { tcbInfo: forged } })).toBe("rejected, tcb-info signature-invalid");
    expect(await without(tcb, forged, chain)).toBe("undetermined, tcb-info collateral-missing");
    const verdict = await put(online(service({ ...intel(), [tcb]: { body: forged, headers: chain } })));
    const detail = verdict.checks.find(({ id }) => id === "tdx/tcb-info")?.detail;
    expect(detail).toContain("api.trustedservices.intel.com: not what was asked for (Intel did not sign it)");
  });

  const unsigned: readonly (readonly [string, string, Record<string, string>])[] = [
    [
      "signed by a key that Intel's root did not certify",
      ofOther,
      header(forgeSigner({ key: attacker, issuerKey: attacker })),
    ],
    [
      "signed by one of Intel's keys of another name",
      ofOther,
      header(forgeSigner({ key: attacker, subject: intelName("Intel") })),
    ],
    [
      "signed by a certificate that has run out",
      tcbInfo,
      header(forgeSigner({ notAfter: new Date("2030-01-01T00:00:00Z") })),
    ],
    [
      "signed by a certificate that is not yet valid",
      tcbInfo,
      header(forgeSigner({ notBefore: new Date("2031-01-01T00:00:00Z") })),
    ],
    ["signed by one that may sign certificates", tcbInfo, header(forgeSigner({ extensions: [] }))],
    [
      "inside an object that also says which chain is the quote's",
      JSON.stringify({
        ...quoteCollateral(rightScene("tdx")),
        tcb_info_issuer_chain: null,
        qe_identity: null,
        pck_crl: null,
        root_ca_crl: null,
        pck_certificate_chain: pem("CERTIFICATE", forgePck({}, { serial: 99 }), forgeCa(), forgeRoot()),
      }),
      chain,
    ],
    [
      "inside an object with lists",
      JSON.stringify({
        ...quoteCollateral(rightScene("tdx")),
        tcb_info_issuer_chain: null,
        qe_identity: null,
        pck_certificate_chain: null,
      }),
      chain,
    ],
  ];
  it.each(unsigned)("TCB info %s leaves the verdict open", async (_, body, headers) => {
    expect(await without(tcb, body, headers)).toBe("undetermined, tcb-info collateral-missing");
  });

  it("a document in the header of another, or a certificate in its place, leaves the verdict open", async () => {
    const inHeader = encodeURIComponent(tcbInfo);
    for (const body of [pem("CERTIFICATE", forgeSigner(), forgeRoot()), "{}"]) {
      const answers = { ...intel(), [tcb]: { body, headers: { "TCB-Info-Issuer-Chain": inHeader } } };
      expect(await say(online(service(answers)))).toBe("undetermined, tcb-info collateral-missing");
    }
  });

  it("QE identity that Intel did not sign leaves the verdict open", async () => {
    const body = forgeQeIdentity("tdx", { signer: attacker });
    expect(await without(identity, body, { "SGX-Enclave-Identity-Issuer-Chain": CHAIN })).toBe(
      "undetermined, qe-identity collateral-missing",
    );
  });

  it("what stands beside the signer in a header counts for nothing", async () => {
    const impostor = forgeRoot({ key: attacker, issuerKey: attacker });
    const later = forgeSigner({ key: attacker, issuerKey: attacker, notAfter: new Date("2045-01-01T00:00:00Z") });
    for (const beside of [impostor, later]) {
      expect(await without(tcb, tcbInfo, header(beside, forgeSigner(), forgeRoot()))).toBe("verified");
      expect(await say({ more: [beside] })).toMatch(/^rejected/);
    }
  });

  const lists = "/sgx/certification/v4/pckcrl?ca=platform";
  const attackers = forgePckCrl("platform", { issuerKey: attacker });
  it.each([
    ["is not the authority's", attackers],
    [
      "is a part of a list",
      forgePckCrl("platform", { extensions: [...PCK_CRL_EXTENSIONS, extension.raw("2.5.29.27", integer(1), true)] }),
    ],
  ])("a list that %s leaves the verdict open, and rejects where it was supplied", async (_, body) => {
    expect(await without(lists, body)).toBe("undetermined, revocation crl-missing");
    expect(await say({ scene: { pckCrl: body } })).toMatch(/^rejected, revocation crl-/);
  });

  it("a list of the root that the root did not sign leaves the verdict open", async () => {
    expect(await without("/IntelSGXRootCA.der", forgeRootCrl({ issuerKey: attacker }))).toBe(
      "undetermined, revocation crl-missing",
    );
  });

  it("what stands beside a list in PEM counts for nothing", async () => {
    const body = pem("CERTIFICATE", forgeRoot({ key: attacker, issuerKey: attacker })) + pem("X509 CRL", pckCrl);
    expect(await without(lists, body)).toBe("verified");
  });

  it("a list that Intel signed rejects, whoever brought it: it is no failed fetch", async () => {
    expect(await without(lists, forgePckCrl("platform", { revoked: [31] }))).toBe(
      "rejected, revocation certificate-revoked",
    );
    expect(await without("/IntelSGXRootCA.der", forgeRootCrl({ revoked: [21] }))).toBe(
      "rejected, revocation certificate-revoked",
    );
    expect(rootCrl.length).toBeGreaterThan(0);
  });

  it("is neither kept in a cache nor taken out of one", async () => {
    const cache = memoryCache();
    const bad = service({ ...intel(), [tcb]: { body: forged, headers: chain }, [identity]: { body: qeIdentity } });
    expect(await say(online(bad, { cache }))).toMatch(/^undetermined/);
    expect(await say(online(service(intel()), { cache }))).toBe("verified");
    const address = `${PCS}/tdx/certification/v4/tcb?fmspc=00806f050000&update=standard`;
    expect(cache.get(address)).toBeDefined();
    cache.set(address, { body: new TextEncoder().encode(forged), headers: { "tcb-info-issuer-chain": CHAIN } });
    const asked: string[] = [];
    for (let turn = 0; turn < 2; turn++) expect(await say(online(service(intel(), asked), { cache }))).toBe("verified");
    expect(asked).toEqual([address]);
  });

  it("lists of another authority leave the verdict open", async () => {
    expect(await without("/sgx/certification/v4/pckcrl?ca=platform", forgePckCrl("processor"))).toBe(
      "undetermined, revocation crl-missing",
    );
  });

  it("a service that fails leaves the verdict open", async () => {
    const verdict = await put(online(async () => Promise.reject(new Error("no network"))));
    expect(verdict.outcome).toBe("undetermined");
  });
});

it("revocation lists come as DER, PEM or hex", () => {
  const { pckCrl } = rightScene("tdx");
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  expect(crlBytes(pckCrl)).toEqual(pckCrl);
  expect(crlBytes(text(`${Buffer.from(pckCrl).toString("hex")}\n`))).toEqual(pckCrl);
  expect(new TextDecoder().decode(crlBytes(text(pem("X509 CRL", pckCrl))))).toContain("BEGIN X509 CRL");
  expectMalformed(() => crlBytes(text(" \n")), "empty");
  expectMalformed(() => crlBytes(text("not hex")), "hex");
});

describe("fetchCollateral", () => {
  it.each(["tdx", "sgx"] as const)("makes a bundle that verifies offline: %s", async (tee) => {
    const quote = forgeQuote({ tee });
    const { bundle, missing } = await fetchCollateral(quote, { fetch: service(intel(tee)), at: AT });
    expect(missing).toEqual([]);
    for (const evidence of [bundle, JSON.stringify(bundle)]) {
      const verdict = await verifier.verify(evidence, {
        expected: "any-build",
        binding: "unbound",
        at: AT,
        trustAnchors: { intel: [forgeRoot()] },
      });
      expect(summary(verdict)).toBe("verified");
    }
  });

  it("says what it could not get, and why", async () => {
    const answers = intel();
    delete answers["/IntelSGXRootCA.der"];
    const { missing } = await fetchCollateral(forgeQuote(), { fetch: service(answers), at: AT });
    expect(missing.length).toBe(1);
    expect(missing[0]?.what).toContain("Intel's root");
    expect(missing[0]?.reasons.join(" ")).toContain("status 404");
    const named = forgeQuote({ certificationType: 1, certification: filled(36, 0) });
    const unnamed = await fetchCollateral(named, { fetch: service(intel()), at: AT });
    expect(unnamed.missing.map(({ what }) => what).join(" ")).toContain("PCK certificate");
  });

  it("takes mirrors, caches and early collateral", async () => {
    const asked: string[] = [];
    const mirrors = { [PCS]: "https://pccs.example" };
    await fetchCollateral(forgeQuote(), {
      fetch: service(intel(), asked),
      at: AT,
      mirrors,
      update: "early",
      cache: memoryCache(),
    });
    expect(
      asked.some((address) => address.startsWith("https://pccs.example/tdx/") && address.endsWith("update=early")),
    ).toBe(true);
    expect(asked.filter((address) => !address.startsWith("https://pccs.example/"))).toEqual([]);
  });

  it("refuses a mirror of what is no vendor's origin, before anybody is asked", async () => {
    const asked: string[] = [];
    for (const mirrors of [{ [`${PCS}/`]: "https://pccs.example" }, { [PCS]: "pccs.example" }])
      await expect(fetchCollateral(forgeQuote(), { fetch: service(intel(), asked), at: AT, mirrors })).rejects.toThrow(
        TypeError,
      );
    expect(asked).toEqual([]);
  });

  it("refuses what is no quote, and a time that is none", async () => {
    await expect(fetchCollateral(filled(600, 1), { fetch: service({}), at: AT })).rejects.toThrow(
      "no TDX or SGX quote",
    );
    await expect(fetchCollateral(forgeQuote(), { fetch: service({}), at: new Date(Number.NaN) })).rejects.toThrow(
      TypeError,
    );
  });
});

describe("collateral of the field in other forms", () => {
  const right = quoteCollateral(rightScene("tdx"));
  const listed = (name: string): readonly number[] => [...Buffer.from(right[name] ?? "", "hex")];
  const names = ["root_ca_crl", "pck_crl", "tcb_info_signature", "qe_identity_signature"];
  const lists = Object.fromEntries(names.map((name) => [name, listed(name)]));
  const { tcb_info_signature: ofTcbInfo, qe_identity_signature: ofIdentity, ...unsigned } = right;
  const served = {
    ...unsigned,
    tcb_info: `{"tcbInfo":${right["tcb_info"]},"signature":"${ofTcbInfo}"}`,
    qe_identity: `{"enclaveIdentity":${right["qe_identity"]},"signature":"${ofIdentity}"}`,
  };
  const saying = (value: unknown): Promise<string> => say({ scene: NOTHING, more: [JSON.stringify(value)] });

  it.each([
    ["beside what a service says of a quote", { success: true, quote: { verified: true }, quote_collateral: right }],
    ["with lists of bytes", { ...right, ...lists }],
    ["with documents as they were served", served],
  ])("%s", async (_name, value) => expect(await saying(value)).toBe("verified"));

  it.each([
    ["a list of more than bytes", { ...right, pck_crl: [...listed("pck_crl"), 256] }],
    ["a list of fractions", { ...right, tcb_info_signature: listed("tcb_info_signature").map((byte) => byte + 0.5) }],
    ["a signature of 63 bytes", { ...right, tcb_info_signature: listed("tcb_info_signature").slice(1) }],
    ["two signatures of one document", { ...served, tcb_info_signature: ofTcbInfo }],
    ["a document as it was served without its signature", { ...served, tcb_info: `{"tcbInfo":${right["tcb_info"]}}` }],
  ])("is refused with %s", async (_name, value) => expect(await saying(value)).toMatch(/malformed/));

  it("is judged with its own signatures", async () => {
    const other = { ...served, tcb_info: served.tcb_info.replace(ofTcbInfo ?? "", ofIdentity ?? "") };
    expect(await saying(other)).toMatch(/signature-invalid/);
    expect(await saying({ ...right, tcb_info_signature: listed("qe_identity_signature") })).toMatch(
      /signature-invalid/,
    );
  });
});

it("collateral of the field works in one object", async () => {
  const collateral = JSON.stringify(quoteCollateral(rightScene("tdx")));
  expect(await say({ scene: NOTHING, more: [collateral] })).toBe("verified");
  const { pck_crl: _, ...lacking } = quoteCollateral(rightScene("tdx"));
  expect(await say({ scene: NOTHING, more: [JSON.stringify(lacking)] })).toBe("undetermined, revocation crl-missing");
});
