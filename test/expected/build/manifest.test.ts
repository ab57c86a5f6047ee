import { describe, expect, it } from "vitest";
import {
  forgeManifest,
  type JsonMembers,
  type ManifestRequest,
  manifestText,
  TARBALL,
} from "../../../fixtures/manifest/manifest.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../../../src/expected/build/manifest.js";

const VALUES = { measurement: "11".repeat(48) };
const platforms: ManifestRequest["platforms"] = [{ kind: "sev-snp", values: VALUES }];
const read = (request: Partial<ManifestRequest> = {}) => parseManifest(forgeManifest({ platforms, ...request }).bytes);
const refusal = (text: string | Uint8Array): string => {
  try {
    parseManifest(typeof text === "string" ? manifestText(text).bytes : text);
  } catch (error) {
    if (error instanceof MalformedError) return error.reason;
    throw error;
  }
  return "none";
};
const refused = (request: Partial<ManifestRequest>): string => refusal(forgeManifest({ platforms, ...request }).bytes);

describe("parseManifest", () => {
  it("reads every member", () => {
    const manifest = read({
      predicate: {
        supersedes: [{ version: "2026.5.1", build: `build:sha256:${"0".repeat(64)}` }, { version: "2026.4.1" }],
        revoked: ["2026.3.1", `build:sha256:${"1".repeat(64)}`],
        minimumVersion: "2026.4.1",
        critical: ["revoked", "minimumVersion"],
      },
      platforms: [
        {
          kind: "tdx",
          label: "8 vCPUs",
          values: { mrtd: "22" },
          more: {
            within: "azure-cvm",
            inputs: { image: "x" },
            critical: ["inputs"],
          },
        },
        {
          kind: "tdx",
          label: "8 vCPUs",
          values: { mrtd: "22" },
          contains: [],
          more: { binding: { layout: "dstack-app-data" }, critical: ["binding"] },
        },
      ],
    });
    expect(manifest).toEqual({
      artifacts: [
        { name: TARBALL, digest: { sha512: "ab".repeat(64) } },
        { name: "ghcr.io/openclaw/openclaw", digest: { sha256: "cd".repeat(32) } },
        { name: "git+https://example.com/openclaw/openclaw", digest: { gitCommit: "ef".repeat(20) } },
      ],
      name: "openclaw",
      version: "2026.6.1",
      validFrom: Date.UTC(2020, 0, 1),
      validUntil: Date.UTC(2039, 11, 31, 23, 59, 59),
      supersedes: [
        { version: "2026.5.1", build: `build:sha256:${"0".repeat(64)}` },
        { version: "2026.4.1", build: undefined },
      ],
      revoked: ["2026.3.1", `build:sha256:${"1".repeat(64)}`],
      minimumVersion: "2026.4.1",
      unknownCritical: [],
      ignored: [],
      platforms: [
        {
          kind: "tdx",
          within: "azure-cvm",
          label: "8 vCPUs",
          values: { mrtd: "22" },
          contains: [TARBALL],
          layout: undefined,
          layoutRequired: false,
          inputs: { image: "x" },
        },
        {
          kind: "tdx",
          within: undefined,
          label: "8 vCPUs",
          values: { mrtd: "22" },
          contains: [],
          layout: "dstack-app-data",
          layoutRequired: true,
          inputs: undefined,
        },
      ],
    });
  });

  it("names unknown members, critical ones apart", () => {
    const manifest = read({
      statement: { extra: 1 },
      predicate: { later: true, quorum: 3, critical: ["quorum"] },
      platforms: [{ kind: "tdx", values: {}, more: { seal: 1, note: "x", critical: ["seal"] } }],
    });
    expect(manifest.unknownCritical).toEqual(["quorum", "seal"]);
    expect(manifest.ignored).toEqual(["extra", "later", "quorum", "seal", "note"]);
  });

  const changes: readonly (readonly [what: string, members: JsonMembers, reason: string])[] = [
    ["a name that is a number", { name: 7 }, "name is no text"],
    ["an empty name", { name: "" }, "name is no text"],
    ["a name of 513 characters", { name: "x".repeat(513) }, "name is no text"],
    ["no version", { version: undefined }, "version is no text"],
    ["a version that has no place in the order", { version: "latest" }, "version is no version"],
    ["a date that is not on the calendar", { validFrom: "2026-02-30T00:00:00Z" }, "validFrom is no time in UTC"],
    ["a local time", { validUntil: "2039-12-31T00:00:00+01:00" }, "validUntil is no time in UTC"],
    ["a time that is a number", { validUntil: 1 }, "validUntil is no text"],
    ["a validity that ends before it begins", { validUntil: "2019-12-31T00:00:00Z" }, "validity ends before it begins"],
    ["no platforms", { platforms: undefined }, "platforms is not a list"],
    ["platforms that are an object", { platforms: { 0: {} } }, "platforms is not a list"],
    ["a platform that is text", { platforms: ["x"] }, "platforms[0] is not an object"],
    ["257 platforms", { platforms: Array.from({ length: 257 }, () => null) }, "platforms has more than 256 items"],
    ["a platform without a label", { platforms: [{ kind: "tdx", values: {} }] }, "platforms[0].label is no text"],
    [
      "values that are a list",
      { platforms: [{ kind: "tdx", label: "x", values: [] }] },
      "platforms[0].values is not an object",
    ],
    [
      "inputs that are text",
      { platforms: [{ kind: "tdx", label: "x", values: {}, inputs: "x" }] },
      "inputs is not an object",
    ],
    [
      "a binding without a layout",
      { platforms: [{ kind: "tdx", label: "x", values: {}, binding: {} }] },
      "binding.layout is no text",
    ],
    ["revoked that is text", { revoked: "2026.1.1" }, "revoked is not a list"],
    ["a revoked build in capitals", { revoked: [`build:sha256:${"A".repeat(64)}`] }, "revoked[0] is no build hash"],
    ["a revoked version that is none", { revoked: ["*"] }, "revoked[0] is no version"],
    [
      "a superseded build that is no hash",
      { supersedes: [{ version: "1.0.0", build: "1.0.0" }] },
      "build is no build hash",
    ],
    ["a minimum version that is none", { minimumVersion: ">=1" }, "minimumVersion is no version"],
    ["critical that is text", { critical: "platforms" }, "critical is not a list"],
    ["critical that names what is not there", { critical: ["quorum"] }, 'critical names "quorum", which is not there'],
    [
      "critical that names what objects inherit",
      { critical: ["toString"] },
      'critical names "toString", which is not there',
    ],
  ];
  it.each(changes)("refuses %s", (_, predicate, reason) => expect(refused({ predicate })).toContain(reason));

  const artifacts: readonly (readonly [what: string, subject: readonly JsonMembers[] | null, reason: string])[] = [
    ["no artifact", [], "manifest names no artifact"],
    ["artifacts that are null", null, "subject is not a list"],
    ["an artifact without a digest", [{ name: "a" }], "subject[0].digest is not an object"],
    ["a digest in capitals", [{ name: "a", digest: { sha256: "AB".repeat(32) } }], "is not lowercase hex"],
    ["a digest that is too short", [{ name: "a", digest: { sha256: "ab" } }], "has not its length"],
    [
      "a digest that identifies nothing",
      [{ name: "a", digest: { md5: "ab".repeat(16) } }],
      "no digest that identifies it",
    ],
    [
      "a digest that objects inherit",
      [{ name: "a", digest: { constructor: "ab", toString: "cd" } }],
      "no digest that identifies it",
    ],
    [
      "two artifacts of one name",
      [
        { name: "a", digest: { sha256: "ab".repeat(32) } },
        { name: "a", digest: { sha256: "cd".repeat(32) } },
      ],
      "the same artifact name stands twice",
    ],
    [
      "a platform that contains what is not published",
      [{ name: "a", digest: { sha256: "ab".repeat(32) } }],
      "which is no artifact",
    ],
  ];
  it.each(artifacts)("refuses %s", (_, subject, reason) =>
    expect(refused({ statement: { subject: subject as never } })).toContain(reason),
  );

  it("refuses two platforms of one kind and label", () =>
    expect(refused({ platforms: [...platforms, ...platforms] })).toBe("the same platform label stands twice"));

  it("refuses another statement type and another predicate", () => {
    expect(refused({ statement: { _type: "https://in-toto.io/Statement/v0.1" } })).toContain("no in-toto Statement v1");
    expect(refused({ statement: { predicateType: "https://slsa.dev/provenance/v1" } })).toContain(
      "predicateType is not",
    );
  });

  it("refuses hostile text", () => {
    const { text } = forgeManifest({ platforms });
    expect(refusal(text.replace('"version"', '"name": "other", "version"'))).toContain("duplicate name");
    expect(refusal(`${"[".repeat(17)}${"]".repeat(17)}`)).toContain("nested deeper than 16");
    expect(refusal(" ".repeat(MAX_MANIFEST_BYTES + 1))).toContain("longer than 1048576 bytes");
    expect(refusal("[]")).toContain("manifest is not an object");
    expect(refusal("null")).toContain("manifest is not an object");
    expect(refusal("")).toContain("text is not JSON");
    expect(refusal(`${text} x`)).toContain("text is not JSON");
    expect(refusal(`\ufeff${text}`)).toContain("byte order mark");
    expect(refusal(Uint8Array.of(0x22, 0xff, 0x22))).toContain("text is not UTF-8");
    expect(refusal(text.replace("2026.6.1", "\\ud800"))).toContain("half of a surrogate pair");
    expect(refusal(text)).toBe("none");
  });

  it("takes prototype names for data", () => {
    const { text } = forgeManifest({ platforms });
    const hostile = text.replace(
      '"name": "openclaw"',
      '"name": "openclaw", "__proto__": {"minimumVersion": "9999.0.0"}, "constructor": {}',
    );
    const manifest = parseManifest(manifestText(hostile).bytes);
    expect(manifest.ignored).toEqual(["__proto__", "constructor"]);
    expect(manifest.minimumVersion).toBeUndefined();
    // Members that a prototype would have are not members.
    expect(refusal('{"__proto__": {"_type": "https://in-toto.io/Statement/v1"}}')).toContain("no in-toto Statement v1");
  });

  it("answers any change of one byte with a manifest or MalformedError", () => {
    const { bytes } = forgeManifest({ platforms });
    let read = 0;
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      if (refusal(changed) === "none") read++;
    }
    expect(read).toBeGreaterThan(0);
  });
});
