/** The N table of the reference: what a document is bound to, what it says of itself, and how it is wrapped; each row is a test of its name. */
import { describe, expect, it } from "vitest";
import * as cbor from "../../../fixtures/cbor.js";
import { concat } from "../../../fixtures/der.js";
import {
  CHAIN_KEYS,
  chainNames,
  type DocumentRequest,
  enclaveRegisters,
  FORGED_REGION,
  filled,
  forgeChain,
  forgeDocument,
  INSTANCE,
  MODULE_ID,
  pcrOf,
} from "../../../fixtures/nitro/document.js";
import { extension, forgeCertificate, testKey } from "../../../fixtures/x509.js";
import { toBase64, toBase64Url, toHex, toUtf8 } from "../../../src/encoding/text.js";
import { checkNamed, failures, judgeBytes, judgeForged, type NitroOptions } from "../../support/nitro.js";

const failuresOf = async (request: DocumentRequest, options?: NitroOptions): Promise<readonly string[]> =>
  failures(await judgeForged(request, options));
const withPolicy = (policy: NonNullable<NitroOptions["policy"]>["nitro"]): NitroOptions => ({
  policy: { nitro: policy as NonNullable<typeof policy> },
});
const ZERO = new Uint8Array(48);

describe("N10 nonces", () => {
  const nonce = filled(7, 32);

  it("that is expected and null", async () => {
    const verdict = await judgeForged({}, { binding: { nonce } });
    expect([failures(verdict), checkNamed(verdict, "binding")?.params.found]).toEqual([
      ["binding binding-mismatch"],
      "absent",
    ]);
  });

  it("that is the same, and freshness comes of it", async () => {
    const verdict = await judgeForged({ nonce }, { binding: { nonce } });
    expect([verdict.outcome, verdict.freshness, verdict.channel]).toEqual(["verified", "nonce", "none"]);
    expect((await judgeForged({ nonce })).freshness).toBe("timestamp");
  });

  it("that is the same after padding, cutting or in hex text, is another", async () => {
    const variants = [
      concat(nonce, Uint8Array.of(0)),
      concat(Uint8Array.of(0), nonce),
      nonce.subarray(0, 31),
      toUtf8(toHex(nonce)),
      new Uint8Array(),
    ];
    for (const other of variants)
      expect(await failuresOf({ nonce: other }, { binding: { nonce } })).toEqual(["binding binding-mismatch"]);
  });

  it("with a key: both must be there, each in its own field", async () => {
    const publicKey = CHAIN_KEYS.leaf.spki;
    const binding = { nonce, publicKey };
    const good = await judgeForged({ nonce, publicKey }, { binding });
    expect([good.outcome, good.freshness, good.channel]).toEqual([
      "verified",
      "nonce",
      { publicKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(await failuresOf({ nonce }, { binding })).toEqual(["binding binding-mismatch"]);
    expect(await failuresOf({ nonce, publicKey: testKey("p384-9").spki }, { binding })).toEqual([
      "binding binding-mismatch",
    ]);
    expect(await failuresOf({ publicKey }, { binding })).toEqual(["binding binding-mismatch"]);
    expect(await failuresOf({ nonce: publicKey, publicKey: nonce }, { binding })).toEqual(["binding binding-mismatch"]);
    expect(await failuresOf({ userData: nonce, publicKey }, { binding })).toEqual(["binding binding-mismatch"]);
  });

  it("report data has no place in a document", async () => {
    expect(await failuresOf({ userData: filled(1, 64) }, { binding: { reportData: filled(1, 64) } })).toEqual([
      "binding binding-unsupported",
    ]);
  });
});

describe("N11 user data", () => {
  it.each([
    ["null", null],
    ["of length zero", new Uint8Array()],
    ["of 512 bytes", filled(9, 512)],
  ])("%s is read, and equal to itself alone", async (_, userData) => {
    expect((await judgeForged({ userData })).outcome).toBe("verified");
    for (const expected of [new Uint8Array(), filled(9, 512), filled(9, 511)]) {
      const equal = userData !== null && toHex(userData) === toHex(expected);
      expect(await failuresOf({ userData }, { binding: { userData: expected } })).toEqual(
        equal ? [] : ["binding binding-mismatch"],
      );
    }
  });

  it("that is left out is the same as null", async () => {
    for (const field of ["public_key", "user_data", "nonce"] as const) {
      const verdict = await judgeForged({ fields: { [field]: null } });
      expect([verdict.outcome, (verdict.parts[0]?.claims as { userData: null })?.userData]).toEqual(["verified", null]);
    }
  });
});

describe("N14 what an enclave says of itself twice", () => {
  it("PCR4 of another instance, or none", async () => {
    expect(await failuresOf({ registers: { ...enclaveRegisters(), 4: pcrOf("i-0123456789abcdef1") } })).toEqual([
      "instance-register instance-register-mismatch",
    ]);
    const { 4: _, ...registers } = enclaveRegisters();
    expect(await failuresOf({ registers })).toEqual(["instance-register instance-register-mismatch"]);
  });

  it("a certificate for another module", async () => {
    const names = chainNames(`${INSTANCE}-encffffffffffffffff`, FORGED_REGION);
    expect(await failuresOf({ certificates: { leaf: { subject: names.leaf } } })).toEqual([
      "module-id module-id-mismatch",
    ]);
    const longer = chainNames(`${MODULE_ID.nitro}0`, FORGED_REGION);
    expect(await failuresOf({ certificates: { leaf: { subject: longer.leaf } } })).toEqual([
      "module-id module-id-mismatch",
    ]);
  });

  it("a module id of no known form", async () => {
    const verdict = await judgeForged({
      moduleId: "i-0123-enc1",
      registers: { ...enclaveRegisters(), 4: pcrOf("i-0123") },
    });
    expect(failures(verdict)).toEqual(["module-id module-id-form"]);
    expect(checkNamed(verdict, "instance-register")?.status).toBe("skipped");
  });

  it("nothing of this is asked of an instance", async () => {
    const names = chainNames("i-0000000000000000f-tpm1", FORGED_REGION);
    expect((await judgeForged({ kind: "nitro-tpm", certificates: { leaf: { subject: names.leaf } } })).outcome).toBe(
      "verified",
    );
  });
});

describe("N15 a signature over another payload", () => {
  it("of the same key", async () => {
    const other = forgeDocument({ nonce: filled(1, 32) });
    const mixed = concat(forgeDocument({ nonce: filled(2, 32) }).subarray(0, -96), other.subarray(-96));
    expect(failures(await judgeBytes(mixed))).toEqual(["document-signature signature-invalid"]);
  });

  it("of another key", async () => {
    expect(await failuresOf({ sign1: { key: testKey("p384-9") } })).toEqual(["document-signature signature-invalid"]);
    expect(await failuresOf({ sign1: { key: CHAIN_KEYS.instance } })).toEqual(["document-signature signature-invalid"]);
  });
});

describe("N16 wrappings", () => {
  const document = forgeDocument();
  const scale = (length: number, size: 2 | 4): Uint8Array => {
    const value = (length << 2) | (size === 2 ? 1 : 2);
    return Uint8Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 255);
  };
  const json = (value: unknown): string => JSON.stringify(value);
  it.each([
    ["bytes", document, "COSE_Sign1"],
    ["base64", toBase64(document), "COSE_Sign1"],
    ["base64 with line breaks", toBase64(document).replace(/.{64}/g, "$&\n"), "COSE_Sign1"],
    ["base64url", toBase64Url(document), "COSE_Sign1"],
    ["hex", toHex(document), "COSE_Sign1"],
    ["hex with 0x", `0x${toHex(document)}`, "COSE_Sign1"],
    ["JSON with base64", json({ attestation: toBase64(document) }), "JSON"],
    ["JSON with hex", json({ attestation_document: toHex(document), other: 1 }), "JSON"],
    ["multibase base64", `m${toBase64(document)}`, "multibase"],
    ["multibase base64url", `u${toBase64Url(document)}`, "multibase"],
    ["multibase hex", `f${toHex(document)}`, "multibase"],
    ["SCALE", concat(scale(document.length, 2), document), "SCALE"],
    ["SCALE with four bytes", concat(scale(document.length, 4), document), "SCALE"],
  ])("%s", async (_, evidence, form) => {
    const verdict = await judgeBytes(evidence);
    expect([verdict.outcome, checkNamed(verdict, "evidence/recognised")?.params]).toEqual([
      "verified",
      { kind: "nitro", form },
    ]);
  });

  it.each([
    ["JSON with two documents", json({ attestation: toBase64(document), attestation_document: toBase64(document) })],
    ["JSON with a document cut short", json({ attestation: toBase64(document.subarray(0, 100)) })],
    ["JSON with a broken text", json({ attestation: `${toBase64(document)}*` })],
    ["JSON with an object", json({ attestation: { document: toBase64(document) } })],
    ["base64 with a broken character", `${toBase64(document)}*`],
    ["multibase with a broken character", `m${toBase64(document)}*`],
    ["SCALE of another length", concat(scale(document.length - 1, 2), document)],
    ["SCALE cut short", concat(scale(document.length, 2), document.subarray(0, -1))],
    ["base64 of base64", toBase64(toUtf8(toBase64(document)))],
  ])("%s is rejected", async (_, evidence) => expect((await judgeBytes(evidence)).outcome).toBe("rejected"));

  describe("in a certificate", () => {
    const key = testKey("p384-9");
    const names = (text: string): Uint8Array =>
      extension.raw(
        "2.5.29.17",
        concat(
          Uint8Array.of(
            0x30,
            0x82,
            (text.length + 4) >> 8,
            (text.length + 4) & 255,
            0x82,
            0x82,
            text.length >> 8,
            text.length & 255,
          ),
          toUtf8(text),
        ),
      );
    const carrier = (evidence: Uint8Array, host = ".example.org"): Uint8Array =>
      forgeCertificate({ subject: chainNames("x", "y").leaf, key, extensions: [names(toHex(evidence) + host)] });

    it("that it vouches for is verified", async () => {
      const verdict = await judgeBytes(carrier(forgeDocument({ userData: key.spki })));
      expect([failures(verdict), verdict.outcome, checkNamed(verdict, "carrier")?.status]).toEqual([
        [],
        "verified",
        "passed",
      ]);
      expect(checkNamed(verdict, "carrier")?.params).toEqual({ carrier: "x.y.aws" });
      expect((await judgeBytes(carrier(cbor.tag(18, forgeDocument({ userData: key.spki }))))).outcome).toBe("verified");
    });

    it("that it does not vouch for is rejected", async () => {
      expect(failures(await judgeBytes(carrier(document)))).toEqual(["carrier carrier-mismatch"]);
      expect(failures(await judgeBytes(carrier(forgeDocument({ userData: CHAIN_KEYS.leaf.spki }))))).toEqual([
        "carrier carrier-mismatch",
      ]);
    });

    it("without a host, or without a document, is no evidence", async () => {
      expect((await judgeBytes(carrier(document, ""))).outcome).toBe("rejected");
      expect((await judgeBytes(forgeChain().root)).outcome).toBe("rejected");
    });
  });
});

describe("N17 a debug document with true PCR3 and PCR4", () => {
  it("is still in debug mode", async () => {
    const registers = {
      ...enclaveRegisters(),
      0: ZERO,
      1: ZERO,
      2: ZERO,
      3: pcrOf("arn:aws:iam::123456789012:role/agent"),
      8: ZERO,
    };
    expect(
      await failuresOf(
        { registers },
        { expected: { nitro: { roleArn: "arn:aws:iam::123456789012:role/agent", instanceId: INSTANCE } } },
      ),
    ).toEqual(["evidence/covers covers-too-little", "debug debug-mode"]);
  });
});

describe("N19 regions and machines", () => {
  it.each(["eu-central-1", "us-gov-west-1", "ap-southeast-2"])(
    "%s is taken where it is accepted, and no other",
    async (region) => {
      expect(await failuresOf({ region }, withPolicy({ regions: [region, "us-east-1"] }))).toEqual([]);
      expect(await failuresOf({ region }, withPolicy({ regions: "us-east-1" }))).toEqual([
        "region-accepted region-not-accepted",
      ]);
      expect((await judgeForged({ region })).parts[0]?.claims.region).toBe(region);
    },
  );

  it("module ids likewise", async () => {
    expect(await failuresOf({}, withPolicy({ moduleIds: MODULE_ID.nitro }))).toEqual([]);
    expect(await failuresOf({}, withPolicy({ moduleIds: ["i-0123456789abcdef0-enc1"] }))).toEqual([
      "module-accepted module-not-accepted",
    ]);
  });

  it("an instance whose certificate names no region is in none", async () => {
    const names = chainNames("i-0000000000000000f-tpm1", FORGED_REGION);
    const request: DocumentRequest = { kind: "nitro-tpm", certificates: { leaf: { subject: names.leaf } } };
    expect(await failuresOf(request, { policy: { "nitro-tpm": { regions: [FORGED_REGION] } } })).toEqual([
      "region-accepted region-not-accepted",
    ]);
    expect(await failuresOf({ kind: "nitro-tpm" }, { policy: { "nitro-tpm": { regions: [FORGED_REGION] } } })).toEqual(
      [],
    );
  });

  it.each([
    { maxAge: -1 },
    { maxAge: Number.NaN },
    { maxAge: 0.5 },
    { regions: [] },
    { moduleIds: "" },
    { allow: ["migration"] },
    { maxage: 1 },
  ])("%j is a mistake", async (policy) => {
    await expect(judgeForged({}, withPolicy(policy as never))).rejects.toThrow(TypeError);
  });
});

describe("N20 nitriding's user data", () => {
  const publicKey = filled(1, 32);
  const data = filled(2, 32);
  const multihash = Uint8Array.of(0x12, 0x20);
  const good = concat(multihash, publicKey, multihash, data);
  const binding = { layout: "nitriding", publicKey, data } as const;

  it("of 68 bytes with both hashes is verified", async () => {
    expect((await judgeForged({ userData: good }, { binding })).outcome).toBe("verified");
  });

  it.each([
    ["of 67 bytes", good.subarray(0, 67)],
    ["of 69 bytes", concat(good, Uint8Array.of(0))],
    ["with another multihash", concat(Uint8Array.of(0x13, 0x20), good.subarray(2))],
    ["with the hashes exchanged", concat(multihash, data, multihash, publicKey)],
    ["without the prefixes", concat(publicKey, data)],
  ])("%s is rejected", async (_, userData) => {
    expect(await failuresOf({ userData }, { binding })).toEqual(["binding binding-mismatch"]);
  });

  it("inputs of another length are a mistake", async () => {
    await expect(judgeForged({}, { binding: { ...binding, data: filled(2, 31) } })).rejects.toThrow(TypeError);
  });
});
