/** NIST PKITS 1.0.1 through the path validator with a generic profile: no invalid path is accepted but for a closed list, nor a valid one refused. */
import { expect, it } from "vitest";
import { judge } from "../support/generic-path.js";
import { describeShared, readShared, readSharedJson } from "../support/shared.js";

interface PkitsCase {
  readonly test: string;
  readonly name: string;
  readonly certs: readonly string[];
  readonly crls: readonly string[];
  readonly should_validate: boolean;
}

const AT = Date.UTC(2020, 0, 1);

/** Valid paths that are refused, by test number, with the reason. */
const REFUSED_VALID: Readonly<Record<string, string>> = {
  "4.1.4": "DSA is not verified",
  "4.1.5": "DSA is not verified",
  "4.3.3": "names are compared byte by byte: white space counts",
  "4.3.4": "names are compared byte by byte: white space counts",
  "4.3.5": "names are compared byte by byte: case counts",
  "4.3.6": "unique identifiers are refused (RFC 5280, section 4.1.2.8)",
  "4.3.10": "names are compared byte by byte: the string type counts",
  "4.4.19": "a list signed by another key than the certificates",
  "4.5.1": "a list signed by another key of the same issuer",
  "4.5.3": "a list signed by another key of the same issuer",
  "4.5.4": "a list signed by another key of the same issuer",
  "4.5.6": "a list signed by another key of the same issuer",
  "4.6.8": "an authority where a leaf belongs",
  "4.6.14": "an authority where a leaf belongs",
  "4.6.15": "a list signed by another key of the same issuer",
  "4.6.17": "a list signed by another key of the same issuer",
  "4.14.1": "critical issuingDistributionPoint: not a complete list",
  "4.14.4": "critical issuingDistributionPoint: not a complete list",
  "4.14.5": "critical issuingDistributionPoint: not a complete list",
  "4.14.7": "critical issuingDistributionPoint: not a complete list",
  "4.14.13": "an authority where a leaf belongs",
  "4.14.18": "critical issuingDistributionPoint: not a complete list",
  "4.14.19": "critical issuingDistributionPoint: not a complete list",
  "4.14.22": "an indirect list",
  "4.14.24": "an indirect list",
  "4.14.25": "an indirect list",
  "4.14.28": "an indirect list",
  "4.14.29": "an indirect list",
  "4.14.30": "an indirect list",
  "4.14.33": "an indirect list",
  "4.15.5": "a delta list takes a serial number off its base: lists that are not complete are not read",
  "4.15.7": "a delta list takes a serial number off its base: lists that are not complete are not read",
};

/** Certificate policies (sections 8 to 12) and name constraints (13): a certificate that constrains its path so is refused, valid path or not. */
const CONSTRAINED = /^4\.(8|9|10|11|12|13)\./;

/** Invalid for a user who demands certain policies: there is no such input here, and without it the paths are valid. */
const NEEDS_POLICY_INPUT: readonly string[] = [
  "Section8AllCertificatesSamePolicyTest1Subpart3",
  "Section8AllCertificatesNoPoliciesTest2Subpart2",
  "Section8DifferentPoliciesTest3Subpart2",
  "Section8DifferentPoliciesTest3Subpart3",
];

/** What invalid paths of each section must be refused for. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "4.1": /^certificate-signature-invalid$|whole octets$/,
  "4.2": /^certificate-(not-yet-valid|expired)$/,
  "4.3": /^certificate-name-mismatch$/,
  "4.4": /^certificate-(revoked|serial)$|^crl-(extension|expired)$|^(no|malformed)-list$/,
  "4.5": /^certificate-(revoked|not-a-ca)$/,
  "4.6": /^certificate-(not-a-ca|path-length)$/,
  "4.7": /^certificate-key-usage$|^crl-issuer-mismatch$/,
  "4.14": /^certificate-(revoked|is-a-ca)$|^crl-extension$|^malformed-list$/,
  "4.15": /^certificate-revoked$|^crl-(expired|extension)$/,
  "4.16": /^certificate-extension$/,
};

/** Refused before their point is reached: the case lists the issuer of the revocation list among the path. */
const REFUSED_FOR_STRUCTURE: readonly string[] = [
  "4.4.20",
  "4.4.21",
  "4.5.5",
  "4.5.7",
  "4.14.26",
  "4.14.27",
  "4.14.31",
  "4.14.32",
];

describeShared("NIST PKITS", () => {
  const cases = readSharedJson<readonly PkitsCase[]>("suites/pkits/pkits-index.json");
  const judged = Promise.all(cases.map(async (item) => ({ ...item, codes: await refusal(item) })));

  function refusal({ certs, crls }: PkitsCase): Promise<readonly string[]> {
    const [anchor, ...chain] = certs.map((name) => readShared(`suites/pkits/certs/${name}.crt`));
    const lists = crls.map((name) => readShared(`suites/pkits/crls/${name}.crl`));
    return judge({ anchor: anchor as Uint8Array, chain: chain.reverse(), crls: lists, at: AT, revocation: "required" });
  }

  it("has all its cases", () => {
    expect(cases).toHaveLength(247);
  });

  it("has no invalid path accepted, but for those that need a policy as input", async () => {
    const accepted = (await judged).filter(({ should_validate, codes }) => !should_validate && codes.length === 0);
    expect(accepted.map(({ name }) => name).sort()).toEqual([...NEEDS_POLICY_INPUT].sort());
  });

  it("has its valid paths accepted, but for a closed list", async () => {
    const valid = (await judged).filter(({ test, should_validate }) => should_validate && !CONSTRAINED.test(test));
    const refused = valid.filter(({ codes }) => codes.length > 0).map(({ test }) => test);
    expect(refused.sort()).toEqual(Object.keys(REFUSED_VALID).sort());
    expect(valid.length - refused.length).toBe(19);
  });

  it("has constrained paths refused for their constraint", async () => {
    const constrained = (await judged).filter(
      ({ test, name }) => CONSTRAINED.test(test) && !NEEDS_POLICY_INPUT.includes(name),
    );
    const refused = constrained.filter(({ codes }) => codes.length > 0);
    for (const { name, codes } of refused) expect(codes, name).toContain("certificate-extension");
    const accepted = constrained.filter(({ codes }) => codes.length === 0);
    expect(accepted.map(({ should_validate }) => should_validate)).toEqual(new Array(10).fill(true));
    expect(refused.length).toBeGreaterThanOrEqual(100);
  });

  it("has its other invalid paths refused for what is wrong with them", async () => {
    const invalid = (await judged).filter(({ test, should_validate }) => !should_validate && !CONSTRAINED.test(test));
    let rightly = 0;
    for (const { test, name, codes } of invalid) {
      if (REFUSED_FOR_STRUCTURE.includes(test)) continue;
      const expected = EXPECTED[test.split(".").slice(0, 2).join(".")] as RegExp;
      expect(
        codes.some((code) => expected.test(code)),
        `${name}: ${codes.join(", ")}`,
      ).toBe(true);
      rightly++;
    }
    expect(rightly).toBe(62);
  });
});
