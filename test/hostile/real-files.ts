/** Every real file of the shared evidence, with the endorsements that lie beside it, as something to damage. */
import { readdirSync } from "node:fs";
import { verify as verifyArm } from "../../src/arm.js";
import { verify as verifyAzure } from "../../src/azure.js";
import type { Crypto } from "../../src/crypto/crypto.js";
import { verify as verifyFront } from "../../src/index.js";
import { verify as verifyNitro } from "../../src/nitro.js";
import { verify as verifyNvidia } from "../../src/nvidia.js";
import { verify as verifyTokens } from "../../src/tokens.js";
import type { Verdict } from "../../src/verdict.js";
import { collateralOf, intelRows, quoteOf, tcbSigners, timeOf as validAt } from "../evidence/dcap/corpus.js";
import { realCases } from "../evidence/sev-snp/corpus.js";
import { readShared, readSharedJson, shared } from "../support/shared.js";
import type { HostileInput } from "./fuzz/structure.js";

export interface RealFile extends HostileInput {
  readonly name: string;
  /** Judges any input by the laxest demands that there are, so that only genuineness is left to refuse it. */
  ask(input: HostileInput, crypto?: Crypto): Promise<Verdict>;
}

type Options = Parameters<typeof verifyFront>[1];
type Verify = (evidence: Uint8Array, options: Options) => Promise<Verdict>;

const tcbStatuses = [
  "UpToDate",
  "OutOfDate",
  "SWHardeningNeeded",
  "ConfigurationNeeded",
  "OutOfDateConfigurationNeeded",
];
const LAX = {
  "sev-snp": { floors: { date: "2026-01-01", floors: [] }, allow: ["debug", "migration"] },
  tdx: { tcbStatuses, allow: ["debug", "sept-ve", "service-td", "perfmon"] },
  sgx: { tcbStatuses, allow: ["debug"] },
};

function real(
  name: string,
  verify: Verify,
  evidence: Uint8Array,
  at: Date,
  policy: Record<string, unknown>,
  endorsements: readonly Uint8Array[] = [],
): RealFile {
  const options = { expected: "any-build", binding: "unbound", at, policy };
  return {
    name,
    evidence,
    endorsements,
    manifests: [],
    ask: (input, crypto) =>
      verify(input.evidence, {
        ...options,
        endorsements: input.endorsements,
        ...(crypto === undefined ? {} : { crypto }),
      } as unknown as Options),
  };
}

const only = (...kinds: readonly (keyof typeof LAX)[]): Record<string, unknown> =>
  Object.fromEntries(kinds.map((kind) => [kind, LAX[kind]]));

const ofAmd = (): readonly RealFile[] =>
  realCases().map(({ id, report, ek, at }) =>
    real(`sev-snp/${id}`, verifyFront as Verify, report, at, only("sev-snp"), ek === undefined ? [] : [ek]),
  );

/** Each quote with each set of collateral that Intel's library judged it by. */
function ofIntel(): readonly RealFile[] {
  const signers = tcbSigners();
  return intelRows().map((row, i) =>
    real(`dcap/${row.quote}, row ${i}`, verifyFront as Verify, quoteOf(row), validAt(row), only("tdx", "sgx"), [
      ...collateralOf(row),
      ...signers,
    ]),
  );
}

interface Entry {
  readonly file: string;
  readonly validAt?: string;
}

const timeOf = ({ validAt = "" }: Entry): Date => {
  const time = new Date(validAt);
  return Number.isNaN(time.getTime()) ? new Date("2026-06-01T00:00:00Z") : time;
};

/** All files of a folder, whatever they are: what is no evidence is not to become any. */
function ofIndex(folder: string, verify: Verify): readonly RealFile[] {
  return readSharedJson<readonly Entry[]>(`evidence/${folder}/index.json`).flatMap((entry) => {
    const evidence = readShared(`evidence/${folder}/${entry.file}`);
    return evidence.length === 0 || evidence.length > 1_000_000
      ? []
      : [real(`${folder}/${entry.file}`, verify, evidence, timeOf(entry), {})];
  });
}

/** The wrapped forms of Azure's, as they were published. */
const ofAzure = (): readonly RealFile[] =>
  realCases().flatMap(({ id, at }) =>
    readdirSync(shared(`evidence/sev-snp/${id}`))
      .filter((file) => /^(source-|hcl\.bin|auxblob)/.test(file))
      .map((file) =>
        real(`sev-snp/${id}/${file}`, verifyAzure as Verify, readShared(`evidence/sev-snp/${id}/${file}`), at, {}),
      ),
  );

export const realFiles = (): readonly RealFile[] => [
  ...ofAmd(),
  ...ofIntel(),
  ...ofAzure(),
  ...ofIndex("dcap", verifyFront as Verify),
  ...ofIndex("nitro", verifyNitro as Verify),
  ...ofIndex("nvidia", verifyNvidia as unknown as Verify),
  ...ofIndex("arm", verifyArm as unknown as Verify),
  ...ofIndex("tokens", verifyTokens as unknown as Verify),
];
