/** What a relying party can demand of registers: by index, in complete sets, from a signer, a role, an instance, or as one digest; and of an instance's boot. */
import { describe, expect, it } from "vitest";
import { concat } from "../../../fixtures/der.js";
import { digest, testKey } from "../../../fixtures/keys.js";
import { bundleOf, forgeManifest } from "../../../fixtures/manifest/manifest.js";
import {
  type DocumentRequest,
  enclaveRegisters,
  filled,
  forgeDocument,
  INSTANCE,
  pcrOf,
  tpmRegisters,
} from "../../../fixtures/nitro/document.js";
import { signerCertificate } from "../../../fixtures/nitro/eif.js";
import { pem } from "../../../fixtures/x509.js";
import { toHex } from "../../../src/encoding/text.js";
import type { NitroReference, NitroTpmReference } from "../../../src/nitro.js";
import { checkNamed, FORGED_PCRS, failures, judgeBytes, judgeForged } from "../../support/nitro.js";

const judgeNitro = (reference: NitroReference, request: DocumentRequest = {}) =>
  judgeForged(request, { expected: { nitro: reference } });
const judgeTpm = (reference: NitroTpmReference, registers: Readonly<Record<number, Uint8Array>> = tpmRegisters()) =>
  judgeForged({ kind: "nitro-tpm", registers }, { expected: { "nitro-tpm": reference } });
const MISMATCH = ["build build-mismatch"];
const { 0: pcr0, 1: pcr1, 2: pcr2 } = FORGED_PCRS;
const ZERO = new Uint8Array(48);

describe("registers by index", () => {
  it("match a value, its hex in either case, or one of a set", async () => {
    for (const value of [pcr0, toHex(pcr0), toHex(pcr0).toUpperCase(), [filled(9), pcr0]])
      expect((await judgeNitro({ pcrs: { 0: value } })).outcome).toBe("verified");
  });

  it("differ in one bit, and the message names the register, what it is and what was expected", async () => {
    const other = filled(0x10);
    other[47] = 0x11;
    const verdict = await judgeNitro({ pcrs: { 0: [other, filled(9)], 1: pcr1 } });
    expect(failures(verdict)).toEqual(MISMATCH);
    expect(checkNamed(verdict, "build")?.params.differing).toEqual([
      `PCR0 is ${toHex(pcr0)} and not ${toHex(other)} or ${toHex(filled(9))}`,
    ]);
  });

  it("must all match", async () => {
    for (const index of [0, 1, 2])
      expect(failures(await judgeNitro({ pcrs: { ...FORGED_PCRS, [index]: filled(9) } }))).toEqual(MISMATCH);
  });
});

describe("what a verdict leaves open", () => {
  const SPLIT = "PCR0 alone does not tell";
  const REPLAY = "the same document could be shown again";
  const limits = async (reference: NitroReference): Promise<string> => (await judgeNitro(reference)).limits.join(" ");

  it("is how the image divides, unless PCR1 and PCR2 are expected too", async () => {
    expect(await limits({ pcrs: { 0: pcr0, 1: pcr1 } })).toContain(SPLIT);
    expect(await limits({ pcrs: { 0: pcr0, 2: pcr2 } })).toContain(SPLIT);
    expect(await limits({ pcrs: FORGED_PCRS })).not.toContain(SPLIT);
    expect(await limits({ pcrs: { 1: pcr1, 2: pcr2 } })).not.toContain(SPLIT);
    expect(await limits({ pcrs: { 1: pcr1 } })).not.toContain(SPLIT);
  });

  it("is that it may be shown again, unless it answers a nonce", async () => {
    const nonce = filled(7, 32);
    expect((await judgeForged({ nonce })).limits.join(" ")).toContain(REPLAY);
    expect((await judgeForged({ nonce }, { binding: { nonce } })).limits.join(" ")).not.toContain(REPLAY);
  });

  it("the message of the build names the registers that a kind's build is known by", async () => {
    const zeros = "00".repeat(48);
    const any = { expected: "any-build" } as const;
    expect(checkNamed(await judgeForged({}, any), "build")?.params.shown).toEqual(
      [pcr0, pcr1, pcr2].map((value, index) => `PCR${index} ${toHex(value)}`),
    );
    const shown = [`PCR4 ${"44".repeat(48)}`, `PCR7 ${"47".repeat(48)}`, `PCR12 ${zeros}`];
    expect(checkNamed(await judgeForged({ kind: "nitro-tpm" }, any), "build")?.params.shown).toEqual(shown);
    const { 2: _, ...registers } = enclaveRegisters();
    expect(checkNamed(await judgeForged({ registers }, any), "build")?.params.shown).toContain("PCR2 absent");
  });
});

describe("complete sets", () => {
  it("match as a whole, and a mixture of two does not", async () => {
    const a = { 0: filled(0xa0), 1: filled(0xa1), 2: filled(0xa2) };
    expect((await judgeNitro({ sets: [a, FORGED_PCRS] })).outcome).toBe("verified");
    expect(
      failures(
        await judgeNitro({
          sets: [
            { ...a, 0: pcr0 },
            { ...FORGED_PCRS, 0: filled(0xa0) },
          ],
        }),
      ),
    ).toEqual(MISMATCH);
    expect(failures(await judgeNitro({ sets: [a] }))).toEqual(MISMATCH);
  });

  it("hold beside what is demanded by index", async () => {
    expect(failures(await judgeNitro({ sets: [FORGED_PCRS], pcrs: { 8: filled(1) } }))).toEqual(MISMATCH);
  });
});

describe("several builds of one manifest", () => {
  const hexes = (pcrs: Readonly<Record<number, Uint8Array>>) =>
    Object.fromEntries(Object.entries(pcrs).map(([index, value]) => [index, toHex(value)]));
  const near = hexes({ ...FORGED_PCRS, 1: filled(0xa1) });
  const far = hexes({ 0: filled(0xb0), 1: filled(0xb1), 2: filled(0xb2) });
  const judged = (...builds: readonly (readonly [label: string, pcrs: typeof near])[]) => {
    const platforms = builds.map(([label, pcrs]) => ({ kind: "nitro", label, values: { pcrs } }));
    const { text, hash } = forgeManifest({ platforms });
    return judgeBytes(bundleOf(forgeDocument(), text), { expected: hash });
  };

  it("one that matches as a whole is enough, and the closest is named where none does", async () => {
    for (const order of [0, 1]) {
      const turned = <T>(items: readonly T[]) => (order === 0 ? items : [...items].reverse());
      const none = await judged(...turned([["near", near] as const, ["far", far] as const]));
      expect(failures(none)).toEqual(MISMATCH);
      expect(checkNamed(none, "build")?.params.differing).toEqual([
        `PCR1 is ${toHex(pcr1)} and not ${toHex(filled(0xa1))}`,
      ]);
      const one = await judged(...turned([["right", hexes(FORGED_PCRS)] as const, ["near", near] as const]));
      expect([failures(one), one.covers === "nothing"]).toEqual([[], false]);
      const mixed = { ...far, 0: toHex(pcr0) };
      expect(failures(await judged(...turned([["near", near] as const, ["mixed", mixed] as const])))).toEqual(MISMATCH);
    }
  });

  it("of two that are equally far the first is named", async () => {
    const other = hexes({ ...FORGED_PCRS, 2: filled(0xa2) });
    const named = async (...builds: readonly (readonly [string, typeof near])[]) =>
      checkNamed(await judged(...builds), "build")?.params.source;
    expect(await named(["a", near], ["b", other])).toContain("a");
    expect(await named(["b", other], ["a", near])).toContain("b");
  });
});

describe("what registers come of", () => {
  const ARN = "arn:aws:iam::123456789012:role/agent";
  const certificate = signerCertificate(testKey("p384-9"));
  const pcr8 = digest("SHA-384", concat(ZERO, digest("SHA-384", certificate)));
  const registers = { ...enclaveRegisters(), 3: pcrOf(ARN), 8: pcr8 };

  it.each([
    ["signer, DER", { signer: certificate }, { signer: signerCertificate(testKey("p384-8")) }],
    [
      "signer, PEM",
      { signer: pem("CERTIFICATE", certificate) },
      { signer: pem("CERTIFICATE", signerCertificate(testKey("p384-8"))) },
    ],
    [
      "one of two signers",
      { signer: [signerCertificate(testKey("p384-8")), certificate] },
      { signer: [signerCertificate(testKey("p384-8"))] },
    ],
    ["role", { roleArn: ARN }, { roleArn: `${ARN}2` }],
    ["instance", { instanceId: INSTANCE }, { instanceId: "i-0123456789abcdef1" }],
  ] as const)("%s", async (_, good, bad) => {
    expect((await judgeNitro({ pcrs: FORGED_PCRS, ...good }, { registers })).outcome).toBe("verified");
    expect(failures(await judgeNitro({ pcrs: FORGED_PCRS, ...bad }, { registers }))).toEqual(MISMATCH);
    expect((await judgeNitro(good, { registers })).covers).toBe("nothing");
  });

  it("an unsigned image and no role match neither", async () => {
    expect(failures(await judgeNitro({ pcrs: FORGED_PCRS, signer: certificate }))).toEqual(MISMATCH);
    expect(failures(await judgeNitro({ pcrs: FORGED_PCRS, roleArn: ARN }))).toEqual(MISMATCH);
    const { 8: _, ...without } = enclaveRegisters();
    expect(
      checkNamed(await judgeNitro({ pcrs: FORGED_PCRS, signer: certificate }, { registers: without }), "build")?.detail,
    ).toContain("PCR8 is not in the document");
  });
});

describe("one digest of several registers", () => {
  const sha256 = digest("SHA-256", concat(Uint8Array.of(1, 2), pcr0, pcr1, pcr2));

  it("matches over a prefix and the registers in their order", async () => {
    const good = await judgeNitro({ registersSha256: { prefix: "0102", registers: [0, 1, 2], sha256 } });
    expect([good.outcome, good.covers]).toEqual(["verified", "launch"]);
    expect(good.limits.join(" ")).not.toContain("PCR0 alone");
    expect(failures(await judgeNitro({ registersSha256: { prefix: "0103", registers: [0, 1, 2], sha256 } }))).toEqual(
      MISMATCH,
    );
    expect(failures(await judgeNitro({ registersSha256: { prefix: "0102", registers: [1, 0, 2], sha256 } }))).toEqual(
      MISMATCH,
    );
    expect(failures(await judgeNitro({ registersSha256: { registers: [0, 1, 2], sha256 } }))).toEqual(MISMATCH);
    expect(
      (await judgeNitro({ registersSha256: { prefix: "0102", registers: [0, 1, 2], sha256: [filled(1, 32), sha256] } }))
        .outcome,
    ).toBe("verified");
  });

  it("takes a register that is missing for zero only where it is told to", async () => {
    const withZero = digest("SHA-256", concat(pcr0, ZERO));
    expect(
      (await judgeNitro({ registersSha256: { registers: [0, 16], absentAsZero: [16], sha256: withZero } })).outcome,
    ).toBe("verified");
    const verdict = await judgeNitro({ registersSha256: { registers: [0, 16], sha256: withZero } });
    expect(checkNamed(verdict, "build")?.params.differing).toEqual(["PCR16 is not in the document"]);
  });

  it("of registers that are not the whole image covers nothing", async () => {
    expect((await judgeNitro({ registersSha256: { registers: [1], sha256: digest("SHA-256", pcr1) } })).covers).toBe(
      "nothing",
    );
  });
});

describe("an instance with NitroTPM", () => {
  it.each([
    [[4], "launch"],
    [[4, 7], "launch"],
    [[4, 12], "launch"],
    [[7], "nothing"],
    [[7, 12], "nothing"],
    [[0, 1, 2], "nothing"],
  ] as const)("PCR %j cover %s", async (indices, covers) => {
    const pcrs = Object.fromEntries(indices.map((index) => [index, tpmRegisters()[index] as Uint8Array]));
    expect((await judgeTpm({ pcrs })).covers).toBe(covers);
  });

  it("with another command line is rejected, unless that is what is expected", async () => {
    const registers = { ...tpmRegisters(), 12: filled(0x0c) };
    const pcrs = { 4: filled(0x44) };
    const verdict = await judgeTpm({ pcrs }, registers);
    expect(failures(verdict)).toEqual(["command-line command-line-changed"]);
    expect((await judgeTpm({ pcrs: { ...pcrs, 12: filled(0x0c) } }, registers)).outcome).toBe("verified");
    expect(failures(await judgeTpm({ pcrs: { ...pcrs, 12: filled(0x0d) } }, registers))).toEqual(MISMATCH);
    const { 12: _, ...missing } = tpmRegisters();
    expect(failures(await judgeTpm({ pcrs }, missing))).toEqual(["command-line command-line-changed"]);
  });

  it("says that it is no enclave, and has nothing that only enclaves have", async () => {
    const verdict = await judgeTpm({ pcrs: { 4: filled(0x44) } });
    expect(verdict.limits.join(" ")).toContain("EC2 instance and not an enclave");
    expect(["debug", "instance-register"].map((name) => checkNamed(verdict, name))).toEqual([undefined, undefined]);
    const claims = verdict.parts[0]?.claims ?? {};
    expect([Object.keys(claims.nitrotpmPcrs as object).length, claims.pcrs, claims.debug]).toEqual([
      24,
      undefined,
      undefined,
    ]);
    expect((await judgeForged()).limits.join(" ")).not.toContain("EC2 instance and not an enclave");
  });
});
