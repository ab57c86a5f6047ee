import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { webcrypto } from "../../../src/crypto/webcrypto.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { parseCcel } from "../../../src/evidence/tdx/event-log/ccel.js";
import { parseDstackLog } from "../../../src/evidence/tdx/event-log/dstack-log.js";
import { replay } from "../../../src/evidence/tdx/event-log/replay.js";
import { verify } from "../../../src/tdx.js";
import { describeShared, readShared, readSharedJson } from "../../support/shared.js";

const crypto = webcrypto(globalThis.crypto.subtle);
const sha384 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash("sha384");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const EVENT = 0x08000001;

/** One event of dstack's log, whose digest binds its payload unless told. */
function event(name: string, payload: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const little = Uint8Array.of(1, 0, 0, 8);
  return {
    imr: 3,
    event_type: EVENT,
    event: name,
    event_payload: hex(utf8(payload)),
    digest: hex(sha384(little, utf8(":"), utf8(name), utf8(":"), utf8(payload))),
    ...changes,
  };
}

const replayed = (events: readonly Record<string, unknown>[]) => replay(parseDstackLog(JSON.stringify(events)), crypto);
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

describe("dstack logs", () => {
  it("extends each register with its digests in order", async () => {
    const log = [event("a", "1"), event("b", "2")];
    const [first, second] = log.map(({ digest }) => Buffer.from(digest as string, "hex")) as [Buffer, Buffer];
    const { registers } = await replayed(log);
    expect(hex(registers.get(3) as Uint8Array)).toBe(hex(sha384(sha384(new Uint8Array(48), first), second)));
    expect([...registers.keys()]).toEqual([3]);
  });

  it("row 45: a payload that was exchanged and whose digest was kept is not bound", async () => {
    expect((await replayed([event("compose-hash", "good")])).unbound).toEqual([]);
    const swapped = event("compose-hash", "good", { event_payload: hex(utf8("evil")) });
    expect((await replayed([swapped])).unbound).toEqual(["compose-hash"]);
  });

  it("row 46: only the first occurrence before system-ready counts", async () => {
    const { events } = await replayed([
      event("compose-hash", "first"),
      event("compose-hash", "second"),
      event("system-ready", ""),
      event("app-id", "late"),
    ]);
    expect(text(events.get("compose-hash"))).toBe("first");
    expect(events.has("app-id")).toBe(false);
  });

  it("reads payloads bound by canonical JSON", async () => {
    const payload = hex(utf8("x"));
    const digest = hex(sha384(utf8(JSON.stringify({ name: "n", payload, type: EVENT }))));
    expect((await replayed([event("n", "x", { digest })])).unbound).toEqual([]);
  });

  it("computes the digests that a log leaves out", async () => {
    const full = await replayed([event("a", "1")]);
    expect((await replayed([event("a", "1", { digest: "" })])).registers).toEqual(full.registers);
    expect((await replayed([event("a", "2", { digest: "" })])).registers).not.toEqual(full.registers);
    expect(() => parseDstackLog(JSON.stringify([event("a", "1", { digest: "", event_type: 4 })]))).toThrow(
      MalformedError,
    );
  });

  it.each([
    ["a digest that is not SHA-384", { digest: "00".repeat(32) }],
    ["a register that a TD does not have", { imr: 4 }],
    ["a payload that is not hex", { event_payload: "zz" }],
    ["a type that is no number", { event_type: "1" }],
    ["a name that is no text", { event: 7 }],
  ])("refuses %s", (_what, changes) => {
    expect(() => parseDstackLog(JSON.stringify([event("a", "1", changes)]))).toThrow(MalformedError);
    expect(parseDstackLog(JSON.stringify([event("a", "1")])).events).toHaveLength(1);
  });

  it("row 44: leaves out EV_NO_ACTION, which extends nothing", () => {
    expect(parseDstackLog(JSON.stringify([event("a", "1", { event_type: 3 })])).events).toHaveLength(0);
  });
});

/** A CCEL of one event behind its header. */
function ccel(
  changes: { index?: number; type?: number; algorithm?: number; count?: number; tail?: Uint8Array } = {},
): Uint8Array {
  const { index = 1, type = 4, algorithm = 0x0c, count = 1, tail = new Uint8Array(16) } = changes;
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const spec = Buffer.concat([Buffer.from("Spec ID Event03\0"), Buffer.alloc(17)]);
  const header = Buffer.concat([u32(0), u32(3), Buffer.alloc(20), u32(spec.length), spec]);
  const digests = Array.from({ length: count }, () =>
    Buffer.concat([Buffer.from(Uint16Array.of(algorithm).buffer), sha384(utf8("data"))]),
  );
  const record = Buffer.concat([u32(index), u32(type), u32(count), ...digests, u32(4), utf8("data")]);
  return new Uint8Array(Buffer.concat([header, record, tail]));
}

describe("CCEL", () => {
  it("reads its events up to the padding", () => {
    expect(parseCcel(ccel()).events).toMatchObject([{ register: 0, type: 4 }]);
    expect(parseCcel(ccel({ tail: new Uint8Array(64).fill(0xff) })).events).toHaveLength(1);
    expect(parseCcel(ccel({ type: 3 })).events).toHaveLength(0);
  });

  it.each([
    ["an index above 4", ccel({ index: 5 })],
    ["an event of MRTD", ccel({ index: 0 })],
    ["another algorithm than SHA-384", ccel({ algorithm: 0x0b })],
    ["an unknown algorithm", ccel({ algorithm: 0x99 })],
    ["two SHA-384 digests", ccel({ count: 2 })],
    ["bytes behind the padding", ccel({ tail: Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 7]) })],
    ["no header", ccel().subarray(65)],
  ])("refuses %s", (_what, bytes) => {
    expect(() => parseCcel(bytes)).toThrow(MalformedError);
  });

  it("gives a value or MalformedError at every truncation", () => {
    const whole = ccel();
    for (let length = 0; length < whole.length; length++) {
      try {
        parseCcel(whole.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});

describeShared("event logs of the shared evidence", () => {
  const base64 = (path: string): string => Buffer.from(readShared(path)).toString("base64");

  async function logCheck(
    quote: string,
    eventLog: string | undefined,
  ): Promise<{ status: string; code?: string; params: Record<string, unknown> } | undefined> {
    const bundle = {
      "tee-verify": 1,
      evidence: base64(quote),
      ...(eventLog === undefined ? {} : { eventLog }),
    } as const;
    const verdict = await verify(bundle, { expected: "any-build", binding: "unbound", at: new Date("2026-01-01") });
    return verdict.checks.find(({ id }) => id === "tdx/event-log");
  }

  const COS = "evidence/dcap/google+go-tdx-guest/ccel/cos-113-tdx-quote.dat";
  const GO = "evidence/dcap/google+go-eventlog/ccel";

  it("row 44: a log that comes along replays, and one that does not rejects", async () => {
    expect(await logCheck(COS, base64(`${GO}/cos-113-intel-tdx.bin`))).toMatchObject({
      status: "passed",
      params: { registers: ["rtmr0", "rtmr1", "rtmr2"] },
    });
    expect(await logCheck(COS, base64("evidence/dcap/google+go-tdx-guest/ccel/ccel_data.dat"))).toMatchObject({
      status: "passed",
    });
    expect(await logCheck(COS, base64(`${GO}/cos-113-intel-tdx-dupe-separator.bin`))).toMatchObject({
      status: "failed",
      code: "event-log-mismatch",
      params: { differing: ["rtmr0", "rtmr1"] },
    });
    expect(await logCheck(COS, undefined)).toBeUndefined();
  });

  it("a second machine's log replays, an earlier one of it does not, and its TDREPORT is no quote", async () => {
    const CCEL = "evidence/dcap/confidential-dot-ai+attestation-rs/ccel";
    const quote = "evidence/dcap/confidential-dot-ai+attestation-rs/quotes/tdx_quote_live-3ab56d67.bin";
    expect(await logCheck(quote, base64(`${CCEL}/tdx_ccel_live2.dat`))).toMatchObject({
      status: "passed",
      params: { registers: ["rtmr0", "rtmr1", "rtmr2"] },
    });
    const { status, code, params } = (await logCheck(quote, base64(`${CCEL}/tdx_ccel_live.bin`))) ?? {};
    expect({ status, code }).toEqual({ status: "failed", code: "event-log-mismatch" });
    expect(params?.["differing"]).toContain("rtmr2");
    const report = await verify(readShared(`${CCEL}/tdx_tdreport_live.bin`), {
      expected: "any-build",
      binding: "unbound",
    });
    expect(report).toMatchObject({ outcome: "rejected", parts: [] });
    expect(report.checks.find(({ id }) => id === "evidence/recognised")?.detail).toContain("TDREPORT");
  });

  it("every single event of a log counts: any digest that changes is found", async () => {
    const bytes = readShared(`${GO}/cos-113-intel-tdx.bin`);
    const { events } = parseCcel(bytes);
    expect(events.length).toBeGreaterThan(20);
    for (const { digest } of events) {
      const at = Buffer.from(bytes).indexOf(Buffer.from(digest as Uint8Array));
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect((await replay(parseCcel(changed), crypto)).registers).not.toEqual(
        (await replay(parseCcel(bytes), crypto)).registers,
      );
    }
  }, 60_000);

  it("dstack's bundles replay in all four registers", async () => {
    for (const name of ["quote-report", "tdx-lite-getquote"]) {
      const json = JSON.stringify(readSharedJson(`evidence/dcap/Dstack-TEE+dstack/dstack/${name}.json`));
      const verdict = await verify(json, { expected: "any-build", binding: "unbound", at: new Date("2026-01-01") });
      const check = verdict.checks.find(({ id }) => id === "tdx/event-log");
      expect(check, name).toMatchObject({
        status: "passed",
        params: { registers: ["rtmr0", "rtmr1", "rtmr2", "rtmr3"] },
      });
      expect(verdict.parts[0]?.claims).toHaveProperty(["events", "compose-hash"]);
    }
  });

  it("row 45: one changed payload in a real bundle rejects", async () => {
    const bundle = readSharedJson<{ event_log: string }>(
      "evidence/dcap/Dstack-TEE+dstack/dstack/tdx-lite-getquote.json",
    );
    const log = JSON.parse(bundle.event_log) as { event: string; event_payload: string }[];
    const target = log.find(({ event: name }) => name === "compose-hash") as { event_payload: string };
    target.event_payload = `${target.event_payload.startsWith("0") ? "1" : "0"}${target.event_payload.slice(1)}`;
    const verdict = await verify(JSON.stringify({ ...bundle, event_log: JSON.stringify(log) }), {
      expected: "any-build",
      binding: "unbound",
      at: new Date("2026-01-01"),
    });
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.checks.find(({ id }) => id === "tdx/event-log")).toMatchObject({
      code: "event-log-mismatch",
      params: { differing: ["rtmr3"] },
    });
  });
});
