/** Pinned certificates of Intel (design, section 3, rule 1). Written by scripts/roots/generate.mjs from roots/: do not edit. */

import type { PinnedCertificate } from "../pinned.js";

/** Roots and intermediates of Intel; where each was obtained is in `roots/roots.json`. */
export const intelRoots: readonly PinnedCertificate[] = [
  {
    name: "intel-sgx-root-ca",
    sha256: "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3",
    key: {
      curve: "P-256",
      point: "BAupxMDAyGGTo/4j1rAs2hCou9Tojki0RYVho25wVSX1Z5GOLtyI5A2GC9DMTuJqrMmI5QWpU1WMRT9rCQSuc5Q=",
    },
    subject:
      "MGgxGjAYBgNVBAMMEUludGVsIFNHWCBSb290IENBMRowGAYDVQQKDBFJbnRlbCBDb3Jwb3JhdGlvbjEUMBIGA1UEBwwLU2FudGEgQ2xhcmExCzAJBgNVBAgMAkNBMQswCQYDVQQGEwJVUw==",
    serial: "22650cd65a9d3489f383b49552bf501b392706ac",
    notBefore: 1_526_899_510_000,
    notAfter: 2_524_607_999_000,
  },
  {
    name: "intel-sgx-root-ca-2033",
    sha256: "fc64f8076d79a4fee9d1d473d74c89eb8d8fd55c5abafeabeba7366d20429404",
    key: {
      curve: "P-256",
      point: "BAupxMDAyGGTo/4j1rAs2hCou9Tojki0RYVho25wVSX1Z5GOLtyI5A2GC9DMTuJqrMmI5QWpU1WMRT9rCQSuc5Q=",
    },
    subject:
      "MGgxGjAYBgNVBAMMEUludGVsIFNHWCBSb290IENBMRowGAYDVQQKDBFJbnRlbCBDb3Jwb3JhdGlvbjEUMBIGA1UEBwwLU2FudGEgQ2xhcmExCzAJBgNVBAgMAkNBMQswCQYDVQQGEwJVUw==",
    serial: "22650cd65a9d3489f383b49552bf501b392706ac",
    notBefore: 1_526_899_271_000,
    notAfter: 2_000_284_870_000,
  },
];
