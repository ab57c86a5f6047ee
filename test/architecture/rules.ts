/** The rules of the house over the facts of its files; each returns what violates it, in words. */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { clockRooms, fetchRooms, maximumLines, nodeRooms, packages, rooms, upperRooms } from "./plan.js";
import type { FileFacts, ImportFact, SyntaxFact } from "./source.js";

export type Rule = (files: readonly FileFacts[]) => string[];

/** The room that a path under `src` lies in: `evidence/tdx`, `trust`, or the name of a file at the top. */
export function roomOf(path: string): string {
  const [first = "", second = "", third] = path.split("/");
  if (first === "evidence" && third !== undefined) return `evidence/${second}`;
  return path.includes("/") ? first : first.replace(/\.ts$/, "");
}

const isRelative = (specifier: string): boolean => specifier.startsWith(".");
const target = (from: string, specifier: string): string =>
  posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");

const eachImport = (files: readonly FileFacts[], judge: (file: FileFacts, fact: ImportFact) => string | undefined) =>
  files.flatMap((file) =>
    file.imports.flatMap((fact) => {
      const problem = judge(file, fact);
      return problem === undefined ? [] : [`${file.path}:${fact.line} ${problem}`];
    }),
  );

const syntaxRule =
  (what: SyntaxFact["what"], exceptIn: readonly string[], words: string): Rule =>
  (files) =>
    files
      .filter((file) => !exceptIn.includes(roomOf(file.path)))
      .flatMap((file) =>
        file.syntax.filter((fact) => fact.what === what).map((f) => `${file.path}:${f.line} ${words}`),
      );

const mayImport = (from: string, to: string, typeOnly: boolean): boolean => {
  if (from === to) return true;
  if (upperRooms.includes(from)) return to !== "cli";
  const plan = rooms[from];
  return plan !== undefined && (plan.values.includes(to) || (typeOnly && (plan.types ?? []).includes(to)));
};

const knownRooms: Rule = (files) =>
  files
    .filter((file) => rooms[roomOf(file.path)] === undefined && !upperRooms.includes(roomOf(file.path)))
    .map(
      (file) => `${file.path} lies in the room "${roomOf(file.path)}", which test/architecture/plan.ts does not name`,
    );

const lowerRoomsStayLow: Rule = (files) =>
  eachImport(files, (file, { specifier, typeOnly }) => {
    if (!isRelative(specifier)) return undefined;
    const [from, to] = [roomOf(file.path), roomOf(target(file.path, specifier))];
    return mayImport(from, to, typeOnly) ? undefined : `${from} must not import ${typeOnly ? "types of " : ""}${to}`;
  });

const noCycle: Rule = (files) => {
  const edges = new Map(files.map((file) => [file.path, file.imports.filter((i) => isRelative(i.specifier))]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    if (done.has(path) || trail.includes(path)) return;
    for (const { specifier } of edges.get(path) ?? []) walk(target(path, specifier), [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return found;
};

const noNodeModules: Rule = (files) =>
  eachImport(files, (file, { specifier }) =>
    isBuiltin(specifier) && !nodeRooms.includes(roomOf(file.path))
      ? `imports ${specifier} in a browser-pure room`
      : undefined,
  );

const knownPackages: Rule = (files) =>
  eachImport(files, (file, { specifier }) => {
    if (isRelative(specifier) || isBuiltin(specifier)) return undefined;
    const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
    const allowed = (packages[name] ?? []).some((prefix) => file.path.startsWith(prefix));
    return allowed ? undefined : `must not import the package ${name}`;
  });

const jsExtensions: Rule = (files) =>
  eachImport(files, (_, { specifier }) =>
    isRelative(specifier) && !specifier.endsWith(".js") ? `imports ${specifier} without ".js"` : undefined,
  );

/** The package says `sideEffects: false`: a bundler drops a relative import that binds nothing. */
const noBareImports: Rule = (files) =>
  eachImport(files, (_, { specifier, bare }) =>
    bare && isRelative(specifier) ? `imports ${specifier} for a side effect, which bundlers drop` : undefined,
  );

const fileLength: Rule = (files) =>
  files
    .filter((file) => file.lines > maximumLines)
    .map((f) => `${f.path} has ${f.lines} lines, more than ${maximumLines}`);

/** Every rule by the behaviour that it holds. */
export const rules: Readonly<Record<string, Rule>> = {
  "every file lies in a room of the plan": knownRooms,
  "lower rooms know nothing of higher ones, no kind knows another": lowerRoomsStayLow,
  "there is no import cycle": noCycle,
  "node modules are imported by the Node rooms alone": noNodeModules,
  "packages are imported where the plan says": knownPackages,
  "relative imports are written with .js": jsExtensions,
  "no relative import is there for its side effect": noBareImports,
  "no file is longer than the limit": fileLength,
  "there is no dynamic import": syntaxRule("dynamic-import", nodeRooms, "import() breaks SES and service workers"),
  "there is no default export": syntaxRule("default-export", [], "default export"),
  "there is no enum": syntaxRule("enum", [], "enum"),
  "there is no any": syntaxRule("any", [], "any"),
  "the globals of Node are used by the Node rooms alone": syntaxRule("node-global", nodeRooms, "uses a global of Node"),
  "no text is run as code": syntaxRule("eval", [], "eval or Function"),
  "only the endorsements fetch": syntaxRule("fetch", fetchRooms, "reaches for the network"),
  "the clock is read at the door alone": syntaxRule("clock", clockRooms, "reads the clock"),
  "nothing rests on Math.random": syntaxRule("random", [], "Math.random"),
  "no module works when it is imported": syntaxRule("top-level-work", nodeRooms, "statement at the top level"),
};
