/** Are the reference manifests genuine, and for this device: XML signature, chain to NVIDIA's manifest root, version and product. */

import { equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import { driverRimId, switchRimId, vbiosRimId } from "../../endorsements/nvidia-rim.js";
import type { TrustAnchor } from "../../trust/anchors.js";
import type { Certificate } from "../../trust/certificate.js";
import { type PathFault, pathFaults, validityFaults } from "../../trust/path.js";
import { NVIDIA_RIM_PROFILE } from "../../trust/profiles-nvidia.js";
import { readXmlSignature, verifyXmlSignature } from "../../trust/xmldsig.js";
import type { CheckCode } from "../../verdict.js";
import type { AuthenticateContext, Vouching } from "../kind.js";
import { anchorsFor } from "./chain.js";
import { checkId } from "./checks.js";
import type { NvidiaReport } from "./report.js";
import { type Rim, type RimSlot, type RimText, readRim, rimRoot, rimTexts } from "./rim.js";
import type { NvidiaSettings } from "./settings.js";

type Context = AuthenticateContext<NvidiaSettings>;

/** A manifest that is genuine and for this device. */
export interface TrustedRim extends Rim {
  /** Its signer and the authorities above, without the root. */
  readonly chain: readonly Certificate[];
  readonly anchor: TrustAnchor;
  /** End of the first certificate in its chain, milliseconds since 1970. */
  readonly validUntil: number;
}

/** Most manifests that are tried for one version. */
const MAX_CANDIDATES = 4;

/** What this report needs, and the version that each must be for. */
export function rimVersions(report: NvidiaReport): ReadonlyMap<RimSlot, string> {
  const vbios = ["vbios", report.vbiosVersion] as const;
  return new Map(report.driverVersion === undefined ? [vbios] : [["driver", report.driverVersion], vbios]);
}

/** Identifiers are made of what the report says: they choose what is asked for, and refuse what calls itself otherwise. */
export function rimId(slot: RimSlot, report: NvidiaReport, chip: string | undefined): string | undefined {
  const { device, driverVersion, vbiosVersion, opaque } = report;
  if (slot === "driver") return chip === undefined ? undefined : driverRimId(chip, driverVersion ?? "");
  if (device === "switch") return switchRimId(vbiosVersion);
  const [project, projectSku, chipSku] = ["project", "projectSku", "chipSku"].map((name) => opaque.get(name)?.value);
  const named = typeof project === "string" && typeof projectSku === "string" && typeof chipSku === "string";
  return named ? vbiosRimId(project, projectSku, chipSku, vbiosVersion) : undefined;
}

/** All genuine manifests for each slot of this report; every one that was supplied for it must be genuine. */
export async function authenticateRims(
  report: NvidiaReport,
  chip: string | undefined,
  context: Context,
): Promise<ReadonlyMap<RimSlot, readonly TrustedRim[]>> {
  const supplied = rimTexts(context.endorsements);
  const slots = [...rimVersions(report)].map(async ([slot, version]) => {
    const id = checkId(report, `${slot}-rim`);
    const texts = supplied.filter((text) => text.version === version).slice(0, MAX_CANDIDATES);
    const found: TrustedRim[] = [];
    for (const text of texts) {
      const wanted = { version, chip, id: rimId(slot, report, chip) };
      const rim = await context.ledger.attempt(id, () => authenticateRim(id, text, wanted, context));
      if (rim !== undefined) found.push(rim);
    }
    if (texts.length === 0) missing(id, slot, version, supplied, context);
    return [slot, found] as const;
  });
  return new Map(await Promise.all(slots));
}

function missing(id: string, slot: RimSlot, version: string, supplied: readonly RimText[], context: Context): void {
  const wanted = [...new Set(supplied.map((text) => text.version))];
  const need = context.unmet.find((item) => item.need.id === `${slot}-rim`);
  const tried = need === undefined || need.failures.length === 0 ? "" : ` Tried: ${need.failures.join("; ")}.`;
  const params = { version, supplied: wanted, addresses: need?.need.candidates ?? [], tried };
  const others = slot === "driver" ? wanted.filter(isDriver) : wanted.filter((item) => !isDriver(item));
  // Manifests came, and none is for what this device says it runs: that is an answer, not a gap.
  if (others.length > 0) context.ledger.failed(id, "rim-version-mismatch", { ...params, supplied: others });
  else context.ledger.undetermined(id, "rim-missing", params, context.settings.rims === "required");
}

/** Drivers have up to three numbers, firmware five. */
function isDriver(version: string): boolean {
  return version.split(".").length < 5;
}

/** What a manifest must be for; without the device's certificate its chip is unknown, and nothing is verified in any case. */
export interface Wanted {
  readonly version: string;
  readonly chip: string | undefined;
  readonly id: string | undefined;
}

/** What a manifest is, whoever asks: the same for every device of one verification, and what its reading costs must not be paid by each. */
interface Opened {
  readonly rim: Rim;
  readonly certificates: readonly Certificate[];
  readonly valid: Awaited<ReturnType<typeof verifyXmlSignature>>;
  /** By time of judgement, which policy may set apart for GPUs and switches. */
  readonly chains: Map<number, Promise<JudgedChain>>;
}

/** A text is read anew in each verification, so that no other back end or anchors ever meet it. */
const OPENED = /* @__PURE__ */ new WeakMap<RimText, Promise<Opened>>();

function opened(text: RimText, context: Context): Promise<Opened> {
  const known = OPENED.get(text);
  if (known !== undefined) return known;
  const opening = open(text, context);
  OPENED.set(text, opening);
  return opening;
}

async function open({ text }: RimText, { crypto }: Pick<Context, "crypto">): Promise<Opened> {
  const root = rimRoot(text);
  const signature = readXmlSignature(root);
  const rim = readRim(root);
  const { certificates } = signature;
  return { rim, certificates, valid: await verifyXmlSignature(signature, crypto), chains: new Map() };
}

function chainAt({ certificates, chains }: Opened, context: Context): Promise<JudgedChain> {
  const at = context.settings.rimsAt ?? context.at;
  const judged = chains.get(at) ?? judgeChain(certificates, at, context);
  chains.set(at, judged);
  return judged;
}

async function authenticateRim(
  id: string,
  text: RimText,
  wanted: Wanted,
  context: Context,
): Promise<TrustedRim | undefined> {
  const { ledger } = context;
  const manifest = await opened(text, context);
  const { rim } = manifest;
  const chain = await chainAt(manifest, context);
  const { chip = "unknown" } = wanted;
  const params = { version: rim.version, product: rim.product, chip, signer: chain.signer };
  const fault = faultOf(manifest, chain, text.id, wanted);
  if (fault !== undefined) {
    const { code, ...more } = fault;
    ledger.failed(id, code, { ...params, ...more });
    return undefined;
  }
  const dated = { ...params, until: iso(chain.validUntil) };
  // Another time than that of judgement is the caller's word that nobody holds the old key.
  const anchor = chain.anchor as TrustAnchor;
  if (validityFaults(chain.certificates, anchor, context.at).length > 0) ledger.waived(id, "allowed", dated);
  else ledger.passed(id, dated);
  return { ...rim, chain: chain.certificates, anchor, validUntil: chain.validUntil };
}

type RimFault = Readonly<Record<string, string>> & { readonly code: CheckCode };

/** Why a manifest is not genuine, or not the one that is wanted. */
function faultOf(
  { rim, valid }: Pick<Opened, "rim" | "valid">,
  chain: JudgedChain,
  label: string | undefined,
  { version, chip, id: wanted }: Wanted,
): RimFault | undefined {
  if (!valid.signature) return { code: "signature-invalid" };
  if (!valid.digest) return { code: "rim-altered" };
  const [fault] = chain.faults;
  if (fault !== undefined) return { ...fault, at: chain.at };
  if (chain.anchor === undefined) return { code: "issuer-unknown" };
  if (rim.version !== version) return { code: "rim-version-mismatch", supplied: rim.version };
  if (chip !== undefined && rim.product !== chip) return { code: "rim-product-mismatch" };
  // A label in the service's own form only: what else a file calls itself says nothing.
  if (wanted !== undefined && label?.startsWith("NV_") === true && label.toUpperCase() !== wanted.toUpperCase())
    return { code: "rim-project-mismatch", label, wanted };
  return undefined;
}

/** Whether it is NVIDIA's, and the one that is wanted. @throws MalformedError */
export async function isGenuine(text: RimText, wanted: Wanted, at: number, by: Vouching): Promise<boolean> {
  const manifest = await open(text, by);
  return faultOf(manifest, await judgeChain(manifest.certificates, at, by), text.id, wanted) === undefined;
}

interface JudgedChain {
  readonly signer: string;
  readonly at: string;
  readonly faults: readonly { readonly code: CheckCode; readonly certificate: string; readonly found: string }[];
  readonly certificates: readonly Certificate[];
  readonly anchor: TrustAnchor | undefined;
  readonly validUntil: number;
}

/** The certificates are the document's own, signer first. A root at their end must be the pinned one, and is never the anchor. */
async function judgeChain(
  certificates: readonly Certificate[],
  at: number,
  { crypto, anchors }: Pick<Context, "crypto" | "anchors">,
): Promise<JudgedChain> {
  const known = anchorsFor("rim", anchors);
  const last = certificates[certificates.length - 1] as Certificate;
  const selfIssued = equalBytes(last.issuer, last.subject);
  const chain = selfIssued ? certificates.slice(0, -1) : certificates;
  const signer = toHex(certificates[0]?.serial ?? new Uint8Array());
  const judged = (faults: JudgedChain["faults"], anchor?: TrustAnchor, validUntil = 0): JudgedChain => ({
    signer,
    at: iso(at),
    faults,
    certificates: chain,
    anchor,
    validUntil,
  });
  const refused = (code: CheckCode, found: string): JudgedChain => judged([{ code, certificate: "chain", found }]);
  if (selfIssued) {
    const sha256 = toHex(await crypto.digest("SHA-256", last.der));
    if (!known.some((anchor) => anchor.sha256 === sha256)) return refused("issuer-unknown", `root ${sha256}`);
  }
  const anchor = known.find(({ subject }) => equalBytes(subject, chain[chain.length - 1]?.issuer ?? new Uint8Array()));
  if (anchor === undefined) return refused("issuer-unknown", "its chain ends elsewhere");
  const faults: readonly PathFault[] = [
    ...(await pathFaults({ chain, anchor, profile: NVIDIA_RIM_PROFILE, crypto })),
    ...validityFaults(chain, anchor, at),
  ];
  return judged(faults, anchor, Math.min(anchor.notAfter, ...chain.map(({ notAfter }) => notAfter)));
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

/** Whether any text could be the manifest for `version`: for `needs`, which judges nothing. */
export function hasRim(texts: readonly RimText[], version: string): boolean {
  return texts.some((text) => text.version === version);
}
