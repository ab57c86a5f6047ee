/** Intel's collateral among the endorsements: signed JSON as served, or the `QuoteCollateralV3` object of the field. Read once, and not trusted. */

import { equalBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member, parseJson, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromHex, toUtf8 } from "../../encoding/text.js";
import { addEndorsements, type EndorsementSet, NO_ENDORSEMENTS } from "../../endorsements/endorsements.js";
import { crlBytes } from "../../endorsements/intel-pcs.js";
import type { Certificate } from "../../trust/certificate.js";
import type { Crl } from "../../trust/crl.js";
import { memberText } from "./member-text.js";
import {
  type EvaluationNumbers,
  type QeIdentity,
  readEvaluationNumbers,
  readQeIdentity,
  readTcbInfo,
  type TcbInfo,
} from "./tcb-info.js";

/** A document that Intel signed: its exact text, and what it says. */
export interface SignedDocument<Body> {
  readonly body: Body;
  /** The signed text as received. */
  readonly text: string;
  /** Its compact form, which may be the same text. */
  compact(): string;
  /** r || s, 64 bytes. */
  readonly signature: Uint8Array;
  /** The certificate that came beside it as its signer's; `undefined` where the signer is among the endorsements. */
  readonly signer: Certificate | undefined;
}

export interface Collateral {
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  readonly tcbInfos: readonly SignedDocument<TcbInfo>[];
  readonly identities: readonly SignedDocument<QeIdentity>[];
  readonly evaluations: readonly SignedDocument<EvaluationNumbers>[];
  /** Lists that were given as that of the PCK's issuer, whoever issued them. */
  readonly pckCrls: readonly Crl[];
  /** Chains that were given as the quote's own. */
  readonly pckChains: readonly (readonly Certificate[])[];
  /** What has the outline of collateral and is none. */
  readonly faults: readonly MalformedError[];
}

type Growing = { -readonly [Name in keyof Collateral]: Collateral[Name][number][] };

/** Sets never change, and several doors of the kind ask for the same one. */
const READ = /* @__PURE__ */ new WeakMap<EndorsementSet, Collateral>();

export function readCollateral(endorsements: EndorsementSet): Collateral {
  const before = READ.get(endorsements);
  if (before !== undefined) return before;
  const collateral = readAll(endorsements);
  READ.set(endorsements, collateral);
  return collateral;
}

function readAll(endorsements: EndorsementSet): Collateral {
  const collateral: Growing = {
    certificates: [...endorsements.certificates],
    crls: [...endorsements.crls],
    tcbInfos: [],
    identities: [],
    evaluations: [],
    pckCrls: [],
    pckChains: [],
    faults: [],
  };
  for (const text of endorsements.texts) {
    try {
      readText(text, collateral);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      collateral.faults.push(error);
    }
  }
  return collateral;
}

function readText(text: string, collateral: Growing): void {
  const json = parseJson(text);
  if (!isJsonObject(json)) return;
  const has = (name: string): boolean => Object.hasOwn(json, name);
  if (has("tcbInfo")) collateral.tcbInfos.push(served(text, json, "tcbInfo", readTcbInfo));
  else if (has("enclaveIdentity")) collateral.identities.push(served(text, json, "enclaveIdentity", readQeIdentity));
  else if (has(EVALUATIONS)) collateral.evaluations.push(served(text, json, EVALUATIONS, readEvaluationNumbers));
  else if (COLLATERAL_MEMBERS.some(has)) readQuoteCollateral(json, collateral);
  else {
    // Phala's service answers what it says of a quote with the collateral beside it.
    const inner = member(json, "quote_collateral");
    if (isJsonObject(inner)) readQuoteCollateral(inner, collateral);
  }
}

const EVALUATIONS = "tcbEvaluationDataNumbers";

/** Any of these makes an object collateral of the field. */
const COLLATERAL_MEMBERS = ["tcb_info", "qe_identity", "pck_crl", "root_ca_crl", "pck_certificate_chain"];

/** As Intel's service answers: `{ "tcbInfo": { ... }, "signature": "..." }`. */
function served<Body>(
  text: string,
  json: JsonObject,
  name: string,
  read: (value: JsonObject) => Body,
): SignedDocument<Body> {
  return document(memberText(text, name), member(json, name), signatureOf(json, "signature"), undefined, read);
}

function document<Body>(
  text: string,
  value: JsonValue | undefined,
  signature: Uint8Array,
  signer: Certificate | undefined,
  read: (value: JsonObject) => Body,
): SignedDocument<Body> {
  demand(isJsonObject(value), "signed collateral is not an object");
  demand(signature.length === 64, "signature of collateral has not 64 bytes");
  return {
    body: read(value),
    text,
    compact: () => JSON.stringify(value),
    signature,
    signer,
  };
}

const signatureOf = (json: JsonObject, name: string): Uint8Array =>
  listedBytes(json, name) ?? fromHex(stringMember(json, name));

/** Where a member is a list of numbers, as serde writes a `Vec<u8>`, its bytes. */
function listedBytes(json: JsonObject, name: string): Uint8Array | undefined {
  const list = member(json, name);
  if (!Array.isArray(list)) return undefined;
  return Uint8Array.from(list as readonly JsonValue[], (item) => {
    demand(Number.isInteger(item) && (item as number) >= 0 && (item as number) < 256, `${name} lists no bytes`);
    return item as number;
  });
}

/** The members of `sgx_ql_qve_collateral_t` under the names that the Rust and JavaScript libraries write. */
function readQuoteCollateral(json: JsonObject, collateral: Growing): void {
  // Libraries write what they do not have as null.
  const isAbsent = (name: string): boolean => (member(json, name) ?? null) === null;
  const chainOf = (name: string, length: number): readonly Certificate[] | undefined => {
    if (isAbsent(name)) return undefined;
    const { certificates } = addEndorsements(NO_ENDORSEMENTS, [toUtf8(stringMember(json, name))]);
    // Incomplete or doubled, it is not the chain that its name says.
    demand(certificates.length === length, `${name} has ${certificates.length} certificates where ${length} belong`);
    return certificates;
  };
  const crlOf = (name: string): readonly Crl[] =>
    isAbsent(name)
      ? []
      : addEndorsements(NO_ENDORSEMENTS, [listedBytes(json, name) ?? crlBytes(toUtf8(stringMember(json, name)))]).crls;
  const signed = <Body>(
    name: string,
    inner: string,
    read: (value: JsonObject) => Body,
  ): readonly SignedDocument<Body>[] => {
    if (isAbsent(name)) return [];
    const text = stringMember(json, name);
    const value = parseJson(text);
    const signer = leafOf(chainOf(`${name}_issuer_chain`, 2));
    // Intel's own library keeps a document as it was served, with its signature.
    if (isJsonObject(value) && Object.hasOwn(value, inner)) {
      demand(isAbsent(`${name}_signature`), `${name} with two signatures`);
      return [{ ...served(text, value, inner, read), signer }];
    }
    return [document(text, value, signatureOf(json, `${name}_signature`), signer, read)];
  };
  const pckChain = chainOf("pck_certificate_chain", 3);
  const pckCrls = crlOf("pck_crl");
  collateral.tcbInfos.push(...signed("tcb_info", "tcbInfo", readTcbInfo));
  collateral.identities.push(...signed("qe_identity", "enclaveIdentity", readQeIdentity));
  collateral.pckCrls.push(...pckCrls);
  collateral.crls.push(...crlOf("root_ca_crl"), ...pckCrls);
  if (pckChain !== undefined) collateral.pckChains.push(pckChain);
  for (const name of ["tcb_info_issuer_chain", "qe_identity_issuer_chain", "pck_crl_issuer_chain"])
    collateral.certificates.push(...(chainOf(name, 2) ?? []));
}

/** The certificate of a chain that issued none of them, itself included. */
function leafOf(chain: readonly Certificate[] | undefined): Certificate | undefined {
  return chain?.find(({ subject }) => !chain.some(({ issuer }) => equalBytes(issuer, subject)));
}
