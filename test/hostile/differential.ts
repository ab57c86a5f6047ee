/** The comparison of scripts/differential.mjs: our word on genuineness beside that of another verifier, class by class. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { verify } from "../../src/index.js";
import type { Verdict } from "../../src/verdict.js";
import { realCases } from "../evidence/sev-snp/corpus.js";
import { readShared, readSharedJson, shared } from "../support/shared.js";
import { createDice } from "./fuzz/dice.js";
import { mutateInput } from "./fuzz/structure.js";

interface Question {
  readonly Kind: "sev-snp" | "tdx";
  readonly Evidence: string;
  readonly Ek?: string;
  readonly Vlek?: boolean;
  readonly Product?: string;
  /** Seconds. */
  readonly At: number;
}

interface Answer {
  readonly ok: boolean;
  readonly error: string;
  readonly measurement?: string;
  readonly reportData?: string;
}

interface Subject {
  readonly name: string;
  readonly evidence: Uint8Array;
  readonly ek: Uint8Array | undefined;
  question(evidence: Uint8Array, ek: Uint8Array | undefined): Question;
  ours(evidence: Uint8Array, ek: Uint8Array | undefined): Promise<Verdict>;
}

export interface Comparison {
  readonly cases: number;
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

function ofAmd(): readonly Subject[] {
  return realCases()
    .filter(({ ek, facts }) => ek !== undefined && facts.product_line !== null)
    .map(({ id, report, ek, at, facts }) => ({
      name: id,
      evidence: report,
      ek,
      question: (evidence, key = new Uint8Array()): Question => ({
        Kind: "sev-snp",
        Evidence: base64(evidence),
        Ek: base64(key),
        Vlek: facts.signing_key.toUpperCase() === "VLEK",
        Product: capital(facts.product_line as string),
        At: at.getTime() / 1000,
      }),
      ours: (evidence, key) => verify(evidence, { ...any, at, endorsements: key === undefined ? [] : [key] }),
    }));
}

interface Row {
  readonly quote: string;
  readonly time: number;
}

function ofIntel(): readonly Subject[] {
  const rows = readSharedJson<readonly Row[]>("evidence/dcap/verdicts.json");
  const first = rows.filter((row, at) => rows.findIndex(({ quote }) => quote === row.quote) === at);
  const tdx = first.filter(({ quote }) => readShared(`evidence/dcap/${quote}`)[4] === 0x81);
  const crls = readdirSync(shared("evidence/dcap/intel-certs")).length;
  if (crls === 0) throw new Error("the shared evidence has no certificates of Intel's");
  return tdx.map(({ quote, time }) => ({
    name: quote,
    evidence: readShared(`evidence/dcap/${quote}`),
    ek: undefined,
    question: (evidence): Question => ({ Kind: "tdx", Evidence: base64(evidence), At: time }),
    ours: (evidence) => verify(evidence, { ...any, at: new Date(time * 1000) }),
  }));
}

/** The first check before the appraisal that failed, or empty: floors are ours alone. */
function refused(verdict: Verdict): string {
  const failed = verdict.checks.find(
    ({ status, stage, id }) => status === "failed" && stage !== "appraise" && !/tcb-floor|advisories|firmware/.test(id),
  );
  return failed === undefined ? "" : `${failed.id} ${failed.code}: ${shape(String(failed.params.reason ?? ""))}`;
}

const shape = (text: string): string =>
  text
    .replace(/"[^"]*"|\[[^\]]*\]|0x[0-9a-f]+|\d+/gi, "#")
    .replace(/[0-9a-f]{16,}/g, "#")
    .slice(0, 110);

/** Classes that docs/assurance.md explains, by how they begin. */
const EXPLAINED: readonly RegExp[] = [
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
];

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
  readonly evidence: Uint8Array;
  readonly ek: Uint8Array | undefined;
}

function inputsOf(subjects: readonly Subject[], mutations: number, seed: number): readonly Input[] {
  const inputs: Input[] = subjects.map((subject) => ({ subject, evidence: subject.evidence, ek: subject.ek }));
  const donors = subjects.flatMap(({ evidence, ek }) => (ek === undefined ? [evidence] : [evidence, ek]));
  for (let i = 0; i < mutations; i++) {
    const subject = subjects[i % subjects.length] as Subject;
    const dice = createDice(Math.imul(seed, 0x9e3779b1) + i);
    const own = {
      evidence: subject.evidence,
      endorsements: subject.ek === undefined ? [] : [subject.ek],
      manifests: [],
    };
    const { evidence, endorsements } = mutateInput(own, dice, donors);
    // Neither reads text forms or goes without the certificate: that is no disagreement on genuineness.
    if (isText(evidence) || endorsements.length !== own.endorsements.length) continue;
    inputs.push({ subject, evidence, ek: endorsements[0] });
  }
  return inputs;
}

/** Judges the evidence as it is and `mutations` of it by both. */
export async function compare(oracle: string, mutations: number, seed: number): Promise<Comparison> {
  const subjects = [...ofAmd(), ...ofIntel()];
  const inputs = inputsOf(subjects, mutations, seed);
  const answers = askAll(
    oracle,
    inputs.map(({ subject, evidence, ek }) => subject.question(evidence, ek)),
  );
  const classes: Record<string, number> = {};
  const note = (name: string): void => {
    classes[name] = (classes[name] ?? 0) + 1;
  };
  const sums = { bothAccept: 0, bothReject: 0, fieldsCompared: 0 };
  for (const [i, { subject, evidence, ek }] of inputs.entries()) {
    const verdict = await subject.ours(evidence, ek);
    const answer = answers[i] as Answer;
    const why = refused(verdict);
    const name = disagreement(answer, why);
    if (name !== "") note(i < subjects.length ? `${name} (as it is: ${subject.name})` : name);
    else if (!answer.ok) sums.bothReject++;
    else {
      sums.bothAccept++;
      if (answer.measurement === undefined) continue;
      sums.fieldsCompared++;
      if (fieldsDiffer(verdict, answer)) note("fields differ");
    }
  }
  const unexplained = Object.keys(classes).filter((name) => !EXPLAINED.some((known) => known.test(name)));
  return { cases: subjects.length, mutations: inputs.length - subjects.length, ...sums, classes, unexplained };
}

function disagreement(answer: Answer, why: string): string {
  if (answer.ok === (why === "")) return "";
  return answer.ok ? `we alone refuse: ${why}` : `they alone refuse: ${shape(answer.error)}`;
}

function fieldsDiffer(verdict: Verdict, { measurement, reportData }: Answer): boolean {
  const claims = verdict.parts[0]?.claims ?? {};
  return claims["measurement"] !== measurement || claims["reportData"] !== reportData;
}
