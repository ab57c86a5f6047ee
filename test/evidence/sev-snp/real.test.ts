/** Every report of the shared evidence under AMD's pinned roots: claims, verdicts, and what each default refuses and why. */
import { describe, expect, it } from "vitest";
import { noble } from "../../../src/crypto/noble.js";
import { inspect, verify } from "../../../src/sev-snp.js";
import type { Claims, Verdict } from "../../../src/verdict.js";
import { describeShared, hasShared } from "../../support/shared.js";
import { type RealCase, realCases } from "./corpus.js";
import { check, failsBeforeAppraisal, type Options, type Policy, withStatus } from "./support.js";

const CASES = hasShared ? realCases() : [];

/** Nothing is demanded but what the defaults demand. */
function asks({ ek, chain, at }: RealCase, policy?: Policy): Options {
  return {
    expected: "any-build",
    binding: "unbound",
    at,
    endorsements: [...(ek === undefined ? [] : [ek]), ...chain],
    ...(policy === undefined ? {} : { policy: { "sev-snp": policy } }),
  };
}

const claimsOf = (verdict: Verdict): Claims => (verdict.ok ? verdict.claims : verdict.unverifiedClaims);

/** The facts of `case.json` in the form of our claims; the product of a version 2 report is its certificate's. */
function expectedClaims({ facts, ek }: RealCase): Readonly<Record<string, unknown>> {
  const raw = (tcb: string): unknown => ({ raw: tcb });
  const [family, model, stepping] = (facts.fms ?? "").split("/");
  const line = facts.product_line;
  return {
    version: facts.version,
    product: line === null || ek === undefined ? null : line[0]?.toUpperCase() + line.slice(1),
    cpuid:
      facts.fms === null
        ? null
        : { family: Number(`0x${family}`), model: Number(`0x${model}`), stepping: Number(stepping) },
    signingKey: facts.signing_key,
    vmpl: facts.vmpl,
    policy: { raw: facts.policy },
    platformInfo: { raw: facts.platform_info },
    measurement: facts.measurement,
    reportData: facts.report_data,
    hostData: facts.host_data,
    chipId: facts.chip_id,
    idKeyDigest: facts.id_key_digest,
    authorKeyDigest: facts.author_key_digest,
    tcb: {
      reported: raw(facts.reported_tcb),
      committed: raw(facts.committed_tcb),
      current: raw(facts.current_tcb),
      launch: raw(facts.launch_tcb),
    },
    currentVersion: facts.fw_current,
    committedVersion: facts.fw_committed,
  };
}

/**
 * What the default policy refuses of authentic reports. Below AMD-SB-3019 (SNP level 24 on Milan): firmware on which unsigned microcode
 * loads. The debug guest is a sample of Google's whose policy has DEBUG set. The VLEK report was asked for at VMPL 1.
 */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "arrs-az-v1": ["tcb-floor below-floor"],
  "dstack-milan": ["tcb-floor below-floor"],
  "go-sev-guest-milan-v2": ["debug debug-allowed", "tcb-floor below-floor"],
  "lit-vcek": ["tcb-floor below-floor"],
  "ms-sidecar-caci": ["tcb-floor below-floor"],
  "trustee-snp-vcek": ["tcb-floor below-floor"],
  "trustee-snp-vlek": ["vmpl vmpl-not-accepted"],
  "virtee-milan": ["tcb-floor below-floor"],
};

/**
 * Why the rejected ones are not genuine. `lit-vcek2`: the certificate is of another chip and level. `trustee-snp-vcek-invalid-legacy`: the
 * certificate was altered (levels and chip), so AMD's signature on it does not verify, and its key is not the one that signed.
 */
const NOT_GENUINE: Readonly<Record<string, readonly string[]>> = {
  "lit-vcek2": ["certificate-tcb tcb-mismatch", "certificate-chip chip-mismatch", "report-signature signature-invalid"],
  "trustee-snp-vcek-invalid-legacy": [
    "certificate-path certificate-signature-invalid",
    "certificate-tcb tcb-mismatch",
    "certificate-chip chip-mismatch",
    "report-signature signature-invalid",
  ],
};

const failures = (verdict: Verdict, before: boolean): readonly string[] =>
  verdict.checks
    .filter(({ status, stage }) => status === "failed" && (stage !== "appraise") === before)
    .map(({ id, code }) => `${id.replace("sev-snp/", "")} ${code}`);

describeShared("real SEV-SNP reports", () => {
  it("are all there", () => {
    const count = (expected: string): number => CASES.filter((one) => one.expected === expected).length;
    expect([CASES.length, count("authentic"), count("rejected"), count("undetermined")]).toEqual([21, 18, 2, 1]);
    expect(Object.keys(REFUSED).length).toBe(8);
  });

  describe.each(CASES)("$id", (real) => {
    it("has the claims of its case.json", async () => {
      const verdict = await verify(real.report, asks(real));
      expect(claimsOf(verdict)).toMatchObject(expectedClaims(real));
      // Without a certificate nobody names the product of version 2, and all else is the same.
      const { product: _, tcb: __, ...named } = expectedClaims(real);
      expect(inspect(real.report).unverifiedClaims).toMatchObject(named);
    });

    if (real.expected === "authentic") {
      it("is genuine under AMD's pinned roots", async () => {
        const verdict = await verify(real.report, asks(real));
        const early = verdict.checks.filter(({ stage }) => stage !== "appraise");
        expect(early.filter(({ status }) => status !== "passed").map(({ id }) => id)).toEqual(["sev-snp/revocation"]);
        expect(early.map(({ id }) => id)).toContain("sev-snp/report-signature");
        expect(verdict.meta).toMatchObject({ anchors: "pinned", crypto: "webcrypto" });
        const line = claimsOf(verdict)["product"];
        const issuer = real.facts.signing_key === "VLEK" ? `SEV-VLEK-${line}` : `SEV-${line}`;
        const chain = [issuer, `ARK-${line}`];
        expect(check(verdict, "sev-snp/certificate-path")?.params).toEqual({ chain, anchors: "pinned" });
      });

      it(`is ${real.id in REFUSED ? "refused by" : "verified under"} the default policy`, async () => {
        const verdict = await verify(real.report, asks(real));
        expect(failures(verdict, false)).toEqual(REFUSED[real.id] ?? []);
        expect(verdict.outcome).toBe(real.id in REFUSED ? "rejected" : "verified");
      });

      it("is verified where the caller takes what the defaults refuse", async () => {
        const policy: Policy = { allow: ["debug"], vmpl: [0, 1], floors: { date: "2026-01-01", floors: [] } };
        expect((await verify(real.report, asks(real, policy))).outcome).toBe("verified");
      });

      it("is not genuine a second before or after its certificate's validity", async () => {
        const [from, until] = validity(real);
        for (const [at, code] of [
          [from - 1000, "certificate-not-yet-valid"],
          [until + 1000, "certificate-expired"],
        ] as const) {
          const verdict = await verify(real.report, { ...asks(real), at: new Date(at) });
          expect(check(verdict, "sev-snp/certificate-validity")).toMatchObject({ status: "failed", code });
        }
        for (const at of [from, until]) {
          const verdict = await verify(real.report, { ...asks(real), at: new Date(at) });
          expect(check(verdict, "sev-snp/certificate-validity")?.status).toBe("passed");
        }
      });

      it("is as genuine in pure JavaScript, with the same findings", async () => {
        const [fast, slow] = await Promise.all([
          verify(real.report, asks(real)),
          verify(real.report, { ...asks(real), crypto: noble }),
        ]);
        expect({ ...slow, meta: { ...slow.meta, crypto: "webcrypto" } }).toEqual(fast);
      });
    }

    if (real.expected === "rejected") {
      it("is not genuine, for the right reason", async () => {
        const verdict = await verify(real.report, asks(real));
        expect(failures(verdict, true)).toEqual(NOT_GENUINE[real.id]);
        expect(verdict.outcome).toBe("rejected");
      });
    }

    it(`without its certificate is undetermined, and says where to get it`, async () => {
      const verdict = await verify(real.report, { ...asks(real), endorsements: real.chain });
      expect(failsBeforeAppraisal(verdict)).toBe(false);
      const missing = check(verdict, "sev-snp/endorsement-key");
      expect(missing).toMatchObject({ status: "undetermined", code: "certificate-missing" });
      expect(missing?.params["addresses"]).toEqual(addresses(real));
      expect(verdict.outcome).toBe(withStatus(verdict, "failed").length > 0 ? "rejected" : "undetermined");
    });
  });
});

function validity({ facts }: RealCase): readonly [number, number] {
  const parse = (text: string): number =>
    Date.parse(text.replace(/^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "20$1-$2-$3T$4:$5:$6Z"));
  const [from, until] = facts.ek_notBefore_notAfter as readonly [string, string];
  return [parse(from), parse(until)];
}

/** The exact address where the report names its product, both candidates for version 2, none for a VLEK. */
function addresses({ facts }: RealCase): readonly string[] {
  if (facts.signing_key === "VLEK") return [];
  const bytes = (facts.reported_tcb.match(/../g) ?? []).map((byte) => String(Number(`0x${byte}`)).padStart(2, "0"));
  const turin = facts.product_line === "turin";
  const names = turin ? ["fmc", "bl", "tee", "snp", "ucode"] : ["bl", "tee", "snp", "ucode"];
  const places = turin ? [0, 1, 2, 3, 7] : [0, 1, 6, 7];
  const query = names.map((name, index) => `${name}SPL=${bytes[places[index] as number]}`).join("&");
  const line = facts.product_line;
  const products = facts.version === 2 ? ["Milan", "Genoa"] : [`${line?.[0]?.toUpperCase()}${line?.slice(1)}`];
  const chip = turin ? facts.chip_id.slice(0, 16) : facts.chip_id;
  return products.map((product) => `https://kdsintf.amd.com/vcek/v1/${product}/${chip}?${query}`);
}
