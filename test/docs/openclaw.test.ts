/** docs/openclaw.md says what is so: its example is a manifest whose values every kind takes, and its console lines run. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { forgePackage } from "../../fixtures/release/package.js";
import { azureCvm } from "../../src/azure.js";
import { UsageError } from "../../src/cli/exit.js";
import { dstack, tdx } from "../../src/dstack.js";
import { parseManifest } from "../../src/expected/build/manifest.js";
import { nitro } from "../../src/index.js";
import { confidentialSpace } from "../../src/tokens.js";
import { cli, fixture } from "../cli/support.js";

const doc = new TextDecoder().decode(fixture("docs/openclaw.md"));
const blocks = (language: string): readonly string[] =>
  [...doc.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text);

describe("the example", () => {
  const [example = ""] = blocks("json");
  it("is a manifest by the schema and by the reader", () => {
    const schema = JSON.parse(new TextDecoder().decode(fixture("docs/manifest.schema.json"))) as object;
    const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
    expect(validate(JSON.parse(example)), JSON.stringify(validate.errors)).toBe(true);
    const manifest = parseManifest(new TextEncoder().encode(example));
    expect([manifest.unknownCritical, manifest.ignored]).toEqual([[], []]);
  });

  it("has values that each kind takes", () => {
    const kinds = { nitro, "confidential-space": confidentialSpace, "azure-cvm": azureCvm, dstack, tdx } as const;
    const { platforms } = parseManifest(new TextEncoder().encode(example));
    expect(platforms.map(({ kind }) => kind)).toEqual(Object.keys(kinds));
    for (const { kind, values } of platforms) kinds[kind as keyof typeof kinds].readReference(values as never);
  });
});

it("the console lines run and say what is written", async () => {
  const HEX = "a1".repeat(32);
  const dependencies = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`d${at}`, "1"]));
  const tarball = forgePackage({ members: { dependencies } });
  const image = (named: string): string => `services:\n  openclaw:\n    image: ${named}\n`;
  const files: Record<string, string | Uint8Array> = {
    "openclaw.tgz": tarball,
    "index.json": JSON.stringify({
      schemaVersion: 2,
      manifests: [{ digest: `sha256:${HEX}`, platform: { os: "linux", architecture: "amd64" } }],
    }),
    "platforms.json": "[]",
    "compose.yml": image(`ghcr.io/openclaw/openclaw@sha256:${HEX}`),
    "by-tag.yml": image("openclaw/openclaw:2026.6.1"),
    "node_modules/openclaw/package.json": JSON.stringify({ name: "openclaw", version: "2026.6.1", dependencies }),
    "node_modules/openclaw/openclaw.mjs": "#!/usr/bin/env node\nimport './dist/entry.js';\n",
    "node_modules/openclaw/dist/entry.js": "export const agent = false;\n",
    "node_modules/openclaw/LICENSE": "MIT\n",
  };
  const steps = blocks("console").flatMap((block) => block.split(/^\$ tee-verify /m).slice(1));
  expect(steps).toHaveLength(7);
  const compared: string[] = [];
  for (const step of steps) {
    const [line = "", ...said] = step.trimEnd().split("\n");
    const [command = "", target] = line.replace(" --integrity sha512-...", "").split(" > ");
    const argv = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
    const io = {
      read: async (path: string, limit: number) => {
        if (path === "node_modules/openclaw") throw new UsageError("cannot read it (it is a folder)");
        const bytes = files[path];
        if (bytes === undefined) throw new UsageError(`cannot read ${path}`);
        return (typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes).slice(0, limit);
      },
    };
    const { out, err } = await cli(argv, { files, io });
    if (target !== undefined) files[target] = out;
    for (const words of said) expect(`${target === undefined ? out : ""}${err}`, line).toContain(words);
    if (argv[1] === "compare") compared.push(...out.trimEnd().split("\n"));
  }
  expect(compared).toEqual(["changed: dist/entry.js"]);
});
