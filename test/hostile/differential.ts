/** The comparison of scripts/differential.mjs: our word on genuineness beside that of another verifier, class by class. */
import { spawnSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { verify } from "../../src/index.js";
import type { Verdict } from "../../src/verdict.js";
import {
  collateralOf,
  firstOfEach,
  intelCertificates,
  intelRows,
  quoteOf,
  tcbSigners,
  timeOf,
} from "../evidence/dcap/corpus.js";
import { realCases } from "../evidence/sev-snp/corpus.js";
import { createDice } from "./fuzz/dice.js";
import { mutateInput } from "./fuzz/structure.js";

interface Question {
  readonly Kind: "sev-snp" | "tdx" | "sgx";
  readonly Evidence: string;
  readonly Ek?: string;
  readonly Vlek?: boolean;
  readonly Product?: string;
  /** Seconds. */
  readonly At: number;
  /** Base64, and PEM of those who signed it, for the verifiers that take it. */
  readonly Collateral?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly ok: boolean;
  readonly error: string;
  readonly measurement?: string;
  readonly reportData?: string;
}

/** The evidence first, then what goes with it, each in its place. */
type Parts = readonly Uint8Array[];

interface Subject {
  readonly name: string;
  /** Nothing is missing: what we cannot decide counts as refused. */
  readonly complete: boolean;
  readonly parts: Parts;
  question(parts: Parts): Question;
  ours(parts: Parts): Promise<Verdict>;
}

/** The other side: what it is called with, and what it can judge. */
export type Other = "go" | "rust";

export interface Comparison {
  readonly cases: number;
  /** Cases that both accept as they are: what is changed. */
  readonly accepted: number;
  readonly mutations: number;
  readonly bothAccept: number;
  readonly bothReject: number;
  readonly fieldsCompared: number;
  /** How often each class of disagreement came up. */
  readonly classes: Readonly<Record<string, number>>;
  readonly unexplained: readonly string[];
}

const capital = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);
const isText = (bytes: Uint8Array): boolean => bytes.subarray(0, 32).every((byte) => byte >= 9 && byte < 127);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const any = { expected: "any-build", binding: "unbound" } as const;

function ofAmd(other: Other): readonly Subject[] {
  return realCases()
    .filter(({ ek, facts }) => ek !== undefined && facts.product_line !== null)
    .filter(({ facts }) => other === "go" || facts.signing_key.toUpperCase() !== "VLEK")
    .map(({ id, report, ek, at, facts }) => ({
      name: id,
      complete: false,
      parts: [report, ek as Uint8Array],
      question: ([evidence, key]): Question => ({
        Kind: "sev-snp",
        Evidence: base64(evidence as Uint8Array),
        Ek: base64(key as Uint8Array),
        Vlek: facts.signing_key.toUpperCase() === "VLEK",
        Product: capital(facts.product_line as string),
        At: at.getTime() / 1000,
      }),
      ours: ([evidence, key]) => verify(evidence as Uint8Array, { ...any, at, endorsements: [key as Uint8Array] }),
    }));
}

const isTdx = (quote: Uint8Array): boolean => quote[4] === 0x81;
/** Quotes without collateral: go-tdx-guest then looks at signatures and the path alone. */
function ofIntelAlone(): readonly Subject[] {
  return firstOfEach(intelRows())
    .filter((row) => isTdx(quoteOf(row)))
    .map((row) => ({
      name: row.quote,
      complete: false,
      parts: [quoteOf(row)],
      question: ([evidence]): Question => ({ Kind: "tdx", Evidence: base64(evidence as Uint8Array), At: row.time }),
      ours: ([evidence]) => verify(evidence as Uint8Array, { ...any, at: timeOf(row) }),
    }));
}

/** Quotes with TCB info, identity and lists, each judged at a time when all of it was valid. */
function ofIntelWhole(): readonly Subject[] {
  const [root] = intelCertificates("RootCA-2018-05-21-2049-12-31-44a0196b").map(pem);
  const signers = tcbSigners();
  const rows = intelRows().filter((row) => row.all_collateral_valid);
  return rows.map((row) => {
    const quote = quoteOf(row);
    const [authority] = intelCertificates(row.pckCrl.includes("Platform") ? "PCKPlatformCA" : "PCKProcessorCA");
    return {
      name: `${row.quote} at ${row.time}`,
      complete: true,
      parts: [quote, ...collateralOf(row)],
      question: ([evidence, TcbInfo, QeIdentity, RootCrl, PckCrl]): Question => ({
        Kind: isTdx(quote) ? "tdx" : "sgx",
        Evidence: base64(evidence as Uint8Array),
        At: row.time,
        Collateral: {
          TcbInfo: base64(TcbInfo as Uint8Array),
          QeIdentity: base64(QeIdentity as Uint8Array),
          RootCrl: base64(RootCrl as Uint8Array),
          PckCrl: base64(PckCrl as Uint8Array),
          PckSigners: `${pem(authority as Uint8Array)}${root}`,
          // One of them signed; the other side tries each with the root.
          Signers: signers.map(pem).join(""),
          Root: root as string,
        },
      }),
      ours: ([evidence, ...endorsements]) =>
        verify(evidence as Uint8Array, {
          ...any,
          at: timeOf(row),
          endorsements: [...endorsements, ...signers],
        }),
    };
  });
}

const pem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${base64(der).replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`;

/** The first check before the appraisal that failed (or, where nothing is missing, could not be decided), or empty: floors are ours alone. */
function refused({ checks }: Verdict, complete: boolean): string {
  const early = checks.filter(({ stage, id }) => stage !== "appraise" && !/tcb-floor|advisories|firmware/.test(id));
  const found =
    early.find(({ status }) => status === "failed") ??
    (complete ? early.find(({ status }) => status === "undetermined") : undefined);
  return found === undefined ? "" : `${found.id} ${found.code}: ${shape(String(found.params["reason"] ?? ""))}`;
}

const shape = (text: string): string =>
  text
    .replace(/"[^"]*"|\[[^\]]*\]|0x[0-9a-f]+|\d+/gi, "#")
    .replace(/[0-9a-f]{16,}/g, "#")
    .slice(0, 110);

/** Classes that docs/assurance.md explains, by how they begin. */
const EXPLAINED: Readonly<Record<Other, readonly RegExp[]>> = {
  go: [
    /^we alone refuse: evidence\/recognised malformed: .*(certificate|table)/,
    /^we alone refuse: evidence\/endorsements malformed: Certificate has an element too many/,
    /^they alone refuse: no embedded roots available/,
    /^they alone refuse: not an AMD KDS OID/,
    /^they alone refuse: VLEK could not be verified by any trusted roots. Last error: root of trust missing/,
    /^they alone refuse: could not convert raw bytes to QuoteV#: quote format not supported/,
    /^they alone refuse: incomplete PCK Certificate chain found/,
    /^they alone refuse: unexpected trailing bytes were found in PCK Certificate Chain/,
    /^they alone refuse: unable to validate root cert/,
    /^they alone refuse: could not interpret Root CA certificate DER bytes/,
  ],
  rust: [
    /^we alone refuse: (tdx|sgx)\/format malformed: /,
    /^we alone refuse: (tdx|sgx)\/(roots root-not-pinned|pck-certificate chain-incomplete)/,
    /^we alone refuse: (tdx|sgx)\/collateral malformed: (JSON|text|signature of collateral)/,
    /^we alone refuse: sev-snp\/format malformed: (reserved|bytes|must be zero|\w+ .*zero)/,
    /^we alone refuse: sev-snp\/(report-signature signature-invalid|certificate-tcb tcb-mismatch)/,
    /^we alone refuse: evidence\/endorsements malformed: /,
    /^they alone refuse: (No matching TCB level|Debug mode|SEPT_VE_DISABLE|Invalid MR service TD).* \(as it is\)$/,
    /^they alone refuse: Failed to decode TcbInfo: missing field `sgxtcbcomponents`.* \(as it is\)$/,
    /^they alone refuse: expected # bytes, got #.* \((as it is|the same report)\)$/,
    /^they alone refuse: Signature is invalid for (tcb_info|qe_identity).* \((as it is|the same values)\)$/,
    /^they alone refuse: Failed to verify certificate chain: CaUsedAsEndEntity.* \((as it is|the same certificates)\)$/,
    /^they alone refuse: Failed to decode (QeIdentity|TcbInfo): invalid type: floating point.* \((as it is|the same values)\)$/,
  ],
};

function askAll(oracle: string, questions: readonly Question[]): readonly Answer[] {
  const input = questions.map((question) => JSON.stringify(question)).join("\n");
  const { stdout, status } = spawnSync(oracle, { input, encoding: "utf8", maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`the other verifier ended with ${status}`);
  return (
    stdout
      .trim()
      .split("\n")
      // It logs to the same place.
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Answer)
  );
}

interface Input {
  readonly subject: Subject;
  readonly parts: Parts;
}

function mutationsOf(subjects: readonly Subject[], donors: Parts, count: number, seed: number): readonly Input[] {
  const inputs: Input[] = [];
  for (let i = 0; inputs.length < count && subjects.length > 0; i++) {
    const subject = subjects[i % subjects.length] as Subject;
    const dice = createDice(Math.imul(seed, 0x9e3779b1) + i);
    // The evidence every other time, and else one of what goes with it: each stays in its place.
    const at = dice.chance(50) ? 0 : dice.below(subject.parts.length);
    const chosen = { evidence: subject.parts[at] as Uint8Array, endorsements: [], manifests: [] };
    const { evidence: changed } = mutateInput(chosen, dice, donors);
    // The others read no text forms: that is no disagreement on genuineness.
    if (isText(changed) !== isText(chosen.evidence)) continue;
    inputs.push({ subject, parts: subject.parts.map((part, p) => (p === at ? changed : part)) });
  }
  return inputs;
}

/** What a mutation left as it was, of all that a signature is over: what we alone accept must be the same. */
function kept([before, ...rest]: Parts, [after, ...others]: Parts): string {
  const at = rest.findIndex((part, i) => part !== others[i]);
  if (at >= 0) {
    const values = [rest[at], others[at]].map((part) => signedValues(part as Uint8Array));
    return values[0] !== undefined && isDeepStrictEqual(values[0], values[1]) ? "the same values" : "other collateral";
  }
  const [old, changed] = [before, after].map((part) => Buffer.from(part as Uint8Array)) as [Buffer, Buffer];
  const [a, b] = [old, changed].map(certificatesIn) as [Chain, Chain];
  if (a.pem.length === 0) return changed.includes(old.subarray(0, 1184)) ? "the same report" : "other evidence";
  // Some may be missing, doubled or elsewhere: none is new.
  const same = b.pem.every((text) => a.pem.includes(text)) && a.signed.equals(b.signed);
  return same ? "the same certificates" : "other evidence";
}

/** The member of collateral that Intel signs, as values. */
function signedValues(part: Uint8Array): unknown {
  try {
    const json = JSON.parse(Buffer.from(part).toString()) as Record<string, unknown>;
    return json["tcbInfo"] ?? json["enclaveIdentity"];
  } catch {
    return undefined;
  }
}

interface Chain {
  /** All before the certificates. */
  readonly signed: Buffer;
  readonly pem: readonly string[];
}

function certificatesIn(quote: Buffer): Chain {
  const pem = quote.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const bodies = pem.map((text) => text.replace(/\s/g, ""));
  const start = quote.indexOf("-----BEGIN");
  return { signed: quote.subarray(0, start < 0 ? quote.length : start), pem: bodies };
}

interface Sums {
  bothAccept: number;
  bothReject: number;
  fieldsCompared: number;
  readonly classes: Record<string, number>;
}

/** Judges all by both and adds up; returns the subjects of those that both accept. */
async function judge(
  oracle: string,
  inputs: readonly Input[],
  sums: Sums,
  asItIs: boolean,
): Promise<readonly Subject[]> {
  const answers = askAll(
    oracle,
    inputs.map(({ subject, parts }) => subject.question(parts)),
  );
  const accepted: Subject[] = [];
  const note = (name: string): void => {
    sums.classes[name] = (sums.classes[name] ?? 0) + 1;
  };
  for (const [i, { subject, parts }] of inputs.entries()) {
    const verdict = await subject.ours(parts);
    const answer = answers[i] as Answer;
    const name = disagreement(answer, refused(verdict, subject.complete));
    if (name !== "") note(`${name} (${asItIs ? "as it is" : kept(subject.parts, parts)})`);
    else if (!answer.ok) sums.bothReject++;
    else {
      sums.bothAccept++;
      accepted.push(subject);
      if (answer.measurement === undefined) continue;
      sums.fieldsCompared++;
      if (fieldsDiffer(verdict, answer)) note("fields differ");
    }
  }
  return accepted;
}

/** Judges the evidence as it is, and `mutations` of what both accept, by both. `oracle` is the program of the other side. */
export async function compare(other: Other, oracle: string, mutations: number, seed: number): Promise<Comparison> {
  const subjects = [...ofAmd(other), ...(other === "go" ? ofIntelAlone() : ofIntelWhole())];
  const sums: Sums = { bothAccept: 0, bothReject: 0, fieldsCompared: 0, classes: {} };
  const originals = subjects.map((subject) => ({ subject, parts: subject.parts }));
  const accepted = await judge(oracle, originals, sums, true);
  const donors = subjects.flatMap(({ parts }) => parts);
  await judge(oracle, mutationsOf(accepted, donors, mutations, seed), sums, false);
  const unexplained = Object.keys(sums.classes).filter((name) => !EXPLAINED[other].some((known) => known.test(name)));
  return { cases: subjects.length, accepted: accepted.length, mutations, ...sums, unexplained };
}

function disagreement(answer: Answer, why: string): string {
  if (answer.ok === (why === "")) return "";
  return answer.ok ? `we alone refuse: ${why}` : `they alone refuse: ${shape(answer.error)}`;
}

function fieldsDiffer(verdict: Verdict, { measurement, reportData }: Answer): boolean {
  const claims = verdict.parts[0]?.claims ?? {};
  const ours = claims["measurement"] ?? claims["mrtd"] ?? claims["mrenclave"];
  return ours !== measurement || claims["reportData"] !== reportData;
}
