/** Real evidence of the shared material as exemplars; none where it is not beside the repository. */

import { verify as verifyFront } from "../../../src/index.js";
import { verify as verifyNitro } from "../../../src/nitro.js";
import { collateralOf, firstOfEach, intelRows, quoteOf, tcbSigners, timeOf } from "../../evidence/dcap/corpus.js";
import { realCase } from "../../evidence/sev-snp/corpus.js";
import { hasShared, readShared } from "../../support/shared.js";
import { type Exemplar, exemplar } from "./exemplars.js";

type Options = Parameters<typeof verifyFront>[1];

function ofAmd(): readonly Exemplar[] {
  const old = { "sev-snp": { floors: { date: "2026-01-01", floors: [] } } };
  return ["virtee-milan", "ms-tav-genoa", "oak-turin_oc"].map((id) => {
    const { report, ek, at, facts } = realCase(id);
    return exemplar(`real sev-snp ${id}`, verifyFront, report, {
      expected: facts.measurement,
      binding: { reportData: new Uint8Array(Buffer.from(facts.report_data, "hex")) },
      endorsements: [ek as Uint8Array],
      at,
      ...(id === "virtee-milan" ? { policy: old } : {}),
    } as Options);
  });
}

/** The first row of each quote whose collateral is valid. */
function ofIntel(): readonly Exemplar[] {
  const rows = firstOfEach(intelRows().filter((row) => row.all_collateral_valid));
  const signers = tcbSigners();
  const tcbStatuses = ["UpToDate", "OutOfDate", "SWHardeningNeeded", "ConfigurationAndSWHardeningNeeded"];
  return rows.map((row) =>
    exemplar(`real ${row.quote}`, verifyFront, quoteOf(row), {
      expected: "any-build",
      binding: "unbound",
      endorsements: [...collateralOf(row), ...signers],
      at: timeOf(row),
      policy: {
        tdx: { tcbStatuses, allow: ["debug", "sept-ve", "service-td", "perfmon"] },
        sgx: { tcbStatuses, allow: ["debug"] },
      },
    } as unknown as Options),
  );
}

function ofAws(): Exemplar {
  return exemplar("real nitro", verifyNitro, readShared("evidence/nitro/marlin/aws_pcr16.cbor"), {
    expected: "2984ab215649c40ffe8f8b80cfadee47f1b06760f7d9257981f64b2758c347fafa6c733591b25e75ae7e9d1cb86ad5df",
    binding: "unbound",
    at: new Date("2025-04-29T10:32:39.691Z"),
  });
}

/** Verified ones alone: what real evidence is rejected or undetermined is for the tests of its kind. */
export async function realExemplars(): Promise<readonly Exemplar[]> {
  if (!hasShared) return [];
  const all = [...ofAmd(), ...ofIntel(), ofAws()];
  const verdicts = await Promise.all(all.map((one) => one.ask(one)));
  return all.filter((_, at) => verdicts[at]?.ok);
}
