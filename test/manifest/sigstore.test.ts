/** Builds whose manifest was signed with Sigstore: bundles of a test instance through the front door, each fault with its words. */
import { describe, expect, it } from "vitest";
import { boolean, explicit, implicit, integer, octetString, oid, rawTime, sequence, set } from "../../fixtures/der.js";
import { testKey } from "../../fixtures/keys.js";
import { bundleOf, forgeManifest } from "../../fixtures/manifest/manifest.js";
import {
  type EntryKind,
  forgeBundle,
  forgeTrustedRoot,
  merklePath,
  merkleRoot,
  type SigstoreRequest,
  type TrustedRootRequest,
} from "../../fixtures/sigstore/bundle.js";
import { IDENTITY, ISSUER_KEY, SIGNED_AT } from "../../fixtures/sigstore/pki.js";
import { caExtensions, extension, forgeCertificate, name } from "../../fixtures/x509.js";
import { noble } from "../../src/crypto/noble.js";
import { type SignerIdentity, type SigstoreBuildOptions, sigstoreBuild } from "../../src/expected/sigstore/index.js";
import { rootOf } from "../../src/expected/sigstore/merkle.js";
import type { Verdict } from "../../src/verdict.js";
import { checkOf, judge, kindCases, snpCase } from "../support/manifest.js";
import { crypto } from "../support/pki.js";

const BUILD = 0x61;
const manifest = forgeManifest({ platforms: kindCases.map(({ kind, values }) => ({ kind, values: values(BUILD) })) });
const evidence = await snpCase.evidence(BUILD);
const trustedRoot = forgeTrustedRoot();
const WORKFLOW: SignerIdentity = {
  repository: IDENTITY.repository,
  workflow: ".github/workflows/release.yml",
  ref: IDENTITY.ref,
};
const OPTIONS: SigstoreBuildOptions = { name: "openclaw", identity: WORKFLOW, trustedRoot };

async function judged(
  request: SigstoreRequest,
  options: Partial<SigstoreBuildOptions> = {},
  root?: TrustedRootRequest,
): Promise<Verdict> {
  const expected = sigstoreBuild({
    ...OPTIONS,
    ...(root === undefined ? {} : { trustedRoot: forgeTrustedRoot(root) }),
    ...options,
  });
  return judge(snpCase, bundleOf(evidence, forgeBundle(manifest.bytes, request)), { expected });
}

/** `verified`, or why not. */
const said = (verdict: Verdict): string => {
  const { status, code, params } = checkOf(verdict, "evidence/manifest");
  return status === "passed" ? verdict.outcome : `${code}: ${params.reason}`;
};

describe("a bundle that holds", () => {
  const kinds: readonly EntryKind[] = ["dsse/0.0.1", "intoto/0.0.2", "dsse/0.0.2", "hashedrekord/0.0.2"];
  it.each(kinds)("with an entry %s opens the build", async (kind) => {
    const verdict = await judged({ kind });
    expect(said(verdict)).toBe("verified");
    expect(verdict).toMatchObject({ covers: "workload", reached: "instance" });
    expect(checkOf(verdict, "evidence/manifest").detail).toContain(
      `vouched for by ${IDENTITY.subject} (${IDENTITY.issuer})`,
    );
  });

  it.each(kindCases.map((test) => [test.kind, test] as const))("opens the build on %s", async (_, test) => {
    const bundle = bundleOf(await test.evidence(BUILD), forgeBundle(manifest.bytes));
    expect(await judge(test, bundle, { expected: sigstoreBuild(OPTIONS) })).toMatchObject({
      outcome: "verified",
      reached: "instance",
    });
  });

  it("may be the caller's, beside whatever came along", async () => {
    const expected = sigstoreBuild({ ...OPTIONS, manifests: [forgeBundle(manifest.bytes)] });
    expect((await judge(snpCase, bundleOf(evidence, manifest.text), { expected })).outcome).toBe("verified");
  });

  it("holds with the pure JavaScript back end too", async () => {
    const expected = sigstoreBuild(OPTIONS);
    const verdict = await judge(snpCase, bundleOf(evidence, forgeBundle(manifest.bytes)), { expected, crypto: noble });
    expect(said(verdict)).toBe("verified");
  });

  it("is undetermined where none came, and says which release was wanted", async () => {
    const verdict = await judge(snpCase, evidence, { expected: sigstoreBuild(OPTIONS) });
    expect(verdict.outcome).toBe("undetermined");
    expect(checkOf(verdict, "evidence/manifest")).toMatchObject({
      code: "manifest-missing",
      params: { wanted: "openclaw" },
    });
  });

  const good: readonly (readonly [what: string, request: SigstoreRequest, root?: TrustedRootRequest])[] = [
    [
      "a chain of versions 0.1 and 0.2",
      { bundle: { mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.2" } },
    ],
    ["a promise without a proof", { proof: false }],
    ["a proof without a promise, and a clock", { promise: false, timestamps: [{}] }],
    ["a clock beside the promise", { timestamps: [{}] }],
    ["a clock with SHA-512", { kind: "dsse/0.0.2", timestamps: [{ hash: "SHA-512" }] }],
    [
      "a clock with fractions of a second",
      { kind: "dsse/0.0.2", timestamps: [{ genTime: rawTime(0x18, "20260520120001.25Z") }] },
    ],
    [
      "all that may follow the time",
      {
        kind: "dsse/0.0.2",
        timestamps: [
          {
            after: [
              sequence(integer(1)),
              boolean(true),
              integer(7),
              explicit(0, implicit(6, new Uint8Array())),
              explicit(1),
            ],
          },
        ],
      },
    ],
    ["the issuer in extension 1", { leaf: { identity: { issuer: "" }, oldIssuer: IDENTITY.issuer } }],
    ["the issuer in both extensions", { leaf: { oldIssuer: IDENTITY.issuer } }],
    ["the first leaf of a log", { tree: { index: 0, size: 1 } }],
    [
      "an authority to the second",
      {},
      { authorityFor: { start: "2026-05-20T12:00:00Z", end: "2026-05-20T12:00:00Z" } },
    ],
  ];
  it.each(good.map(([what, ...rest]) => [what, rest] as const))("holds with %s", async (_, [request, root]) =>
    expect(said(await judged(request, {}, root))).toBe("verified"),
  );
});

describe("a bundle that does not hold", () => {
  const other = testKey("p256-9");
  const faults: readonly (readonly [
    what: string,
    request: SigstoreRequest,
    reason: RegExp,
    root?: TrustedRootRequest,
  ])[] = [
    // What was signed.
    ["another signer than the certificate's", { signer: other }, /not of its certificate's key/],
    ["another type of payload", { payloadType: "text/plain" }, /of another type/],
    ["two signatures", { envelope: { signatures: [{ sig: "AA==" }, { sig: "AA==" }] } }, /more than one signature/],
    // Its certificate.
    [
      "an authority of another instance",
      {},
      /certificate-signature-invalid/,
      { members: { certificateAuthorities: strangers() } },
    ],
    ["no authority", {}, /no authority of the trusted root was trusted/, { members: { certificateAuthorities: [] } }],
    [
      "an authority that was no longer trusted",
      {},
      /no authority of the trusted root was trusted/,
      { authorityFor: { start: "2024-01-01T00:00:00Z", end: "2026-05-20T11:59:59.999Z" } },
    ],
    [
      "an authority that was not yet trusted",
      {},
      /no authority of the trusted root was trusted/,
      { authorityFor: { start: "2026-05-20T12:00:01Z" } },
    ],
    ["a certificate that had expired", { leaf: { notAfter: SIGNED_AT - 1000 } }, /certificate-expired/],
    ["a certificate that was not yet valid", { leaf: { notBefore: SIGNED_AT + 1000 } }, /certificate-not-yet-valid/],
    ["a certificate for another purpose", { leaf: { purposes: ["1.3.6.1.5.5.7.3.1"] } }, /for another purpose/],
    [
      "a certificate that is an authority",
      { leaf: { more: [extension.basicConstraints(true)] } },
      /certificate-is-a-ca/,
    ],
    [
      "a certificate with an unknown critical extension",
      { leaf: { more: [extension.raw("1.2.3.4", new Uint8Array(), true)] } },
      /certificate-extension.*critical 1\.2\.3\.4/,
    ],
    [
      "a certificate signed by itself",
      { leaf: { issuerKey: testKey("p256-5") } },
      /certificate-(algorithm|signature-invalid)/,
    ],
    // Its certificate's log.
    ["a certificate that no log has", { leaf: { logs: [] } }, /no promise of a certificate log/],
    ["a certificate of another log", { leaf: { logs: [other] } }, /no certificate log of the trusted root/],
    [
      "a certificate of a good log and another",
      { leaf: { logs: [testKey("p256-2"), other] } },
      /no certificate log of the trusted root/,
    ],
    [
      "a log that was no longer trusted",
      {},
      /no certificate log of the trusted root/,
      { ctLogFor: { start: "2024-01-01T00:00:00Z", end: "2026-05-20T11:00:00Z" } },
    ],
    [
      "a promise for another issuer",
      { leaf: { loggedIssuer: testKey("p384-4") } },
      /certificate log's promise is not signed/,
    ],
    [
      "a promise with a bit changed",
      { leaf: { timestamps: flip(60) } },
      /certificate log's promise is not signed|DER|longer than/,
    ],
    ["a promise of another time", { leaf: { timestamps: flip(42) } }, /certificate log's promise is not signed/],
    ["a promise of another version", { leaf: { timestamps: flip(2) } }, /another version than 1/],
    ["a promise with another hash", { leaf: { timestamps: flip(45) } }, /not ECDSA with SHA-256|extensions/],
    ["an empty list of promises", { leaf: { timestamps: () => new Uint8Array() } }, /no certificate timestamp/],
    [
      "bytes behind a promise",
      {
        leaf: {
          timestamps: (list) => Uint8Array.of(list[0] as number, (list[1] as number) + 1, ...list.subarray(2), 0),
        },
      },
      /bytes follow the certificate timestamp/,
    ],
    // Its log.
    ["another log", { logKey: other }, /no transparency log of the trusted root/],
    [
      "a log that was no longer trusted at that time",
      {},
      /logged when the log/,
      { logFor: { start: "2024-01-01T00:00:00Z", end: "2026-05-20T11:59:59Z" } },
    ],
    [
      "a log of Rekor 2 that was not yet trusted",
      { kind: "dsse/0.0.2" },
      /logged when the log/,
      { logFor: { start: "2026-05-20T12:00:02Z" } },
    ],
    [
      "a promise of a time when the certificate had expired",
      { integratedAt: SIGNED_AT + 3_600_000 },
      /certificate-expired/,
    ],
    [
      "a promise that was changed",
      { entry: (e) => ({ ...e, integratedTime: String(SIGNED_AT / 1000 + 1) }) },
      /log's promise is not signed/,
    ],
    ["neither promise nor proof", { promise: false, proof: false }, /neither promise nor proof/],
    ["no clock", { promise: false }, /no trusted clock/],
    ["no entry", { material: { tlogEntries: [] } }, /in no transparency log/],
    ["nine entries", { material: { tlogEntries: Array.from({ length: 9 }, () => ({})) } }, /more than 8 items/],
    [
      "an unknown kind of entry",
      { entry: (e) => ({ ...e, kindVersion: { kind: "rpm", version: "0.0.1" } }) },
      /rpm 0\.0\.1 are not known/,
    ],
    [
      "an entry of another kind than it says",
      { entry: (e) => ({ ...e, kindVersion: { kind: "intoto", version: "0.0.2" } }) },
      /another kind than it says/,
    ],
    [
      "an entry about another payload",
      { body: (b) => b.replace(/"value":"../, '"value":"00') },
      /about something else/,
    ],
    ["an entry with another hash", { body: (b) => b.replace('"sha256"', '"sha1"') }, /another hash than SHA-256/],
    [
      "an entry of Rekor 2 with another hash",
      { kind: "hashedrekord/0.0.2", body: (b) => b.replace("SHA2_256", "MD5") },
      /hash that is not taken/,
    ],
    [
      "an entry with two signatures",
      { body: (b) => b.replace('"signatures":[', '"signatures":[{},') },
      /not one signature/,
    ],
    ["an entry that is no JSON", { body: () => "{" }, /text is not JSON|without an end/],
    [
      "a checkpoint of another log",
      { checkpoint: (note) => note.replace(/\u2014 rekor\.example \S{8}/, "\u2014 rekor.example AAAAAAAA") },
      /checkpoint is not signed/,
    ],
    [
      "a checkpoint with another text",
      { checkpoint: (note) => note.replace("- 42", "- 43") },
      /checkpoint is not signed/,
    ],
    ["a checkpoint without a size", { checkpoint: (note) => note.replace("\n5\n", "\n05\n") }, /without a tree size/],
    // Its clock.
    ["another clock", { kind: "dsse/0.0.2", timestamps: [{ key: other }] }, /no clock of the trusted root/],
    [
      "a clock of another certificate",
      { kind: "dsse/0.0.2", timestamps: [{ serial: 78 }] },
      /no clock of the trusted root/,
    ],
    [
      "a clock that was no longer trusted",
      { kind: "dsse/0.0.2" },
      /no clock of the trusted root/,
      { clockFor: { start: "2024-01-01T00:00:00Z", end: "2026-05-20T12:00:00Z" } },
    ],
    [
      "a clock whose certificate is for another purpose",
      { kind: "dsse/0.0.2" },
      /for another purpose/,
      { clockPurposes: ["1.3.6.1.5.5.7.3.3"] },
    ],
    [
      "a timestamp of another signature",
      { kind: "dsse/0.0.2", timestamps: [{ imprintOf: new Uint8Array(3) }] },
      /timestamp is of another signature/,
    ],
    [
      "a timestamp whose time was changed",
      {
        kind: "dsse/0.0.2",
        timestamps: [
          {
            info: (info) =>
              Uint8Array.from(
                Buffer.from(Buffer.from(info).toString("latin1").replace("20260520", "20260519"), "latin1"),
              ),
          },
        ],
      },
      /not what its clock signed/,
    ],
    [
      "a timestamp outside the certificate's life",
      { kind: "dsse/0.0.2", timestamps: [{ at: SIGNED_AT + 3_600_000 }] },
      /certificate-expired/,
    ],
    [
      "a second timestamp that does not hold",
      { kind: "dsse/0.0.2", timestamps: [{}, { key: other }] },
      /no clock of the trusted root/,
    ],
    ["a timestamp that was not granted", { kind: "dsse/0.0.2", timestamps: [{ status: 2 }] }, /not granted/],
    [
      "a timestamp of another content",
      { kind: "dsse/0.0.2", timestamps: [{ contentType: "1.2.840.113549.1.7.1" }] },
      /SignedData is no timestamp/,
    ],
    ["a timestamp with two signers", { kind: "dsse/0.0.2", timestamps: [{ signers: 2 }] }, /without its one signer/],
    [
      "signed attributes without the digest",
      { kind: "dsse/0.0.2", timestamps: [{ attributes: (list) => list.slice(0, 1) }] },
      /without a message digest/,
    ],
    [
      "signed attributes of another content",
      {
        kind: "dsse/0.0.2",
        timestamps: [
          {
            attributes: ([, digest]) => [
              sequence(oid("1.2.840.113549.1.9.3"), set(oid("1.2.3"))),
              digest as Uint8Array,
            ],
          },
        ],
      },
      /of another content/,
    ],
    [
      "a digest that stands twice",
      {
        kind: "dsse/0.0.2",
        timestamps: [
          {
            attributes: (list) => [
              ...list,
              sequence(oid("1.2.840.113549.1.9.4"), set(octetString(new Uint8Array(32)))),
            ],
          },
        ],
      },
      /without its one value/,
    ],
    [
      "a time that is not on the calendar",
      { kind: "dsse/0.0.2", timestamps: [{ genTime: rawTime(0x18, "20260230120001Z") }] },
      /not on the calendar/,
    ],
    // The bundle itself.
    [
      "another version",
      { bundle: { mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.4" } },
      /no Sigstore bundle/,
    ],
    ["a bare key", { material: { certificate: null, publicKey: { hint: "x" } } }, /without a certificate/],
    ["no envelope", { bundle: { dsseEnvelope: null, messageSignature: {} } }, /not an object/],
  ];
  it.each(faults.map(([what, ...rest]) => [what, rest] as const))("%s", async (_, [request, reason, root]) => {
    const verdict = await judged(request, {}, root);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none", covers: "nothing" });
    expect(said(verdict)).toMatch(/^manifest-(signer|malformed): /);
    expect(said(verdict)).toMatch(reason);
  });

  it("an unsigned manifest", async () => {
    const verdict = await judge(snpCase, bundleOf(evidence, manifest.text), { expected: sigstoreBuild(OPTIONS) });
    expect(said(verdict)).toContain("manifest-malformed: mediaType is no text");
  });
});

describe("who signed", () => {
  const reusable = "https://github.com/openclaw/workflows/.github/workflows/sign.yml";
  const takes: readonly (readonly [what: string, request: SigstoreRequest, identity: SignerIdentity])[] = [
    ["any tag", {}, { ...WORKFLOW, ref: "refs/tags/*" }],
    ["the whole subject", {}, { subject: IDENTITY.subject, issuer: IDENTITY.issuer }],
    [
      "a reusable workflow",
      { leaf: { identity: { subject: `${reusable}@refs/tags/v2` } } },
      { ...WORKFLOW, workflow: reusable },
    ],
    [
      "an e-mail address",
      { leaf: { names: [implicit(1, Buffer.from("release@openclaw.example"))] } },
      { subject: "release@openclaw.example", issuer: IDENTITY.issuer },
    ],
    [
      "another issuer",
      { leaf: { identity: { issuer: "https://gitlab.example" } } },
      { ...WORKFLOW, issuer: "https://gitlab.example" },
    ],
  ];
  it.each(takes)("%s is taken where it was asked for", async (_, request, identity) => {
    expect(said(await judged(request, { identity }))).toBe("verified");
    expect(
      said(
        await judged(
          {
            ...request,
            leaf: { ...request.leaf, identity: { ...request.leaf?.identity, issuer: "https://evil.example" } },
          },
          { identity },
        ),
      ),
    ).toContain("a token of https://evil.example");
  });

  const fork = "https://github.com/somebody/openclaw";
  const refuses: readonly (readonly [
    what: string,
    leaf: SigstoreRequest["leaf"],
    reason: RegExp,
    identity?: SignerIdentity,
  ])[] = [
    [
      "a fork",
      { identity: { repository: fork, subject: IDENTITY.subject.replace("openclaw/openclaw", "somebody/openclaw") } },
      /for the repository https:\/\/github.com\/somebody/,
    ],
    ["a fork that says its workflow is ours", { identity: { repository: fork } }, /for the repository/],
    [
      "another workflow of the repository",
      { identity: { subject: IDENTITY.subject.replace("release.yml", "test.yml") } },
      /signed by .*test\.yml/,
    ],
    [
      "a branch",
      {
        identity: {
          ref: "refs/heads/main",
          subject: IDENTITY.subject.replace("refs/tags/v2026.6.1", "refs/heads/main"),
        },
      },
      /signed at refs\/heads\/main/,
    ],
    [
      "a branch where any tag would do",
      { identity: { ref: "refs/heads/refs/tags/x" } },
      /signed at/,
      { ...WORKFLOW, ref: "refs/tags/*" },
    ],
    ["another tag", { identity: { ref: "refs/tags/v2026.5.1" } }, /signed at refs\/tags\/v2026\.5\.1/],
    [
      "a workflow at another ref than the source",
      { identity: { subject: IDENTITY.subject.replace("v2026.6.1", "v0") } },
      /signed by/,
    ],
    [
      "a workflow whose name only begins like ours",
      { identity: { subject: IDENTITY.subject.replace("release.yml", "release.yml2") } },
      /signed by/,
    ],
    ["no repository", { identity: { repository: "" } }, /for the repository undefined/],
    ["no ref", { identity: { ref: "" } }, /signed at undefined/],
    ["no issuer", { identity: { issuer: "" } }, /a token of undefined/],
    ["two issuers", { oldIssuer: "https://evil.example" }, /names two issuers/],
    [
      "an issuer that is no text",
      {
        identity: { issuer: "" },
        more: [extension.raw("1.3.6.1.4.1.57264.1.8", octetString(Buffer.from(IDENTITY.issuer)))],
      },
      /Fulcio extension that is no text/,
    ],
    [
      "two names",
      { names: [implicit(6, Buffer.from(IDENTITY.subject)), implicit(1, Buffer.from("a@b.example"))] },
      /an element too many/,
    ],
    ["a DNS name", { names: [implicit(2, Buffer.from("openclaw.example"))] }, /in another way than by address/],
    ["an address with a NUL", { names: [implicit(6, Buffer.from(`${IDENTITY.subject}\0`))] }, /no address/],
  ];
  it.each(refuses.map(([what, ...rest]) => [what, rest] as const))(
    "%s is refused",
    async (_, [leaf, reason, identity = WORKFLOW]) => {
      const verdict = await judged({ leaf: leaf ?? {} }, { identity });
      expect(verdict.outcome).toBe("rejected");
      expect(said(verdict)).toMatch(reason);
    },
  );
});

describe("misuse", () => {
  const root = JSON.parse(trustedRoot) as Record<string, unknown>;
  const roots = (change: Record<string, unknown>) => ({ trustedRoot: JSON.stringify({ ...root, ...change }) });
  it.each([
    ["no name", { name: "" }],
    ["no identity", { identity: undefined }],
    ["an empty identity", { identity: {} }],
    ["a subject without an issuer", { identity: { subject: "a@b.example" } }],
    ["a subject beside a workflow", { identity: { ...WORKFLOW, subject: "a@b.example" } }],
    ["a repository without its address", { identity: { ...WORKFLOW, repository: "openclaw/openclaw" } }],
    ["a repository with a slash at its end", { identity: { ...WORKFLOW, repository: `${IDENTITY.repository}/` } }],
    ["no ref", { identity: { repository: IDENTITY.repository, workflow: "x" } }],
    ["any ref", { identity: { ...WORKFLOW, ref: "*" } }],
    ["any branch", { identity: { ...WORKFLOW, ref: "refs/heads/*" } }],
    ["a misspelt member", { identity: { ...WORKFLOW, tag: "v1" } }],
    ["no trusted root", { trustedRoot: undefined }],
    ["a trusted root that is no JSON", { trustedRoot: "{" }],
    ["a trusted root of another type", roots({ mediaType: "x" })],
    [
      "an authority without certificates",
      roots({
        certificateAuthorities: [{ certChain: { certificates: [] }, validFor: { start: "2024-01-01T00:00:00Z" } }],
      }),
    ],
    [
      "an authority without a time",
      roots({ certificateAuthorities: [{ ...(root.certificateAuthorities as object[])[0], validFor: {} }] }),
    ],
    [
      "a time that is none",
      roots({
        certificateAuthorities: [
          { ...(root.certificateAuthorities as object[])[0], validFor: { start: "2024-02-30T00:00:00Z" } },
        ],
      }),
    ],
    ["a log with another hash", roots({ tlogs: [{ ...(root.tlogs as object[])[0], hashAlgorithm: "SHA2_512" }] })],
  ])("%s throws TypeError", (_, change) => {
    expect(() => sigstoreBuild({ ...OPTIONS, ...(change as object) } as SigstoreBuildOptions)).toThrow(TypeError);
  });
});

describe("Merkle trees", () => {
  it("every leaf of every tree of up to 20 leaves leads to its root, and to no other place", async () => {
    for (let size = 1; size <= 20; size++) {
      const leaves = Array.from({ length: size }, (_, index) => Uint8Array.of(index));
      const root = merkleRoot(leaves);
      for (const [index, leaf] of leaves.entries()) {
        const path = merklePath(index, leaves);
        expect(await rootOf(leaf, index, size, path, crypto)).toEqual(root);
        expect(await rootOf(leaf, index, size, [...path, new Uint8Array(32)], crypto)).not.toEqual(root);
        if (path.length > 0) expect(await rootOf(leaf, index, size, path.slice(1), crypto)).not.toEqual(root);
        if (size > 1) expect(await rootOf(leaf, (index + 1) % size, size, path, crypto)).not.toEqual(root);
      }
      expect(await rootOf(Uint8Array.of(0), size, size, [], crypto)).toBeUndefined();
    }
  });
});

function flip(at: number): (list: Uint8Array) => Uint8Array {
  return (list) => list.map((byte, index) => (index === at ? byte ^ 1 : byte));
}

/** An authority with the name and the key identifier of the genuine one, and another key. */
function strangers(): unknown {
  const subject = name([
    ["O", "sigstore.example"],
    ["CN", "sigstore-intermediate"],
  ]);
  const der = forgeCertificate({ subject, key: testKey("p384-9"), extensions: caExtensions(ISSUER_KEY, ISSUER_KEY) });
  const certificates = [{ rawBytes: Buffer.from(der).toString("base64") }];
  return [{ certChain: { certificates }, validFor: { start: "2024-01-01T00:00:00Z" } }];
}
