/** Bindings: the whole slot or nothing, and freshness and channel as far as they were proven. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { pattern } from "../../fixtures/amd/report.js";
import { type BindingRequest, bindingDigest, compareBinding, type Slot } from "../../src/expected/binding.js";
import { bindingLayout } from "../../src/expected/layouts.js";
import { readBinding } from "../../src/options.js";
import { nodeCrypto } from "../support/node-crypto.js";

const hash = (name: string, ...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash(name).update(Buffer.concat(parts)).digest());
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const NONCE = pattern(32, 1);
const KEY = pattern(91, 7);
const slot = (name: Slot["name"], value: Uint8Array | undefined): Slot => ({ name, size: 64, value });
const compare = (binding: BindingRequest, ...slots: readonly Slot[]) => compareBinding(binding, slots, nodeCrypto);
const nonceBinding = (publicKey?: Uint8Array): BindingRequest => ({ form: "nonce", nonce: NONCE, publicKey });
const exact = (reportData: Uint8Array): BindingRequest => ({ form: "exact", values: { reportData } });

describe("our layout", () => {
  it("is SHA-512 over domain, zero, and nonce and key with their lengths", async () => {
    const length = (bytes: Uint8Array): Uint8Array => Uint8Array.of(0, 0, 0, bytes.length);
    const domain = Buffer.from("tee-verify/binding/v1\0");
    expect(await bindingDigest(NONCE, KEY, nodeCrypto)).toEqual(
      hash("sha512", domain, length(NONCE), NONCE, length(KEY), KEY),
    );
    expect(await bindingDigest(NONCE, undefined, nodeCrypto)).toEqual(
      hash("sha512", domain, length(NONCE), NONCE, Uint8Array.of(0, 0, 0, 0)),
    );
  });

  it("has a vector that other implementations can be held to", async () => {
    // Computed with Python's hashlib.
    expect(hex(await bindingDigest(new Uint8Array(16), undefined, nodeCrypto))).toBe(VECTOR);
  });

  it("tells nonce and key apart: no bytes can wander from one into the other", async () => {
    const whole = pattern(60, 3);
    const digests = await Promise.all(
      Array.from({ length: 44 }, (_, i) =>
        bindingDigest(whole.subarray(0, 16 + i), whole.subarray(16 + i), nodeCrypto),
      ),
    );
    expect(new Set(digests.map(hex)).size).toBe(44);
  });

  it("takes a nonce of more than 65,535 bytes at its full length", async () => {
    const long = new Uint8Array(70_000);
    const domain = Buffer.from("tee-verify/binding/v1\0");
    const expected = hash("sha512", domain, Uint8Array.of(0, 1, 0x11, 0x70), long, Uint8Array.of(0, 0, 0, 0));
    expect(await bindingDigest(long, undefined, nodeCrypto)).toEqual(expected);
  });
});

const VECTOR =
  "bbec7c4968617c1ed3042acaf9255f565d0ffecce02689879467e39480381a0edd4bb0ca8cf35783d3d24e04ed38524eb6896119a18c8dddac7186aca3b4295b";

describe("comparison", () => {
  it("of a nonce and a key proves freshness and channel", async () => {
    const value = await bindingDigest(NONCE, KEY, nodeCrypto);
    expect(await compare(nonceBinding(KEY), slot("reportData", value))).toEqual({
      status: "matched",
      slots: ["reportData"],
      expected: hex(value),
      found: hex(value),
      freshness: "nonce",
      channel: { publicKeySha256: hex(hash("sha256", KEY)) },
    });
  });

  it("of a nonce alone proves no channel", async () => {
    const value = await bindingDigest(NONCE, undefined, nodeCrypto);
    expect(await compare(nonceBinding(), slot("reportData", value))).toMatchObject({
      status: "matched",
      freshness: "nonce",
      channel: undefined,
    });
  });

  it("that fails proves nothing", async () => {
    expect(await compare(nonceBinding(KEY), slot("reportData", new Uint8Array(64)))).toMatchObject({
      status: "differs",
      freshness: "none",
      channel: undefined,
      found: "00".repeat(64),
    });
  });

  it.each([63, 62, 32, 1])("of the first %i bytes is not enough, on either side", async (length) => {
    const value = pattern(64, 5);
    expect((await compare(exact(value.subarray(0, length)), slot("reportData", value))).status).toBe("differs");
    expect((await compare(exact(value), slot("reportData", value.subarray(0, length)))).status).toBe("differs");
  });

  it("of every single bit counts", async () => {
    const value = pattern(64, 5);
    for (let bit = 0; bit < 512; bit++) {
      const other = value.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect((await compare(exact(value), slot("reportData", other))).status).toBe("differs");
    }
  });

  it("of exact bytes proves what the caller put into them, which is not ours to know", async () => {
    const value = pattern(64, 5);
    expect(await compare(exact(value), slot("reportData", value))).toMatchObject({
      status: "matched",
      freshness: "none",
      channel: undefined,
    });
  });

  it("with a field that is absent differs", async () => {
    expect(await compare({ form: "exact", values: { userData: NONCE } }, slot("userData", undefined))).toMatchObject({
      status: "differs",
      found: "absent",
    });
    // An absent field is not an empty one.
    expect(
      (await compare({ form: "exact", values: { userData: new Uint8Array() } }, slot("userData", undefined))).status,
    ).toBe("differs");
  });

  it("with no place for the binding is unsupported, never a match", async () => {
    expect((await compare({ form: "exact", values: { userData: NONCE } }, slot("reportData", NONCE))).status).toBe(
      "unsupported",
    );
    expect((await compare(exact(NONCE))).status).toBe("unsupported");
    expect((await compare({ form: "exact", values: {} }, slot("reportData", NONCE))).status).toBe("unsupported");
    const both: BindingRequest = { form: "exact", values: { reportData: NONCE, userData: NONCE } };
    expect((await compare(both, slot("reportData", NONCE))).status).toBe("unsupported");
  });

  it("of several fields needs all of them", async () => {
    const slots = (key: Uint8Array | undefined): readonly Slot[] => [slot("nonce", NONCE), slot("publicKey", key)];
    expect((await compare(nonceBinding(KEY), ...slots(KEY))).status).toBe("matched");
    expect((await compare(nonceBinding(KEY), ...slots(pattern(91, 8)))).status).toBe("differs");
    expect((await compare(nonceBinding(KEY), ...slots(undefined))).status).toBe("differs");
    expect((await compare(nonceBinding(KEY), slot("nonce", NONCE))).status).toBe("unsupported");
  });

  it("of a nonce alone leaves the field of a key to itself", async () => {
    const result = await compare(nonceBinding(), slot("nonce", NONCE), slot("publicKey", KEY));
    expect(result).toMatchObject({ status: "matched", slots: ["nonce"], freshness: "nonce", channel: undefined });
  });

  it("of exact bytes stays with its field where there is one for nonces", async () => {
    const result = await compare(
      { form: "exact", values: { userData: KEY } },
      slot("nonce", undefined),
      slot("userData", KEY),
    );
    expect(result).toMatchObject({ status: "matched", slots: ["userData"] });
  });

  it("uses a TPM's extraData where there is no report data", async () => {
    const value = await bindingDigest(NONCE, undefined, nodeCrypto);
    expect(await compare(nonceBinding(), slot("extraData", value))).toMatchObject({
      status: "matched",
      slots: ["extraData"],
    });
    expect(
      (await compare(nonceBinding(), slot("reportData", value), slot("extraData", new Uint8Array()))).slots,
    ).toEqual(["reportData"]);
  });

  it("that was not asked for is unbound", async () => {
    expect(await compare("unbound", slot("reportData", NONCE))).toMatchObject({
      status: "unbound",
      freshness: "none",
      channel: undefined,
    });
  });

  it("under a layout proves a nonce or a key where the layout takes one", async () => {
    const layout = bindingLayout("sha256-key");
    const value = new Uint8Array(64);
    value.set(hash("sha256", KEY));
    const request: BindingRequest = {
      form: "layout",
      layout: layout as NonNullable<typeof layout>,
      inputs: { publicKey: KEY },
    };
    expect(await compare(request, slot("reportData", value))).toMatchObject({
      status: "matched",
      freshness: "none",
      channel: { publicKeySha256: hex(hash("sha256", KEY)) },
    });
  });
});

describe("readBinding", () => {
  it("copies what it is given", () => {
    const nonce = NONCE.slice();
    const read = readBinding({ nonce, publicKey: KEY });
    nonce.fill(0);
    expect(read).toEqual({ form: "nonce", nonce: NONCE, publicKey: KEY });
  });

  it("takes nonces from 16 bytes on and report data up to 64", () => {
    expect(readBinding({ nonce: pattern(16, 0) })).toMatchObject({ form: "nonce" });
    expect(readBinding({ reportData: pattern(64, 0) })).toMatchObject({ form: "exact" });
  });
});
