/** Mutations of three real bundles: Intel's verdict or a stricter one, and each that is stricter is named with its reason. */
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import type { AcceptableTcbStatus } from "../../../src/evidence/dcap/settings.js";
import { sgx } from "../../../src/evidence/sgx/kind.js";
import { tdx } from "../../../src/evidence/tdx/kind.js";
import type { Verdict } from "../../../src/verdict.js";
import { createVerifier } from "../../../src/verifier.js";
import { describeShared, readShared, readSharedJson, readSharedText, shared } from "../../support/shared.js";

const ROOM = "evidence/dcap";

interface Row {
  readonly id: number;
  readonly base: number;
  /** Seconds. */
  readonly time: number;
  readonly name: string;
  readonly pck: string;
  readonly tcb: string;
  readonly qe: string;
  readonly quote: string;
}

/** Intel accepts and we do not. The quote's own PCK chain is the one that counts here; Intel's library is given another. */
const STRICTER: Readonly<Record<string, string>> = {
  "inner cert type 1": "certification data must have the form of its type: type 1 has 36 bytes",
  "inner cert type 2": "certification data must have the form of its type: type 2 has 276 bytes",
  "inner cert type 3": "certification data must have the form of its type: type 3 has 404 bytes",
  "inner cert type 4": "certification data must have the form of its type: type 4 is one certificate",
  "embedded chain bytes garbled (PCK passed separately)": "the quote's own chain is the one that counts",
  "trailing byte inside auth data (sigLen+1 & extra byte)": "slack inside a declared length is malformed",
};

/** Intel's library refuses and we do not: it compares a whole root certificate, Intel's QvE and we its key (reference, row 11). */
const KEY_IS_PINNED = "old Intel root cert (2033, same key) as last in chain";

const NAMES: Readonly<Record<string, AcceptableTcbStatus>> = {
  OK: "UpToDate",
  TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED: "ConfigurationAndSWHardeningNeeded",
};

const { verify } = createVerifier([tdx, sgx]);
const policy = {
  sgx: { tcbStatuses: ["UpToDate", "ConfigurationAndSWHardeningNeeded"] },
} as const;

describeShared("Intel's verdicts over mutated evidence", () => {
  const rows = readSharedJson<Row[]>(`${ROOM}/negative.json`);

  /** A file of the mutation, or of the bundle that it differs from. */
  function path(row: Row, file: string): string {
    const own = `${ROOM}/negative/${row.id}/${file}`;
    return existsSync(shared(own)) ? own : `${ROOM}/negative/${row.base}/${file}`;
  }

  async function judge(row: Row): Promise<Verdict> {
    const text = (file: string): string => readSharedText(path(row, file));
    const chains = {
      root_ca_crl: text("rootcrl.hex").trim(),
      pck_crl: text("pckcrl.hex").trim(),
      tcb_info_issuer_chain: text("tcbchain.pem"),
      qe_identity_issuer_chain: text("qechain.pem"),
      pck_certificate_chain: text("pckchain.pem"),
    };
    return verify(readShared(path(row, "quote.bin")), {
      expected: "any-build",
      binding: "unbound",
      endorsements: [text("tcbinfo.json"), text("qeid.json"), JSON.stringify(chains)],
      at: new Date(row.time * 1000),
      policy,
    });
  }

  it("are 116 rows", () => expect(rows.length).toBe(116));

  it.each(rows)("$id: $name", async (row) => {
    const verdict = await judge(row);
    const mutation = row.name.slice(row.name.indexOf(" ") + 1);
    const status = NAMES[row.quote];
    const intelAccepts = row.pck === "OK" && row.tcb === "OK" && row.qe === "OK" && status !== undefined;
    const accepts = mutation === KEY_IS_PINNED || (intelAccepts && STRICTER[mutation] === undefined);
    const failed = verdict.checks.filter((check) => check.status === "failed").map(({ id, code }) => `${id} ${code}`);
    expect(verdict.outcome, failed.join(", ")).toBe(accepts ? "verified" : "rejected");
    if (verdict.ok) expect((verdict.claims.tcb as { status: string }).status).toBe(status);
  });

  it("leaves no name in the list of stricter verdicts unused", () => {
    const mutations = new Set(rows.map(({ name }) => name.slice(name.indexOf(" ") + 1)));
    expect(Object.keys(STRICTER).filter((name) => !mutations.has(name))).toEqual([]);
  });
});
