/** Layouts of the field, each against a value put together by hand with node:crypto from its source's words. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { pattern } from "../../fixtures/amd/report.js";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import {
  BINDING_LAYOUTS,
  type BindingLayoutName,
  bindingLayout,
  type LayoutInputs,
} from "../../src/expected/layouts.js";
import { verify } from "../../src/sev-snp.js";
import { check, optionsFor } from "../evidence/sev-snp/support.js";
import { nodeCrypto } from "../support/node-crypto.js";

const sha256 = (...parts: readonly (Uint8Array | string)[]): Buffer => digest("sha256", parts);
const sha512 = (...parts: readonly (Uint8Array | string)[]): Buffer => digest("sha512", parts);
function digest(name: string, parts: readonly (Uint8Array | string)[]): Buffer {
  return createHash(name)
    .update(Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))))
    .digest();
}
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const KEY = pattern(91, 7);
const NONCE32 = pattern(32, 1);
const NONCE64 = pattern(64, 1);
const DATA = pattern(100, 9);
const ZEROS = (count: number): Uint8Array => new Uint8Array(count);

const VECTORS: Readonly<Record<BindingLayoutName, readonly [LayoutInputs, Readonly<Record<string, Uint8Array>>]>> = {
  "sha256-key": [{ publicKey: KEY }, { reportData: join(sha256(KEY), ZEROS(32)) }],
  "sha512-key": [{ publicKey: KEY }, { reportData: join(sha512(KEY)) }],
  "dstack-app-data": [{ data: DATA }, { reportData: join(sha512("app-data:", DATA)) }],
  "dstack-ratls-cert": [{ publicKey: KEY }, { reportData: join(sha512("ratls-cert:", KEY)) }],
  "near-ai": [{ publicKey: pattern(20, 5), nonce: NONCE32 }, { reportData: join(pattern(20, 5), ZEROS(12), NONCE32) }],
  secretvm: [{ publicKey: KEY, nonce: NONCE32 }, { reportData: join(sha256(KEY), NONCE32) }],
  svsm: [{ nonce: NONCE64, data: DATA }, { reportData: join(sha512(NONCE64, DATA)) }],
  "azure-user-data": [{ data: NONCE64 }, { userData: NONCE64 }],
  nitriding: [
    { publicKey: NONCE32, data: pattern(32, 2) },
    { userData: join(Uint8Array.of(0x12, 0x20), NONCE32, Uint8Array.of(0x12, 0x20), pattern(32, 2)) },
  ],
  "evervault-spki": [{ publicKey: KEY }, { userData: KEY }],
};

describe("layouts", () => {
  it("are all held here", () => expect(Object.keys(VECTORS).sort()).toEqual([...BINDING_LAYOUTS].sort()));

  it.each(Object.entries(VECTORS))("%s", async (name, [inputs, expected]) => {
    const layout = bindingLayout(name);
    const given = await layout?.values(inputs as Required<LayoutInputs>, (hash, message) =>
      nodeCrypto.digest(hash, message),
    );
    expect(given).toEqual(expected);
    expect(Object.keys(layout?.takes ?? {}).sort()).toEqual(Object.keys(inputs).sort());
    expect(layout?.name).toBe(name);
  });

  it.each(["toString", "__proto__", "constructor", "SHA256-KEY", ""])("%s is none", (name) =>
    expect(bindingLayout(name)).toBeUndefined(),
  );

  const report = Object.entries(VECTORS).filter(([, [, values]]) => "reportData" in values);
  it.each(report)("%s binds a report, and one bit of its inputs unbinds it", async (name, [inputs, values]) => {
    const forged = forgeSnp({ report: { reportData: values["reportData"] as Uint8Array } });
    const ask = (changed: LayoutInputs) =>
      verify(forged.report, { ...optionsFor(forged), binding: { layout: name as BindingLayoutName, ...changed } });
    const verdict = await ask(inputs);
    expect(verdict.outcome).toBe("verified");
    expect(verdict.freshness).toBe(inputs.nonce === undefined ? "none" : "nonce");
    expect(verdict.channel === "none").toBe(inputs.publicKey === undefined);
    for (const input of Object.keys(inputs) as (keyof LayoutInputs)[]) {
      const other = (inputs[input] as Uint8Array).map((byte, i) => (i === 3 ? byte ^ 0x10 : byte));
      expect(check(await ask({ ...inputs, [input]: other }), "sev-snp/report-data")?.code).toBe("report-data-mismatch");
    }
  });

  it("of a profile's own are taken as values, and one that breaks is a defect and no match", async () => {
    const forged = forgeSnp();
    const own = (values: () => Promise<object>) =>
      ({ layout: { name: "own", takes: { data: "any" }, values }, data: DATA }) as const;
    const ask = (values: () => Promise<object>) =>
      verify(forged.report, { ...optionsFor(forged), binding: own(values) as never });
    expect((await ask(async () => ({ reportData: forged.fields.reportData }))).outcome).toBe("verified");
    expect((await ask(async () => ({}))).outcome).toBe("rejected");
    expect((await ask(async () => ({ reportData: undefined }))).outcome).toBe("rejected");
    expect((await ask(() => Promise.reject(new RangeError("broken")))).outcome).toBe("rejected");
  });
});
