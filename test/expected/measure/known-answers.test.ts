/** The calculators agree with other implementations on inputs made here (fixtures/measure/known-answers.json). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type KnownLaunch, ours, randomCase } from "../../../scripts/compare-measure-run.js";
import { fromHex, toHex } from "../../../src/encoding/text.js";
import { authenticodeDigest } from "../../../src/expected/measure/authenticode.js";
import { amdPublicKey, sevSnpIdBlock, sevSnpKeyDigest } from "../../../src/expected/measure/id-block.js";
import { measureMrtd, type PageOrder } from "../../../src/expected/measure/tdvf.js";
import { repositoryRoot } from "../../support/shared.js";
import { peVectors, tdvfVectors } from "./vectors.js";

interface Known {
  readonly launches: readonly KnownLaunch[];
  readonly idBlock: {
    readonly keys: readonly { readonly spki: string; readonly digest: string }[];
    readonly block: string;
  };
  readonly authenticode: Readonly<Record<string, string>>;
  readonly mrtd: Readonly<Record<string, Readonly<Record<PageOrder, string>>>>;
}
const known = JSON.parse(
  readFileSync(join(repositoryRoot, "fixtures", "measure", "known-answers.json"), "utf8"),
) as Known;

describe("sev-snp-measure on 40 launches", () => {
  it("covers every mode, and refusals", () => {
    expect(new Set(known.launches.map(({ mode }) => mode)).size).toBe(7);
    expect(known.launches.filter(({ expected }) => expected === null).length).toBeGreaterThan(0);
  });
  it.each(known.launches.map((launch) => [launch.seed, launch.mode, launch.expected] as const))(
    "seed %i (%s)",
    async (seed, mode, expected) => {
      const launch = randomCase(seed);
      expect(launch.mode).toBe(mode);
      expect(await ours(launch)).toBe(expected ?? undefined);
    },
  );
});

describe("ID block", () => {
  it.each(known.idBlock.keys)("key digest $digest", ({ spki, digest }) => {
    const der = fromHex(spki);
    expect(toHex(sevSnpKeyDigest(der))).toBe(digest);
    expect(toHex(sevSnpKeyDigest(der.slice(-97)))).toBe(digest);
    expect(amdPublicKey(der).length).toBe(0x404);
  });

  it("the block itself", () => {
    const measurement = Uint8Array.from({ length: 48 }, (_, i) => i);
    expect(toHex(sevSnpIdBlock({ measurement }))).toBe(known.idBlock.block);
    const block = sevSnpIdBlock({
      measurement,
      familyId: new Uint8Array(16).fill(1),
      imageId: new Uint8Array(16).fill(2),
      guestSvn: 0x01020304,
      policy: 0xb0000n,
    });
    expect(toHex(block.slice(48))).toBe(`${"01".repeat(16)}${"02".repeat(16)}01000000040302010000${"0b00"}00000000`);
  });

  it("refuses keys of another form and fields that do not fit", () => {
    const der = fromHex(known.idBlock.keys[0]!.spki);
    const p256 = fromHex(`3059301306072a8648ce3d020106082a8648ce3d030107034200${"04".repeat(65)}`);
    const compressed = Uint8Array.from(der.slice(-97), (byte, i) => (i === 0 ? 2 : byte));
    for (const key of [p256, compressed, der.slice(1), der.slice(0, -1), new Uint8Array(0)]) {
      expect(() => sevSnpKeyDigest(key)).toThrow("P-384");
    }
    const measurement = new Uint8Array(48);
    for (const wrong of [
      { measurement: new Uint8Array(47) },
      { measurement, familyId: new Uint8Array(15) },
      { measurement, imageId: new Uint8Array(17) },
      { measurement, guestSvn: -1 },
      { measurement, guestSvn: 2 ** 32 },
      { measurement, policy: -1n },
      { measurement, policy: 1n << 64n },
    ]) {
      expect(() => sevSnpIdBlock(wrong)).toThrow(TypeError);
    }
  });
});

describe("Authenticode", () => {
  const images = peVectors();
  it("has an answer for every image", () =>
    expect(Object.keys(known.authenticode).sort()).toEqual(Object.keys(images).sort()));
  it.each(Object.entries(known.authenticode))("%s", async (name, expected) => {
    expect(toHex(await authenticodeDigest({ image: images[name] as Uint8Array }))).toBe(expected);
  });
  it("does not depend on signature or checksum, and on everything else", async () => {
    expect(known.authenticode["signed"]).toBe(known.authenticode["plain"]);
    expect(new Set(Object.values(known.authenticode)).size).toBe(Object.keys(images).length - 1);
  });
});

describe("MRTD", () => {
  const firmware = tdvfVectors();
  const cases = Object.entries(known.mrtd).flatMap(([name, orders]) =>
    Object.entries(orders).map(([order, expected]) => [name, order as PageOrder, expected] as const),
  );
  it("has four answers", () => expect(cases.length).toBe(4));
  it.each(cases)("%s, %s", async (name, pageOrder, expected) => {
    expect(toHex(await measureMrtd({ firmware: firmware[name] as Uint8Array, pageOrder }))).toBe(expected);
  });
  it("refuses another page order", async () => {
    const pageOrder = "three-pass" as PageOrder;
    await expect(measureMrtd({ firmware: firmware["usual"] as Uint8Array, pageOrder })).rejects.toThrow(TypeError);
  });
});
