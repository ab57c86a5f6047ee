/** Every token of the shared evidence, at a time at which it is in force: what its index expects, and `undetermined` with the key named where no key is known. */
import { expect, it } from "vitest";
import { verify } from "../../../src/tokens.js";
import type { Verdict } from "../../../src/verdict.js";
import { describeShared, readShared, readSharedJson, readSharedText } from "../../support/shared.js";

const DIR = "evidence/tokens";
type Options = Parameters<typeof verify>[1];
const token = (name: string): string => readSharedText(`${DIR}/${name}`).trim();
const at = (time: string): Date => new Date(time);
const any = { expected: "any-build", binding: "unbound" } as const;
const find = (verdict: Verdict, id: string) => verdict.checks.find((check) => check.id === id);
const failed = (verdict: Verdict): readonly string[] =>
  verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id}: ${code}`);

describeShared("tokens: Google Confidential Space", () => {
  const text = (): string => token("gcp-confidential-space/oak_sample_pki.jwt");
  const digest = "sha256:e2e5e3672f416ac9ca71aa639abf86db0b713729a48c125a925af6c808b20b5d";
  const nonce = Uint8Array.from(Buffer.from("75a91c8dbe289f190d5e70ab1cb70c93cc14d7243f0ef3ff5326a622ead220a6", "hex"));
  const options: Options = {
    expected: { "confidential-space": { imageDigest: digest } },
    binding: { nonce },
    at: at("2025-09-05T08:20:00Z"),
    policy: { "confidential-space": { audience: "z08381475938604996746" } },
  };

  it("the PKI token is verified under the pinned root", async () => {
    const verdict = await verify(text(), options);
    expect([verdict.outcome, failed(verdict)]).toEqual(["verified", []]);
    expect([verdict.parts[0]?.role, verdict.covers, verdict.freshness]).toEqual(["token", "launch", "nonce"]);
    expect(verdict.limits.join()).toContain("the word of Google");
  });

  it("is refused after its hour, for another audience, another image, and when altered", async () => {
    expect(failed(await verify(text(), { ...options, at: at("2025-09-05T09:20:00Z") }))).toEqual([
      "confidential-space/time: token-expired",
    ]);
    const other = { "confidential-space": { audience: "me" } };
    expect(failed(await verify(text(), { ...options, policy: other }))).toEqual([
      "confidential-space/audience: audience-mismatch",
    ]);
    const image = { "confidential-space": { imageDigest: digest.replace("e2", "e3") } };
    expect(failed(await verify(text(), { ...options, expected: image }))).toEqual([
      "confidential-space/build: build-mismatch",
    ]);
    const altered = `${text().slice(0, -8)}AAAAAAAA`;
    expect(failed(await verify(altered, options))).toEqual(["confidential-space/signature: signature-invalid"]);
  });
});

describeShared("tokens: Microsoft Azure Attestation", () => {
  const issuers = "https://sharedeus.eus.attest.azure.net";
  const options: Options = { ...any, at: at("2023-09-26T15:00:00Z"), policy: { maa: { issuers } } };
  const mrenclave = "f56735aa42563627a832e0c7ba9911382eb68afed75830b3f97266f3e67bdc99";

  it("is verified with the service's keys, and undetermined without", async () => {
    const keys = readSharedText(`${DIR}/maa/teaclave_jwks.json`);
    const text = token("maa/teaclave_sgx_2023-09-26.jwt");
    const asked: Options = { ...options, expected: { maa: { mrenclave } }, policy: { maa: { issuers, keys } } };
    const verdict = await verify(text, asked);
    expect([verdict.outcome, failed(verdict), verdict.covers]).toEqual(["verified", [], "launch"]);
    const without = await verify(text, options);
    expect(without.outcome).toBe("undetermined");
    expect(find(without, "maa/signing-key")?.params.kid).toBe("rFl9xM+g7TvX63y0iseZtIn20MD5SYAnGblKFasau8I=");
    const unnamed = await verify(text, { ...asked, policy: { maa: { keys } } });
    expect([unnamed.outcome, find(unnamed, "maa/issuer")?.code]).toEqual(["undetermined", "issuer-not-named"]);
  });

  it("keys that come with the token are nobody's", async () => {
    const jwks = readSharedJson(`${DIR}/maa/teaclave_jwks.json`);
    const text = token("maa/teaclave_sgx_2023-09-26.jwt");
    const verdict = await verify(JSON.stringify({ token: text, jwks }), options);
    expect([verdict.outcome, find(verdict, "maa/signing-key")?.code]).toEqual(["undetermined", "signing-key-missing"]);
  });

  for (const [name, time, iss, refused] of [
    ["cvm_azurevm_2023-03-30", "2023-03-30T11:00:00Z", "https://sharedweu.weu.attest.azure.net", false],
    ["cvm_azurevm_2022-04-14", "2022-04-15T00:00:00Z", "https://sharedeus2.eus2.attest.azure.net", true],
  ] as const)
    it(`${name}: the missing key is named`, async () => {
      const verdict = await verify(token(`maa/${name}.jwt`), {
        ...any,
        at: at(time),
        policy: { maa: { issuers: iss } },
      });
      expect(find(verdict, "maa/signing-key")?.code).toBe("signing-key-missing");
      // The token of 2022 has no isolation claims: a VM that nobody said is confidential.
      expect([verdict.outcome, failed(verdict)]).toEqual(
        refused ? ["rejected", ["maa/claims: claims-refused"]] : ["undetermined", []],
      );
    });
});

describeShared("tokens: Intel Trust Authority", () => {
  for (const [name, time, allow] of [
    ["kbs_sgx_2023-12-16", "2023-12-16T18:20:00Z", ["tcb"]],
    ["kbs_tdx_2024-02-01", "2024-02-01T06:40:00Z", []],
    ["kbs_docs_sgx_2024-01-10", "2024-01-10T22:42:00Z", ["tcb"]],
  ] as const)
    it(`${name}: held data is bound, the missing key is named`, async () => {
      const verdict = await verify(token(`ita/${name}.jwt`), { ...any, at: at(time), policy: { ita: { allow } } });
      expect([verdict.outcome, failed(verdict)]).toEqual(["undetermined", []]);
      expect(find(verdict, "ita/held-data")?.status).toBe("passed");
      expect(find(verdict, "ita/signing-key")?.code).toBe("signing-key-missing");
      if (allow.length > 0)
        expect(failed(await verify(token(`ita/${name}.jwt`), { ...any, at: at(time) }))).toEqual([
          "ita/claims: claims-refused",
        ]);
    });

  it("amber_2022-12: its old issuer is nobody's default", async () => {
    const options = { ...any, at: at("2022-12-23T12:50:00Z") };
    const verdict = await verify(token("ita/amber_2022-12.jwt"), options);
    expect(failed(verdict)).toContain("ita/issuer: issuer-not-accepted");
    expect(find(verdict, "ita/signing-key")?.params.kid).toBe("c82989ba184f46ff363d23ed9612c0ab3849c712");
  });
});

describeShared("tokens: NVIDIA", () => {
  for (const [name, time, iss] of [
    ["hopperClaimsv3_detached_eat", "2025-06-11T00:35:00Z", "https://nras.attestation.nvidia.com"],
    ["switch_detached_eat", "2025-06-29T00:00:00Z", "https://nras.attestation-stg.nvidia.com"],
  ] as const)
    it(`${name}: digests hold; with a key from the token's own signature alone it is undetermined`, async () => {
      const text = readSharedText(`${DIR}/nras/${name}.json`);
      const nonce = Uint8Array.from(
        Buffer.from("931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb", "hex"),
      );
      const policy = { issuers: iss };
      const options: Options = { expected: "any-build", binding: { nonce }, at: at(time), policy: { nras: policy } };
      const verdict = await verify(text, options);
      expect([verdict.outcome, failed(verdict), find(verdict, "nras/signing-key")?.code]).toEqual([
        "undetermined",
        [],
        "signing-key-missing",
      ]);
      const keys = readSharedText(`${DIR}/nras/${name}.recovered_jwks.json`);
      const supplied = await verify(text, { ...options, policy: { nras: { ...policy, keys } } });
      expect([supplied.outcome, failed(supplied)]).toEqual(["verified", []]);
      const swapped = JSON.parse(text) as [unknown, Record<string, string>];
      for (const device of Object.keys(swapped[1])) swapped[1][device] = `${swapped[1][device]?.slice(0, -4)}AAAA`;
      expect(
        failed(await verify(JSON.stringify(swapped), { ...options, policy: { nras: { ...policy, keys } } })),
      ).toEqual(["nras/devices: device-token-mismatch"]);
    });
});

describeShared("tokens: EAR", () => {
  const keys = (): string => readSharedText(`${DIR}/ear/test_pkey.json`);
  const options = (allow: readonly string[] = []): Options => ({
    ...any,
    at: at("2022-10-18T12:00:00Z"),
    policy: { ear: { keys: keys(), issuers: "none", allow } },
  });
  const judged = (name: string, given: Options): Promise<Verdict> => verify(token(`ear/${name}.jwt`), given);

  it("testJWT is verified with its key where an absent end is taken, and rejected where not", async () => {
    const verdict = await judged("testJWT", options(["no-expiry"]));
    expect([verdict.outcome, failed(verdict)]).toEqual(["verified", []]);
    expect(failed(await judged("testJWT", options()))).toEqual(["ear/time: token-time-missing"]);
    const { keys: _, ...rest } = options(["no-expiry"]).policy?.ear ?? {};
    expect((await judged("testJWT", { ...options(), policy: { ear: rest } })).outcome).toBe("undetermined");
  });

  it("ear_test_0 is verified; HS256, an unknown profile and embedded keys are rejected", async () => {
    expect((await judged("ear_test_0", options(["no-expiry"]))).outcome).toBe("verified");
    expect(failed(await judged("ear_test_1", options(["no-expiry"])))).toContain("ear/algorithm: token-algorithm");
    expect(failed(await judged("ear_test_2", options(["no-expiry"])))).toContain("ear/claims: claims-refused");
    expect(failed(await judged("testJWT_JWK", options(["no-expiry"])))).toEqual(["ear/header: token-embedded-key"]);
    const realm = await judged("testRealmJWT", { ...options(), at: at("2025-07-09T11:07:00Z") });
    expect(failed(realm)).toContain("ear/header: token-embedded-key");
  });

  it("reads every token as bytes too", async () => {
    const bytes = readShared(`${DIR}/ear/testJWT.jwt`);
    expect((await verify(bytes, options(["no-expiry"]))).outcome).toBe("verified");
  });
});
