/** One case a kind for the tests of build manifests: evidence that the forge makes, and what a manifest says of it. */

import { pattern } from "../../fixtures/amd/report.js";
import { forgeSnp, type SnpRequest } from "../../fixtures/amd/snp.js";
import { AT, forgeCollateral } from "../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../fixtures/intel/pki.js";
import { ENCLAVE, forgeQuote, TD } from "../../fixtures/intel/quote.js";
import { testKey } from "../../fixtures/keys.js";
import type { JsonMembers } from "../../fixtures/manifest/manifest.js";
import {
  DOCUMENT_TIME,
  enclaveRegisters,
  filled,
  forgeDocument,
  forgedRoot,
  tpmRegisters,
} from "../../fixtures/nitro/document.js";
import { reportDataFor } from "../../src/challenge.js";
import { nitro, nitroTpm } from "../../src/evidence/nitro/kind.js";
import { sevSnp } from "../../src/evidence/sev-snp/kind.js";
import { sgx } from "../../src/evidence/sgx/kind.js";
import { tdx } from "../../src/evidence/tdx/kind.js";
import type { Check, Verdict } from "../../src/verdict.js";
import { createVerifier, type OptionsOf } from "../../src/verifier.js";

const kinds = [sevSnp, tdx, sgx, nitro, nitroTpm] as const;
/** A front door with every kind that has a forge. */
export const { verify } = createVerifier(kinds);
export type Options = OptionsOf<typeof kinds>;

const NONCE: Uint8Array = pattern(32, 7);
const CHANNEL_KEY: Uint8Array = testKey("p256-1").spki;
export const BINDING = { nonce: NONCE, publicKey: CHANNEL_KEY } as const;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export interface KindCase {
  readonly kind: string;
  /** Evidence of the build number `build`; each has other measurements. It answers `BINDING`. */
  evidence(build: number): Promise<Uint8Array>;
  /** What a manifest says of that build. */
  values(build: number): JsonMembers;
  /** Values under which the evidence matches without pinning what was launched; what they cover. */
  readonly trap: { readonly values: JsonMembers; readonly covers: "firmware" | "nothing" };
  /** What the verifier needs beside. */
  readonly options: Omit<Options, "expected" | "binding">;
}

const snp = async (request: SnpRequest["report"]) =>
  forgeSnp({ report: { reportData: await reportDataFor(BINDING), ...request } });
const plain = forgeSnp();

export const snpCase: KindCase = {
  kind: "sev-snp",
  evidence: async (build) => (await snp({ measurement: filled(build) })).report,
  values: (build) => ({ measurement: hex(filled(build)), minimumGuestSvn: 3 }),
  trap: { values: { hostData: hex(plain.fields.hostData) }, covers: "nothing" },
  options: { endorsements: plain.endorsements, trustAnchors: plain.trustAnchors, at: plain.at },
};

const atNitro = { trustAnchors: { aws: [forgedRoot()] }, at: new Date(DOCUMENT_TIME) };

const nitroCase: KindCase = {
  kind: "nitro",
  evidence: async (build) =>
    forgeDocument({ ...BINDING, registers: { ...enclaveRegisters(), 0: filled(build), 8: filled(0x88) } }),
  values: (build) => ({
    pcrs: { 0: hex(filled(build)), 1: hex(filled(0x11)), 2: hex(filled(0x12)), 8: hex(filled(0x88)) },
  }),
  trap: { values: { pcrs: { 8: hex(filled(0x88)) } }, covers: "nothing" },
  options: atNitro,
};

const nitroTpmCase: KindCase = {
  kind: "nitro-tpm",
  evidence: async (build) =>
    forgeDocument({ kind: "nitro-tpm", ...BINDING, registers: { ...tpmRegisters(), 4: filled(build) } }),
  values: (build) => ({ pcrs: { 4: hex(filled(build)), 7: hex(filled(0x47)) } }),
  trap: { values: { pcrs: { 7: hex(filled(0x47)) } }, covers: "nothing" },
  options: atNitro,
};

const underIntel = (tee: "tdx" | "sgx"): KindCase["options"] => ({
  endorsements: Object.values(forgeCollateral(tee)),
  trustAnchors: { intel: [forgeRoot()] },
  at: AT,
});

/** MRTD alone is the firmware, which every guest of a cloud shares. */
const tdxCase: KindCase = {
  kind: "tdx",
  evidence: async (build) => {
    const reportData = await reportDataFor(BINDING);
    return forgeQuote({ report: { reportData, rtmr2: filled(build) } });
  },
  values: (build) => ({
    mrtd: hex(TD.mrtd as Uint8Array),
    rtmr0: hex(TD.rtmr0 as Uint8Array),
    rtmr1: hex(TD.rtmr1 as Uint8Array),
    rtmr2: hex(filled(build)),
  }),
  trap: { values: { mrtd: hex(TD.mrtd as Uint8Array) }, covers: "firmware" },
  options: underIntel("tdx"),
};

/** MRSIGNER names who made it, whatever they made. */
const sgxCase: KindCase = {
  kind: "sgx",
  evidence: async (build) => {
    const reportData = await reportDataFor(BINDING);
    return forgeQuote({ tee: "sgx", report: { reportData, mrenclave: filled(build, 32) } });
  },
  values: (build) => ({ mrenclave: hex(filled(build, 32)), minimumIsvSvn: 4 }),
  trap: {
    values: { mrsigner: hex(ENCLAVE.mrsigner as Uint8Array), isvProdId: 3, minimumIsvSvn: 4 },
    covers: "firmware",
  },
  options: underIntel("sgx"),
};

export const kindCases: readonly KindCase[] = [snpCase, tdxCase, sgxCase, nitroCase, nitroTpmCase];

/** Judges evidence of `test` that answers `BINDING`. */
export async function judge(
  test: KindCase,
  evidence: Parameters<typeof verify>[0],
  options: Pick<Options, "expected"> & Partial<Options>,
): Promise<Verdict> {
  return verify(evidence, { ...test.options, binding: BINDING, ...options });
}

export function checkOf({ checks }: Verdict, id: string): Check {
  const found = checks.find((check) => check.id === id && check.part === "evidence");
  if (found === undefined) throw new Error(`the verdict has no check ${id}`);
  return found;
}

/** `id code` of all that failed. */
export function failures({ checks }: Verdict): readonly string[] {
  return checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id} ${code}`);
}
