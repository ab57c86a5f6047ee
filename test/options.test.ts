/** Misuse of the options is a TypeError and nothing else; what was read cannot change afterwards (security.md, row 88 and the API's rows). */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { pattern } from "../fixtures/amd/report.js";
import { forgeSnp } from "../fixtures/amd/snp.js";
import { pem } from "../fixtures/x509.js";
import { canonical } from "../src/options.js";
import { requireVerified, verify } from "../src/sev-snp.js";
import type { Verdict } from "../src/verdict.js";
import { check, type Options, optionsFor } from "./evidence/sev-snp/support.js";

const forged = forgeSnp();
const { report, ark, fields, endorsements } = forged;
const options = optionsFor(forged);
const MEASUREMENT = fields.measurement;

/** `verify` as JavaScript calls it: whatever the types would say. */
const ask = (changes: unknown, evidence: unknown = report): Promise<Verdict> =>
  verify(evidence as Uint8Array, { ...options, ...(changes as object) } as Options);
const snpPolicy = (policy: unknown): unknown => ({ policy: { "sev-snp": policy } });
const reference = (value: unknown): unknown => ({ expected: { "sev-snp": value } });

const throwing = {
  get measurement(): Uint8Array {
    throw new RangeError("a getter of the caller's");
  },
};
const circular: Record<string, unknown> = {};
circular["self"] = circular;
const sparse = Array(2);
class Demands {
  get vmpl(): number {
    return 3;
  }
}
const detached = (): ArrayBuffer => {
  const buffer = new ArrayBuffer(48);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
};
const nested = (depth: number): unknown => (depth === 0 ? 1 : { tcb: nested(depth - 1) });
const floor = { bulletin: "A", weakness: "b", on: "current", level: "reject", tcb: { Milan: { snp: 1 } } };
const { tcb: _, ...demandless } = floor;
const soleFloor = (item: unknown): unknown => snpPolicy({ floors: { date: "2026-01-01", floors: [item] } });
const floors = (changes: unknown): unknown =>
  snpPolicy({ floors: { date: "2026-01-01", floors: [{ ...floor, ...(changes as object) }] } });

const MISUSE: Readonly<Record<string, unknown>> = {
  "expected: absent": { expected: undefined },
  "expected: null": { expected: null },
  "expected: a number": { expected: 1 },
  "expected: a list": { expected: [MEASUREMENT] },
  "expected: bytes": { expected: MEASUREMENT },
  "expected: empty text": { expected: "" },
  "expected: ANY-BUILD": { expected: "ANY-BUILD" },
  "expected: a digest of 47 bytes": { expected: "ab".repeat(47) },
  "expected: a digest of 49 bytes": { expected: "ab".repeat(49) },
  "expected: a digest with 0x": { expected: `0x${"ab".repeat(48)}` },
  "expected: a digest with a space": { expected: `${"ab".repeat(48)} ` },
  "expected: a build hash of 63 digits": { expected: `build:sha256:${"a".repeat(63)}` },
  "expected: an uppercase build hash": { expected: `build:sha256:${"A".repeat(64)}` },
  "expected: another hash of a build": { expected: `build:sha512:${"a".repeat(128)}` },
  "expected: no kind": { expected: {} },
  "expected: an unknown kind": { expected: { tdx: { mrtd: MEASUREMENT } } },
  "expected: a kind that is undefined": { expected: { "sev-snp": undefined } },
  "expected: a Map": { expected: new Map([["sev-snp", { measurement: MEASUREMENT }]]) },
  "expected: inherited": { expected: Object.create({ "sev-snp": { measurement: MEASUREMENT } }) },
  "expected: circular": { expected: circular },
  "expected: a getter that throws": reference(throwing),
  "reference: nothing": reference({}),
  "reference: null": reference(null),
  "reference: measurement undefined": reference({ measurement: undefined }),
  "reference: measurement null": reference({ measurement: null }),
  "reference: no measurement in the list": reference({ measurement: [] }),
  "reference: undefined in the list": reference({ measurement: [MEASUREMENT, undefined] }),
  "reference: a list with a hole": reference({ measurement: sparse }),
  "reference: a Set": reference({ measurement: new Set([MEASUREMENT]) }),
  "reference: 47 bytes": reference({ measurement: MEASUREMENT.subarray(1) }),
  "reference: empty bytes": reference({ measurement: new Uint8Array() }),
  "reference: empty text": reference({ measurement: "" }),
  "reference: hex with 0x": reference({ measurement: `0x${"ab".repeat(48)}` }),
  "reference: odd hex": reference({ measurement: "a".repeat(95) }),
  "reference: base64": reference({ measurement: Buffer.from(MEASUREMENT).toString("base64") }),
  "reference: a number": reference({ measurement: 5 }),
  "reference: a detached buffer": reference({ measurement: detached() }),
  "reference: a SharedArrayBuffer": reference({ measurement: new SharedArrayBuffer(48) }),
  "reference: a misspelt member": reference({ measurment: MEASUREMENT }),
  "reference: __proto__": reference(JSON.parse(`{"__proto__": {"measurement": "${"ab".repeat(48)}"}}`)),
  "reference: host data of 48 bytes": reference({ measurement: MEASUREMENT, hostData: MEASUREMENT }),
  "reference: SVN -1": reference({ minimumGuestSvn: -1 }),
  "reference: SVN 1.5": reference({ minimumGuestSvn: 1.5 }),
  "reference: SVN NaN": reference({ minimumGuestSvn: Number.NaN }),
  "reference: SVN Infinity": reference({ minimumGuestSvn: Number.POSITIVE_INFINITY }),
  "reference: SVN 2^32": reference({ minimumGuestSvn: 2 ** 32 }),
  "reference: SVN as text": reference({ minimumGuestSvn: "7" }),
  "binding: absent": { binding: undefined },
  "binding: null": { binding: null },
  "binding: UNBOUND": { binding: "UNBOUND" },
  "binding: nothing": { binding: {} },
  "binding: bytes": { binding: pattern(64, 0) },
  "binding: an unknown member": { binding: { nonce: pattern(32, 0), audience: "x" } },
  "binding: nonce undefined": { binding: { nonce: undefined } },
  "binding: nonce as text": { binding: { nonce: "a".repeat(32) } },
  "binding: nonce of 15 bytes": { binding: { nonce: pattern(15, 0) } },
  "binding: empty nonce": { binding: { nonce: new Uint8Array() } },
  "binding: a key without a nonce": { binding: { publicKey: pattern(91, 0) } },
  "binding: an empty key": { binding: { nonce: pattern(32, 0), publicKey: new Uint8Array() } },
  "binding: key undefined": { binding: { nonce: pattern(32, 0), publicKey: undefined } },
  "binding: nonce and report data": { binding: { nonce: pattern(32, 0), reportData: pattern(64, 0) } },
  "binding: report data and user data": { binding: { userData: pattern(32, 0), reportData: pattern(64, 0) } },
  "binding: user data and a nonce": { binding: { userData: pattern(32, 0), nonce: pattern(32, 0) } },
  "binding: data without a layout": { binding: { nonce: pattern(32, 0), data: pattern(32, 0) } },
  "binding: empty report data": { binding: { reportData: new Uint8Array() } },
  "binding: report data of 65 bytes": { binding: { reportData: pattern(65, 0) } },
  "binding: report data as text": { binding: { reportData: "00".repeat(64) } },
  "binding: an unknown layout": { binding: { layout: "mine", publicKey: pattern(91, 0) } },
  "binding: a layout by an inherited name": { binding: { layout: "toString", publicKey: pattern(91, 0) } },
  "binding: a layout that is no layout": { binding: { layout: {}, publicKey: pattern(91, 0) } },
  "binding: a layout without what it takes": { binding: { layout: "sha256-key" } },
  "binding: a layout with more than it takes": {
    binding: { layout: "sha256-key", publicKey: pattern(91, 0), nonce: pattern(32, 0) },
  },
  "binding: a layout with a value of a wrong length": {
    binding: { layout: "near-ai", publicKey: pattern(21, 0), nonce: pattern(32, 0) },
  },
  "binding: a layout with an empty value": { binding: { layout: "sha256-key", publicKey: new Uint8Array() } },
  "endorsements: bytes": { endorsements: report },
  "endorsements: null": { endorsements: null },
  "endorsements: a number in the list": { endorsements: [1] },
  "endorsements: a hole in the list": { endorsements: sparse },
  "manifests: a hole in the list": { manifests: sparse },
  "endorsements: a list in the list": { endorsements: [endorsements] },
  "at: a number": { at: 0 },
  "at: text": { at: "2026-01-01" },
  "at: null": { at: null },
  "at: NaN": { at: new Date(Number.NaN) },
  "at: beyond all dates": { at: new Date(8.64e15 + 1) },
  "fetch: text": { fetch: "https://kdsintf.amd.com" },
  "fetch: null": { fetch: null },
  "cache: without set": { cache: { get: () => undefined } },
  "cache: null": { cache: null },
  "signal: an object": { signal: {} },
  "signal: null": { signal: null },
  "mirrors: text": { mirrors: "https://mirror.example" },
  "mirrors: another origin than a vendor's": { mirrors: { "https://kds.example": "https://mirror.example" } },
  "mirrors: a vendor's origin with a slash": { mirrors: { "https://kdsintf.amd.com/": "https://mirror.example" } },
  "mirrors: to a file": { mirrors: { "https://kdsintf.amd.com": "file:///etc" } },
  "mirrors: to undefined": { mirrors: { "https://kdsintf.amd.com": undefined } },
  "crypto: nothing": { crypto: {} },
  "crypto: null": { crypto: null },
  "crypto: WebCrypto itself": { crypto: globalThis.crypto.subtle },
  "crossCheck: nothing": { crossCheck: {} },
  "crossCheck: null": { crossCheck: null },
  "covers: workload": { covers: "workload" },
  "covers: nothing": { covers: "nothing" },
  "covers: true": { covers: true },
  "accept: none": { accept: [] },
  "accept: an unknown kind": { accept: ["sev-snp", "tdx"] },
  "accept: undefined in the list": { accept: [undefined] },
  "accept: null": { accept: null },
  "trustAnchors: null": { trustAnchors: null },
  "mirrors: null": { mirrors: null },
  "trustAnchors: a list": { trustAnchors: [ark] },
  "trustAnchors: an unknown vendor": { trustAnchors: { me: [ark] } },
  "trustAnchors: none": { trustAnchors: { amd: [] } },
  "trustAnchors: undefined": { trustAnchors: { amd: undefined } },
  "trustAnchors: no certificate": { trustAnchors: { amd: [Uint8Array.of(1, 2, 3)] } },
  "trustAnchors: half a certificate": { trustAnchors: { amd: [ark.subarray(0, 100)] } },
  "trustAnchors: empty text": { trustAnchors: { amd: [""] } },
  "trustAnchors: a CRL beside the certificate": { trustAnchors: { amd: [ark, forged.crl()] } },
  "trustAnchors: PEM of a key": { trustAnchors: { amd: [pem("PUBLIC KEY", ark)] } },
  "policy: null": { policy: null },
  "policy: null for the kind": snpPolicy(null),
  "policy: a list": { policy: [] },
  "policy: an unknown kind": { policy: { snp: {} } },
  "policy: a Map": { policy: new Map([["sev-snp", { vmpl: 1 }]]) },
  "policy: undefined for the kind": { policy: { "sev-snp": undefined } },
  "policy: an instance of a class": snpPolicy(new Demands()),
  "policy: inherited": snpPolicy(Object.create({ vmpl: 3 })),
  "policy: an unknown member": snpPolicy({ minimumTCB: { snp: 1 } }),
  "policy: undefined": snpPolicy({ minimumTcb: undefined }),
  "policy: __proto__": snpPolicy(JSON.parse('{"__proto__": {"vmpl": 3}}')),
  "policy: constructor": snpPolicy({ constructor: 1 }),
  "policy: nested too deep": snpPolicy({ floors: nested(12) }),
  "policy.allow: an unknown word": snpPolicy({ allow: ["everything"] }),
  "policy.allow: true": snpPolicy({ allow: true }),
  "policy.vmpl: none": snpPolicy({ vmpl: [] }),
  "policy.vmpl: 4": snpPolicy({ vmpl: 4 }),
  "policy.vmpl: text": snpPolicy({ vmpl: "0" }),
  "policy.vmpl: a hole": snpPolicy({ vmpl: sparse }),
  "policy.guestPolicy: debug": snpPolicy({ guestPolicy: { debug: true } }),
  "policy.guestPolicy: migrateMa": snpPolicy({ guestPolicy: { migrateMa: true } }),
  "policy.guestPolicy: 1": snpPolicy({ guestPolicy: { smt: 1 } }),
  "policy.minimumAbi: half": snpPolicy({ minimumAbi: { major: 1 } }),
  "policy.minimumAbi: 256": snpPolicy({ minimumAbi: { major: 1, minor: 256 } }),
  "policy.minimumAbi: text": snpPolicy({ minimumAbi: "1.55" }),
  "policy.platformInfo: an unknown bit": snpPolicy({ platformInfo: { sev: true } }),
  "policy.platformInfo: null": snpPolicy({ platformInfo: { ecc: null } }),
  "policy.unknownPlatformBits: accept": snpPolicy({ unknownPlatformBits: "accept" }),
  "policy.minimumTcb: nothing": snpPolicy({ minimumTcb: {} }),
  "policy.minimumTcb: an unknown level": snpPolicy({ minimumTcb: { microcode: 1 } }),
  "policy.minimumTcb: 256": snpPolicy({ minimumTcb: { snp: 256 } }),
  "policy.minimumTcb: a bigint": snpPolicy({ minimumTcb: { snp: 1n } }),
  "policy.minimumCommittedTcb: a number": snpPolicy({ minimumCommittedTcb: 24 }),
  "policy.minimumFirmware: two parts": snpPolicy({ minimumFirmware: "1.55" }),
  "policy.minimumFirmware: a number": snpPolicy({ minimumFirmware: 1.55 }),
  "policy.minimumFirmware: a newline": snpPolicy({ minimumFirmware: "1.55.29\n1" }),
  "policy.provisionalFirmware: allow": snpPolicy({ provisionalFirmware: "allow" }),
  "policy.floors: none": snpPolicy({ floors: "none" }),
  "policy.floors: null": snpPolicy({ floors: null }),
  "policy.floors: without a date": snpPolicy({ floors: { floors: [] } }),
  "policy.floors: a date that is none": snpPolicy({ floors: { date: "2026-13-01", floors: [] } }),
  "policy.floors: a date of another form": snpPolicy({ floors: { date: "01.01.2026", floors: [] } }),
  "policy.floors: without floors": snpPolicy({ floors: { date: "2026-01-01" } }),
  "policy.floors: floors that are no list": snpPolicy({ floors: { date: "2026-01-01", floors: {} } }),
  "floor: without a level": floors({ level: undefined }),
  "floor: another level": floors({ level: "warn" }),
  "floor: other levels to judge": floors({ on: "launch" }),
  "floor: without a bulletin": floors({ bulletin: "" }),
  "floor: an unknown product": floors({ tcb: { Rome: { snp: 1 } } }),
  "floor: an unknown component": floors({ tcb: { Milan: { spl: 1 } } }),
  "floor: firmware of another form": floors({ firmware: { Milan: "1.55" } }),
  "floor: no demand": soleFloor(demandless),
  "floor: levels of no product": soleFloor({ ...demandless, tcb: {}, aliasCheck: true }),
  "floor: the alias check waived and nothing else": soleFloor({ ...demandless, aliasCheck: false }),
  "floor: alias check as a number": floors({ aliasCheck: 1 }),
  "floor: an unknown member": floors({ cve: "CVE-1" }),
  "policy.products: none": snpPolicy({ products: [] }),
  "policy.products: unknown": snpPolicy({ products: "milan" }),
  "policy.chipIds: none": snpPolicy({ chipIds: [] }),
  "policy.chipIds: 8 bytes": snpPolicy({ chipIds: pattern(8, 0) }),
  "policy.deniedChipIds: none": snpPolicy({ deniedChipIds: [] }),
  "policy.deniedChipIds: a hole": snpPolicy({ deniedChipIds: sparse }),
  "policy.cspIds: none": snpPolicy({ cspIds: [] }),
  "policy.cspIds: empty text": snpPolicy({ cspIds: "" }),
  "policy.reportId: 31 bytes": snpPolicy({ reportId: pattern(31, 0) }),
  "policy.reportIdMa: 33 bytes": snpPolicy({ reportIdMa: pattern(33, 0) }),
  "policy.requireIdBlock: text": snpPolicy({ requireIdBlock: "true" }),
  "policy.requireAuthorKey: 1": snpPolicy({ requireAuthorKey: 1 }),
  "policy.launchMitigations: a number": snpPolicy({ launchMitigations: 3 }),
  "policy.launchMitigations: no bit": snpPolicy({ launchMitigations: 0n }),
  "policy.launchMitigations: negative": snpPolicy({ launchMitigations: -1n }),
  "policy.currentMitigations: 2^64": snpPolicy({ currentMitigations: 1n << 64n }),
  "policy.revocation: always": snpPolicy({ revocation: "always" }),
  "an unknown option": { nonce: pattern(32, 0) },
  "a misspelt option": { trustAnchor: { amd: [ark] } },
};

describe("options", () => {
  it("that are right are taken", async () => {
    expect((await ask({})).outcome).toBe("verified");
    // Left out and `undefined` are the same for an option that has a default.
    const optional = ["fetch", "cache", "signal", "mirrors", "crypto", "crossCheck", "covers", "accept", "policy"];
    const absent = Object.fromEntries(optional.map((name) => [name, undefined]));
    expect((await ask(absent)).outcome).toBe("verified");
  });

  it.each(Object.entries(MISUSE))("%s", async (_name, changes) => {
    await expect(ask(changes)).rejects.toThrow(TypeError);
    await expect(requireVerified(report, { ...options, ...(changes as object) } as Options)).rejects.toThrow(TypeError);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["text", "any-build"],
    ["a list", [options]],
    ["a Map", new Map(Object.entries(options))],
    ["inherited options", Object.create(options)],
    ["inherited policy", Object.assign(Object.create({ policy: { "sev-snp": { vmpl: 3 } } }), options)],
  ])("%s in place of options", async (_name, given) => {
    await expect(verify(report, given as unknown as Options)).rejects.toThrow(TypeError);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 5],
    ["a list of numbers", [...report]],
    ["an object", { report }],
    ["a SharedArrayBuffer", new SharedArrayBuffer(1184)],
    ["a promise", Promise.resolve(report)],
    ["a bundle that is circular", Object.assign({ "tee-verify": 1 }, { evidence: circular })],
    ["a bundle with a bigint", { "tee-verify": 1, evidence: 1n }],
    [
      "a bundle whose getter throws",
      Object.defineProperty({ "tee-verify": 1 }, "evidence", {
        enumerable: true,
        get: () => {
          throw new RangeError("no");
        },
      }),
    ],
  ])("%s in place of evidence", async (_name, evidence) => {
    await expect(verify(evidence as unknown as Uint8Array, options)).rejects.toThrow(TypeError);
  });

  it("of another realm are taken as they are", async () => {
    const foreign = runInNewContext(
      "({ expected: { 'sev-snp': { measurement: new Uint8Array(m) } }, policy: { 'sev-snp': { vmpl: [0] } } })",
      { m: [...MEASUREMENT] },
    ) as object;
    expect((await ask(foreign)).outcome).toBe("verified");
    const buffer = runInNewContext("Uint8Array.from(r).buffer", { r: [...report] }) as ArrayBuffer;
    expect((await ask({}, buffer)).outcome).toBe("verified");
  });

  it("without a prototype are plain too", async () => {
    const bare = Object.assign(Object.create(null), { measurement: MEASUREMENT });
    expect((await ask(reference(bare))).outcome).toBe("verified");
  });

  it("take hex of either case", async () => {
    const upper = Buffer.from(MEASUREMENT).toString("hex").toUpperCase();
    expect((await ask({ expected: upper })).outcome).toBe("verified");
    expect((await ask(reference({ measurement: upper }))).outcome).toBe("verified");
  });
});

describe("what was read", () => {
  it("cannot change after the call", async () => {
    const evidence = report.slice();
    const measurement = MEASUREMENT.slice();
    const reportData = fields.reportData.slice();
    const certificates = endorsements.map((item) => item.slice());
    const anchor = ark.slice();
    const vmpl = [0];
    const at = new Date(forged.at);
    const asked = ask(
      {
        expected: { "sev-snp": { measurement } },
        binding: { reportData },
        endorsements: certificates,
        trustAnchors: { amd: [anchor] },
        policy: { "sev-snp": { vmpl } },
        at,
      },
      evidence,
    );
    for (const bytes of [evidence, measurement, reportData, ...certificates, anchor]) bytes.fill(0);
    vmpl[0] = 3;
    at.setTime(0);
    certificates.length = 0;
    const verdict = await asked;
    expect(verdict.outcome).toBe("verified");
    expect(verdict.meta.at).toBe(forged.at.toISOString());
  });

  it("is a copy of shared memory, whoever writes to it", async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(1184));
    shared.set(report);
    const asked = ask({}, shared);
    shared.fill(0);
    expect((await asked).outcome).toBe("verified");
  });

  it("is read once: what a getter or proxy says later does not count", async () => {
    let reads = 0;
    const shifting = {
      get measurement(): Uint8Array {
        return reads++ === 0 ? pattern(48, 9) : MEASUREMENT;
      },
    };
    const verdict = await ask(reference(shifting));
    expect(reads).toBe(1);
    expect(check(verdict, "sev-snp/build")?.code).toBe("build-mismatch");
    const honest = await ask(reference({ measurement: pattern(48, 9) }));
    expect(verdict.meta.expectedSha256).toBe(honest.meta.expectedSha256);

    const names: string[] = [];
    const get = (target: object, name: string | symbol): unknown => {
      names.push(String(name));
      return Reflect.get(target, name);
    };
    const watched = new Proxy({ ...options }, { get });
    expect((await verify(report, watched as Options)).outcome).toBe("verified");
    expect(names.length).toBe(new Set(names).size);
  });

  it("does not reach the prototypes of anything", async () => {
    const before = Object.keys(Object.prototype);
    const hostile = JSON.parse(
      '{"tee-verify": 1, "evidence": "AA==", "__proto__": {"ok": true}, "constructor": {"prototype": {"ok": true}}}',
    );
    expect((await ask({}, hostile)).outcome).toBe("rejected");
    expect((await ask({}, JSON.stringify(hostile))).outcome).toBe("rejected");
    expect(Object.keys(Object.prototype)).toEqual(before);
    expect(({} as Record<string, unknown>)["ok"]).toBeUndefined();
  });
});

describe("the digests of expectation and policy", () => {
  it("do not depend on the order of members, nor on how bytes are written", () => {
    expect(canonical({ b: 1, a: [2n, Uint8Array.of(255)] })).toBe('{"a":["2","ff"],"b":1}');
    expect(canonical({ a: [2n, Uint8Array.of(255).buffer], b: 1 })).toBe(canonical({ b: 1, a: ["2", "ff"] }));
    expect(canonical(undefined)).toBe("");
  });

  it("differ with every demand", async () => {
    const metas = await Promise.all(
      [{}, snpPolicy({ vmpl: 1 }), snpPolicy({ vmpl: [0, 1] }), { covers: "firmware" }, { accept: ["sev-snp"] }].map(
        async (changes) => (await ask(changes)).meta,
      ),
    );
    expect(new Set(metas.map(({ policySha256 }) => policySha256)).size).toBe(5);
    expect(new Set(metas.map(({ expectedSha256 }) => expectedSha256)).size).toBe(1);
  });
});
