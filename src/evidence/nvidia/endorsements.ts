/** Which manifests a report still needs, and where NVIDIA publishes them. */

import { demand } from "../../encoding/malformed.js";
import { fromUtf8 } from "../../encoding/text.js";
import type { EndorsementSet } from "../../endorsements/endorsements.js";
import { rimAddress } from "../../endorsements/nvidia-rim.js";
import type { Certificate } from "../../trust/certificate.js";
import type { FetchedAnswer, Need, Vouching } from "../kind.js";
import { chipOf, nvidiaCertificates } from "./chain.js";
import { hasRim, isGenuine, rimId, rimVersions, type Wanted } from "./manifests.js";
import type { NvidiaReport } from "./report.js";
import { type RimSlot, rimFromService, rimTexts } from "./rim.js";
import type { NvidiaSettings } from "./settings.js";

export function needs(report: NvidiaReport, endorsements: EndorsementSet, settings: NvidiaSettings): readonly Need[] {
  if (settings.rims !== "required") return [];
  const supplied = rimTexts(endorsements);
  const chip = chipAmong(endorsements.certificates);
  return [...rimVersions(report)]
    .filter(([, version]) => !hasRim(supplied, version))
    .map(([slot, version]) => rimNeed(slot, { version, chip, id: rimId(slot, report, chip) }, settings));
}

function chipAmong(certificates: readonly Certificate[]): string | undefined {
  return nvidiaCertificates(certificates)
    .map(chipOf)
    .find((chip) => chip !== undefined);
}

function rimNeed(slot: RimSlot, wanted: Wanted, { rimsAt }: NvidiaSettings): Need {
  const { version, id } = wanted;
  return {
    id: `${slot}-rim`,
    what: `NVIDIA's reference manifest of ${slot === "driver" ? "driver" : "firmware"} ${version}`,
    candidates: id === undefined ? [] : [rimAddress(id)],
    obtain: "get it from NVIDIA's RIM service and pass it as an endorsement",
    // The answer as it came: it says which manifest it is, too.
    async accept({ body }: FetchedAnswer, by?: Vouching): Promise<readonly Uint8Array[]> {
      const text = rimFromService(fromUtf8(body));
      demand(
        by === undefined || (await isGenuine(text, wanted, rimsAt ?? by.at, by)),
        "NVIDIA did not sign it, or not for this device and time",
      );
      return [body];
    },
  };
}
