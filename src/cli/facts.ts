/** What a verified verdict vouches for, in a few lines: by kind, the claims that a person compares. */

import type { JsonValue } from "../encoding/json.js";
import { hardwareOf, isToken } from "../messages/headline.js";
import { coversMeaning } from "../messages/house.js";
import type { Claims, Verdict } from "../verdict.js";

/** Words, and where the value is among the claims. */
type Row = readonly [label: string, path: string];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  "sev-snp": [
    ["Product", "product"],
    ["Measurement", "measurement"],
    ["Report data", "reportData"],
    ["Chip", "chipId"],
    ["Firmware", "committedVersion"],
  ],
  tdx: [
    ["MRTD", "mrtd"],
    ["RTMR0", "rtmr0"],
    ["RTMR1", "rtmr1"],
    ["RTMR2", "rtmr2"],
    ["RTMR3", "rtmr3"],
    ["Report data", "reportData"],
  ],
  sgx: [
    ["MRENCLAVE", "mrenclave"],
    ["MRSIGNER", "mrsigner"],
    ["Report data", "reportData"],
  ],
  nitro: [
    ["Module", "moduleId"],
    ["PCR0", "pcrs.0"],
    ["User data", "userData"],
  ],
};

export function factsOf(verdict: Verdict): readonly (readonly [string, string])[] {
  if (!verdict.ok) return [];
  const rows = ROWS[verdict.parts[0]?.kind ?? ""] ?? [];
  const { covers, channel, meta } = verdict;
  return [
    [isToken(verdict) ? "Word of" : "Hardware", hardwareOf(verdict)],
    ...rows.flatMap(([label, path]): readonly (readonly [string, string])[] => {
      const value = claimAt(verdict.claims, path);
      return typeof value === "string" && value !== "" ? [[label, value]] : [];
    }),
    ["Compared", `${covers}: ${coversMeaning[covers] ?? ""}`],
    ...(verdict.reached === "none" ? [] : [["Published", REACHED[verdict.reached]] as const]),
    ["Answers", answers(verdict)],
    ["Channel", channel === "none" ? "no key was bound to it" : `the key with SHA-256 ${channel.publicKeySha256}`],
    ["Judged at", meta.validUntil === null ? meta.at : `${meta.at}; its certificates hold until ${meta.validUntil}`],
  ];
}

const REACHED: Readonly<Record<Exclude<Verdict["reached"], "none">, string>> = {
  artifact: "a manifest that you trust says what was published; that this machine runs it is not shown",
  deployment: "what was measured contains the published artifact",
  instance: "what was measured contains the published artifact, and it answers on your channel",
};

function answers({ freshness, channel, checks }: Verdict): string {
  if (freshness === "nonce") return "your nonce";
  if (freshness === "timestamp") return "no nonce; fresh by its own signed time";
  if (checks.some(({ status, code }) => status === "waived" && code === "unbound"))
    return "nothing: it may be a recording";
  return channel === "none" ? "it carries the exact data that you gave" : "no nonce: the key alone was compared";
}

function claimAt(claims: Claims, path: string): JsonValue | undefined {
  return path
    .split(".")
    .reduce<JsonValue | undefined>(
      (value, name) =>
        typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
          ? (value as Claims)[name]
          : undefined,
      claims,
    );
}
