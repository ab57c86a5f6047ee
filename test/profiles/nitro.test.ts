/** Conventions in Nitro documents: image ids of Marlin Oyster, dstack's hashes and places, nonces in hex. */
import { describe, expect, it } from "vitest";
import { concat } from "../../fixtures/der.js";
import { digest } from "../../fixtures/keys.js";
import { enclaveRegisters, filled, tpmRegisters } from "../../fixtures/nitro/document.js";
import { fromHex, toHex, toUtf8 } from "../../src/encoding/text.js";
import { verify } from "../../src/nitro.js";
import {
  dstackEnclave,
  dstackInstance,
  hexNonce,
  hexNonceAndKey,
  inUserData,
  oysterEnclave,
  oysterInstance,
  oysterUserRegister,
  userDataSha256,
} from "../../src/profiles/index.js";
import { FORGED_PCRS, failures, judgeForged, type NitroOptions } from "../support/nitro.js";
import { nodeCrypto } from "../support/node-crypto.js";
import { describeShared, readShared } from "../support/shared.js";

const { 0: pcr0, 1: pcr1, 2: pcr2 } = FORGED_PCRS;
const MASK = Uint8Array.of(0, 1, 0, 7);
const ZERO = new Uint8Array(48);

describe("Marlin Oyster", () => {
  const plain = digest("SHA-256", concat(MASK, pcr0, pcr1, pcr2, ZERO));
  const nitro = (imageId: Uint8Array): NitroOptions => ({ expected: { nitro: oysterEnclave(imageId) } });

  it("an enclave without init parameters: PCR16 counts as zero, in the document or not", async () => {
    expect((await judgeForged({}, nitro(plain))).outcome).toBe("verified");
    expect((await judgeForged({ registers: { ...enclaveRegisters(), 16: ZERO } }, nitro(plain))).outcome).toBe(
      "verified",
    );
  });

  it("an enclave with init parameters", async () => {
    const parameters = filled(0x33, 32);
    const pcr16 = await oysterUserRegister(parameters, nodeCrypto);
    expect(toHex(pcr16)).toBe(toHex(digest("SHA-384", concat(ZERO, parameters))));
    const registers = { ...enclaveRegisters(), 16: pcr16 };
    const imageId = digest("SHA-256", concat(MASK, pcr0, pcr1, pcr2, pcr16));
    expect((await judgeForged({ registers }, nitro(imageId))).outcome).toBe("verified");
    expect(failures(await judgeForged({ registers }, nitro(plain)))).toEqual(["build build-mismatch"]);
    expect(failures(await judgeForged({}, nitro(imageId)))).toEqual(["build build-mismatch"]);
  });

  it("an instance: the image id that Oyster publishes for a real document's registers", async () => {
    // marlinprotocol/oyster-monorepo, sdks/rs, attestation.rs: registers 4 to 15 of its test document, and its image id.
    const published = [
      "6e7fd58cca2dcd0b6ca3186c260e47f33d33e4c63b9819609d5b75efb55453529fed4098a7383bfca18d3ca869ff202f",
      "c10ef05cbff856c3b0b83793118e887985b0ab263162db25badf0affcb01746494a984db2ba517608c2eade447d2dbe9",
      "518923b0f955d08da077c96aaba522b9decede61c599cea6c41889cfbea4ae4d50529d96fe4d1afdafb65e7f95bf23c4",
      "98441c7f7625d10058c47683aec486ce311c633235eb555593a7ee791121e3578ae72d04ecef661f272d59058b77af35",
      "00",
      "39c33c06e6a163f8f04f23b43d1b342677abfcd3bebbd3777bf0429fadb6a7ef5e2e533c0bf7d6dc9aec44370b29d5f4",
      "00",
      "6dac65857819c581c671ab7edafac3cdf85700c880392d98127af1c94e305f96baa73564f721bf0cee3b190d90c2750f",
      "00",
      "00",
      "00",
      "00",
    ];
    const registers: Record<number, Uint8Array> = tpmRegisters();
    published.forEach((hex, index) => {
      registers[index + 4] = hex === "00" ? ZERO : fromHex(hex);
    });
    const imageId = "b3dc7d48651dec3f088737ce37e0806a28e516e0caa01d54cf9438176a1c4d00";
    const expected = { "nitro-tpm": oysterInstance(imageId) };
    const verdict = await judgeForged({ kind: "nitro-tpm", registers }, { expected });
    expect([failures(verdict), verdict.covers]).toEqual([[], "launch"]);
    expect(
      failures(await judgeForged({ kind: "nitro-tpm", registers: { ...registers, 15: filled(1) } }, { expected })),
    ).toEqual(["build build-mismatch"]);
  });
});

describeShared("Marlin Oyster's documents of the shared evidence", () => {
  it.each([
    ["marlin/aws_pcr16.cbor", "2025-04-29T10:32:39.691Z"],
    ["marlin/attestation_2024-08-07.cbor", "2024-08-07T06:38:09.640Z"],
  ])("%s has the image id of its registers", async (file, at) => {
    const bytes = readShared(`evidence/nitro/${file}`);
    const base = { binding: "unbound", at: new Date(at) } as const;
    const { unverifiedClaims } = (await verify(bytes, {
      ...base,
      expected: { nitro: { pcrs: { 0: filled(1) } } },
    })) as unknown as { unverifiedClaims: { pcrs: Record<string, string> } };
    const register = (index: number): Uint8Array => fromHex(unverifiedClaims.pcrs[index] ?? "00".repeat(48));
    const imageId = digest("SHA-256", concat(MASK, ...[0, 1, 2, 16].map(register)));
    expect((await verify(bytes, { ...base, expected: { nitro: oysterEnclave(toHex(imageId)) } })).outcome).toBe(
      "verified",
    );
  });
});

describe("dstack", () => {
  it("an enclave's OS image hash", async () => {
    const hash = digest("SHA-256", concat(pcr0, pcr1, pcr2));
    expect((await judgeForged({}, { expected: { nitro: dstackEnclave(hash) } })).outcome).toBe("verified");
    expect(failures(await judgeForged({}, { expected: { nitro: dstackEnclave(filled(1, 32)) } }))).toEqual([
      "build build-mismatch",
    ]);
  });

  it("an instance's boot digest", async () => {
    const registers = tpmRegisters();
    const hash = digest(
      "SHA-256",
      concat(registers[4] as Uint8Array, registers[7] as Uint8Array, registers[12] as Uint8Array),
    );
    const verdict = await judgeForged({ kind: "nitro-tpm" }, { expected: { "nitro-tpm": dstackInstance(hash) } });
    expect([verdict.outcome, verdict.covers]).toEqual(["verified", "launch"]);
  });

  it("64 bytes of report data in user_data", async () => {
    const data = toUtf8("hello");
    const userData = digest("SHA-512", concat(toUtf8("app-data:"), data));
    const binding = { layout: inUserData("dstack-app-data"), data };
    expect((await judgeForged({ userData }, { binding })).outcome).toBe("verified");
    expect(failures(await judgeForged({ userData: userData.subarray(0, 32) }, { binding }))).toEqual([
      "binding binding-mismatch",
    ]);
    expect(failures(await judgeForged({ nonce: userData }, { binding }))).toEqual(["binding binding-mismatch"]);
    expect(() => inUserData("no such layout" as "svsm")).toThrow(TypeError);
  });

  it("a layout that has its place in user_data keeps it", async () => {
    const publicKey = filled(3, 120);
    expect(
      (await judgeForged({ userData: publicKey }, { binding: { layout: inUserData("evervault-spki"), publicKey } }))
        .outcome,
    ).toBe("verified");
  });
});

describe("nonces in hex", () => {
  const nonce = filled(0xab, 32);
  const publicKey = filled(4, 91);

  it("as text of 64 characters, with a key or without", async () => {
    const text = toUtf8("ab".repeat(32));
    const alone = await judgeForged({ nonce: text }, { binding: { layout: hexNonce, nonce } });
    expect([alone.outcome, alone.freshness]).toEqual(["verified", "nonce"]);
    const both = await judgeForged(
      { nonce: text, publicKey },
      { binding: { layout: hexNonceAndKey, nonce, publicKey } },
    );
    expect([both.outcome, both.channel]).toEqual([
      "verified",
      { publicKeySha256: toHex(digest("SHA-256", publicKey)) },
    ]);
  });

  it("are not the bytes, nor other letters", async () => {
    expect(failures(await judgeForged({ nonce }, { binding: { layout: hexNonce, nonce } }))).toEqual([
      "binding binding-mismatch",
    ]);
    expect(
      failures(await judgeForged({ nonce: toUtf8("AB".repeat(32)) }, { binding: { layout: hexNonce, nonce } })),
    ).toEqual(["binding binding-mismatch"]);
  });
});

describe("SHA-256 in user_data", () => {
  it("of content that is too long for it", async () => {
    const data = filled(5, 5000);
    const binding = { layout: userDataSha256, data };
    expect((await judgeForged({ userData: digest("SHA-256", data) }, { binding })).outcome).toBe("verified");
    expect(failures(await judgeForged({ userData: digest("SHA-256", data.subarray(1)) }, { binding }))).toEqual([
      "binding binding-mismatch",
    ]);
  });
});
