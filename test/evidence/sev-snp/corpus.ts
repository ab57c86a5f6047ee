/** The real reports of the shared evidence, as the tests see them. */
import { existsSync, readdirSync } from "node:fs";
import { readShared, readSharedJson, shared } from "../../support/shared.js";

const FOLDER = "evidence/sev-snp";

export interface Facts {
  readonly product_line: string | null;
  readonly fms: string | null;
  readonly version: number;
  readonly signing_key: string;
  readonly vmpl: number;
  readonly policy: string;
  readonly platform_info: string;
  readonly measurement: string;
  readonly report_data: string;
  readonly host_data: string;
  readonly chip_id: string;
  /** The 8 bytes of TCB_VERSION, in their order. */
  readonly reported_tcb: string;
  readonly current_tcb: string;
  readonly committed_tcb: string;
  readonly launch_tcb: string;
  readonly id_key_digest: string;
  readonly author_key_digest: string;
  readonly fw_current: string;
  readonly fw_committed: string;
  readonly ek_notBefore_notAfter: readonly [string, string] | null;
}

export interface RealCase {
  readonly id: string;
  readonly expected: "authentic" | "rejected" | "undetermined";
  readonly facts: Facts;
  readonly report: Uint8Array;
  /** Absent where none came with the case. */
  readonly ek: Uint8Array | undefined;
  readonly chain: readonly Uint8Array[];
  /** In the middle of the endorsement key's validity. */
  readonly at: Date;
  /** A file of the case, or `undefined`. */
  file(name: string): Uint8Array | undefined;
}

/** `YYMMDDHHMMSSZ`. */
function time(text: string): number {
  const [year, month, day, hour, minute, second] = (text.match(/\d\d/g) ?? []).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(2000 + year, month - 1, day, hour, minute, second);
}

function readCase(id: string): RealCase {
  const { expected, facts } = readSharedJson<Pick<RealCase, "expected" | "facts">>(`${FOLDER}/${id}/case.json`);
  const file = (name: string): Uint8Array | undefined =>
    existsSync(shared(`${FOLDER}/${id}/${name}`)) ? readShared(`${FOLDER}/${id}/${name}`) : undefined;
  const [from, until] = facts.ek_notBefore_notAfter?.map(time) ?? [Date.UTC(2026, 0), Date.UTC(2026, 0)];
  return {
    id,
    expected,
    facts,
    report: readShared(`${FOLDER}/${id}/report.bin`),
    ek: file("ek.der"),
    chain: ["chain0.der", "chain1.der"].flatMap((name) => file(name) ?? []),
    at: new Date(((from as number) + (until as number)) / 2),
    file,
  };
}

export function realCases(): readonly RealCase[] {
  return readdirSync(shared(FOLDER)).sort().map(readCase);
}

export const realCase = (id: string): RealCase => readCase(id);
