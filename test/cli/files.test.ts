import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/exit.js";
import {
  bytesArgument,
  dateArgument,
  hexArgument,
  keyArgument,
  MAX_FILE_BYTES,
  readFile,
  readJsonFile,
} from "../../src/cli/files.js";
import type { Io } from "../../src/cli/io.js";
import { policyFromJson } from "../../src/cli/policy.js";
import { toBase64 } from "../../src/encoding/text.js";
import { parseCertificate } from "../../src/trust/certificate.js";
import { fixture, MILAN } from "./support.js";

const ioWith = (bytes: Uint8Array | string): Io =>
  ({ read: async () => (typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes) }) as unknown as Io;

const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
const pem = publicKey.export({ type: "spki", format: "pem" }).toString();

describe("keys", () => {
  const certificate = fixture(MILAN.vcek);
  const ofCertificate = parseCertificate(certificate).spki;
  const certificatePem = `-----BEGIN CERTIFICATE-----\n${toBase64(certificate)}\n-----END CERTIFICATE-----\n`;

  it.each<[string, Uint8Array | string, Uint8Array]>([
    ["PEM", pem, spki],
    ["DER", spki, spki],
    ["certificate, DER", certificate, ofCertificate],
    ["certificate, PEM", certificatePem, ofCertificate],
  ])("takes the SubjectPublicKeyInfo of %s", async (_name, file, expected) => {
    expect(await keyArgument(ioWith(file), "key.pem", "public-key")).toEqual(expected);
  });

  it("takes raw bytes as 0x hex", async () => {
    expect(await keyArgument(ioWith(""), "0x00ff", "public-key")).toEqual(Uint8Array.of(0, 255));
  });

  it.each([
    ["a private key", pem.replaceAll("PUBLIC", "PRIVATE")],
    ["two keys", pem + pem],
    ["text", "ssh-ed25519 AAAA"],
    ["nothing", ""],
  ])("refuses %s", async (_name, file) => {
    await expect(keyArgument(ioWith(file), "key.pem", "public-key")).rejects.toBeInstanceOf(UsageError);
  });
});

describe("dates", () => {
  it.each([
    ["2026-11-24", "2026-11-24T00:00:00.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2026-11-24T10:00Z", "2026-11-24T10:00:00.000Z"],
    ["2026-11-24T10:00:30.5+02:00", "2026-11-24T08:00:30.500Z"],
  ])("reads %s", (text, iso) => {
    expect(dateArgument(text, "at").toISOString()).toBe(iso);
  });

  it.each([
    "",
    "now",
    "2026",
    "24.11.2026",
    "2026-13-01",
    "2026-02-30",
    "2026-00-10",
    "2026-11-24T10:00:00",
    "2026-11-24T25:00Z",
  ])("refuses %j", (text) => {
    expect(() => dateArgument(text, "at")).toThrow(UsageError);
  });
});

describe("files", () => {
  it("refuses what is empty or too long", async () => {
    await expect(readFile(ioWith(""), "x")).rejects.toThrow("x is empty");
    await expect(readFile(ioWith(new Uint8Array(MAX_FILE_BYTES + 1)), "x")).rejects.toThrow("longer than");
    expect(await readFile(ioWith(new Uint8Array(MAX_FILE_BYTES)), "x")).toHaveLength(MAX_FILE_BYTES);
  });

  it("reads JSON objects without duplicate names", async () => {
    expect(await readJsonFile(ioWith('{"a":1}'), "x")).toEqual({ a: 1 });
    for (const text of ["[1]", "{", '{"a":1,"a":2}', '"a"'])
      await expect(readJsonFile(ioWith(text), "x")).rejects.toBeInstanceOf(UsageError);
  });

  it("reads hex with 0x or without, and 0x alone where a file may stand", async () => {
    expect(hexArgument("0xAb", "nonce")).toEqual(Uint8Array.of(0xab));
    expect(hexArgument("aB", "nonce")).toEqual(Uint8Array.of(0xab));
    expect(() => hexArgument("abc", "nonce")).toThrow("--nonce");
    expect(await bytesArgument(ioWith("file"), "ab", "data")).toEqual(new TextEncoder().encode("file"));
  });
});

describe("policies", () => {
  it("turns masks into bigints and leaves the rest as it is", () => {
    const json = { "sev-snp": { launchMitigations: "0x3", vmpl: [0, 1] }, tdx: { launchMitigations: "0x3" } };
    expect(policyFromJson(json)).toEqual({
      "sev-snp": { launchMitigations: 3n, vmpl: [0, 1] },
      tdx: { launchMitigations: "0x3" },
    });
  });

  it.each([3, "3", "0x", "0x10000000000000000", null])("refuses the mask %j", (mask) => {
    expect(() => policyFromJson({ "sev-snp": { currentMitigations: mask } })).toThrow(UsageError);
  });
});
