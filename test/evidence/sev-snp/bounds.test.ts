import { describe, expect, it } from "vitest";
import { ARK_SERIAL } from "../../../fixtures/amd/certificates.js";
import { forgeSnp } from "../../../fixtures/amd/snp.js";
import { certificateTable, TABLE_GUID } from "../../../fixtures/amd/wrappers.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { addEndorsements, NO_ENDORSEMENTS } from "../../../src/endorsements/endorsements.js";
import { verify } from "../../../src/sev-snp.js";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("endorsements are bounded together", () => {
  const { crl } = forgeSnp();
  const long = (first: number): Uint8Array =>
    crl({
      revoked: Array.from({ length: 34_000 }, (_, i) => Uint8Array.of(1, first, i >> 16, (i >> 8) & 255, i & 255)),
    });

  it("takes one long list and refuses a second", () => {
    const [one, two, three] = [long(1), long(2), long(3)] as [Uint8Array, Uint8Array, Uint8Array];
    expect(one.length * 3).toBeGreaterThan(2_359_296);
    expect(addEndorsements(NO_ENDORSEMENTS, [one]).crls).toHaveLength(1);
    expect(() => addEndorsements(NO_ENDORSEMENTS, [one, two, three])).toThrow("together");
    const half = addEndorsements(NO_ENDORSEMENTS, [one, two]);
    expect(() => addEndorsements(half, [three])).toThrow("together");
  });

  it.each([
    ["white space", utf8("   \n")],
    ["other text", utf8("- hello")],
    ["text beyond its length", utf8(`{"a":"${" ".repeat(2_097_152)}"}`)],
    ["an item beyond its length", new Uint8Array(6_291_457).fill(0x20)],
  ])("refuses %s", (_what, item) => {
    expect(() => addEndorsements(NO_ENDORSEMENTS, [item])).toThrow(MalformedError);
    expect(addEndorsements(NO_ENDORSEMENTS, [utf8(' {"a":1}')]).texts).toHaveLength(1);
  });
});

describe("what an attacker of this kind found", () => {
  it("a list that revokes the root above a trusted ASK rejects", async () => {
    const { report, ek, ark, issuer, crl, at, fields } = forgeSnp();
    const judge = (list: Uint8Array) =>
      verify(report, {
        expected: { "sev-snp": { measurement: fields.measurement } },
        binding: { reportData: fields.reportData },
        endorsements: [ek, list],
        trustAnchors: { amd: [ark, issuer] },
        at,
      });
    const revoked = await judge(crl({ revoked: [ARK_SERIAL] }));
    expect(revoked.checks.find(({ id }) => id === "sev-snp/revocation")).toMatchObject({ code: "certificate-revoked" });
    expect((await judge(crl())).outcome).toBe("verified");
  });

  it("a certificate in the header of its table rejects", async () => {
    const { report, ek, at, trustAnchors } = forgeSnp();
    const judge = (offset: number | undefined) => {
      const table = certificateTable([
        { guid: TABLE_GUID.vcek, contents: ek, ...(offset === undefined ? {} : { offset }) },
      ]);
      return verify(Uint8Array.from([...report, ...table]), {
        expected: "any-build",
        binding: "unbound",
        trustAnchors,
        at,
      });
    };
    expect((await judge(24)).checks[0]).toMatchObject({ status: "failed", code: "malformed" });
    expect((await judge(undefined)).checks[0]).toMatchObject({ status: "passed" });
  });

  it("says of Turin that no floor was compared", async () => {
    const floor = async (product: "Turin" | "Milan") => {
      const { report, endorsements, at, trustAnchors } = forgeSnp({ product });
      const verdict = await verify(report, {
        expected: "any-build",
        binding: "unbound",
        endorsements,
        trustAnchors,
        at,
      });
      return verdict.checks.find(({ id }) => id === "sev-snp/tcb-floor");
    };
    expect(await floor("Turin")).toMatchObject({
      status: "passed",
      params: { applied: "none" },
      notice: expect.stringContaining("No floor is known for Turin"),
      detail: expect.stringContaining("none is known for Turin: nothing was compared"),
    });
    const milan = await floor("Milan");
    expect(milan).toMatchObject({ status: "passed", params: { applied: ["AMD-SB-3019"] } });
    expect(milan?.detail).toContain("held against: AMD-SB-3019 (");
    expect(milan).not.toHaveProperty("notice");
  });

  it("holds a report against its own product's floors, whatever certificate came", async () => {
    const { report, at, trustAnchors } = forgeSnp({ product: "Turin", version: 5 });
    const milan = forgeSnp({ product: "Milan" });
    const verdict = await verify(report, {
      expected: "any-build",
      binding: "unbound",
      endorsements: milan.endorsements,
      trustAnchors: { amd: [...trustAnchors.amd, ...milan.trustAnchors.amd] },
      at,
    });
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.checks.find(({ id }) => id === "sev-snp/tcb-floor")?.params).toMatchObject({ product: "Turin" });
  });

  it("names the levels where firmware that runs differs from what is committed in them alone", async () => {
    const provisional = async (ucode: number) => {
      const { report, endorsements, at, trustAnchors } = forgeSnp({ report: { currentTcb: { ucode } } });
      const verdict = await verify(report, {
        expected: "any-build",
        binding: "unbound",
        endorsements,
        trustAnchors,
        at,
      });
      return verdict.checks.find(({ id }) => id === "sev-snp/provisional-firmware");
    };
    const notice = (await provisional(0xdc))?.notice ?? "";
    const [, runs, committed] = /^Firmware (.+) runs and (.+) is committed/.exec(notice) ?? [];
    expect(runs).toMatch(/ \(TCB [0-9a-f]{14}dc\)$/);
    expect(committed).toMatch(/ \(TCB [0-9a-f]{16}\)$/);
    expect(runs).not.toBe(committed);
    const { report, endorsements, at, trustAnchors } = forgeSnp();
    const plain = await verify(report, { expected: "any-build", binding: "unbound", endorsements, trustAnchors, at });
    expect(plain.checks.find(({ id }) => id === "sev-snp/provisional-firmware")).not.toHaveProperty("notice");
  });
});
