/** The pitfall table of the NVIDIA reference (G1 to G14), row by row: evidence made to fall in, and its good neighbour. */
import { describe, expect, it } from "vitest";
import { chainNames, forgeChain, goodAnswers, hopperTcbInfo, KEYS } from "../../../fixtures/nvidia/chain.js";
import {
  DRIVER,
  FWID,
  filled,
  flag,
  forgeReport,
  GPU_OPAQUE,
  measured,
  NONCE,
  number16,
  poke,
  VBIOS,
  withFields,
} from "../../../fixtures/nvidia/report.js";
import { forgeRim, forgeRimChain, type GoldenEntry, goldenFor, type RimRequest } from "../../../fixtures/nvidia/rim.js";
import { extension, testKey } from "../../../fixtures/x509.js";
import { noble } from "../../../src/crypto/noble.js";
import { toUtf8 } from "../../../src/encoding/text.js";
import type { Verdict } from "../../../src/verdict.js";
import {
  ANCHORS,
  certificatesOf,
  checkNamed,
  complete,
  driverRim,
  failures,
  judgeGpu,
  judgeSwitch,
  malformedReason,
  open,
  vbiosRim,
} from "../../support/nvidia.js";

const answers = goodAnswers();
const chain = forgeChain();
const judgeChain = (changed: Partial<typeof chain>, leftOut: readonly string[] = []): Promise<Verdict> => {
  const all = { ...chain, ...changed };
  const kept = Object.fromEntries(Object.entries(all).filter(([place]) => !leftOut.includes(place)));
  return judgeGpu({}, {}, [...Object.values(kept), ...answers, driverRim, vbiosRim]);
};
const judgeRims = (...rims: readonly (string | Uint8Array)[]): Promise<Verdict> =>
  judgeGpu({}, {}, [
    ...certificatesOf(chain),
    ...answers,
    ...rims.map((rim) => (typeof rim === "string" ? toUtf8(rim) : rim)),
  ]);
const judgeVbios = (request: RimRequest): Promise<Verdict> => judgeRims(driverRim, forgeRim(request));

describe("the good neighbours", () => {
  it("a GPU and a switch with all that they need", async () => {
    const gpu = await judgeGpu();
    expect([gpu.outcome, gpu.covers, gpu.freshness, gpu.parts[0]?.role]).toEqual([
      "verified",
      "firmware",
      "nonce",
      "gpu",
    ]);
    const nvswitch = await judgeSwitch();
    expect([nvswitch.outcome, nvswitch.covers, nvswitch.parts[0]?.role]).toEqual(["verified", "firmware", "switch"]);
  });

  it("Blackwell, whose leaf carries a DICE TcbInfo", async () => {
    const blackwell = forgeChain({ chip: "GB100" });
    const rims = [
      forgeRim({ version: DRIVER, product: "GB100", golden: goldenFor(7) }),
      forgeRim({ version: VBIOS, product: "GB100", golden: goldenFor(9) }),
    ].map(toUtf8);
    const verdict = await judgeGpu({}, {}, [...certificatesOf(blackwell), ...goodAnswers("GB100"), ...rims]);
    expect([verdict.outcome, verdict.parts[0]?.claims.architecture]).toEqual(["verified", "BLACKWELL"]);
  });

  it("the same by another back end", async () => {
    expect((await judgeGpu({}, { crypto: noble })).outcome).toBe("verified");
  });

  it("never a yes for the machine, unless the caller says that the firmware of the device is all it wants to know", async () => {
    const verdict = await judgeGpu({}, { covers: "launch" });
    expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["covers covers-too-little"]]);
    expect((await judgeGpu()).limits.join(" ")).toContain("no complete trusted environment");
  });
});

describe("G1, G2: the nonce", () => {
  it("is the requester's: a caller's nonce in the responder's place rejects", async () => {
    const nonce = new Uint8Array(32).fill(0xb7);
    expect(failures(await judgeGpu({}, { binding: { nonce } }))).toEqual(["nonce nonce-mismatch"]);
  });

  it.each([
    ["another", new Uint8Array(32)],
    ["a prefix of", NONCE.subarray(0, 31)],
    ["longer than", new Uint8Array(33).fill(0xa0)],
  ])("%s nonce rejects", async (_, nonce) =>
    expect(failures(await judgeGpu({}, { binding: { nonce } }))).toEqual(["nonce nonce-mismatch"]),
  );

  it("has no place for a key or for report data", async () => {
    for (const binding of [{ nonce: NONCE, publicKey: Uint8Array.of(1) }, { reportData: new Uint8Array(64) }])
      expect(failures(await judgeGpu({}, { binding }))).toEqual(["nonce binding-unsupported"]);
  });
});

describe("G3: the signature", () => {
  const invalid = ["report-signature signature-invalid"];
  it("over the response alone rejects", async () =>
    expect(failures(await judgeGpu({ signs: (bytes) => bytes.subarray(37) }))).toEqual(invalid));
  it("by another key rejects", async () =>
    expect(failures(await judgeGpu({ key: testKey("p384-4") }))).toEqual(invalid));
  it("of zeros rejects", async () =>
    expect(failures(await judgeGpu({ signature: () => new Uint8Array(96) }))).toEqual(invalid));
  it("in the upper and in the lower half passes", async () => {
    for (const half of ["high", "low"] as const) expect((await judgeGpu({ half })).outcome).toBe("verified");
  });

  it("is where the report's lengths say: zeros behind it are no part of the report, other bytes are refused", async () => {
    expect((await judgeGpu({ trailing: new Uint8Array(200) })).outcome).toBe("verified");
    const verdict = await judgeGpu({ trailing: Uint8Array.of(0, 1) });
    expect([verdict.outcome, malformedReason(verdict)]).toEqual(["rejected", "2 bytes follow the report"]);
  });

  it("covers every bit of request and response", async () => {
    const report = forgeReport();
    for (let i = 0; i < 64; i++) {
      const at = Math.floor((i * report.length) / 64);
      const flipped = poke(at, (report[at] as number) ^ (1 << (i & 7)))(report);
      expect([at, (await judgeGpu(flipped)).outcome]).toEqual([at, "rejected"]);
    }
  });
});

describe("G4: lengths and blocks", () => {
  it("that contradict each other are malformed (test/evidence/nvidia/report.test.ts has each)", async () => {
    const verdict = await judgeGpu({ blocks: ([a, b, ...rest]) => [b!, a!, ...rest] });
    expect([failures(verdict), malformedReason(verdict)]).toEqual([["format malformed"], "block 1 has another index"]);
  });
});

describe("G5: firmware identifier", () => {
  it("of another GPU rejects", async () => {
    const other = forgeChain({ fwid: filled(0x77) });
    expect(failures(await judgeChain({ leaf: other.leaf }))).toEqual(["firmware-id firmware-id-mismatch"]);
  });
  it("that the leaf does not certify rejects", async () => {
    const bare = forgeChain({ tcbInfo: extension.raw("1.2.3.4", Uint8Array.of(5, 0)) });
    expect(failures(await judgeChain({ leaf: bare.leaf }))).toEqual(["firmware-id firmware-id-mismatch"]);
  });
  it("of 47 bytes in the leaf is malformed", async () => {
    const short = forgeChain({ tcbInfo: hopperTcbInfo(FWID.subarray(1)) });
    expect(failures(await judgeChain({ leaf: short.leaf }))).toEqual(["firmware-id malformed"]);
  });
  it("that the driver leaves out passes with a notice", async () => {
    const verdict = await judgeGpu({ opaque: withFields(GPU_OPAQUE, { 20: undefined }) });
    expect([verdict.outcome, checkNamed(verdict, "firmware-id")?.notice]).toEqual([
      "verified",
      expect.stringContaining("leaves it out"),
    ]);
  });
});

describe("G6: the chain", () => {
  const names = chainNames("GH100");
  it("to the root of manifests rejects: one root of NVIDIA is not the other", async () => {
    const [, , , rimRoot] = forgeRimChain();
    const verdict = await judgeGpu({}, { trustAnchors: { nvidia: [rimRoot as Uint8Array] } });
    expect(failures(verdict)).toContain("certificate-chain issuer-unknown");
  });
  it("to a root of the same name and another key rejects", async () => {
    const forged = forgeChain({
      changes: { root: { key: testKey("p384-10"), issuerKey: testKey("p384-10"), extensions: [] } },
    });
    const verdict = await judgeGpu({}, {}, [
      ...certificatesOf({ ...chain, root: forged.root }),
      ...answers,
      driverRim,
      vbiosRim,
    ]);
    expect(failures(verdict)).toEqual(["supplied-certificates authority-not-pinned"]);
  });
  it("signed by a root of the same name and another key rejects", async () => {
    const forged = forgeChain({ changes: { identity: { issuerKey: testKey("p384-10") } } });
    expect(failures(await judgeChain({ identity: forged.identity }))).toContain(
      "certificate-path certificate-signature-invalid",
    );
  });
  it.each([["identity"], ["provisioner"], ["brom"], ["leaf"]])("without %s rejects", async (place) => {
    const verdict = await judgeChain({}, [place]);
    expect(verdict.outcome).toBe("rejected");
    expect(failures(verdict)[0]).toBe("certificate-chain certificate-chain-incomplete");
  });
  it("without its root passes: the anchor is pinned", async () =>
    expect((await judgeChain({}, ["root"])).outcome).toBe("verified"));
  it("in any order passes", async () =>
    expect((await judgeGpu({}, {}, [...complete()].reverse())).outcome).toBe("verified"));
  it("among those of other devices is found by the signature", async () => {
    const other = forgeChain({ changes: { leaf: { key: testKey("p384-10"), serial: 77 } } });
    expect((await judgeGpu({}, {}, [other.leaf, ...complete()])).outcome).toBe("verified");
  });
  it("among those of a whole rack's devices is found as well: none is cut off", async () => {
    const others = Array.from({ length: 32 }, (_, index) =>
      forgeChain({ changes: { leaf: { key: testKey("p384-10"), serial: 100 + index } } }),
    ).map(({ leaf }) => leaf);
    expect((await judgeGpu({}, {}, [...others, ...complete()])).outcome).toBe("verified");
  });
  it.each([
    ["expired", { notAfter: new Date("2025-01-01") }, "certificate-validity certificate-expired"],
    ["not yet valid", { notBefore: new Date("2027-01-01") }, "certificate-validity certificate-not-yet-valid"],
    [
      "no authority",
      {
        extensions: [
          extension.keyUsage(["keyCertSign"]),
          extension.subjectKeyId(KEYS.brom),
          extension.authorityKeyId(KEYS.provisioner),
        ],
      },
      "certificate-path certificate-not-a-ca",
    ],
    ["on another curve", { key: testKey("p256-1") }, "certificate-path certificate-signature-invalid"],
  ])("with an issuer that is %s rejects", async (_, changes, expected) => {
    const forged = forgeChain({ changes: { brom: changes } });
    expect(failures(await judgeChain({ brom: forged.brom }))).toContain(expected);
  });
  it("with a leaf that is an authority rejects", async () => {
    const forged = forgeChain({ changes: { leaf: { extensions: [extension.basicConstraints(true)] } } });
    expect((await judgeChain({ leaf: forged.leaf })).outcome).toBe("rejected");
  });
  it("of nobody in NVIDIA's name is no chain", async () => {
    const verdict = await judgeGpu({}, {}, [driverRim, vbiosRim]);
    expect([verdict.outcome, open(verdict)[0]]).toEqual(["undetermined", "certificate-chain certificate-missing"]);
  });
  it("under custom anchors shows", async () => {
    const verdict = await judgeGpu();
    expect([verdict.meta.anchors, verdict.limits[0]]).toEqual([
      "custom",
      expect.stringContaining("NOT under the vendor's"),
    ]);
  });
  it("of the test PKI does not pass under the pinned roots", async () => {
    const { trustAnchors: _, ...rest } = { trustAnchors: ANCHORS };
    const { verify } = await import("../../../src/nvidia.js");
    const verdict = await verify(forgeReport(), {
      ...rest,
      expected: "any-build",
      binding: "unbound",
      at: new Date("2026-03-01"),
      endorsements: complete(),
    });
    expect(failures(verdict)).toContain("supplied-certificates authority-not-pinned");
    expect(failures(verdict)).toContain("certificate-path certificate-signature-invalid");
    expect(names.root.length).toBeGreaterThan(0);
  });
});

describe("G7: which chip", () => {
  it("a GPU's report under a switch's chain rejects", async () => {
    const nvswitch = forgeChain({ chip: "LS_10" });
    const verdict = await judgeGpu({}, {}, [...certificatesOf(nvswitch), ...goodAnswers("LS_10"), driverRim, vbiosRim]);
    expect(failures(verdict)).toContain("chip chip-mismatch");
  });
  it("a switch's report under a GPU's chain rejects", async () => {
    const verdict = await judgeSwitch({}, {}, [...certificatesOf(chain), ...answers]);
    expect(failures(verdict)).toContain("chip chip-mismatch");
  });
  it("a name that is no chip's rejects", async () => {
    const verdict = await judgeChain({
      leaf: forgeChain({ changes: { leaf: { subject: chainNames("GX100").leaf } } }).leaf,
    });
    expect(failures(verdict)).toContain("chip chip-unknown");
  });
  it("policy takes the chips it names", async () => {
    const judge = (chips: string | readonly string[]) => judgeGpu({}, { policy: { "nvidia-gpu": { chips } } });
    expect(failures(await judge("GB100"))).toEqual(["chip-accepted device-not-accepted"]);
    expect((await judge(["GB100", "GH100"])).outcome).toBe("verified");
  });
  it("policy takes the devices it names", async () => {
    const judge = (ueids: string) => judgeGpu({}, { policy: { "nvidia-gpu": { ueids } } });
    expect(failures(await judge("6"))).toEqual(["device-accepted device-not-accepted"]);
    expect((await judge("5")).outcome).toBe("verified");
  });
});

describe("G10, G11: manifests", () => {
  const golden = (...entries: readonly GoldenEntry[]): Promise<Verdict> => judgeVbios({ golden: entries });

  it("of another driver, firmware or product reject", async () => {
    expect(failures(await judgeVbios({ version: "96.00.74.00.21" }))).toEqual(["vbios-rim rim-version-mismatch"]);
    expect(failures(await judgeRims(forgeRim({ version: "550.90.08" }), vbiosRim))).toEqual([
      "driver-rim rim-version-mismatch",
    ]);
    expect(failures(await judgeVbios({ product: "GB100" }))).toEqual(["vbios-rim rim-product-mismatch"]);
  });
  it("that are missing leave it open, and say where they are", async () => {
    const verdict = await judgeRims(driverRim);
    expect([verdict.outcome, open(verdict)]).toEqual([
      "undetermined",
      ["vbios-rim rim-missing", "measurements after nvidia-gpu/vbios-rim"],
    ]);
    expect(checkNamed(verdict, "vbios-rim")?.params.addresses).toEqual([
      "https://rim.attestation.nvidia.com/v1/rim/NV_GPU_VBIOS_1010_0205_862_9600740020",
    ]);
    expect(checkNamed(await judgeRims(vbiosRim), "driver-rim")?.params.addresses).toEqual([
      "https://rim.attestation.nvidia.com/v1/rim/NV_GPU_DRIVER_GH100_550.90.07",
    ]);
  });
  it("by a signer that has expired reject, unless the caller names another time, which shows", async () => {
    const old = forgeRim({
      golden: goldenFor(9),
      chain: forgeRimChain({ signer: { notAfter: new Date("2025-06-01") } }),
    });
    expect(failures(await judgeRims(driverRim, old))).toEqual(["vbios-rim certificate-expired"]);
    const verdict = await judgeGpu({}, { policy: { "nvidia-gpu": { rimsAt: "2025-01-01" } } }, [
      ...certificatesOf(chain),
      ...answers,
      driverRim,
      toUtf8(old),
    ]);
    const check = checkNamed(verdict, "vbios-rim");
    expect([verdict.outcome, check?.status, check?.code]).toEqual(["verified", "waived", "allowed"]);
    expect(check?.detail).toContain("ends on 2025-06-01");
    expect(checkNamed(verdict, "driver-rim")?.status).toBe("passed");
    expect(verdict.limits.join()).toContain("reference manifest");
  });
  it("under another root reject", async () => {
    const debug = { key: testKey("p384-10"), issuerKey: testKey("p384-10") };
    const forged = forgeRimChain({ root: debug, authority: { issuerKey: testKey("p384-10") } });
    expect(failures(await judgeVbios({ chain: forged }))).toEqual(["vbios-rim issuer-unknown"]);
    expect(failures(await judgeVbios({ chain: forged.slice(0, 3) }))).toEqual([
      "vbios-rim certificate-signature-invalid",
    ]);
    expect(failures(await judgeVbios({ chain: forgeRimChain().slice(0, 1) }))).toEqual(["vbios-rim issuer-unknown"]);
  });
  it("without their root pass: the anchor is pinned", async () =>
    expect((await judgeVbios({ chain: forgeRimChain().slice(0, 3), golden: goldenFor(9) })).outcome).toBe("verified"));

  it("demand nothing by what is inactive", async () => {
    expect((await golden({ index: 9 }, { index: 12, values: [filled(0)], active: false })).outcome).toBe("verified");
    expect(failures(await golden({ index: 9 }, { index: 12, values: [filled(0)] }))).toEqual([
      "measurements measurement-mismatch",
    ]);
  });
  it("take any of several alternatives", async () => {
    expect((await golden({ index: 9, values: [filled(0), measured(9)] })).outcome).toBe("verified");
    expect(failures(await golden({ index: 9, values: [filled(0), filled(1)] }))).toEqual([
      "measurements measurement-mismatch",
    ]);
  });
  it("name the indices that differ", async () => {
    const verdict = await golden({ index: 9, values: [filled(0)] }, { index: 3, values: [filled(0)] }, { index: 2 });
    expect(checkNamed(verdict, "measurements")?.params.differing).toEqual([3, 9]);
  });
  it("that both claim an index conflict", async () => {
    const verdict = await golden({ index: 7 });
    expect(failures(verdict)).toEqual(["measurements rims-conflict"]);
    expect(checkNamed(verdict, "measurements")?.params.conflicts).toEqual([7]);
  });
  it("that demand what the report does not measure reject", async () => {
    expect(failures(await golden({ index: 64, values: [filled(0)] }))).toEqual(["measurements measurement-missing"]);
    expect((await golden({ index: 63 })).outcome).toBe("verified");
  });
  it("speak of the decoder where it is on alone", async () => {
    const rims = [driverRim, toUtf8(forgeRim({ golden: [{ index: 9 }, { index: 35, values: [filled(0)] }] }))];
    const judge = (on: boolean) =>
      judgeGpu({ opaque: withFields(GPU_OPAQUE, { 11: flag(on) }) }, {}, [
        ...certificatesOf(chain),
        ...answers,
        ...rims,
      ]);
    expect((await judge(false)).outcome).toBe("verified");
    expect(failures(await judge(true))).toEqual(["measurements measurement-mismatch"]);
  });
  it("of one version that both are genuine: one that fits is enough, and a forged one beside it rejects", async () => {
    const other = forgeRim({ golden: [{ index: 9, values: [filled(0)] }] });
    expect((await judgeRims(driverRim, other, vbiosRim)).outcome).toBe("verified");
    expect(failures(await judgeRims(driverRim, forgeRim({ key: testKey("p384-10") }), vbiosRim))).toEqual([
      "vbios-rim signature-invalid",
    ]);
  });
  const answerOf = (id: string): string =>
    JSON.stringify({ id, rim: Buffer.from(vbiosRim).toString("base64"), sha256: "" });
  it("in the service's JSON are read as well", async () => {
    for (const id of [
      "x",
      "NV_GPU_VBIOS_1010_0205_862_9600740020",
      "NV_GPU_VBIOS_1010_0205_862_9600740020".toLowerCase(),
    ])
      expect((await judgeRims(driverRim, answerOf(id))).outcome).toBe("verified");
  });
  it.each([
    ["project", "NV_GPU_VBIOS_G520_0205_862_9600740020"],
    ["project SKU", "NV_GPU_VBIOS_1010_0200_862_9600740020"],
    ["chip SKU", "NV_GPU_VBIOS_1010_0205_865_9600740020"],
  ])("that the service calls by another %s are for other boards: reject", async (_, id) => {
    const verdict = await judgeRims(driverRim, answerOf(id));
    expect(failures(verdict)).toEqual(["vbios-rim rim-project-mismatch"]);
    expect(checkNamed(verdict, "vbios-rim")?.detail).toContain("NV_GPU_VBIOS_1010_0205_862_9600740020");
  });
  const fetched = (rim: Uint8Array | string, id = "x") => {
    const text = JSON.stringify({ id, rim: Buffer.from(rim).toString("base64") });
    const fetch = (async () => new Response(text)) as never;
    return judgeGpu({}, { fetch }, [...certificatesOf(chain), ...answers, driverRim]);
  };
  it.each([
    ["for other boards", vbiosRim, "NV_GPU_VBIOS_G520_0205_862_9600740020"],
    ["of another version", forgeRim({ version: "96.00.74.00.21" }), "x"],
    ["of another product", forgeRim({ product: "GB100" }), "x"],
    ["that NVIDIA did not sign", forgeRim({ key: testKey("p384-10") }), "x"],
    ["that is no manifest", "<x/>", "x"],
  ] as const)("that the service answers with and that are %s leave the verdict open", async (_, rim, id) => {
    const verdict = await fetched(rim, id);
    expect([verdict.outcome, failures(verdict)]).toEqual(["undetermined", []]);
    expect(checkNamed(verdict, "vbios-rim")?.detail).toContain("rim.attestation.nvidia.com: not what was asked for");
    expect((await fetched(vbiosRim)).outcome).toBe("verified");
  });
  it.each([
    ["an index twice", [{ index: 9 }, { index: 9 }], /index 9 twice/],
    ["a wrong number of alternatives", [{ index: 9, alternatives: "2" }], /another number/],
    ["no alternative", [{ index: 9, values: [], alternatives: "0" }], /another number/],
    ["an index beyond SPDM", [{ index: 255 }], /out of bounds/],
    ["a short digest", [{ index: 9, values: [new Uint8Array(47)] }], /not a SHA-384/],
    ["nothing active", [{ index: 9, active: false }], /no active/],
  ] as readonly (readonly [string, readonly GoldenEntry[], RegExp])[])(
    "with %s are malformed",
    async (_, entries, reason) => expect(malformedReason(await golden(...entries))).toMatch(reason),
  );

  it("are fetched where the caller allows it, from NVIDIA's service alone", async () => {
    const asked: string[] = [];
    const fetch = (async (address: string) => {
      asked.push(address);
      const rim = address.includes("DRIVER") ? driverRim : vbiosRim;
      return new Response(JSON.stringify({ id: "x", rim: Buffer.from(rim).toString("base64") }));
    }) as unknown as typeof globalThis.fetch;
    const verdict = await judgeGpu({}, { fetch }, [...certificatesOf(chain), ...answers]);
    expect(verdict.outcome).toBe("verified");
    expect(asked.sort()).toEqual([
      "https://rim.attestation.nvidia.com/v1/rim/NV_GPU_DRIVER_GH100_550.90.07",
      "https://rim.attestation.nvidia.com/v1/rim/NV_GPU_VBIOS_1010_0205_862_9600740020",
    ]);
  });
  it("that cannot be fetched leave it open", async () => {
    const fetch = (async () => new Response("no", { status: 404 })) as unknown as typeof globalThis.fetch;
    const verdict = await judgeGpu({}, { fetch }, [...certificatesOf(chain), ...answers]);
    expect([verdict.outcome, checkNamed(verdict, "driver-rim")?.detail]).toEqual([
      "undetermined",
      expect.stringContaining("status 404"),
    ]);
  });
});

describe("G12: modes", () => {
  const ppcie = { opaque: withFields(GPU_OPAQUE, { 21: flag(true), 36: number16(2) }) };
  it("a GPU in protected PCIe mode does not pass alone, unless policy says so", async () => {
    expect(failures(await judgeGpu(ppcie))).toEqual(["protected-pcie ppcie-alone"]);
    const verdict = await judgeGpu(ppcie, { policy: { "nvidia-gpu": { allow: ["ppcie-alone"] } } });
    expect([verdict.outcome, verdict.limits.join(" ")]).toEqual([
      "verified",
      expect.stringContaining("What it is connected to is known"),
    ]);
  });
});

describe("G14: versions", () => {
  const judge = (policy: object): Promise<Verdict> => judgeGpu({}, { policy: { "nvidia-gpu": policy } });
  it("below the minimum driver reject", async () => {
    for (const minimumDriverVersion of ["550.90.08", "550.91", "551", "550.90.07.1"])
      expect(failures(await judge({ minimumDriverVersion }))).toEqual(["minimum-driver driver-below-minimum"]);
    for (const minimumDriverVersion of ["550.90.07", "550.90.7", "550", "535.129.3"])
      expect((await judge({ minimumDriverVersion })).outcome).toBe("verified");
  });
  it("on the list of refused firmware reject", async () => {
    expect(failures(await judge({ deniedVbiosVersions: [VBIOS] }))).toEqual(["vbios-accepted vbios-denied"]);
    expect((await judge({ deniedVbiosVersions: "96.00.74.00.21" })).outcome).toBe("verified");
  });
  it("other than expected reject", async () => {
    const expect1 = async (reference: object) =>
      failures(await judgeGpu({}, { expected: { "nvidia-gpu": reference } }));
    expect(await expect1({ driverVersion: "550.90.08" })).toEqual(["build build-mismatch"]);
    expect(await expect1({ driverVersion: ["1", DRIVER], vbiosVersion: "96.00.74.00.21" })).toEqual([
      "build build-mismatch",
    ]);
    expect(await expect1({ driverVersion: ["1", DRIVER] })).toEqual([]);
  });
  it("of another kind than expected reject", async () =>
    expect(failures(await judgeGpu({}, { expected: { "nvidia-switch": { vbiosVersion: "1" } } }))).toEqual([
      "build no-reference-values",
    ]));
});

describe("misuse of the options is a TypeError", () => {
  it.each([
    [{ expected: { "nvidia-gpu": {} } }],
    [{ expected: { "nvidia-gpu": { driverVersion: [] } } }],
    [{ expected: { "nvidia-switch": { driverVersion: "1" } } }],
    [{ expected: { "nvidia-evidence": {} } }],
    [{ expected: { "nvidia-evidence": { gpus: 65 } } }],
    [{ policy: { "nvidia-gpu": { rimsAt: "2025-02-30" } } }],
    [{ policy: { "nvidia-gpu": { rimsAt: "yesterday" } } }],
    [{ policy: { "nvidia-gpu": { minimumDriverVersion: "new" } } }],
    [{ policy: { "nvidia-gpu": { allow: ["everything"] } } }],
    [{ policy: { "nvidia-gpu": { allow: "ppcie-alone" } } }],
    [{ policy: { "nvidia-gpu": { revocation: "no" } } }],
    [{ policy: { "nvidia-gpu": { ueids: [] } } }],
    [{ policy: { "nvidia-gpu": { unknown: 1 } } }],
    [{ policy: { "nvidia-evidence": { protectedPcie: "no" } } }],
  ])("%j", async (options) => {
    await expect(judgeGpu({}, options as never)).rejects.toBeInstanceOf(TypeError);
  });
});
