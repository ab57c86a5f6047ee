/** A log that cannot be replayed for want of a hash: neither yes nor no, on its own and around the quote (design, rule 11). */
import { describe, expect, it } from "vitest";
import { forgeDstack } from "../../../fixtures/dstack/bundle.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { checkOf, expectedOf, failures, hex, judgeAs, type Options } from "../../support/dstack.js";

const agent = forgeDstack();
const real = defaultCrypto() as NonNullable<ReturnType<typeof defaultCrypto>>;
const noSha384: Options = {
  crypto: {
    ...real,
    digest: (hash, message) =>
      hash === "SHA-384" ? Promise.reject(new CryptoUnavailableError("no SHA-384 here")) : real.digest(hash, message),
  },
};
const answer = JSON.stringify(agent.answer);
const { app_compose: _, ...bare } = agent.answer;
const quoteAndLog = JSON.stringify(bare);

describe("without SHA-384", () => {
  it.each<readonly [string, NonNullable<Options["expected"]>]>([
    ["the right build", expectedOf(agent)],
    ["another build", { tdx: agent.system, dstack: { composeHash: "00".repeat(32) } }],
    ["any build", "any-build"],
  ])("a dstack agent is neither verified nor rejected, where %s is expected", async (_name, expected) => {
    const verdict = await judgeAs(answer, { expected, ...noSha384 });
    expect(failures(verdict)).toEqual([]);
    expect(verdict.outcome).toBe("undetermined");
    expect(checkOf(verdict, "tdx/event-log")).toMatchObject({ status: "undetermined", code: "crypto-unavailable" });
    expect(checkOf(verdict, "dstack/build")).toMatchObject({ status: "skipped", blockedBy: "tdx/event-log" });
  });

  it("nor is a quote of which events are expected", async () => {
    const events = { "compose-hash": hex(agent.composeHash) };
    for (const wanted of [events, { "compose-hash": "00".repeat(32) }]) {
      const verdict = await judgeAs(quoteAndLog, {
        expected: { tdx: { ...agent.system, events: wanted } },
        ...noSha384,
      });
      expect(failures(verdict)).toEqual([]);
      expect(verdict.outcome).toBe("undetermined");
      for (const id of ["tdx/build", "tdx/rtmr3"])
        expect(checkOf(verdict, id)).toMatchObject({ status: "skipped", blockedBy: "tdx/event-log" });
    }
  });

  it("registers that are other than expected are refused all the same", async () => {
    const mrtd = "00".repeat(48);
    const verdict = await judgeAs(quoteAndLog, { expected: { tdx: { ...agent.system, mrtd } }, ...noSha384 });
    expect(failures(verdict)).toEqual(["tdx/build build-mismatch"]);
  });
});

it("with it, the same agent is verified and another refused", async () => {
  expect(await judgeAs(answer, { expected: expectedOf(agent) })).toMatchObject({ outcome: "verified" });
  const other = { tdx: agent.system, dstack: { composeHash: "00".repeat(32) } };
  expect(failures(await judgeAs(answer, { expected: other }))).toEqual(["dstack/build build-mismatch"]);
});
