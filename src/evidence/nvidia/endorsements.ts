/** Which manifests a report still needs, and where NVIDIA publishes them. */

import { fromUtf8 } from "../../encoding/text.js";
import type { EndorsementSet } from "../../endorsements/endorsements.js";
import { driverRimId, rimAddress, switchRimId, vbiosRimId } from "../../endorsements/nvidia-rim.js";
import type { Certificate } from "../../trust/certificate.js";
import type { FetchedAnswer, Need } from "../kind.js";
import { chipOf, nvidiaCertificates } from "./chain.js";
import { hasRim, rimVersions } from "./manifests.js";
import type { NvidiaReport } from "./report.js";
import { type RimSlot, rimFromService, rimTexts } from "./rim.js";
import type { NvidiaSettings } from "./settings.js";

export function needs(report: NvidiaReport, endorsements: EndorsementSet, settings: NvidiaSettings): readonly Need[] {
  if (settings.rims !== "required") return [];
  const supplied = rimTexts(endorsements);
  const chip = chipAmong(endorsements.certificates);
  return [...rimVersions(report)]
    .filter(([, version]) => !hasRim(supplied, version))
    .map(([slot, version]) => rimNeed(slot, version, rimId(slot, report, chip)));
}

function chipAmong(certificates: readonly Certificate[]): string | undefined {
  return nvidiaCertificates(certificates)
    .map(chipOf)
    .find((chip) => chip !== undefined);
}

function rimNeed(slot: RimSlot, version: string, id: string | undefined): Need {
  return {
    id: `${slot}-rim`,
    what: `NVIDIA's reference manifest of ${slot === "driver" ? "driver" : "firmware"} ${version}`,
    candidates: id === undefined ? [] : [rimAddress(id)],
    obtain: "get it from NVIDIA's RIM service and pass it as an endorsement",
    accept: ({ body }: FetchedAnswer): readonly Uint8Array[] => [rimFromService(fromUtf8(body))],
  };
}

/** Identifiers are made of what the report says: they choose what is asked for, and what comes is judged like anything supplied. */
function rimId(slot: RimSlot, report: NvidiaReport, chip: string | undefined): string | undefined {
  const { device, driverVersion, vbiosVersion, opaque } = report;
  if (slot === "driver") return chip === undefined ? undefined : driverRimId(chip, driverVersion ?? "");
  if (device === "switch") return switchRimId(vbiosVersion);
  const [project, projectSku, chipSku] = ["project", "projectSku", "chipSku"].map((name) => opaque.get(name)?.value);
  const named = typeof project === "string" && typeof projectSku === "string" && typeof chipSku === "string";
  return named ? vbiosRimId(project, projectSku, chipSku, vbiosVersion) : undefined;
}
