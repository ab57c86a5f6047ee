/** The OpenClaw organisation's dstack bundle: every binding reproduces from the bytes alone, and a change in any of its parts is found. */
import { describe, expect, it } from "vitest";
import { type DstackReference, type Verdict, verify } from "../../../src/dstack.js";
import { describeShared, readShared, readSharedJson } from "../../support/shared.js";

/** When the certificate of the platform is valid: no collateral of its day is at hand, so nothing is verified here. */
const AT = new Date("2026-07-01T00:00:00Z");

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
  const tcbInfo = (): Record<string, string> => JSON.parse(info().tcb_info) as Record<string, string>;
  const judge = (value: unknown, reference?: DstackReference): Promise<Verdict> =>
    verify(JSON.stringify(value), {
      expected: reference === undefined ? "any-build" : { dstack: reference },
      binding: "unbound",
      at: AT,
    });
  const failures = (verdict: Verdict): readonly string[] =>
    verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id} ${code}`);

  it("reproduces every binding from the bytes alone", async () => {
    const verdict = await judge(info());
    expect(failures(verdict)).toEqual([]);
    for (const id of [
      "tdx/event-log",
      "dstack/events",
      "dstack/app-compose",
      "dstack/stated",
      "dstack/mr-config-id",
      "dstack/certificate-key",
      "dstack/certificate-chain",
    ]) {
      expect(check(verdict, id), id).toMatchObject({ status: "passed" });
      expect(check(verdict, id), id).not.toHaveProperty("notice");
    }
    expect(verdict.parts.map(({ path, kind }) => [path, kind])).toEqual([
      ["evidence", "dstack"],
      ["evidence.quote", "tdx"],
    ]);
    expect(check(verdict, "tdx/event-log")?.params).toMatchObject({ registers: ["rtmr0", "rtmr1", "rtmr2", "rtmr3"] });
    for (const words of ["without a digest (debian:stable-slim)", "pre-launch script", "DSTACK_AUTHORIZED_KEYS"])
      expect(verdict.limits.join(" ")).toContain(words);
  });

  it("gives every replayed event, with the payloads that its digests bind", async () => {
    const { parts } = await judge(info());
    const log = parts[1]?.claims["eventLog"] as readonly Record<string, unknown>[];
    expect(log).toHaveLength(30);
    expect(log.filter(({ register }) => register === "rtmr3").every(({ payload }) => payload !== undefined)).toBe(true);
    expect(log[8]).toEqual({ register: "rtmr0", type: 10, digest: expect.stringMatching(/^[0-9a-f]{96}$/) });
  });

  it("compares the application with what is expected of it", async () => {
    const { compose_hash: composeHash, app_id: appId } = info();
    expect(check(await judge(info(), { composeHash, appId }), "dstack/build")).toMatchObject({ status: "passed" });
    expect(check(await judge(info(), { composeHash: "00".repeat(32) }), "dstack/build")).toMatchObject({
      code: "build-mismatch",
      params: { differing: ["compose-hash"] },
    });
  });

  /** Another character of the same kind, so that the form stays what it was. */
  const other = (text: string, at: number): string => {
    const old = text[at] as string;
    return `${text.slice(0, at)}${old === "0" ? "1" : old === "a" ? "b" : /[0-9]/.test(old) ? "0" : "a"}${text.slice(at + 1)}`;
  };
  /** About `count` places of a text, its ends among them. */
  const places = (text: string, count: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.floor((i * (text.length - 1)) / (count - 1)));

  describe("one changed byte is found", () => {
    const measured = [
      "app_id",
      "instance_id",
      "mr_aggregated",
      "device_id",
      "os_image_hash",
      "key_provider_info",
      "compose_hash",
    ];
    it.each(measured)("in each statement: %s", async (name) => {
      const text = info()[name] as string;
      for (const at of places(text, 5)) {
        const verdict = await judge({ ...info(), [name]: other(text, at) });
        expect(failures(verdict)).toEqual([
          expect.stringMatching(/^dstack\/(stated stated-mismatch|format malformed)$/),
        ]);
      }
    });

    const inside = [
      "mrtd",
      "rtmr0",
      "rtmr1",
      "rtmr2",
      "rtmr3",
      "mr_aggregated",
      "os_image_hash",
      "compose_hash",
      "device_id",
    ];
    it.each(inside)("in each statement of tcb_info: %s", async (name) => {
      const tcb = tcbInfo();
      const changed = { ...tcb, [name]: other(tcb[name] as string, 7) };
      expect(failures(await judge({ ...info(), tcb_info: JSON.stringify(changed) }))).toEqual([
        "dstack/stated stated-mismatch",
      ]);
    });

    it("in the compose file, wherever", async () => {
      const tcb = tcbInfo();
      const text = tcb["app_compose"] as string;
      for (const at of places(text, 25)) {
        const changed = { ...tcb, app_compose: other(text, at) };
        expect(failures(await judge({ ...info(), tcb_info: JSON.stringify(changed) }))).toEqual([
          "dstack/app-compose compose-mismatch",
        ]);
      }
    });

    it("in every certificate of the chain, wherever", async () => {
      const text = info().app_cert;
      const bodies = [...text.matchAll(/-----BEGIN CERTIFICATE-----\n([\s\S]*?)\n-----END/g)];
      expect(bodies).toHaveLength(3);
      for (const body of bodies)
        for (const place of places(body[1] as string, 60)) {
          const at = (body.index as number) + "-----BEGIN CERTIFICATE-----\n".length + place;
          if (text[at] === "\n" || text[at] === "=") continue;
          const verdict = await judge({ ...info(), app_cert: other(text, at) });
          expect(failures(verdict), `character ${at}`).not.toEqual([]);
        }
    });

    it("in every event of the log: digest, type, register, name, and payload where a digest binds it", async () => {
      const original = JSON.parse(info().tcb_info) as {
        event_log: { imr: number; event_type: number; digest: string; event: string; event_payload: string }[];
      };
      for (const [index, event] of original.event_log.entries()) {
        const digestBinds = event.imr === 3 || [4, 0x80000001, 0x80000007].includes(event.event_type);
        const changes: Record<string, unknown>[] = [
          { digest: other(event.digest, 3) },
          { imr: (event.imr + 1) % 4 },
          ...(event.imr === 3 ? [{ event: `${event.event}x` }, { event_type: 5 }] : []),
          ...(digestBinds && event.event_payload !== "" ? [{ event_payload: other(event.event_payload, 0) }] : []),
        ];
        for (const change of changes) {
          const tcb = structuredClone(original);
          Object.assign(tcb.event_log[index] as object, change);
          const verdict = await judge({ ...info(), tcb_info: JSON.stringify(tcb) });
          expect(check(verdict, "tdx/event-log"), `event ${index} ${Object.keys(change)}`).toMatchObject({
            status: "failed",
          });
          expect(check(verdict, "dstack/events")).toMatchObject({ code: "events-missing" });
        }
      }
    });

    it("in all but a closed list, of which nothing is claimed", async () => {
      const bound = [...measured, "app_cert", "tcb_info"];
      // The machine's shape as its host describes it (of which the OS image's hash is compared), and names for people.
      expect(Object.keys(info()).filter((name) => !bound.includes(name))).toEqual([
        "app_name",
        "vm_config",
        "cloud_vendor",
        "cloud_product",
      ]);
      expect(Object.keys(tcbInfo()).filter((name) => !inside.includes(name))).toEqual(["event_log", "app_compose"]);
      const changed = { ...info(), app_name: "x", cloud_vendor: "x", cloud_product: "x" };
      const [before, after] = [await judge(info()), await judge(changed)];
      expect(after.parts.map(({ claims }) => claims)).toEqual(before.parts.map(({ claims }) => claims));
      const { vm_config: text } = info();
      const at = (text as string).indexOf("de9c74f0");
      expect(failures(await judge({ ...info(), vm_config: other(text as string, at) }))).toEqual([
        "dstack/stated stated-mismatch",
      ]);
    });
  });

  it("row 48: without registers that pin the system, the application's hash covers nothing", async () => {
    const { compose_hash: composeHash } = info();
    const verdict = await judge(info(), { composeHash });
    expect(verdict.covers).toBe("nothing");
    expect(verdict.ok).toBe(false);
  });

  it("pins the whole system, and says that images by tag are no workload", async () => {
    const { compose_hash: composeHash } = info();
    const { mrtd, rtmr0, rtmr1, rtmr2 } = tcbInfo() as { mrtd: string; rtmr0: string; rtmr1: string; rtmr2: string };
    const expected = { tdx: { mrtd, rtmr0, rtmr1, rtmr2 }, dstack: { composeHash } };
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

describeShared("attestations in dstack's own encoding", () => {
  const FOLDER = "evidence/dcap/Dstack-TEE+dstack/dstack";
  const options = { expected: "any-build", binding: "unbound", at: AT } as const;

  it.each([
    ["attestation.bin", ["rtmr0", "rtmr1", "rtmr2", "rtmr3"]],
    // The lite variant sends the ACPI events alone of what the firmware measured.
    ["tdx-lite-attestation.json", ["rtmr3"]],
  ] as const)("%s is opened, and what can be replayed of its log is", async (name, registers) => {
    const verdict = await verify(readShared(`${FOLDER}/${name}`), options);
    expect(verdict.checks.filter(({ status }) => status === "failed").map(({ id }) => id)).toEqual([]);
    expect(check(verdict, "tdx/quote-signature")).toMatchObject({ status: "passed" });
    expect(check(verdict, "tdx/event-log")).toMatchObject({ status: "passed", params: { registers } });
    expect(check(verdict, "dstack/events")).toMatchObject({ status: "passed" });
    expect(check(verdict, "dstack/mr-config-id")).toMatchObject({ status: "passed" });
    expect(check(verdict, "dstack/app-compose")).toMatchObject({ code: "compose-missing" });
  });
});
