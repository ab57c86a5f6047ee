/** Whose paravisors are Microsoft's: digests of the ID keys that sign their launch (AMD 56860, ID block), as genuine reports of Azure show them. */

/**
 * ID_KEY_DIGEST, lowercase hex. The security processor starts a guest with an ID block only if the ID key signed its measurement, so the digest
 * in a signed report says who signed the paravisor. Microsoft publishes no list: these are in the public evidence of Microsoft's, Trustee's and
 * attestation-rs's tests. To pin one exact paravisor, give `measurement`.
 */
export const MICROSOFT_ID_KEYS: readonly string[] = [
  "0356215882a825279a85b300b0b742931d113bf7e32dde2e50ffde7ec743ca491ecdd7f336dc28a6e0b2bb57af7a44a3",
  "942fd93ebde6ea7a96efadeafc60f1c6b3d10e703b1dafd7555b92f7f3d32d0e006767648cba5b102af3d65756af4177",
];
