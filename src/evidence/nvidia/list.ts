/** A list of GPU and switch reports as a kind of evidence: each report is a part of its own, and the list says whether they belong together. */

import { toHex } from "../../encoding/text.js";
import { nvidiaListLimits, nvidiaListMessages } from "../../messages/nvidia.js";
import type { Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext, Child, ChildResult, EvidenceKind } from "../kind.js";
import { listChecks } from "./checks.js";
import { appraiseNonce, nonceSlots } from "./nonce.js";
import {
  type NvidiaListPolicy,
  type NvidiaListReference,
  type NvidiaListSettings,
  type NvidiaListValues,
  readListPolicy,
  readListReference,
} from "./settings.js";
import { type Placed, placed, repeated, topologyFault } from "./topology.js";
import { type NvidiaList, parseList, recogniseList } from "./wrappers.js";

type Context = AppraiseContext<NvidiaListSettings, NvidiaListValues>;

const ID = "nvidia-evidence";

/** Lists of reports as NVIDIA's tools and services exchange them, for one GPU or for a whole system with its switches. */
export const nvidiaEvidence: EvidenceKind<
  "nvidia-evidence",
  NvidiaListPolicy,
  NvidiaListReference,
  NvidiaList,
  undefined,
  NvidiaListSettings,
  NvidiaListValues
> = {
  name: ID,
  role: "gpu",
  checks: /* @__PURE__ */ listChecks(),
  formatCheck: `${ID}/format`,
  messages: nvidiaListMessages,
  limits: nvidiaListLimits,
  recognises: recogniseList,
  parse: parseList,
  unwrap,
  needs: () => [],
  authenticate: async () => ({ trusted: undefined }),
  appraise,
  slots: nonceSlots,
  claims: ({ nonce, devices }) => ({
    nonce: toHex(nonce),
    gpus: devices.filter(({ device }) => device === "gpu").length,
    switches: devices.filter(({ device }) => device === "switch").length,
  }),
  map: () => [],
  readPolicy: readListPolicy,
  readReference: readListReference,
};

function unwrap({ nonce, devices }: NvidiaList): readonly Child[] {
  const counts = { gpu: 0, switch: 0 };
  return devices.map(({ device, report, certificates }) => ({
    name: `${device}${counts[device]++}`,
    role: device,
    bytes: report,
    endorsements: [certificates],
    accept: [`nvidia-${device}`],
    // One nonce for all: the list's, which is compared with the caller's.
    binding: { form: "exact", values: { nonce } },
  }));
}

async function appraise(list: NvidiaList, _trusted: undefined, context: Context): Promise<Appraisal> {
  const { ledger, children, settings } = context;
  const devices = children.map(placed);
  appraiseLabels(list, context);
  const twice = repeated(devices);
  ledger.judge(`${ID}/distinct`, twice.length === 0, "device-repeated", { ueids: twice });
  appraiseBuild(devices, context);
  const fault = topologyFault(devices, settings.protectedPcie === "required");
  const params = { mode: devices.find(({ isSwitch }) => !isSwitch)?.mode ?? "none", ...countsOf(devices) };
  if (fault === undefined) ledger.passed(`${ID}/topology`, params);
  else if (settings.protectedPcie === "unchecked") ledger.waived(`${ID}/topology`, "allowed", params);
  else ledger.failed(`${ID}/topology`, fault, params);
  const bound = await appraiseNonce(`${ID}/nonce`, list, context);
  return { covers: coversOf(children), ...bound, limits: [{ id: "devices-alone" }] };
}

/** Labels are nobody's word: where one contradicts what is signed, somebody wants it to be taken for something else. */
function appraiseLabels({ devices }: NvidiaList, { ledger, children }: Context): void {
  const wrong = devices.flatMap(({ architecture, nonce }, index): readonly string[] => {
    const { name, claims } = children[index] as ChildResult;
    const signed = claims.architecture;
    return [
      ...(architecture !== undefined && typeof signed === "string" && architecture !== signed
        ? [`${name} is labelled ${architecture} and is ${signed}`]
        : []),
      ...(nonce !== undefined && claims.nonce !== undefined && claims.nonce !== toHex(nonce)
        ? [`${name} is labelled with another nonce than it answers`]
        : []),
    ];
  });
  ledger.judge(`${ID}/labels`, wrong.length === 0, "label-mismatch", { wrong });
}

function countsOf(devices: readonly Placed[]): { readonly gpus: number; readonly switches: number } {
  const switches = devices.filter(({ isSwitch }) => isSwitch).length;
  return { gpus: devices.length - switches, switches };
}

/** A count that nobody named fits any; but where nothing was expected of any device either, something else was asked for. */
function appraiseBuild(devices: readonly Placed[], { ledger, expected, child, children }: Context): void {
  if (expected.form === "none" && !child && !children.some(({ compared }) => compared))
    ledger.failed(`${ID}/build`, "no-reference-values");
  if (expected.form !== "values") return;
  const found = countsOf(devices);
  const judged = expected.alternatives.map(({ source, values }) => {
    const compared = (["gpus", "switches"] as const).filter((name) => values[name] !== undefined);
    return { source, compared, differing: compared.filter((name) => values[name] !== found[name]) };
  });
  const { source, compared, differing } = judged.reduce((a, b) => (b.differing.length < a.differing.length ? b : a));
  const wanted = expected.alternatives.map(({ values }) => `${values.gpus ?? "any"} and ${values.switches ?? "any"}`);
  const params = { ...found, wanted, source, compared, differing };
  ledger.judge(`${ID}/build`, differing.length === 0, "build-mismatch", params);
}

function coversOf(children: readonly ChildResult[]): Covers {
  return children.length > 0 && children.every(({ covers }) => covers === "firmware") ? "firmware" : "nothing";
}
