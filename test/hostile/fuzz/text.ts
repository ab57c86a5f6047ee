/** Damage to text forms: JSON by member and by letter, PEM by block, XML by element, base64 by alphabet. */
import fc from "fast-check";
import type { Mutator } from "./bytes.js";
import type { Dice } from "./dice.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const NAMES = ["__proto__", "constructor", "toString", "length", "test_purpose", "debug", "tee-verify", "mock", ""];
const NUMBERS = [0, -1, 1, 255, 256, 65536, 2 ** 31, 2 ** 53 + 2, 1e300, -0, 0.5];

/** A value of fast-check's, the same for the same seed. */
function anyJson(dice: Dice): Json {
  return fc.sample(fc.jsonValue({ maxDepth: 3 }), { numRuns: 1, seed: dice.below(2 ** 31) })[0] as Json;
}

function nested(dice: Dice): Json {
  let value: Json = 0;
  for (let depth = dice.pick([10, 31, 33, 64, 500]); depth > 0; depth--)
    value = dice.chance(50) ? [value] : { a: value };
  return value;
}

function changeString(text: string, dice: Dice, inner: Mutator, donor: Uint8Array): string {
  const bytes = Buffer.from(text, "latin1");
  if (/^[0-9a-fA-F]{32,}$/.test(text) && text.length % 2 === 0 && dice.chance(70))
    return Buffer.from(inner(new Uint8Array(Buffer.from(text, "hex")), dice, donor)).toString("hex");
  if (/^[A-Za-z0-9+/]{40,}={0,2}$/.test(text) && dice.chance(70))
    return Buffer.from(inner(new Uint8Array(Buffer.from(text, "base64")), dice, donor)).toString("base64");
  if (/^[A-Za-z0-9_-]{40,}$/.test(text) && dice.chance(70))
    return Buffer.from(inner(new Uint8Array(Buffer.from(text, "base64url")), dice, donor)).toString("base64url");
  if (/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(text) && dice.chance(80))
    return changeToken(text, dice, inner, donor);
  if (text.length > 20 && dice.chance(60)) return decode(inner(encode(text), dice, donor));
  switch (dice.below(6)) {
    case 0:
      return text.toUpperCase();
    case 1:
      return `${text} `;
    case 2:
      return `0x${text}`;
    case 3:
      return text.slice(0, dice.below(text.length));
    case 4:
      return `${text}\u0000\ud800`;
    default:
      return Buffer.from(bytes.map((byte) => (dice.chance(5) ? dice.below(128) : byte))).toString("latin1");
  }
}

function changeToken(text: string, dice: Dice, inner: Mutator, donor: Uint8Array): string {
  const parts = text.split(".");
  const at = dice.below(parts.length);
  const changed = inner(new Uint8Array(Buffer.from(parts[at] as string, "base64url")), dice, donor);
  parts[at] = Buffer.from(changed).toString(dice.chance(90) ? "base64url" : "base64");
  return parts.join(dice.chance(95) ? "." : "..");
}

function changeJson(value: Json, dice: Dice, inner: Mutator, donor: Uint8Array): Json {
  if (dice.chance(6)) return dice.chance(30) ? nested(dice) : anyJson(dice);
  if (typeof value === "string") return changeString(value, dice, inner, donor);
  if (typeof value === "number") return dice.chance(50) ? value + dice.below(5) - 2 : dice.pick(NUMBERS);
  if (typeof value !== "object" || value === null) return dice.pick<Json>([true, false, null, "", 0, [], {}]);
  const entries = Object.entries(value);
  const roll = dice.below(100);
  if (entries.length === 0 || roll < 8) entries.push([dice.pick(NAMES), anyJson(dice)]);
  else if (roll < 16) entries.splice(dice.below(entries.length), 1);
  else if (roll < 22) entries.reverse();
  else if (roll < 28) entries.push(entries[dice.below(entries.length)] as [string, Json]);
  else {
    const chosen = dice.below(entries.length);
    const [name, old] = entries[chosen] as [string, Json];
    entries[chosen] = [name, changeJson(old, dice, inner, donor)];
  }
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

/** Changes of the text itself that `JSON.stringify` cannot write. */
function changeJsonText(text: string, dice: Dice): string {
  const members = [...text.matchAll(/"[^"\\]{1,40}"\s*:\s*/g)];
  const member = members[dice.below(members.length)];
  const at = member?.index ?? dice.below(text.length);
  const insert = (piece: string): string => text.slice(0, at) + piece + text.slice(at);
  switch (dice.below(9)) {
    case 0:
      return insert(`${member?.[0] ?? '"a":'}${dice.pick(["1", '""', "null", "{}"])},`);
    case 1:
      return insert(`"__proto__":{"ok":true},`);
    case 2:
      return insert(dice.pick([" ", "\n\t", "\ufeff", "/**/", ",", "\u00a0", "NaN"]));
    case 3:
      return text.replace(/"([a-z])/i, (_, letter: string) => `"\\u00${letter.charCodeAt(0).toString(16)}`);
    case 4:
      return text.replace(/\d+/, (digits) =>
        dice.pick([`${digits}.0`, `${digits}e0`, `0${digits}`, `+${digits}`, "1e999"]),
      );
    case 5:
      return `\ufeff${text}`;
    case 6:
      return `${text}${dice.pick(["{}", "\u0000", "\n", "]", text])}`;
    case 7:
      return "[".repeat(1 + dice.below(5000)) + text;
    default:
      return text.replace(/"([^"]{4,})"/, (_, inside: string) => `"${inside.slice(0, -1)}\\ud800"`);
  }
}

/** Text that is JSON; `inner` changes what its strings hold. */
export function mutateJson(inner: Mutator): Mutator {
  return (bytes, dice, donor) => {
    const text = decode(bytes);
    if (dice.chance(20)) return encode(changeJsonText(text, dice));
    try {
      return encode(JSON.stringify(changeJson(JSON.parse(text) as Json, dice, inner, donor)));
    } catch {
      return encode(changeJsonText(text, dice));
    }
  };
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*/g;

/** Text that holds PEM blocks (RFC 7468); `inner` changes the DER of one. */
export function mutatePem(inner: Mutator): Mutator {
  return (bytes, dice, donor) => {
    const text = decode(bytes);
    const blocks = [...text.matchAll(BLOCK)];
    const block = blocks[dice.below(blocks.length)];
    if (block === undefined) return bytes.slice();
    const [whole, label, body = ""] = block;
    const replace = (piece: string): Uint8Array =>
      encode(text.slice(0, block.index) + piece + text.slice(block.index + whole.length));
    switch (dice.below(8)) {
      case 0:
        return replace("");
      case 1:
        return replace(whole + whole);
      case 2:
        return encode(
          [...blocks]
            .reverse()
            .map(([item]) => item)
            .join(""),
        );
      case 3:
        return replace(
          whole.replace(
            `BEGIN ${label}`,
            `BEGIN ${dice.pick(["TRUSTED CERTIFICATE", "X509 CRL", "", label as string])}`,
          ),
        );
      case 4:
        return replace(whole.replaceAll("\n", dice.pick(["\r\n", "", "\n\n", " \n", "\n\t"])));
      case 5:
        return replace(`${dice.pick(["# note\n", "-----BEGIN", "\u0000", "Proc-Type: 4,ENCRYPTED\n"])}${whole}`);
      default: {
        const der = inner(new Uint8Array(Buffer.from(body, "base64")), dice, donor);
        const lines = Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n");
        return replace(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`);
      }
    }
  };
}

/** Text that is XML: an element, attribute or letter changed. */
export const mutateXml: Mutator = (bytes, dice) => {
  const text = decode(bytes);
  const tags = [...text.matchAll(/<[^>]+>/g)];
  const tag = tags[dice.below(tags.length)];
  if (tag === undefined) return bytes.slice();
  const at = tag.index;
  const insert = (piece: string): Uint8Array => encode(text.slice(0, at) + piece + text.slice(at));
  switch (dice.below(8)) {
    case 0:
      return insert("<!-- -->");
    case 1:
      return insert(`<!DOCTYPE a [<!ENTITY b "${"c".repeat(dice.below(40))}">]>`);
    case 2:
      return insert(tag[0]);
    case 3:
      return encode(text.slice(0, at) + text.slice(at + tag[0].length));
    case 4:
      return encode(
        text.slice(0, at) + tag[0].replace(/[a-z]/i, (letter) => letter.toUpperCase()) + text.slice(at + tag[0].length),
      );
    case 5:
      return encode(
        text.slice(0, at) + tag[0].replace(/>$/, ' xmlns:q="urn:q" Id="q">') + text.slice(at + tag[0].length),
      );
    case 6:
      return insert(dice.pick(["&#x41;", "&b;", "<![CDATA[x]]>", "<?x y?>", "\u0000", "<x>".repeat(300)]));
    default: {
      const letter = dice.below(text.length);
      return encode(text.slice(0, letter) + String.fromCharCode(32 + dice.below(95)) + text.slice(letter + 1));
    }
  }
};

/** The same bytes or text in another outer form. */
export const rewrap: Mutator = (bytes, dice) => {
  const buffer = Buffer.from(bytes);
  const base64 = buffer.toString("base64");
  switch (dice.below(7)) {
    case 0:
      return encode(buffer.toString("hex"));
    case 1:
      return encode(`0x${buffer.toString("hex").toUpperCase()}`);
    case 2:
      return encode(base64.replace(/.{76}/g, "$&\n"));
    case 3:
      return encode(buffer.toString("base64url"));
    case 4:
      return encode(`-----BEGIN EVIDENCE-----\n${base64}\n-----END EVIDENCE-----\n`);
    case 5:
      return encode(JSON.stringify({ "tee-verify": 1, evidence: base64 }));
    default:
      return encode(
        JSON.stringify(
          dice.pick<unknown>([
            { evidence: base64 },
            { report: base64 },
            { quote: base64 },
            { attestation: { type: "AMD_SEV_SNP", report: base64 } },
            [base64],
          ]),
        ),
      );
  }
};
