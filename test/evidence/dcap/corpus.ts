/** Real quotes with the collateral that Intel's library judged them by, from the shared evidence, and Intel's certificates beside them. */
import { readdirSync } from "node:fs";
import { readShared, readSharedJson, shared } from "../../support/shared.js";

const ROOM = "evidence/dcap";

/** One verdict of Intel's library. Files are named from the room of the evidence. */
export interface IntelRow {
  readonly quote: string;
  readonly tcbInfo: string;
  readonly qeIdentity: string;
  readonly rootCrl: string;
  readonly pckCrl: string;
  /** Seconds. */
  readonly time: number;
  readonly intel_qvl: { readonly pck: string; readonly tcb: string; readonly qe: string; readonly quote: string };
  readonly all_collateral_valid: boolean;
  readonly platform: string | null;
  readonly platformTcbDate: string | null;
  readonly moduleStatus: string | null;
  readonly qe: string | null;
  readonly advisories: readonly string[];
}

export const intelRows = (): readonly IntelRow[] => readSharedJson<readonly IntelRow[]>(`${ROOM}/verdicts.json`);

/** The first row of each quote. */
export const firstOfEach = (rows: readonly IntelRow[]): readonly IntelRow[] =>
  rows.filter((row, at) => rows.findIndex(({ quote }) => quote === row.quote) === at);

export const quoteOf = ({ quote }: IntelRow): Uint8Array => readShared(`${ROOM}/${quote}`);

export const timeOf = ({ time }: IntelRow): Date => new Date(time * 1000);

/** TCB info, identity, the root's list and the PCK authority's. */
export const collateralOf = ({ tcbInfo, qeIdentity, rootCrl, pckCrl }: IntelRow): readonly Uint8Array[] =>
  [tcbInfo, qeIdentity, rootCrl, pckCrl].map((file) => readShared(`${ROOM}/${file}`));

/** DER of Intel's certificates whose file begins so: `TCBSigning`, `PCKPlatformCA`, `RootCA-2018`. */
export const intelCertificates = (begin: string): readonly Uint8Array[] =>
  readdirSync(shared(`${ROOM}/intel-certs`))
    .filter((file) => file.startsWith(begin) && file.endsWith(".der"))
    .map((file) => readShared(`${ROOM}/intel-certs/${file}`));

/** One of them signed the collateral. */
export const tcbSigners = (): readonly Uint8Array[] => intelCertificates("TCBSigning");
