/**
 * Every example of the documents passes a strict type check, as its reader pastes it into a module: what they have in hand is declared
 * with the type that it has there, and whatever else an example names, it imports or declares.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import tsupConfig from "../../tsup.config.js";
import { repositoryRoot } from "../support/shared.js";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");

/** Source of each public subpath. */
const subpaths: Readonly<Record<string, string[]>> = Object.fromEntries(
  [tsupConfig].flat().flatMap((config) =>
    Object.entries((config as { entry: Record<string, string> }).entry)
      .filter(([name, source]) => name !== "tee-verify.min" && !source.startsWith("src/cli/"))
      .map(([name, source]) => [name === "index" ? "tee-verify" : `tee-verify/${name}`, [`./${source}`]]),
  ),
);

const typed = (type: string, names: string): Readonly<Record<string, string>> =>
  Object.fromEntries(names.split(" ").map((name) => [name, type]));
const IN_HAND: Readonly<Record<string, string>> = {
  ...typed(
    "Uint8Array",
    "composeHash evidence firmware info instanceId measurement mrtd nonce pcr0 pcr1 pcr2 publicKey",
  ),
  ...typed("Uint8Array", "quote report rim rtmr0 rtmr1 rtmr2 rtmr3 saved signerId theNextRelease token vcek"),
  ...typed("string", "bundle driverVersion evidenceList platformKey publisherPem"),
  ...typed("readonly Uint8Array[]", "endorsements ocspResponses"),
  document: "Uint8Array",
  secret: "unknown",
  app: "(request: unknown, response: unknown) => void",
  askAgent: "(nonce: Uint8Array) => Promise<{ evidence: Uint8Array; publicKey: Uint8Array }>",
  attest: "(reportData: Uint8Array) => Promise<Uint8Array>",
  handle: "(message: Uint8Array) => Promise<Uint8Array>",
  send: "(value: unknown) => void",
  sendSecretTo: "(key: Uint8Array, claims: unknown) => void",
};

interface Example {
  readonly from: string;
  readonly code: string;
}

const documents = readdirSync(join(repositoryRoot, "docs")).filter((name) => name.endsWith(".md"));
const inDocuments: readonly Example[] = [
  "README.md",
  "SECURITY.md",
  ...documents.map((name) => `docs/${name}`),
].flatMap((from) =>
  [...read(from).matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => ({ from, code })),
);

const options: ts.CompilerOptions = {
  ...ts.convertCompilerOptionsFromJson(
    JSON.parse(read("tsconfig.json").replace(/^\s*\/\/.*$/gm, "")).compilerOptions,
    repositoryRoot,
  ).options,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: ["node"],
  baseUrl: repositoryRoot,
  paths: subpaths,
  isolatedDeclarations: false,
  declaration: false,
};

/** A name that the example declares or imports itself is not given to it. */
function moduleOf({ code }: Example): string {
  const own = (name: string): boolean =>
    new RegExp(`(?:const|let|import) (?:\\{[^}]*\\b${name}\\b[^}]*\\}|${name}\\b)`).test(code);
  const given = Object.entries(IN_HAND).filter(([name]) => !own(name));
  return ["export {};", ...given.map(([name, type]) => `declare const ${name}: ${type};`), code].join("\n");
}

/** What the compiler says of each example. */
function complaints(examples: readonly Example[]): readonly string[] {
  const texts = new Map(
    examples.map((example, index) => [join(repositoryRoot, `example-${index}.ts`), moduleOf(example)]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.getSourceFile = (name, language, ...rest) => {
    const text = texts.get(name);
    return text === undefined ? getSourceFile(name, language, ...rest) : ts.createSourceFile(name, text, language);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return [...texts.keys()].flatMap((name, index) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(name))
      .map(({ messageText }) => `${examples[index]?.from}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`),
  );
}

it("every example passes a strict type check, and a wrong one does not", { timeout: 120_000 }, () => {
  expect(inDocuments.length).toBeGreaterThan(15);
  const wrong = {
    from: "a wrong one",
    code: 'import { verify } from "tee-verify";\nawait verify(evidence, { expected: "any-build", binding: { nonce, key: publicKey } });',
  };
  expect(complaints([...inDocuments, wrong])).toEqual([expect.stringMatching(/^a wrong one: .*'key' does not exist/)]);
});
