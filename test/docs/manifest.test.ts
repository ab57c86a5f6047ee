/** docs/manifest.md says what is so: its example is a manifest, its schema and the reader agree, its console lines run. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { testKey } from "../../fixtures/keys.js";
import { forgeManifest } from "../../fixtures/manifest/manifest.js";
import { pem } from "../../fixtures/x509.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { parseManifest } from "../../src/expected/build/manifest.js";
import { nitro, sevSnp, tdx } from "../../src/index.js";
import { houseMessages } from "../../src/messages/house.js";
import { cli, fixture, MILAN } from "../cli/support.js";

const doc = new TextDecoder().decode(fixture("docs/manifest.md"));
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(doc)?.[1] ?? "";
const example = block("json");
const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
  JSON.parse(new TextDecoder().decode(fixture("docs/manifest.schema.json"))) as object,
);
const reads = (text: string): boolean => {
  try {
    parseManifest(new TextEncoder().encode(text));
    return true;
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
};

describe("the example", () => {
  it("is a manifest by the schema and by the reader", () => {
    expect(validate(JSON.parse(example)), JSON.stringify(validate.errors)).toBe(true);
    const manifest = parseManifest(new TextEncoder().encode(example));
    expect([manifest.unknownCritical, manifest.ignored]).toEqual([[], []]);
  });

  it("has values that each kind takes", () => {
    const { platforms } = parseManifest(new TextEncoder().encode(example));
    const kinds = { "sev-snp": sevSnp, tdx, nitro } as const;
    expect(platforms.map(({ kind }) => kind)).toEqual(Object.keys(kinds));
    for (const { kind, values } of platforms) kinds[kind as keyof typeof kinds].readReference(values as never);
  });
});

describe("schema and reader", () => {
  interface Sample {
    readonly subject: readonly [object, ...object[]];
    readonly predicate: object;
  }
  type Change = (manifest: Sample) => unknown;
  const changes: readonly (readonly [what: string, change: Change])[] = [
    ["another type", (m) => Object.assign(m, { _type: "x" })],
    ["another predicate", (m) => Object.assign(m, { predicateType: "x" })],
    ["no artifact", (m) => Object.assign(m, { subject: [] })],
    ["a digest in capitals", (m) => Object.assign(m.subject[0], { digest: { sha256: "AB".repeat(32) } })],
    ["a digest that identifies nothing", (m) => Object.assign(m.subject[0], { digest: { md5: "ab" } })],
    ["a version that is none", (m) => Object.assign(m.predicate, { version: "latest" })],
    ["no name", (m) => Object.assign(m.predicate, { name: "" })],
    ["a local time", (m) => Object.assign(m.predicate, { validFrom: "2026-06-01T00:00:00+02:00" })],
    ["a revoked wildcard", (m) => Object.assign(m.predicate, { revoked: ["*"] })],
    ["a platform without a label", (m) => Object.assign(m.predicate, { platforms: [{ kind: "tdx", values: {} }] })],
    [
      "values that are a list",
      (m) => Object.assign(m.predicate, { platforms: [{ kind: "tdx", label: "x", values: [] }] }),
    ],
    [
      "257 platforms",
      (m) =>
        Object.assign(m.predicate, {
          platforms: Array.from({ length: 257 }, (_, i) => ({ kind: "tdx", label: `${i}`, values: {} })),
        }),
    ],
    [
      "a binding beside within",
      (m) =>
        Object.assign(m.predicate, {
          platforms: [{ kind: "tdx", within: "x", label: "x", values: {}, binding: { layout: "x" } }],
        }),
    ],
    ["critical that is text", (m) => Object.assign(m.predicate, { critical: "x" })],
  ];
  it.each(changes)("both refuse %s", (_, change) => {
    const manifest = JSON.parse(example) as Sample;
    change(manifest);
    expect([validate(manifest), reads(JSON.stringify(manifest))]).toEqual([false, false]);
  });

  it("both take unknown members, and forged manifests", () => {
    const { text } = forgeManifest({
      platforms: [{ kind: "x", values: {} }],
      predicate: { later: 1 },
      statement: { more: [] },
    });
    expect([validate(JSON.parse(text)), reads(text)]).toEqual([true, true]);
  });
});

it("every code of the check is named", () => {
  const codes = Object.keys(houseMessages["evidence/manifest"]?.codes ?? {});
  expect(codes.length).toBe(13);
  for (const code of codes) expect(doc).toContain(`\`${code}\``);
});

it("the console lines run, one after the other, and say what is written", async () => {
  const key = testKey("ed25519-1");
  const files: Record<string, string | Uint8Array> = {
    "openclaw.tgz": "bytes of a tarball",
    "values.json": JSON.stringify({ "sev-snp": { measurement: MILAN.measurement } }),
    "publisher.key": key.privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    "publisher.pem": pem("PUBLIC KEY", key.spki),
    "somebody.pem": pem("PUBLIC KEY", testKey("ed25519-2").spki),
    "report.hex": fixture(MILAN.report),
    "vcek.der": fixture(MILAN.vcek),
    "policy.json": fixture(MILAN.floors),
  };
  const steps = block("console")
    .split(/^\$ tee-verify /m)
    .slice(1);
  expect(steps).toHaveLength(6);
  for (const step of steps) {
    const [line = "", ...said] = step.trimEnd().split("\n");
    const [command = "", target] = line.split(" > ");
    const argv = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
    const { out, err } = await cli(argv, { files });
    if (target !== undefined) files[target] = out;
    for (const words of said) expect(`${target === undefined ? out : ""}${err}`, line).toContain(words);
  }
});
