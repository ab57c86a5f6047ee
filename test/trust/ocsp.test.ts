/** OCSP responses (RFC 6960): read strictly, signed by who may, about the right certificate, at the right time. */
import { describe, expect, it } from "vitest";
import { contentsOf, octetString, oid, overlongLength, rawTime, sequence, tlv } from "../../fixtures/der.js";
import {
  chainNames,
  forgeChain,
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
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";
import { crypto } from "../support/pki.js";

const names = chainNames("GH100");
const base: OcspRequest = { serial: 3, issuer: names.identity, issuerKey: KEYS.identity };
const SERIAL = Uint8Array.of(3);
const AT = OCSP_TIME + 1000;
const issuer = {
  name: "NVIDIA GH100 Identity",
  subject: names.identity,
  key: { type: "ec", curve: "P-384", point: KEYS.identity.raw },
  keyBits: KEYS.identity.raw,
} as const;
const responder = testKey("p384-10");

/** The status that may be relied on, or why not. */
async function judge(
  changes: Partial<OcspRequest> = {},
  at: number = AT,
  serial: Uint8Array = SERIAL,
): Promise<string> {
  const response = parseOcspResponse(forgeOcsp({ ...base, ...changes }));
  const answer = await answerFor(response, serial, issuer, crypto);
  if (answer === undefined) return "none";
  const [fault] = await ocspFaults(response, answer, issuer, at, NVIDIA_OCSP_PROFILE, crypto);
  return fault === undefined ? answer.status : `${fault.code}: ${fault.found}`;
}

describe("answers", () => {
  it.each(["good", "revoked", "hold", "unknown"] as const)("%s", async (status) =>
    expect(await judge({ status })).toBe(status),
  );
  it.each(["SHA-256", "SHA-384", "SHA-512"] as const)("by %s", async (hash) =>
    expect(await judge({ hash })).toBe("good"),
  );

  it("of another certificate, issuer or issuer's key are none", async () => {
    expect(await judge({}, AT, Uint8Array.of(4))).toBe("none");
    expect(await judge({ issuer: names.root })).toBe("none");
    expect(await judge({ issuerKey: KEYS.root })).toBe("none");
  });

  it("hold from thisUpdate to nextUpdate, both included, and for a day without it", async () => {
    const nextUpdate = OCSP_TIME + 5000;
    expect(await judge({ nextUpdate }, OCSP_TIME)).toBe("good");
    expect(await judge({ nextUpdate }, nextUpdate)).toBe("good");
    expect(await judge({ nextUpdate }, OCSP_TIME - 1)).toMatch(/^ocsp-not-yet-valid/);
    expect(await judge({ nextUpdate }, nextUpdate + 1)).toMatch(/^ocsp-expired/);
    expect(await judge({ nextUpdate: null }, OCSP_TIME + 86_400_000)).toBe("good");
    expect(await judge({ nextUpdate: null }, OCSP_TIME + 86_400_001)).toMatch(/^ocsp-expired/);
  });
});

describe("who may answer", () => {
  const delegated = (
    changes: Parameters<typeof forgeResponder>[2] = {},
    key = KEYS.identity,
  ): Partial<OcspRequest> => ({
    signer: responder,
    certificates: [forgeResponder(names.identity, key, changes)],
  });
  it("the issuer, and a delegate that it certified for this", async () => {
    expect(await judge()).toBe("good");
    expect(await judge(delegated())).toBe("good");
  });
  it.each([
    ["anybody else", { signer: responder }, /^ocsp-signature-invalid/],
    [
      "a signature that was altered",
      { signature: (s: Uint8Array) => s.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) },
      /^ocsp-signature-invalid/,
    ],
    [
      "a response that was altered",
      { mutateTbs: undefined, signature: (s: Uint8Array) => s, signer: KEYS.root },
      /^ocsp-signature-invalid/,
    ],
    ["a delegate of another authority", delegated({ issuer: names.root }), /^ocsp-responder: certificate-name/],
    ["a delegate that another key certified", delegated({}, KEYS.root), /^ocsp-responder: certificate-signature/],
    [
      "a delegate without the purpose",
      delegated({ extensions: [extension.keyUsage(["digitalSignature"])] }),
      /not certified for OCSP/,
    ],
    [
      "a delegate for another purpose",
      delegated({
        extensions: [extension.keyUsage(["digitalSignature"]), extension.extendedKeyUsage(["1.3.6.1.5.5.7.3.1"])],
      }),
      /not certified for OCSP/,
    ],
    [
      "a delegate that may not sign",
      delegated({ extensions: [extension.keyUsage(["keyCertSign"])] }),
      /^ocsp-responder: certificate-key-usage/,
    ],
    [
      "a delegate that has expired",
      delegated({ notAfter: new Date(OCSP_TIME - 1000) }),
      /^ocsp-responder: certificate-expired/,
    ],
    [
      "a delegate that is an authority",
      delegated({ extensions: [extension.basicConstraints(true), extension.keyUsage(["digitalSignature"])] }),
      /^ocsp-responder: certificate-is-a-ca/,
    ],
    [
      "the issuer by another hash than it uses",
      { algorithm: { name: "ECDSA", hash: "SHA-512" } },
      /^ocsp-responder: ECDSA\/SHA-512/,
    ],
    [
      "the device itself",
      { signer: KEYS.leaf, certificates: [forgeChain().leaf] },
      /^ocsp-responder: certificate-signature/,
    ],
  ] as readonly (readonly [string, Partial<OcspRequest>, RegExp])[])("not %s", async (_, changes, expected) =>
    expect(await judge(changes)).toMatch(expected),
  );
});

type Parts = [responder: Uint8Array, produced: Uint8Array, answers: Uint8Array];

function withParts(tbs: Uint8Array, change: (...parts: Parts) => Parts): Uint8Array {
  return sequence(...change(...(children(readDer(tbs)).map(encoded) as Parts)));
}

/** The response with its one answer several times. */
function repeated(tbs: Uint8Array, count: number): Uint8Array {
  return withParts(tbs, (responder, produced, answers) => [
    responder,
    produced,
    sequence(...new Array<Uint8Array>(count).fill(contentsOf(answers))),
  ]);
}

describe("responses that are none", () => {
  const parse = (changes: Partial<OcspRequest>) => () => parseOcspResponse(forgeOcsp({ ...base, ...changes }));
  it.each([
    ["an error in place of an answer", { responseStatus: 6 }, /error 6/],
    ["another type than basic", { responseType: "1.2.3" }, /another type/],
    [
      "a critical extension",
      { responseExtensions: [extension.raw("1.2.3", Uint8Array.of(5, 0), true)] },
      /critical extension/,
    ],
    [
      "a critical extension of the answer",
      { singleExtensions: [extension.raw("1.2.3", Uint8Array.of(5, 0), true)] },
      /critical extension/,
    ],
    ["an unknown status", { certStatus: tlv(0x83) }, /unknown form/],
    ["a revocation without a time", { certStatus: tlv(0xa1) }, /revocationTime is missing/],
    [
      "a reason of another type",
      { certStatus: tlv(0xa1, rawTime(0x18, "20250101000000Z"), tlv(0xa0, octetString(Uint8Array.of(6)))) },
      /not ENUMERATED/,
    ],
    ["a time that is none", { certStatus: tlv(0xa1, rawTime(0x18, "20250230000000Z")) }, /calendar/],
    ["an element too many", { mutateTbs: (tbs: Uint8Array) => sequence(tbs.subarray(3), oid("1.2")) }, /./],
    ["lengths that are no DER", { mutateTbs: (tbs: Uint8Array) => overlongLength(tbs) }, /not minimal/],
    [
      "a responder named in another way",
      { mutateTbs: (tbs: Uint8Array) => withParts(tbs, (id, ...rest) => [tlv(0xa3, contentsOf(id)), ...rest]) },
      /responderID of an unknown form/,
    ],
    ["17 answers", { mutateTbs: (tbs: Uint8Array) => repeated(tbs, 17) }, /more than 16 answers/],
    [
      "more than 32 kB",
      { responseExtensions: [extension.raw("1.2.3", octetString(new Uint8Array(33_000)))] },
      /longer than/,
    ],
    ["five certificates", { certificates: Array.from({ length: 5 }, () => forgeChain().leaf) }, /more than 4/],
  ] as readonly (readonly [string, Partial<OcspRequest>, RegExp])[])("%s", (_, changes, reason) =>
    expectMalformed(parse(changes), reason),
  );

  it("16 answers are read, and four certificates", async () => {
    expect(await judge({ mutateTbs: (tbs) => repeated(tbs, 16) })).toBe("good");
    expect(await judge({ certificates: Array.from({ length: 4 }, () => forgeChain().leaf) })).toBe("good");
  });

  it("extensions that are not critical are no matter", async () =>
    expect(
      await judge({ responseExtensions: [extension.raw("1.3.6.1.5.5.7.48.1.2", octetString(Uint8Array.of(1)))] }),
    ).toBe("good"));

  it("cut short or changed anywhere are malformed or not believed", async () => {
    const der = forgeOcsp(base);
    for (let length = 0; length < der.length; length += 5)
      expectMalformed(() => parseOcspResponse(der.subarray(0, length)), /./);
    let read = 0;
    for (let at = 0; at < der.length; at += 2) {
      const changed = der.slice();
      changed[at] = (changed[at] as number) ^ 0x04;
      if (!readsOrMalformed(() => parseOcspResponse(changed))) continue;
      read++;
      const response = parseOcspResponse(changed);
      const answer = await answerFor(response, SERIAL, issuer, crypto);
      const faults =
        answer === undefined ? ["none"] : await ocspFaults(response, answer, issuer, AT, NVIDIA_OCSP_PROFILE, crypto);
      expect([at, faults.length > 0]).toEqual([at, true]);
    }
    expect(read).toBeGreaterThan(20);
  });

  it("are told from certificates by their first element", () => {
    expect(looksLikeOcspResponse(forgeOcsp(base))).toBe(true);
    expect(looksLikeOcspResponse(forgeChain().leaf)).toBe(false);
    expect(looksLikeOcspResponse(new Uint8Array())).toBe(false);
  });
});
