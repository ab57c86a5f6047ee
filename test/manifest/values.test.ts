/** Change one digit of any value that a manifest lists, and the verdict says which value differs. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { bundleOf, forgeManifest } from "../../fixtures/manifest/manifest.js";
import { checkOf, failures, judge, kindCases, snpCase } from "../support/manifest.js";

const BUILD = 0x61;
type Leaf = readonly [path: readonly string[], value: string];

/** Every text inside `value`, with the names that lead to it. */
function leaves(value: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => leaves(item, [...path, name]));
}

function changed(values: unknown, [first, ...rest]: readonly string[], text: string): unknown {
  if (first === undefined) return text;
  const members = values as Readonly<Record<string, unknown>>;
  return { ...members, [first]: changed(members[first], rest, text) };
}

const cases = kindCases.flatMap((test) =>
  leaves(test.values(BUILD)).map((leaf) => [`${test.kind}: ${leaf[0].join(".")}`, test, leaf] as const),
);

describe("one changed value", () => {
  it("there are values on every kind", () =>
    expect(new Set(cases.map(([, { kind }]) => kind)).size).toBe(kindCases.length));

  it.each(cases)("%s", async (_, test, [path, value]) => {
    const other = `${value.slice(0, -1)}${value.endsWith("0") ? "1" : "0"}`;
    const values = changed(test.values(BUILD), path, other) as ReturnType<typeof test.values>;
    const manifest = forgeManifest({ platforms: [{ kind: test.kind, values }] });
    const verdict = await judge(test, bundleOf(await test.evidence(BUILD), manifest.text), { expected: manifest.hash });
    const id = `${test.kind}/build`;
    expect(failures(verdict)).toEqual([`${id} build-mismatch`]);
    const named = checkOf(verdict, id).params.differing as readonly string[];
    expect(named).toHaveLength(1);
    // `PCR4` for pcrs.4, and the name itself elsewhere.
    expect(named[0]?.toLowerCase()).toContain((path.at(-1) as string).toLowerCase());
    expect(checkOf(verdict, id).detail).toContain(named[0]);
  });
});

describe("floors", () => {
  const judged = async (minimums: Record<string, unknown>) => {
    const values = { ...snpCase.values(BUILD), ...minimums } as ReturnType<typeof snpCase.values>;
    const manifest = forgeManifest({ platforms: [{ kind: "sev-snp", values }] });
    const verdict = await judge(snpCase, bundleOf(await snpCase.evidence(BUILD), manifest.text), {
      expected: manifest.hash,
    });
    return [
      verdict.outcome,
      ...failures(verdict),
      ...((checkOf(verdict, "sev-snp/build").params.differing ?? []) as readonly string[]),
    ];
  };
  // The forged Milan report shows 7 as GUEST_SVN and 4, 0, 1b and db hex as its levels.
  it.each([
    [{ minimumGuestSvn: 7 }, ["verified"]],
    [{ minimumGuestSvn: 8 }, ["rejected", "sev-snp/build build-mismatch", "guestSvn"]],
    [{ minimumTcb: { bl: 4, snp: 0x1b, ucode: 0xdb } }, ["verified"]],
    [{ minimumTcb: { bl: 4, snp: 0x1c } }, ["rejected", "sev-snp/build build-mismatch", "reportedTcb.snp"]],
    [{ minimumTcb: { fmc: 1 } }, ["rejected", "sev-snp/build build-mismatch", "reportedTcb.fmc"]],
    [{ minimumTcb: {} }, ["rejected", "evidence/manifest manifest-malformed"]],
    [{ minimumTcb: { snp: 256 } }, ["rejected", "evidence/manifest manifest-malformed"]],
  ])("%j", async (minimums, said) => expect(await judged(minimums)).toEqual(said));

  it("say nothing of a report whose product is not known: it is not verified anyway", async () => {
    const { report, trustAnchors, at, fields } = forgeSnp({ version: 2 });
    const manifest = forgeManifest({
      platforms: [
        {
          kind: "sev-snp",
          values: { measurement: Buffer.from(fields.measurement).toString("hex"), minimumTcb: { snp: 255 } },
        },
      ],
    });
    const verdict = await judge(snpCase, bundleOf(report, manifest.text), {
      expected: manifest.hash,
      endorsements: [],
      trustAnchors,
      at,
      binding: "unbound",
    });
    expect([verdict.outcome, failures(verdict)]).toEqual(["undetermined", []]);
  });
});
