/** G8: what OCSP says of the device's certificates, through the front door: good, revoked, on hold, unknown, stale, missing. */
import { describe, expect, it } from "vitest";
import {
  chainNames,
  forgeOcsp,
  forgeResponder,
  goodAnswers,
  KEYS,
  OCSP_TIME,
  type OcspRequest,
} from "../../../fixtures/nvidia/chain.js";
import { RIM_KEYS } from "../../../fixtures/nvidia/rim.js";
import { extension, forgeCrl, name, testKey } from "../../../fixtures/x509.js";
import type { Verdict } from "../../../src/verdict.js";
import {
  certificatesOf,
  checkNamed,
  driverRim,
  failures,
  judgeGpu,
  type NvidiaOptions,
  open,
  vbiosRim,
} from "../../support/nvidia.js";

const certificates = certificatesOf();
const judge = (answers: readonly Uint8Array[], policy: object = {}, options: NvidiaOptions = {}): Promise<Verdict> =>
  judgeGpu({}, { policy: { "nvidia-gpu": policy }, ...options }, [...certificates, driverRim, vbiosRim, ...answers]);
const names = chainNames("GH100");
const [brom, , identity] = goodAnswers() as [Uint8Array, Uint8Array, Uint8Array];
/** The provisioner's answer in place of the good one. */
const provisioner = (changes: Partial<OcspRequest>): readonly Uint8Array[] => [
  brom,
  identity,
  forgeOcsp({ serial: 3, issuer: names.identity, issuerKey: KEYS.identity, ...changes }),
];

describe("revocation", () => {
  it("is cleared by good answers about every certificate above the leaf", async () =>
    expect((await judge(goodAnswers())).outcome).toBe("verified"));

  it("is open without an answer about each, and says about which", async () => {
    const verdict = await judge([brom, identity]);
    expect([verdict.outcome, open(verdict)]).toEqual(["undetermined", ["revocation revocation-unknown"]]);
    expect(checkNamed(verdict, "revocation")?.params.certificates).toEqual(["NVIDIA GH100 Provisioner ICA 1"]);
    expect(checkNamed(await judge([]), "revocation")?.params.certificates).toHaveLength(3);
  });

  it("is waived by policy alone, and the verdict says that it was not checked", async () => {
    const verdict = await judge([], { revocation: "optional" });
    expect([verdict.outcome, checkNamed(verdict, "revocation")?.status]).toEqual(["verified", "waived"]);
    expect(verdict.limits).toContain("Whether NVIDIA has revoked the device's certificates was not checked.");
  });

  it.each([
    ["revoked", { status: "revoked" }, "revocation certificate-revoked"],
    ["on hold", { status: "hold" }, "revocation certificate-on-hold"],
    ["unknown", { status: "unknown" }, "revocation ocsp-unknown"],
    ["stale", { nextUpdate: OCSP_TIME + 1 }, "revocation ocsp-expired"],
    ["of the future", { thisUpdate: OCSP_TIME + 7_200_000, nextUpdate: null }, "revocation ocsp-not-yet-valid"],
    ["signed by another", { signer: testKey("p384-10") }, "revocation ocsp-signature-invalid"],
    [
      "signed by a delegate without the right",
      {
        signer: testKey("p384-10"),
        certificates: [
          forgeResponder(names.identity, KEYS.identity, { extensions: [extension.keyUsage(["digitalSignature"])] }),
        ],
      },
      "revocation ocsp-responder",
    ],
    ["an error", { responseStatus: 3 }, "revocation malformed"],
  ] as readonly (readonly [string, Partial<OcspRequest>, string])[])(
    "that is %s rejects, also where policy asks for none",
    async (_, changes, expected) => {
      for (const revocation of ["required", "optional"])
        expect(failures(await judge(provisioner(changes), { revocation }))).toEqual([expected]);
    },
  );

  it("on hold passes where policy takes it, and shows", async () => {
    const verdict = await judge(provisioner({ status: "hold" }), { allow: ["certificate-hold"] });
    expect([verdict.outcome, checkNamed(verdict, "revocation")?.code]).toEqual(["verified", "allowed"]);
    expect(failures(await judge(provisioner({ status: "revoked" }), { allow: ["certificate-hold"] }))).toEqual([
      "revocation certificate-revoked",
    ]);
  });

  it("by a delegate of the right authority passes", async () => {
    const delegate = { signer: testKey("p384-10"), certificates: [forgeResponder(names.identity, KEYS.identity)] };
    expect((await judge(provisioner(delegate))).outcome).toBe("verified");
  });

  it("of one answer outweighs another: a good one does not hide a revoked one", async () => {
    const verdict = await judge([...goodAnswers(), ...provisioner({ status: "revoked" })]);
    expect(failures(verdict)).toEqual(["revocation certificate-revoked"]);
  });

  it("may be cleared by a CRL of the issuer", async () => {
    const crl = (revoked: readonly number[], issuerKey = KEYS.identity) =>
      forgeCrl({
        issuer: names.identity,
        issuerKey,
        revoked,
        extensions: [extension.crlNumber(1), extension.authorityKeyId(issuerKey)],
      });
    expect((await judge([brom, identity, crl([])])).outcome).toBe("verified");
    expect(failures(await judge([brom, identity, crl([3])]))).toEqual(["revocation certificate-revoked"]);
    expect(failures(await judge([brom, identity, crl([], testKey("p384-10"))]))).toEqual([
      "revocation crl-signature-invalid",
    ]);
  });

  it("of a manifest's signer rejects, though nobody has to clear it", async () => {
    const third = name([["CN", "NVIDIA Reference Value L3 GH100 001"]]);
    const answer = (status: "good" | "revoked") =>
      forgeOcsp({ serial: 13, issuer: third, issuerKey: RIM_KEYS.third, status });
    expect((await judge([...goodAnswers(), answer("good")])).outcome).toBe("verified");
    expect(failures(await judge([...goodAnswers(), answer("revoked")]))).toEqual(["revocation certificate-revoked"]);
  });
});
