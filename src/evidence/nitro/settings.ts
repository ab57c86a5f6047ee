/** The relying party's demands on a document: what callers write, read strictly, every default the safe one. */

import { allBytes } from "../../encoding/bytes.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromPem, toUtf8 } from "../../encoding/text.js";
import { allowances, integer, readDemands, setOf } from "../../expected/demands.js";
import { copyBytes, hexOption, readDigest, readInteger, readObject, readSet, readString } from "../../expected/read.js";
import { parseCertificate } from "../../trust/certificate.js";
import { type DocumentType, REGISTERS } from "./document.js";
import { REGISTER_BYTES, type RegistersDigest, type RegisterValues } from "./registers.js";

/** Bytes, or their hex. */
export type BytesOrHex = Uint8Array | string;
type OneOrMore<T> = T | readonly T[];

/** SHA-256 over a prefix and some registers, one after the other: how platforms put several into one short value. */
export interface RegistersDigestReference {
  readonly registers: readonly number[];
  /** Bytes before the first register; none unless told. */
  readonly prefix?: BytesOrHex;
  /** Those of `registers` that count as zero where the document has not got them; none unless told. */
  readonly absentAsZero?: readonly number[];
  /** 32 bytes. */
  readonly sha256: OneOrMore<BytesOrHex>;
}

/** What holds of registers in either kind of document. */
export interface RegisterReference {
  /** By index, 48 bytes each: a value or a non-empty set. Every one that is named must be in the document and match. */
  readonly pcrs?: Readonly<Record<number, OneOrMore<BytesOrHex>>>;
  /** Complete alternatives, one a release say: all registers of one of them must match. */
  readonly sets?: readonly Readonly<Record<number, BytesOrHex>>[];
  readonly registersSha256?: OneOrMore<RegistersDigestReference>;
}

/** What an enclave must be. At least one member; every member that is given must hold. PCR0, or PCR1 and PCR2, pin all launched code. */
export interface NitroReference extends RegisterReference {
  /** Certificate (DER or PEM) that signed the image: PCR8. It names who may change the build, and no build. */
  readonly signer?: OneOrMore<Uint8Array | string>;
  /** ARN of the parent instance's IAM role: PCR3. */
  readonly roleArn?: OneOrMore<string>;
  /** `i-...`, the parent instance: PCR4. */
  readonly instanceId?: OneOrMore<string>;
}

/** What an EC2 instance must be. PCR4 pins the boot image; with Secure Boot, PCR7 pins who may sign one. */
export interface NitroTpmReference extends RegisterReference {}

/** Demands beside the build. Everything that is left out has its safe default. */
export interface NitroTpmPolicy {
  /** Greatest age of the document in seconds; 300 unless told. To judge a stored document give its time as `at`. */
  readonly maxAge?: number;
  /** How far the document may be ahead of the clock, in seconds; 300 unless told. */
  readonly futureSkew?: number;
  /** The only module ids that are taken. */
  readonly moduleIds?: OneOrMore<string>;
  /** The only regions that are taken, for example `eu-central-1`. */
  readonly regions?: OneOrMore<string>;
}

export interface NitroPolicy extends NitroTpmPolicy {
  /** What the defaults reject and this caller takes: an enclave in debug mode, whose console its parent reads. */
  readonly allow?: readonly "debug"[];
}

export interface NitroSettings {
  readonly allowDebug: boolean;
  /** Milliseconds. */
  readonly maxAge: number;
  readonly futureSkew: number;
  readonly moduleIds?: readonly string[];
  readonly regions?: readonly string[];
}

/** Seconds, and the safe end: what a caller takes beyond it is a waiver. */
export const FIVE_MINUTES = 300;
const MAX_SECONDS = 2 ** 32;

/** @throws TypeError */
export function readPolicy(type: DocumentType, policy: unknown): NitroSettings {
  const { allow = [], ...given } = readDemands(policy ?? {}, `policy[${JSON.stringify(type)}]`, {
    maxAge: integer(MAX_SECONDS),
    futureSkew: integer(MAX_SECONDS),
    moduleIds: setOf(readString),
    regions: setOf(readString),
    ...(type === "nitro" ? { allow: allowances("debug") } : {}),
  });
  const { maxAge = FIVE_MINUTES, futureSkew = FIVE_MINUTES } = given;
  return { ...given, allowDebug: allow.length > 0, maxAge: maxAge * 1000, futureSkew: futureSkew * 1000 };
}

/** @throws TypeError */
export function readReference(type: DocumentType, reference: unknown): RegisterValues {
  const what = `expected[${JSON.stringify(type)}]`;
  const names = ["pcrs", "sets", "registersSha256", ...(type === "nitro" ? ["signer", "roleArn", "instanceId"] : [])];
  const given = readObject(reference, names, what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  const extension = (
    name: string,
    register: number,
    read: (item: unknown, path: string) => Uint8Array,
  ): RegisterValues["extensions"] =>
    given[name] === undefined
      ? []
      : [{ register, data: readSet(given[name], `${what}.${name}`, read), certificate: name === "signer" }];
  return {
    registers:
      given.pcrs === undefined
        ? new Map()
        : readIndexed(type, given.pcrs, `${what}.pcrs`, (value, index, path) =>
            readSet(value, path, (item) => readRegister(type, item, index, path)),
          ),
    sets:
      given.sets === undefined
        ? []
        : readSet(given.sets, `${what}.sets`, (set, path) =>
            readIndexed(type, set, path, (value, index, at) => readRegister(type, value, index, at)),
          ),
    extensions: [
      ...extension("signer", 8, readCertificate),
      ...extension("roleArn", 3, (item, path) => toUtf8(readString(item, path))),
      ...extension("instanceId", 4, (item, path) => toUtf8(readMatching(item, path, /^i-[0-9a-f]{8,17}$/))),
    ],
    digests:
      given.registersSha256 === undefined
        ? []
        : readSet(given.registersSha256, `${what}.registersSha256`, (item, path) =>
            readDigestReference(type, item, path),
          ),
  };
}

function readIndexed<T>(
  type: DocumentType,
  value: unknown,
  what: string,
  read: (item: unknown, index: number, path: string) => T,
): ReadonlyMap<number, T> {
  const indices = Array.from({ length: REGISTERS[type].count }, (_, index) => String(index));
  const given = Object.entries(readObject(value, indices, what));
  if (given.length === 0) throw new TypeError(`${what} must name at least one register`);
  return new Map(given.map(([index, item]) => [Number(index), read(item, Number(index), `${what}[${index}]`)]));
}

function readRegister(type: DocumentType, value: unknown, index: number, what: string): Uint8Array {
  const bytes = readDigest(value, REGISTER_BYTES, what);
  // What a debug enclave shows in PCR0 to PCR2 is no measurement, and expecting it would match any code.
  if (type === "nitro" && index <= 2 && allBytes(bytes))
    throw new TypeError(`${what} is zero, which is what every enclave in debug mode shows`);
  return bytes;
}

function readMatching(value: unknown, what: string, form: RegExp): string {
  const text = readString(value, what);
  if (!form.test(text)) throw new TypeError(`${what} has not the form ${form.source}`);
  return text;
}

function readCertificate(value: unknown, what: string): Uint8Array {
  try {
    const der = typeof value === "string" ? fromPem(value, 1)[0]?.bytes : copyBytes(value, what);
    if (der === undefined) throw new TypeError(`${what} must be a certificate`);
    parseCertificate(der);
    return der;
  } catch (error) {
    if (error instanceof MalformedError)
      throw new TypeError(`${what} must be a certificate, DER or PEM: ${error.reason}`);
    throw error;
  }
}

function readDigestReference(type: DocumentType, value: unknown, what: string): RegistersDigest {
  const given = readObject(value, ["registers", "prefix", "absentAsZero", "sha256"], what);
  const indices = (name: string): readonly number[] =>
    readSet(given[name], `${what}.${name}`, (item, path) => readInteger(item, path, REGISTERS[type].count - 1));
  const { prefix } = given;
  return {
    registers: indices("registers"),
    absentAsZero: given.absentAsZero === undefined ? [] : indices("absentAsZero"),
    prefix:
      prefix === undefined
        ? new Uint8Array()
        : typeof prefix === "string"
          ? hexOption(prefix, `${what}.prefix`)
          : copyBytes(prefix, `${what}.prefix`),
    accepted: readSet(given.sha256, `${what}.sha256`, (item, path) => readDigest(item, 32, path)),
  };
}
