import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { TD } from "../../fixtures/intel/quote.js";
import { renderVerdict } from "../../src/cli/render.js";
import { reportDataFor, verify } from "../../src/index.js";
import type { Verdict } from "../../src/verdict.js";
import { put } from "../support/dcap.js";
import { PLAIN } from "./support.js";

const GREEN = "\u001b[1;32m";
const nonce = new Uint8Array(32).fill(7);
const publicKey = Uint8Array.of(0x30, 0);

/** A forged report that answers `nonce` on the channel of `publicKey`. */
async function answered(): Promise<Verdict> {
  const reportData = await reportDataFor({ nonce, publicKey });
  const { report, endorsements, trustAnchors, at, fields } = forgeSnp({ report: { reportData } });
  return verify(report, {
    expected: { "sev-snp": { measurement: fields.measurement } },
    binding: { nonce, publicKey },
    endorsements,
    trustAnchors,
    at,
  });
}

/** What the same evidence would come to under pinned roots, which no test can forge. */
function pinned(verdict: Verdict): Verdict {
  return { ...verdict, meta: { ...verdict.meta, anchors: "pinned" } };
}

const coloured = (verdict: Verdict): string => renderVerdict(verdict, { ...PLAIN, colour: true });

describe("the first lines", () => {
  it("are never green under anchors of the caller's own", async () => {
    const verdict = await answered();
    expect(verdict.outcome).toBe("verified");
    const [, head = ""] = coloured(verdict).split("\n");
    expect(head).toContain("HOLDS UNDER YOUR OWN TRUST ANCHORS");
    expect(head).not.toContain(GREEN);
  });

  it("say the day of judgement where one was given, and nothing of it otherwise", async () => {
    const verdict = pinned(await answered());
    const { meta } = verdict;
    const lines = (at: string, dated: boolean): readonly string[] =>
      renderVerdict({ ...verdict, meta: { ...meta, at } }, { ...PLAIN, width: 110 }, false, dated).split("\n");
    expect(lines("2025-11-20T00:00:00.000Z", true)[4]).toMatch(/Judged as of 2025-11-20, a time that was given/);
    expect(lines("2025-11-20T10:00:00.000Z", true)[4]).toMatch(/Judged as of 2025-11-20T10:00:00.000Z,/);
    expect(lines("2025-11-20T00:00:00.000Z", false).join()).not.toContain("Judged as of");
  });

  it("say what was answered and whose channel it is", async () => {
    const verdict = pinned(await answered());
    const text = renderVerdict(verdict, { ...PLAIN, width: 110 }).replace(/\s+/g, " ");
    expect(coloured(verdict).split("\n")[1]).toBe(`${GREEN}✔ VERIFIED\u001b[0m`);
    expect(text).toContain("it answers your question, and the channel is its own");
    expect(text).toContain("your nonce");
    expect(text).toMatch(/the key with SHA-256 [0-9a-f]{64}/);
    const keyless = renderVerdict({ ...verdict, channel: "none" }, { ...PLAIN, width: 110 });
    expect(keyless).toContain("and it answers your question.");
    expect(keyless).toContain("no key was bound to it");
  });

  it("are not green for a policy that takes what the defaults reject, and say what", async () => {
    const forged = forgeSnp({ report: { policy: 0xb0000n } });
    const { report, endorsements, trustAnchors, at, fields } = forged;
    const verdict = await verify(report, {
      expected: { "sev-snp": { measurement: fields.measurement } },
      binding: { reportData: fields.reportData },
      policy: { "sev-snp": { allow: ["debug"] } },
      endorsements,
      trustAnchors,
      at,
    });
    expect(verdict.outcome).toBe("verified");
    const text = coloured(pinned(verdict));
    expect(text).toContain("SAFEGUARDS WAIVED");
    expect(text).toContain("WAIVED:");
    expect(text).not.toMatch(/\u001b\[1;32m. VERIFIED/);
  });
});

describe("words from evidence", () => {
  it("cannot reach the terminal as anything but text", async () => {
    const hostile = "\u001b]52;c;cHduZWQ=\u0007\u202e\r\n✔ VERIFIED";
    const verdict = await answered();
    const poisoned = JSON.parse(
      JSON.stringify(verdict, (_name, value: unknown) =>
        typeof value === "string" && value.length > 20 ? value + hostile : value,
      ),
    ) as Verdict;
    const text = renderVerdict({ ...poisoned, meta: verdict.meta }, PLAIN, true);
    expect(text).toContain("\\u{1b}]52");
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).not.toContain("\n✔ VERIFIED");
  });
});

describe("an expectation that pins too little", () => {
  const ask = async (expected: Parameters<typeof verify>[1]["expected"], covers?: "firmware"): Promise<string> => {
    const { report, endorsements, trustAnchors, at, fields } = forgeSnp();
    const binding = { reportData: fields.reportData };
    const more = covers === undefined ? {} : { covers };
    const verdict = await verify(report, { expected, binding, endorsements, trustAnchors, at, ...more });
    expect(verdict.outcome).toBe("rejected");
    return renderVerdict(verdict, { ...PLAIN, width: 110 }).replace(/\s+/g, " ");
  };

  it("is told to be content with firmware only where firmware is pinned", async () => {
    const { hostData } = forgeSnp().fields;
    for (const covers of [undefined, "firmware"] as const) {
      const text = await ask({ "sev-snp": { hostData } }, covers);
      expect(text).toContain("Expect the measurements that this kind has of code");
      expect(text).not.toContain("covers firmware");
      expect(text).not.toContain('covers: "firmware"');
    }
    const tdx = await put({ options: { expected: { tdx: { mrtd: TD.mrtd as Uint8Array } } } });
    const text = renderVerdict(tdx, { ...PLAIN, width: 110 }).replace(/\s+/g, " ");
    expect(text).toContain("--covers firmware is content with that.");
    expect(text).toContain('write `covers: "firmware"`');
  });
});
