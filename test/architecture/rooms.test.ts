/** The house keeps to its plan (design, section 1), and each rule sees what breaks it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../support/shared.js";
import { roomOf, rules } from "./rules.js";
import { type FileFacts, readSource } from "./source.js";

const sourceRoot = join(repositoryRoot, "src");
const house = readdirSync(sourceRoot, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readSource({ path, text: readFileSync(join(sourceRoot, path), "utf8") }));

/** A synthetic house: paths under `src` and their text. */
const facts = (files: Readonly<Record<string, string>>): FileFacts[] =>
  Object.entries(files).map(([path, text]) => readSource({ path, text }));

interface Example {
  readonly bad: readonly Readonly<Record<string, string>>[];
  readonly good: Readonly<Record<string, string>>;
}

const examples: Readonly<Record<string, Example>> = {
  "every file lies in a room of the plan": {
    bad: [{ "cellar/x.ts": "" }, { "evidence/new-kind/report.ts": "" }, { "helpers.ts": "" }],
    good: { "encoding/x.ts": "", "evidence/sev-snp/report.ts": "", "verify.ts": "", "cli/commands/x.ts": "" },
  },
  "lower rooms know nothing of higher ones, no kind knows another": {
    bad: [
      { "encoding/x.ts": `import { a } from "../crypto/a.js";` },
      { "encoding/x.ts": `import type { A } from "../trust/a.js";` },
      { "crypto/x.ts": `export { a } from "../trust/a.js";` },
      { "trust/x.ts": `export * from "../evidence/kind.js";` },
      { "trust/x.ts": `export type A = import("../verify.js").A;` },
      { "evidence/tdx/x.ts": `import { a } from "../sev-snp/a.js";` },
      { "evidence/dcap/x.ts": `import type { A } from "../tdx/a.js";` },
      { "evidence/kind.ts": `import { a } from "./tdx/a.js";` },
      { "evidence/sev-snp/x.ts": `import { verify } from "../../verify.js";` },
      { "verify.ts": `import { a } from "./cli/a.js";` },
      { "messages/x.ts": `import { a } from "../verdict.js";` },
      { "endorsements/x.ts": `import { a, type B } from "../evidence/kind.js";` },
    ],
    good: {
      "crypto/x.ts": `import { a } from "../encoding/a.js";`,
      "evidence/tdx/x.ts": `import { a } from "../dcap/a.js";\nimport { b } from "./b.js";`,
      "messages/x.ts": `import { type A } from "../verdict.js";`,
      "sev-snp.ts": `export { a } from "./evidence/sev-snp/a.js";`,
    },
  },
  "there is no import cycle": {
    bad: [
      { "trust/a.ts": `import { b } from "./b.js";`, "trust/b.ts": `export * from "./a.js";` },
      { "trust/a.ts": `import type { A } from "./a.js";` },
      {
        "verify.ts": `import { b } from "./trust/b.js";`,
        "trust/b.ts": `import { c } from "./c.js";`,
        "trust/c.ts": `import { verify } from "../verify.js";`,
      },
    ],
    good: {
      "trust/a.ts": `import { b } from "./b.js";\nimport { c } from "./c.js";`,
      "trust/b.ts": `import { c } from "./c.js";`,
      "trust/c.ts": "",
    },
  },
  "node modules are imported by the Node rooms alone": {
    bad: [{ "trust/x.ts": `import { a } from "node:crypto";` }, { "verify.ts": `import type { B } from "buffer";` }],
    good: { "cli/main.ts": `import { readFileSync } from "node:fs";` },
  },
  "packages are imported where the plan says": {
    bad: [
      { "trust/x.ts": `import { p384 } from "@noble/curves/nist.js";` },
      { "evidence/nitro/x.ts": `import { Decoder } from "cbor-x/decode-no-eval";` },
      { "crypto/x.ts": `import x from "left-pad";` },
    ],
    good: { "crypto/x.ts": `import { p384 } from "@noble/curves/nist.js";` },
  },
  "relative imports are written with .js": {
    bad: [{ "trust/x.ts": `import { a } from "./a";` }, { "trust/x.ts": `import { a } from "./a.ts";` }],
    good: { "trust/x.ts": `import { a } from "./a.js";` },
  },
  "no relative import is there for its side effect": {
    bad: [{ "trust/x.ts": `import "./a.js";` }],
    good: { "cross-check.ts": `import "reflect-metadata";` },
  },
  "no file is longer than the limit": {
    bad: [{ "trust/x.ts": "// line\n".repeat(401) }],
    good: { "trust/x.ts": "// line\n".repeat(400) },
  },
  "there is no dynamic import": {
    bad: [{ "crypto/x.ts": `export const a = () => import("./noble.js");` }],
    good: { "cli/main.ts": `export const a = () => import("../crypto/noble.js");` },
  },
  "there is no default export": {
    bad: [
      { "trust/x.ts": "export default 1;" },
      { "trust/x.ts": "export default function f() {}" },
      { "trust/x.ts": "const a = 1; export { a as default };" },
    ],
    good: { "trust/x.ts": "export const a = 1; const b = 2; export { b };" },
  },
  "there is no enum": {
    bad: [{ "trust/x.ts": "export enum A { B }" }, { "trust/x.ts": "export declare const enum A { B }" }],
    good: { "trust/x.ts": `export type A = "b";` },
  },
  "there is no any": {
    bad: [
      { "trust/x.ts": "export const a: any = 1;" },
      { "trust/x.ts": "export const a = 1 as any;" },
      { "trust/x.ts": "export type A = Record<string, any>;" },
    ],
    good: { "trust/x.ts": `export const any: unknown = "any"; // any` },
  },
  "the globals of Node are used by the Node rooms alone": {
    bad: [
      { "trust/x.ts": `export const a = Buffer.from("");` },
      { "trust/x.ts": "export const a = () => process.env;" },
      { "trust/x.ts": "export const a = globalThis.process;" },
      { "trust/x.ts": "export const a = (x: Buffer) => x;" },
      { "trust/x.ts": `export const a = () => require("x");` },
      { "trust/x.ts": "const { process } = globalThis;" },
    ],
    good: {
      "trust/x.ts": "export const a = (x: { process: number }) => ({ process: x.process }); // Buffer",
      "cli/main.ts": "export const a = () => process.argv;",
    },
  },
  "no text is run as code": {
    bad: [
      { "trust/x.ts": `export const a = () => eval("1");` },
      { "trust/x.ts": `export const a = () => new Function("1");` },
      { "trust/x.ts": `export const a = () => globalThis.Function("1");` },
    ],
    good: { "trust/x.ts": `export const a = (f: Function) => typeof f; export const b = "eval(1)";` },
  },
  "only the endorsements fetch": {
    bad: [
      { "evidence/kind.ts": `export const a = () => fetch("x");` },
      { "verify.ts": `export const a = () => globalThis.fetch("x");` },
      { "verify.ts": "export const a = globalThis.fetch;" },
      { "trust/x.ts": `export const a = () => new WebSocket("x");` },
    ],
    good: {
      "endorsements/transport.ts": `export const a = (fetch: (u: string) => void) => fetch("x");`,
      "verify.ts": "export const a = (options: { fetch: unknown }) => options.fetch;",
    },
  },
  "the clock is read at the door alone": {
    bad: [
      { "trust/x.ts": "export const a = () => Date.now();" },
      { "evidence/kind.ts": "export const a = () => new Date();" },
      { "trust/x.ts": "export const a = () => performance.now();" },
    ],
    good: { "verify.ts": "export const a = () => new Date();", "trust/x.ts": "export const a = () => new Date(0);" },
  },
  "nothing rests on Math.random": {
    bad: [{ "trust/x.ts": "export const a = () => Math.random();" }],
    good: { "trust/x.ts": "export const a = () => Math.max(1, 2);" },
  },
  "no module works when it is imported": {
    bad: [
      { "trust/x.ts": "console.log(1);" },
      { "trust/x.ts": "const a = []; for (let i = 0; i < 9; i++) a.push(i);" },
      { "trust/x.ts": "globalThis.x = 1;" },
    ],
    good: { "trust/x.ts": "export const a = () => { for (const b of []) b(); };", "cli/main.ts": "main();" },
  },
};

describe("the house", () => {
  it("has files to judge", () => expect(house.length).toBeGreaterThan(10));

  for (const [behaviour, rule] of Object.entries(rules)) {
    it(behaviour, () => expect(rule(house)).toEqual([]));
  }
});

describe("the rules see what breaks them", () => {
  it("has an example for every rule", () => expect(Object.keys(examples)).toEqual(Object.keys(rules)));

  for (const [behaviour, rule] of Object.entries(rules)) {
    const { bad, good } = examples[behaviour] ?? { bad: [], good: {} };
    it.each(bad.map((files) => [JSON.stringify(files).slice(0, 90), files] as const))(
      `${behaviour}: not %s`,
      (_, files) => expect(rule(facts(files))).not.toEqual([]),
    );
    it(`${behaviour}: a good neighbour passes`, () => expect(rule(facts(good))).toEqual([]));
  }
});

describe("roomOf", () => {
  it("tells folders, kinds and files at the top apart", () => {
    const paths = ["trust/roots/amd.ts", "evidence/tdx/quote.ts", "evidence/kind.ts", "verify.ts"];
    expect(paths.map(roomOf)).toEqual(["trust", "evidence/tdx", "evidence", "verify"]);
  });
});
