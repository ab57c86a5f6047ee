/** NVIDIA's real reports, switches, lists and manifests: each comes out as the index of the shared evidence says, every check looked at. */
import { expect, it } from "vitest";
import { forgeChain } from "../../../fixtures/nvidia/chain.js";
import { forgeReport, GPU_OPAQUE, SWITCH_OPAQUE, text, withFields } from "../../../fixtures/nvidia/report.js";
import { toHex, toUtf8 } from "../../../src/encoding/text.js";
import { canonicalXml, parseXml } from "../../../src/encoding/xml.js";
import { parseReport } from "../../../src/evidence/nvidia/report.js";
import { readRim } from "../../../src/evidence/nvidia/rim.js";
import { inspect, verify } from "../../../src/nvidia.js";
import { readXmlSignature } from "../../../src/trust/xmldsig.js";
import type { Verdict } from "../../../src/verdict.js";
import { certificatesOf, checkNamed, failures, type NvidiaOptions, open } from "../../support/nvidia.js";
import { describeShared, readShared, readSharedJson, readSharedText } from "../../support/shared.js";

/** `96.00.5E.00.01` as a GPU reports it. */
function vbiosBytes(version: string): Uint8Array {
  const [a, b, c, d, e] = version.split(".").map((digits) => Number.parseInt(digits, 16)) as number[] as [
    number,
    number,
    number,
    number,
    number,
  ];
  return Uint8Array.of(d, c, b, a, e, 0, 0, 0);
}

const chains = new Map<string, ReturnType<typeof forgeChain>>();
function chainOf(chip: string): ReturnType<typeof forgeChain> {
  const known = chains.get(chip) ?? forgeChain({ chip });
  chains.set(chip, known);
  return known;
}

/** The last certificate of a manifest. */
function pemOf(file: string): string {
  const body =
    /([^>]*)<\/ds:X509Certificate><\/ds:X509Data>/.exec(readSharedText(`evidence/nvidia/${file}`))?.[1] ?? "";
  return `-----BEGIN CERTIFICATE-----\n${body.trim()}\n-----END CERTIFICATE-----\n`;
}

interface Entry {
  readonly file: string;
  readonly kind: string;
  readonly expected?: string;
  readonly validAt?: string;
  readonly nonce?: string;
  readonly driver?: string;
  readonly blocks?: number;
  readonly version?: string;
  readonly product?: string;
  readonly measurements?: number;
  readonly verified?: {
    readonly sig?: boolean;
    readonly digest?: boolean;
    readonly root?: boolean;
    readonly fwid?: unknown;
  };
}

const ROOM = "evidence/nvidia";
const bytes = (file: string): Uint8Array => readShared(`${ROOM}/${file}`);
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
/** No OCSP response is among the evidence. */
const UNREVOKED: NvidiaOptions["policy"] = {
  "nvidia-gpu": { revocation: "optional", rims: "optional" },
  "nvidia-switch": { revocation: "optional", rims: "optional" },
};
const BASE = { expected: "any-build", binding: "unbound", at: new Date("2026-11-20"), policy: UNREVOKED } as const;

/** Checks of authenticity that do not rest on manifests. */
const GENUINE = [
  "certificate-chain",
  "certificate-path",
  "certificate-validity",
  "supplied-certificates",
  "chip",
  "firmware-id",
  "report-signature",
];
const statuses = (verdict: Verdict, names: readonly string[]): readonly (string | undefined)[] =>
  names.map((name) => checkNamed(verdict, name)?.status);

describeShared("NVIDIA's real evidence", () => {
  const index = readSharedJson<readonly Entry[]>(`${ROOM}/index.json`);
  const of = (kind: string): readonly Entry[] => index.filter((entry) => entry.kind === kind);

  it("is all looked at", () => {
    const counts = Object.fromEntries(
      [...new Set(index.map(({ kind }) => kind))].map((kind) => [kind, of(kind).length]),
    );
    expect(counts).toEqual({
      "nvidia-spdm-report": 8,
      "nvidia-cert-chain": 10,
      "nvidia-evidence-json": 4,
      "nvidia-rim-swid": 35,
      "expected-parse": 4,
    });
  });

  for (const { file, verified, nonce = "", driver } of of("nvidia-spdm-report").filter(
    (entry) => entry.nonce !== undefined,
  )) {
    const genuine = verified?.sig === true && verified.fwid !== false;
    it(`${file}: ${genuine ? "genuine" : "not genuine"}, and says what the index says`, async () => {
      const chain = bytes(file.replace(/\.bin$/, ".chain.pem"));
      const kind = driver === undefined ? "nvidia-switch" : "nvidia-gpu";
      const policy = { [kind]: { ...UNREVOKED?.[kind], allow: ["ppcie-alone"] } };
      const verdict = await verify(bytes(file), {
        ...BASE,
        policy,
        binding: { nonce: fromHex(nonce) },
        endorsements: [chain],
      });
      expect(verdict.parts[0]?.kind).toBe(kind);
      expect(checkNamed(verdict, "report-signature")?.status).toBe(verified?.sig ? "passed" : "failed");
      expect(checkNamed(verdict, "firmware-id")?.status).toBe(verified?.fwid === false ? "failed" : "passed");
      expect(statuses(verdict, GENUINE).filter((status) => status !== "passed")).toHaveLength(
        Number(!verified?.sig) + Number(verified?.fwid === false),
      );
      expect(verdict.outcome).toBe(genuine ? "verified" : "rejected");
      expect(verdict.parts[0]?.claims.driverVersion).toBe(driver ?? null);
      const other = await verify(bytes(file), {
        ...BASE,
        policy,
        binding: { nonce: fromHex(nonce).reverse() },
        endorsements: [chain],
      });
      expect(failures(other)).toContain("nonce nonce-mismatch");
    });
  }

  it("NVML's buffer with a zero behind the report: the signature is found by the report's own lengths, and the form says so", async () => {
    const endorsements = [bytes("trustee/hopper_coco_580.chain.pem")];
    const verdict = await verify(bytes("trustee/hopper_coco_580_trailing.bin"), { ...BASE, endorsements });
    expect(checkNamed(verdict, "evidence/recognised")?.params.form).toBe("report in a buffer");
    expect(verdict.outcome).toBe("verified");
    const changed = bytes("trustee/hopper_coco_580_trailing.bin");
    changed[changed.length - 1] = 1;
    expect(failures(await verify(changed, { ...BASE, endorsements }))).toEqual(["format malformed"]);
  });

  it.each([
    ["trustee/hopper_cert_chain_case2.pem", ["certificate-chain certificate-chain-incomplete"]],
    [
      "trustee/hopper_cert_chain_case3.pem",
      ["certificate-chain certificate-chain-incomplete", "report-signature signature-invalid"],
    ],
    ["trustee/hopper_cert_chain_case4.pem", ["certificate-chain certificate-chain-incomplete"]],
  ])("an incomplete chain rejects: %s", async (file, expected) => {
    const verdict = await verify(bytes("nvidia-attestation-sdk/hopper_535.bin"), {
      ...BASE,
      endorsements: [bytes(file)],
    });
    expect(verdict.outcome).toBe("rejected");
    expect(failures(verdict)).toEqual(expected);
  });

  it("without any certificate nothing is rejected and nothing verified", async () => {
    const verdict = await verify(bytes("nvidia-attestation-sdk/hopper_535.bin"), BASE);
    expect([verdict.outcome, ...open(verdict).slice(0, 2)]).toEqual([
      "undetermined",
      "certificate-chain certificate-missing",
      "certificate-path after nvidia-gpu/certificate-chain",
    ]);
  });

  it.each(of("nvidia-evidence-json"))("$file: genuine, its labels those of its report", async ({ file }) => {
    const verdict = await verify(bytes(file), {
      ...BASE,
      policy: { ...UNREVOKED, "nvidia-evidence": { protectedPcie: "unchecked" } },
    });
    expect(statuses(verdict, [...GENUINE, "labels", "distinct"])).toEqual(Array(9).fill("passed"));
    expect(verdict.parts).toHaveLength(2);
    expect(verdict.outcome).toBe("verified");
  });

  it("a GPU in protected PCIe mode without its switches does not pass by itself", async () => {
    const verdict = await verify(bytes("nvidia-attestation-sdk/evidence_hopper_590_12.json"), BASE);
    expect(failures(verdict)).toEqual(["topology switch-missing"]);
  });

  it("a certificate on hold leaves the cryptography as it is: OCSP and policy decide", async () => {
    const verdict = await verify(bytes("nvidia-attestation-sdk/hopper_evidence_cert_hold.json"), {
      ...BASE,
      policy: {},
    });
    expect(verdict.outcome).toBe("undetermined");
    expect(open(verdict)).toContain("revocation revocation-unknown");
  });

  it("the switch runs what its manifest says in all 31 indices", async () => {
    const options = {
      expected: { "nvidia-switch": { vbiosVersion: "96.10.55.00.01" } },
      covers: "firmware",
      binding: { nonce: fromHex("931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb") },
      policy: { "nvidia-switch": { revocation: "optional" } },
    } as const;
    const chain = bytes("nvidia-attestation-sdk/switch_ls10.chain.pem");
    const rim = (file: string): readonly Uint8Array[] => [chain, bytes(`nvidia-attestation-sdk/${file}`)];
    const report = bytes("nvidia-attestation-sdk/switch_ls10.bin");
    const judge = (file: string, at = "2026-11-20"): Promise<Verdict> =>
      verify(report, { ...BASE, ...options, at: new Date(at), endorsements: rim(file) });
    const good = await judge("rim_switch_5612_0002_890_9610550001.xml");
    expect([good.outcome, good.covers, checkNamed(good, "measurements")?.params.compared]).toEqual([
      "verified",
      "firmware",
      31,
    ]);

    expect(
      failures(await judge("rim_neg_NV_SWITCH_BIOS_5612_0002_890_9610550001_invalid_signature.xml", "2025-01-01")),
    ).toEqual(["vbios-rim rim-altered"]);
    expect(
      failures(await judge("rim_neg_NV_SWITCH_BIOS_5612_0002_890_9610550001_measurement_mismatch.xml", "2025-01-01")),
    ).toEqual(["vbios-rim rim-altered"]);
  });

  it("the H100 runs what its firmware's manifest says in all 12 indices, and another revision names the one that differs", async () => {
    const judge = (file: string): Promise<Verdict> =>
      verify(bytes("nvidia-attestation-sdk/hopper_535.bin"), {
        ...BASE,
        at: new Date("2024-06-01"),
        endorsements: [bytes("nvidia-attestation-sdk/hopper_535.chain.pem"), bytes(file)],
      });
    const good = await judge("nvtrust/rim/1010_0200_882_96005E0001_PROD.swidtag");
    expect([good.outcome, checkNamed(good, "measurements")?.params.compared]).toEqual(["verified", 12]);
    const other = await judge(
      "nvidia-attestation-sdk/rim_neg_NV_GPU_VBIOS_1010_0200_882_96005E0001_measurement_mismatch.xml",
    );
    expect(failures(other)).toEqual(["measurements measurement-mismatch"]);
    expect(checkNamed(other, "measurements")?.params.differing).toEqual([9]);
    expect(failures(await judge("nvtrust/rim/1010_0200_882_96005E0003_PROD.swidtag"))).toEqual([
      "vbios-rim rim-version-mismatch",
    ]);
  });

  const manifests = of("nvidia-rim-swid");
  /** NVIDIA's own root of manifests, beside the forged root of a device that runs what the manifest is for. */
  const manifestRoot = pemOf(manifests[0]?.file ?? "");

  for (const { file, verified, version = "", product = "", measurements, validAt = "", expected = "" } of manifests) {
    it(`${file}: ${expected}`, async () => {
      const rim = readRim(parseXml(readSharedText(`${ROOM}/${file}`)));
      expect([rim.version, rim.product, rim.golden.size]).toEqual([version, product, measurements]);
      const check = await manifestCheck(file, version, product, validAt.slice(0, 10));
      expect(check).toBe(outcomeOf(file, verified));
      if (check !== "passed") return;
      // The signers live for two years: a day after the end, and a day before the beginning.
      expect(await manifestCheck(file, version, product, "2029-01-01")).toBe("certificate-expired");
      expect(await manifestCheck(file, version, product, "2023-05-10")).toBe("certificate-not-yet-valid");
      expect(await manifestCheck(file, version, product === "GB100" ? "GH100" : "GB100", validAt.slice(0, 10))).toBe(
        "rim-product-mismatch",
      );
    });
  }

  async function manifestCheck(
    file: string,
    version: string,
    product: string,
    day: string,
  ): Promise<string | undefined> {
    const device = product === "LS10" ? "switch" : "gpu";
    const firmware = version.split(".").length === 5;
    const opaque =
      device === "switch"
        ? withFields(SWITCH_OPAQUE, { 6: toUtf8(version) })
        : withFields(GPU_OPAQUE, firmware ? { 6: vbiosBytes(version) } : { 3: text(version) });
    const chain = chainOf(product);
    const verdict = await verify(forgeReport({ device, opaque }), {
      ...BASE,
      policy: {
        "nvidia-gpu": { revocation: "optional", rims: "optional", rimsAt: `${day}T23:59:59Z` },
        "nvidia-switch": { revocation: "optional", rimsAt: `${day}T23:59:59Z` },
      },
      trustAnchors: { nvidia: [chain.root, manifestRoot] },
      endorsements: [...certificatesOf(chain), bytes(file)],
    });
    const check = checkNamed(verdict, firmware ? "vbios-rim" : "driver-rim");
    // Genuine at the time given; at the time of judgement some signers have expired, which the policy takes.
    return check?.code === "allowed" ? "passed" : (check?.code ?? check?.status);
  }

  function outcomeOf(file: string, verified: Entry["verified"]): string {
    if (!verified?.sig) return "signature-invalid";
    if (!verified.digest) return "rim-altered";
    return verified.root ? "passed" : `issuer-unknown`.concat(file.includes("incorrect_cert_chain") ? "" : "?");
  }

  it("every manifest's canonical form is the one that NVIDIA's tools hashed and signed", async () => {
    const { nodeCrypto } = await import("../../support/node-crypto.js");
    const { verifyXmlSignature } = await import("../../../src/trust/xmldsig.js");
    const seen: string[] = [];
    for (const { file, verified } of of("nvidia-rim-swid")) {
      const root = parseXml(readSharedText(`${ROOM}/${file}`));
      const result = await verifyXmlSignature(readXmlSignature(root), nodeCrypto);
      expect([file, result.digest, result.signature]).toEqual([file, verified?.digest, verified?.sig]);
      seen.push(file);
      // A canonical form is its own canonical form.
      const text = canonicalXml(root);
      expect(canonicalXml(parseXml(text))).toBe(text);
    }
    expect(seen).toHaveLength(35);
  });

  it("reads reports as NVIDIA's SDK does", () => {
    type Parsed = {
      readonly Nonce: string;
      readonly Signature: string;
      readonly MeasurementRecord: {
        readonly MeasurementBlocks: Readonly<Record<string, { readonly DMTFSpecMeasurementValue: string }>>;
      };
    };
    const parsed = readSharedJson<Parsed>(`${ROOM}/nvidia-attestation-sdk/switch_spdm_parsed_output.json`);
    const report = parseReport(bytes("nvidia-attestation-sdk/switch_ls10.bin"));
    expect(`0x${toHex(report.responderNonce)}`).toBe(parsed.Nonce);
    expect(`0x${toHex(report.signature)}`).toBe(parsed.Signature);
    const blocks = Object.values(parsed.MeasurementRecord.MeasurementBlocks).map(
      (block) => block.DMTFSpecMeasurementValue,
    );
    expect(report.measurements.map((value) => `0x${toHex(value)}`)).toEqual(blocks);
  });

  it("draws a map that covers every byte", () => {
    for (const { file } of of("nvidia-spdm-report").filter((entry) => entry.nonce !== undefined)) {
      const { structures } = inspect(bytes(file));
      const fields = structures.flatMap((structure) => structure.fields).sort((a, b) => a.offset - b.offset);
      const end = fields.reduce((at, field) => {
        expect(field.offset).toBe(at);
        return at + field.length;
      }, 0);
      expect(end).toBe(bytes(file).length);
    }
  });

  it("every bit of the real report is signed or refused", async () => {
    const report = bytes("nvidia-attestation-sdk/switch_ls10.bin");
    const endorsements = [bytes("nvidia-attestation-sdk/switch_ls10.chain.pem")];
    for (let i = 0; i < 96; i++) {
      const flipped = report.slice();
      const at = Math.floor((i * report.length) / 96);
      flipped[at] = (flipped[at] as number) ^ (1 << (i & 7));
      const verdict = await verify(flipped, { ...BASE, endorsements });
      expect([at, verdict.outcome]).toEqual([at, "rejected"]);
    }
  });
});
