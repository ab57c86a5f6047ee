/** Which certificates belong to a device, in what order, under which key; whatever else comes along. */
import { describe, expect, it } from "vitest";
import { chainNames, forgeChain, KEYS } from "../../../fixtures/nvidia/chain.js";
import { forgeReport, LEAF_KEY } from "../../../fixtures/nvidia/report.js";
import { caExtensions, extension, forgeCertificate, leafExtensions, name, testKey } from "../../../fixtures/x509.js";
import { type Crypto, CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import {
  anchorsFor,
  architectureOf,
  buildChain,
  chipOf,
  chooseLeaf,
  nvidiaCertificates,
  signedBy,
} from "../../../src/evidence/nvidia/chain.js";
import { parseReport } from "../../../src/evidence/nvidia/report.js";
import { type Certificate, parseCertificate } from "../../../src/trust/certificate.js";
import { nodeCrypto } from "../../support/node-crypto.js";
import { certificatesOf } from "../../support/nvidia.js";

const certificates = certificatesOf().map(parseCertificate);
const [leaf, brom, provisioner, identity, root] = certificates as [
  Certificate,
  Certificate,
  Certificate,
  Certificate,
  Certificate,
];
const report = parseReport(forgeReport());
const names = chainNames("GH100");
const anchors = anchorsFor(
  "device",
  new Map([["nvidia", [{ subject: root.subject, name: "NVIDIA Device Identity CA", key: root.publicKey }]]]) as never,
);

describe("buildChain", () => {
  it("ends at the anchor, whatever the order", () => {
    for (const order of [certificates, [...certificates].reverse()]) {
      const chain = buildChain(leaf, order, anchors);
      expect([chain.end, chain.certificates]).toEqual(["anchored", [leaf, brom, provisioner, identity]]);
    }
  });

  it("is incomplete where one is missing", () => {
    const chain = buildChain(leaf, [brom, identity], anchors);
    expect([chain.end, chain.certificates]).toEqual(["incomplete", [leaf, brom]]);
  });

  it("is foreign where it ends at another root", () => {
    expect(buildChain(leaf, certificates, []).end).toBe("foreign");
  });

  it("takes of two authorities of one name the one that the certificate names by its key", () => {
    const twin = parseCertificate(
      forgeCertificate({
        subject: names.brom,
        issuer: names.provisioner,
        key: testKey("p384-9"),
        issuerKey: KEYS.provisioner,
        extensions: caExtensions(testKey("p384-9"), KEYS.provisioner),
      }),
    );
    for (const others of [
      [twin, brom],
      [brom, twin],
    ])
      expect(buildChain(leaf, [...others, provisioner, identity], anchors).certificates[1]).toBe(brom);
  });

  it("takes the first of them where nothing names a key", () => {
    const authority = (key: ReturnType<typeof testKey>, keyId: boolean) =>
      parseCertificate(
        forgeCertificate({
          subject: names.brom,
          issuer: names.provisioner,
          key,
          issuerKey: KEYS.provisioner,
          extensions: keyId ? caExtensions(key, KEYS.provisioner) : [extension.basicConstraints(true)],
        }),
      );
    const unnamed = parseCertificate(
      forgeCertificate({
        subject: names.leaf,
        issuer: names.brom,
        key: LEAF_KEY,
        issuerKey: KEYS.brom,
        extensions: [],
      }),
    );
    const [named, plain] = [authority(KEYS.brom, true), authority(testKey("p384-9"), false)];
    expect(buildChain(unnamed, [plain, named], []).certificates[1]).toBe(plain);
    expect(buildChain(unnamed, [named, plain], []).certificates[1]).toBe(named);
    expect(buildChain(leaf, [plain, brom], []).certificates[1]).toBe(brom);
    expect(buildChain(leaf, [plain], []).certificates[1]).toBe(plain);
  });

  it("is no longer than six, and does not turn in a circle", () => {
    const named = (index: number): Uint8Array => name([["CN", `NVIDIA ${index}`]]);
    const key = testKey("p384-2");
    const link = (index: number, above = index + 1) =>
      parseCertificate(forgeCertificate({ subject: named(index), issuer: named(above), key, issuerKey: key }));
    const links = Array.from({ length: 12 }, (_, index) => link(index));
    const [first] = links as [(typeof links)[0]];
    expect(buildChain(first, links, []).certificates.length).toBe(6);
    const circle = [first, link(1, 0)];
    expect([buildChain(first, circle, []).end, buildChain(first, circle, []).certificates.length]).toEqual([
      "incomplete",
      6,
    ]);
  });
});

describe("chooseLeaf and signedBy", () => {
  const other = parseCertificate(
    forgeCertificate({
      subject: names.leaf,
      issuer: names.brom,
      key: testKey("p384-9"),
      issuerKey: KEYS.brom,
      extensions: leafExtensions(testKey("p384-9"), KEYS.brom),
    }),
  );
  const failing = (error: unknown): Crypto => ({ ...nodeCrypto, verify: () => Promise.reject(error) });

  it("choose whose key signed, in any order and whichever certificate sorts first", async () => {
    for (const order of [
      [leaf, other],
      [other, leaf],
    ])
      expect(await chooseLeaf(report, [...order, brom], nodeCrypto)).toBe(leaf);
    expect(await chooseLeaf(report, [other, brom], nodeCrypto)).toBe(other);
    expect(await chooseLeaf(report, [brom, provisioner], nodeCrypto)).toBeUndefined();
    expect(await chooseLeaf(report, [], nodeCrypto)).toBeUndefined();
  });

  it("choose one all the same where the cryptography is missing; nobody is asked where there is no choice", async () => {
    const missing = failing(new CryptoUnavailableError("none"));
    const chosen = await chooseLeaf(report, [leaf, other], missing);
    expect(chosen).toBe(await chooseLeaf(report, [other, leaf], missing));
    expect([leaf, other]).toContain(chosen);
    const broken = failing(new RangeError("broken"));
    await expect(chooseLeaf(report, [leaf, other], broken)).rejects.toThrow("broken");
    expect(await chooseLeaf(report, [leaf], broken)).toBe(leaf);
  });

  it("a key of another kind or curve has signed nothing, and is not asked", async () => {
    const never = failing(new Error("asked"));
    for (const key of [testKey("p256-1"), testKey("rsa2048-1")]) {
      const certificate = parseCertificate(
        forgeCertificate({ subject: names.leaf, key, issuer: names.brom, issuerKey: KEYS.brom }),
      );
      expect(await signedBy(report, certificate, never)).toBe(false);
    }
    expect(await signedBy(report, leaf, nodeCrypto)).toBe(true);
  });
});

describe("names", () => {
  it("certificates of NVIDIA's are told from others", () => {
    const foreign = parseCertificate(forgeCertificate({ subject: name([["CN", "NVIDI"]]), key: testKey("p384-9") }));
    const ours = parseCertificate(forgeCertificate({ subject: name([["CN", "NVIDIA"]]), key: testKey("p384-9") }));
    expect(nvidiaCertificates([foreign, ours, leaf, root])).toEqual([ours, leaf, root]);
  });

  it("chips and architectures", () => {
    expect(["GH100", "GB100", "LS10", "LS11", "TU102"].map(architectureOf)).toEqual([
      "HOPPER",
      "BLACKWELL",
      "LS10",
      undefined,
      undefined,
    ]);
    expect(chipOf(leaf)).toBe("GH100");
    expect(chipOf(parseCertificate(forgeChain({ chip: "LS_10" }).leaf))).toBe("LS10");
    expect(chipOf(brom)).toBeUndefined();
  });

  it("an anchor for devices is none for manifests", () => {
    expect([anchorsFor("device", new Map()).length, anchorsFor("rim", new Map()).length]).toEqual([1, 1]);
    expect(anchorsFor("device", new Map())[0]).not.toEqual(anchorsFor("rim", new Map())[0]);
  });
});
