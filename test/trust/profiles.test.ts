/** What each vendor's certificates must and may look like: a rule of trust changes here too, or nowhere. */
import { describe, expect, it } from "vitest";
import { EXTENSION, KEY_USAGE } from "../../src/trust/certificate.js";
import {
  AMD_EXTENSION,
  AMD_PROFILE,
  AWS_PROFILE,
  type CertificateProfile,
  INTEL_PCK_PROFILE,
  INTEL_TCB_PROFILE,
  INTERPRETED,
  type PathProfile,
  SGX_EXTENSION,
} from "../../src/trust/profiles.js";
import { UVM_PROFILE, uvmRoot } from "../../src/trust/profiles-azure.js";
import { GCE_PROFILE } from "../../src/trust/profiles-gce.js";
import { NVIDIA_DEVICE_PROFILE, NVIDIA_OCSP_PROFILE, NVIDIA_RIM_PROFILE } from "../../src/trust/profiles-nvidia.js";
import { CONFIDENTIAL_SPACE_PROFILE, MAA_PROFILE } from "../../src/trust/profiles-tokens.js";

/** One line for a place in a chain: algorithms; keys; what is required; other extensions; exceptions. */
function line(rules: CertificateProfile): string {
  const { signedWith, keys, otherExtensions, zeroSerial, serialBytes, interpreted } = rules;
  const needs = (["basicConstraints", "keyUsage", "keyIdentifiers"] as const).map((name) => {
    expect(["required", "absent-allowed"]).toContain(rules[name]);
    return rules[name] === "required" ? name : "-";
  });
  const exceptions = [
    ...(zeroSerial ? ["serial zero"] : []),
    ...(serialBytes === undefined ? [] : [`serial of ${serialBytes}`]),
    ...(interpreted ?? []).map((id) => `critical ${id}`),
  ];
  const others = otherExtensions === "any" ? "any" : otherExtensions.join(" ");
  return [signedWith.join(" "), keys.join(" "), needs.join(" "), others, exceptions.join(" ")].join("; ");
}

const whole = ({ name, leaf, issuer, crlSignedWith, crlExtensions, maxLength }: PathProfile) => ({
  name,
  leaf: line(leaf),
  issuer: line(issuer),
  lists: `${crlSignedWith.join(" ")}; ${crlExtensions}`,
  maxLength,
});

const ALL = "basicConstraints keyUsage keyIdentifiers";
const PKCS1 = "RSASSA-PKCS1-v1_5/SHA-256";
const PKCS1_ANY = `${PKCS1} RSASSA-PKCS1-v1_5/SHA-384 RSASSA-PKCS1-v1_5/SHA-512`;
const RSA = "RSA-2048 RSA-3072 RSA-4096";
const AIA = "1.3.6.1.5.5.7.1.1";
const AMD_TAILS = ["1", "2", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "4", "5"];
const AMD = AMD_TAILS.map((tail) => `1.3.6.1.4.1.3704.1.${tail}`).join(" ");
const INTEL = `ECDSA/SHA-256; P-256; ${ALL}; ; serial of 21`;
const NVIDIA = `ECDSA/SHA-384; P-384; ${ALL}; ${AIA}; `;

describe("the profile", () => {
  it.each([
    [
      AMD_PROFILE,
      {
        name: "AMD SEV-SNP",
        leaf: `RSA-PSS/SHA-384/48; P-384; - - -; ${AMD}; serial zero`,
        issuer: "RSA-PSS/SHA-384/48; RSA-4096; basicConstraints keyUsage -; ; ",
        lists: "RSA-PSS/SHA-384/48; absent-allowed",
        maxLength: 2,
      },
    ],
    [
      AWS_PROFILE,
      {
        name: "AWS Nitro",
        leaf: "ECDSA/SHA-384; P-384; basicConstraints keyUsage -; any; ",
        issuer: "ECDSA/SHA-384; P-384; basicConstraints keyUsage -; any; serial of 21",
        lists: "ECDSA/SHA-384; required",
        maxLength: 8,
      },
    ],
    [
      INTEL_PCK_PROFILE,
      {
        name: "Intel SGX PCK",
        leaf: `ECDSA/SHA-256; P-256; ${ALL}; 1.2.840.113741.1.13.1; serial of 21`,
        issuer: INTEL,
        lists: "ECDSA/SHA-256; required",
        maxLength: 2,
      },
    ],
    [
      INTEL_TCB_PROFILE,
      { name: "Intel SGX TCB Signing", leaf: INTEL, issuer: INTEL, lists: "ECDSA/SHA-256; required", maxLength: 1 },
    ],
    [
      UVM_PROFILE,
      {
        name: "Microsoft supply chain",
        leaf: `${PKCS1_ANY}; ${RSA}; - - -; any; critical 2.5.29.37`,
        issuer: `${PKCS1_ANY}; ${RSA}; ${ALL}; any; `,
        lists: `${PKCS1_ANY}; required`,
        maxLength: 2,
      },
    ],
    [
      GCE_PROFILE,
      {
        name: "Google firmware endorsements",
        leaf: `RSA-PSS/SHA-256/32 ${PKCS1}; RSA-4096; - - -; any; `,
        issuer: `RSA-PSS/SHA-256/32 ${PKCS1}; RSA-4096; - - -; any; `,
        lists: `RSA-PSS/SHA-256/32 ${PKCS1}; required`,
        maxLength: 1,
      },
    ],
    [
      NVIDIA_DEVICE_PROFILE,
      {
        name: "NVIDIA device identity",
        leaf: "ECDSA/SHA-384; P-384; - keyUsage keyIdentifiers; any; ",
        issuer: NVIDIA,
        lists: "ECDSA/SHA-384; absent-allowed",
        maxLength: 4,
      },
    ],
    [
      NVIDIA_RIM_PROFILE,
      {
        name: "NVIDIA reference manifests",
        leaf: NVIDIA,
        issuer: NVIDIA,
        lists: "ECDSA/SHA-384; absent-allowed",
        maxLength: 3,
      },
    ],
    [
      NVIDIA_OCSP_PROFILE,
      {
        name: "NVIDIA OCSP responders",
        leaf: "ECDSA/SHA-384 ECDSA/SHA-256; P-384 P-256; - keyUsage -; any; ",
        issuer: NVIDIA,
        lists: "; required",
        maxLength: 1,
      },
    ],
    [
      CONFIDENTIAL_SPACE_PROFILE,
      {
        name: "Google Confidential Space",
        leaf: `${PKCS1}; ${RSA}; basicConstraints - keyIdentifiers; any; `,
        issuer: `${PKCS1}; ${RSA}; ${ALL}; any; `,
        lists: `${PKCS1}; required`,
        maxLength: 2,
      },
    ],
    [
      MAA_PROFILE,
      {
        name: "Microsoft Azure Attestation",
        leaf: `${PKCS1}; ${RSA}; - - -; any; critical 2.5.29.37`,
        issuer: `${PKCS1}; ${RSA}; ${ALL}; any; `,
        lists: `${PKCS1}; required`,
        maxLength: 1,
      },
    ],
  ] as const)("$0.name is as strict as its vendor", (profile, expected) => {
    expect(whole(profile)).toEqual(expected);
  });

  it("goes by identifiers that the specifications have", () => {
    expect([AMD_EXTENSION, SGX_EXTENSION]).toEqual(["1.3.6.1.4.1.3704.1", "1.2.840.113741.1.13.1"]);
    expect(EXTENSION).toEqual({
      subjectKeyIdentifier: "2.5.29.14",
      keyUsage: "2.5.29.15",
      basicConstraints: "2.5.29.19",
      crlNumber: "2.5.29.20",
      nameConstraints: "2.5.29.30",
      crlDistributionPoints: "2.5.29.31",
      authorityKeyIdentifier: "2.5.29.35",
      policyConstraints: "2.5.29.36",
      extendedKeyUsage: "2.5.29.37",
    });
    expect(KEY_USAGE).toEqual({ digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5, cRLSign: 6 });
    expect(INTERPRETED).toEqual(["2.5.29.19", "2.5.29.15"]);
  });

  it("of Microsoft's supply chain knows its root by the hash that did:x509 names", () => {
    expect(uvmRoot).toEqual({
      name: "microsoft-supply-chain-rsa-root-ca-2022",
      sha256: "23ffe2b8bdb9a1711515d4cffda04bc7f793d513c76c243f1020507d8669b7db",
    });
  });
});
