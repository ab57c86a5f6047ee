/** The N table of the reference: the registers and fields of a document; each row is a test of its name. */
import { describe, expect, it } from "vitest";
import * as cbor from "../../../fixtures/cbor.js";
import {
  DOCUMENT_TIME,
  type DocumentRequest,
  enclaveRegisters,
  filled,
  forgeDocument,
  forgedRoot,
  INSTANCE,
  MODULE_ID,
  pcrOf,
  registerMap,
  tpmRegisters,
} from "../../../fixtures/nitro/document.js";
import { toHex, toUtf8 } from "../../../src/encoding/text.js";
import { createVerifier, nitro, nitroTpm } from "../../../src/nitro.js";
import {
  checkNamed,
  FORGED_PCRS,
  failures,
  judgeBytes,
  judgeForged,
  malformedReason,
  type NitroOptions,
} from "../../support/nitro.js";

const reasonOf = async (request: DocumentRequest): Promise<string> => malformedReason(await judgeForged(request));
const failuresOf = async (request: DocumentRequest, options?: NitroOptions): Promise<readonly string[]> =>
  failures(await judgeForged(request, options));
const withPolicy = (policy: NonNullable<NitroOptions["policy"]>["nitro"]): NitroOptions => ({
  policy: { nitro: policy as NonNullable<typeof policy> },
});
const ZERO = new Uint8Array(48);

describe("N7 debug mode", () => {
  it.each([
    ["PCR0 to PCR2 zero", { 0: ZERO, 1: ZERO, 2: ZERO }, "PCR0, PCR1, PCR2"],
    ["only PCR0 zero", { 0: ZERO }, "PCR0"],
    ["only PCR1 zero", { 1: ZERO }, "PCR1"],
    ["only PCR2 zero", { 2: ZERO }, "PCR2"],
  ])("%s is rejected unless allowed", async (_, zero, named) => {
    const request = { registers: { ...enclaveRegisters(), ...zero } };
    const verdict = await judgeForged(request, { expected: "any-build" });
    expect(failures(verdict)).toEqual(["debug debug-mode"]);
    expect(checkNamed(verdict, "debug")?.detail).toContain(named);
    const allowed = await judgeForged(request, { expected: "any-build", ...withPolicy({ allow: ["debug"] }) });
    expect([failures(allowed), checkNamed(allowed, "debug")?.status]).toEqual([[], "waived"]);
    expect(allowed.limits.join(" ")).toContain("Nobody can look into the enclave");
  });

  it("PCR0 that is missing is no measurement either", async () => {
    const { 0: _, ...registers } = enclaveRegisters();
    expect(await failuresOf({ registers }, { expected: "any-build" })).toEqual(["debug debug-mode"]);
  });

  it("an empty list allows nothing", async () => {
    expect(
      await failuresOf(
        { registers: { ...enclaveRegisters(), 0: ZERO } },
        { expected: "any-build", ...withPolicy({ allow: [] }) },
      ),
    ).toEqual(["debug debug-mode"]);
  });
});

describe("N8 registers", () => {
  const register = (value: Uint8Array): Uint8Array => cbor.bytes(value);
  const pcrs = (...pairs: readonly (readonly [Uint8Array, Uint8Array])[]): Promise<string> =>
    reasonOf({ fields: { pcrs: cbor.map(...pairs) } });

  it("one that is expected and not in the document never matches", async () => {
    const { 8: _, ...registers } = enclaveRegisters();
    const expected = { nitro: { pcrs: { ...FORGED_PCRS, 8: ZERO } } };
    const verdict = await judgeForged({ registers }, { expected });
    expect(failures(verdict)).toEqual(["build build-mismatch"]);
    expect(checkNamed(verdict, "build")?.detail).toContain("PCR8 is not in the document");
    expect(await failuresOf({}, { expected })).toEqual([]);
  });

  it("of 32, 47, 49 or 64 bytes are malformed", async () => {
    for (const length of [0, 32, 47, 49, 64])
      expect(await pcrs([cbor.int(0), register(filled(1, length))])).toMatch(/pcrs 0 is no byte string of 48 bytes/);
  });

  it("under index 32, -1 or text are malformed", async () => {
    for (const key of [cbor.int(32), cbor.int(-1), cbor.text("0")])
      expect(await pcrs([key, register(ZERO)])).toMatch(/no number from 0 to 31/);
    expect(await pcrs([cbor.int(31), register(ZERO)])).toBe("");
  });

  it("that stand twice are malformed", async () => {
    expect(await pcrs([cbor.int(0), register(ZERO)], [cbor.int(0), register(ZERO)])).toMatch(/duplicate key/);
  });

  it("that are none are malformed", async () => {
    expect(await pcrs()).toMatch(/at least one register/);
    for (const item of [cbor.array(), cbor.NULL, null])
      expect(await reasonOf({ fields: { pcrs: item } })).toMatch(/pcrs is no map/);
    expect(await pcrs([cbor.int(0), cbor.text("x")])).toMatch(/pcrs 0 is no byte string/);
  });
});

describe("N9 policies that identify no code", () => {
  const misuse = (expected: unknown): Promise<unknown> =>
    judgeForged({}, { expected: expected as NonNullable<NitroOptions["expected"]> });

  it.each([
    ["no member", { nitro: {} }],
    ["no register", { nitro: { pcrs: {} } }],
    ["an empty set of values", { nitro: { pcrs: { 0: [] } } }],
    ["no complete set", { nitro: { sets: [] } }],
    ["an empty complete set", { nitro: { sets: [{}] } }],
    ["no digest", { nitro: { registersSha256: [] } }],
    ["a digest of no register", { nitro: { registersSha256: { registers: [], sha256: filled(1, 32) } } }],
    ["zeros, which debug mode shows", { nitro: { pcrs: { 0: ZERO } } }],
    ["zeros in PCR1", { nitro: { pcrs: { 1: ZERO } } }],
    ["zeros in PCR2", { nitro: { sets: [{ 0: filled(1), 2: ZERO }] } }],
    ["a register of 47 bytes", { nitro: { pcrs: { 0: filled(1, 47) } } }],
    ["a register 32", { nitro: { pcrs: { 32: filled(1) } } }],
    ["a register 01", { nitro: { pcrs: { "01": filled(1) } } }],
    ["a register 24 of an instance", { "nitro-tpm": { pcrs: { 24: filled(1) } } }],
    ["an enclave's demands on an instance", { "nitro-tpm": { roleArn: "arn:aws:iam::1:role/x" } }],
    ["a misspelt member", { nitro: { pcr: { 0: filled(1) } } }],
    ["a signer that is no certificate", { nitro: { signer: filled(1) } }],
    ["an instance id of another form", { nitro: { instanceId: "i-XYZ" } }],
  ])("%s is a mistake", async (_, expected) => {
    await expect(misuse(expected)).rejects.toThrow(TypeError);
  });

  it("PCR2 of nothing is named, and expecting it alone covers nothing", async () => {
    const EMPTY = "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a";
    const registers = { ...enclaveRegisters(), 2: Uint8Array.from(Buffer.from(EMPTY, "hex")) };
    const alone = await judgeForged({ registers }, { expected: { nitro: { pcrs: { 2: EMPTY } } } });
    expect([alone.outcome, alone.covers]).toEqual(["rejected", "nothing"]);
    expect(failures(alone)).toEqual(["evidence/covers covers-too-little"]);
    expect(checkNamed(alone, "build")?.notice).toMatch(/PCR2 identifies no code/);
    const all = await judgeForged({ registers }, { expected: { nitro: { pcrs: { ...FORGED_PCRS, 2: EMPTY } } } });
    expect([all.outcome, checkNamed(all, "build")?.notice]).toEqual([
      "verified",
      expect.stringContaining("PCR2 identifies no code"),
    ]);
    expect(checkNamed(await judgeForged({ registers }, { expected: "any-build" }), "build")?.status).toBe("waived");
    expect(checkNamed(await judgeForged(), "build")?.notice).toBeUndefined();
  });

  it.each([
    [[0], "launch"],
    [[1, 2], "launch"],
    [[0, 8], "launch"],
    [[1], "nothing"],
    [[2], "nothing"],
    [[8], "nothing"],
    [[3, 4], "nothing"],
  ] as const)("PCR %j covers %s", async (indices, covers) => {
    const registers: Record<number, Uint8Array> = { ...enclaveRegisters(), 3: filled(3), 8: filled(8) };
    const pcrs = Object.fromEntries(indices.map((index) => [index, registers[index] as Uint8Array]));
    const verdict = await judgeForged({ registers }, { expected: { nitro: { pcrs } } });
    expect([verdict.covers, verdict.outcome]).toEqual([covers, covers === "launch" ? "verified" : "rejected"]);
  });

  it("PCR0 alone says what it leaves open, PCR0 to PCR2 do not", async () => {
    const open = "PCR0 alone does not tell";
    expect((await judgeForged({}, { expected: toHex(FORGED_PCRS[0]) })).limits.join(" ")).toContain(open);
    expect((await judgeForged()).limits.join(" ")).not.toContain(open);
  });
});

describe("N12 enclaves and instances", () => {
  const tpm: DocumentRequest = { kind: "nitro-tpm" };
  const enclavesOnly = createVerifier([nitro]);
  const instancesOnly = createVerifier([nitroTpm]);
  const base = { binding: "unbound", at: new Date(DOCUMENT_TIME), trustAnchors: { aws: [forgedRoot()] } } as const;

  it("both are verified for what they are", async () => {
    expect((await judgeForged(tpm)).parts[0]?.kind).toBe("nitro-tpm");
    expect((await judgeForged(tpm)).outcome).toBe("verified");
    expect((await judgeForged()).parts[0]?.kind).toBe("nitro");
  });

  it("what is expected of one is nothing for the other", async () => {
    expect(await failuresOf(tpm, { expected: { nitro: { pcrs: { 4: filled(0x44) } } } })).toEqual([
      "evidence/covers covers-too-little",
      "build no-reference-values",
    ]);
    expect(await failuresOf({}, { expected: { "nitro-tpm": { pcrs: { 4: pcrOf(INSTANCE) } } } })).toEqual([
      "evidence/covers covers-too-little",
      "build no-reference-values",
    ]);
    expect(await failuresOf(tpm, { expected: toHex(filled(0x40)) })).toEqual([
      "evidence/covers covers-too-little",
      "build no-reference-values",
    ]);
  });

  it("a verifier of one does not know the other", async () => {
    expect((await enclavesOnly.verify(forgeDocument(tpm), { ...base, expected: "any-build" })).outcome).toBe(
      "rejected",
    );
    expect((await instancesOnly.verify(forgeDocument(), { ...base, expected: "any-build" })).outcome).toBe("rejected");
    expect(
      (
        await instancesOnly.verify(forgeDocument(tpm), {
          ...base,
          expected: { "nitro-tpm": { pcrs: { 4: filled(0x44) } } },
        })
      ).outcome,
    ).toBe("verified");
  });

  it("`accept` keeps the other out", async () => {
    expect(await failuresOf(tpm, { accept: ["nitro"] })).toEqual(["evidence/accepted-kind kind-not-accepted"]);
  });

  it("a document with both registers is malformed", async () => {
    const both = { fields: { nitrotpm_pcrs: registerMap(tpmRegisters()) } };
    expect(await reasonOf(both)).toMatch(/field that a document of this kind has not: nitrotpm_pcrs/);
    expect((await instancesOnly.verify(forgeDocument(both), { ...base, expected: "any-build" })).outcome).toBe(
      "rejected",
    );
  });

  it("a document with neither is malformed", async () => {
    expect(await reasonOf({ fields: { pcrs: null } })).toMatch(/pcrs is no map/);
  });

  it("the module id must be of the same kind", async () => {
    const certificates = {};
    expect(await failuresOf({ moduleId: MODULE_ID["nitro-tpm"], certificates })).toContain("module-id module-id-form");
    expect(await failuresOf({ ...tpm, moduleId: MODULE_ID.nitro })).toEqual(["module-id module-id-form"]);
  });

  it("an instance's index 24 is malformed, and so is a register of 32 bytes", async () => {
    expect(await reasonOf({ ...tpm, registers: { ...tpmRegisters(), 24: ZERO } })).toMatch(/no number from 0 to 23/);
    expect(await reasonOf({ ...tpm, registers: { ...tpmRegisters(), 4: filled(1, 32) } })).toMatch(
      /nitrotpm_pcrs 4 is no byte string of 48 bytes/,
    );
  });
});

describe("N13 fields", () => {
  const long = (length: number): Uint8Array => cbor.bytes(filled(1, length));
  it.each([
    ["digest SHA256", { digest: cbor.text("SHA256") }, /digest is not SHA384/],
    ["digest missing", { digest: null }, /digest is not SHA384/],
    ["digest as bytes", { digest: cbor.bytes(toUtf8("SHA384")) }, /digest is not SHA384/],
    ["module_id empty", { module_id: cbor.text("") }, /module_id is no text/],
    ["module_id a number", { module_id: cbor.int(1) }, /module_id is no text/],
    ["module_id missing", { module_id: null }, /module_id is no text/],
    ["module_id of 129 characters", { module_id: cbor.text("i".repeat(129)) }, /module_id is no text/],
    ["certificate of 1025 bytes", { certificate: long(1025) }, /certificate is no byte string of 1 to 1024/],
    ["certificate of no byte", { certificate: long(0) }, /certificate is no byte string of 1 to 1024/],
    ["certificate that is none", { certificate: long(600) }, /DER/],
    ["certificate missing", { certificate: null }, /certificate is no byte string/],
    ["cabundle empty", { cabundle: cbor.array() }, /1 to 8 certificates/],
    ["cabundle missing", { cabundle: null }, /1 to 8 certificates/],
    ["cabundle a byte string", { cabundle: long(10) }, /1 to 8 certificates/],
    ["cabundle with text", { cabundle: cbor.array(cbor.text("x")) }, /cabundle certificate is no byte string/],
    ["cabundle with 1025 bytes", { cabundle: cbor.array(long(1025)) }, /cabundle certificate is no byte string/],
    ["public_key of 1025 bytes", { public_key: long(1025) }, /public_key is no byte string of 1 to 1024/],
    ["public_key of no byte", { public_key: long(0) }, /public_key is no byte string of 1 to 1024/],
    ["public_key as text", { public_key: cbor.text("x") }, /public_key is no byte string/],
    ["user_data of 513 bytes", { user_data: long(513) }, /user_data is no byte string of 0 to 512/],
    ["user_data as text", { user_data: cbor.text("x") }, /user_data is no byte string/],
    ["nonce of 513 bytes", { nonce: long(513) }, /nonce is no byte string of 0 to 512/],
    ["nonce as a number", { nonce: cbor.int(7) }, /nonce is no byte string/],
  ] as const)("%s is malformed", async (_, fields, reason) => {
    expect(await reasonOf({ fields })).toMatch(reason);
  });

  it.each([
    ["public_key", { publicKey: filled(1, 1024) }],
    ["user_data", { userData: filled(1, 512) }],
    ["nonce", { nonce: filled(1, 512) }],
    ["nonce of no byte", { nonce: new Uint8Array() }],
  ])("%s at its limit is verified", async (_, request) =>
    expect((await judgeForged(request)).outcome).toBe("verified"),
  );

  it("a field that is not known is malformed", async () => {
    expect(await reasonOf({ extra: [[cbor.text("future"), cbor.NULL]] })).toMatch(/has not: future/);
  });

  it("a module_id of 128 characters is no malformed one", async () => {
    expect(await reasonOf({ fields: { module_id: cbor.text("i".repeat(128)) } })).toBe("");
  });

  it("a payload that is no map is no document, and malformed to who takes it for one", async () => {
    const document = forgeDocument({ mutatePayload: () => cbor.array(cbor.text("module_id")) });
    expect((await judgeBytes(document)).outcome).toBe("rejected");
    expect(() => nitro.parse(document, { bytes: document, form: "", endorsements: [] })).toThrow(
      /payload is not a map/,
    );
  });

  it("a malformed document is of the kind whose registers it names", async () => {
    const cut = (kind: "nitro" | "nitro-tpm") => judgeBytes(forgeDocument({ kind }).subarray(0, -1));
    for (const kind of ["nitro", "nitro-tpm"] as const) {
      const { checks } = await cut(kind);
      expect(checks.filter(({ status }) => status === "failed").map(({ id }) => id)).toEqual([`${kind}/format`]);
    }
  });
});
