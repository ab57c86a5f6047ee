/** Which collateral a quote still needs, and where it can be had (Intel PCS API v4). */

import { demand } from "../../encoding/malformed.js";
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
import type { FetchedAnswer, Need } from "../kind.js";
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
      accept: (answer) => accepted(answer, (found) => usable(found.tcbInfos, fits, found, at)),
    });
  }
  const isIdentity = isIdentityFor(tee);
  if (!usable(collateral.identities, isIdentity, collateral, at)) {
    wanted.push({
      id: "qe-identity",
      what: "Intel's identity of its quoting enclave",
      candidates: [qeIdentityAddress(tee, settings.update)],
      accept: (answer) => accepted(answer, (found) => usable(found.identities, isIdentity, found, at)),
    });
  }
  if (leaf !== undefined && !hasCrl(leaf.issuer, collateral, at))
    wanted.push(
      crlNeed(
        "pck-crl",
        "the revocation list of the PCK's authority",
        ca === undefined ? [] : [pckCrlAddress(ca)],
        leaf.issuer,
        at,
      ),
    );
  const root = intermediate?.issuer ?? intelAnchors(new Map())[0]?.subject;
  if (root !== undefined && !hasCrl(root, collateral, at))
    wanted.push(crlNeed("root-crl", "the revocation list of Intel's root", rootCrlAddresses(), root, at));
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

/** The signed JSON, with the chain that came in a header. */
function accepted(answer: FetchedAnswer, isWanted: (found: Collateral) => boolean): readonly Uint8Array[] {
  const items = [answer.body, ...issuerChain(answer)];
  demand(
    isWanted(readCollateral(addEndorsements(NO_ENDORSEMENTS, items))),
    "it is not for this platform and time, or lacks its signer",
  );
  return items;
}

function hasCrl(issuer: Uint8Array, { crls }: Collateral, at: number): boolean {
  const crl = crlOf(issuer, crls, at);
  return crl !== undefined && isCurrent({ issueDate: crl.thisUpdate, nextUpdate: crl.nextUpdate }, at);
}

function crlNeed(id: string, what: string, candidates: readonly string[], issuer: Uint8Array, at: number): Need {
  return {
    id,
    what,
    candidates,
    accept({ body }) {
      const item = crlBytes(body);
      demand(
        hasCrl(issuer, readCollateral(addEndorsements(NO_ENDORSEMENTS, [item])), at),
        "it is not of this authority, or not of this time",
      );
      return [item];
    },
  };
}
