/** What the element's attributes say, as options of `verify`. */

import { noble } from "../crypto/noble.js";
import { toHex } from "../encoding/text.js";
import type { Binding, verify } from "../index.js";

export type Options = Parameters<typeof verify>[1];

/** The attributes that are read; a change of any of them judges anew. `nonce` itself is not free: browsers blank it under a CSP. */
export const ATTRIBUTES: readonly string[] = [
  "src",
  "expect",
  "sent-nonce",
  "public-key",
  "report-data",
  "at",
  "covers",
];

/** Pages over plain http have no WebCrypto. */
export function backEnd(): Pick<Options, "crypto"> {
  return globalThis.crypto?.subtle === undefined ? { crypto: noble } : {};
}

/**
 * Without `expect` the build is not compared, without a binding nothing is fresh: the card says so, and is not green.
 * @throws MalformedError for what is neither hex nor base64, SyntaxError for what is no JSON
 */
export function optionsOf(element: Element): Options {
  const at = element.getAttribute("at");
  const covers = element.getAttribute("covers");
  return {
    expected: expectation(element.getAttribute("expect")?.trim() ?? ""),
    binding: bindingOf(element),
    ...(at === null ? {} : { at: new Date(at) }),
    ...(covers === null ? {} : { covers: covers as "firmware" }),
    ...backEnd(),
  };
}

/** Reference values per kind are JSON of the page's own author, read as the same text in a script would be; the rest is a word or a digest. */
function expectation(text: string): Options["expected"] {
  if (text === "") return "any-build";
  return text.startsWith("{") ? (JSON.parse(text) as Options["expected"]) : text;
}

function bindingOf(element: Element): Binding {
  const reportData = bytesOf(element, "report-data");
  const nonce = bytesOf(element, "sent-nonce");
  const publicKey = bytesOf(element, "public-key");
  if (reportData !== undefined) {
    // Two demands at once: leaving one of them out in silence would be a yes to a question that nobody asked.
    if (nonce !== undefined || publicKey !== undefined)
      throw new TypeError("report-data stands alone: it already holds whatever nonce and key there are");
    return { reportData };
  }
  if (nonce === undefined) {
    if (publicKey !== undefined) throw new TypeError("public-key needs sent-nonce beside it");
    return "unbound";
  }
  return publicKey === undefined ? { nonce } : { nonce, publicKey };
}

/** Hex, or base64 or base64url where it is not hex. The page's own words: the browser reads them, which weighs nothing. */
function bytesOf(element: Element, name: string): Uint8Array | undefined {
  const text = element.getAttribute(name)?.trim();
  if (text === undefined) return undefined;
  if (/^(?:[0-9a-f]{2})+$/i.test(text))
    return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    throw new TypeError(`${name} is neither hex nor base64`);
  }
}

/** The nonce of a binding as lowercase hex, to be shown beside the verdict. */
export function nonceOf(binding: Binding): string | undefined {
  if (typeof binding !== "object" || !("nonce" in binding)) return undefined;
  const { nonce } = binding as { readonly nonce?: unknown };
  if (nonce instanceof Uint8Array) return toHex(nonce);
  return nonce instanceof ArrayBuffer ? toHex(new Uint8Array(nonce)) : undefined;
}
