/** Confidential containers on Azure Container Instances as a kind of evidence: SEV-SNP report, endorsement of its utility VM, and the policy in its host data. */

import { equalBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, member, parseJson, stringMember } from "../../encoding/json.js";
import { demand } from "../../encoding/malformed.js";
import { fromHex, fromUtf8, looksLikePem, toBase64Url, toHex, toUtf8 } from "../../encoding/text.js";
import { compareBinding, type Slot } from "../../expected/binding.js";
import { readDigest, readInteger, readObject, readSet, readString } from "../../expected/read.js";
import { aciMessages, azureLimits } from "../../messages/azure.js";
import { arrivedAnchor } from "../../trust/anchors.js";
import type { Certificate } from "../../trust/certificate.js";
import { coseAlgorithm, verifyCoseSign1 } from "../../trust/cose.js";
import { pathFaults, validityFaults } from "../../trust/path.js";
import { UVM_PROFILE, uvmRoot } from "../../trust/profiles-azure.js";
import { purposes } from "../../trust/purposes.js";
import type { Claims, Covers } from "../../verdict.js";
import { fromBase64Any } from "../envelope.js";
import type {
  Appraisal,
  AppraiseContext,
  AuthenticateContext,
  Authenticated,
  EvidenceInput,
  EvidenceKind,
  Recognition,
} from "../kind.js";
import { aciChecks } from "./checks.js";
import { parseUvm, readDid, type UvmEndorsement } from "./uvm.js";

type OneOrMore<T> = T | readonly T[];

/** At least one member. With the utility VM endorsed, `hostData` pins the policy that it enforces: `covers: "launch"`; without, `"firmware"`. */
export interface AzureAciReference {
  /** Lowest security version of the utility VM. */
  readonly minimumSvn?: number;
  /** SHA-256 of the container group's policy (CCE), 32 bytes. */
  readonly hostData?: OneOrMore<Uint8Array | string>;
}

export interface AzureAciPolicy {
  /** Feeds of endorsements that are taken; `ContainerPlat-AMD-UVM` unless told. */
  readonly feeds?: OneOrMore<string>;
}

interface Evidence {
  readonly report: Uint8Array;
  readonly certificates: Uint8Array;
  /** `undefined` where none came along. */
  readonly uvm: UvmEndorsement | undefined;
}
interface Values {
  readonly minimumSvn: number;
  readonly hostData: readonly Uint8Array[] | undefined;
}
interface Settings {
  readonly feeds: readonly string[];
}

const ID = "azure-aci";
const USAGE = "1.3.6.1.4.1.311.76.59.1.2";

/** `{ SnpReport, VcekCertChain, Endorsements }` as Azure's sidecars send it to the attestation service, bytes as base64. */
function recognises(input: EvidenceInput): Recognition | undefined {
  if ("bytes" in input || !isJsonObject(input.json)) return undefined;
  const { json } = input;
  if (typeof member(json, "SnpReport") !== "string" || typeof member(json, "VcekCertChain") !== "string")
    return undefined;
  return {
    bytes: fromBase64Any(stringMember(json, "SnpReport")),
    form: "container group",
    endorsements: [],
    companions: new Map([["json", json]]),
  };
}

function parse(report: Uint8Array, { companions }: Recognition): Evidence {
  const json = companions?.get("json") as JsonObject;
  const chain = stringMember(json, "VcekCertChain");
  const text = member(json, "Endorsements");
  return {
    report,
    certificates: looksLikePem(chain) ? toUtf8(chain) : fromBase64Any(chain),
    uvm: typeof text === "string" && text !== "" ? readEndorsements(text) : undefined,
  };
}

function readEndorsements(text: string): UvmEndorsement | undefined {
  const json = parseJson(fromUtf8(fromBase64Any(text)));
  const list = isJsonObject(json) ? member(json, "Uvm") : undefined;
  demand(Array.isArray(list) && list.length <= 1, "endorsements hold no list Uvm of one");
  const [only] = list;
  return typeof only === "string" ? parseUvm(fromBase64Any(only)) : undefined;
}

async function authenticate(
  { uvm }: Evidence,
  context: AuthenticateContext<Settings>,
): Promise<Authenticated<undefined>> {
  const { ledger, crypto } = context;
  if (uvm === undefined) {
    ledger.undetermined(`${ID}/uvm-signature`, "uvm-endorsement-missing");
    for (const name of ["uvm-issuer", "uvm-path"]) ledger.skipped(`${ID}/${name}`, `${ID}/uvm-signature`);
    return { trusted: undefined };
  }
  const [leaf] = uvm.chain as readonly [Certificate];
  const id = `${ID}/uvm-signature`;
  const valid = await ledger.attempt(id, async () => {
    const algorithm = coseAlgorithm(uvm.message);
    return algorithm === "PS384" && (await verifyCoseSign1(uvm.message, leaf.publicKey, crypto));
  });
  if (valid !== undefined) ledger.judge(id, valid, "signature-invalid");
  await checkPath(uvm, context);
  return { trusted: undefined };
}

/** The root that arrives is the anchor if it hashes to the pin, and `iss` must name it and the signer's purpose. */
async function checkPath(
  { chain, issuer, signedAt }: UvmEndorsement,
  context: AuthenticateContext<Settings>,
): Promise<void> {
  const { ledger, crypto, anchors } = context;
  const [leaf, authority, root] = chain as readonly [Certificate, Certificate, Certificate];
  const arrived = await ledger.attempt(`${ID}/uvm-path`, () => arrivedAnchor(root, crypto));
  if (arrived === undefined) return ledger.skipped(`${ID}/uvm-issuer`, `${ID}/uvm-path`);
  const did = readDid(issuer);
  const usages = await ledger.attempt(`${ID}/uvm-issuer`, () => purposes(leaf));
  const named =
    did?.usage === USAGE && usages?.includes(USAGE) === true && did.root === toBase64Url(fromHex(arrived.sha256));
  if (usages !== undefined)
    ledger.judge(`${ID}/uvm-issuer`, named, "did-mismatch", { issuer, root: arrived.sha256, usages });
  const custom = anchors.get("microsoft")?.find(({ sha256 }) => sha256 === arrived.sha256);
  const pinned = arrived.sha256 === uvmRoot.sha256 && !anchors.has("microsoft");
  const anchor = custom ?? (pinned ? ({ ...arrived, origin: "pinned" } as const) : undefined);
  if (anchor === undefined)
    return ledger.failed(`${ID}/uvm-path`, "root-not-pinned", {
      root: root.commonName ?? "unnamed",
      sha256: arrived.sha256,
    });
  const path = await ledger.attempt(`${ID}/uvm-path`, () =>
    pathFaults({ chain: [leaf, authority], anchor, profile: UVM_PROFILE, crypto }),
  );
  if (path === undefined) return;
  // Signers live for a year or less, and what they endorsed is used longer.
  const [fault] = [...path, ...validityFaults([leaf, authority], anchor, signedAt)];
  const at = new Date(signedAt).toISOString();
  if (fault === undefined) ledger.passed(`${ID}/uvm-path`, { anchor: anchor.name, anchors: anchor.origin, at });
  else ledger.failed(`${ID}/uvm-path`, fault.code, { certificate: fault.certificate, found: fault.found, at });
}

async function appraise(
  evidence: Evidence,
  _trusted: undefined,
  context: AppraiseContext<Settings, Values>,
): Promise<Appraisal> {
  const { ledger, settings, children } = context;
  const { uvm } = evidence;
  const claims = children[0]?.claims ?? {};
  if (uvm === undefined)
    for (const name of ["uvm-feed", "uvm-measurement"]) ledger.skipped(`${ID}/${name}`, `${ID}/uvm-signature`);
  else {
    ledger.judge(`${ID}/uvm-feed`, settings.feeds.includes(uvm.feed), "feed-not-accepted", {
      feed: uvm.feed,
      accepted: settings.feeds,
    });
    const endorsed = toHex(uvm.measurement);
    ledger.judge(`${ID}/uvm-measurement`, claims.measurement === endorsed, "uvm-measurement-mismatch", {
      endorsed,
      found: String(claims.measurement),
    });
  }
  const covers = appraiseBuild(uvm, claims, context);
  return { covers, ...(await appraiseBinding(evidence, context)), limits: [{ id: "utility-vm" }] };
}

function appraiseBuild(
  uvm: UvmEndorsement | undefined,
  claims: Claims,
  { ledger, expected }: AppraiseContext<Settings, Values>,
): Covers {
  const id = `${ID}/build`;
  const params = { svn: uvm?.svn ?? 0, hostData: String(claims.hostData) };
  if (expected.form === "any-build") ledger.waived(id, "any-build", params);
  else if (expected.form === "manifest-missing") ledger.undetermined(id, "manifest-missing", params);
  else if (expected.form !== "values") ledger.failed(id, "no-reference-values", params);
  else {
    const found = typeof claims.hostData === "string" ? fromHex(claims.hostData) : new Uint8Array();
    const fits = expected.alternatives.find(
      ({ values }) =>
        params.svn >= values.minimumSvn && (values.hostData?.some((value) => equalBytes(value, found)) ?? true),
    );
    const { source, values } = fits ?? (expected.alternatives[0] as (typeof expected.alternatives)[number]);
    ledger.judge(id, fits !== undefined, "build-mismatch", { ...params, source });
    return values.hostData === undefined ? "firmware" : "launch";
  }
  return "nothing";
}

async function appraiseBinding(
  evidence: Evidence,
  { ledger, binding, crypto }: AppraiseContext<Settings, Values>,
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

/** REPORT_DATA (AMD 56860, table 23). */
function slots({ report }: Evidence): readonly Slot[] {
  return [{ name: "reportData", size: 64, value: report.length >= 0x90 ? report.subarray(0x50, 0x90) : undefined }];
}

function readReference(reference: unknown): Values {
  const what = 'expected["azure-aci"]';
  const { minimumSvn, hostData } = readObject(reference, ["minimumSvn", "hostData"], what);
  if (minimumSvn === undefined && hostData === undefined) throw new TypeError(`${what} must demand something`);
  return {
    minimumSvn: minimumSvn === undefined ? 0 : readInteger(minimumSvn, `${what}.minimumSvn`),
    hostData:
      hostData === undefined
        ? undefined
        : readSet(hostData, `${what}.hostData`, (item, at) => readDigest(item, 32, at)),
  };
}

function readPolicy(policy: unknown): Settings {
  const what = 'policy["azure-aci"]';
  const { feeds } = readObject(policy ?? {}, ["feeds"], what);
  return { feeds: feeds === undefined ? ["ContainerPlat-AMD-UVM"] : readSet(feeds, `${what}.feeds`, readString) };
}

/** Confidential container groups of Azure. */
export const azureAci: EvidenceKind<
  "azure-aci",
  AzureAciPolicy,
  AzureAciReference,
  Evidence,
  undefined,
  Settings,
  Values
> = {
  name: ID,
  role: "cpu",
  checks: /* @__PURE__ */ aciChecks(),
  formatCheck: `${ID}/format`,
  messages: aciMessages,
  limits: azureLimits,
  otherEndorsements: "refused",
  recognises,
  parse,
  unwrap: ({ report, certificates }) => [
    {
      name: "snp",
      role: "cpu",
      bytes: report,
      endorsements: [certificates],
      accept: ["sev-snp"],
      binding: "caller",
    },
  ],
  needs: () => [],
  authenticate,
  appraise,
  slots,
  claims: ({ uvm }) => ({
    feed: uvm?.feed ?? null,
    svn: uvm?.svn ?? null,
    issuer: uvm?.issuer ?? null,
    endorsedMeasurement: uvm === undefined ? null : toHex(uvm.measurement),
  }),
  map: () => [],
  readPolicy,
  readReference,
};
