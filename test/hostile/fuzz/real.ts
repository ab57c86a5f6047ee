/** Real evidence of the shared material as exemplars; none where it is not beside the repository. */

import { readdirSync } from "node:fs";
import { verify as verifyFront } from "../../../src/index.js";
import { verify as verifyNitro } from "../../../src/nitro.js";
import { realCase } from "../../evidence/sev-snp/corpus.js";
import { hasShared, readShared, readSharedJson, shared } from "../../support/shared.js";
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

interface Row {
  readonly quote: string;
  readonly tcbInfo: string;
  readonly qeIdentity: string;
  readonly rootCrl: string;
  readonly pckCrl: string;
  readonly time: number;
  readonly all_collateral_valid: boolean;
  readonly intel_qvl: { readonly quote: string };
}

/** The first row of each file of quotes that verifies, at most six. */
function ofIntel(): readonly Exemplar[] {
  const room = "evidence/dcap";
  const rows = readSharedJson<readonly Row[]>(`${room}/verdicts.json`).filter((row) => row.all_collateral_valid);
  const first = rows.filter((row, at) => rows.findIndex(({ quote }) => quote === row.quote) === at);
  const signers = readdirSync(shared(`${room}/intel-certs`))
    .filter((file) => file.startsWith("TCBSigning") && file.endsWith(".der"))
    .map((file) => readShared(`${room}/intel-certs/${file}`));
  const tcbStatuses = ["UpToDate", "OutOfDate", "SWHardeningNeeded", "ConfigurationAndSWHardeningNeeded"];
  return first.map((row) =>
    exemplar(`real ${row.quote}`, verifyFront, readShared(`${room}/${row.quote}`), {
      expected: "any-build",
      binding: "unbound",
      endorsements: [
        ...[row.tcbInfo, row.qeIdentity, row.rootCrl, row.pckCrl].map((file) => readShared(`${room}/${file}`)),
        ...signers,
      ],
      at: new Date(row.time * 1000),
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
