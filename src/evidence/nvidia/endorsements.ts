/** Which manifests a report still needs, and where NVIDIA publishes them. */

import { fromUtf8 } from "../../encoding/text.js";
import type { EndorsementSet } from "../../endorsements/endorsements.js";
import { rimAddress } from "../../endorsements/nvidia-rim.js";
import type { Certificate } from "../../trust/certificate.js";
import type { FetchedAnswer, Need } from "../kind.js";
import { chipOf, nvidiaCertificates } from "./chain.js";
import { hasRim, rimId, rimVersions } from "./manifests.js";
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
    // The answer as it came: it says which manifest it is, too.
    accept: ({ body }: FetchedAnswer): readonly Uint8Array[] => {
      rimFromService(fromUtf8(body));
      return [body];
    },
  };
}
