/** Sealed messages: what the wire looks like to a second HPKE, and that nothing changed, cut or taken from elsewhere opens. */
import { createECDH, randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { MalformedError } from "../../src/encoding/malformed.js";
import { pointOf, spkiOf } from "../../src/live/key.js";
import {
  createSealingKey,
  headerOf,
  MAX_SEALED_BYTES,
  openMessage,
  type SealingKey,
  sealMessage,
} from "../../src/live/sealed.js";
import { expand, extract, gcmOpen, gcmSeal, receiver, sender } from "./hpke.js";

const session = new Uint8Array(randomBytes(16));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const infoOf = (header: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from("tee-verify/live/request/v1"), Buffer.alloc(1), header]);

/** The keys of an answer, as docs/live-protocol.md has them. */
function answerKeys(secret: Uint8Array, enc: Uint8Array, salt: Uint8Array): { key: Buffer; nonce: Buffer } {
  const prk = extract(Buffer.concat([enc, salt]), secret);
  return { key: expand(prk, Buffer.from("key"), 32), nonce: expand(prk, Buffer.from("nonce"), 12) };
}

let key: SealingKey;
beforeAll(async () => {
  key = await createSealingKey();
});

describe("a sealed message", () => {
  it("is opened by a second HPKE, whose answer opens", async () => {
    const agent = createECDH("prime256v1");
    const spki = spkiOf(new Uint8Array(agent.generateKeys()));
    const { sealed, open } = await sealMessage(spki, session, 7, utf8("to the second"));
    const bytes = Buffer.from(sealed);
    const [header, enc, body] = [bytes.subarray(0, 21), bytes.subarray(21, 86), bytes.subarray(86)];
    expect(header.toString("hex")).toBe(`01${Buffer.from(session).toString("hex")}00000007`);
    const context = receiver(agent, enc, infoOf(header));
    expect(context.open(body).toString()).toBe("to the second");
    const salt = randomBytes(32);
    const { key: answerKey, nonce } = answerKeys(context.exported("tee-verify/live/answer/v1", 32), enc, salt);
    const plain = Buffer.concat([Buffer.alloc(1), Buffer.from("from the second")]);
    const answer = Buffer.concat([Uint8Array.of(1), salt, gcmSeal(answerKey, nonce, plain)]);
    const { status, body: answered } = await open(new Uint8Array(answer));
    expect([status, text(answered)]).toEqual(["accepted", "from the second"]);
  });

  it("of a second HPKE is opened, and the answer opens there", async () => {
    const header = Buffer.concat([Uint8Array.of(1), session, Uint8Array.of(0, 0, 1, 0)]);
    const context = sender(Buffer.from(pointOf(key.spki)), infoOf(header));
    const sealed = new Uint8Array(Buffer.concat([header, context.enc, context.seal(utf8("from the second"))]));
    expect(headerOf(sealed)).toEqual({ session, sequence: 256 });
    const opened = await openMessage(key, sealed);
    expect(text(opened.message)).toBe("from the second");
    const answer = Buffer.from(await opened.seal({ status: "accepted", body: utf8("to the second") }));
    const secret = context.exported("tee-verify/live/answer/v1", 32);
    const keys = answerKeys(secret, context.enc, answer.subarray(1, 33));
    expect(gcmOpen(keys.key, keys.nonce, answer.subarray(33)).toString()).toBe("\0to the second");
  });

  it("does not open with any bit of it changed, or cut", async () => {
    const { sealed } = await sealMessage(key.spki, session, 0, utf8("secret"));
    expect(text((await openMessage(key, sealed)).message)).toBe("secret");
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      await expect(openMessage(key, changed), `byte ${at}`).rejects.toThrow(MalformedError);
    }
    for (const length of [0, 1, 21, 86, sealed.length - 1])
      await expect(openMessage(key, sealed.slice(0, length))).rejects.toThrow(MalformedError);
    await expect(openMessage(key, new Uint8Array(MAX_SEALED_BYTES + 1).fill(1))).rejects.toThrow("too long");
  });

  it("does not open with another key", async () => {
    const { sealed } = await sealMessage(key.spki, session, 0, utf8("secret"));
    await expect(openMessage(await createSealingKey(), sealed)).rejects.toThrow("not sealed to this key");
  });

  it("is not made for a key of another form, or for a point that is on no curve", async () => {
    const point = pointOf(key.spki);
    const off = spkiOf(point.map((byte, i) => (i === 64 ? byte ^ 1 : byte)));
    const wrong = [new Uint8Array(), key.spki.slice(1), Uint8Array.of(...key.spki, 0), spkiOf(point.slice(1)), off];
    for (const spki of wrong) await expect(sealMessage(spki, session, 0, utf8("x"))).rejects.toThrow(MalformedError);
  });
});

describe("a sealed answer", () => {
  it("opens for the message that it answers alone, and with no bit changed", async () => {
    const first = await sealMessage(key.spki, session, 0, utf8("first"));
    const second = await sealMessage(key.spki, session, 1, utf8("second"));
    const answer = await (await openMessage(key, first.sealed)).seal({ status: "accepted", body: utf8("yes") });
    expect(text((await first.open(answer)).body)).toBe("yes");
    await expect(second.open(answer)).rejects.toThrow("not from the holder");
    for (let at = 0; at < answer.length; at++) {
      const changed = answer.slice();
      changed[at] = (changed[at] as number) ^ 0x80;
      await expect(first.open(changed), `byte ${at}`).rejects.toThrow(MalformedError);
    }
    for (const length of [0, 1, 33, 49, answer.length - 1])
      await expect(first.open(answer.slice(0, length))).rejects.toThrow(MalformedError);
  });

  it("says whether the agent took the message", async () => {
    const { sealed, open } = await sealMessage(key.spki, session, 0, utf8("x"));
    const answer = await (await openMessage(key, sealed)).seal({ status: "refused", body: new Uint8Array() });
    expect(await open(answer)).toEqual({ status: "refused", body: new Uint8Array() });
    const again = await sealMessage(key.spki, new Uint8Array(16), 1, utf8("hello"));
    const failed = await (await openMessage(key, again.sealed)).seal({ status: "failed", body: new Uint8Array() });
    expect((await again.open(failed)).status).toBe("failed");
  });
});
