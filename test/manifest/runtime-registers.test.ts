/** RTMR3 left open: what a publisher says of the launch does not reach what was measured after it. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { filled, forgeQuote, TD } from "../../fixtures/intel/quote.js";
import { forgeManifest, type JsonMembers } from "../../fixtures/manifest/manifest.js";
import type { TdxPolicy } from "../../src/evidence/tdx/settings.js";
import { trustedBuild } from "../../src/expected/build/index.js";
import { put, summary } from "../support/dcap.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const sha384 = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash("sha384").update(Buffer.concat(parts)).digest());

const registers = Object.fromEntries(
  ["mrtd", "rtmr0", "rtmr1", "rtmr2"].map((name) => [name, hex(TD[name] as Uint8Array)]),
);

/** dstack's events and the RTMR3 that they extend to. */
const payloads = { "compose-hash": filled(32, 1), "instance-id": filled(20, 2) };
const log = Object.entries(payloads).map(([event, payload]) => ({
  imr: 3,
  event_type: 0x08000001,
  event,
  event_payload: hex(payload),
  digest: hex(sha384(Uint8Array.of(1, 0, 0, 8), Buffer.from(`:${event}:`), payload)),
}));
const rtmr3 = log.reduce<Uint8Array>(
  (register, { digest }) => sha384(register, Buffer.from(digest, "hex")),
  new Uint8Array(48),
);

/** An RTMR3 that no log explains. */
const pinned = filled(48, 3);

async function judge(more: JsonMembers, policy: TdxPolicy = {}, register = rtmr3) {
  const manifest = forgeManifest({ platforms: [{ kind: "tdx", label: "x", values: { ...registers, ...more } }] });
  const evidence = Buffer.from(forgeQuote({ report: { rtmr3: register } })).toString("base64");
  const eventLog = register === rtmr3 ? { eventLog: JSON.stringify(log) } : {};
  const bundle = JSON.stringify({ "tee-verify": 1, evidence, ...eventLog });
  const verdict = await put({ quote: bundle, tdx: policy, options: { expected: trustedBuild(manifest.text) } });
  return { said: summary(verdict), covers: verdict.covers, reached: verdict.reached };
}

describe("a manifest that ties the launch to an artifact reaches the workload", () => {
  const whole = { said: "verified", covers: "workload", reached: "deployment" };

  it("where RTMR3 is pinned, or is zero", async () => {
    expect(await judge({ rtmr3: hex(pinned) }, {}, pinned)).toEqual(whole);
    expect(await judge({}, {}, new Uint8Array(48))).toEqual(whole);
  });

  it("and not where a compose file was measured that did not come along: its images may be named by tag", async () => {
    const open = { said: "verified", covers: "launch", reached: "artifact" };
    expect(await judge({ events: { "compose-hash": hex(payloads["compose-hash"]) } })).toEqual(open);
    expect(await judge({ rtmr3: hex(rtmr3) })).toEqual(open);
  });

  it("and covers firmware alone where the events that are pinned name no application", async () => {
    const events = { "instance-id": hex(payloads["instance-id"]) };
    const said = "rejected, covers covers-too-little";
    expect(await judge({ events })).toEqual({ said, covers: "firmware", reached: "artifact" });
  });

  it("and not where the caller waives RTMR3", async () => {
    const waived = { said: "verified, rtmr3 waived", covers: "launch", reached: "artifact" };
    expect(await judge({}, { allow: ["rtmr3"] })).toEqual(waived);
    expect(await judge({}, { allow: ["rtmr3"] }, pinned)).toEqual(waived);
  });
});
