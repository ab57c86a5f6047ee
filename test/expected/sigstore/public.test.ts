/** Bundles that Sigstore's own clients made and test with, under the trusted roots of their instances, offline (fixtures/PROVENANCE.json). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { noble } from "../../../src/crypto/noble.js";
import { parseBundle } from "../../../src/expected/sigstore/bundle.js";
import { readIdentity, type SignerIdentity, verifyIdentity } from "../../../src/expected/sigstore/identity.js";
import { verifyBundle } from "../../../src/expected/sigstore/index.js";
import { verifyTimestamp } from "../../../src/expected/sigstore/timestamp.js";
import { readTrustedRoot, type TrustedRoot } from "../../../src/expected/sigstore/trusted-root.js";
import { crypto } from "../../support/pki.js";
import { repositoryRoot } from "../../support/shared.js";
import { refusal } from "../../support/sigstore.js";

const bytes = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(repositoryRoot, "fixtures/data/sigstore", `${name}.json`)));
const text = (name: string): string => new TextDecoder().decode(bytes(name));
const roots = {
  public: readTrustedRoot(text("public-good.root")),
  staging: readTrustedRoot(text("staging.root")),
  github: readTrustedRoot(text("github.root")),
} as const;

const repository = "https://github.com/sigstore/sigstore-js";
const good: readonly (readonly [name: string, root: keyof typeof roots, identity: SignerIdentity])[] = [
  [
    "conda-dsse",
    "public",
    {
      repository: "https://github.com/prefix-dev/sigstore-example",
      workflow: ".github/workflows/action.yaml",
      ref: "refs/heads/main",
    },
  ],
  ["email-intoto", "public", { subject: "brian@dehamer.com", issuer: "https://github.com/login/oauth" }],
  [
    "sigstore-js-provenance",
    "public",
    { repository, workflow: ".github/workflows/release.yml", ref: "refs/heads/main" },
  ],
  [
    "staging-rekor2",
    "staging",
    {
      repository: "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon",
      workflow: ".github/workflows/extremely-dangerous-oidc-beacon.yml",
      ref: "refs/heads/main",
    },
  ],
];

describe("genuine bundles", () => {
  it.each(good)(
    "%s verifies under the root of its instance alone, with both back ends",
    async (name, root, identity) => {
      const bundle = parseBundle(bytes(name));
      for (const backEnd of [crypto, noble]) await verifyBundle(bundle, roots[root], backEnd);
      expect(await refusal(() => verifyIdentity(bundle.certificate, readIdentity(identity)))).toBe("none");
      for (const [other, value] of Object.entries(roots))
        if (other !== root) expect(await refusal(() => verifyBundle(bundle, value, crypto))).not.toBe("none");
    },
  );

  it("conda-rekor2, with witnesses beside the log, verifies too", async () => {
    await verifyBundle(parseBundle(bytes("conda-rekor2")), roots.staging, crypto);
  });

  it("a timestamp with SHA-384 is of GitHub's clock, and of no other", async () => {
    const { timestamps, signature } = parseBundle(bytes("github-private"));
    const times = await Promise.all(
      timestamps.map((item) => verifyTimestamp(item, signature, roots.github.clocks, crypto)),
    );
    expect(times.map((time) => new Date(time).toISOString())).toEqual(["2026-03-02T09:52:15.000Z"]);
    for (const item of timestamps)
      expect(await refusal(() => verifyTimestamp(item, signature, roots.public.clocks, crypto))).toBe(
        "the timestamp is of no clock of the trusted root",
      );
  });
});

describe("bundles that are not taken", () => {
  const judged = (name: string, root: TrustedRoot) =>
    refusal(() => verifyBundle(parseBundle(bytes(name)), root, crypto));
  it("a second signature in the envelope", async () =>
    expect(await judged("two-signatures", roots.public)).toBe("malformed: bundle with more than one signature"));
  it("a bare message", async () =>
    expect(await judged("message-rekor2", roots.staging)).toBe("malformed: DSSE envelope is not an object"));
  it("a timestamp without a log", async () => {
    const clocks = { ...roots.public, clocks: roots.github.clocks };
    expect(await judged("github-private", clocks)).toBe("it is in no transparency log");
  });
});

type Json = Record<string, unknown>;
const at = (value: unknown, ...path: readonly (string | number)[]): Json =>
  path.reduce((found, step) => (found as Json)[step] as Json, value as Json);

/** One change each to a genuine bundle, and what is said of it. */
const changes: readonly (readonly [what: string, change: (bundle: Json, other: Json) => void, reason: RegExp])[] = [
  [
    "another payload",
    (b, o) => Object.assign(at(b, "dsseEnvelope"), { payload: at(o, "dsseEnvelope").payload }),
    /log entry is about something else/,
  ],
  [
    "another signature",
    (b, o) => Object.assign(at(b, "dsseEnvelope"), { signatures: at(o, "dsseEnvelope").signatures }),
    /about something else|of another signature/,
  ],
  [
    "another payload type",
    (b) => Object.assign(at(b, "dsseEnvelope"), { payloadType: "text/plain" }),
    /not of its certificate's key|about something else/,
  ],
  [
    "another certificate",
    (b, o) =>
      Object.assign(at(b, "verificationMaterial"), {
        certificate: { rawBytes: leafOf(o) },
        x509CertificateChain: null,
      }),
    /about something else/,
  ],
  ["no log entry", (b) => Object.assign(at(b, "verificationMaterial"), { tlogEntries: [] }), /in no transparency log/],
  [
    "another log",
    (b) => Object.assign(entryOf(b), { logId: { keyId: "AAAA" } }),
    /no transparency log of the trusted root/,
  ],
  [
    "neither promise nor proof",
    (b) => Object.assign(entryOf(b), { inclusionPromise: null, inclusionProof: null }),
    /neither promise nor proof/,
  ],
  [
    "another body",
    (b, o) => Object.assign(entryOf(b), { canonicalizedBody: entryOf(o).canonicalizedBody }),
    /not lead to the log's root|promise is not signed/,
  ],
];
const entryOf = (bundle: Json): Json => at(bundle, "verificationMaterial", "tlogEntries", 0);
function leafOf(bundle: Json): unknown {
  const material = at(bundle, "verificationMaterial");
  return material.certificate === undefined
    ? at(material, "x509CertificateChain", "certificates", 0).rawBytes
    : at(material, "certificate").rawBytes;
}

describe.each(good)("one change to %s is refused", (name, root) => {
  const other = name === "conda-dsse" ? "sigstore-js-provenance" : "conda-dsse";
  it.each(changes)("%s", async (_, change, reason) => {
    const bundle = JSON.parse(text(name)) as Json;
    change(bundle, JSON.parse(text(other)) as Json);
    const changed = new TextEncoder().encode(JSON.stringify(bundle));
    expect(await refusal(() => verifyBundle(parseBundle(changed), roots[root], crypto))).toMatch(reason);
  });
});

describe("what only one version of the log has", () => {
  const judged = async (name: string, root: TrustedRoot, change: (entry: Json, bundle: Json) => void) => {
    const bundle = JSON.parse(text(name)) as Json;
    change(entryOf(bundle), bundle);
    return refusal(() => verifyBundle(parseBundle(new TextEncoder().encode(JSON.stringify(bundle))), root, crypto));
  };
  const number = (value: unknown): number => Number(value);

  it("the promise covers time, index and log", async () => {
    const promised = "the log's promise is not signed by the log";
    expect(
      await judged("conda-dsse", roots.public, (e) =>
        Object.assign(e, { integratedTime: String(number(e.integratedTime) + 1) }),
      ),
    ).toBe(promised);
    expect(
      await judged("conda-dsse", roots.public, (e) => Object.assign(e, { logIndex: String(number(e.logIndex) + 1) })),
    ).toBe(promised);
  });
  it("without promise and clock nobody says when it was", async () =>
    expect(await judged("conda-dsse", roots.public, (e) => Object.assign(e, { inclusionPromise: null }))).toBe(
      "no trusted clock says when it was signed",
    ));
  it("a bundle of Rekor 2 needs its clock, and the entry's own time is nobody's word", async () => {
    const without = (entry: Json, bundle: Json): void => {
      Object.assign(entry, { integratedTime: "1778700000" });
      Object.assign(at(bundle, "verificationMaterial"), { timestampVerificationData: null });
    };
    expect(await judged("staging-rekor2", roots.staging, without)).toBe("no trusted clock says when it was signed");
  });
  it("the proof has its place, its tree and its checkpoint", async () => {
    const proof = (change: (proof: Json) => void) =>
      judged("conda-dsse", roots.public, (e) => change(at(e, "inclusionProof")));
    expect(await proof((p) => Object.assign(p, { logIndex: String(number(p.logIndex) + 1) }))).toContain(
      "does not lead to the log's root",
    );
    expect(await proof((p) => Object.assign(p, { treeSize: String(number(p.treeSize) + 1) }))).toContain(
      "checkpoint is of another tree",
    );
    expect(await proof((p) => (p.hashes as string[]).pop())).toContain("does not lead to the log's root");
    expect(await proof((p) => (p.hashes as string[]).reverse())).toContain("does not lead to the log's root");
    const note = (change: (text: string) => string) =>
      proof((p) => Object.assign(p, { checkpoint: { envelope: change(at(p, "checkpoint").envelope as string) } }));
    expect(await note((t) => t.replace(/\n\d+\n/, "\n334214817\n"))).toContain("checkpoint is not signed by the log");
    expect(await note((t) => t.split("\n\n")[0] ?? "")).toBe("malformed: checkpoint is no signed note");
  });
});
