import { describe, expect, it } from "vitest";
import type { Verdict } from "../../src/verdict.js";
import { cli, DEBUG_GUEST, fixture, MILAN, VERIFIES, without } from "./support.js";

const first = (text: string, lines = 6): string => text.trim().split("\n").slice(0, lines).join("\n");

describe("tee-verify", () => {
  it("says VERIFIED, exit code 0, where all was asked for and held", async () => {
    const { code, out, err } = await cli(VERIFIES);
    expect([code, err]).toEqual([0, ""]);
    expect(first(out, 3)).toMatch(
      /^✔ VERIFIED\n {2}The build that you expect runs on genuine AMD SEV-SNP hardware, and it carries\n/,
    );
    expect(out).toContain(MILAN.measurement.slice(0, 60));
    expect(out).toContain("A second, independent");
    expect(out).not.toContain("FAILED");
    expect(out.trimEnd().split("\n").at(-1)).toBe("✔ VERIFIED");
  });

  it.each([
    [["--crypto", "noble"], "(noble)"],
    [["--crypto", "webcrypto"], "(webcrypto)"],
  ])("comes to the same with %j", async (more, name) => {
    const { code, out } = await cli([...VERIFIES, ...more]);
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, " ")).toContain(name);
  });

  it("does not compare the build without --expect: said in the first lines, and never green", async () => {
    const { code, out } = await cli(without("--expect"), { terminal: { colour: true, width: 110 } });
    expect(code).toBe(0);
    expect(first(out, 1)).toContain("GENUINE HARDWARE, BUILD NOT COMPARED");
    expect(first(out, 4)).toContain("The build was NOT compared with anything");
    expect(out).not.toMatch(/\u001b\[1;32m. VERIFIED/);
    expect(first(out, 1)).toContain("\u001b[1;33m");
  });

  it("says without a binding that it may be a recording", async () => {
    const { code, out } = await cli(without("--report-data"));
    expect(code).toBe(0);
    expect(first(out)).toContain("EXPECTED BUILD, BUT PERHAPS A RECORDING");
    expect(first(out)).toContain("it may be a RECORDING");
    expect(out).not.toContain("✔ VERIFIED");
  });

  it("says under the headline that the day of judgement was given", async () => {
    const { out } = await cli(VERIFIES);
    expect(out.split("\n").findIndex((line) => line.includes("Judged as of "))).toBe(4);
    expect((await cli(without("--at"))).out).not.toContain("Judged as of ");
  });

  it("rejects the same report by the floors of today", async () => {
    const { code, out } = await cli([...without("--policy", "--at"), "--at", "2026-11-24"]);
    expect(code).toBe(1);
    expect(out).toContain("✘ REJECTED");
    expect(out).toContain("✘ FAILED: The firmware is not known to be broken");
    expect(out).toContain("sev-snp/tcb-floor: below-floor");
  });

  it("rejects a guest that may be debugged, and says what that means", async () => {
    const { code, out } = await cli([DEBUG_GUEST.report, "--endorsement", DEBUG_GUEST.vcek, "--at", "2026-11-24"]);
    expect(code).toBe(1);
    expect(out).toContain("its host can read and change");
    expect(out).toContain("Its signatures are genuine");
  });

  it("gives nothing in a forgery a green mark", async () => {
    const { code, out } = await cli([DEBUG_GUEST.altered, "--endorsement", DEBUG_GUEST.vcek, "--at", "2026-11-24"], {
      terminal: { colour: true },
    });
    expect(code).toBe(1);
    expect(out).toContain("It is not genuine");
    expect(out).toContain("sev-snp/report-signature: signature-invalid");
    expect(out).not.toContain("\u001b[1;32m");
    expect(out).not.toContain("✔");
  });

  it("is undetermined without the certificate: names it, where it is, and asks nobody", async () => {
    const { code, out, asked } = await cli(without("--endorsement"));
    expect(code).toBe(2);
    expect(out).toContain("? UNDETERMINED");
    expect(out).toContain("https://kdsintf.amd.com/vcek/v1/Milan/d49554ec717f4e5b");
    expect(out).toContain("--fetch asks the vendor for it");
    expect(out).not.toContain("✔");
    expect(asked).toEqual([]);
  });

  it("fetches it with --fetch", async () => {
    const fetch = async () => new Response(fixture(MILAN.vcek) as BodyInit);
    const { code, asked } = await cli([...without("--endorsement"), "--fetch"], { fetch });
    expect(code).toBe(0);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^https:\/\/kdsintf\.amd\.com\/vcek\/v1\/Milan\//);
  });

  it("stays undetermined where the network fails", async () => {
    const { code, asked } = await cli([...without("--endorsement"), "--fetch"]);
    expect(code).toBe(2);
    expect(asked).toHaveLength(2);
  });

  it("reads evidence from standard input", async () => {
    const { code } = await cli(["-", ...VERIFIES.slice(1)], { files: { "-": fixture(MILAN.report) } });
    expect(code).toBe(0);
  });

  it("takes reference values from a file", async () => {
    const values = (measurement: string) => JSON.stringify({ "sev-snp": { measurement } });
    const args = (name: string) => [...without("--expect"), "--expect", name];
    const files = { "good.json": values(MILAN.measurement), "other.json": values("00".repeat(48)) };
    expect((await cli(args("good.json"), { files })).code).toBe(0);
    expect((await cli(args("other.json"), { files })).code).toBe(1);
  });

  it("rejects a nonce that it does not answer, and a kind that is not accepted", async () => {
    const nonce = await cli([...without("--report-data"), "--nonce", "00".repeat(32)]);
    expect([nonce.code, nonce.out.includes("report-data-mismatch")]).toEqual([1, true]);
    const kind = await cli([...VERIFIES, "--accept", "tdx,nitro"]);
    expect([kind.code, kind.out.includes("kind-not-accepted")]).toEqual([1, true]);
    expect((await cli([...VERIFIES, "--accept", "tdx, sev-snp"])).code).toBe(0);
  });

  it("rejects bytes that are no evidence", async () => {
    const { code, out } = await cli(["x"], { files: { x: "\u001b[2Jhello" } });
    expect(code).toBe(1);
    expect(out).toContain("These bytes are not what they should be");
    expect(out).not.toContain("\u001b[2J");
  });

  it("prints the verdict and nothing else with --json", async () => {
    const { code, out, err } = await cli([...VERIFIES, "--json"]);
    const verdict = JSON.parse(out) as Verdict;
    expect([code, err, verdict.outcome, verdict.ok, verdict.meta.schema]).toEqual([0, "", "verified", true, 1]);
    expect(verdict.checks.find(({ id }) => id === "sev-snp/cross-check")?.status).toBe("passed");
  });

  it("does without the second reader with --no-cross-check", async () => {
    const { out } = await cli([...VERIFIES, "--json", "--no-cross-check"]);
    expect((JSON.parse(out) as Verdict).checks.some(({ id }) => id === "sev-snp/cross-check")).toBe(false);
  });

  it("prints nothing with --quiet", async () => {
    expect(await cli([...VERIFIES, "--quiet"])).toMatchObject({ code: 0, out: "", err: "" });
    expect(await cli([...without("--endorsement"), "-q"])).toMatchObject({ code: 2, out: "", err: "" });
  });

  it("says what was found of every check with --verbose", async () => {
    const { out } = await cli([...VERIFIES, "--verbose"]);
    expect(out.replace(/\s+/g, " ")).toContain("The ECDSA P-384 signature over the report's 672 signed bytes verifies");
    expect(out).toContain("sev-snp/report-signature");
  });

  it("keeps within the width of the terminal, addresses excepted", async () => {
    for (const width of [40, 60, 110]) {
      const { out } = await cli([...without("--endorsement")], { terminal: { width } });
      const long = out.split("\n").filter((line) => line.length > width && !line.includes("https://"));
      expect(long).toEqual([]);
    }
  });

  it("tells everything in ASCII where that is all there is", async () => {
    const { out } = await cli([DEBUG_GUEST.report, "-c", DEBUG_GUEST.vcek], { terminal: { unicode: false } });
    expect(out).toMatch(/^[\x20-\x7e\n]*$/);
    expect(out).toContain("x REJECTED");
  });
});

describe("misuse", () => {
  it("points to the help of the command that was misused", async () => {
    expect((await cli(["--no-such"])).err).toContain('Try "tee-verify --help".');
    expect((await cli(["measure", "--no-such"])).err).toContain('Try "tee-verify measure --help".');
  });

  const digest = "00".repeat(48);
  it.each<[string, readonly string[]]>([
    ["no evidence was given", []],
    ["cannot read nowhere", ["nowhere"]],
    ["one evidence at a time", [MILAN.report, "second"]],
    ["there is no option --expct", ["--expct", digest, MILAN.report]],
    ["--json and --quiet exclude each other", [MILAN.report, "--json", "--quiet"]],
    ["a digest has", [MILAN.report, "--expect", "00".repeat(64)]],
    ["--expect: a digest has 64, 96 or 128 hex digits, and this has 95", [MILAN.report, "--expect", digest.slice(1)]],
    ["cannot read abc", [MILAN.report, "--expect", "abc"]],
    ["64 lowercase hex digits", [MILAN.report, "--expect", "build:sha256:12"]],
    ["at least 16 bytes", [MILAN.report, "--nonce", "00"]],
    ["--nonce: hex text", [MILAN.report, "--nonce", "zz"]],
    ["a key alone can be replayed", [MILAN.report, "--public-key", "0x00"]],
    ["--report-data is the whole binding", [MILAN.report, "--report-data", "00", "--nonce", "00"]],
    ["--report-data is the whole binding", [MILAN.report, "--report-data", "00", "--user-data", "00"]],
    ["--data belongs to a --layout", [MILAN.report, "--nonce", "00".repeat(32), "--data", "0x00"]],
    ["binding.layout must be one of", [MILAN.report, "--layout", "mine", "--nonce", "00"]],
    ["needs binding.nonce", [MILAN.report, "--layout", "secretvm", "--public-key", "0x00"]],
    ["--at must be a date", [MILAN.report, "--at", "yesterday"]],
    ["--crypto must be webcrypto or noble", [MILAN.report, "--crypto", "openssl"]],
    ["covers must be one of", [MILAN.report, "--covers", "everything"]],
    ["accept must be one of", [MILAN.report, "--accept", "snp"]],
    ["policy has no", [MILAN.report, "--policy", "misspelt.json"]],
    ["duplicate name", [MILAN.report, "--policy", "twice.json"]],
    ["must be written as", [MILAN.report, "--policy", "mask.json"]],
    ["inspect takes one file", ["inspect"]],
  ])("says %j, exit code 64, and prints no verdict", async (message, argv) => {
    const files = {
      "misspelt.json": '{"sev_snp":{}}',
      "twice.json": '{"sev-snp":{},"sev-snp":{}}',
      "mask.json": '{"sev-snp":{"launchMitigations":1}}',
    };
    const { code, out, err } = await cli(argv, { files });
    expect([code, out]).toEqual([64, ""]);
    expect(err).toContain(message);
  });

  it("shows a hostile file name as text", async () => {
    const { err } = await cli(["\u001b]0;x\u0007"]);
    expect(err).toContain("\\u{1b}]0;x\\u{7}");
  });
});

describe("a defect of ours", () => {
  it("is exit code 70, says so, and prints no verdict", async () => {
    const read = async (): Promise<never> => {
      throw new RangeError("boom");
    };
    const { code, out, err } = await cli([MILAN.report], { io: { read } });
    expect([code, out]).toEqual([70, ""]);
    expect(err).toContain("internal error, and no verdict");
    expect(err).toContain("boom");
  });
});

describe("inspect", () => {
  it("shows claims and bytes, and that nobody has vouched for them", async () => {
    const { code, out } = await cli(["inspect", MILAN.report]);
    expect(code).toBe(0);
    expect(first(out)).toContain("? NOT VERIFIED  sev-snp");
    expect(out).toContain("Nobody has vouched for any of this");
    expect(out).toMatch(/0x0090 +48 {2}measurement +7a1e5c266c0108db/);
    expect(out).toContain("MEASUREMENT at launch");
    expect(out).not.toContain("VERIFIED\n");
  });

  it("prints JSON that cannot be taken for a verdict", async () => {
    const { out } = await cli(["inspect", "--json", MILAN.report]);
    const inspection = JSON.parse(out) as Record<string, unknown>;
    expect(inspection).toMatchObject({ notVerified: true, kind: "sev-snp" });
    expect(inspection).not.toHaveProperty("outcome");
  });

  it("says what it cannot read, exit code 1", async () => {
    const { code, out, err } = await cli(["inspect", "x"], { files: { x: "no evidence" } });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("not readable as evidence");
  });
});

describe("help", () => {
  it("names every option and exit code", async () => {
    const { code, out } = await cli(["--help"]);
    expect(code).toBe(0);
    for (const word of [
      "--expect",
      "--nonce",
      "--public-key",
      "--report-data",
      "--layout",
      "--endorsement",
      "--at",
      "--fetch",
      "--policy",
      "--covers",
      "--accept",
      "--json",
      "--quiet",
      "--no-cross-check",
      "--crypto",
      "inspect",
      "  64  ",
      "  70  ",
    ])
      expect(out).toContain(word);
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("is there for each command, and a version too", async () => {
    expect((await cli(["inspect", "-h"])).out).toContain("Usage: tee-verify inspect [options] FILE");
    expect((await cli(["verify", "--help"])).out).toContain("Usage: tee-verify [options] FILE");
    expect((await cli(["--version"])).out).toBe("tee-verify 0.0.0-test\n");
  });
});
