/** Machines, guests and clouds that the caller did not ask for. */
import { chipIdOf, pattern } from "../../../../fixtures/amd/report.js";
import type { SnpRequest } from "../../../../fixtures/amd/snp.js";
import type { CheckCode } from "../../../../src/verdict.js";
import { about, type Case, type Policy } from "../support.js";

function demand(
  name: string,
  check: string,
  code: CheckCode,
  bad: Policy,
  good: Policy,
  request: SnpRequest = {},
): Case {
  return { name, check, code, bad: () => about(request, bad), good: () => about(request, good) };
}

const CHIP = chipIdOf("Milan");
const OTHER_CHIP = pattern(64, 9);
const ZERO_CHIP = new Uint8Array(64);
const CLOUD = "CN=cc-test-1.example.com";
const VLEK: SnpRequest = { key: "VLEK" };
const ID_KEY: SnpRequest = { report: { idKeyDigest: pattern(48, 1) } };
const AUTHOR_KEY: SnpRequest = { report: { idKeyDigest: pattern(48, 1), authorKeyDigest: pattern(48, 2), keyInfo: 1 } };

export const identityCases: readonly Case[] = [
  {
    ...demand("22: no ID block", "id-block", "id-block-missing", { requireIdBlock: true }, {}),
    good: () => about(ID_KEY, { requireIdBlock: true }),
  },
  {
    ...demand(
      "22: no ID block where an author key is demanded",
      "id-block",
      "id-block-missing",
      { requireAuthorKey: true },
      {},
    ),
    good: () => about(AUTHOR_KEY, { requireAuthorKey: true }),
  },
  demand(
    "22: an ID block without an author key",
    "id-block",
    "author-key-missing",
    { requireAuthorKey: true },
    { requireIdBlock: true },
    ID_KEY,
  ),
  demand(
    "another guest by REPORT_ID",
    "report-ids",
    "report-id-mismatch",
    { reportId: pattern(32, 0) },
    { reportId: [pattern(32, 0), pattern(32, 0xc0)] },
  ),
  demand(
    "another guest by REPORT_ID_MA",
    "report-ids",
    "report-id-mismatch",
    { reportIdMa: pattern(32, 0) },
    { reportIdMa: "ff".repeat(32) },
  ),
  demand(
    "the right REPORT_ID with another REPORT_ID_MA",
    "report-ids",
    "report-id-mismatch",
    { reportId: pattern(32, 0xc0), reportIdMa: pattern(32, 0) },
    { reportId: pattern(32, 0xc0), reportIdMa: "ff".repeat(32) },
  ),
  demand(
    "31: a line that is not taken",
    "product-accepted",
    "product-not-accepted",
    { products: ["Genoa", "Turin"] },
    { products: "Milan" },
  ),
  demand(
    "31: one line named three times is not three lines",
    "product-accepted",
    "product-not-accepted",
    { products: ["Genoa", "Genoa", "Genoa"] },
    { products: ["Genoa", "Turin", "Milan"] },
  ),
  {
    name: "31: a version 2 report whose product nothing names",
    check: "product-accepted",
    code: "product-unknown",
    status: "undetermined",
    bad: () => about({ version: 2 }, { products: "Milan" }, { endorsements: [] }),
    good: () => about({ version: 2 }, { products: "Milan" }),
  },
  demand(
    "31: a chip that is not on the list",
    "chip-accepted",
    "chip-not-accepted",
    { chipIds: OTHER_CHIP },
    { chipIds: [OTHER_CHIP, CHIP] },
  ),
  demand(
    "31: a chip on the list of those refused",
    "chip-accepted",
    "chip-denied",
    { deniedChipIds: [OTHER_CHIP, CHIP] },
    { deniedChipIds: OTHER_CHIP },
  ),
  demand(
    "31: a chip on both lists",
    "chip-accepted",
    "chip-denied",
    { chipIds: CHIP, deniedChipIds: CHIP },
    { chipIds: CHIP },
  ),
  demand(
    "31: a masked chip, with zeros on the list",
    "chip-accepted",
    "chip-not-identified",
    { chipIds: ZERO_CHIP },
    {},
    VLEK,
  ),
  demand(
    "31: a masked chip, with a list of those refused",
    "chip-accepted",
    "chip-not-identified",
    { deniedChipIds: OTHER_CHIP },
    {},
    VLEK,
  ),
  {
    ...demand("31: a masked chip of a VCEK, with zeros on the list", "chip-accepted", "chip-not-identified", {}, {}),
    also: ["certificate-chip"],
    bad: () => about({ report: { chipId: ZERO_CHIP }, ek: { hwid: CHIP } }, { chipIds: ZERO_CHIP }),
    good: () => about({}, { chipIds: CHIP }),
  },
  demand(
    "31: a VLEK's report that names a chip",
    "chip-accepted",
    "chip-not-identified",
    { chipIds: CHIP },
    {},
    { key: "VLEK", report: { chipId: CHIP } },
  ),
  demand(
    "5: a cloud that is not on the list",
    "csp-accepted",
    "csp-not-accepted",
    { cspIds: "CN=other" },
    { cspIds: ["CN=other", CLOUD] },
    VLEK,
  ),
  {
    ...demand(
      "5: a cloud by a part of its name",
      "csp-accepted",
      "csp-not-accepted",
      { cspIds: "CN=cc-test-1" },
      { cspIds: CLOUD },
      VLEK,
    ),
  },
  {
    ...demand("5: a chip's key where a cloud's is demanded", "csp-accepted", "csp-not-accepted", { cspIds: CLOUD }, {}),
    good: () => about(VLEK, { cspIds: CLOUD }),
  },
  {
    name: "5: a cloud is demanded and no certificate names it",
    check: "csp-accepted",
    code: "certificate-missing",
    status: "undetermined",
    bad: () => about(VLEK, { cspIds: CLOUD }, { endorsements: [] }),
    good: () => about(VLEK, { cspIds: CLOUD }),
  },
];
