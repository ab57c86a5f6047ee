// A test runner for Stryker that costs no start for each mutant: the tests of a room become one bundle, which is evaluated anew in this
// process for each mutant, so that no state of one reaches the next and tables made at import are mutated too.
// The options (`bundle` in Stryker's configuration): `tests`, paths of test files; `modules`, where packages are found.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";

/** What Stryker's instrumented sources read and write. */
function shared() {
  globalThis.__stryker__ ??= {};
  return globalThis.__stryker__;
}

/** Files of a path: itself, or every test below it. */
function testsOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(path, name));
}

/** The forge's keys sign the same bytes the same way: what they signed for one mutant need not be signed again for the next. */
const KEYS = "fixtures/keys.ts";

function remembering(keys) {
  const known = new Map();
  const sign = (key, algorithm, message, options = {}) => {
    const id = [key.name, JSON.stringify([algorithm, options]), Buffer.from(message).toString("latin1")].join();
    const signature = known.get(id) ?? keys.sign(key, algorithm, message, options);
    known.set(id, signature);
    return signature.slice();
  };
  return { ...keys, sign };
}

/**
 * What the tests of one load require. Making a key takes a second, and every mutant would pay it: the first key pair or prime of a kind that
 * any load makes is the first of all loads, and so on.
 */
function generatingOnce(require, known) {
  const crypto = require("node:crypto");
  const made = new Map();
  const once =
    (name) =>
    (...args) => {
      const kind = JSON.stringify([name, ...args]);
      const id = `${made.get(kind) ?? 0} ${kind}`;
      made.set(kind, (made.get(kind) ?? 0) + 1);
      const value = known.get(id) ?? crypto[name](...args);
      known.set(id, value);
      return value;
    };
  const names = ["generateKeyPairSync", "generatePrimeSync"];
  const replaced = { ...crypto, ...Object.fromEntries(names.map((name) => [name, once(name)])) };
  return (name) => (name === "node:crypto" ? replaced : require(name));
}

/** One script of these modules, in which `vitest` is this file's `api`, and `import.meta.url` what it was in each file. */
async function bundle(contents, require, keep = []) {
  const { build } = await import(pathToFileURL(require.resolve("esbuild")).href);
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd(), loader: "js" },
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "error",
    plugins: [
      {
        name: "tests",
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /^vitest$/ }, () => ({ path: "vitest", namespace: "api" }));
          onLoad({ filter: /.*/, namespace: "api" }, ({ path }) => ({
            contents: `module.exports = globalThis.__mutation[${JSON.stringify(path)}];`,
          }));
          onResolve({ filter: /\/keys\.js$/ }, ({ path, resolveDir }) =>
            keep.includes(resolve(resolveDir, path).replace(/js$/, "ts"))
              ? { path: "keys", namespace: "api" }
              : undefined,
          );
          onLoad({ filter: /\/(src|test|fixtures|scripts)\/.*\.m?[jt]s$/ }, ({ path }) => ({
            contents: readFileSync(path, "utf8").replaceAll(
              "import.meta.url",
              JSON.stringify(pathToFileURL(path).href),
            ),
            loader: "ts",
          }));
        },
      },
    ],
  });
  return new Script(`(function (require, module, exports) {${outputFiles[0].text}\n})`, {
    filename: resolve("bundle.js"),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

/** Vitest's own `expect` and spies, without Vitest around them. */
async function expectAndSpies(require) {
  const load = (name) => import(pathToFileURL(require.resolve(name)).href);
  const vitest = await load("@vitest/expect");
  const chai = await load("chai");
  chai.use(vitest.JestExtend);
  chai.use(vitest.JestChaiExpect);
  chai.use(vitest.JestAsymmetricMatchers);
  const expect = (value, message) => chai.expect(value, message);
  Object.assign(expect, chai.expect, globalThis[vitest.ASYMMETRIC_MATCHERS_OBJECT]);
  globalThis[vitest.GLOBAL_EXPECT] = expect;
  vitest.setState({ assertionCalls: 0, isExpectingAssertions: false }, expect);
  const { spyOn, fn } = await load("@vitest/spy");
  const stubbed = new Map();
  const vi = {
    spyOn,
    fn,
    stubGlobal(name, value) {
      if (!stubbed.has(name)) stubbed.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
      Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
    },
    unstubAllGlobals() {
      for (const [name, was] of stubbed)
        if (was === undefined) delete globalThis[name];
        else Object.defineProperty(globalThis, name, was);
      stubbed.clear();
    },
  };
  return { expect, vi };
}

/** Names as Vitest prints them: %s and %# by position, $name by member. */
function titled(title, row, index) {
  const values = Array.isArray(row) ? [...row] : [row];
  return title
    .replace(/%[sdifjoO#$%]/g, (sign) => (sign === "%%" ? "%" : sign === "%#" ? `${index}` : String(values.shift())))
    .replace(/\$([\w.]+)/g, (whole, path) =>
      String(path.split(".").reduce((value, name) => value?.[name], row) ?? whole),
    );
}

/** `describe`, `it` and hooks that write down what is to run. */
function collector(given) {
  const root = { name: "", before: [], each: [], after: [], afterAll: [], parent: undefined };
  const tests = [];
  let suite = root;
  const withEach = (add) =>
    Object.assign(add, {
      each:
        (rows) =>
        (title, ...rest) =>
          rows.forEach((row, index) => {
            const body = rest.find((argument) => typeof argument === "function");
            add(titled(title, row, index), () => (Array.isArray(row) ? body(...row) : body(row)));
          }),
    });
  const describe = withEach((name, body) => {
    const outer = suite;
    suite = { name, before: [], each: [], after: [], afterAll: [], parent: outer };
    body();
    suite = outer;
  });
  const nothing = () => undefined;
  describe.skip = nothing;
  const it = withEach((name, ...rest) => {
    const body = rest.find((argument) => typeof argument === "function");
    const names = [name];
    for (let at = suite; at.parent !== undefined; at = at.parent) names.unshift(at.name);
    tests.push({ name: names.join(" "), body, suite, file: globalThis.__mutation.file });
  });
  it.skip = nothing;
  return {
    tests,
    api: {
      describe,
      it,
      test: it,
      ...given,
      beforeAll: (hook) => suite.before.push(hook),
      beforeEach: (hook) => suite.each.push(hook),
      afterEach: (hook) => suite.after.push(hook),
      afterAll: (hook) => suite.afterAll.push(hook),
    },
  };
}

const lineage = (suite) => (suite === undefined ? [] : [...lineage(suite.parent), suite]);

async function runOne({ body, suite }) {
  const suites = lineage(suite);
  for (const one of suites) {
    for (const hook of one.before.splice(0)) await hook();
    for (const hook of one.each) await hook();
  }
  try {
    await body();
  } finally {
    for (const one of suites.reverse()) for (const hook of one.after) await hook();
  }
}

class BundleRunner {
  static inject = ["options"];

  constructor(options) {
    this.options = options.bundle;
    this.bail = !options.disableBail;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    const require = createRequire(join(resolve(this.options.modules), "package.json"));
    this.require = require;
    this.known = new Map();
    this.given = await expectAndSpies(require);
    const load = (file) => `require(${JSON.stringify(resolve(file))});`;
    const keys = await bundle(`module.exports = ${load(KEYS)}`, require);
    this.keys = remembering(this.evaluate(keys));
    const { tests } = this.options;
    const files = tests.filter((path) => !path.startsWith("!")).flatMap(testsOf);
    // One for each file of tests: a mutant costs the loading of those alone that it needs.
    this.scripts = new Map();
    for (const file of files.filter((path) => !tests.includes(`!${path}`)))
      this.scripts.set(file, await bundle(load(file), require, [resolve(KEYS)]));
    process.on("unhandledRejection", () => undefined);
  }

  async dispose() {}

  evaluate(script) {
    const module = { exports: {} };
    script.runInThisContext()(generatingOnce(this.require, this.known), module, module.exports);
    return module.exports;
  }

  /** The tests of one file, of a fresh copy of everything that is not a package. */
  load(file) {
    const { tests, api } = collector(this.given);
    globalThis.__mutation = { vitest: api, keys: this.keys, file };
    this.evaluate(this.scripts.get(file));
    return tests.map((test) => ({ ...test, id: `${test.file}#${test.name}` }));
  }

  async dryRun() {
    const namespace = shared();
    Object.assign(namespace, { activeMutant: undefined, currentTestId: undefined, hitCount: undefined });
    namespace.mutantCoverage = { static: {}, perTest: {} };
    const results = [];
    for (const file of this.scripts.keys())
      for (const test of this.load(file)) {
        namespace.currentTestId = test.id;
        results.push(await this.result(test));
        namespace.currentTestId = undefined;
      }
    return { status: "complete", tests: results, mutantCoverage: namespace.mutantCoverage };
  }

  async result(test) {
    const start = performance.now();
    let failure;
    try {
      await runOne(test);
    } catch (error) {
      failure = String(error?.message ?? error).slice(0, 2000) || "failed without a message";
    }
    return {
      id: test.id,
      name: test.name,
      fileName: resolve(test.file),
      timeSpentMs: performance.now() - start,
      ...(failure === undefined ? { status: 0 } : { status: 1, failureMessage: failure }),
    };
  }

  async mutantRun({ testFilter, activeMutant, hitLimit }) {
    const namespace = shared();
    Object.assign(namespace, { activeMutant: activeMutant.id, currentTestId: undefined, hitLimit, hitCount: 0 });
    if (hitLimit === undefined) namespace.hitCount = undefined;
    const fileOf = (id) => id.slice(0, id.indexOf("#"));
    let nrOfTests = 0;
    for (const file of new Set(testFilter?.map(fileOf) ?? this.scripts.keys())) {
      const { count, killed } = await this.firstFailure(file, testFilter && new Set(testFilter));
      nrOfTests += count;
      if (hitLimit !== undefined && namespace.hitCount > hitLimit)
        return { status: "timeout", reason: "hit limit reached" };
      if (killed !== undefined) return { status: "killed", ...killed, nrOfTests };
    }
    return { status: "survived", nrOfTests };
  }

  /** Runs the wanted tests of a file until one fails; a file that does not even load fails with the first of them. */
  async firstFailure(file, wanted) {
    let tests;
    try {
      tests = this.load(file);
    } catch (error) {
      const [first = file] = [...(wanted ?? [])].filter((id) => id.startsWith(`${file}#`));
      return { count: 0, killed: { killedBy: [first], failureMessage: String(error) } };
    }
    let count = 0;
    for (const test of tests.filter(({ id }) => wanted === undefined || wanted.has(id))) {
      count += 1;
      const { status, failureMessage } = await this.result(test);
      if (status !== 0) return { count, killed: { killedBy: [test.id], failureMessage } };
    }
    return { count };
  }
}

function create(options) {
  return new BundleRunner(options);
}
create.inject = ["options"];

export const strykerValidationSchema = { properties: { bundle: { type: "object" } } };
export const strykerPlugins = [{ kind: "TestRunner", name: "bundle", factory: create }];
