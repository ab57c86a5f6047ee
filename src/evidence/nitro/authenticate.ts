/** Is the document genuine: the pinned root, the path to it in the bundle's order at the document's own time, the signature, and whose it says it is. */

import type { Crypto } from "../../crypto/crypto.js";
import { beside, started } from "../../crypto/started.js";
import { equalBytes } from "../../encoding/bytes.js";
import { toHex, toUtf8 } from "../../encoding/text.js";
import { type CustomAnchors, pinnedAnchor, type TrustAnchor } from "../../trust/anchors.js";
import type { Certificate } from "../../trust/certificate.js";
import { verifyCoseSign1 } from "../../trust/cose.js";
import { differences } from "../../trust/cross-check.js";
import { pathFaults, validityFaults } from "../../trust/path.js";
import { AWS_PROFILE } from "../../trust/profiles.js";
import { awsRoots } from "../../trust/roots/aws.js";
import type { AuthenticateContext, Authenticated } from "../kind.js";
import type { NitroDocument } from "./document.js";
import { extended } from "./registers.js";
import type { NitroSettings } from "./settings.js";

/** What the appraisal may build on. Nothing here is trusted unless the checks of this stage passed. */
export interface NitroTrusted {
  /** From the signing certificate's name; `undefined` where that has another form. */
  readonly region: string | undefined;
}

type Context = AuthenticateContext<NitroSettings>;

export async function authenticate(document: NitroDocument, context: Context): Promise<Authenticated<NitroTrusted>> {
  const { certificate, caBundle } = document;
  const anchor = anchorFor(document, context.anchors);
  const chain = [certificate, ...caBundle.slice(1).reverse()];
  // All at once and first of all: five signatures are what verification costs, and everything else is done while they run.
  const signatures = beside(
    Promise.all([
      checkSignature(document, context),
      checkPath(document, chain, anchor, context),
      checkRoot(document, anchor, context),
      checkInstanceRegister(document, context),
    ]),
  );
  await started();
  const settled = signatures.then(() => Math.min(anchor.notAfter, ...chain.map(({ notAfter }) => notAfter)));
  const region = regionOf(document);
  checkModuleId(document, region, context);
  checkValidity(document, chain, anchor, context);
  checkCarrier(document, context);
  crossCheck(document, context);
  return { trusted: { region }, settled };
}

/** The anchor whose name the bundle's first certificate carries, or the first one, under which nothing else will verify. */
function anchorFor({ caBundle }: NitroDocument, custom: CustomAnchors): TrustAnchor {
  const known = custom.get("aws") ?? awsRoots.map((entry) => pinnedAnchor(entry));
  const [root] = caBundle;
  return known.find(({ subject }) => equalBytes(subject, (root as Certificate).subject)) ?? (known[0] as TrustAnchor);
}

/** Bytes that hashed to a pinned root, and who hashed them: every document brings the same root, which is hashed once. */
const pinnedRoots = new WeakMap<TrustAnchor, { readonly crypto: Crypto; readonly der: Uint8Array }>();

/** The root that arrives is never an anchor; it must be the one that is pinned, byte for byte (design, rule 1). */
async function checkRoot(
  { type, caBundle }: NitroDocument,
  anchor: TrustAnchor,
  { ledger, crypto }: Context,
): Promise<void> {
  const id = `${type}/root`;
  const { der } = caBundle[0] as Certificate;
  const known = pinnedRoots.get(anchor);
  const same = known?.crypto === crypto && equalBytes(known.der, der);
  const sha256 = same
    ? anchor.sha256
    : await ledger.attempt(id, async () => toHex(await crypto.digest("SHA-256", der)));
  if (sha256 === undefined) return;
  const pinned = sha256 === anchor.sha256;
  if (pinned && !same && anchor.origin === "pinned") pinnedRoots.set(anchor, { crypto, der: der.slice() });
  ledger.judge(id, pinned, "root-not-pinned", {
    root: anchor.name,
    anchors: anchor.origin,
    sha256,
    pinned: anchor.sha256,
  });
}

async function checkPath(
  { type }: NitroDocument,
  chain: readonly Certificate[],
  anchor: TrustAnchor,
  { ledger, crypto }: Context,
): Promise<void> {
  const id = `${type}/certificate-path`;
  const faults = await ledger.attempt(id, () => pathFaults({ chain, anchor, profile: AWS_PROFILE, crypto }));
  if (faults === undefined) return;
  const names = [...chain.map(({ commonName }) => commonName ?? "unnamed"), anchor.name];
  ledger.path(id, faults, { chain: names, anchors: anchor.origin });
}

/**
 * AWS's certificates live for hours, so a document is judged by them at the time that it carries; how old that may be is for the appraisal.
 * That the leaf has run out since is said, and no fault.
 */
function checkValidity(
  { type, timestamp, certificate }: NitroDocument,
  chain: readonly Certificate[],
  anchor: TrustAnchor,
  { ledger, at }: Context,
): void {
  const id = `${type}/certificate-validity`;
  const params = { from: iso(certificate.notBefore), until: iso(certificate.notAfter), at: iso(timestamp) };
  ledger.path(id, validityFaults(chain, anchor, timestamp), params);
  if (at > certificate.notAfter) ledger.notice(id, "expired-since");
}

/** Milliseconds of any timestamp: beyond what a date can hold, as the number. */
export function iso(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time} ms` : date.toISOString();
}

async function checkSignature(
  { type, message, certificate }: NitroDocument,
  { ledger, crypto }: Context,
): Promise<void> {
  const id = `${type}/document-signature`;
  const valid = await ledger.attempt(id, () => verifyCoseSign1(message, certificate.publicKey, crypto));
  if (valid !== undefined) ledger.judge(id, valid, "signature-invalid");
}

const MODULE_ID = {
  nitro: /^(i-[0-9a-f]{8,17})-enc[0-9a-f]{1,32}$/,
  "nitro-tpm": /^(i-[0-9a-f]{8,17})-tpm[0-9a-f]{1,32}$/,
} as const;
const REGION = /^\.([a-z]{2,}(?:-[a-z]+)+-\d{1,2})\.aws(?:\.cn)?$/;

/** The parent instance that the module id names. */
export function instanceOf({ type, moduleId }: NitroDocument): string | undefined {
  return MODULE_ID[type].exec(moduleId)?.[1];
}

/** The signing certificate is named `<module id>.<region>.aws`. */
function regionOf({ certificate, moduleId }: NitroDocument): string | undefined {
  const name = certificate.commonName ?? "";
  return name.startsWith(moduleId) ? REGION.exec(name.slice(moduleId.length))?.[1] : undefined;
}

/** An instance's certificate is not known to carry its module id, so only the id's form tells it from an enclave's. */
function checkModuleId(document: NitroDocument, region: string | undefined, { ledger }: Context): void {
  const { type, moduleId, certificate } = document;
  const id = `${type}/module-id`;
  const params = { moduleId, certificate: certificate.commonName ?? "unnamed" };
  if (instanceOf(document) === undefined) ledger.failed(id, "module-id-form", params);
  else ledger.judge(id, type === "nitro-tpm" || region !== undefined, "module-id-mismatch", params);
}

/** PCR4 of an enclave is its parent's instance id, which the module id repeats. */
async function checkInstanceRegister(document: NitroDocument, { ledger, crypto }: Context): Promise<void> {
  if (document.type !== "nitro") return;
  const id = "nitro/instance-register";
  const instance = instanceOf(document);
  const found = document.registers.get(4);
  if (instance === undefined) return ledger.skipped(id, "nitro/module-id");
  const expected = await ledger.attempt(id, () => extended(toUtf8(instance), crypto));
  if (expected === undefined) return;
  const params = { instance, expected: toHex(expected), found: found === undefined ? "absent" : toHex(found) };
  ledger.judge(id, found !== undefined && equalBytes(found, expected), "instance-register-mismatch", params);
}

/** A certificate that carries a document is nobody's unless the document vouches for its key. */
function checkCarrier({ type, carrier, userData }: NitroDocument, { ledger }: Context): void {
  if (carrier === undefined) return;
  const params = { carrier: carrier.commonName ?? "unnamed" };
  ledger.judge(
    `${type}/carrier`,
    userData !== undefined && equalBytes(userData, carrier.spki),
    "carrier-mismatch",
    params,
  );
}

function crossCheck({ type, certificate, caBundle }: NitroDocument, { ledger, crossCheck: second }: Context): void {
  if (second === undefined) return;
  const fields = differences(second, [certificate, ...caBundle], []);
  ledger.judge(`${type}/cross-check`, fields.length === 0, "cross-check-disagrees", { reader: second.name, fields });
}
