/** Azure evidence as normalised claims, its places for a binding. */

import { member } from "../../encoding/json.js";
import { toHex } from "../../encoding/text.js";
import type { Slot } from "../../expected/binding.js";
import type { Claims } from "../../verdict.js";
import { vmConfiguration } from "./hcl.js";
import type { AzureEvidence } from "./wrappers.js";

/** The quote's qualifying data, which the attestation key signs, and the 64 bytes that the guest wrote into the runtime claims. */
export function slots({ hcl, quote }: AzureEvidence): readonly Slot[] {
  const userData: Slot = { name: "userData", size: 64, value: hcl.userData };
  return quote === undefined ? [userData] : [{ name: "extraData", size: 64, value: quote.extraData }, userData];
}

export function claims({ hcl, quote, pcrs, label }: AzureEvidence): Claims {
  const configuration = vmConfiguration(hcl);
  return {
    hardware: hcl.hardware,
    hclVersion: hcl.version,
    requestVersion: hcl.requestVersion,
    evidenceVersion: label ?? null,
    vmId: member(configuration, "vmUniqueId") ?? null,
    secureBoot: member(configuration, "secure-boot") ?? null,
    consoleEnabled: member(configuration, "console-enabled") ?? null,
    vmConfiguration: configuration,
    userData: hcl.userData === undefined ? null : toHex(hcl.userData),
    extraData: quote === undefined ? null : toHex(quote.extraData),
    resetCount: quote?.resetCount ?? null,
    pcrs: Object.fromEntries(pcrs.map((value, index) => [index, toHex(value)])),
  };
}
