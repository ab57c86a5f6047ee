// Stryker's ignorer of words: the text of an error and the names that readers put into it ("notBefore", "TBSCertificate") are prose, which tests do not pin.
// Every other string stays a mutant: codes, identifiers, object identifiers, keys, labels, algorithm names.
const ERROR = /^(?:\w*Error|demand)$/;
const NAMES_WHAT_IT_READS =
  /^(?:next|any|end|sequence|expectTag|smallInteger|positiveInteger|octetsOfBitString|integerBytes|namedBits|explicit)$/;

const isWords = ({ node }) => node.type === "StringLiteral" || node.type === "TemplateLiteral";

function nameOf({ callee }) {
  return callee?.property?.name ?? callee?.name ?? "";
}

function shouldIgnore(path) {
  if (!isWords(path)) return undefined;
  let argument = path;
  while (argument.parentPath?.isConditionalExpression() || argument.parentPath?.isLogicalExpression())
    argument = argument.parentPath;
  if (argument.listKey !== "arguments") return undefined;
  const name = nameOf(argument.parent);
  return ERROR.test(name) || NAMES_WHAT_IT_READS.test(name) ? "words" : undefined;
}

export const strykerPlugins = [{ kind: "Ignore", name: "words", value: { shouldIgnore } }];
