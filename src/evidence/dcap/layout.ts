/** Header, enclave report and TD reports of a DCAP quote, byte by byte (Intel SGX/TDX DCAP Quoting Library API, appendix A.3 and A.4). */

import type { Field, FieldForm, Layout } from "../../encoding/layout.js";

type Row = readonly [name: string, length: number, form: FieldForm];

/** Fields follow each other without a gap. */
function layoutOf(name: string, spec: string, rows: readonly Row[]): Layout {
  let offset = 0;
  const fields = rows.map(([field, length, form]): Field => {
    offset += length;
    return { name: field, offset: offset - length, length, form };
  });
  return { name, spec, length: offset, fields };
}

export const HEADER_BYTES = 48;
export const SGX_REPORT_BYTES = 384;

/** Version 3 calls `teeType` reserved and zero, which is SGX. Versions 4 and 5 leave the two SVNs zero. */
const HEADER: readonly Row[] = [
  ["version", 2, "u16le"],
  ["attestationKeyType", 2, "u16le"],
  ["teeType", 4, "u32le"],
  ["qeSvn", 2, "u16le"],
  ["pceSvn", 2, "u16le"],
  ["qeVendorId", 16, "bytes"],
  ["userData", 20, "bytes"],
];

const SGX_REPORT: readonly Row[] = [
  ["cpuSvn", 16, "bytes"],
  ["miscSelect", 4, "u32le"],
  ["reserved at 20", 12, "zero"],
  ["isvExtProdId", 16, "bytes"],
  ["attributes", 16, "bytes"],
  ["mrenclave", 32, "bytes"],
  ["reserved at 96", 32, "zero"],
  ["mrsigner", 32, "bytes"],
  ["reserved at 160", 32, "zero"],
  ["configId", 64, "bytes"],
  ["isvProdId", 2, "u16le"],
  ["isvSvn", 2, "u16le"],
  ["configSvn", 2, "u16le"],
  ["reserved at 262", 42, "zero"],
  ["isvFamilyId", 16, "bytes"],
  ["reportData", 64, "bytes"],
];

const TD_1_0: readonly Row[] = [
  ["teeTcbSvn", 16, "bytes"],
  ["mrSeam", 48, "bytes"],
  ["mrSignerSeam", 48, "bytes"],
  ["seamAttributes", 8, "u64le"],
  ["tdAttributes", 8, "u64le"],
  ["xfam", 8, "u64le"],
  ["mrtd", 48, "bytes"],
  ["mrConfigId", 48, "bytes"],
  ["mrOwner", 48, "bytes"],
  ["mrOwnerConfig", 48, "bytes"],
  ["rtmr0", 48, "bytes"],
  ["rtmr1", 48, "bytes"],
  ["rtmr2", 48, "bytes"],
  ["rtmr3", 48, "bytes"],
  ["reportData", 64, "bytes"],
];

const TD_1_5: readonly Row[] = [...TD_1_0, ["teeTcbSvn2", 16, "bytes"], ["mrServiceTd", 48, "bytes"]];

const TD_1_5_EXTENDED: readonly Row[] = [
  ...TD_1_5,
  ["vmId", 1, "u8"],
  ["tdId", 32, "bytes"],
  ["deviceInformation", 48, "bytes"],
  ["initialServiceTdHash", 48, "bytes"],
  ["initialServiceTdAttributes", 8, "u64le"],
  ["initialCpuSvn", 16, "bytes"],
  ["initialTeeTcbSvn", 16, "bytes"],
  ["initialFmspc", 12, "bytes"],
  ["currentServiceTdHash", 48, "bytes"],
  ["currentServiceTdAttributes", 8, "u64le"],
];

let header: Layout | undefined;

export function headerLayout(): Layout {
  header ??= layoutOf("quote header", "DCAP Quoting Library API, A.3.1 and A.4.1", HEADER);
  return header;
}

function sgxReportLayout(): Layout {
  return layoutOf("enclave report", "Intel SDM volume 3D, REPORT; DCAP Quoting Library API, A.3.2", SGX_REPORT);
}

/** Body types of a version 5 quote; version 4 holds types 1 and 2 without saying so. */
export type BodyType = 1 | 2 | 3 | 4;

const BODIES: Readonly<Record<BodyType, () => Layout>> = {
  1: () => sgxReportLayout(),
  2: () => layoutOf("TD report 1.0", "DCAP Quoting Library API, A.4.2", TD_1_0),
  3: () => layoutOf("TD report 1.5", "DCAP Quoting Library API, A.4.3", TD_1_5),
  4: () => layoutOf("TD report 1.5, extended", "DCAP Quoting Library API, A.4.3", TD_1_5_EXTENDED),
};

const made = new Map<BodyType, Layout>();

export function bodyLayout(type: BodyType): Layout {
  const layout = made.get(type) ?? BODIES[type]();
  made.set(type, layout);
  return layout;
}
