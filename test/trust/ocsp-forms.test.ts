/** OCSP responses (RFC 6960): the forms that their fields may take, each beside the nearest that is refused. */
import { describe, expect, it } from "vitest";
import {
  contentsOf,
  enumerated,
  explicit,
  integer,
  nullValue,
  octetString,
  oid,
  rawTime,
  sequence,
  tlv,
} from "../../fixtures/der.js";
import {
  chainNames,
  forgeOcsp,
  forgeResponder,
  KEYS,
  OCSP_TIME,
  type OcspRequest,
} from "../../fixtures/nvidia/chain.js";
import { extension, testKey } from "../../fixtures/x509.js";
import { children, encoded, readDer } from "../../src/encoding/der.js";
import { answerFor, looksLikeOcspResponse, ocspFaults, parseOcspResponse } from "../../src/trust/ocsp.js";
import { NVIDIA_OCSP_PROFILE } from "../../src/trust/profiles-nvidia.js";
import { expectMalformed } from "../support/malformed.js";
import { crypto } from "../support/pki.js";

const names = chainNames("GH100");
const base: OcspRequest = { serial: 3, issuer: names.identity, issuerKey: KEYS.identity };
const issuer = {
  name: "NVIDIA GH100 Identity",
  subject: names.identity,
  key: { type: "ec", curve: "P-384", point: KEYS.identity.raw },
  keyBits: KEYS.identity.raw,
} as const;

const parse = (changes: Partial<OcspRequest> = {}) => parseOcspResponse(forgeOcsp({ ...base, ...changes }));
const statusOf = (changes: Partial<OcspRequest>) => parse(changes).answers.map(({ status }) => status);

/** Changes the fields of ResponseData. */
const fields = (change: (...all: readonly Uint8Array[]) => readonly Uint8Array[]): Partial<OcspRequest> => ({
  mutateTbs: (tbs) => sequence(...change(...children(readDer(tbs)).map(encoded))),
});
/** Changes the fields of the one answer. */
const answer = (change: (...all: readonly Uint8Array[]) => readonly Uint8Array[]): Partial<OcspRequest> =>
  fields((responder, produced, answers) => [
    responder as Uint8Array,
    produced as Uint8Array,
    sequence(sequence(...change(...children(readDer(contentsOf(answers as Uint8Array))).map(encoded)))),
  ]);

describe("an OCSP response", () => {
  it("writes no version: the only one is the default", () => {
    const version = (number: number) => fields((...all) => [explicit(0, integer(number)), ...all]);
    expectMalformed(() => parse(version(1)), "another version than 1");
    expectMalformed(() => parse(version(0)), "another version than 1");
  });

  it("names its responder by name or by key", () => {
    const responder = (element: Uint8Array) => fields((_, ...rest) => [element, ...rest]);
    expect(statusOf(responder(explicit(1, names.identity)))).toEqual(["good"]);
    expect(statusOf(responder(explicit(2, octetString(new Uint8Array(20)))))).toEqual(["good"]);
    expectMalformed(() => parse(responder(explicit(3, names.identity))), "unknown form");
  });

  it("is told by its first element behind a length of any form", () => {
    for (const size of [3, 127, 128, 255, 256, 70_000])
      expect(looksLikeOcspResponse(sequence(enumerated(0), octetString(new Uint8Array(size))))).toBe(true);
    expect(looksLikeOcspResponse(sequence(enumerated(6)))).toBe(true);
    expect(looksLikeOcspResponse(tlv(0x31, enumerated(0)))).toBe(false);
    expect(looksLikeOcspResponse(sequence(integer(0)))).toBe(false);
    expect(looksLikeOcspResponse(Uint8Array.of(0x30))).toBe(false);
  });

  it("is of 32 kB and not a byte more", () => {
    const padded = (size: number) =>
      forgeOcsp({
        ...base,
        responseExtensions: [extension.raw("1.2.3", octetString(new Uint8Array(size)))],
        // Of one length, which genuine ones are not.
        signature: () => new Uint8Array(104),
      });
    const size = 32_000 + 32_768 - padded(32_000).length;
    expect([padded(size).length, parseOcspResponse(padded(size)).answers.length]).toEqual([32_768, 1]);
    expect(padded(size + 1)).toHaveLength(32_769);
    expectMalformed(() => parseOcspResponse(padded(size + 1)), "longer than 32768 bytes");
  });

  it("writes extensions that are not critical in either way", () => {
    const plain = extension.rawWithFalse("1.2.3", nullValue());
    expect(statusOf({ responseExtensions: [plain], singleExtensions: [plain] })).toEqual(["good"]);
    expect(statusOf({ singleExtensions: [extension.raw("1.2.3", nullValue())] })).toEqual(["good"]);
    expectMalformed(
      () => parse({ singleExtensions: [plain, extension.raw("1.2.4", nullValue(), true)] }),
      "critical extension",
    );
  });

  it("may hold no answer, which is about nobody", async () => {
    const empty = parse(fields((responder, produced) => [responder as Uint8Array, produced as Uint8Array, sequence()]));
    expect(empty.answers).toEqual([]);
    expect(await answerFor(empty, Uint8Array.of(3), issuer, crypto)).toBeUndefined();
  });
});

describe("a status", () => {
  const revoked = (...more: readonly Uint8Array[]) => tlv(0xa1, rawTime(0x18, "20250101000000Z"), ...more);
  it("of revocation may give its reason, of which one is a hold", () => {
    expect(statusOf({ certStatus: revoked() })).toEqual(["revoked"]);
    for (const reason of [0, 1, 5, 7, 255])
      expect(statusOf({ certStatus: revoked(explicit(0, enumerated(reason))) })).toEqual(["revoked"]);
    expect(statusOf({ certStatus: revoked(explicit(0, enumerated(6))) })).toEqual(["hold"]);
    expectMalformed(() => parse({ certStatus: revoked(explicit(0, enumerated(256))) }), "above 255");
    expectMalformed(() => parse({ certStatus: revoked(explicit(1, enumerated(6))) }), "too many");
  });

  it.each([
    ["good, constructed", tlv(0xa0)],
    ["unknown, constructed", tlv(0xa2)],
    ["revoked, primitive", tlv(0x81)],
    ["a NULL", nullValue()],
  ])("of another form is none: %s", (_, certStatus) =>
    expectMalformed(() => parse({ certStatus }), "certStatus of an unknown form"),
  );
});

describe("an answer", () => {
  const SHA1 = "1.3.14.3.2.26";
  it("by a hash that is not computed here is about nobody", async () => {
    const bySha1 = answer((id, ...rest) => {
      const [, ...hashes] = children(readDer(id as Uint8Array)).map(encoded);
      return [sequence(sequence(oid(SHA1), nullValue()), ...hashes), ...rest];
    });
    const response = parse(bySha1);
    expect(response.answers.map(({ hash }) => hash)).toEqual([undefined]);
    expect(await answerFor(response, Uint8Array.of(3), issuer, crypto)).toBeUndefined();
  });

  it("is found behind answers about others", async () => {
    const other = forgeOcsp({ ...base, serial: 4 });
    const both = parse(
      fields((responder, produced, answers) => [
        responder as Uint8Array,
        produced as Uint8Array,
        sequence(contentsOf(answersOf(other)), contentsOf(answers as Uint8Array)),
      ]),
    );
    expect(both.answers.map(({ serial }) => [...serial])).toEqual([[4], [3]]);
    expect(await answerFor(both, Uint8Array.of(3), issuer, crypto)).toBe(both.answers[1]);
    expect(await answerFor(both, Uint8Array.of(5), issuer, crypto)).toBeUndefined();
  });

  it("has the dates that it says, and stands for a day where it does not say", () => {
    const nextUpdate = OCSP_TIME + 5_000;
    expect(parse({ nextUpdate }).answers).toMatchObject([{ thisUpdate: OCSP_TIME, nextUpdate }]);
    expect(parse({ nextUpdate: null }).answers).toMatchObject([{ nextUpdate: OCSP_TIME + 86_400_000 }]);
  });
});

/** The element that holds the answers of a response. */
function answersOf(der: Uint8Array): Uint8Array {
  return encoded(children(readDer(parseOcspResponse(der).tbs))[2] as ReturnType<typeof readDer>);
}

describe("a delegate", () => {
  const responder = testKey("p384-10");
  const judge = async (changes: Partial<OcspRequest>, at = OCSP_TIME + 1000): Promise<readonly string[]> => {
    const response = parse({ signer: responder, ...changes });
    const found = await answerFor(response, Uint8Array.of(3), issuer, crypto);
    if (found === undefined) throw new Error("no answer");
    const faults = await ocspFaults(response, found, issuer, at, NVIDIA_OCSP_PROFILE, crypto);
    return faults.map(({ code }) => code);
  };
  const purposes = (...ids: readonly string[]) => ({
    extensions: [extension.keyUsage(["digitalSignature"]), extension.extendedKeyUsage(ids)],
  });
  const SERVER = "1.3.6.1.5.5.7.3.1";
  const OCSP = "1.3.6.1.5.5.7.3.9";

  it("may have other purposes beside this one", async () => {
    const certificates = [forgeResponder(names.identity, KEYS.identity, purposes(SERVER, OCSP))];
    expect(await judge({ certificates })).toEqual([]);
    expect(await judge({ certificates: [forgeResponder(names.identity, KEYS.identity, purposes(SERVER))] })).toEqual([
      "ocsp-responder",
    ]);
  });

  it("may stand behind certificates that did not sign", async () => {
    const own = forgeResponder(names.identity, KEYS.identity);
    const other = forgeResponder(names.identity, KEYS.identity, { key: testKey("p384-9") });
    expect(await judge({ certificates: [other, own] })).toEqual([]);
    expect(await judge({ certificates: [other] })).toEqual(["ocsp-signature-invalid"]);
  });

  it("that is wrong is a fault beside that of the dates", async () => {
    const late = OCSP_TIME + 2 * 86_400_000;
    expect(await judge({ certificates: [] }, late)).toEqual(["ocsp-signature-invalid", "ocsp-expired"]);
    const wrong = [forgeResponder(names.identity, KEYS.identity, purposes(SERVER))];
    expect(await judge({ certificates: wrong }, late)).toEqual(["ocsp-responder", "ocsp-expired"]);
    const sha512 = { algorithm: { name: "ECDSA", hash: "SHA-512" } } as const;
    expect(await judge(sha512, OCSP_TIME - 1)).toEqual(["ocsp-responder", "ocsp-not-yet-valid"]);
  });
});
