/** Google's word on the firmware: signature, path to the root that is pinned by its hash, provenance, and whether this machine runs what was endorsed. */

import { equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import { compareBinding } from "../../expected/binding.js";
import { arrivedAnchor, type TrustAnchor } from "../../trust/anchors.js";
import { pathFaults, validityFaults } from "../../trust/path.js";
import { GCE_PROFILE } from "../../trust/profiles-gce.js";
import { googleHashes } from "../../trust/roots/google.js";
import type { Claims, Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext, AuthenticateContext, Authenticated } from "../kind.js";
import { type GceEvidence, slots } from "./evidence.js";
import type { GceSettings, GceValues } from "./settings.js";

type Authentication = AuthenticateContext<GceSettings>;
type Context = AppraiseContext<GceSettings, GceValues>;

const ID = "gce-cvm";
/** Endorsements signed from 2 August 2024 on name what they were built from. */
const PROVENANCE_SINCE: number = 1_722_556_800_000;

export async function authenticate(evidence: GceEvidence, context: Authentication): Promise<Authenticated<undefined>> {
  const { ledger, crypto } = context;
  const { certificate, golden, signature, timestamp, changelist, commit } = evidence.endorsement;
  const algorithm = { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 } as const;
  const key = certificate.publicKey;
  const valid = await ledger.attempt(
    `${ID}/endorsement-signature`,
    async () => key !== undefined && crypto.verify(algorithm, key, signature, golden),
  );
  if (valid !== undefined) ledger.judge(`${ID}/endorsement-signature`, valid, "signature-invalid");
  const named = changelist !== 0 || commit !== "";
  ledger.judge(`${ID}/provenance`, named || timestamp < PROVENANCE_SINCE, "provenance-missing", {
    changelist,
    commit,
    timestamp: new Date(Math.min(timestamp, 8.64e15)).toISOString(),
  });
  const anchor = await findRoot(evidence, context);
  if (anchor !== undefined) await checkPath(evidence, anchor, context);
  return { trusted: undefined };
}

/** A root that arrives becomes the anchor if and only if it hashes to the pin (design, rule 1). */
async function findRoot(
  { endorsement }: GceEvidence,
  { ledger, crypto, anchors, endorsements }: Authentication,
): Promise<TrustAnchor | undefined> {
  const id = `${ID}/endorsement-path`;
  const custom = anchors.get("google");
  if (custom !== undefined)
    return custom.find(({ subject }) => equalBytes(subject, endorsement.certificate.issuer)) ?? custom[0];
  for (const certificate of [...endorsement.bundle, ...endorsements.certificates]) {
    if (!equalBytes(certificate.subject, certificate.issuer)) continue;
    const candidate = await ledger.attempt(id, () => arrivedAnchor(certificate, crypto));
    if (candidate === undefined) return undefined;
    if (googleHashes.some(({ sha256 }) => sha256 === candidate.sha256)) return { ...candidate, origin: "pinned" };
  }
  const foreign = endorsement.bundle.find(({ subject }) => equalBytes(subject, endorsement.certificate.issuer));
  if (foreign !== undefined) ledger.failed(id, "root-not-pinned", { root: foreign.commonName ?? "unnamed" });
  else ledger.undetermined(id, "root-missing", { sha256: googleHashes.map(({ sha256 }) => sha256) });
  return undefined;
}

/** Judged when it was signed: Google does not endorse old firmware anew. So the verdict does not end with its certificates. */
async function checkPath(
  { endorsement }: GceEvidence,
  anchor: TrustAnchor,
  { ledger, crypto }: Authentication,
): Promise<void> {
  const id = `${ID}/endorsement-path`;
  const chain = [endorsement.certificate];
  const path = await ledger.attempt(id, () => pathFaults({ chain, anchor, profile: GCE_PROFILE, crypto }));
  if (path === undefined) return;
  const [fault] = [...path, ...validityFaults(chain, anchor, endorsement.timestamp)];
  const params = {
    anchor: anchor.name,
    anchors: anchor.origin,
    at: new Date(Math.min(endorsement.timestamp, 8.64e15)).toISOString(),
  };
  if (fault === undefined) ledger.passed(id, params);
  else ledger.failed(id, fault.code, { ...params, certificate: fault.certificate, found: fault.found });
}

export async function appraise(evidence: GceEvidence, _trusted: undefined, context: Context): Promise<Appraisal> {
  const claims = context.children[0]?.claims ?? {};
  appraiseFirmware(evidence, claims, context);
  const covers = appraiseBuild(evidence, claims, context);
  const bound = await appraiseBinding(evidence, context);
  return { covers, ...bound, limits: [{ id: covers === "launch" ? "googles-firmware-below" : "googles-firmware" }] };
}

/** MEASUREMENT or MRTD among those that Google signed, for the shape that the caller names, or for any. The SVSM's own never counts. */
function appraiseFirmware({ hardware, endorsement }: GceEvidence, claims: Claims, { ledger, settings }: Context): void {
  const id = `${ID}/firmware`;
  const claim = hardware === "sev-snp" ? claims.measurement : claims.mrtd;
  const { vmsas, ramGib } = settings;
  const endorsed =
    hardware === "sev-snp"
      ? [...(endorsement.snp?.byVmsas ?? [])]
          .filter(([count]) => vmsas === undefined || count === vmsas)
          .map(([, value]) => value)
      : (endorsement.tdx?.measurements ?? [])
          .filter(({ ram }) => ramGib === undefined || ram === 0 || ram === ramGib)
          .map(({ mrtd }) => mrtd);
  const found = String(claim);
  ledger.judge(
    id,
    endorsed.some((value) => toHex(value) === found),
    "firmware-not-endorsed",
    { found, count: endorsed.length },
  );
}

function appraiseBuild({ hardware, endorsement }: GceEvidence, claims: Claims, { ledger, expected }: Context): Covers {
  const id = `${ID}/build`;
  const svn = (hardware === "sev-snp" ? endorsement.snp : endorsement.tdx)?.svn ?? 0;
  const firmware = toHex(endorsement.firmwareDigest);
  const params = { svn, firmware };
  if (expected.form === "any-build") ledger.waived(id, "any-build", params);
  else if (expected.form === "manifest-missing") ledger.undetermined(id, "manifest-missing", params);
  else if (expected.form !== "values") ledger.failed(id, "no-reference-values", params);
  else {
    const judged = expected.alternatives.map(({ source, values }) => ({
      source,
      values,
      differing: differing(values, svn, endorsement.firmwareDigest, claims),
    }));
    const best = judged.reduce((a, b) => (b.differing.length < a.differing.length ? b : a));
    ledger.judge(id, best.differing.length === 0, "build-mismatch", {
      ...params,
      source: best.source,
      differing: best.differing,
    });
    // What Google endorsed is known below them; registers of software above are the guest's.
    return pinsLaunch(best.values) ? "launch" : "firmware";
  }
  return "nothing";
}

function pinsLaunch({ registers }: GceValues): boolean {
  return ["rtmr0", "rtmr1", "rtmr2"].every((name) => registers.has(name));
}

/** What software measured after launch decides what runs: with the launch pinned it is pinned too, or zero, as on TDX elsewhere. */
function leavesRtmr3(values: GceValues, claims: Claims): boolean {
  return pinsLaunch(values) && !values.registers.has("rtmr3") && !/^0+$/.test(String(claims.rtmr3));
}

function differing(values: GceValues, svn: number, firmware: Uint8Array, claims: Claims): readonly string[] {
  const registers = [...values.registers].filter(
    ([name, accepted]) => !accepted.some((value) => toHex(value) === claims[name]),
  );
  return [
    ...(svn < values.minimumSvn ? [`security version ${svn}`] : []),
    ...(values.firmware !== undefined && !values.firmware.some((value) => equalBytes(value, firmware))
      ? ["firmware"]
      : []),
    ...registers.map(([name]) => name),
    ...(leavesRtmr3(values, claims) ? ["rtmr3 (not zero, and not expected)"] : []),
  ];
}

async function appraiseBinding(
  evidence: GceEvidence,
  { ledger, binding, crypto }: Context,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const id = `${ID}/binding`;
  const result = await ledger.attempt(id, () => compareBinding(binding, slots(evidence), crypto));
  if (result === undefined) return { freshness: "none", channel: undefined };
  const { status, expected, found, freshness, channel } = result;
  if (status === "unbound") ledger.waived(id, "unbound");
  else if (status === "unsupported") ledger.failed(id, "binding-unsupported");
  else ledger.judge(id, status === "matched", "binding-mismatch", { expected, found });
  return { freshness, channel };
}
