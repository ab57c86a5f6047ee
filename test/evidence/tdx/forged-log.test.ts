/** Row 44 on forged logs: a CCEL that replays and whose data its digests bind is taken, any other is not. */
import { describe, expect, it } from "vitest";
import {
  ACTION,
  bootEvent,
  CONFIG_FLAGS,
  ccel,
  type ForgedEvent,
  replayed,
  SEPARATOR,
} from "../../../fixtures/intel/event-log.js";
import { forgeQuote } from "../../../fixtures/intel/quote.js";
import { put } from "../../support/dcap.js";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const events: readonly ForgedEvent[] = [
  bootEvent(0, SEPARATOR, new Uint8Array(4)),
  bootEvent(0, CONFIG_FLAGS, "ACPI DATA", new Uint8Array(48).fill(0xac)),
  bootEvent(1, ACTION, "Exit Boot Services Invocation"),
];

async function judge(log: Uint8Array) {
  const evidence = Buffer.from(forgeQuote({ report: replayed(events) })).toString("base64");
  const bundle = JSON.stringify({ "tee-verify": 1, evidence, eventLog: Buffer.from(log).toString("base64") });
  const { checks, parts } = await put({ quote: bundle });
  const { status, code } = checks.find(({ id }) => id === "tdx/event-log") ?? {};
  return { status, code, log: parts[0]?.claims["eventLog"] };
}
const failed = (code: string) => ({ status: "failed", code, log: undefined });
const changed = (index: number, change: Partial<ForgedEvent>): readonly ForgedEvent[] =>
  events.map((event, i) => (i === index ? { ...event, ...change } : event));

describe("a CCEL beside a quote", () => {
  it("comes back as claims, with the data that its digests bind", async () => {
    const { status, log } = await judge(ccel(events));
    expect(status).toBe("passed");
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    expect(log).toEqual([
      { register: "rtmr0", type: SEPARATOR, digest: expect.any(String), payload: "00000000" },
      { register: "rtmr0", type: CONFIG_FLAGS, digest: "ac".repeat(48) },
      {
        register: "rtmr1",
        type: ACTION,
        digest: expect.any(String),
        payload: hex(utf8("Exit Boot Services Invocation")),
      },
    ]);
  });

  it.each([
    [
      "with other data under an action's digest",
      ccel(changed(2, { payload: utf8("Enter setup") })),
      "event-payload-mismatch",
    ],
    [
      "with other data under a separator's digest",
      ccel(changed(0, { payload: Uint8Array.of(1, 0, 0, 0) })),
      "event-payload-mismatch",
    ],
    ["with another digest", ccel(changed(1, { digest: new Uint8Array(48) })), "event-log-mismatch"],
    ["with an event too few", ccel(events.slice(1)), "event-log-mismatch"],
    ["with an event in another register", ccel(changed(1, { register: 2 })), "event-log-mismatch"],
    ["without events", ccel([]), "event-log-mismatch"],
    ["with a register that no TD has", ccel(changed(1, { register: 4 })), "malformed"],
    ["with another hash", ccel(events, { algorithms: [0x0b] }), "malformed"],
    ["with another header", ccel(events, { header: { signature: "Spec ID Event02\0" } }), "malformed"],
    ["with a header that is an event", ccel(events, { header: { type: 4 } }), "malformed"],
    [
      "with something behind its padding",
      ccel(events, { tail: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1) }),
      "malformed",
    ],
  ])("is refused %s", async (_, log, code) => {
    expect(await judge(log)).toEqual(failed(code));
  });
});

describe("a log of no register", () => {
  const logCheck = async (eventLog: unknown) => {
    const quote = Buffer.from(forgeQuote()).toString("hex");
    const { outcome, checks } = await put({ quote: JSON.stringify({ quote, event_log: eventLog }) });
    return [outcome, checks.find(({ id }) => id === "tdx/event-log")?.code];
  };

  it.each([[""], ["[]"], [" [ ] "], [[]]])("is none where it is empty: %j", async (log) =>
    expect(await logCheck(log)).toEqual(["verified", undefined]),
  );

  it.each([["[ ] x"], ["x"], [[1]]])("is malformed where it is no log: %j", async (log) =>
    expect(await logCheck(log)).toEqual(["rejected", "malformed"]),
  );

  it("accounts for nothing where its events extend none", async () => {
    const { outcome, checks } = await put({
      quote: JSON.stringify({
        "tee-verify": 1,
        evidence: Buffer.from(forgeQuote()).toString("base64"),
        eventLog: Buffer.from(ccel([])).toString("base64"),
      }),
    });
    expect([outcome, checks.find(({ id }) => id === "tdx/event-log")?.code]).toEqual([
      "rejected",
      "event-log-mismatch",
    ]);
  });
});
