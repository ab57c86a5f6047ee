/** No bit of a document can change, no byte be missing, and no check be left out, without the verdict showing it. */
import { describe, expect, it } from "vitest";
import {
  CHAIN_KEYS,
  chainNames,
  DOCUMENT_TIME,
  type DocumentRequest,
  enclaveRegisters,
  FORGED_REGION,
  forgeDocument,
  forgedRoot,
  MODULE_ID,
} from "../../../fixtures/nitro/document.js";
import { type Crypto, CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { toHex } from "../../../src/encoding/text.js";
import { inspect, nitro, nitroTpm, verify } from "../../../src/nitro.js";
import type { CrossCheck } from "../../../src/trust/cross-check.js";
import { checkNamed, failures, judgeBytes, judgeForged } from "../../support/nitro.js";
import { countVerifications, nodeCrypto } from "../../support/node-crypto.js";
import { describeShared, readShared } from "../../support/shared.js";

/**
 * An ideal signature scheme: what verified while it was recording verifies, and nothing else ever does. So a whole document can be
 * flipped bit by bit without 30,000 verifications; that real ones are as strict is for the tests of the back ends.
 */
function idealCrypto(): { readonly record: Crypto; readonly ideal: Crypto } {
  const good = new Set<string>();
  const label = (...parts: readonly Uint8Array[]): string =>
    parts.map((part) => Buffer.from(part).toString("latin1")).join("|");
  const nameOf: (...request: Parameters<Crypto["verify"]>) => string = (algorithm, key, signature, message) =>
    `${JSON.stringify(algorithm)}${label("point" in key ? key.point : key.modulus, signature, message)}`;
  const record: Crypto = {
    ...nodeCrypto,
    async verify(...request) {
      const valid = await nodeCrypto.verify(...request);
      if (valid) good.add(nameOf(...request));
      return valid;
    },
  };
  return { record, ideal: { ...nodeCrypto, verify: async (...request) => good.has(nameOf(...request)) } };
}

/** Bits whose change does not reject. A step of 9 takes one of each byte, another in each. */
async function survivors(
  document: Uint8Array,
  judge: (bytes: Uint8Array, crypto: Crypto) => Promise<{ readonly outcome: string }>,
  step: 1 | 9,
): Promise<readonly number[]> {
  const { record, ideal } = idealCrypto();
  expect((await judge(document, record)).outcome).toBe("verified");
  expect((await judge(document, ideal)).outcome).toBe("verified");
  const found: number[] = [];
  for (let bit = 0; bit < document.length * 8; bit += step) {
    const changed = document.slice();
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    if ((await judge(changed, ideal)).outcome !== "rejected") found.push(bit);
  }
  return found;
}

describe("a changed document", () => {
  it("is rejected, whichever bit of it is changed", { timeout: 180_000 }, async () => {
    // Short, so that every bit has its turn: the leaf right under the root, and the registers that count.
    const { 0: pcr0, 1: pcr1, 2: pcr2, 4: pcr4 } = enclaveRegisters() as Record<0 | 1 | 2 | 4, Uint8Array>;
    const names = chainNames(MODULE_ID.nitro, FORGED_REGION);
    const document = forgeDocument({
      registers: { 0: pcr0, 1: pcr1, 2: pcr2, 4: pcr4 },
      bundle: ([root]) => [root as Uint8Array],
      certificates: { leaf: { issuer: names.root, issuerKey: CHAIN_KEYS.root } },
      nonce: new Uint8Array(16).fill(1),
      userData: new Uint8Array(),
    });
    expect(await survivors(document, (bytes, crypto) => judgeBytes(bytes, { crypto }), 1)).toEqual([]);
  });

  it("is rejected at every length that it is cut to", { timeout: 60_000 }, async () => {
    const document = forgeDocument();
    for (let length = 1; length < document.length; length++) {
      const { outcome } = await judgeBytes(document.subarray(0, length), { crypto: nodeCrypto });
      if (outcome !== "rejected") expect([length, outcome]).toEqual([length, "rejected"]);
    }
    expect((await judgeBytes(document)).outcome).toBe("verified");
  });
});

describe("cryptography", () => {
  it("is asked for five signatures, all at once", async () => {
    const counted = countVerifications(nodeCrypto);
    expect((await judgeForged({}, { crypto: counted })).outcome).toBe("verified");
    expect([counted.verified(), counted.peak()]).toEqual([5, 5]);
  });

  it("that is not there leaves every check that needs it undetermined, and nothing verified", async () => {
    const unavailable = async (): Promise<never> => {
      throw new CryptoUnavailableError("none here");
    };
    const verdict = await judgeForged({}, { crypto: { name: "none", digest: unavailable, verify: unavailable } });
    const open = verdict.checks
      .filter(({ status }) => status === "undetermined")
      .map(({ id, code }) => `${id} ${code}`);
    expect(verdict.outcome).toBe("undetermined");
    expect(open).toEqual(
      ["root", "certificate-path", "document-signature", "instance-register"].map(
        (name) => `nitro/${name} crypto-unavailable`,
      ),
    );
  });

  it("that gives another digest fails the digest of PCR4", async () => {
    const wrong: Crypto = {
      ...nodeCrypto,
      digest: async (hash, message) => (await nodeCrypto.digest(hash, message)).map((byte) => byte ^ 1),
    };
    expect(failures(await judgeForged({}, { crypto: wrong }))).toEqual([
      "instance-register instance-register-mismatch",
    ]);
  });
});

describeShared("the pinned root", () => {
  const document = readShared("evidence/nitro/marlin/aws_pcr16.cbor");
  const options = { expected: "any-build", binding: "unbound", at: new Date("2025-04-29T10:32:39.691Z") } as const;

  it("is hashed once by each back end, and another root always", async () => {
    const digests: string[] = [];
    const counting = (): Crypto => ({
      ...nodeCrypto,
      digest: async (hash, message) => {
        if (message.length === 533) digests.push(hash);
        return nodeCrypto.digest(hash, message);
      },
    });
    const [first, second] = [counting(), counting()];
    for (const crypto of [first, first, second, second])
      expect(failures(await verify(document, { ...options, crypto }))).toEqual([]);
    expect(digests).toEqual(["SHA-256", "SHA-256"]);
    // A bit of the root's signature: neither its name nor its key is another.
    const root = Buffer.from(document).indexOf(Buffer.from("3082021130820196", "hex"));
    const changed = document.slice();
    changed[root + 500] = (changed[root + 500] as number) ^ 1;
    for (let again = 0; again < 3; again++)
      expect(failures(await verify(changed, { ...options, crypto: first }))).toContain("root root-not-pinned");
    expect(failures(await verify(document, { ...options, crypto: first }))).toEqual([]);
  });
});

describe("the second reader", () => {
  const agreeing = (change: (reading: Record<string, string>) => Record<string, string>): CrossCheck => ({
    name: "test",
    certificate: () => change({}),
    crl: () => ({}),
  });

  it("that reads otherwise rejects", async () => {
    const verdict = await judgeForged({}, { crossCheck: agreeing((reading) => reading) });
    expect(failures(verdict)).toEqual(["cross-check cross-check-disagrees"]);
  });

  it("is not asked where none is given", async () => {
    expect(checkNamed(await judgeForged(), "cross-check")).toBeUndefined();
  });
});

describe("checks", () => {
  const IDS = ["format", "root", "certificate-path", "certificate-validity", "document-signature", "module-id"];

  it.each([
    ["nitro", nitro, [...IDS, "instance-register", "age", "build", "binding", "debug"]],
    ["nitro-tpm", nitroTpm, [...IDS, "age", "build", "binding", "command-line"]],
  ] as const)("of %s: all required ones are in the verdict, in their order", async (kind, { checks }, names) => {
    const verdict = await judgeForged({ kind });
    const required = checks.filter((check) => check.required).map(({ id }) => id);
    expect(required).toEqual(names.map((name) => `${kind}/${name}`));
    expect(verdict.checks.filter(({ id }) => id.startsWith(`${kind}/`)).map(({ id }) => id)).toEqual(required);
    expect(verdict.checks.every(({ detail }) => detail !== "" && !/\{\w+\}/.test(detail))).toBe(true);
  });

  it("have a text for each code that can come of them", async () => {
    const requests: readonly DocumentRequest[] = [
      { timestamp: DOCUMENT_TIME - 86_400_000 },
      { timestamp: DOCUMENT_TIME + 86_400_000 },
      { sign1: { signature: (s) => s.map((byte) => byte ^ 1) } },
      { certificates: { zonal: { serial: 0 } } },
      { moduleId: "x" },
      { registers: { 0: new Uint8Array(48) } },
    ];
    for (const request of requests) {
      const verdict = await judgeForged(request, { binding: { nonce: new Uint8Array(16) } });
      for (const { id, code, detail } of verdict.checks)
        expect([id, code, /\{\w+\}/.test(detail), detail === code]).toEqual([id, code, false, false]);
    }
  });
});

describe("inspect", () => {
  it.each([false, true])("maps every byte of the document (tag 18: %s)", (tagged) => {
    const document = forgeDocument({ nonce: new Uint8Array(16).fill(5), sign1: { tagged } });
    const { structures, notVerified, kind } = inspect(document);
    const [structure] = structures;
    let end = 0;
    for (const { offset, length } of structure?.fields ?? []) {
      expect([offset, length > 0]).toEqual([end, true]);
      end += length;
    }
    expect([notVerified, kind, end]).toEqual([true, "nitro", document.length]);
    const field = (name: string): string | undefined => structure?.fields.find((item) => item.name === name)?.bytes;
    expect([field("protected"), field("nonce"), field("pcrs 0"), field("signature")]).toEqual([
      "a1013822",
      "05".repeat(16),
      "10".repeat(48),
      toHex(document.subarray(-96)),
    ]);
    expect(structure?.fields.filter(({ name }) => name.startsWith("cabundle "))).toHaveLength(4);
    // The regional certificate follows the root with a head of three bytes between them.
    const names = structure?.fields.map(({ name, length }) => (name === "cbor" ? length : name)) ?? [];
    expect(names.slice(names.indexOf("cabundle 0"), names.indexOf("cabundle 2"))).toEqual([
      "cabundle 0",
      3,
      "cabundle 1",
      3,
    ]);
  });
});

describeShared("a changed document of the shared evidence", () => {
  it("is rejected, whichever byte of it is changed", { timeout: 180_000 }, async () => {
    const document = readShared("evidence/nitro/marlin/aws_pcr16.cbor");
    const pcr0 = "2984ab215649c40ffe8f8b80cfadee47f1b06760f7d9257981f64b2758c347fafa6c733591b25e75ae7e9d1cb86ad5df";
    const at = new Date("2025-04-29T10:32:39.691Z");
    const judge = (bytes: Uint8Array, crypto: Crypto) =>
      verify(bytes, { crypto, expected: pcr0, binding: "unbound", at });
    expect(await survivors(document, judge, 9)).toEqual([]);
  });
});

describe("the root of the forge", () => {
  it("is the same for every document of one time", () => {
    expect(toHex(forgedRoot())).toBe(toHex(forgedRoot({ region: "us-east-1" })));
  });
});
