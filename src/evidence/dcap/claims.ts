/** What every DCAP quote says, as normalised claims: plain JSON under the specifications' names. */

import type { JsonObject, JsonValue } from "../../encoding/json.js";
import type { FieldValue } from "../../encoding/layout.js";
import { shapeOf } from "../../encoding/shape.js";
import { toHex } from "../../encoding/text.js";
import type { MappedStructure } from "../kind.js";
import type { DcapTrusted } from "./authenticate.js";
import { type BodyType, bodyLayout, HEADER_BYTES, headerLayout } from "./layout.js";
import type { DcapQuote } from "./quote.js";
import { iso } from "./step.js";
import type { TcbVerdict } from "./tcb.js";

export function dcapMap({ bodyType, bodyOffset }: DcapQuote): readonly MappedStructure[] {
  const descriptor = {
    name: "body descriptor",
    spec: "DCAP Quoting Library API, A.4",
    length: 6,
    fields: [
      { name: "bodyType", offset: 0, length: 2, form: "u16le" },
      { name: "bodySize", offset: 2, length: 4, form: "u32le" },
    ],
  } as const;
  return [
    { layout: headerLayout(), offset: 0 },
    ...(bodyOffset === HEADER_BYTES ? [] : [{ layout: descriptor, offset: HEADER_BYTES }]),
    { layout: bodyLayout(bodyType), offset: bodyOffset },
  ];
}

const shapes = new Map<BodyType, () => Record<string, unknown>>();

/** What every quote claims, then each field of its report: bytes and masks as hex. */
export function dcapClaims(
  quote: DcapQuote,
  report: object,
  trusted: DcapTrusted | undefined,
): Record<string, JsonValue> {
  const common = commonClaims(quote, trusted);
  const shape = shapes.get(quote.bodyType) ?? shapeOf([...Object.keys(common), ...Object.keys(report)]);
  shapes.set(quote.bodyType, shape);
  const claims = Object.assign(shape() as Record<string, JsonValue>, common);
  for (const [name, value] of Object.entries(report) as readonly [string, FieldValue][])
    claims[name] = fieldClaim(value);
  return claims;
}

function fieldClaim(value: FieldValue): string | number {
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  return typeof value === "number" ? value : toHex(value);
}

function commonClaims(quote: DcapQuote, trusted: DcapTrusted | undefined): JsonObject {
  return {
    version: quote.version,
    userData: toHex(quote.userData),
    certificationDataType: quote.certification.type,
    quotingEnclave: {
      mrsigner: toHex(quote.qeReport.mrsigner),
      isvProdId: quote.qeReport.isvProdId,
      isvSvn: quote.qeReport.isvSvn,
    },
    platform: platformClaim(trusted),
    tcb: tcbClaim(trusted),
  };
}

function platformClaim({ pck, ca }: Partial<DcapTrusted> = {}): JsonObject | null {
  if (pck === undefined) return null;
  const { ppid, fmspc, pceId, cpuSvn, pceSvn, sgxType, platform } = pck;
  return {
    ca: ca ?? null,
    ppid: toHex(ppid),
    fmspc: toHex(fmspc),
    pceId: toHex(pceId),
    cpuSvn: toHex(cpuSvn),
    pceSvn,
    sgxType,
    ...(platform === undefined ? {} : { ...platform, instanceId: toHex(platform.instanceId) }),
  };
}

function tcbClaim({ tcb, tcbInfo, identity, newestEvaluation }: Partial<DcapTrusted> = {}): JsonObject | null {
  if (tcb === undefined || tcbInfo === undefined || identity === undefined) return null;
  return {
    ...verdictClaim(tcb),
    evaluationDataNumber: Math.min(tcbInfo.evaluationNumber, identity.evaluationNumber),
    tcbInfoEvaluationDataNumber: tcbInfo.evaluationNumber,
    qeIdentityEvaluationDataNumber: identity.evaluationNumber,
    newestEvaluationDataNumber: newestEvaluation ?? null,
    platform: verdictClaim(tcb.platform),
    module: tcb.module === undefined ? null : verdictClaim(tcb.module),
    qe: verdictClaim(tcb.qe),
  };
}

function verdictClaim({ status, date, advisories }: TcbVerdict): JsonObject {
  return { status, tcbDate: date === undefined ? null : iso(date), advisories };
}
