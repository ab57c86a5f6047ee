/** Attacks on a challenge: each ends with its own code, sends nothing but nonces, and has a neighbour that passes. */
import { createHash } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { type Machine, snpMachine, tdxMachine } from "../../fixtures/live/machine.js";
import { challenge } from "../../src/live/index.js";
import { createSealingKey } from "../../src/live/sealed.js";
import { answerOf, hostile, type Relay, relay } from "./relay.js";
import { closeAll, type Options, startAgent } from "./support.js";

afterEach(closeAll);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** The report data of our layout, written a second time. */
function reportDataOf(nonce: Buffer, key: Buffer): string {
  const length = (value: number): Buffer => Buffer.from(value.toString(16).padStart(8, "0"), "hex");
  const parts = [Buffer.from("tee-verify/binding/v1\0"), length(nonce.length), nonce, length(key.length), key];
  return createHash("sha512").update(Buffer.concat(parts)).digest("hex");
}

/** Outcome and code; that nobody was sent anything but a challenge. */
async function attacked({ address, asked }: Relay, options: Options): Promise<string> {
  const result = await challenge(address, options);
  expect("channel" in result).toBe(false);
  expect(asked.every((line) => line === "GET /.well-known/tee-attestation")).toBe(true);
  return `${result.outcome} ${result.ok ? "" : result.code}`;
}

let machine: Machine;
let attackersKey: string;
beforeAll(async () => {
  machine = snpMachine();
  attackersKey = base64((await createSealingKey()).spki);
});

describe("a relay", () => {
  it("that changes nothing gains nothing, and is not noticed", async () => {
    const { address, options } = await startAgent(machine);
    const through = await relay(address, (answer) => answer);
    expect(await attackedOk(through, options)).toBe("verified");
  });

  it("that replays an answer is told by the nonce", async () => {
    const { address, options } = await startAgent(machine);
    const recorded = await answerOf(address, Buffer.alloc(32, 7).toString("base64url"));
    expect(await attacked(await relay(address, () => recorded), options)).toBe("rejected replayed");
  });

  it("that replays evidence under our nonce is told by the evidence", async () => {
    const { address, options } = await startAgent(machine);
    const recorded = await answerOf(address, Buffer.alloc(32, 7).toString("base64url"));
    const replaying = await relay(address, (_, nonce) => ({ ...recorded, nonce }));
    expect(await attacked(replaying, options)).toBe("rejected key-swapped");
    const consistent = await relay(address, (_, nonce) => ({
      ...recorded,
      nonce,
      reportData: reportDataOf(Buffer.from(nonce, "base64url"), Buffer.from(recorded.publicKey, "base64")),
    }));
    expect(await attacked(consistent, options)).toBe("rejected foreign-evidence");
  });

  it("that puts its own key in place of the agent's is told by the report data", async () => {
    const { address, options } = await startAgent(machine);
    const swapping = await relay(address, (answer) => ({ ...answer, publicKey: attackersKey }));
    expect(await attacked(swapping, options)).toBe("rejected key-swapped");
  });

  it("that puts its own key in, and mends what the answer says of it, is told by the evidence", async () => {
    const { address, options } = await startAgent(machine);
    const mending = await relay(address, (answer, nonce) => ({
      ...answer,
      publicKey: attackersKey,
      reportData: reportDataOf(Buffer.from(nonce, "base64url"), Buffer.from(attackersKey, "base64")),
    }));
    expect(await attacked(mending, options)).toBe("rejected foreign-evidence");
  });

  it("that sends another instance's evidence with the agent's key is told by the evidence", async () => {
    const { address, options } = await startAgent(machine);
    const other = await startAgent(machine);
    const mixing = await relay(address, async (answer, nonce) => ({
      ...answer,
      bundle: (await answerOf(other.address, nonce)).bundle,
    }));
    expect(await attacked(mixing, options)).toBe("rejected foreign-evidence");
  });

  it("that sends the agent's evidence with another instance's key is told by the report data", async () => {
    const { address, options } = await startAgent(machine);
    const other = await startAgent(machine);
    const mixing = await relay(address, async (answer, nonce) => ({
      ...answer,
      publicKey: (await answerOf(other.address, nonce)).publicKey,
    }));
    expect(await attacked(mixing, options)).toBe("rejected key-swapped");
  });

  it("that answers with genuine hardware of its own and another build is told by the build", async () => {
    const own = await startAgent(snpMachine({ report: { measurement: new Uint8Array(48).fill(0xee) } }));
    const { options } = await startAgent(machine);
    expect(await attacked(await relay(own.address, (answer) => answer), options)).toBe("rejected build-mismatch");
  });

  it("that answers with a weaker kind than was asked for is told by the kind", async () => {
    const weaker = tdxMachine();
    const own = await startAgent(weaker, { endorsements: { always: weaker.collateral } });
    const both = {
      ...own.options,
      trustAnchors: { ...weaker.trustAnchors, ...machine.trustAnchors },
      expected: { ...weaker.expected, ...machine.expected },
    } as Options;
    const through = await relay(own.address, (answer) => answer);
    expect(await attacked(through, { ...both, accept: ["sev-snp"] })).toBe("rejected kind-not-accepted");
    expect(await attackedOk(through, both)).toBe("verified");
  });

  it("that signs with a PKI of its own is told by the anchors", async () => {
    const { address, options } = await startAgent(machine);
    const { trustAnchors: _, ...pinned } = options;
    expect(await attacked(await relay(address, (answer) => answer), pinned)).toBe(
      "rejected certificate-signature-invalid",
    );
  });

  it("that alters the report is told by its signature", async () => {
    const { address, options } = await startAgent(machine);
    const altering = await relay(address, (answer) => {
      const evidence = JSON.parse(answer.bundle.evidence);
      const report = Buffer.from(evidence.outblob, "base64");
      report[0x90] = (report[0x90] ?? 0) ^ 1;
      evidence.outblob = report.toString("base64");
      return { ...answer, bundle: { ...answer.bundle, evidence: JSON.stringify(evidence) } };
    });
    expect(await attacked(altering, options)).toBe("rejected signature-invalid");
  });
});

async function attackedOk({ address }: Relay, options: Options): Promise<string> {
  const result = await challenge(address, options);
  return result.ok ? result.outcome : `${result.outcome} ${result.code} ${result.detail}`;
}

describe("endorsements", () => {
  it("that have expired are told by their dates", async () => {
    const tdx = tdxMachine();
    const { address, options } = await startAgent(tdx, { endorsements: { always: tdx.collateral } });
    const through = await relay(address, (answer) => answer);
    expect(await attackedOk(through, options)).toBe("verified");
    const later = { ...options, at: new Date(tdx.at.getTime() + 60 * 86_400_000) };
    expect(await attacked(through, later)).toMatch(/^(rejected|undetermined) (collateral|crl)-expired$/);
  });

  it("that are missing leave it open, and nothing else", async () => {
    const bare = snpMachine({ certificates: false });
    const { address, options } = await startAgent(bare);
    expect(await attacked(await relay(address, (answer) => answer), options)).toBe("undetermined certificate-missing");
    const { address: again } = await startAgent(bare, { endorsements: { always: forgeSnp().endorsements } });
    expect(await attackedOk(await relay(again, (answer) => answer), options)).toBe("verified");
  });
});

describe("a server that is no agent", () => {
  const options = (): Options => ({ ...machine, expected: machine.expected, timeout: 400 }) as unknown as Options;
  const asked = async (handle: Parameters<typeof hostile>[0]): Promise<string> => {
    const { at, trustAnchors, expected } = options();
    return attacked(await hostile(handle), { at, trustAnchors, expected, timeout: 400, attempts: 1 } as Options);
  };

  it("never answers: timeout", async () => {
    expect(await asked(() => undefined)).toBe("undetermined timeout");
  });

  it("answers a byte at a time: timeout", async () => {
    const slow = asked((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
    });
    expect(await slow).toBe("undetermined timeout");
  });

  it("never ends its answer: too long, long before memory is", async () => {
    let written = 0;
    const endless = await hostile((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = Buffer.alloc(262_144, 0x20);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const { at, trustAnchors, expected } = machine;
    const bounded = { at, trustAnchors, expected, timeout: 20_000 } as Options;
    expect(await attacked(endless, bounded)).toBe("undetermined answer-too-long");
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it("points to another host, or to another path: redirected, and nobody goes there", async () => {
    const elsewhere = await hostile((_, response) => response.end());
    for (const status of [301, 302, 303, 307, 308]) {
      const away = asked((_, response) => response.writeHead(status, { location: elsewhere.address }).end());
      expect(await away).toBe("undetermined redirected");
    }
    expect(await asked((_, response) => response.writeHead(302, { location: "/other" }).end())).toBe(
      "undetermined redirected",
    );
    expect(elsewhere.asked).toEqual([]);
  });

  it("answers with HTML: not-json, whatever type it claims", async () => {
    const html = "<!doctype html><title>Hello</title>";
    expect(await asked((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html))).toBe(
      "undetermined not-json",
    );
    expect(
      await asked((_, response) => response.writeHead(200, { "content-type": "application/json" }).end(html)),
    ).toBe("undetermined not-json");
  });

  it("answers with JSON that is no answer: answer-malformed", async () => {
    const key = attackersKey;
    const right = { "tee-attestation": 1, nonce: "AAAA", publicKey: key, reportData: "00".repeat(64) };
    const bundle = { "tee-verify": 1, evidence: "AAAA" };
    const wrong: readonly unknown[] = [
      {},
      { ...right },
      { ...right, bundle: [] },
      { ...right, bundle: { ...bundle, "tee-verify": 2 } },
      { ...right, "tee-attestation": 2, bundle },
      { ...right, nonce: "====", bundle },
      { ...right, publicKey: "", bundle },
      { ...right, publicKey: base64(new Uint8Array(2048)), bundle },
      { ...right, reportData: "00", bundle },
      { ...right, session: "AAAA", bundle },
      { ...right, session: 7, bundle },
    ];
    for (const body of wrong) {
      const json = JSON.stringify(body);
      const outcome = asked((_, response) => response.writeHead(200, { "content-type": "application/json" }).end(json));
      expect(await outcome, json).toBe("undetermined answer-malformed");
    }
    const whole = JSON.stringify({ ...right, bundle });
    const whole200 = asked((_, response) => response.writeHead(200, { "content-type": "application/json" }).end(whole));
    expect(await whole200).toBe("rejected malformed");
  });

  it("attests a key that nothing can be sealed to: key-unsupported", async () => {
    const { address } = await startAgent(machine);
    const other = await relay(address, (answer) => ({ ...answer, publicKey: base64(new Uint8Array(91)) }));
    const { at, trustAnchors, expected } = machine;
    expect(await attacked(other, { at, trustAnchors, expected } as Options)).toBe("undetermined key-unsupported");
  });

  it("answers with an error: its code says which", async () => {
    const say =
      (status: number): Parameters<typeof hostile>[0] =>
      (_, response) =>
        response.writeHead(status).end("no");
    expect(await asked(say(404))).toBe("undetermined not-found");
    expect(await asked(say(500))).toBe("undetermined unexpected-status");
    expect(await asked(say(204))).toBe("undetermined unexpected-status");
    expect(await asked(say(429))).toBe("undetermined busy");
    expect(await asked(say(503))).toBe("undetermined busy");
  });

  it("is not there: unreachable", async () => {
    const gone = await startAgent(machine);
    await gone.close();
    const result = await challenge(gone.address, gone.options);
    expect(!result.ok && result.code).toBe("unreachable");
  });
});
