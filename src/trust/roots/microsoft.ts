/** Pinned certificates of Microsoft (design, section 3, rule 1). Written by scripts/roots/generate.mjs from roots/: do not edit. */

import type { PinnedCertificate } from "../pinned.js";

/** Roots and intermediates of Microsoft; where each was obtained is in `roots/roots.json`. */
export const microsoftRoots: readonly PinnedCertificate[] = [
  {
    name: "microsoft-root-ca-2011",
    sha256: "847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61",
    key: {
      modulus:
        "soBBqjU4TRNyMmgiTbiy8f/VUrxsx/XSSow27tHCXH6Miq6vEyhvwHPjOs7QJahaOm3vqLhZqxMjaM0MKYfRb4Bcj0R/XZABUlisUcVfKofc3NgKHcEDuXuwVuij3mRhwp7483y57A21VP5MtmVPiPCcSJkMQgsJfDFZF3kGeCiNiTpMAyW+cWpcC+eEYKSZIuPSr4Skp/vRmO0Mqd6UieEOoNzAzpk96ghSu1Z55B+Euh64tMRJXE8xS4fd3QVnJpmA4HERo7ilQeKkU7n3MimDDBO/Nl4Es0tDRy9r4pEe05hP3UIHyOgdEvyZqWs+kn7I1mk6/GS9tgmdyv0MC6Kbd2BLA5SkMGkS1kItwUFMytyq/Y9bg0aa2fyx0eOzyX9Ies0k8EGPXHTQrLAQIAZJt8ctIchX49CG8wNo+9DOccGJmUpkAWz97DCRz0E8ksfluoYdYYTHX4M5Yq60ki9H8wv4VeugH1nQu3SbHtB25vLpBtcQ6Ppk3mnGNZaIAvBGuD8nmW/LcYkpNfdIFgI1j9V5fE0Cz1/rioNPRXGI+akNTnLpwpwHz0kbTgQOY1GMXtgAwVUstsbgwmVOyTQ59ZyzxH7oYW4TXxXEX9l+7R3O7kTsyy6Gsew49nDtq1wTwdkPDceAslXtNPesm+TD2udHPKa1jzHfxUuv6/E=",
    },
    subject:
      "MIGIMQswCQYDVQQGEwJVUzETMBEGA1UECBMKV2FzaGluZ3RvbjEQMA4GA1UEBxMHUmVkbW9uZDEeMBwGA1UEChMVTWljcm9zb2Z0IENvcnBvcmF0aW9uMTIwMAYDVQQDEylNaWNyb3NvZnQgUm9vdCBDZXJ0aWZpY2F0ZSBBdXRob3JpdHkgMjAxMQ==",
    serial: "3f8bc8b5fc9fb29643b569d66c42e144",
    notBefore: 1_300_831_528_000,
    notAfter: 2_089_836_784_000,
  },
  {
    name: "microsoft-azure-attestation-pca-2019",
    sha256: "d8a4236a2bd59061d008139d2071ea7bef642e1b959a0ce6626666b43bd2c095",
    key: {
      modulus:
        "yTLy/bGuzAnrxE+uLoOMwDbwVj/TlPUSeALDYWh1IEV1XASInpSRVgacIHDFfnIclB72l7nzZuRjrsmnNgG0H/uDj0bs+AZkxZ6si/E0E3KOP8YEYSOnDEuCfrBQDdye62tXtP3WAhFe88dW6p56pyxrG1BgpnIsDiEag4U6wzmjkWrFM2w5AFbYUiyloLrr6gnG2Cuk4pTkLW6k3qXo/Nfjm+bS/wgtfztM3vi3lsM4nJvB0HEk8coUQxobpmigmQxBRz7OZH99oWYn9XDR1bym0G/nJ/+Y95Z6YquguLk4YHQ8QrXpAf8/dyRQe3zeQu387CLCksmxYTVaGE3QCQEx2M3dIUmUiFiJSgGO7wsq+tf3oqT39GXP6ftdhE6V1UcX/YgK4SjIcxuD7Sj9RW+zYq3iaCPIiwjSK+MFwLtLdMZUmzmXKPmz2sW5rj4Jh6jcmLVc+a6xccE3x0nQXTTCFNlQRCMqP7GYSaMzjfq2m4leCqunaLG3m6XPOxlKQqAsFvNWxWw0ujV8ILUpo9ZattvHrIukv5/IvK4YCrbeyQUEi1aQzokGGGnKwDWNwCwoEwtVV3CJ7Mw6Gvqk6JuxbixGIE/vSjwnSaal8OdBCQqZHTHSbkaVYJlVaVDjZQtj01RmCQjJmJlzYGTrsMwK9y/DMd8tVyxfYVPc+G8=",
    },
    subject:
      "MIGDMQswCQYDVQQGEwJVUzETMBEGA1UECBMKV2FzaGluZ3RvbjEQMA4GA1UEBxMHUmVkbW9uZDEeMBwGA1UEChMVTWljcm9zb2Z0IENvcnBvcmF0aW9uMS0wKwYDVQQDEyRNaWNyb3NvZnQgQXp1cmUgQXR0ZXN0YXRpb24gUENBIDIwMTk=",
    serial: "3300000037756c792a2979df3d000000000037",
    notBefore: 1_559_256_532_000,
    notAfter: 2_032_642_732_000,
  },
];
