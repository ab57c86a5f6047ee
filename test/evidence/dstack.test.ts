import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { type DstackReference, type Verdict, verify } from "../../src/dstack.js";
import { describeShared, readSharedJson } from "../support/shared.js";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const AT = new Date("2025-09-01T00:00:00Z");

interface Info {
  app_cert: string;
  tcb_info: string;
  app_id: string;
  compose_hash: string;
  [name: string]: string;
}

const check = (verdict: Verdict, id: string) => verdict.checks.find((item) => item.id === id);

describeShared("the OpenClaw organisation's dstack bundle", () => {
  const PATH = "evidence/dcap/openclaw+crabbox/dstack/real_attestation_info.json";
  const info = (): Info => structuredClone(readSharedJson<Info>(PATH));
  const judge = (value: unknown, reference?: DstackReference): Promise<Verdict> =>
    verify(JSON.stringify(value), {
      expected: reference === undefined ? "any-build" : { dstack: reference },
      binding: "unbound",
      at: AT,
    });

  it("reproduces every binding from the bytes alone", async () => {
    const verdict = await judge(info());
    for (const id of [
      "tdx/event-log",
      "dstack/events",
      "dstack/app-compose",
      "dstack/stated",
      "dstack/mr-config-id",
      "dstack/certificate-key",
    ]) {
      expect(check(verdict, id), id).toMatchObject({ status: "passed" });
    }
    expect(verdict.parts.map(({ path, kind }) => [path, kind])).toEqual([
      ["evidence", "dstack"],
      ["evidence.quote", "tdx"],
    ]);
    expect(check(verdict, "tdx/event-log")?.params).toMatchObject({ registers: ["rtmr0", "rtmr1", "rtmr2", "rtmr3"] });
    expect(verdict.limits.join(" ")).toContain("without a digest");
  });

  it("compares the application with what is expected of it", async () => {
    const { compose_hash: composeHash, app_id: appId } = info();
    expect(check(await judge(info(), { composeHash, appId }), "dstack/build")).toMatchObject({ status: "passed" });
    expect(check(await judge(info(), { composeHash: "00".repeat(32) }), "dstack/build")).toMatchObject({
      code: "build-mismatch",
      params: { differing: ["compose-hash"] },
    });
  });

  it("row 47: a compose text that hashes otherwise is found", async () => {
    const changed = info();
    const tcb = JSON.parse(changed.tcb_info) as { app_compose: string };
    tcb.app_compose = `${tcb.app_compose} `;
    changed.tcb_info = JSON.stringify(tcb);
    expect(check(await judge(changed), "dstack/app-compose")).toMatchObject({
      code: "compose-mismatch",
      params: { found: sha256(tcb.app_compose) },
    });
  });

  it.each(["app_id", "compose_hash", "instance_id", "os_image_hash"])(
    "row 50: %s stated otherwise than measured is found",
    async (name) => {
      const changed = info();
      const value = changed[name] as string;
      changed[name] = `${value.startsWith("0") ? "1" : "0"}${value.slice(1)}`;
      const verdict = await judge(changed);
      expect(verdict.outcome).toBe("rejected");
      expect(check(verdict, "dstack/stated")).toMatchObject({
        status: "failed",
        params: { differing: [name.replaceAll("_", "-")] },
      });
    },
  );

  it("row 47: another key provider than the measured one is found", async () => {
    const changed = info();
    changed["key_provider_info"] = `${changed["key_provider_info"]} `;
    expect(check(await judge(changed), "dstack/stated")).toMatchObject({ params: { differing: ["key-provider"] } });
  });

  it("rows 44 and 45: every event of the log counts", async () => {
    const original = JSON.parse(info().tcb_info) as { event_log: Record<string, string>[] };
    for (const [index, event] of original.event_log.entries()) {
      const tcb = structuredClone(original);
      const name = event["digest"] === "" ? "event_payload" : "digest";
      const value = event[name] ?? "";
      (tcb.event_log[index] as Record<string, string>)[name] = `${value.startsWith("0") ? "1" : "0"}${value.slice(1)}`;
      const verdict = await judge({ ...info(), tcb_info: JSON.stringify(tcb) });
      expect(check(verdict, "tdx/event-log"), `event ${index}`).toMatchObject({ status: "failed" });
      expect(check(verdict, "dstack/events")).toMatchObject({ code: "events-missing" });
    }
  });

  it("row 48: without registers that pin the system, the application's hash covers nothing", async () => {
    const { compose_hash: composeHash } = info();
    const verdict = await judge(info(), { composeHash });
    expect(verdict.covers).toBe("nothing");
    expect(verdict.ok).toBe(false);
  });

  it("pins the whole system, and says that images by tag are no workload", async () => {
    const { compose_hash: composeHash } = info();
    const tcb = JSON.parse(info().tcb_info) as Record<string, string>;
    const { mrtd, rtmr0, rtmr1, rtmr2 } = tcb as { mrtd: string; rtmr0: string; rtmr1: string; rtmr2: string };
    const expected = {
      tdx: { mrtd, rtmr0, rtmr1, rtmr2, events: { "compose-hash": composeHash } },
      dstack: { composeHash },
    };
    const verdict = await verify(JSON.stringify(info()), { expected, binding: "unbound", at: AT });
    expect(check(verdict, "tdx/build")).toMatchObject({ status: "passed" });
    expect(check(verdict, "tdx/rtmr3")).toMatchObject({ status: "passed" });
    expect(verdict.covers).toBe("launch");
    const other = { ...expected, tdx: { ...expected.tdx, events: { "compose-hash": "00".repeat(32) } } };
    expect(
      check(await verify(JSON.stringify(info()), { expected: other, binding: "unbound", at: AT }), "tdx/build"),
    ).toMatchObject({ params: { differing: ["event compose-hash"] } });
  });
});
