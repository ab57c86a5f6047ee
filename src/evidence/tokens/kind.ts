/** Tokens of attestation services as kinds of evidence: somebody's word on what they verified, and no hardware's. */

import { tokenLimits, tokenMessages } from "../../messages/tokens.js";
import type { EvidenceKind } from "../kind.js";
import type { CheckDefinition } from "../ledger.js";
import { appraise, slots } from "./appraise.js";
import { authenticate } from "./authenticate.js";
import { enclaveChild } from "./enclave.js";
import { maa as maaService } from "./maa.js";
import {
  ear as earService,
  ita as itaService,
  nras as nrasService,
  confidentialSpace as spaceService,
} from "./others.js";
import type { Service, ServiceName } from "./service.js";
import {
  readPolicy,
  readReference,
  type TokenPolicy,
  type TokenReference,
  type TokenSettings,
  type TokenValues,
} from "./settings.js";
import { parseToken, recogniser, type Token } from "./token.js";

export type TokenKind<Name extends string> = EvidenceKind<
  Name,
  TokenPolicy,
  TokenReference,
  Token,
  undefined,
  TokenSettings,
  TokenValues
>;

type Row = readonly [CheckDefinition["stage"], string, string, "required" | "optional", ServiceName?];

const ROWS: readonly Row[] = [
  ["parse", "format", "RFC 7515, section 7.1; RFC 7519", "required"],
  ["authenticate", "algorithm", "RFC 8725, section 3.1", "required"],
  ["authenticate", "header", "RFC 8725, section 3.10", "required"],
  ["authenticate", "signing-key", "tee-verify design, rule 1", "required"],
  ["authenticate", "signature", "RFC 7515, section 5.2", "required"],
  ["authenticate", "devices", "RFC 9711, section 4.2.18.1.2", "required", "nras"],
  ["appraise", "issuer", "RFC 8725, section 3.8", "required"],
  ["appraise", "time", "RFC 7519, section 4.1", "required"],
  ["appraise", "audience", "RFC 8725, section 3.9", "optional"],
  ["appraise", "claims", "the service's documentation", "required"],
  ["appraise", "held-data", "Intel Trust Authority, verifier nonce", "optional", "ita"],
  ["appraise", "service-enclave", "Microsoft Azure Attestation, signing certificates", "optional", "maa"],
  ["appraise", "build", "relying party's policy", "required"],
  ["appraise", "binding", "RFC 9711, section 4.1", "required"],
];

function tokenKind<const Name extends ServiceName>(name: Name, service: Service): TokenKind<Name> {
  return {
    name,
    role: "token",
    checks: ROWS.flatMap(([stage, check, spec, need, only]) =>
      only === undefined || only === name
        ? [{ id: `${name}/${check}`, stage, spec, required: need === "required" }]
        : [],
    ),
    formatCheck: `${name}/format`,
    messages: tokenMessages(name),
    limits: tokenLimits,
    recognises: recogniser(service),
    parse: (bytes, recognition) => parseToken(service, bytes, recognition),
    needs: () => [],
    authenticate,
    appraise,
    slots: (token) => slots(token),
    claims: ({ jws, subTokens }) => ({
      issuer: jws.claims.iss ?? null,
      claims: jws.claims,
      devices: Object.fromEntries(subTokens.map((item) => [item.name, item.jws.claims])),
    }),
    map: () => [],
    readPolicy: (policy) => readPolicy(service, policy),
    readReference: (reference) => readReference(service, reference),
  };
}

/** Microsoft Azure Attestation. */
export const maa: TokenKind<"maa"> = /* @__PURE__ */ tokenKind("maa", maaService);
/**
 * Microsoft Azure Attestation with its own enclave: `{ token, jwks }` from anywhere, and the quote in the key's certificate is verified to Intel's
 * root. For `createVerifier([maaWithEnclave, sgx])`.
 */
export const maaWithEnclave: TokenKind<"maa"> = {
  ...maa,
  parse: (bytes, recognition) => parseToken(maaService, bytes, recognition, true),
  unwrap: ({ enclave }) => (enclave === undefined ? [] : [enclaveChild(enclave)]),
};
/** Google Confidential Space: PKI tokens under the pinned root, OIDC tokens with keys that you supply. */
export const confidentialSpace: TokenKind<"confidential-space"> = /* @__PURE__ */ tokenKind(
  "confidential-space",
  spaceService,
);
/** Intel Trust Authority. */
export const ita: TokenKind<"ita"> = /* @__PURE__ */ tokenKind("ita", itaService);
/** NVIDIA Remote Attestation Service, with the tokens of its devices. */
export const nras: TokenKind<"nras"> = /* @__PURE__ */ tokenKind("nras", nrasService);
/** EAT attestation results (draft-fv-rats-ear) of Veraison and Trustee. */
export const ear: TokenKind<"ear"> = /* @__PURE__ */ tokenKind("ear", earService);
