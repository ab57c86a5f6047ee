// Stryker's ignorer of words: the text of an error, the names that readers put into it ("notBefore", "TBSCertificate") and what a fault of a
// certificate or list says it `found` are prose, which tests do not pin. Every other string stays a mutant: codes, object identifiers, keys, labels,
// algorithm names.
const ERROR = /^(?:\w*Error|demand)$/;
const NAMES_WHAT_IT_READS =
  /^(?:next|any|end|sequence|expectTag|smallInteger|positiveInteger|octetsOfBitString|integerBytes|namedBits|explicit)$/;

function nameOf({ callee }) {
  return callee?.property?.name ?? callee?.name ?? "";
}

function isWords(path) {
  const { parent, listKey, key } = path;
  if (parent.type === "ObjectProperty") return key === "value" && parent.key.name === "found";
  if (listKey !== "arguments") return false;
  const name = nameOf(parent);
  // The code comes first and stays a mutant.
  if (name === "place") return key === 1;
  return ERROR.test(name) || NAMES_WHAT_IT_READS.test(name);
}

function shouldIgnore(path) {
  if (path.node.type !== "StringLiteral" && path.node.type !== "TemplateLiteral") return undefined;
  let value = path;
  while (value.parentPath?.isConditionalExpression() || value.parentPath?.isLogicalExpression())
    value = value.parentPath;
  return isWords(value) ? "words" : undefined;
}

export const strykerPlugins = [{ kind: "Ignore", name: "words", value: { shouldIgnore } }];
