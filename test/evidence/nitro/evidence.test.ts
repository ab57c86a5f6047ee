/** Every document of the shared evidence comes out as its index says, at the time that the index gives. */
import { beforeAll, expect, it } from "vitest";
import { toHex } from "../../../src/encoding/text.js";
import type { Binding } from "../../../src/expected/binding.js";
import { type NitroPolicy, verify } from "../../../src/nitro.js";
import type { Verdict } from "../../../src/verdict.js";
import { describeShared, readShared, readSharedJson } from "../../support/shared.js";

interface Row {
  readonly file: string;
  readonly kind: string;
  readonly validAt?: string;
  readonly expected: string;
  readonly moduleId?: string;
  readonly pcrs?: Readonly<Record<string, string>>;
  readonly npcr?: number;
  readonly zeroPcrs?: readonly number[];
  readonly public_key?: string;
  readonly user_data?: string;
  readonly nonce?: string;
}

interface Call {
  readonly at?: Date;
  readonly policy?: NitroPolicy;
  readonly binding?: Binding;
  readonly expected?: Parameters<typeof verify>[1]["expected"];
}

const bytesOf = (file: string): Uint8Array => readShared(`evidence/nitro/${file}`);
const failures = ({ checks }: Verdict): readonly string[] =>
  checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id} ${code}`);
const ZERO = "00".repeat(48);

async function judge({ file, validAt }: Row, call: Call = {}): Promise<Verdict> {
  return verify(bytesOf(file), {
    expected: call.expected ?? "any-build",
    binding: call.binding ?? "unbound",
    at: call.at ?? new Date(validAt as string),
    ...(call.policy === undefined ? {} : { policy: { nitro: call.policy } }),
  });
}

describeShared("the documents of the shared evidence", () => {
  const rows = readSharedJson<readonly Row[]>("evidence/nitro/index.json");
  const documents = rows.filter(({ kind }) => kind === "nitro-doc");
  const isDebug = ({ expected }: Row): boolean => expected.includes("DEBUG");
  const isForged = ({ expected }: Row): boolean => expected.startsWith("reject");
  const production = documents.filter((row) => !isDebug(row) && !isForged(row));
  const debug = documents.filter(isDebug);
  const forged = documents.filter(isForged);
  const expectedPcrs = ({ pcrs = {}, zeroPcrs = [] }: Row): Record<string, string> => ({
    ...pcrs,
    ...Object.fromEntries(zeroPcrs.map((index) => [index, ZERO])),
  });

  it("are ten: four of production, four in debug mode, two under a root of somebody's", () => {
    expect([documents.length, production.length, debug.length, forged.length]).toEqual([10, 4, 4, 2]);
  });

  it.each(production)("$file is verified with its registers expected", async (row) => {
    const { 0: pcr0 = "", 1: pcr1 = "", 2: pcr2 = "" } = row.pcrs ?? {};
    const verdict = await judge(row, { expected: { nitro: { pcrs: { 0: pcr0, 1: pcr1, 2: pcr2 } } } });
    expect(failures(verdict)).toEqual([]);
    expect([verdict.outcome, verdict.covers, verdict.freshness, verdict.meta.anchors]).toEqual([
      "verified",
      "launch",
      "timestamp",
      "pinned",
    ]);
    const byPcr0 = await judge(row, { expected: pcr0 });
    expect([byPcr0.outcome, byPcr0.covers]).toEqual(["verified", "launch"]);
    const other = await judge(row, { expected: { nitro: { pcrs: { 0: pcr1 } } } });
    expect([other.outcome, failures(other)]).toEqual(["rejected", ["nitro/build build-mismatch"]]);
  });

  it.each([...production, ...debug])("$file has the claims that are listed", async (row) => {
    const verdict = await judge(row);
    const claims = verdict.parts[0]?.claims as Record<string, unknown>;
    const listed = (text: string | undefined): string | null =>
      text === "null" || text === undefined ? null : text.slice(text.indexOf(":") + 1);
    const prefixOf = (value: unknown, text: string | undefined): unknown =>
      typeof value === "string" ? value.slice(0, listed(text)?.length) : value;
    expect(claims.moduleId).toBe(row.moduleId);
    expect(claims.timestamp).toBe(row.validAt);
    expect(claims.pcrs).toEqual(expectedPcrs(row));
    expect(Object.keys(claims.pcrs as object)).toHaveLength(row.npcr as number);
    expect(prefixOf(claims.publicKey, row.public_key)).toBe(listed(row.public_key));
    expect(prefixOf(claims.userData, row.user_data)).toBe(listed(row.user_data));
    expect(prefixOf(claims.nonce, row.nonce)).toBe(listed(row.nonce));
  });

  it.each(debug)("$file is genuine and in debug mode, which is rejected unless allowed", async (row) => {
    const verdict = await judge(row);
    expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["nitro/debug debug-mode"]]);
    const allowed = await judge(row, { policy: { allow: ["debug"] } });
    expect([failures(allowed), allowed.checks.find(({ id }) => id === "nitro/debug")?.status]).toEqual([[], "waived"]);
  });

  it.each(forged)("$file is rejected for its root", async (row) => {
    const verdict = await judge(row, { policy: { allow: ["debug"] } });
    expect(verdict.outcome).toBe("rejected");
    expect(failures(verdict)).toContain("nitro/root root-not-pinned");
    expect(failures(verdict)).toContain("nitro/certificate-path certificate-signature-invalid");
  });

  it.each(production)(
    "$file is too old five minutes after its time, and from the future five minutes before",
    async (row) => {
      const { 0: pcr0 = "" } = row.pcrs ?? {};
      const shifted = (seconds: number) =>
        judge(row, { expected: pcr0, at: new Date(Date.parse(row.validAt as string) + 1000 * seconds) });
      expect((await shifted(300)).outcome).toBe("verified");
      expect(failures(await shifted(301))).toEqual(["nitro/age document-too-old"]);
      expect((await shifted(-300)).outcome).toBe("verified");
      expect(failures(await shifted(-301))).toEqual(["nitro/age document-from-the-future"]);
    },
  );

  it("no longer than this list of files needs a test", () => {
    expect(rows.filter(({ kind }) => kind !== "eif-synthetic" && kind !== "nitro-doc").map(({ file }) => file)).toEqual(
      [
        "evervault/valid-certificate.der",
        "evervault/certificate.der",
        "evervault/debug-mode-cert-containing-attestation-doc-18-1-23.pem",
        "evervault/non-debug-cert-containing-attestation-document-18-1-23.pem",
        "evervault/non-debug-cert-containing-attestation-document-18-1-23-der.crt",
        "dstack/gpu_attestation_h100.json",
      ],
    );
  });
});

describeShared("bindings of the shared evidence", () => {
  const rows = readSharedJson<readonly Row[]>("evidence/nitro/index.json");
  const row = (file: string): Row => rows.find((item) => item.file === file) as Row;
  const binding = ({ checks }: Verdict) => checks.find(({ id }) => id === "nitro/binding");
  let marlin: Row;
  let veracruz: Row;
  let evervault: Row;
  beforeAll(() => {
    marlin = row("marlin/aws_pcr16.cbor");
    veracruz = row("veracruz/aws_nitro_document_2022-11-09.cbor");
    evervault = row("evervault/ga_debug_2023-09-18.cbor");
  });

  it("veracruz answers its nonce, and no other", async () => {
    const nonce = Uint8Array.from(
      Buffer.from("c678c86135de539d183acff58886d98dfb9823041af9f934bf909ac0f8d96245", "hex"),
    );
    const good = await judge(veracruz, { binding: { nonce } });
    expect([binding(good)?.status, good.freshness]).toEqual(["passed", "nonce"]);
    const bad = await judge(veracruz, { binding: { nonce: nonce.map((byte, i) => (i === 31 ? byte ^ 1 : byte)) } });
    expect([binding(bad)?.code, bad.freshness]).toEqual(["binding-mismatch", "timestamp"]);
    const none = await judge(marlin, { binding: { nonce } });
    expect([binding(none)?.code, binding(none)?.params.found]).toEqual(["binding-mismatch", "absent"]);
  });

  it("user data of length zero is not the user data that is absent", async () => {
    const empty = await judge(marlin, { binding: { userData: new Uint8Array() } });
    expect(binding(empty)?.status).toBe("passed");
    const absent = await judge(row("marlin/attestation_2024-08-07.cbor"), { binding: { userData: new Uint8Array() } });
    expect([binding(absent)?.code, binding(absent)?.params.found]).toEqual(["binding-mismatch", "absent"]);
  });

  it("Evervault's document vouches for the key of its certificate", async () => {
    const spki = new Uint8Array(await spkiOf(bytesOf("evervault/valid-certificate.der")));
    const good = await judge(evervault, { binding: { layout: "evervault-spki", publicKey: spki } });
    expect([binding(good)?.status, good.channel]).toEqual([
      "passed",
      { publicKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const bad = await judge(evervault, {
      binding: { layout: "evervault-spki", publicKey: spki.map((byte, i) => (i === 80 ? byte ^ 1 : byte)) },
    });
    expect([binding(bad)?.code, bad.channel]).toEqual(["binding-mismatch", "none"]);
  });
});

async function spkiOf(certificate: Uint8Array): Promise<Uint8Array> {
  const { X509Certificate } = await import("node:crypto");
  return new Uint8Array(new X509Certificate(certificate).publicKey.export({ format: "der", type: "spki" }));
}

describeShared("certificates that carry a document", () => {
  /** The documents' own times. */
  const CASES = [
    { file: "evervault/non-debug-cert-containing-attestation-document-18-1-23.pem", debug: false },
    { file: "evervault/non-debug-cert-containing-attestation-document-18-1-23-der.crt", debug: false },
    { file: "evervault/debug-mode-cert-containing-attestation-doc-18-1-23.pem", debug: true },
  ];

  it.each(CASES)("$file", async ({ file, debug }) => {
    const at = new Date("2023-01-18T13:10:00Z");
    const options = {
      expected: "any-build",
      binding: "unbound",
      at,
      policy: { nitro: { maxAge: 86_400, futureSkew: 86_400 } },
    } as const;
    const verdict = await verify(bytesOf(file), options);
    expect(verdict.checks.find(({ id }) => id === "evidence/recognised")?.params).toMatchObject({
      kind: "nitro",
      form: "certificate",
    });
    expect(verdict.checks.find(({ id }) => id === "nitro/carrier")?.status).toBe("passed");
    expect(failures(verdict)).toEqual(debug ? ["nitro/debug debug-mode"] : []);
    const { userData } = (verdict.parts[0]?.claims ?? {}) as { userData: string };
    const publicKey = Uint8Array.from(Buffer.from(userData, "hex"));
    expect(publicKey.length).toBe(120);
    const bound = await verify(bytesOf(file), { ...options, binding: { layout: "evervault-spki", publicKey } });
    expect(bound.checks.find(({ id }) => id === "nitro/binding")?.status).toBe("passed");
    expect(toHex(publicKey)).toBe(userData);
  });
});

describeShared("what is no document", () => {
  it("the local verifier's claims about a GPU are nobody's proof", async () => {
    const verdict = await verify(bytesOf("dstack/gpu_attestation_h100.json"), {
      expected: "any-build",
      binding: "unbound",
      at: new Date("2026-01-01"),
    });
    expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["evidence/recognised unrecognised"]]);
  });
});
