/** What the relying party does not want: another build, another binding, a debuggable guest, another privilege level, other settings. */
import { createHash } from "node:crypto";
import { pattern } from "../../../../fixtures/amd/report.js";
import type { SnpRequest } from "../../../../fixtures/amd/snp.js";
import type { CheckCode } from "../../../../src/verdict.js";
import { about, type Case, type Options, type Policy, type Question } from "../support.js";

const MEASUREMENT = pattern(48, 0x50);
const OTHER = pattern(48, 0x51);
const ZEROS = new Uint8Array(48);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

type Expected = Options["expected"];

function build(
  name: string,
  bad: Expected,
  good: Expected,
  request: SnpRequest = {},
  also: readonly string[] = [],
): Case {
  return {
    name,
    check: "build",
    code: "build-mismatch",
    also,
    bad: () => about(request, undefined, { expected: bad }),
    good: () => about(request, undefined, { expected: good }),
  };
}

const lastBit = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
const ID_KEY = pattern(48, 0x21);
const AUTHOR_KEY = pattern(48, 0x31);
const SIGNED_IDENTITY: SnpRequest = { report: { idKeyDigest: ID_KEY, authorKeyDigest: AUTHOR_KEY, keyInfo: 1 } };

const buildCases: readonly Case[] = [
  build("21: another measurement", { "sev-snp": { measurement: OTHER } }, { "sev-snp": { measurement: MEASUREMENT } }),
  build(
    "21: another measurement by its last bit",
    { "sev-snp": { measurement: lastBit(MEASUREMENT) } },
    { "sev-snp": { measurement: [OTHER, MEASUREMENT] } },
  ),
  build(
    "21: none of several measurements",
    { "sev-snp": { measurement: [OTHER, ZEROS] } },
    { "sev-snp": { measurement: [ZEROS, hex(MEASUREMENT)] } },
  ),
  build("21: another digest", hex(OTHER), hex(MEASUREMENT)),
  build(
    "S60: the right measurement with other host data",
    { "sev-snp": { measurement: MEASUREMENT, hostData: pattern(32, 0) } },
    {
      "sev-snp": { measurement: MEASUREMENT, hostData: pattern(32, 0x80) },
    },
  ),
  build(
    "22: another family",
    { "sev-snp": { measurement: MEASUREMENT, familyId: pattern(16, 0) } },
    {
      "sev-snp": { measurement: MEASUREMENT, familyId: pattern(16, 0xa0) },
    },
  ),
  build(
    "22: another image",
    { "sev-snp": { measurement: MEASUREMENT, imageId: pattern(16, 0) } },
    {
      "sev-snp": { measurement: MEASUREMENT, imageId: pattern(16, 0xb0) },
    },
  ),
  build(
    "22: GUEST_SVN below the minimum",
    { "sev-snp": { measurement: MEASUREMENT, minimumGuestSvn: 8 } },
    {
      "sev-snp": { measurement: MEASUREMENT, minimumGuestSvn: 7 },
    },
  ),
  build(
    "22, S61: another ID key",
    { "sev-snp": { measurement: MEASUREMENT, idKeyDigest: OTHER } },
    { "sev-snp": { measurement: MEASUREMENT, idKeyDigest: [OTHER, ID_KEY] } },
    SIGNED_IDENTITY,
  ),
  build(
    "22, S61: another author key",
    { "sev-snp": { measurement: MEASUREMENT, authorKeyDigest: OTHER } },
    { "sev-snp": { measurement: MEASUREMENT, authorKeyDigest: AUTHOR_KEY } },
    SIGNED_IDENTITY,
  ),
  build(
    "22: there is no ID block and a digest of zeros is pinned",
    { "sev-snp": { measurement: MEASUREMENT, idKeyDigest: ZEROS } },
    { "sev-snp": { measurement: MEASUREMENT } },
  ),
  build(
    "22: AUTHOR_KEY_EN is 0 and a digest of zeros is pinned",
    { "sev-snp": { measurement: MEASUREMENT, authorKeyDigest: ZEROS } },
    { "sev-snp": { measurement: MEASUREMENT } },
  ),
  {
    name: "21: any build, where the caller says so",
    check: "build",
    code: "any-build",
    status: "waived",
    bad: () => about({}, undefined, { expected: "any-build" }),
  },
];

const REPORT_DATA = pattern(64, 0x10);

function binding(name: string, bad: Options["binding"], good: Options["binding"] = { reportData: REPORT_DATA }): Case {
  return {
    name,
    check: "report-data",
    code: "report-data-mismatch",
    bad: () => about({}, undefined, { binding: bad }),
    good: () => about({}, undefined, { binding: good }),
  };
}

/** A guest that put a short value in front of zeros. */
const padded = (bytes: Uint8Array): SnpRequest => {
  const reportData = new Uint8Array(64);
  reportData.set(bytes);
  return { report: { reportData } };
};
const SHORT = pattern(32, 1);

const bindingCases: readonly Case[] = [
  binding("20, S59: other report data by the last bit", { reportData: lastBit(REPORT_DATA) }),
  binding("20, S59: a prefix of the report data", { reportData: REPORT_DATA.subarray(0, 32) }),
  binding("20: another nonce", { nonce: pattern(32, 1) }),
  {
    ...binding("20: a short value that the guest padded with zeros", "unbound"),
    bad: () => about(padded(SHORT), undefined, { binding: { reportData: SHORT } }),
    good: () => about(padded(SHORT)),
  },
  {
    ...binding("20: the digest of another nonce", "unbound"),
    bad: () => about({ report: { reportData: NONCE_DIGEST } }, undefined, { binding: { nonce: pattern(16, 2) } }),
    good: () => about({ report: { reportData: NONCE_DIGEST } }, undefined, { binding: { nonce: pattern(16, 1) } }),
  },
  {
    ...binding("20: the right nonce with a key that was not bound", "unbound"),
    bad: () =>
      about({ report: { reportData: NONCE_DIGEST } }, undefined, {
        binding: { nonce: pattern(16, 1), publicKey: pattern(91, 7) },
      }),
    good: () =>
      about({ report: { reportData: NONCE_AND_KEY_DIGEST } }, undefined, {
        binding: { nonce: pattern(16, 1), publicKey: pattern(91, 7) },
      }),
  },
  {
    ...binding("20: the right nonce and not the key that was bound", "unbound"),
    bad: () =>
      about({ report: { reportData: NONCE_AND_KEY_DIGEST } }, undefined, { binding: { nonce: pattern(16, 1) } }),
    good: () => about({ report: { reportData: NONCE_DIGEST } }, undefined, { binding: { nonce: pattern(16, 1) } }),
  },
  {
    name: "20: no binding, where the caller says so",
    check: "report-data",
    code: "unbound",
    status: "waived",
    bad: () => about({}, undefined, { binding: "unbound" }),
  },
  {
    name: "a binding for a field that a report does not have",
    check: "report-data",
    code: "binding-unsupported",
    bad: () => about({}, undefined, { binding: { userData: pattern(20, 0) } }),
  },
  {
    name: "a layout for a field that a report does not have",
    check: "report-data",
    code: "binding-unsupported",
    bad: () => about({}, undefined, { binding: { layout: "evervault-spki", publicKey: pattern(91, 7) } }),
  },
];

type Fields = NonNullable<SnpRequest["report"]>;

/** A report that does not meet a policy; `good` is a report that does. */
function policy(name: string, check: string, code: CheckCode, bad: Fields, demand: Policy, good: Fields): Case {
  const ask = (report: Fields): Question => about({ version: 5, report }, demand);
  return { name, check, code, bad: () => ask(bad), good: () => ask(good) };
}

/** The same, where the report stays and the policy is another. */
function demand(name: string, check: string, code: CheckCode, report: Fields, bad: Policy, good: Policy): Case {
  const ask = (wanted: Policy): Question => about({ version: 5, report }, wanted);
  return { name, check, code, bad: () => ask(bad), good: () => ask(good) };
}

/** Guest policy with further bits; SMT is allowed, so that it fits the platform. */
const withPolicy = (bits: bigint): Fields => ({ policy: 0x30000n | bits });
const bit = (number: number): bigint => 1n << BigInt(number);

const GUEST_BITS = [
  ["singleSocket", 20],
  ["cxl", 21],
  ["memAes256Xts", 22],
  ["pageSwapDisable", 25],
] as const;

const PLATFORM_BITS = [
  ["smt", 0],
  ["tsme", 1],
  ["ecc", 2],
  ["raplDis", 3],
  ["ciphertextHidingDram", 4],
  ["aliasCheckComplete", 5],
  ["iommuWriteSafe", 6],
  ["tio", 7],
] as const;
const PLATFORM = 0x25n;

const policyCases: readonly Case[] = [
  policy("16, S49: DEBUG", "debug", "debug-allowed", withPolicy(bit(19)), {}, withPolicy(0n)),
  policy("16, S49: MIGRATE_MA", "migration", "migration-allowed", withPolicy(bit(18)), {}, withPolicy(0n)),
  policy(
    "16: a migration agent by REPORT_ID_MA",
    "migration",
    "migration-agent",
    { reportIdMa: pattern(32, 1) },
    {},
    {},
  ),
  policy("16: REPORT_ID_MA of zeros", "migration", "migration-agent", { reportIdMa: new Uint8Array(32) }, {}, {}),
  policy("19, S51: VMPL 1", "vmpl", "vmpl-not-accepted", { vmpl: 1 }, {}, { vmpl: 0 }),
  { ...demand("19: VMPL 3", "vmpl", "vmpl-not-accepted", { vmpl: 3 }, {}, { vmpl: [3] }), waives: true },
  {
    ...policy("19: VMPL 0 where 1 is demanded", "vmpl", "vmpl-not-accepted", { vmpl: 0 }, { vmpl: 1 }, { vmpl: 1 }),
    waives: true,
  },
  ...GUEST_BITS.flatMap(([name, number]) => [
    policy(
      `16: ${name} demanded and not set`,
      "guest-policy",
      "guest-policy-mismatch",
      {},
      { guestPolicy: { [name]: true } },
      withPolicy(bit(number)),
    ),
    policy(
      `16: ${name} refused and set`,
      "guest-policy",
      "guest-policy-mismatch",
      withPolicy(bit(number)),
      { guestPolicy: { [name]: false } },
      {},
    ),
  ]),
  policy(
    "16, S55: SMT refused and allowed",
    "guest-policy",
    "guest-policy-mismatch",
    {},
    { guestPolicy: { smt: false } },
    { policy: 0x20000n, platformInfo: 0x24n },
  ),
  policy(
    "16: ABI minor below the minimum",
    "guest-policy",
    "guest-policy-mismatch",
    { policy: 0x3011en },
    { minimumAbi: { major: 1, minor: 0x1f } },
    { policy: 0x3011fn },
  ),
  policy(
    "16: ABI major below the minimum",
    "guest-policy",
    "guest-policy-mismatch",
    { policy: 0x300ffn },
    { minimumAbi: { major: 1, minor: 0 } },
    { policy: 0x30100n },
  ),
  demand(
    "16: a newer ABI major with a lower minor is not below",
    "guest-policy",
    "guest-policy-mismatch",
    { policy: 0x3011fn },
    { minimumAbi: { major: 2, minor: 0 } },
    {
      minimumAbi: { major: 0, minor: 0xff },
    },
  ),
  policy(
    "17, S55: SMT is on and the policy forbids it",
    "policy-consistency",
    "policy-contradicts-platform",
    { policy: 0x20000n, platformInfo: 0x25n },
    {},
    { policy: 0x20000n, platformInfo: 0x24n },
  ),
  policy(
    "17: RAPL_DIS is demanded and off",
    "policy-consistency",
    "policy-contradicts-platform",
    { policy: 0x830000n },
    {},
    { policy: 0x830000n, platformInfo: 0x2dn },
  ),
  policy(
    "17: ciphertext hiding is demanded and off",
    "policy-consistency",
    "policy-contradicts-platform",
    { policy: 0x1030000n },
    {},
    { policy: 0x1030000n, platformInfo: 0x35n },
  ),
  ...PLATFORM_BITS.flatMap(([name, number]) => {
    const on = { platformInfo: PLATFORM | bit(number) };
    const off = { platformInfo: PLATFORM & ~bit(number) };
    return [
      policy(
        `18: ${name} demanded and off`,
        "platform-info",
        "platform-info-mismatch",
        off,
        { platformInfo: { [name]: true } },
        on,
      ),
      policy(
        `18: ${name} refused and on`,
        "platform-info",
        "platform-info-mismatch",
        on,
        { platformInfo: { [name]: false } },
        off,
      ),
    ];
  }),
  demand(
    "15: unknown bit 8 of PLATFORM_INFO, where policy refuses it",
    "platform-info",
    "platform-info-unknown-bits",
    { platformInfo: PLATFORM | bit(8) },
    { unknownPlatformBits: "reject" },
    {
      unknownPlatformBits: "notice",
    },
  ),
  policy(
    "15: unknown bit 63 of PLATFORM_INFO, where policy refuses it",
    "platform-info",
    "platform-info-unknown-bits",
    { platformInfo: PLATFORM | bit(63) },
    { unknownPlatformBits: "reject" },
    { platformInfo: PLATFORM },
  ),
];

const allowedCases: readonly Case[] = [
  {
    name: "16: DEBUG, where the caller's policy takes it",
    check: "debug",
    code: "allowed",
    status: "waived",
    bad: () => about({ report: withPolicy(bit(19)) }, { allow: ["debug"] }),
    good: () => about({}, { allow: ["debug"] }),
  },
  {
    name: "16: MIGRATE_MA, where the caller's policy takes it",
    check: "migration",
    code: "allowed",
    status: "waived",
    bad: () => about({ report: withPolicy(bit(18)) }, { allow: ["migration"] }),
    good: () => about({}, { allow: ["migration"] }),
  },
  {
    name: "16: DEBUG, where the caller's policy takes migration alone",
    check: "debug",
    code: "debug-allowed",
    bad: () => about({ report: withPolicy(bit(19)) }, { allow: ["migration"] }),
  },
  {
    name: "16: MIGRATE_MA, where the caller's policy takes debugging alone",
    check: "migration",
    code: "migration-allowed",
    bad: () => about({ report: withPolicy(bit(18)) }, { allow: ["debug"] }),
  },
];

/** SHA-512 over the domain, a zero, and nonce and key with their lengths, computed by hand with node:crypto. */
const NONCE_DIGEST = layoutDigest(pattern(16, 1), new Uint8Array());
const NONCE_AND_KEY_DIGEST = layoutDigest(pattern(16, 1), pattern(91, 7));

function layoutDigest(nonce: Uint8Array, key: Uint8Array): Uint8Array {
  const length = (bytes: Uint8Array): Uint8Array => Uint8Array.of(0, 0, 0, bytes.length);
  const parts = [Buffer.from("tee-verify/binding/v1\0"), length(nonce), nonce, length(key), key];
  return new Uint8Array(createHash("sha512").update(Buffer.concat(parts)).digest());
}

export const appraisalCases: readonly Case[] = [...buildCases, ...bindingCases, ...policyCases, ...allowedCases];
