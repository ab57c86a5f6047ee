/** Reads a source file with the TypeScript parser into the facts that the rules of the house speak about. */
import ts from "typescript";

export interface SourceFile {
  /** Path under `src`, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface ImportFact {
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** `import "x"`: nothing but the side effect. */
  readonly bare: boolean;
  readonly line: number;
}

export interface SyntaxFact {
  readonly what:
    | "dynamic-import"
    | "default-export"
    | "enum"
    | "any"
    | "node-global"
    | "eval"
    | "fetch"
    | "clock"
    | "random"
    | "top-level-work";
  readonly line: number;
}

export interface FileFacts {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly ImportFact[];
  readonly syntax: readonly SyntaxFact[];
}

const globalObjects = new Set(["globalThis", "self", "window", "global"]);
const nodeGlobals = new Set(["Buffer", "process", "require", "__dirname", "__filename", "global", "setImmediate"]);
const network = new Set(["fetch", "XMLHttpRequest", "WebSocket", "EventSource"]);

/** Whether the identifier stands for a variable, not for the name of a member or of a property. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && globalObjects.has(parent.expression.text);
  }
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  const isMember =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent);
  return !(isMember && parent.name === node) && !ts.isQualifiedName(parent);
}

/** Whether the node is what a call or a `new` calls, directly or as `globalThis.name`. */
function isCalled(node: ts.Identifier): boolean {
  const callee = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node ? node.parent : node;
  const { parent } = callee;
  return (ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression === callee;
}

function identifierFact(node: ts.Identifier): SyntaxFact["what"] | undefined {
  if (!isReference(node)) return undefined;
  if (nodeGlobals.has(node.text)) return "node-global";
  if (node.text === "eval") return "eval";
  if (node.text === "Function" && isCalled(node)) return "eval";
  const viaGlobal = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
  if (network.has(node.text) && (isCalled(node) || viaGlobal)) return "fetch";
  return undefined;
}

function isClock(node: ts.Node): boolean {
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
    return node.expression.text === "Date" && (node.arguments ?? []).length === 0;
  }
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return false;
  return node.name.text === "now" && ["Date", "performance"].includes(node.expression.text);
}

function isRandom(node: ts.Node): boolean {
  return ts.isPropertyAccessExpression(node) && node.getText() === "Math.random";
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === "default";
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)
  );
}

function isTopLevelWork(node: ts.Node): boolean {
  if (!ts.isSourceFile(node.parent)) return false;
  return ts.isExpressionStatement(node) || ts.isIfStatement(node) || ts.isIterationStatement(node, false);
}

function factOf(node: ts.Node): SyntaxFact["what"] | undefined {
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return "dynamic-import";
  if (ts.isEnumDeclaration(node)) return "enum";
  if (node.kind === ts.SyntaxKind.AnyKeyword) return "any";
  if (isDefaultExport(node)) return "default-export";
  if (isTopLevelWork(node)) return "top-level-work";
  if (isClock(node)) return "clock";
  if (isRandom(node)) return "random";
  return ts.isIdentifier(node) ? identifierFact(node) : undefined;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  if (clause.name !== undefined || named === undefined || !ts.isNamedImports(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

function importOf(node: ts.Node, line: number): ImportFact | undefined {
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return { specifier: node.argument.literal.text, typeOnly: true, bare: false, line };
  }
  if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return undefined;
  if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return undefined;
  const bare = ts.isImportDeclaration(node) && node.importClause === undefined;
  return { specifier: node.moduleSpecifier.text, typeOnly: isTypeOnly(node), bare, line };
}

/** The facts of one file. */
export function readSource(file: SourceFile): FileFacts {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
  const imports: ImportFact[] = [];
  const syntax: SyntaxFact[] = [];
  const visit = (node: ts.Node): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    const imported = importOf(node, line);
    if (imported !== undefined) imports.push(imported);
    const what = factOf(node);
    if (what !== undefined) syntax.push({ what, line });
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return { path: file.path, lines: file.text.split("\n").length - 1, imports, syntax };
}
