/** Every example that is code is run as it stands; only trust begins at the forge's root, and what the reader has in hand is given. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import * as index from "../../src/index.js";
import * as sevSnp from "../../src/sev-snp.js";
import { cli, fixture } from "../cli/support.js";
import { repositoryRoot } from "../support/shared.js";

const text = (path: string): string => new TextDecoder().decode(fixture(path));
/** Pages whose examples a SEV-SNP forgery can run. A page about another room has a test of its own beside this one. */
const GENERAL = ["verdict", "policy", "bindings", "revocation-and-time", "floors", "limits", "checks"];
const docs = readdirSync(join(repositoryRoot, "docs")).filter((name) => name.endsWith(".md"));
const pages = ["README.md", "SECURITY.md", "CHANGELOG.md", ...docs.map((name) => `docs/${name}`)];
const ours = ["README.md", "SECURITY.md", ...GENERAL.map((name) => `docs/${name}.md`)];

interface Block {
  readonly page: string;
  readonly language: string;
  readonly code: string;
}

function blocks(page: string): readonly Block[] {
  return [...text(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", code = ""]) => ({
    page,
    language,
    code,
  }));
}

const nonce = new Uint8Array(32).fill(1);
const publicKey = new Uint8Array(91).fill(0x30);
/** Nothing in an answer depends on its measurement being new. */
const { fields } = forgeSnp();

function attest(reportData: Uint8Array): Uint8Array {
  return forgeSnp({ report: { reportData } }).extended;
}

/** A module whose `verify` trusts the forge, at a time when it is valid. */
function trusting<Module extends Pick<typeof index, "verify" | "requireVerified" | "createVerifier">>(
  module: Module,
): Module {
  const { trustAnchors, at } = forgeSnp();
  const more = (options: object): never => ({ ...options, trustAnchors, at }) as never;
  const front = ({
    verify,
    requireVerified,
    inspect,
  }: Pick<typeof index, "verify" | "requireVerified" | "inspect">) => ({
    verify: (evidence: never, options: object) => verify(evidence, more(options)),
    requireVerified: (evidence: never, options: object) => requireVerified(evidence, more(options)),
    inspect,
  });
  const createVerifier = (kinds: never) => front(index.createVerifier(kinds) as never);
  return { ...module, ...front(module as never), createVerifier } as unknown as Module;
}

const modules: Readonly<Record<string, object>> = {
  "tee-verify": trusting(index),
  "tee-verify/sev-snp": trusting(sevSnp),
};

/** What the reader of an example has in hand. */
async function inHand(challenge: Uint8Array): Promise<Record<string, unknown>> {
  const evidence = attest(await index.reportDataFor({ nonce: challenge, publicKey }));
  return {
    evidence,
    nonce: challenge,
    publicKey,
    measurement: fields.measurement,
    theNextRelease: "00".repeat(48),
    vcek: forgeSnp().ek,
    attest: async (reportData: Uint8Array) => attest(reportData),
    askAgent: async (asked: Uint8Array) => ({
      evidence: attest(await index.reportDataFor({ nonce: asked, publicKey })),
      publicKey,
    }),
    sendSecretTo: () => undefined,
  };
}

/** Imports become lookups in `modules`; the last `verdict` of the example is what it came to. */
async function runExample(code: string): Promise<index.Verdict | undefined> {
  const imports = /^import (\{[^}]*\}) from "([^"]+)";$/gm;
  const named: string[] = [];
  const body = code.replace(imports, (_line, names: string, from: string) => {
    if (!Object.hasOwn(modules, from)) throw new Error(`the example imports ${from}, which this test does not have`);
    named.push(
      ...names
        .slice(1, -1)
        .split(",")
        .map((name) => name.trim()),
    );
    return `const ${names} = modules[${JSON.stringify(from)}];`;
  });
  const given = await inHand(nonce);
  // What an example declares itself is not given to it.
  const names = Object.keys(given).filter(
    (name) => !new RegExp(`(?:const|let) (?:\\{[^}]*\\b${name}\\b[^}]*\\}|${name}\\b)`).test(body),
  );
  const AsyncFunction = (async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<index.Verdict>;
  const tail = /\bverdict\b/.test(body) ? "\nreturn verdict;" : "";
  const quiet = { log: () => undefined };
  const run = new AsyncFunction("modules", "console", ...names, body + tail);
  return run(modules, quiet, ...names.map((name) => given[name]));
}

describe("examples", () => {
  // The README's TDX example is run beside those of docs/tdx.md.
  const typescript = ours
    .flatMap(blocks)
    .filter(({ language, code }) => language === "ts" && !code.includes('from "tee-verify/tdx"'));

  it("are found", () => {
    expect(typescript.length).toBeGreaterThanOrEqual(7);
    expect(ours.flatMap(blocks).filter(({ language }) => !["ts", "sh"].includes(language))).toEqual([]);
  });

  it.each(typescript.map((block, index) => [`${block.page}, ${index + 1}`, block] as const))(
    "%s",
    async (_name, { code }) => {
      const verdict = await runExample(code);
      expect(verdict?.outcome, JSON.stringify(verdict?.checks.filter(({ status }) => status !== "passed"))).toBe(
        "verified",
      );
    },
  );

  const lines = ours
    .flatMap(blocks)
    .filter(({ language }) => language === "sh")
    .flatMap(({ page, code }) => code.split("\n").map((line) => [page, line] as const));
  const commands = lines.filter(([, line]) => line.startsWith("npx tee-verify"));

  it("of commands are found", () => {
    expect(commands.length).toBeGreaterThanOrEqual(4);
  });

  it.each(commands)("%s: %s", async (_page, line) => {
    const [, words = "", input, code = ""] = /^npx tee-verify (.*?)(?: < (\S+))?\s*# (\d+)$/.exec(line) ?? [];
    const files = input === undefined ? {} : { "-": fixture(input) };
    const result = await cli(words.split(/\s+/), { files });
    expect(String(result.code), result.err).toBe(code);
  });

  it("name scripts that exist", () => {
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
    const named = lines.flatMap(([, line]) => [...line.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name));
    expect(named).toContain("demo");
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
});

describe("pages", () => {
  it.each(pages)("%s links to what exists", (page) => {
    const folder = page.includes("/") ? "docs" : "";
    const links = [...text(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !link.includes(":"));
    for (const link of links) expect(() => fixture(join(folder, link)), `${page}: ${link}`).not.toThrow();
  });

  it("name every layout, and no other", () => {
    const named = [...text("docs/bindings.md").matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name = ""]) => name);
    let known: readonly string[] = [];
    const refused = index.verify(new Uint8Array(), { expected: "any-build", binding: { layout: "?" as never } });
    return refused.catch((error: Error) => {
      known = /one of ([\w, -]+?), or/.exec(error.message)?.[1]?.split(", ") ?? [];
      expect(known.length).toBeGreaterThan(5);
      expect(named.sort()).toEqual([...known].sort());
    });
  });

  it("name every member of a SEV-SNP policy", () => {
    const schema = JSON.parse(text("docs/policy.schema.json")) as {
      properties: Record<string, { properties: object }>;
    };
    const [, section = ""] = text("docs/policy.md").split("## `sev-snp`");
    const table = section.split("\n## ")[0] ?? "";
    for (const name of Object.keys(schema.properties["sev-snp"]?.properties ?? {}))
      expect(table).toContain(`\`${name}\``);
  });

  it("give the floors that the code has", () => {
    const page = text("docs/floors.md");
    for (const { bulletin, tcb = {}, firmware = {} } of sevSnp.FLOORS.floors) {
      const row = page.split("\n").find((line) => line.startsWith(`| ${bulletin} |`)) ?? "";
      for (const [product, { snp }] of Object.entries(tcb)) {
        expect(row).toContain(product);
        expect(row).toContain(String(snp));
      }
      for (const version of Object.values(firmware)) expect(row).toContain(version);
    }
  });

  it("name every subpath that they say can be imported", () => {
    const { exports } = JSON.parse(text("package.json")) as { exports: Record<string, unknown> };
    const named = [...text("README.md").matchAll(/`tee-verify(\/[\w-]+)?`/g)].map(([, subpath = ""]) => `.${subpath}`);
    for (const subpath of new Set(named)) expect(Object.keys(exports)).toContain(subpath);
  });
});
