/** Firmware that is too old, contradicts itself, or lacks what the caller demands. */
import { type AmdLine, levelBytes } from "../../../../fixtures/amd/report.js";
import type { SnpRequest } from "../../../../fixtures/amd/snp.js";
import { about, type Case, type Policy } from "../support.js";

type Fields = NonNullable<SnpRequest["report"]>;
type Level = Parameters<typeof levelBytes>[1];

/** All four TCBs at this level. */
const atLevel = (levels: Level): Fields => ({
  currentTcb: levels,
  committedTcb: levels,
  reportedTcb: levels,
  launchTcb: levels,
});

const order = (name: string, bad: Fields, good: Fields): Case => ({
  name,
  check: "tcb-order",
  code: "tcb-out-of-order",
  bad: () => about({ report: bad }),
  good: () => about({ report: good }),
});

const orderCases: readonly Case[] = [
  order("11, S52: reported above committed", { reportedTcb: { snp: 0x1c } }, { reportedTcb: { snp: 0x1a } }),
  order(
    "11, S52: committed above current",
    { committedTcb: { ucode: 0xdc } },
    { committedTcb: { ucode: 0xda }, reportedTcb: { ucode: 0xda } },
  ),
  order(
    "10, 11: reported above committed in one level, below in a weightier one",
    { reportedTcb: { bl: 5, ucode: 0xd0 } },
    { reportedTcb: { bl: 4, ucode: 0xd0 } },
  ),
  order("11: reported above committed in a reserved byte", { reportedTcb: reserved() }, { ...atLevel(reserved()) }),
  order(
    "11: committed firmware above current by its build",
    { committedFirmware: [1, 55, 55] },
    { committedFirmware: [1, 55, 53] },
  ),
  order(
    "11: committed firmware above current by its minor",
    { committedFirmware: [1, 56, 0] },
    { committedFirmware: [1, 54, 255] },
  ),
  order(
    "11: committed firmware above current by its major",
    { committedFirmware: [2, 0, 0] },
    { currentFirmware: [2, 0, 0] },
  ),
];

function reserved(): Uint8Array {
  const levels = levelBytes("Milan", {}).slice();
  levels[3] = 1;
  return levels;
}

/** `levels` of a line under this policy; the good one is a level that is enough. */
function floor(name: string, product: AmdLine, bad: Fields, good: Fields, policy?: Policy): Case {
  const version = product === "Turin" ? 5 : 3;
  return {
    name,
    check: "tcb-floor",
    code: "below-floor",
    bad: () => about({ product, version, report: bad }, policy),
    good: () => about({ product, version, report: good }, policy),
  };
}

const STRICT: Policy = { floors: "strict" };
const old = (firmware: readonly [number, number, number]): Fields => ({
  currentFirmware: firmware,
  committedFirmware: firmware,
});

const OWN_TABLE: Policy = {
  floors: {
    date: "2026-01-01",
    floors: [
      {
        bulletin: "OURS-1",
        weakness: "ours",
        on: "current",
        level: "reject",
        tcb: { Milan: { bl: 5 }, Turin: { fmc: 2 } },
      },
    ],
  },
};

/** It names no product: whose levels it would judge must not decide whether it applies. */
const ALIAS_TABLE: Policy = {
  floors: {
    date: "2026-01-01",
    floors: [{ bulletin: "OURS-2", weakness: "ours", on: "current", level: "reject", aliasCheck: true }],
  },
};

const floorCases: readonly Case[] = [
  floor("S54: Milan below AMD-SB-3019", "Milan", atLevel({ snp: 0x17 }), atLevel({ snp: 0x18 })),
  floor("S54: Genoa below AMD-SB-3019", "Genoa", atLevel({ snp: 0x16 }), atLevel({ snp: 0x17 })),
  floor(
    "S54: committed above the floor, reported below it",
    "Milan",
    { reportedTcb: { snp: 0x17 } },
    { reportedTcb: { snp: 0x18 } },
  ),
  floor(
    "10, S54: below the floor in SNP, above it as a number",
    "Milan",
    atLevel({ snp: 0x17, ucode: 0xff }),
    atLevel({ snp: 0x18, ucode: 1 }),
  ),
  floor("a table that asks every machine for the alias check", "Turin", { platformInfo: 0n }, {}, ALIAS_TABLE),
  floor("S54: Milan's firmware before AMD-SB-3015, strictly", "Milan", old([1, 55, 21]), old([1, 55, 22]), STRICT),
  floor("S54: Genoa's firmware before AMD-SB-3015, strictly", "Genoa", old([1, 55, 37]), old([1, 55, 38]), STRICT),
  floor("18, S56: no alias check, strictly", "Milan", { platformInfo: 0x5n }, { platformInfo: 0x25n }, STRICT),
  floor(
    "S54: Milan's current SNP below AMD-SB-3023, strictly",
    "Milan",
    atLevel({ snp: 0x1a }),
    atLevel({ snp: 0x1b }),
    STRICT,
  ),
  floor(
    "S54: Turin's current SNP below AMD-SB-3023, strictly",
    "Turin",
    atLevel({ snp: 3 }),
    atLevel({ snp: 4 }),
    STRICT,
  ),
  floor("S54: below a table of the caller's own", "Milan", atLevel({ bl: 4 }), atLevel({ bl: 5 }), OWN_TABLE),
  floor("10: FMC below a table of the caller's own", "Turin", atLevel({ fmc: 1 }), atLevel({ fmc: 2 }), OWN_TABLE),
  {
    name: "14: a version 2 report cannot show the alias check",
    check: "tcb-floor",
    code: "below-floor",
    bad: () => about({ version: 2 }, STRICT),
    good: () => about({ version: 3 }, STRICT),
  },
  {
    name: "a table of the caller's own that rejects nothing",
    check: "tcb-floor",
    code: "allowed",
    status: "waived",
    bad: () => about({ report: atLevel({ snp: 1 }) }, { floors: { date: "2026-01-01", floors: [] } }),
  },
];

const PROVISIONAL: Policy = { provisionalFirmware: "reject" };
const provisional = (name: string, bad: Fields, policy: Policy): Case => ({
  name,
  check: "provisional-firmware",
  code: "provisional-firmware",
  bad: () => about({ report: bad }, policy),
  // A notice is all that the default makes of it.
  good: () => about({ report: bad }),
});

const provisionalCases: readonly Case[] = [
  provisional("11, S53: current firmware newer than committed", { committedFirmware: [1, 55, 53] }, PROVISIONAL),
  provisional("11, S53: current levels above committed", { currentTcb: { ucode: 0xdc } }, PROVISIONAL),
  provisional("11, S53: current firmware newer than committed, strictly", { committedFirmware: [1, 55, 53] }, STRICT),
];

const MINIMUMS = [
  ["minimumTcb", "reportedTcb"],
  ["minimumCommittedTcb", "committedTcb"],
  ["minimumCurrentTcb", "currentTcb"],
  ["minimumLaunchTcb", "launchTcb"],
] as const;

const minimumCases: readonly Case[] = [
  ...MINIMUMS.map(([name]): Case => {
    return {
      name: `11: ${name} above the report's`,
      check: "minimum-tcb",
      code: "tcb-below-minimum",
      bad: () => about({}, { [name]: { ucode: 0xdc } }),
      good: () => about({}, { [name]: { ucode: 0xdb, snp: 0x1b, bl: 4, tee: 0 } }),
    };
  }),
  ...MINIMUMS.map(([name, field]): Case => {
    // Only the field that is named counts: it alone is low, and only its own minimum finds out.
    const lowered: Fields = {
      ...(field === "reportedTcb" ? { reportedTcb: { bl: 3 } } : {}),
      ...(field === "committedTcb" ? { committedTcb: { bl: 3 }, reportedTcb: { bl: 3 } } : {}),
      ...(field === "currentTcb" ? atLevel({ bl: 3 }) : {}),
      ...(field === "launchTcb" ? { launchTcb: { bl: 3 } } : {}),
    };
    return {
      name: `11: ${name} judges ${field}`,
      check: "minimum-tcb",
      code: "tcb-below-minimum",
      bad: () => about({ report: lowered }, { [name]: { bl: 4 } }),
      good: () => about({ report: lowered }, { [name]: { bl: 3 } }),
    };
  }),
  {
    name: "10: a demand for FMC, which Milan does not have",
    check: "minimum-tcb",
    code: "tcb-below-minimum",
    bad: () => about({}, { minimumTcb: { fmc: 0 } }),
    good: () => about({ product: "Turin", version: 5 }, { minimumTcb: { fmc: 1 } }),
  },
  {
    name: "10: a minimum for a version 2 report whose product nothing names",
    check: "minimum-tcb",
    code: "product-unknown",
    status: "undetermined",
    bad: () => about({ version: 2 }, { minimumTcb: { bl: 4 } }, { endorsements: [] }),
    good: () => about({ version: 2 }, { minimumTcb: { bl: 4 } }),
  },
  ...(["1.55.55", "1.56.0", "2.0.0"] as const).map(
    (minimum): Case => ({
      name: `11: firmware below ${minimum}`,
      check: "minimum-firmware",
      code: "firmware-below-minimum",
      bad: () => about({}, { minimumFirmware: minimum }),
      good: () => about({}, { minimumFirmware: "1.55.54" }),
    }),
  ),
  {
    name: "11: the minimum is for committed firmware, not current",
    check: "minimum-firmware",
    code: "firmware-below-minimum",
    bad: () => about({ report: { committedFirmware: [1, 55, 53] } }, { minimumFirmware: "1.55.54" }),
  },
];

const V5: SnpRequest = { version: 5 };
const mitigationCases: readonly Case[] = [
  {
    name: "18: a mitigation of launch is no longer in force",
    check: "mitigations",
    code: "mitigations-lost",
    bad: () => about({ ...V5, report: { launchMitVector: 0x13n } }),
    good: () => about({ ...V5, report: { launchMitVector: 0xbn } }),
  },
  {
    name: "18: a mitigation that was demanded at launch is missing",
    check: "mitigations",
    code: "mitigations-missing",
    bad: () => about(V5, { launchMitigations: 0x4n }),
    good: () => about(V5, { launchMitigations: 0x3n }),
  },
  {
    name: "18: a mitigation that is demanded now is missing",
    check: "mitigations",
    code: "mitigations-missing",
    bad: () => about(V5, { currentMitigations: 0xfn }),
    good: () => about(V5, { currentMitigations: 0xbn }),
  },
  {
    name: "18: version 3 has no vectors to meet a demand with",
    check: "mitigations",
    code: "mitigations-missing",
    bad: () => about({ version: 3 }, { currentMitigations: 1n }),
    good: () => about(V5, { currentMitigations: 1n }),
  },
];

export const firmwareCases: readonly Case[] = [
  ...orderCases,
  ...floorCases,
  ...provisionalCases,
  ...minimumCases,
  ...mitigationCases,
];
