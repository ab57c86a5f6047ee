/** The 88 hostile cases of security.md, section 5: for each, where the tests are that hold it. */

/** A file under `test/`, and words that stand in it: the name of a test, or of a row that becomes one. */
export type Holder = readonly [file: string, ...names: string[]];

export interface HostileCase {
  readonly number: number;
  readonly what: string;
  readonly holders: readonly Holder[];
}

const KEY = "evidence/sev-snp/cases/key.ts";
const CHAIN = "evidence/sev-snp/cases/chain.ts";
const REVOCATION = "evidence/sev-snp/cases/revocation.ts";
const FIRMWARE = "evidence/sev-snp/cases/firmware.ts";
const APPRAISAL = "evidence/sev-snp/cases/appraisal.ts";
const REPORT = "evidence/sev-snp/cases/report.ts";
const DCAP = "evidence/dcap/pitfalls.test.ts";
const TCB = "evidence/dcap/tcb.test.ts";
const NITRO_COSE = "evidence/nitro/cose-rows.test.ts";
const NITRO_REGISTERS = "evidence/nitro/register-rows.test.ts";
const NITRO_CHAIN = "evidence/nitro/chain-rows.test.ts";
const ALGORITHMS = "trust/algorithms.test.ts";
const CERTIFICATE = "trust/certificate.test.ts";
const PATH = "trust/path.test.ts";
const CRL = "trust/crl.test.ts";
const OPTIONS = "options.test.ts";
const TOKENS = "evidence/tokens/rows.test.ts";
const CBOR = "encoding/cbor.test.ts";
const JSON_ROWS = "encoding/json.test.ts";
const FORMS = "evidence/sev-snp/forms.test.ts";
const ENVELOPE = "evidence/envelope.test.ts";
const EVERY_BIT = "evidence/sev-snp/every-bit-of-report.test.ts";
const HERE = "hostile/cases.test.ts";
const LIMITS = "hostile/resources.test.ts";
const ALL = "hostile/exhaustive.test.ts";

const row = (number: number, what: string, ...holders: readonly Holder[]): HostileCase => ({ number, what, holders });

export const CASES: readonly HostileCase[] = [
  row(1, "a bit of the signed region flipped", [EVERY_BIT, "no bit can change"], [ALL, "no bit of"]),
  row(
    2,
    "a bit of the signature flipped",
    [EVERY_BIT, "no bit can change"],
    ["crypto/signatures.test.ts", "rejects a signature with one bit changed, wherever it is"],
  ),
  row(
    3,
    "r or s zero, n or above",
    [KEY, "12, S3: r is zero", "12, S3: s is n", "12, S3: r and s are above n"],
    [DCAP, "row 42: r or s out of range"],
    [NITRO_COSE, "C8"],
  ),
  row(
    4,
    "a high s is genuine",
    [DCAP, "row 41: signatures with s in the upper half"],
    [NITRO_COSE, "C8 a high s is genuine, and so is a low one"],
  ),
  row(5, "a DER signature with trailing bytes, BER or negative integers", [
    PATH,
    "a trailing byte",
    "a length that is not minimal",
    "a negative s",
  ]),
  row(6, "a P1363 signature of 95 or 97 bytes", [NITRO_COSE, "of 95 bytes", "of 97 bytes"]),
  row(7, "padding of AMD's signature that is not zero", [REPORT, "R above 48 bytes", "S above 48 bytes"]),
  row(
    8,
    "a key that is no point, compressed or hybrid",
    [CHAIN, "S8: a compressed point", "S8: a hybrid point"],
    [ALGORITHMS, "the point at infinity"],
    ["crypto/usable.test.ts", "takes points on the curve, written in one way"],
  ),
  row(
    9,
    "a key on another curve",
    [ALGORITHMS, "a P-256 point under the name of P-384"],
    ["crypto/signatures.test.ts", "rejects keys of another type or curve and algorithms of another key"],
  ),
  row(10, "explicit curve parameters", [ALGORITHMS, "explicit curve parameters"]),
  row(
    11,
    "other RSA-PSS parameters",
    [CHAIN, "6, S11: salt of 32 bytes", "6, S11: MGF1 with SHA-1"],
    [ALGORITHMS, "tolerates trailerField 1 written out, as AMD does, and no other"],
  ),
  row(
    12,
    "another hash than the key's",
    [KEY, "S12: SHA-256 in place of SHA-384"],
    [PATH, "that are weaker than they look are faults: SHA-256 under P-384"],
  ),
  row(13, "SIGNATURE_ALGO is not 1", [REPORT, "15: SIGNATURE_ALGO 0", "15: SIGNATURE_ALGO 2"]),
  row(14, "no signature, or no signing key", [
    KEY,
    "12, S14: no signature at all",
    "4, S14: SIGNING_KEY NONE, well signed",
  ]),
  row(15, "a leaf that is an authority", [CHAIN, "S15: a key that is an authority"]),
  row(16, "an intermediate without basic constraints", [CHAIN, "S16: an ASK without basic constraints"]),
  row(
    17,
    "a path that is too long",
    [PATH, "counts the intermediates below, the leaf not among them"],
    [NITRO_CHAIN, "path lengths that do not suffice"],
  ),
  row(
    18,
    "an unknown critical extension",
    [CHAIN, "S18: an ASK with a critical extension that nobody knows"],
    [PATH, "that are critical and not interpreted never pass"],
  ),
  row(19, "an extension twice", [CERTIFICATE, "an extension twice"]),
  row(20, "version 1", [CERTIFICATE, "version 1 without a version field"]),
  row(21, "another algorithm inside than outside", [CERTIFICATE, "another algorithm inside than outside"]),
  row(
    22,
    "bytes behind a certificate",
    [CERTIFICATE, "a byte behind the certificate"],
    [DCAP, "row 58: certificates in BER, with trailing bytes"],
  ),
  row(23, "BER", [CERTIFICATE, "an indefinite length outside", "a length that is not minimal outside"]),
  row(
    24,
    "expired or not yet valid by a second, at each level",
    [CHAIN, "ran out a second ago", "becomes valid in a second"],
    [PATH, "has both ends in it and not a millisecond more, at level %i"],
  ),
  row(
    25,
    "a root of the same name",
    [CHAIN, "1, S25: a whole self-made chain in AMD's names"],
    [PATH, "under a root of the same name that is not the anchor are invalid"],
  ),
  row(26, "another product's intermediate", [KEY, "3, S26: Milan's certificate issued by Genoa's authority"]),
  row(27, "a VLEK for a VCEK, and the other way round", [
    KEY,
    "4, S27: a VLEK's report with the VCEK of the same levels",
    "4, S27: a VCEK's report with the VLEK of the same levels",
  ]),
  row(
    28,
    "issuers in a circle, a thousand certificates",
    [CHAIN, "S28: a key issued by itself"],
    [LIMITS, "10,000 certificates"],
    ["evidence/sev-snp/endorsements.test.ts", "sixty-four certificates are read and sixty-five are too many"],
  ),
  row(
    29,
    "no chain, certificates twice",
    [FORMS, "each twice, and PEM beside DER"],
    [DCAP, "row 9: a chain that is incomplete, doubled, too long"],
  ),
  row(30, "serial numbers below zero or of 21 bytes", [
    CHAIN,
    "S30: an ASK with a negative serial number",
    "S30: an ASK with a serial number of 21 bytes",
  ]),
  row(
    31,
    "times on no calendar, without Z, around 1950 and 2050",
    ["encoding/der-values.test.ts", "splits the two-digit years at 50", "which is on no calendar"],
    [CERTIFICATE, "30 February", "a time without Z"],
  ),
  row(
    32,
    "names in another string type or case",
    [CHAIN, "6, S32: the issuer's name in another string type"],
    [PATH, "another string type"],
  ),
  row(
    33,
    "arcs of 2^31 and above",
    ["encoding/der-values.test.ts", "does not take an arc of 2^32 more for the same"],
    [CHAIN, "S33: a key with an extension whose arc is AMD's plus 2^32"],
  ),
  row(34, "AMD's extensions missing, twice or of another type", [
    KEY,
    "9, S34: without extension",
    "S34: a level that is an OCTET STRING",
  ]),
  row(35, "the certificate of another chip", [KEY, "8, 33, S35: the certificate of another chip"]),
  row(36, "levels that differ from REPORTED_TCB", [KEY, "level differs from REPORTED_TCB"]),
  row(37, "Intel's extension incomplete, or with 15 or 17 components", [
    DCAP,
    "row 40: a SGX extension that is not exactly as Intel makes it",
  ]),
  row(38, "a PCK of another kind of authority", [
    DCAP,
    "and so is the platform of a Processor CA",
    "row 15: a list of another issuer",
    "The Platform CA issues certificates with seven members and the Processor CA with five",
  ]),
  row(39, "revoked", [REVOCATION, "23, S39: the ASK is revoked"], [DCAP, "row 13: a revoked PCK, authority or signer"]),
  row(
    40,
    "a list of another issuer or signature",
    [REVOCATION, "23, S40: signed by another ARK in this one's name"],
    [DCAP, "row 15: a list of another issuer", "row 16: a list with a wrong signature"],
  ),
  row(41, "a list expired or of the future", [
    REVOCATION,
    "23, S41: issued a second from now",
    "23, S41: due a second ago",
  ]),
  row(
    42,
    "no list",
    [REVOCATION, "23, S42: no list where policy demands one"],
    [DCAP, "row 14: lists that are missing"],
  ),
  row(43, "lists that are delta, indirect, or of authorities alone", [
    REVOCATION,
    "S43: a delta list",
    "S43: an indirect list",
    "S43: a list of authorities alone",
  ]),
  row(
    44,
    "an older list beside the one that revokes",
    [HERE, "44: an older list beside the newer one"],
    ["evidence/dcap/profile.test.ts", "take the current one of several, and the latest of those"],
  ),
  row(
    45,
    "a list of 100,000 entries",
    [CRL, "reads 100,000 entries"],
    ["trust/revocation.test.ts", "finds the last of 100,000 entries"],
    [LIMITS, "the longest list"],
  ),
  row(46, "a report a byte short or long", [
    EVERY_BIT,
    "cut short anywhere, it is malformed",
    "with anything behind it, it is malformed",
  ]),
  row(47, "versions that do not exist", [REPORT, "`14: version "]),
  row(48, "reserved bytes that are not zero", [REPORT, "13: reserved byte"]),
  row(49, "DEBUG and MIGRATE_MA", [APPRAISAL, "16, S49: DEBUG", "16, S49: MIGRATE_MA"]),
  row(50, "POLICY bit 17 is zero", [REPORT, "15: POLICY bit 17 is zero"]),
  row(51, "another VMPL", [APPRAISAL, "19, S51: VMPL 1"]),
  row(52, "levels that are out of order", [
    FIRMWARE,
    "11, S52: reported above committed",
    "11, S52: committed above current",
  ]),
  row(53, "provisional firmware", [FIRMWARE, "11, S53: current firmware newer than committed"]),
  row(54, "below the floors", [FIRMWARE, "S54: Milan below AMD-SB-3019"]),
  row(55, "SMT on where it is forbidden", [APPRAISAL, "17, S55: SMT is on and the policy forbids it"]),
  row(56, "no alias check", [FIRMWARE, "18, S56: no alias check, strictly"]),
  row(57, "Turin's levels in Milan's layout", [KEY, "10, S57: Turin's levels read in Milan's layout"]),
  row(58, "the certificate of another product", [KEY, "3, S58: Genoa's certificate for Milan's report"]),
  row(59, "other report data, shorter or padded", [
    APPRAISAL,
    "20, S59: other report data by the last bit",
    "20, S59: a prefix of the report data",
  ]),
  row(60, "the right measurement with other host data", [APPRAISAL, "S60: the right measurement with other host data"]),
  row(61, "another ID key", [APPRAISAL, "22, S61: another ID key"]),
  row(62, "certificate tables that lie", [FORMS, "an offset into the entries", "Rows 24 and S62"]),
  row(63, "versions, key types, TEE types and vendors that do not exist", [
    DCAP,
    "row 34: versions, key types, TEE types and bodies",
    "row 35: another vendor",
  ]),
  row(64, "lengths that lie", [DCAP, "row 36: lengths that lie", "row 37: bytes after the quote"]),
  row(65, "QE report data that is not the key's", [
    DCAP,
    "row 2: an attacker's attestation key",
    "row 4: QE authentication data",
  ]),
  row(66, "a QE report with a wrong signature", [DCAP, "row 1: a QE report with a wrong signature"]),
  row(67, "a QE that is not Intel's", [DCAP, "row 5: a QE identity that is missing, unsigned, another's"]),
  row(
    68,
    "a QE that is out of date or revoked",
    [DCAP, "row 6: a QE below all levels, or on a revoked one"],
    [TCB, "parts converge"],
  ),
  row(69, "TCB info of another platform or TEE", [
    DCAP,
    "row 18: of another FMSPC or PCEID",
    "row 19: for SGX, without id",
  ]),
  row(70, "levels that are incomplete, unknown or none", [
    DCAP,
    "row 22: levels that are unsorted, doubled, incomplete",
  ]),
  row(
    71,
    "JSON that is deep, poisoned, reordered or not exact",
    [DCAP, "row 20: edited, reordered or with duplicate names", "row 57: JSON that is deep, poisoned"],
    [JSON_ROWS, "bounds nesting before it recurses", "9007199254740993", "\\\\ud800"],
  ),
  row(72, "collateral of the future or expired", [DCAP, "row 17: what has expired or is not yet valid"]),
  row(73, "an evaluation number below the floor", [DCAP, "row 52: an evaluation number below the minimum"]),
  row(74, "DEBUG, SEPT_VE_DISABLE, reserved bits of ATTRIBUTES and XFAM", [
    DCAP,
    "row 29: debug, profiling, reserved bits",
    "row 30: XFAM",
  ]),
  row(75, "another TDX module", [DCAP, "row 24: a TDX module without identity, of another signer"]),
  row(76, "a service TD", [DCAP, "row 31: a service TD"]),
  row(
    77,
    "TCB statuses",
    [TCB, "Intel's table of TCB statuses"],
    [DCAP, "row 27: statuses merge as Intel merges them", "row 28: a relaunch is advised"],
  ),
  row(78, "certification data of other types", [DCAP, "row 38: certification data of other types"]),
  row(
    79,
    "COSE that is not COSE_Sign1 with ES384",
    [NITRO_COSE, "C3", "C4 alg in the unprotected header", "C2 a duplicate map key"],
    ["trust/cose.test.ts", "C7 a detached payload"],
  ),
  row(80, "documents with fields missing, too long or of another type", [
    NITRO_REGISTERS,
    "N13 fields",
    "N8 registers",
  ]),
  row(81, "a required register that is absent, and debug mode", [
    NITRO_REGISTERS,
    "one that is expected and not in the document never matches",
    "N7 debug mode",
  ]),
  row(82, "a bundle in another order, of another root, of many", [
    NITRO_CHAIN,
    "in another order",
    "of more than eight certificates",
    "is rejected under AWS's root, whatever it says of itself",
  ]),
  row(83, "timestamps in seconds, of the future, or old", [
    NITRO_CHAIN,
    "in seconds in the place of milliseconds",
    "too old and from the future, to the millisecond",
  ]),
  row(
    84,
    "CBOR that is deep, long, endless, cyclic or not UTF-8",
    [NITRO_COSE, "C10 deep nesting, lengths of 2^32 and an input of 16 MB", "C12 text that is not UTF-8"],
    [CBOR, "depth 100,000 without touching the stack", "a bignum", "a shared reference"],
    [LIMITS, "a million nested items"],
  ),
  row(
    85,
    "PCR4 or PCR8 expected and absent",
    [NITRO_REGISTERS, "one that is expected and not in the document never matches"],
    [HERE, "85: PCR"],
  ),
  row(86, "JWT: none, HS256, jwk, jku, x5u, crit, duplicates, text for numbers", [
    TOKENS,
    "alg none",
    "HS256",
    "embedded jwk",
    "x5u",
    "J1 a jku is never followed",
    "exp is text",
    "duplicate names",
    "crit",
    "audience",
  ]),
  row(
    87,
    "bundles that lie, test modes, unsigned claims about a GPU",
    [ENVELOPE, "with a member that a test would have", "with anchors of its own"],
    ["verify.test.ts", "does not trust labels"],
    ["evidence/nitro/evidence.test.ts", "the local verifier's claims about a GPU are nobody's proof"],
    ["evidence/nvidia/machine.test.ts", "a machine with its GPUs"],
  ),
  row(88, "options that are read late, empty, undefined, or of another form", [
    OPTIONS,
    "cannot change after the call",
    "a getter that throws",
    "measurement undefined",
    "no measurement in the list",
    "NaN",
    "beyond all dates",
    "a digest with 0x",
    "a detached buffer",
  ]),
];
