/** Which collateral a quote still needs, and where it can be had (Intel PCS API v4). */

import { equalBytes } from "../../encoding/bytes.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import { addEndorsements, type EndorsementSet, NO_ENDORSEMENTS } from "../../endorsements/endorsements.js";
import {
  crlBytes,
  issuerChain,
  pckCrlAddress,
  qeIdentityAddress,
  rootCrlAddresses,
  tcbInfoAddress,
} from "../../endorsements/intel-pcs.js";
import type { Crl } from "../../trust/crl.js";
import { INTEL_PCK_PROFILE } from "../../trust/profiles.js";
import { crlIssuer, type RevocationInput, revocationFaults } from "../../trust/revocation.js";
import type { FetchedAnswer, Need, Vouching } from "../kind.js";
import {
  bestDocument,
  crlOf,
  type Dated,
  intelAnchors,
  isCurrent,
  isIdentityFor,
  isTcbInfoFor,
  pckChain,
  signersOf,
  tryReadPck,
} from "./chain.js";
import { type Collateral, readCollateral, type SignedDocument } from "./collateral.js";
import { signerOf } from "./documents.js";
import { caOf } from "./pck.js";
import type { DcapQuote, Tee } from "./quote.js";
import type { DcapSettings } from "./settings.js";

/** In the order of the verdict. What came along and has expired is asked for again. */
export function dcapNeeds(
  tee: Tee,
  quote: DcapQuote,
  endorsements: EndorsementSet,
  settings: DcapSettings,
  at: number,
): readonly Need[] {
  const collateral = readCollateral(endorsements);
  const { leaf, intermediate, fault } = pckChain(quote, () => collateral);
  if (fault !== undefined) return [];
  const pck = tryReadPck(leaf);
  const ca = caOf(intermediate?.commonName);
  const wanted: Need[] = [];
  if (leaf === undefined || intermediate === undefined) wanted.push(PCK_NEED);
  const fits = isTcbInfoFor(tee, pck);
  if (!usable(collateral.tcbInfos, fits, collateral, at)) {
    const fmspc = pck === undefined ? undefined : toHex(pck.fmspc);
    wanted.push({
      id: "tcb-info",
      what: `Intel's TCB info for platforms ${fmspc ?? "that its PCK certificate will name"}`,
      candidates: fmspc === undefined ? [] : [tcbInfoAddress(tee, fmspc, settings.update)],
      accept: (answer, by) => accepted(answer, by, ({ tcbInfos }) => tcbInfos, fits, at),
    });
  }
  const isIdentity = isIdentityFor(tee);
  if (!usable(collateral.identities, isIdentity, collateral, at)) {
    wanted.push({
      id: "qe-identity",
      what: "Intel's identity of its quoting enclave",
      candidates: [qeIdentityAddress(tee, settings.update)],
      accept: (answer, by) => accepted(answer, by, ({ identities }) => identities, isIdentity, at),
    });
  }
  if (leaf !== undefined && !hasCrl(leaf.issuer, collateral, at))
    wanted.push(
      crlNeed(
        "pck-crl",
        "The revocation list of the PCK's authority",
        ca === undefined ? [] : [pckCrlAddress(ca)],
        leaf.issuer,
        () => (intermediate === undefined ? [] : [crlIssuer(intermediate)]),
        at,
      ),
    );
  const root = intermediate?.issuer ?? intelAnchors(new Map())[0]?.subject;
  if (root !== undefined && !hasCrl(root, collateral, at))
    wanted.push(
      crlNeed(
        "root-crl",
        "The revocation list of Intel's root",
        rootCrlAddresses(),
        root,
        ({ anchors }) => intelAnchors(anchors).filter(({ subject }) => equalBytes(subject, root)),
        at,
      ),
    );
  return wanted;
}

const PCK_NEED: Need = {
  id: "pck-certificate",
  what: "the PCK certificate that the quote names, and its authority's",
  candidates: [],
  obtain:
    "Intel hands it out to the platform's owner alone: ask the operator for a quote with its chain (certification data of type 5)",
  accept: () => [],
};

function usable<Body extends Dated>(
  documents: readonly SignedDocument<Body>[],
  fits: (body: Body) => boolean,
  collateral: Collateral,
  at: number,
): boolean {
  const best = bestDocument(documents, fits, at);
  return (
    best !== undefined && fits(best.body) && isCurrent(best.body, at) && signersOf(best, collateral, at).length > 0
  );
}

/** The signed JSON, with the chain that came in a header; where it is told whose it is, with its signer alone. */
async function accepted<Body extends Dated>(
  answer: FetchedAnswer,
  by: Vouching | undefined,
  pick: (found: Collateral) => readonly SignedDocument<Body>[],
  fits: (body: Body) => boolean,
  at: number,
): Promise<readonly Uint8Array[]> {
  const items = [answer.body, ...issuerChain(answer)];
  const found = readCollateral(addEndorsements(NO_ENDORSEMENTS, items));
  demand(usable(pick(found), fits, found, at), "it is not for this platform and time, or lacks its signer");
  if (by === undefined) return items;
  const { certificates, crls, pckChains, ...own } = readCollateral(addEndorsements(NO_ENDORSEMENTS, [answer.body]));
  const [document] = pick(own as Collateral);
  // Beside what was asked for nobody shall say what the quote's chain, its roots or its lists are.
  if (document === undefined || certificates.length + crls.length + pckChains.length > 0)
    throw new MalformedError("it is not a document as Intel serves it");
  const signer = await signerOf(document, signersOf(document, found, at), by);
  if (signer === undefined) throw new MalformedError("Intel did not sign it");
  return [answer.body, signer.der];
}

function hasCrl(issuer: Uint8Array, { crls }: Collateral, at: number): boolean {
  const crl = crlOf(issuer, crls, at);
  return crl !== undefined && isCurrent({ issueDate: crl.thisUpdate, nextUpdate: crl.nextUpdate }, at);
}

function crlNeed(
  id: string,
  what: string,
  candidates: readonly string[],
  issuer: Uint8Array,
  issuers: (by: Vouching) => readonly RevocationInput["issuer"][],
  at: number,
): Need {
  return {
    id,
    what,
    candidates,
    async accept({ body }, by) {
      const item = crlBytes(body);
      const { crls } = readCollateral(addEndorsements(NO_ENDORSEMENTS, [item]));
      const crl = crlOf(issuer, crls, at);
      demand(
        crl !== undefined && isCurrent({ issueDate: crl.thisUpdate, nextUpdate: crl.nextUpdate }, at),
        "it is not of this authority, or not of this time",
      );
      if (by !== undefined) demand(await isList(crl, issuers(by), by), "this authority did not sign it");
      // As PEM it may hold more.
      return by === undefined || crl === undefined ? [item] : [crl.der];
    },
  };
}

/** Whether one of the issuers has signed it and it is a whole list, whatever it says. */
async function isList(
  crl: Crl,
  issuers: readonly RevocationInput["issuer"][],
  { crypto, at }: Vouching,
): Promise<boolean> {
  for (const issuer of issuers) {
    const faults = await revocationFaults({ crl, issuer, certificates: [], at, profile: INTEL_PCK_PROFILE, crypto });
    if (faults.length === 0) return true;
  }
  return false;
}
