/** What the house itself refuses, before and beside the kind. */
import type { EvidenceKind } from "../../../../src/evidence/kind.js";
import { sevSnp } from "../../../../src/evidence/sev-snp/kind.js";
import { about, aboutWith, type Case, type Options } from "../support.js";

/** A kind that recognises what SEV-SNP does. */
const twin = { ...sevSnp, name: "twin" } as unknown as EvidenceKind;
/** A kind that recognises nothing. */
const other = { ...sevSnp, name: "other", recognises: () => undefined } as unknown as EvidenceKind;

/** Options that name kinds of which the types here know nothing. */
const options = (changes: Readonly<Record<string, unknown>>): Options =>
  ({ ...about().options, ...changes }) as Options;

export const houseCases: readonly Case[] = [
  {
    name: "evidence that fits two kinds",
    check: "evidence/recognised",
    code: "ambiguous",
    bad: () => ({ ...about(), kinds: [sevSnp, twin] }),
    good: () => ({ ...about(), kinds: [sevSnp, other] }),
  },
  {
    name: "a kind that the caller does not take",
    check: "evidence/accepted-kind",
    code: "kind-not-accepted",
    bad: () => ({ ...about(), options: options({ accept: ["other"] }), kinds: [sevSnp, other] }),
    good: () => ({ ...about(), options: options({ accept: ["other", "sev-snp"] }), kinds: [sevSnp, other] }),
  },
  {
    name: "reference values for another kind alone",
    check: "build",
    code: "no-reference-values",
    also: ["evidence/covers"],
    bad: () => ({
      ...about(),
      options: options({ expected: { other: { measurement: new Uint8Array(48) } } }),
      kinds: [sevSnp, other],
    }),
  },
  {
    name: "32: compressed data",
    check: "evidence/recognised",
    code: "unrecognised",
    bad: () => ({ ...about(), evidence: new Uint8Array(2000).fill(0x1f, 0, 1).fill(0x8b, 1) }),
  },
  {
    name: "a defect of ours",
    check: "evidence/recognised",
    code: "internal-error",
    bad: () =>
      about({}, undefined, {
        crypto: {
          name: "broken",
          digest: async () => new Uint8Array(),
          verify: async () => Promise.reject(new Error("defect")),
        },
      }),
  },
  {
    name: "bytes that are nothing",
    check: "evidence/recognised",
    code: "malformed",
    bad: () => ({ ...about(), evidence: new Uint8Array(2000).fill(0xee) }),
  },
  {
    name: "evidence that is empty",
    check: "evidence/recognised",
    code: "malformed",
    bad: () => ({ ...about(), evidence: new Uint8Array() }),
  },
  {
    name: "an endorsement that is nothing",
    check: "evidence/endorsements",
    code: "malformed",
    bad: () => aboutWith({}, ({ endorsements }) => ({ endorsements: [...endorsements, Uint8Array.of(1, 2, 3)] })),
  },
  {
    name: "a certificate that is cut short",
    check: "evidence/endorsements",
    code: "malformed",
    // Without it the forged chain has no intermediate.
    bad: () => aboutWith({}, ({ endorsements, ark }) => ({ endorsements: [...endorsements, ark.subarray(0, 700)] })),
    outcome: "rejected",
  },
  {
    name: "20, 21: host data alone says nothing of the code",
    check: "evidence/covers",
    code: "covers-too-little",
    bad: () => aboutWith({}, ({ fields }) => ({ expected: { "sev-snp": { hostData: fields.hostData } } })),
  },
  {
    name: "any build, where the caller says so",
    check: "evidence/covers",
    code: "any-build",
    status: "waived",
    bad: () => about({}, undefined, { expected: "any-build" }),
  },
  {
    name: "a build hash without its manifest",
    check: "evidence/manifest",
    code: "manifest-missing",
    status: "undetermined",
    bad: () => about({}, undefined, { expected: `build:sha256:${"cd".repeat(32)}` }),
  },
];
