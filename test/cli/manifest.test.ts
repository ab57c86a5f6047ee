/** `tee-verify manifest`, and evidence judged by a manifest: from a release's files to a verdict, on the command line alone. */
import { describe, expect, it } from "vitest";
import { digest, testKey } from "../../fixtures/keys.js";
import { forgeManifest } from "../../fixtures/manifest/manifest.js";
import { forgeBundle, forgeTrustedRoot } from "../../fixtures/sigstore/bundle.js";
import { IDENTITY } from "../../fixtures/sigstore/pki.js";
import { pem } from "../../fixtures/x509.js";
import { cli, fixture, MILAN, without } from "./support.js";

const privatePem = (name: Parameters<typeof testKey>[0]): string =>
  testKey(name).privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const publicPem = (name: Parameters<typeof testKey>[0]): string => pem("PUBLIC KEY", testKey(name).spki);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const TARBALL = "bytes of a tarball";
const files: Record<string, string | Uint8Array> = {
  "dist/openclaw.tgz": TARBALL,
  "values.json": JSON.stringify({ "sev-snp": { measurement: MILAN.measurement } }),
  "platforms.json": JSON.stringify([
    { kind: "tdx", label: "8 vCPUs", values: { mrtd: "11".repeat(48) }, inputs: { image: "x" } },
  ]),
  "ed.key": privatePem("ed25519-1"),
  "ed.pub": publicPem("ed25519-1"),
  "p256.key": privatePem("p256-3"),
  "p256.pub": publicPem("p256-3"),
  "p384.key": privatePem("p384-3"),
  "p384.pub": publicPem("p384-3"),
  "rsa.key": privatePem("rsa2048-1"),
  "other.pub": publicPem("ed25519-2"),
};
const CREATE = [
  ...["manifest", "create", "--name", "openclaw", "--release", "2026.6.1"],
  ...[
    "--artifact",
    "dist/openclaw.tgz",
    "--artifact",
    `oci=sha256:${"ab".repeat(32)}`,
    "--artifact",
    `npm=sha512-${Buffer.alloc(64, 1).toString("base64")}`,
  ],
  ...["--platform", "4 vCPUs=values.json", "--contains", "openclaw.tgz", "--platform", "platforms.json"],
  ...["--valid-from", "2023-01-01", "--valid-until", "2023-12-31T00:00:00Z"],
];
const created = await cli(CREATE, { files });
files["manifest.json"] = created.out;
const BUILD = created.err.trim();
for (const key of ["ed", "p256", "p384"])
  files[`${key}.signed.json`] = (
    await cli(["manifest", "sign", "--key", `${key}.key`, "manifest.json"], { files })
  ).out;
const run = (...args: readonly string[]) => cli(args, { files });
const judge = (...args: readonly string[]) => cli([...without("--expect"), ...args], { files });

describe("manifest create", () => {
  it("prints a manifest with the digests of files, and its build hash beside it", () => {
    expect(created.code).toBe(0);
    expect(BUILD).toBe(`build:sha256:${hex(digest("SHA-256", new TextEncoder().encode(created.out)))}`);
    const bytes = new TextEncoder().encode(TARBALL);
    expect(JSON.parse(created.out)).toEqual({
      _type: "https://in-toto.io/Statement/v1",
      subject: [
        {
          name: "openclaw.tgz",
          digest: { sha256: hex(digest("SHA-256", bytes)), sha512: hex(digest("SHA-512", bytes)) },
        },
        { name: "oci", digest: { sha256: "ab".repeat(32) } },
        { name: "npm", digest: { sha512: "01".repeat(64) } },
      ],
      predicateType: "urn:tee-verify:build:v1",
      predicate: {
        name: "openclaw",
        version: "2026.6.1",
        validFrom: "2023-01-01T00:00:00Z",
        validUntil: "2023-12-31T00:00:00Z",
        platforms: [
          { kind: "sev-snp", label: "4 vCPUs", values: { measurement: MILAN.measurement }, contains: ["openclaw.tgz"] },
          { kind: "tdx", label: "8 vCPUs", values: { mrtd: "11".repeat(48) }, inputs: { image: "x" } },
        ],
      },
    });
  });

  it("writes what a release follows and withdraws", async () => {
    const more = [
      "--supersedes",
      "2026.5.1",
      "--supersedes",
      `2026.4.1=${BUILD}`,
      "--revoke",
      "2026.3.1",
      "--revoke",
      BUILD,
      "--minimum-version",
      "2026.4.1",
    ];
    const { out } = await run(...CREATE, ...more);
    expect((JSON.parse(out) as { predicate: unknown }).predicate).toMatchObject({
      supersedes: [{ version: "2026.5.1" }, { version: "2026.4.1", build: BUILD }],
      revoked: ["2026.3.1", BUILD],
      minimumVersion: "2026.4.1",
    });
  });

  it.each([
    ["without a name", CREATE.filter((word) => word !== "--name" && word !== "openclaw")],
    ["without an artifact", ["manifest", "create", "--name", "x", "--release", "1.0.0"]],
    ["with a version that is none", [...CREATE.slice(0, 5), "latest", ...CREATE.slice(6)]],
    ["with an artifact that is not there", [...CREATE, "--artifact", "missing.tgz"]],
    ["with a digest in a wrong base64", [...CREATE, "--artifact", "x=sha512-AAAAA"]],
    ["with a platform file that is not there", [...CREATE, "--platform", "x=missing.json"]],
    ["with platforms that are text", [...CREATE, "--platform", "ed.pub"]],
    ["with an artifact that the launch contains and nobody published", [...CREATE, "--contains", "other.tgz"]],
    ["with a file", [...CREATE, "manifest.json"]],
  ])("ends with 64 %s", async (_, args) => expect((await run(...args)).code).toBe(64));
});

describe("manifest sign and verify", () => {
  it.each(["ed", "p256", "p384"])("what %s signs, it vouches for", async (key) => {
    const { code, out } = await run(
      "manifest",
      "verify",
      "--publisher",
      `${key}.pub`,
      "--at",
      "2023-06-01",
      `${key}.signed.json`,
    );
    expect([code, out]).toEqual([0, expect.stringMatching(/^HOLDS: openclaw 2026\.6\.1, vouched for by /)]);
    expect(out).toContain(BUILD);
  });

  it("counts the build hash, and trust", async () => {
    for (const way of [["--expect", BUILD], ["--trusted"]]) {
      const { code, out } = await run("manifest", "verify", ...way, "--at", "2023-06-01", "manifest.json");
      expect([code, out]).toEqual([0, expect.stringContaining("HOLDS")]);
    }
  });

  it("counts a Sigstore identity", async () => {
    const bundle = forgeBundle(forgeManifest({ platforms: [] }).bytes);
    const sigstore = { "bundle.json": bundle, "root.json": forgeTrustedRoot() };
    const identity = [
      "--repository",
      IDENTITY.repository,
      "--workflow",
      ".github/workflows/release.yml",
      "--ref",
      "refs/tags/*",
    ];
    const verify = ["manifest", "verify", "bundle.json", "--sigstore-root", "root.json", "--at", "2026-06-01"];
    const good = await cli([...verify, ...identity], { files: sigstore });
    expect([good.code, good.out]).toEqual([0, expect.stringContaining(IDENTITY.subject)]);
    const fork = await cli(
      [...verify, ...identity.map((word, index) => (index === 1 ? "https://github.com/fork/openclaw" : word))],
      { files: sigstore },
    );
    expect([fork.code, fork.out]).toEqual([1, expect.stringContaining("DOES NOT HOLD: No publisher whom you trust")]);
    expect((await cli(verify, { files: sigstore })).code).toBe(64);
  });

  it.each([
    [
      "another publisher",
      ["--publisher", "other.pub", "--at", "2023-06-01", "ed.signed.json"],
      "DOES NOT HOLD: No publisher whom you trust has signed",
    ],
    ["an unsigned manifest", ["--publisher", "ed.pub", "--at", "2023-06-01", "manifest.json"], "it is not signed"],
    [
      "an expired manifest",
      ["--publisher", "ed.pub", "--at", "2024-06-01", "ed.signed.json"],
      "was valid until 2023-12-31",
    ],
    ["another build", ["--expect", `build:sha256:${"0".repeat(64)}`, "manifest.json"], "hashes to"],
    [
      "another product",
      ["--publisher", "ed.pub", "--name", "other", "--at", "2023-06-01", "ed.signed.json"],
      "you asked for other",
    ],
    [
      "an older version",
      ["--publisher", "ed.pub", "--minimum-version", "2026.7.1", "--at", "2023-06-01", "ed.signed.json"],
      "older than the accepted 2026.7.1",
    ],
  ])("ends with 1 for %s, in words", async (_, args, words) => {
    const { code, out } = await run("manifest", "verify", ...args);
    expect([code, out]).toEqual([1, expect.stringContaining(words)]);
  });

  it.each([
    ["signs nothing without a key", ["manifest", "sign", "manifest.json"]],
    ["signs no text that is no manifest", ["manifest", "sign", "--key", "ed.key", "values.json"]],
    ["signs with no RSA key", ["manifest", "sign", "--key", "rsa.key", "manifest.json"]],
    ["signs with no public key", ["manifest", "sign", "--key", "ed.pub", "manifest.json"]],
    ["verifies nothing unless told what counts", ["manifest", "verify", "ed.signed.json"]],
    ["verifies one way at a time", ["manifest", "verify", "--publisher", "ed.pub", "--trusted", "ed.signed.json"]],
    ["verifies with no private key", ["manifest", "verify", "--publisher", "ed.key", "ed.signed.json"]],
    ["verifies with no RSA key", ["manifest", "verify", "--publisher", "rsa.key", "ed.signed.json"]],
    ["verifies no other hash than a build hash", ["manifest", "verify", "--expect", "abcd", "manifest.json"]],
    ["does nothing without a word for it", ["manifest"]],
    ["does nothing unheard of", ["manifest", "burn", "manifest.json"]],
    ["shows no two files", ["manifest", "show", "manifest.json", "ed.signed.json"]],
    ["shows no other file", ["manifest", "show", "ed.pub"]],
  ])("%s", async (_, args) => {
    const { code, out, err } = await run(...args);
    expect([code, out]).toEqual([64, ""]);
    // A key is nobody's business.
    expect(err).not.toContain("BEGIN");
  });

  it("shows what a file says, and that nobody has vouched for it", async () => {
    for (const file of ["manifest.json", "ed.signed.json"]) {
      const { code, out } = await run("manifest", "show", file);
      expect(code).toBe(0);
      expect(out.split("\n").slice(0, 4)).toEqual([
        "NOT VERIFIED: this is what the file says, whoever wrote it.",
        "openclaw 2026.6.1",
        BUILD,
        "valid: 2023-01-01T00:00:00Z to 2023-12-31T00:00:00Z",
      ]);
      expect(out).toContain("platform: sev-snp, 4 vCPUs, contains openclaw.tgz");
    }
    const hostile = forgeManifest({
      platforms: [],
      predicate: { name: "evil\u001b[2J", quorum: 1, note: 2, critical: ["quorum"] },
    });
    const shown = await cli(["manifest", "show", "-"], { files: { "-": hostile.text } });
    expect(shown.out).toContain("evil\\u{1b}[2J");
    expect(shown.out).toContain("CRITICAL AND UNKNOWN: quorum\nignored: note");
  });
});

describe("evidence judged by a manifest", () => {
  it.each([
    ["the build hash and --manifest", ["--expect", BUILD, "--manifest", "manifest.json"]],
    ["the build hash and --manifest of an envelope", ["--expect", BUILD, "--manifest", "ed.signed.json"]],
    ["a publisher's key", ["--expect", "ed.signed.json", "--publisher", "ed.pub"]],
    ["two publishers' keys", ["--expect", "p256.signed.json", "--publisher", "ed.pub", "--publisher", "p256.pub"]],
    ["trust", ["--expect", "manifest.json", "--trusted"]],
  ])("verifies by %s", async (_, args) => {
    const { code, out } = await judge(...args, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ outcome: "verified", covers: "workload", reached: "deployment" });
  });

  it("verifies with a manifest that is in the bundle", async () => {
    const evidence = Buffer.from(readHex(MILAN.report)).toString("base64");
    const bundle = JSON.stringify({ "tee-verify": 1, evidence, manifest: files["ed.signed.json"] });
    const [, ...rest] = without("--expect");
    const named = await cli(["bundle.json", ...rest, "--publisher", "ed.pub", "--name", "openclaw"], {
      files: { ...files, "bundle.json": bundle },
    });
    expect(named.code).toBe(0);
    const nameless = await cli(["bundle.json", ...rest, "--publisher", "ed.pub"], {
      files: { ...files, "bundle.json": bundle },
    });
    expect([nameless.code, nameless.err]).toEqual([64, expect.stringContaining("--name")]);
  });

  it("rejects a build hash that an envelope given beside it withdraws", async () => {
    const newer = await cli([...CREATE, "--revoke", BUILD], { files });
    const envelope = await cli(["manifest", "sign", "--key", "ed.key", "newer.json"], {
      files: { ...files, "newer.json": newer.out },
    });
    const withdrawn = { ...files, "newer.signed.json": envelope.out };
    const both = ["--expect", BUILD, "--manifest", "manifest.json", "--manifest", "newer.signed.json"];
    const { code, out } = await cli([...without("--expect"), ...both], { files: withdrawn });
    expect([code, out.includes("REJECTED"), out.includes("withdrawn")]).toEqual([1, true, true]);
  });

  it("rejects what another has signed, and says so", async () => {
    const { code, out } = await judge("--expect", "ed.signed.json", "--publisher", "other.pub");
    expect(code).toBe(1);
    expect(out.replace(/\s+/g, " ")).toContain("No publisher whom you trust has signed the manifest");
  });

  it("takes no manifest for reference values, and none unless told who vouches for it", async () => {
    for (const file of ["manifest.json", "ed.signed.json"]) {
      const { code, err } = await judge("--expect", file);
      expect([code, err]).toEqual([64, expect.stringContaining("--publisher")]);
    }
    expect((await judge("--trusted")).code).toBe(64);
  });

  it("names its options in the help", async () => {
    expect((await run("manifest", "--help")).out).toContain("--artifact");
    expect((await run("--help")).out).toContain("--publisher");
  });
});

function readHex(path: string): Uint8Array {
  return Buffer.from(new TextDecoder().decode(fixture(path)).trim(), "hex");
}
