/** x509-limbo's path and name-constraint cases through the path validator: what must fail fails, what must pass passes, but for two closed lists. */
import { expect, it } from "vitest";
import { fromPem, toHex } from "../../src/encoding/text.js";
import { parseCertificate } from "../../src/trust/certificate.js";
import type { PathProfile } from "../../src/trust/profiles.js";
import { GENERIC, judge } from "../support/generic-path.js";
import { describeShared, readSharedJson } from "../support/shared.js";

interface LimboCase {
  readonly id: string;
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly crls: readonly string[];
  readonly validation_time: string | null;
  readonly max_chain_depth: number | null;
  readonly expected_result: "SUCCESS" | "FAILURE";
  readonly applicability: { readonly class: string };
}

/** Cases that must fail and are accepted, with the reason. */
const ACCEPTED_INVALID: Readonly<Record<string, string>> = {
  "rfc5280::aki::leaf-missing-aki": "key identifiers are for the profile to demand (AMD's leaves have none): see below",
  "rfc5280::aki::intermediate-missing-aki": "as above",
  "rfc5280::aki::cross-signed-root-missing-aki":
    "an anchor that is not self-signed is a name and a key: nothing else of it is judged",
  "rfc5280::ski::root-missing-ski": "as above",
  "rfc5280::ski::intermediate-missing-ski": "as above",
  "rfc5280::root-non-critical-basic-constraints": "read and honoured all the same; PKITS 4.6.4 holds such a path valid",
  "rfc5280::eku::ee-wrong-eku": "there is no purpose to match: a profile lists the extensions that may occur",
  "rfc5280::eku::ee-eku-empty": "extendedKeyUsage is not interpreted: as above",
  "webpki::aki::root-with-aki-missing-keyidentifier": "a rule of the Web PKI alone",
  "webpki::aki::root-with-aki-authoritycertissuer": "a rule of the Web PKI alone",
  "webpki::aki::root-with-aki-authoritycertserialnumber": "a rule of the Web PKI alone",
  "webpki::aki::root-with-aki-all-fields": "a rule of the Web PKI alone",
  "webpki::eku::ee-anyeku": "a rule of the Web PKI alone",
  "webpki::eku::ee-without-eku": "a rule of the Web PKI alone",
  "webpki::eku::root-has-eku": "a rule of the Web PKI alone",
  "webpki::malformed-aia": "authorityInfoAccess is never followed, so never read",
};

/** Of these, what a profile that demands key identifiers refuses for that reason. */
const NEEDS_KEY_IDENTIFIERS: readonly string[] = [
  "rfc5280::aki::leaf-missing-aki",
  "rfc5280::aki::intermediate-missing-aki",
  "rfc5280::ski::root-missing-ski",
  "rfc5280::ski::intermediate-missing-ski",
];

/** Path cases (class A) that must pass and are refused, with the reason. */
const REFUSED_VALID: Readonly<Record<string, string>> = {
  "cve::cve-2024-0567": "name constraints are unsupported and reject",
  "pathlen::validation-ignores-pathlen-in-leaf": "an authority where a leaf belongs",
  "pathlen::max-chain-depth-1-self-issued": "the bound on a chain counts every certificate, self-issued ones as well",
  "rfc5280::ca-as-leaf": "an authority where a leaf belongs",
  "rfc5280::validity::notafter-fractional": "5 milliseconds after notAfter; the suite calls it ambiguous",
};

const MAX_STEPS = 500;

interface Path {
  readonly chain: readonly Uint8Array[];
  readonly anchor: Uint8Array;
}

interface Named {
  readonly der: Uint8Array;
  readonly subject: string;
  readonly issuer: string;
}

function named(pem: string): Named {
  const der = fromPem(pem)[0]?.bytes ?? new Uint8Array();
  try {
    const { subject, issuer } = parseCertificate(der);
    return { der, subject: toHex(subject), issuer: toHex(issuer) };
  } catch {
    return { der, subject: "unreadable", issuer: "no path" };
  }
}

/**
 * Every path by name. The library itself is given chains of known order. A self-signed root is judged as a certificate of the chain, under the
 * anchor that it makes: the suite has cases about what roots must look like.
 */
function paths({ trusted_certs, untrusted_intermediates, peer_certificate }: LimboCase): readonly Path[] {
  const roots = trusted_certs.map(named);
  const intermediates = untrusted_intermediates.map(named);
  const found: Path[] = [];
  let steps = 0;
  const walk = (chain: readonly Named[]): void => {
    if (++steps > MAX_STEPS || chain.length > GENERIC.maxLength) return;
    const issuer = chain[chain.length - 1]?.issuer;
    for (const root of roots.filter(({ subject }) => subject === issuer)) {
      const judged = root.issuer === root.subject ? [...chain, root] : chain;
      found.push({ chain: judged.map(({ der }) => der), anchor: root.der });
    }
    for (const next of intermediates) if (next.subject === issuer && !chain.includes(next)) walk([...chain, next]);
  };
  const leaf = named(peer_certificate);
  walk([leaf]);
  // Without a path the leaf is judged directly under the first root: it says why there is none.
  return found.length > 0 ? found : roots.slice(0, 1).map((root) => ({ chain: [leaf.der], anchor: root.der }));
}

async function accepted(
  item: LimboCase,
  profile: PathProfile = GENERIC,
): Promise<{ ok: boolean; codes: readonly string[] }> {
  const at = item.validation_time === null ? Date.UTC(2024, 0, 1) : Date.parse(item.validation_time);
  const crls = item.crls.map((pem) => fromPem(pem)[0]?.bytes ?? new Uint8Array());
  const codes: string[] = [];
  for (const path of paths(item)) {
    // The depth of the suite counts intermediates; ours counts leaf and root as well.
    const limit = item.max_chain_depth === null ? profile.maxLength : item.max_chain_depth + 2;
    const found = await judge({
      ...path,
      crls,
      at,
      profile: { ...profile, maxLength: limit },
      revocation: "where-supplied",
    });
    if (found.length === 0) return { ok: true, codes: [] };
    codes.push(...found);
  }
  return { ok: false, codes };
}

describeShared("x509-limbo", () => {
  const { testcases } = readSharedJson<{ testcases: readonly LimboCase[] }>("suites/x509-limbo/limbo-subset.json");
  const judged = Promise.all(testcases.map(async (item) => ({ ...item, ...(await accepted(item)) })));

  it("has all its cases of classes A and B", () => {
    expect(testcases).toHaveLength(161);
    expect(testcases.filter(({ applicability }) => applicability.class === "A-path")).toHaveLength(104);
  });

  it("has nothing accepted that must fail, but for a closed list", async () => {
    const wrong = (await judged).filter(({ ok, expected_result }) => ok && expected_result === "FAILURE");
    expect(wrong.map(({ id }) => id).sort()).toEqual(Object.keys(ACCEPTED_INVALID).sort());
    const right = (await judged).filter(({ ok, expected_result }) => !ok && expected_result === "FAILURE");
    expect(right.length).toBe(99);
  });

  it("has those without key identifiers refused where a profile demands them", async () => {
    const rules = { ...GENERIC.issuer, keyIdentifiers: "required" } as const;
    for (const id of NEEDS_KEY_IDENTIFIERS) {
      const item = testcases.find((other) => other.id === id) as LimboCase;
      const { ok, codes } = await accepted(item, { ...GENERIC, leaf: rules, issuer: rules });
      expect([ok, codes.includes("certificate-key-identifier")], id).toEqual([false, true]);
    }
  });

  it("has its path cases accepted that must pass, but for a closed list", async () => {
    const valid = (await judged).filter(
      ({ applicability, expected_result }) => applicability.class === "A-path" && expected_result === "SUCCESS",
    );
    const refused = valid.filter(({ ok }) => !ok).map(({ id }) => id);
    expect(refused.sort()).toEqual(Object.keys(REFUSED_VALID).sort());
    expect(valid.length - refused.length).toBe(23);
  });

  it("has every certificate with name constraints refused, critical or not", async () => {
    const constrained = (await judged).filter(({ applicability }) => applicability.class === "B-nameconstraints");
    const passing = constrained.filter(({ ok }) => ok).map(({ id }) => id);
    // The path around the constrained certificate is free of constraints.
    expect(passing).toEqual(["rfc5280::nc::nc-forbids-same-chain-ica"]);
  });
});
