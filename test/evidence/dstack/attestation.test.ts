/** dstack's attestation in its own encoding: opened to what a guest answers in JSON, and judged as that is. */
import { describe, expect, it } from "vitest";
import { concat, octetString } from "../../../fixtures/der.js";
import { type AttestationRequest, compactLength, forgeAttestation } from "../../../fixtures/dstack/attestation.js";
import { appCompose, DSTACK_KEYS, type DstackRequest, forgeDstack } from "../../../fixtures/dstack/bundle.js";
import type { LogRecord } from "../../../fixtures/intel/event-log.js";
import { extension } from "../../../fixtures/x509.js";
import { checkOf, expectedOf, failures, hex, judgeAs } from "../../support/dstack.js";

const agent = forgeDstack();
const compose = appCompose();
const CONFIG = JSON.stringify({ kms_urls: [], vm_config: agent.answer["vm_config"] });

function attestation(change: Partial<AttestationRequest> = {}, request: DstackRequest = {}): Uint8Array {
  const { quote, records } = forgeDstack(request);
  return forgeAttestation({ quote, records: records as LogRecord[], config: CONFIG, ...change });
}

const expected = expectedOf(agent);
const answer = (bytes: Uint8Array, more: object = {}): string => JSON.stringify({ attestation: hex(bytes), ...more });

describe("dstack's own encoding", () => {
  it("is the launch on its own, and the workload where the compose file stands beside it", async () => {
    for (const evidence of [attestation(), answer(attestation())]) {
      const verdict = await judgeAs(evidence, { expected });
      expect(failures(verdict)).toEqual([]);
      expect(verdict).toMatchObject({ outcome: "verified", covers: "launch" });
      expect(checkOf(verdict, "dstack/app-compose")).toMatchObject({ code: "compose-missing" });
    }
    const whole = await judgeAs(answer(attestation(), { app_compose: compose }), { expected });
    expect(whole).toMatchObject({ outcome: "verified", covers: "workload" });
    const other = await judgeAs(answer(attestation(), { app_compose: `${compose} ` }), { expected });
    expect(failures(other)).toEqual(["dstack/app-compose compose-mismatch"]);
  });

  it("is read with the machine's configuration as the whole of it", async () => {
    const config = agent.answer["vm_config"] as string;
    expect(await judgeAs(attestation({ config }), { expected })).toMatchObject({ outcome: "verified" });
    const stated = JSON.stringify({ os_image_hash: "00".repeat(32) });
    expect(failures(await judgeAs(attestation({ config: stated }), { expected }))).toEqual([
      "dstack/stated stated-mismatch",
    ]);
  });

  it("is bound as any quote is", async () => {
    const { reportDataFor } = await import("../../../src/dstack.js");
    const nonce = new Uint8Array(32).fill(7);
    const publicKey = DSTACK_KEYS.agent.spki;
    const fresh = attestation({}, { reportData: await reportDataFor({ nonce, publicKey }) });
    const verdict = await judgeAs(fresh, { expected, binding: { nonce, publicKey } });
    expect(verdict).toMatchObject({ outcome: "verified", freshness: "nonce" });
    const stale = { nonce: new Uint8Array(32).fill(8), publicKey };
    expect(failures(await judgeAs(fresh, { expected, binding: stale }))).toEqual([
      "tdx/report-data report-data-mismatch",
    ]);
  });

  it("stands in an RA-TLS certificate, once or twice wrapped", async () => {
    for (const wrap of [(bytes: Uint8Array) => bytes, octetString]) {
      const { leaf } = forgeDstack({
        leaf: { extensions: [extension.raw("1.3.6.1.4.1.62397.1.8", wrap(attestation()))] },
      });
      const verdict = await judgeAs(leaf, { expected });
      expect(failures(verdict)).toEqual([]);
      expect(verdict).toMatchObject({ outcome: "verified", covers: "launch" });
    }
    const { leaf } = forgeDstack({
      key: DSTACK_KEYS.app,
      leaf: { extensions: [extension.raw("1.3.6.1.4.1.62397.1.8", attestation())] },
    });
    expect(failures(await judgeAs(leaf, { expected }))).toEqual(["dstack/certificate-key certificate-key-mismatch"]);
  });

  it("of the lite variant has RTMR3 replayed alone, and an OS image hash that no event is", async () => {
    const lite = JSON.stringify({ os_image_hash: "11".repeat(32), tdx_attestation_variant: "lite" });
    const partial = (agent.records as LogRecord[]).filter(({ imr, event_type: type }) => imr === 3 || type === 10);
    const records = partial.map((item) => (item["imr"] === 3 ? { ...item, digest: "" } : item));
    const verdict = await judgeAs(attestation({ records, config: lite }), { expected });
    expect(failures(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "verified", covers: "launch" });
    expect(checkOf(verdict, "tdx/event-log")).toMatchObject({ params: { registers: ["rtmr3"] } });
    expect(JSON.stringify(verdict)).not.toContain("11".repeat(32));
    const full = JSON.stringify({ os_image_hash: hex(agent.osImageHash) });
    expect(failures(await judgeAs(attestation({ records, config: full }), { expected }))).toContain(
      "tdx/event-log event-log-mismatch",
    );
    const evil = forgeDstack({ compose: appCompose("services:\n  agent:\n    image: evil:latest\n") });
    const forged = attestation({ records: evil.records as LogRecord[], config: lite });
    expect(failures(await judgeAs(forged, { expected }))).toContain("tdx/event-log event-log-mismatch");
  });
});

describe("of dstack's own encoding is refused", () => {
  const rows: readonly (readonly [string, Partial<AttestationRequest>, string])[] = [
    ["other report data beside the quote", { reportData: new Uint8Array(64) }, "report data is not the quote's"],
    [
      "another list of run-time events",
      { runtime: [{ event: "app-id", event_payload: "00" }] },
      "two lists of run-time",
    ],
    ["a byte behind it", { tail: Uint8Array.of(0) }, "1 bytes follow the dstack attestation"],
    ["a configuration that is no object", { config: "[]" }, "configuration is no object"],
    ["a configuration that is no JSON", { config: "vm" }, "text is not JSON"],
    ["two members of one name", { config: '{"vm_config":"{}","vm_config":"{}"}' }, "duplicate name"],
  ];
  it.each(rows)("%s", async (_, change, reason) => {
    const verdict = await judgeAs(attestation(change), { expected });
    expect(verdict.outcome).toBe("rejected");
    const [found] = verdict.checks.filter(({ code }) => code === "malformed");
    expect(found?.detail).toContain(reason);
  });

  it("an event count beyond all bounds, a length that is not minimal, and one without an end", async () => {
    const good = attestation();
    const at = 2 + 2 + agent.quote.length;
    const counted = (length: Uint8Array): Uint8Array => concat(good.slice(0, at), length, good.slice(at + 1));
    const codes: readonly (readonly [Uint8Array, string])[] = [
      [compactLength(2_001), "more than 2000 events"],
      [compactLength(12, 2), "length is not minimal"],
      [compactLength(12, 4), "length is not minimal"],
      [Uint8Array.of(3), "longer than any"],
    ];
    expect(await judgeAs(counted(compactLength(12)), { expected })).toMatchObject({ outcome: "verified" });
    for (const [length, reason] of codes) {
      const verdict = await judgeAs(counted(length), { expected });
      expect(verdict.outcome).toBe("rejected");
      expect(verdict.checks.find(({ code }) => code === "malformed")?.detail).toContain(reason);
    }
  });

  it("every cut of it", async () => {
    const good = attestation();
    for (let length = 64; length < good.length; length += 97)
      expect(await judgeAs(good.slice(0, length), { expected })).toMatchObject({ outcome: "rejected" });
  });

  it("another version, which is told for what it is", async () => {
    const verdict = await judgeAs(attestation({ head: Uint8Array.of(0, 1) }), { expected });
    expect(verdict).toMatchObject({ outcome: "rejected", parts: [] });
    const packed = new Uint8Array(2000);
    packed.set(new TextEncoder().encode("_version"), 0);
    packed.set([0x83, 0xa7], 0);
    packed.set(new TextEncoder().encode("version"), 2);
    const told = await judgeAs(packed, { expected });
    expect(checkOf(told, "evidence/recognised")?.detail).toContain(
      "ask the guest for quote, event_log and app_compose",
    );
  });
});

describe("dstack's own encoding beside an answer", () => {
  const said = agent.answer;
  const evil = forgeDstack({ compose: appCompose("services:\n  agent:\n    image: evil:latest\n") });

  it("that says the same is one with it", async () => {
    const compact = JSON.parse(String(said["event_log"])) as LogRecord[];
    for (const beside of [
      said,
      { ...said, event_log: compact },
      { ...said, event_log: "" },
      { ...said, vm_config: null },
      { tcb_info: { event_log: compact, app_compose: compose } },
      { app_compose: compose, app_id: hex(agent.appId) },
    ]) {
      const verdict = await judgeAs(answer(attestation(), beside), { expected });
      expect(failures(verdict)).toEqual([]);
      expect(verdict).toMatchObject({ outcome: "verified", covers: "workload" });
    }
  });

  it.each([
    ["quote", { quote: evil.answer["quote"] }, "another quote"],
    ["log", { event_log: evil.answer["event_log"] }, "another event_log"],
    ["log under tcb_info", { tcb_info: JSON.stringify({ event_log: evil.records }) }, "another event_log"],
    ["configuration", { vm_config: JSON.stringify({ os_image_hash: "00".repeat(32) }) }, "another vm_config"],
    ["quote of no form", { quote: "?" }, "base64"],
  ])("that has another %s is malformed", async (_, beside, reason) => {
    const verdict = await judgeAs(answer(attestation(), beside), { expected });
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.checks.find(({ code }) => code === "malformed")?.detail).toContain(reason);
  });

  it("that states another id than was measured is rejected", async () => {
    const verdict = await judgeAs(answer(attestation(), { app_id: "00".repeat(20) }), { expected });
    expect(failures(verdict)).toEqual(["dstack/stated stated-mismatch"]);
  });

  it("of a form that nobody here reads is no reason to judge the answer alone", async () => {
    for (const silent of ["", null])
      expect(await judgeAs(JSON.stringify({ ...said, attestation: silent }), { expected })).toMatchObject({ ok: true });
    for (const unread of [hex(Uint8Array.of(0x83, 0xa7)), "zz", 1]) {
      const verdict = await judgeAs(JSON.stringify({ ...said, attestation: unread }), { expected });
      expect(failures(verdict)).toEqual(["evidence/recognised malformed"]);
      expect(verdict.checks[0]?.detail).toContain("unknown form");
    }
  });

  const ARC = "1.3.6.1.4.1.62397.1";
  const certified = (extensions: readonly Uint8Array[]): string | Uint8Array =>
    forgeDstack({ leaf: { extensions } }).leaf;

  it("in a certificate with quote and log for older readers must be of that quote and log", async () => {
    const [own, log] = [agent.quote, new TextEncoder().encode(JSON.stringify(agent.records))];
    const ext = (quote: Uint8Array, text: Uint8Array) => [
      extension.raw(`${ARC}.1`, octetString(quote)),
      extension.raw(`${ARC}.2`, octetString(text)),
      extension.raw(`${ARC}.8`, attestation()),
    ];
    expect(await judgeAs(certified(ext(own, log)), { expected })).toMatchObject({ outcome: "verified" });
    const others: readonly (readonly [Uint8Array, Uint8Array, string])[] = [
      [evil.quote, log, "another quote"],
      [own, new TextEncoder().encode(JSON.stringify(evil.records)), "another event_log"],
    ];
    for (const [quote, text, reason] of others) {
      const verdict = await judgeAs(certified(ext(quote, text)), { expected });
      expect(verdict.checks.find(({ code }) => code === "malformed")?.detail).toContain(reason);
    }
  });

  it("in the certificate of an Info answer is opened as in one alone", async () => {
    const leaf = { extensions: [extension.raw(`${ARC}.8`, attestation())] };
    const { info } = forgeDstack({ leaf });
    const verdict = await judgeAs(JSON.stringify(info), { expected });
    expect(failures(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload" });
    const other = { ...info, tcb_info: JSON.stringify({ event_log: evil.records, app_compose: compose }) };
    const refused = await judgeAs(JSON.stringify(other), { expected });
    expect(refused.checks.find(({ code }) => code === "malformed")?.detail).toContain("another event_log");
  });
});
