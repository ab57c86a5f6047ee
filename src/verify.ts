/** The way through the house: detect, parse, unwrap, gather, authenticate, appraise, conclude (design, section 1). */

import { closestBuild, type OpenBuild, openBuild, tieArtifact } from "./build.js";
import { type Conclusion, conclude, describeSoFar, digestsOf } from "./conclude.js";
import { type Crypto, CryptoUnavailableError } from "./crypto/crypto.js";
import { defaultCrypto } from "./crypto/webcrypto.js";
import { MalformedError } from "./encoding/malformed.js";
import { toHex } from "./encoding/text.js";
import { addEndorsements, type EndorsementSet, NO_ENDORSEMENTS } from "./endorsements/endorsements.js";
import { obtain } from "./endorsements/transport.js";
import { detect } from "./evidence/detect.js";
import { type Envelope, type EvidenceSource, openEnvelope } from "./evidence/envelope.js";
import type { Child, EvidenceKind, Recognition, UnmetNeed, Vouching } from "./evidence/kind.js";
import { createLedger, type Ledger } from "./evidence/ledger.js";
import type { BindingRequest } from "./expected/binding.js";
import { HOUSE_CHECKS } from "./house.js";
import { coversAdvice, coversMeaning } from "./messages/house.js";
import { demandsOf, expectationFor, type Request, readRequest, type VerifyOptions } from "./options.js";
import { flatten, type OpenPart } from "./part.js";
import { type CustomAnchors, customAnchor, type TrustAnchor, type Vendor } from "./trust/anchors.js";
import { looksLikeOcspResponse } from "./trust/ocsp.js";
import { type Covers, outcomeOf, type PartRole, type Verdict, type VerifiedVerdict } from "./verdict.js";

const MAX_DEPTH = 3;
const MAX_CHILDREN = 64;
const FETCH_ROUNDS = 3;

/** Judges `evidence`. Resolves to a verdict for every evidence, however hostile; rejects with `TypeError` for misuse of the options alone. */
export async function judge(
  evidence: EvidenceSource,
  options: VerifyOptions,
  kinds: readonly EvidenceKind[],
): Promise<Verdict> {
  const request = readRequest(evidence, options, kinds);
  const crypto = request.crypto ?? defaultCrypto() ?? NO_CRYPTO;
  const house = createLedger(HOUSE_CHECKS);
  const conclusion = { request, house, crypto: crypto.name };
  const unopened = (): Conclusion => ({
    ...conclusion,
    digests: digestsOf(request, crypto),
    root: undefined,
    ends: [],
  });
  try {
    const root = open(request, house, kinds);
    if (root === undefined) return await conclude(unopened());
    const parts = flatten(root);
    const anchors = await readAnchors(request, crypto);
    sortEndorsements(root, NO_ENDORSEMENTS, () => unpacked(request.endorsements, parts), house);
    await Promise.all(parts.map((part) => fetchMissing(part, request, { crypto, anchors, at: request.at })));
    refuseOthers(parts, house);
    const { at, expected, manifests } = request;
    const build =
      expected.form === "build" ? openBuild(expected.source, manifests, root, house, { crypto, at }) : undefined;
    const [opened] = await Promise.all([build, ...parts.map((part) => authenticate(part, request, crypto, anchors))]);
    // Children before their parents, who may build on what the children came to.
    for (const part of [...parts].reverse()) await appraise(part, root, request, crypto, opened);
    const tied = opened !== undefined && (await tieArtifact(opened, root, house));
    for (const part of parts)
      part.closest = await closestBuild(opened, manifests, part, part === root ? undefined : root.kind.name, crypto);
    judgeCovers(root, request, house);
    // Words cost about as much as reading the evidence: most of them are put together while the signatures run.
    const described = describeSoFar(request, house, root);
    // Last: signatures take longest, and each digest that is handed over holds up whatever runs here.
    const digests = digestsOf(request, crypto);
    const ends = await Promise.all(parts.map(({ authenticated: result }) => result?.settled ?? result?.validUntil));
    return await conclude({
      ...conclusion,
      digests,
      root,
      tied,
      described,
      ends: ends.filter((end) => end !== undefined),
    });
  } catch (error) {
    // A defect of ours must not look like an answer of any other kind.
    house.failed("evidence/recognised", "internal-error", {
      reason: error instanceof Error ? error.message : "unknown",
    });
    return await conclude(unopened());
  }
}

/** Detect, parse and unwrap. */
function open(request: Request, house: Ledger, kinds: readonly EvidenceKind[]): OpenPart | undefined {
  const detected = openable(request, house, kinds);
  if (detected === undefined) return undefined;
  const { kind, recognition } = detected;
  // What is demanded of a wrapper must not fall away because its sender took the inside out.
  const around = kinds.filter(({ name, wraps }) => wraps?.includes(kind.name) && demandsOf(request.expected, name));
  const accept = around.length > 0 ? around.map(({ name }) => name) : request.accept;
  house.judge("evidence/accepted-kind", accept === undefined || accept.includes(kind.name), "kind-not-accepted", {
    kind: kind.name,
    accept: accept ?? [],
  });
  return openPart("evidence", kind.role, kind, recognition, request.binding, kinds, 0);
}

function openable(
  request: Request,
  house: Ledger,
  kinds: readonly EvidenceKind[],
): { kind: EvidenceKind; recognition: Recognition } | undefined {
  try {
    const envelope: Envelope = openEnvelope(request.evidence);
    const detection = detect(envelope, kinds);
    if (detection.status === "recognised") {
      house.passed("evidence/recognised", { kind: detection.kind.name, form: detection.recognition.form });
      return detection;
    }
    if (detection.status === "ambiguous") house.failed("evidence/recognised", "ambiguous", { kinds: detection.kinds });
    else if (detection.foreign) house.failed("evidence/recognised", "unrecognised", { looksLike: detection.looksLike });
    else house.failed("evidence/recognised", "malformed", { reason: detection.looksLike, offset: 0 });
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    house.failed("evidence/recognised", "malformed", { reason: error.reason, offset: error.offset });
  }
  return undefined;
}

function openPart(
  path: string,
  role: PartRole,
  kind: EvidenceKind,
  recognition: Recognition,
  binding: BindingRequest,
  kinds: readonly EvidenceKind[],
  depth: number,
): OpenPart {
  const ledger = createLedger(kind.checks);
  const blank = { path, role, kind, recognition, ledger, binding, endorsements: NO_ENDORSEMENTS, unmet: () => [] };
  try {
    const evidence = kind.parse(recognition.bytes, recognition);
    const children = kind.unwrap?.(evidence) ?? [];
    if (depth >= MAX_DEPTH || children.length > MAX_CHILDREN)
      throw new MalformedError("evidence is nested too deep or too wide");
    ledger.passed(kind.formatCheck);
    return { ...blank, evidence, children: children.map((child) => openChild(path, child, binding, kinds, depth + 1)) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    ledger.failed(kind.formatCheck, "malformed", { reason: error.reason, offset: error.offset });
    return { ...blank, children: [] };
  }
}

function openChild(
  parent: string,
  child: Child,
  callers: BindingRequest,
  kinds: readonly EvidenceKind[],
  depth: number,
): OpenPart {
  const candidates = kinds.filter(({ name }) => child.accept.includes(name));
  const detection = detect(
    {
      form: "bytes",
      inputs: [{ bytes: child.bytes }],
      endorsements: child.endorsements,
      companions: child.companions ?? new Map(),
      original: child.bytes,
    },
    candidates,
  );
  if (detection.status !== "recognised")
    throw new MalformedError(`the ${child.name} inside is not ${child.accept.join(" or ")}`);
  return openPart(
    `${parent}.${child.name}`,
    child.role,
    detection.kind,
    detection.recognition,
    child.binding === "caller" ? callers : child.binding,
    kinds,
    depth,
  );
}

/** A part can use what the caller gave, what came along with it, and what came along with the parts that it is inside of: each read once. */
function sortEndorsements(
  part: OpenPart,
  around: EndorsementSet,
  given: () => readonly Uint8Array[],
  house: Ledger,
): void {
  try {
    part.endorsements = addEndorsements(around, [...given(), ...part.recognition.endorsements]);
    const { certificates, crls, texts, others } = part.endorsements;
    house.passed("evidence/endorsements", { count: certificates.length + crls.length + texts.length + others.length });
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    part.endorsements = around;
    house.failed("evidence/endorsements", "malformed", { reason: error.reason, offset: error.offset });
  }
  for (const child of part.children) sortEndorsements(child, part.endorsements, () => [], house);
}

/** What was given, with what is inside of the forms that a part knows as its own. */
function unpacked(given: readonly Uint8Array[], parts: readonly OpenPart[]): readonly Uint8Array[] {
  return given.flatMap((item) => {
    for (const { kind } of parts) {
      const inside = kind.unpacks?.(item);
      if (inside !== undefined) return inside;
    }
    return [item];
  });
}

/** What no part can read is a mistake of whoever gave it, or a certificate that was damaged: it must not be overlooked. */
function refuseOthers(parts: readonly OpenPart[], house: Ledger): void {
  if (parts.some(({ kind }) => kind.otherEndorsements !== "refused")) return;
  // An OCSP response is whole: it belongs to other evidence of the same call.
  const [found] = parts
    .flatMap(({ endorsements }) => endorsements.others)
    .filter((item) => !looksLikeOcspResponse(item));
  if (found === undefined) return;
  const start = found.length === 0 ? "none" : toHex(found.subarray(0, 8));
  const reason = `an endorsement of ${found.length} bytes (the first: ${start}) is neither certificate, revocation list, PEM nor JSON`;
  house.failed("evidence/endorsements", "malformed", { reason, offset: 0 });
}

/** Where the caller allows it. */
async function fetchMissing(part: OpenPart, request: Request, by: Vouching): Promise<void> {
  if (part.evidence === undefined) return;
  const settings = request.settings.get(part.kind.name);
  const failed = new Map<string, readonly string[]>();
  const missing = (): readonly UnmetNeed[] =>
    part.kind
      .needs(part.evidence, part.endorsements, settings, request.at)
      .map((need) => ({ need, failures: failed.get(need.id) ?? [] }));
  const { network } = request;
  for (let round = 0; network !== undefined && round < FETCH_ROUNDS; round++) {
    const wanted = missing().filter(({ need }) => need.candidates.length > 0 && !failed.has(need.id));
    if (wanted.length === 0) break;
    const results = await Promise.all(wanted.map(({ need }) => obtain(need, network, by)));
    results.forEach((result, index) => {
      const { id } = (wanted[index] as UnmetNeed).need;
      const failures = "items" in result ? add(part, result.items) : result.failures;
      if (failures.length > 0) failed.set(id, failures);
    });
  }
  part.unmet = missing;
}

/** A service that answers with what cannot be read has not answered: that is no fault of the evidence. */
function add(part: OpenPart, items: readonly Uint8Array[]): readonly string[] {
  try {
    part.endorsements = addEndorsements(part.endorsements, items);
    return [];
  } catch (error) {
    if (error instanceof MalformedError) return [`the answer is malformed: ${error.reason}`];
    throw error;
  }
}

async function authenticate(part: OpenPart, request: Request, crypto: Crypto, anchors: CustomAnchors): Promise<void> {
  if (part.evidence === undefined) return;
  const { ledger, recognition, endorsements } = part;
  const { at, crossCheck } = request;
  const settings = request.settings.get(part.kind.name);
  let unmet: readonly UnmetNeed[] | undefined;
  part.authenticated = await part.kind.authenticate(part.evidence, {
    ledger,
    crypto,
    at,
    recognition,
    endorsements,
    anchors,
    crossCheck,
    get unmet() {
      unmet ??= part.unmet();
      return unmet;
    },
    settings,
  });
  // It is awaited at the end; until then a rejection must not end the process.
  part.authenticated.settled?.catch(() => undefined);
}

async function appraise(
  part: OpenPart,
  root: OpenPart,
  request: Request,
  crypto: Crypto,
  build: OpenBuild | undefined,
): Promise<void> {
  if (part.evidence === undefined) return;
  const { ledger, recognition, binding, kind, evidence } = part;
  const child = part !== root;
  const children = part.children.map(
    ({ path, kind: { name }, appraisal, evidence, authenticated, kind: childKind, ledger: own }) => ({
      name: path.slice(path.lastIndexOf(".") + 1),
      kind: name,
      covers: appraisal?.covers ?? "nothing",
      compared: own.has(`${name}/build`, "passed") || own.has(`${name}/build`, "failed"),
      undetermined: [...own.findings].flatMap(([id, { status }]) => (status === "undetermined" ? [id] : [])),
      claims: evidence === undefined ? {} : childKind.claims(evidence, authenticated?.trusted),
    }),
  );
  const settings = request.settings.get(kind.name);
  const expected =
    build?.expectationFor(kind, child ? root.kind.name : undefined) ?? expectationFor(request.expected, kind);
  const context = {
    ledger,
    crypto,
    at: request.at,
    recognition,
    settings,
    expected,
    binding,
    child,
    children,
  };
  const trusted = part.authenticated?.trusted;
  part.appraisal = await kind.appraise(evidence, trusted, context);
  part.again = (others, scratch) => kind.appraise(evidence, trusted, { ...context, expected: others, ledger: scratch });
}

const ENOUGH: Readonly<Record<"firmware" | "launch", readonly Covers[]>> = {
  firmware: ["firmware", "launch", "workload"],
  launch: ["launch", "workload"],
};

function judgeCovers(root: OpenPart, request: Request, house: Ledger): void {
  const covers = root.appraisal?.covers ?? "nothing";
  if (request.expected.form === "any-build") house.waived("evidence/covers", "any-build");
  else if (root.appraisal === undefined) house.skipped("evidence/covers", root.kind.formatCheck);
  else if (request.expected.form === "build" && !house.has("evidence/manifest", "passed"))
    house.skipped("evidence/covers", "evidence/manifest");
  // What could not be compared is not known to cover too little.
  else if ((["undetermined", "skipped"] as const).some((status) => root.ledger.has(`${root.kind.name}/build`, status)))
    house.skipped("evidence/covers", `${root.kind.name}/build`);
  else
    house.judge("evidence/covers", ENOUGH[request.covers].includes(covers), "covers-too-little", {
      covers,
      meaning: coversMeaning[covers] ?? "",
      ...(Object.hasOwn(coversAdvice, covers) ? { advice: coversAdvice[covers] } : {}),
    });
}

/** The caller's anchors replace the pinned ones of the vendors that they are given for. */
async function readAnchors(request: Request, crypto: Crypto): Promise<CustomAnchors> {
  const anchors = new Map<Vendor, readonly TrustAnchor[]>();
  for (const [vendor, certificates] of request.trustAnchors) {
    anchors.set(vendor, await Promise.all(certificates.map((certificate) => customAnchor(certificate, crypto))));
  }
  return anchors;
}

/** Stands in where there is no back end: every check that needs one becomes `undetermined`. */
const NO_CRYPTO: Crypto = {
  name: "none",
  digest: () => Promise.reject(new CryptoUnavailableError("there is no WebCrypto here")),
  verify: () => Promise.reject(new CryptoUnavailableError("there is no WebCrypto here")),
};

/** Thrown by `requireVerified`; the verdict says why. */
export class NotVerifiedError extends Error {
  override readonly name = "NotVerifiedError";
  readonly verdict: Verdict;

  constructor(verdict: Verdict) {
    const first =
      verdict.checks.find(({ status }) => status === "failed") ??
      verdict.checks.find(({ status, required }) => required && status !== "passed");
    super(`${verdict.outcome}: ${first?.title ?? "nothing was checked"}`);
    this.verdict = verdict;
  }
}

export async function judgeOrThrow(
  evidence: EvidenceSource,
  options: VerifyOptions,
  kinds: readonly EvidenceKind[],
): Promise<VerifiedVerdict> {
  const verdict = await judge(evidence, options, kinds);
  if (verdict.outcome !== "verified" || outcomeOf(verdict.checks) !== "verified") throw new NotVerifiedError(verdict);
  return verdict;
}
