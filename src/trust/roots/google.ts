/** Pinned certificates of Google (design, section 3, rule 1). Written by scripts/roots/generate.mjs from roots/: do not edit. */

import type { PinnedCertificate, PinnedHash } from "../pinned.js";

/** Roots and intermediates of Google; where each was obtained is in `roots/roots.json`. */
export const googleRoots: readonly PinnedCertificate[] = [
  {
    name: "gcp-confidential-space-root-ca",
    sha256: "148b293821bb0c6a317f413c8ba475814091cb22d49b9e3c94198db8e8f86c39",
    key: {
      modulus:
        "r0bmWrHMwKoTGXtTgxyejBS1/BGFVfkTe8YjvRqbgOd4s5fTsYKdzV4pNxW2J/u23CJDDEkKQq+itI20kAmU+neT+TyU+Q6TRmIyx5Fuu/35fgbu3kjG9KkQmtY0vtzoTSu7e0iGh5tV3ZkkYIY8KIJSkbpNwhqxeGYmvUXBP6djFOvRsiWaah2ME6ZTa98eMxftpyZPOhssAz/rBsEj1n3JqmNOFUA+2TwxGWf6oM3aC+YpRPdnkJwLMvupui8QRBx1XBaXw7TVVCLdlTAliwXjilEHJ+Y7O+esW5SJ6sP0LUEUdAJ9Mn0Ywbhr5jIwMBEw6ORE2P33Pp20FWCczUE3PRDqRRVj6cP2YxXDfQJp3XcWFBExVz5gWHqzHs9CyjbRqXymBx4TDEyN5o9Jv1fXwm34dmGwVJzEtksHdtGEiDIvx4hmqjqRlKlzHkFcO6YRk0t0GCvGTOubAv0ISEM13bIiw4BQYrVZ5SLt5SL+groh713kiQUZUcUPFbvreie4QXZdHrVgSgLvVbYuOmn+XIwtN3bKZB0dzAFBnKy1hE5ENJrEACryAJcMkES7kDiOQ+qRfumn9TW5fr0e7Cwmw1nTKptRPV+ishSnent65xPTuHZBSad+Vr0doKiAJFKGvlatTFyxWBuIpmp2Sh9IoKyG5W2sEQq9xq9uBV0=",
    },
    subject:
      "MIGLMQswCQYDVQQGEwJVUzETMBEGA1UECBMKQ2FsaWZvcm5pYTEWMBQGA1UEBxMNTW91bnRhaW4gVmlldzETMBEGA1UEChMKR29vZ2xlIExMQzEVMBMGA1UECxMMR29vZ2xlIENsb3VkMSMwIQYDVQQDExpDb25maWRlbnRpYWwgU3BhY2UgUm9vdCBDQQ==",
    serial: "601bd1cb983d69860c87bb494bba45c1a7cbea",
    notBefore: 1_705_702_250_000,
    notAfter: 2_021_062_249_000,
  },
];

/** Certificates of Google that are pinned by their hash alone. */
export const googleHashes: readonly PinnedHash[] = [
  {
    name: "GCE-cc-tcb-root_1",
    sha256: "e876bc6978bf4f3da445f98a0a82363c8c0bae5a1fc033c6df65846a6cb0f18c",
  },
];
