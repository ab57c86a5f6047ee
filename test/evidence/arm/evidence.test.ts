/** Real CCA and PSA tokens and the claim vectors of the open implementations: each comes out as the index of the shared evidence says. */
import { expect, it } from "vitest";
import { type CcaRequest, claimMap, forgeCca } from "../../../fixtures/arm/token.js";
import * as cbor from "../../../fixtures/cbor.js";
import { type ArmKey, keysFromStore, referencesFromStore, verify } from "../../../src/arm.js";
import { type CborMap, isCborMap, readCbor } from "../../../src/encoding/cbor.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { readPlatform, readRealm } from "../../../src/evidence/arm/cca-token.js";
import { claimsMap } from "../../../src/evidence/arm/claims.js";
import { readPsaClaims } from "../../../src/evidence/arm/psa-token.js";
import type { Verdict } from "../../../src/verdict.js";
import { type ArmOptions, checkNamed, failures } from "../../support/arm.js";
import { describeShared, readShared, readSharedJson, readSharedText } from "../../support/shared.js";

interface Entry {
  readonly file: string;
  readonly kind: string;
  readonly expected?: string;
  readonly key?: string;
  readonly verified?: { readonly platform?: boolean; readonly realm?: boolean; readonly binding?: boolean };
}

const ROOM = "evidence/arm";
const bytes = (file: string): Uint8Array => readShared(`${ROOM}/${file}`);

/** Whether `read` accepts; anything thrown but MalformedError is a failure of the test. */
function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

describeShared("Arm's real evidence", () => {
  const index = readSharedJson<readonly Entry[]>(`${ROOM}/index.json`);
  const of = (kind: string): readonly Entry[] => index.filter((entry) => entry.kind === kind);

  it("is all looked at", () => {
    const counts = Object.fromEntries(
      [...new Set(index.map(({ kind }) => kind))].map((kind) => [kind, of(kind).length]),
    );
    expect(counts).toEqual({
      "key/refval": 7,
      "cca-token": 4,
      "cca-claims": 5,
      key: 3,
      "refval/trust-anchor store": 2,
      "psa-token": 2,
      "psa-token-mac0": 2,
      "psa-claims-json": 33,
      "cca-claims-json": 29,
      "cbor-diag": 15,
    });
  });

  const keyOf = (file: string): readonly ArmKey[] => {
    const text = readSharedText(`${ROOM}/${file}`);
    return text.trim().startsWith("[") ? keysFromStore(text) : [{ key: JSON.parse(text) }];
  };
  const judge = (file: string, keyFile: string, options: ArmOptions = {}): Promise<Verdict> =>
    verify(bytes(file), {
      expected: "any-build",
      binding: "unbound",
      policy: { "arm-cca": { keys: keyOf(keyFile), allow: ["test-key"] } },
      ...options,
    });

  it.each(of("cca-token"))("$file: $expected", async ({ file, key = "", verified }) => {
    const verdict = await judge(file, key.includes("/") ? key : `rust-ccatoken/${key}`);
    const statuses = ["platform-signature", "realm-signature", "realm-key-binding"].map(
      (name) => checkNamed(verdict, name)?.status,
    );
    expect(statuses).toEqual(
      [verified?.platform, verified?.realm, verified?.binding].map((good) => (good ? "passed" : "failed")),
    );
    expect(verdict.outcome).toBe(verified?.binding ? "verified" : "rejected");
    expect(checkNamed(verdict, "platform-key")?.code).toBe("allowed");
  });

  it("the published test key of the Fixed Virtual Platform does not pass by default", async () => {
    const verdict = await judge("rust-ccatoken/cca-token-01.cbor", "rust-ccatoken/cpak.json", {
      policy: { "arm-cca": { keys: keyOf("rust-ccatoken/cpak.json") } },
    });
    expect(failures(verdict)).toEqual(["platform-key test-key"]);
    expect(checkNamed(verdict, "platform-key")?.detail).toContain("Fixed Virtual Platform");
  });

  it.each(["ta.json", "ta-02-ok.json", "ta-02-bad.json", "pkey.json"])(
    "the key in %s is another device's",
    async (store) => {
      const verdict = await judge("rust-ccatoken/cca-token-01.cbor", `rust-ccatoken/${store}`);
      expect(failures(verdict)[0]).toMatch(/platform-key device-key-unknown|platform-signature signature-invalid/);
    },
  );

  it("realm and platform match the stores of reference values", async () => {
    const judgeStore = (file: string, store: string, keyFile: string): Promise<Verdict> => {
      const [reference] = referencesFromStore(readSharedText(`${ROOM}/${store}`));
      const challenge = new Uint8Array(64);
      return judge(file, keyFile, {
        expected: { "arm-cca": reference ?? {} },
        binding: { reportData: challenge.fill(0xab) },
      });
    };
    const good = await judgeStore(
      "rust-ccatoken/cca-token-01.cbor",
      "rust-ccatoken/rv.json",
      "rust-ccatoken/cpak.json",
    );
    expect([good.outcome, good.covers, failures(good)]).toEqual(["verified", "launch", []]);
    const other = await judgeStore(
      "rust-ccatoken/cca-token-draft-ffm-00.cbor",
      "trustee/cca-rvstore.json",
      "trustee/cca-tastore.json",
    );
    expect(failures(other)).toEqual(["build build-mismatch", "challenge challenge-mismatch"]);
    expect(checkNamed(other, "platform")?.status).toBe("passed");
  });

  it.each(of("psa-token"))("$file: $expected", async ({ file }) => {
    const keys = { key: readSharedText(`${ROOM}/psatoken/public.pem`) };
    const judgePsa = (policy: object): Promise<Verdict> =>
      verify(bytes(file), {
        expected: "any-build",
        binding: { nonce: new Uint8Array(64) },
        policy: { "arm-psa": policy },
      });
    const verdict = await judgePsa({ keys, allow: ["test-key"] });
    expect([verdict.outcome, failures(verdict)]).toEqual(["verified", []]);
    expect(failures(await judgePsa({ keys }))).toEqual(["device-key test-key"]);
  });

  it.each(of("psa-token-mac0"))("$file: $expected", async ({ file }) => {
    const verdict = await verify(bytes(file), { expected: "any-build", binding: "unbound" });
    expect(failures(verdict)).toContain("token-signature symmetric-key");
  });

  it.each(of("cca-claims"))("$file: $expected", ({ file, expected = "" }) => {
    const read = (): unknown => {
      const claims = claimsMap(readCbor(bytes(file)), "claims");
      return file.includes("platform") ? readPlatform(claims) : readRealm(claims);
    };
    const numeric = file.includes("numeric-key");
    expect(accepts(read)).toBe(expected === "parse" || numeric);
  });

  it.each(of("cbor-diag"))("$file: $expected", ({ file, expected }) => {
    const claims = fromDiagnostic(readSharedText(`${ROOM}/${file}`));
    const platform = file.includes("Platform");
    expect(accepts(() => (platform ? readPlatform(claims) : readRealm(claims)))).toBe(expected === "accept");
  });

  it.each(of("cca-claims-json"))("$file: $expected", ({ file, expected }) => {
    const names = file.includes("platform-test") ? PLATFORM_NAMES : REALM_NAMES;
    const read = (): unknown => {
      const claims = fromJson(readSharedJson(`${ROOM}/${file}`), names);
      return names === PLATFORM_NAMES ? readPlatform(claims) : readRealm(claims);
    };
    expect(accepts(read)).toBe(expected === "accept");
  });

  it.each(of("psa-claims-json"))("$file: $expected", ({ file, expected }) => {
    const json = readSharedJson<Readonly<Record<string, unknown>>>(`${ROOM}/${file}`);
    const read = (names: Names): boolean => accepts(() => readPsaClaims(fromJson(json, names)));
    // The vectors serve decoders of both old profiles: what one accepts the other may refuse.
    const outcomes = { first: read(FIRST_NAMES), second: read(SECOND_NAMES) };
    const refusedBy = expected === "accept" ? undefined : (ONE_PROFILE[file.replace(/^.*\//, "")] ?? "both");
    if (refusedBy === undefined) expect(outcomes.first || outcomes.second).toBe(true);
    else if (refusedBy === "both") expect(outcomes).toEqual({ first: false, second: false });
    else expect(outcomes[refusedBy]).toBe(false);
  });

  it("a realm under another token's platform is not bound to it", async () => {
    const [of01, of33] = ["rust-ccatoken/cca-token-01.cbor", "rust-ccatoken/bug-33-repro.cbor"].map((file) =>
      entriesOf(bytes(file)),
    );
    const mixed: CcaRequest = { wrapper: 399, entries: () => [of33?.[0], of01?.[1]] as never };
    const verdict = await verify(forgeCca(mixed), {
      expected: "any-build",
      binding: "unbound",
      policy: { "arm-cca": { keys: keyOf("rust-ccatoken/cpak.json"), allow: ["test-key"] } },
    });
    expect(failures(verdict)).toEqual(["realm-key-binding realm-not-bound"]);
  });
});

/** Rejected by one of the two old profiles alone: what the vector lacks is optional, or is no claim at all, in the other. */
const ONE_PROFILE: Readonly<Record<string, "first" | "second">> = {
  "test-boot-seed-invalid-missing.json": "first",
  "test-profile-invalid-missing.json": "second",
};

type Names = Readonly<Record<string, number>>;
const SOFTWARE_NAMES: Names = {
  "measurement-type": 1,
  "measurement-value": 2,
  version: 4,
  "signer-id": 5,
  "measurement-desc": 6,
};
const PLATFORM_NAMES: Names = {
  "cca-platform-profile": 265,
  "cca-platform-challenge": 10,
  "cca-platform-implementation-id": 2396,
  "cca-platform-instance-id": 256,
  "cca-platform-config": 2401,
  "cca-platform-lifecycle": 2395,
  "cca-platform-sw-components": 2399,
  "cca-platform-service-indicator": 2400,
  "cca-platform-hash-algo-id": 2402,
};
const REALM_NAMES: Names = {
  "cca-realm-challenge": 10,
  "cca-realm-personalization-value": 44235,
  "cca-realm-initial-measurement": 44238,
  "cca-realm-extensible-measurements": 44239,
  "cca-realm-hash-algo-id": 44236,
  "cca-realm-public-key": 44237,
  "cca-realm-public-key-hash-algo-id": 44240,
};
const SECOND_NAMES: Names = {
  "eat-profile": 265,
  "psa-client-id": 2394,
  "psa-security-lifecycle": 2395,
  "psa-implementation-id": 2396,
  "psa-boot-seed": 2397,
  "psa-certification-reference": 2398,
  "psa-software-components": 2399,
  "psa-verification-service-indicator": 2400,
  "psa-nonce": 10,
  "psa-instance-id": 256,
};
const FIRST_NAMES: Names = {
  "psa-profile": -75000,
  "psa-client-id": -75001,
  "psa-security-lifecycle": -75002,
  "psa-implementation-id": -75003,
  "psa-boot-seed": -75004,
  "psa-hwver": -75005,
  "psa-software-components": -75006,
  "psa-no-software-measurements": -75007,
  "psa-nonce": -75008,
  "psa-instance-id": -75009,
  "psa-verification-service-indicator": -75010,
};
/** Members whose text is text and not base64. */
const TEXTS = /profile|algo-id|service-indicator|hwver|certification-reference|measurement-type|version|desc/;

/** A claims set of JSON names as CBOR: text that is base64 becomes bytes, and bytes that are none stay what they are. */
function fromJson(json: unknown, names: Names): CborMap {
  const claims = readCbor(encodeObject(json as Readonly<Record<string, unknown>>, names));
  if (!isCborMap(claims)) throw new Error("a map was written");
  return claims;
}

function encodeObject(json: Readonly<Record<string, unknown>>, names: Names): Uint8Array {
  const entries = Object.entries(json).flatMap(([name, value]) =>
    names[name] === undefined ? [] : [[names[name], encode(name, value)] as const],
  );
  return claimMap(entries);
}

function encode(name: string, value: unknown): Uint8Array {
  if (typeof value === "number") return cbor.int(value);
  if (Array.isArray(value))
    return cbor.array(
      ...value.map((item) => (typeof item === "string" ? encode(name, item) : encodeObject(item, SOFTWARE_NAMES))),
    );
  if (typeof value !== "string") throw new Error(`${name} is of a form that the vectors do not have`);
  if (TEXTS.test(name)) return cbor.text(value);
  // Go's decoder refuses base64 with something behind its padding; text in place of bytes is refused here.
  return /^[A-Za-z0-9+/]*={0,2}$/.test(value)
    ? cbor.bytes(new Uint8Array(Buffer.from(value, "base64")))
    : cbor.text(value);
}

/** CBOR diagnostic notation (RFC 8949, section 8), as far as the vectors go: maps, arrays, numbers, text, bytes, embedded CBOR, comments. */
function fromDiagnostic(text: string): CborMap {
  const tokens = (text.match(/h'[0-9A-Fa-f]*'|"[^"]*"|\/[^/\n]*\/|-?\d+|<<|>>|[{}[\]:,]/g) ?? []).filter(
    (token) => !token.startsWith("/"),
  );
  let at = 0;
  const take = (): string => tokens[at++] ?? "";
  const skip = (token: string): boolean => tokens[at] === token && ++at > 0;
  const item = (): Uint8Array => {
    const token = take();
    if (token.startsWith("h'")) return cbor.bytes(new Uint8Array(Buffer.from(token.slice(2, -1), "hex")));
    if (token.startsWith('"')) return cbor.text(token.slice(1, -1));
    if (token === "[") return cbor.array(...until("]", item));
    if (token === "{") return cbor.map(...until("}", pair));
    if (token !== "<<") return cbor.int(Number(token));
    const inner = item();
    skip(">>");
    return cbor.bytes(inner);
  };
  const pair = (): readonly [Uint8Array, Uint8Array] => {
    const key = item();
    skip(":");
    return [key, item()];
  };
  const until = <T>(end: string, read: () => T): T[] => {
    const items: T[] = [];
    while (!skip(end)) {
      items.push(read());
      skip(",");
    }
    return items;
  };
  const claims = readCbor(item());
  if (!isCborMap(claims)) throw new Error("the vector is no map");
  return claims;
}

/** The two entries of a token under tag 399, encoded again. */
function entriesOf(token: Uint8Array): readonly (readonly [Uint8Array, Uint8Array])[] {
  const item = readCbor(token, { tags: [399] });
  const content = typeof item === "object" && item !== null && "tag" in item ? item.content : undefined;
  if (!isCborMap(content)) throw new Error("no token");
  return [44234, 44241].map((key) => [cbor.int(key), cbor.bytes(content.get(key) as Uint8Array)] as const);
}
