/** What the verdict on a GPU or a switch says: each check with its parameters, genuine and at fault. */
import { createHash } from "node:crypto";
import { forgeManifest, type JsonMembers } from "../../../fixtures/manifest/manifest.js";
import { chainNames, forgeChain, goodAnswers, hopperTcbInfo } from "../../../fixtures/nvidia/chain.js";
import {
  DRIVER,
  FWID,
  filled,
  flag,
  forgeReport,
  GPU_OPAQUE,
  NONCE,
  number16,
  VBIOS,
  withFields,
} from "../../../fixtures/nvidia/report.js";
import { forgeRim, forgeRimChain, type GoldenEntry, goldenFor } from "../../../fixtures/nvidia/rim.js";
import { extension, testKey } from "../../../fixtures/x509.js";
import { crossCheck } from "../../../src/cross-check.js";
import { type Crypto, CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { toUtf8 } from "../../../src/encoding/text.js";
import type { Verdict } from "../../../src/verdict.js";
import {
  certificatesOf,
  driverRim,
  judgeGpu,
  judgeSwitch,
  type NvidiaOptions,
  switchRim,
  vbiosRim,
} from "../../support/nvidia.js";
import { itSays } from "../../support/said.js";

type Chain = ReturnType<typeof forgeChain>;

const answers = goodAnswers();
const chain = forgeChain();
const real = defaultCrypto() as Crypto;
const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const policy = (demands: object): NvidiaOptions => ({ policy: { "nvidia-gpu": demands } });
const under = (
  changed: Partial<Chain>,
  options: NvidiaOptions = {},
  leftOut: readonly string[] = [],
): Promise<Verdict> => {
  const kept = Object.entries({ ...chain, ...changed }).filter(([place]) => !leftOut.includes(place));
  return judgeGpu({}, options, [...kept.map(([, der]) => der), ...answers, driverRim, vbiosRim]);
};
const withRims = (rims: readonly (string | Uint8Array)[], options: NvidiaOptions = {}): Promise<Verdict> =>
  judgeGpu({}, options, [
    ...certificatesOf(chain),
    ...answers,
    ...rims.map((rim) => (typeof rim === "string" ? toUtf8(rim) : rim)),
  ]);
const golden = (...entries: readonly GoldenEntry[]): string => forgeRim({ golden: entries });
const wrong: GoldenEntry = { index: 9, values: [filled(0)] };
const worse: readonly GoldenEntry[] = [wrong, { index: 2, values: [filled(0)] }];
const optional = { rims: "optional" };
const ppcie = { opaque: withFields(GPU_OPAQUE, { 21: flag(true), 36: number16(2) }) };
const expecting = (reference: object): NvidiaOptions => ({ expected: { "nvidia-gpu": reference } as never });
const leafWith = (broken: Uint8Array): Uint8Array =>
  forgeChain({ changes: { leaf: { extensions: [broken, hopperTcbInfo(FWID)] } } }).leaf;
const ofBuilds = (...listed: readonly (readonly [label: string, values: JsonMembers])[]): Promise<Verdict> => {
  const { text, hash } = forgeManifest({
    platforms: listed.map(([label, values]) => ({ kind: "nvidia-gpu", label, values })),
  });
  return judgeGpu(forgeReport(), { expected: hash, manifests: [text] });
};

itSays("nvidia", {
  "a genuine GPU": () => judgeGpu(),
  "a genuine switch": () => judgeSwitch(),
  "any build": () => judgeGpu({}, { expected: "any-build" }),
  "a build without its manifest": () => judgeGpu({}, { expected: `build:sha256:${"00".repeat(32)}` }),
  "a build of another kind": () => judgeGpu({}, { expected: { "nvidia-switch": { vbiosVersion: "1" } } }),
  "another driver": () => judgeGpu({}, expecting({ driverVersion: ["1", "2"] })),
  "one of two drivers": () => judgeGpu({}, expecting({ driverVersion: ["1", DRIVER] })),
  "another firmware": () => judgeGpu({}, expecting({ driverVersion: DRIVER, vbiosVersion: "2" })),
  "one of two firmwares": () => judgeGpu({}, expecting({ vbiosVersion: ["1", VBIOS] })),
  "a firmware alone, which is another": () => judgeGpu({}, expecting({ vbiosVersion: "1" })),
  "one of several builds": () =>
    ofBuilds(["other", { driverVersion: "1" }], ["right", { driverVersion: DRIVER, vbiosVersion: VBIOS }]),
  "none of several builds, of which parts are right": () =>
    ofBuilds(
      ["driver", { driverVersion: DRIVER, vbiosVersion: "1" }],
      ["firmware", { driverVersion: "1", vbiosVersion: VBIOS }],
    ),
  "no binding": () => judgeGpu({}, { binding: "unbound" }),
  "another nonce": () => judgeGpu({}, { binding: { nonce: filled(1).subarray(0, 32) } }),
  "a nonce and a key": () => judgeGpu({}, { binding: { nonce: NONCE, publicKey: Uint8Array.of(1) } }),
  "report data": () => judgeGpu({}, { binding: { reportData: new Uint8Array(64) } }),
  "without hashes": () => judgeGpu({}, { crypto: { ...real, digest: unavailable } }),
  "without signatures": () => judgeGpu({}, { crypto: { ...real, verify: unavailable } }),
  "a signature of another key": () => judgeGpu({ key: testKey("p384-4") }),
  "no certificates": () => judgeGpu({}, {}, [driverRim, vbiosRim]),
  "no certificates, and devices that are taken": () =>
    judgeGpu({}, policy({ chips: "GH100", ueids: "5" }), [driverRim, vbiosRim]),
  "no signer among the certificates": () => under({}, {}, ["leaf"]),
  "an issuer that is missing": () => under({}, {}, ["provisioner"]),
  "no root": () => under({}, {}, ["root"]),
  "another root": () => under({}, { trustAnchors: { nvidia: [forgeRimChain()[3] as Uint8Array] } }),
  "a root of the same name": () =>
    under({
      root: forgeChain({
        changes: { root: { key: testKey("p384-10"), issuerKey: testKey("p384-10"), extensions: [] } },
      }).root,
    }),
  "a root of the same name, without hashes for it": () =>
    under(
      {},
      {
        crypto: {
          ...real,
          digest: (hash, message) =>
            createHash("sha256").update(message).digest("hex") === createHash("sha256").update(chain.root).digest("hex")
              ? unavailable()
              : real.digest(hash, message),
        },
      },
    ),
  "a certificate that a stranger signed": () =>
    under({ identity: forgeChain({ changes: { identity: { issuerKey: testKey("p384-10") } } }).identity }),
  "a certificate that has ended": () =>
    under({ brom: forgeChain({ changes: { brom: { notAfter: new Date("2025-01-01") } } }).brom }),
  "a certificate that ends first": () =>
    under({ leaf: forgeChain({ changes: { leaf: { notAfter: new Date("2026-12-01") } } }).leaf }),
  "a manifest's signer that ends first": () =>
    withRims([
      driverRim,
      forgeRim({ golden: goldenFor(9), chain: forgeRimChain({ signer: { notAfter: new Date("2026-11-30") } }) }),
    ]),
  "a chip of no known name": () =>
    under({ leaf: forgeChain({ changes: { leaf: { subject: chainNames("GX100").leaf } } }).leaf }),
  "a switch's chain under a GPU's report": () => {
    const nvswitch = forgeChain({ chip: "LS_10" });
    return judgeGpu({}, {}, [...certificatesOf(nvswitch), ...goodAnswers("LS_10"), driverRim, vbiosRim]);
  },
  "a GPU's chain under a switch's report": () => judgeSwitch({}, {}, [...certificatesOf(chain), ...answers, switchRim]),
  "firmware of another GPU": () => under({ leaf: forgeChain({ fwid: filled(0x77) }).leaf }),
  "firmware that nobody certified": () =>
    under({ leaf: forgeChain({ tcbInfo: extension.raw("1.2.3.4", Uint8Array.of(5, 0)) }).leaf }),
  "firmware that the driver leaves out": () => judgeGpu({ opaque: withFields(GPU_OPAQUE, { 20: undefined }) }),
  "no revocation": () => judgeGpu({}, {}, [...certificatesOf(chain), driverRim, vbiosRim]),
  "no revocation, which is taken": () =>
    judgeGpu({}, policy({ revocation: "optional" }), [...certificatesOf(chain), driverRim, vbiosRim]),
  "a chip that is taken": () => judgeGpu({}, policy({ chips: ["GB100", "GH100"], ueids: ["6", "5"] })),
  "a chip that is not taken": () => judgeGpu({}, policy({ chips: "GB100", ueids: "6" })),
  "a driver below the minimum": () => judgeGpu({}, policy({ minimumDriverVersion: "550.90.07.1" })),
  "a driver at the minimum": () => judgeGpu({}, policy({ minimumDriverVersion: "550.90.7" })),
  "a driver above the minimum": () => judgeGpu({}, policy({ minimumDriverVersion: "535.129.3" })),
  "a driver above the minimum, number by number": () => judgeGpu({}, policy({ minimumDriverVersion: "550.89.99" })),
  "a minimum that is shorter": () => judgeGpu({}, policy({ minimumDriverVersion: "550" })),
  "a switch, and a minimum of drivers": () =>
    judgeSwitch({}, { policy: { "nvidia-switch": { minimumDriverVersion: "1" } } as never }),
  "a driver whose version is no numbers": () =>
    judgeGpu(
      { opaque: withFields(GPU_OPAQUE, { 3: toUtf8("devel\0") }) },
      { expected: "any-build", ...policy({ minimumDriverVersion: "1" }) },
    ),
  "a mode that the report does not name": () =>
    judgeGpu({ opaque: withFields(GPU_OPAQUE, { 21: undefined, 36: undefined }) }),
  "a leaf whose authority's key identifier cannot be read": () =>
    under({ leaf: leafWith(extension.raw("2.5.29.35", Uint8Array.of(4, 0), false)) }),
  "a certificate whose basic constraints cannot be read": () =>
    under({ leaf: leafWith(extension.raw("2.5.29.19", Uint8Array.of(4, 0), false)) }),
  "a second reader that agrees": () => judgeGpu({}, { crossCheck }),
  "a second reader that reads certificates otherwise": () =>
    judgeGpu({}, { crossCheck: { ...crossCheck, certificate: () => ({ serial: "00" }) } }),
  "a second reader that reads the manifests' certificates otherwise": () =>
    judgeGpu(
      {},
      {
        crossCheck: {
          ...crossCheck,
          certificate: (der) =>
            forgeRimChain().some((own) => Buffer.compare(own, der) === 0)
              ? { serial: "00" }
              : crossCheck.certificate(der),
        },
      },
    ),
  "firmware that is refused": () => judgeGpu({}, policy({ deniedVbiosVersions: ["1", VBIOS] })),
  "other firmware that is refused": () => judgeGpu({}, policy({ deniedVbiosVersions: "1" })),
  "protected PCIe": () => judgeGpu(ppcie),
  "protected PCIe, which is taken": () => judgeGpu(ppcie, policy({ allow: ["ppcie-alone"] })),
  "another measurement": () => withRims([driverRim, golden(wrong)]),
  "a measurement that is missing": () => withRims([driverRim, golden({ index: 64, values: [filled(0)] })]),
  "manifests that conflict": () => withRims([driverRim, golden({ index: 7 })]),
  "one of two manifests": () => withRims([driverRim, golden(wrong), vbiosRim]),
  "none of two manifests, the closest first": () => withRims([driverRim, golden(wrong), golden(...worse)]),
  "none of two manifests, the closest last": () => withRims([driverRim, golden(...worse), golden(wrong)]),
  "none of two manifests that are as close": () =>
    withRims([driverRim, golden({ index: 2, values: [filled(0)] }), golden(wrong)]),
  "no manifest of the firmware": () => withRims([driverRim]),
  "no manifest of the driver": () => withRims([vbiosRim]),
  "no manifest": () => withRims([]),
  "no manifest, which is taken": () => withRims([], policy(optional)),
  "no manifest of the driver, which is taken": () => withRims([vbiosRim], policy(optional)),
  "no manifest of the driver, which is taken, and another measurement": () =>
    withRims([golden(wrong)], policy(optional)),
  "manifests that need not be": () => withRims([driverRim, vbiosRim], policy(optional)),
});
