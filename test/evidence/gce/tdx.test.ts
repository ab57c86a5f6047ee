/** Google's confidential VMs on TDX: the endorsed MRTD for a memory size, and what the registers above it pin. */
import { describe, expect, it } from "vitest";
import { forgeGce, type GceTdx } from "../../../fixtures/gce/endorsement.js";
import { AT } from "../../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../../fixtures/intel/pki.js";
import { type Fields, filled, forgeQuote, TD } from "../../../fixtures/intel/quote.js";
import { verify } from "../../../src/gce.js";
import type { Verdict } from "../../../src/verdict.js";
import { rightScene } from "../../support/dcap.js";
import { itSays } from "../../support/said.js";

type Options = Parameters<typeof verify>[1];

const MRTD = TD.mrtd as Uint8Array;
const LAUNCH = { rtmr0: filled(48, 0xb0), rtmr1: filled(48, 0xb1), rtmr2: filled(48, 0xb2) };

interface Scene {
  readonly report?: Fields;
  /** `none`: an endorsement of SEV-SNP alone. */
  readonly measurements?: readonly GceTdx[] | "none";
  readonly options?: Partial<Options>;
}

function judge({ report = {}, measurements = [[16, MRTD]], options = {} }: Scene = {}): Promise<Verdict> {
  const { json, root } = forgeGce({
    tdx: { quote: forgeQuote({ report }), ...(measurements === "none" ? {} : { measurements }) },
  });
  return verify(json, {
    accept: ["gce-cvm"],
    expected: { "gce-cvm": { minimumSvn: 2, ...LAUNCH } },
    binding: { reportData: TD.reportData as Uint8Array },
    trustAnchors: { intel: [forgeRoot()], google: [root] },
    endorsements: Object.values(rightScene("tdx")),
    at: AT,
    ...options,
  });
}

const failed = ({ checks }: Verdict): readonly string[] =>
  checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id}: ${code}`);

describe("Google confidential VMs on TDX", () => {
  it("with the registers of the launch pinned, and RTMR3 zero, cover it", async () => {
    const verdict = await judge();
    expect([verdict.outcome, failed(verdict), verdict.covers]).toEqual(["verified", [], "launch"]);
    expect(verdict.parts.map(({ path, kind }) => [path, kind])).toEqual([
      ["evidence", "gce-cvm"],
      ["evidence.tdx", "tdx"],
    ]);
  });

  it("whose software extended RTMR3 are no yes unless it is pinned: that decides what runs", async () => {
    const report = { rtmr3: filled(48, 0xb3) };
    const open = await judge({ report });
    expect([open.outcome, failed(open)]).toEqual(["rejected", ["gce-cvm/build: build-mismatch"]]);
    const wrong = await judge({ report, options: { expected: { "gce-cvm": { ...LAUNCH, rtmr3: filled(48, 0xb4) } } } });
    expect(failed(wrong)).toEqual(["gce-cvm/build: build-mismatch"]);
    const pinned = await judge({ report, options: { expected: { "gce-cvm": { ...LAUNCH, rtmr3: report.rtmr3 } } } });
    expect([pinned.outcome, pinned.covers]).toEqual(["verified", "launch"]);
  });

  it.each([
    ["begins with a zero", Uint8Array.of(0, ...filled(47, 0xb3))],
    ["ends with a zero", Uint8Array.of(...filled(47, 0xb3), 0)],
  ])("whose RTMR3 %s have extended it", async (_, rtmr3) =>
    expect(failed(await judge({ report: { rtmr3 } }))).toEqual(["gce-cvm/build: build-mismatch"]),
  );

  it("may be one of several builds: a register that is among several values is right, each other one is not", async () => {
    const among = (rtmr1: readonly Uint8Array[]): Promise<Verdict> =>
      judge({ options: { expected: { "gce-cvm": { ...LAUNCH, rtmr1 } } } });
    for (const rtmr1 of [
      [LAUNCH.rtmr1, filled(48, 1)],
      [filled(48, 1), LAUNCH.rtmr1],
    ])
      expect((await among(rtmr1)).outcome).toBe("verified");
    expect(failed(await among([filled(48, 1), filled(48, 2)]))).toEqual(["gce-cvm/build: build-mismatch"]);
  });

  it("of which the firmware alone is expected say nothing of RTMR3", async () => {
    const options: Partial<Options> = { expected: { "gce-cvm": { minimumSvn: 2 } }, covers: "firmware" };
    const verdict = await judge({ report: { rtmr3: filled(48, 0xb3) }, options });
    expect([verdict.outcome, verdict.covers]).toEqual(["verified", "firmware"]);
  });

  it.each(["rtmr0", "rtmr1", "rtmr2"] as const)("with another %s are another build", async (name) =>
    expect(failed(await judge({ report: { [name]: filled(48, 1) } }))).toEqual(["gce-cvm/build: build-mismatch"]),
  );

  it.each(["rtmr0", "rtmr1", "rtmr2"] as const)("of which %s is not pinned cover the firmware", async (name) => {
    const { [name]: _, ...others } = LAUNCH;
    const verdict = await judge({ options: { expected: { "gce-cvm": others } } });
    expect(failed(verdict)).toEqual(["evidence/covers: covers-too-little"]);
    expect(verdict.covers).toBe("firmware");
  });

  it.each([
    ["another MRTD", [[16, filled(48, 1)]], {}, ["gce-cvm/firmware: firmware-not-endorsed"]],
    ["another size of memory", [[32, MRTD]], { ramGib: 16 }, ["gce-cvm/firmware: firmware-not-endorsed"]],
    ["this size of memory", [[16, MRTD]], { ramGib: 16 }, []],
    ["any size of memory", [[0, MRTD]], { ramGib: 16 }, []],
  ] as const)("are judged by what Google endorsed of %s", async (_, measurements, policy, wanted) =>
    expect(failed(await judge({ measurements, options: { policy: { "gce-cvm": policy } } }))).toEqual(wanted),
  );

  it("below the security version that is expected are another build", async () =>
    expect(failed(await judge({ options: { expected: { "gce-cvm": { minimumSvn: 3, ...LAUNCH } } } }))).toEqual([
      "gce-cvm/build: build-mismatch",
    ]));

  it("answer the question that was asked, and no other", async () =>
    expect(failed(await judge({ options: { binding: { reportData: filled(64, 1) } } }))).toEqual([
      "gce-cvm/binding: binding-mismatch",
      "tdx/report-data: report-data-mismatch",
    ]));
});

itSays(
  "gce",
  {
    "a genuine TD": () => judge(),
    "a TD, and an endorsement of SEV-SNP alone": () => judge({ measurements: "none" }),
    "a TD of whose firmware nothing is endorsed": () => judge({ measurements: [] }),
    "other registers": () =>
      judge({ report: { rtmr0: filled(48, 1), rtmr3: filled(48, 2) }, options: { expected: { "gce-cvm": LAUNCH } } }),
  },
  "said-tdx.json",
);
