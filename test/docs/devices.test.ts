/** The examples in docs/nvidia.md and docs/arm.md run as they stand; only trust begins at the forge's roots, and what the reader has in hand is given. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { COMPONENTS, components, forgeCca, INSTANCE, PLATFORM_KEY, RIM } from "../../fixtures/arm/token.js";
import * as cbor from "../../fixtures/cbor.js";
import { concat } from "../../fixtures/der.js";
import { digest } from "../../fixtures/keys.js";
import { goodAnswers } from "../../fixtures/nvidia/chain.js";
import { DRIVER, forgeReport, NONCE } from "../../fixtures/nvidia/report.js";
import { pem } from "../../fixtures/x509.js";
import * as arm from "../../src/arm.js";
import { toHex, toUtf8 } from "../../src/encoding/text.js";
import * as index from "../../src/index.js";
import * as nvidia from "../../src/nvidia.js";
import * as sevSnp from "../../src/sev-snp.js";
import { fixture } from "../cli/support.js";
import { jwk } from "../support/arm.js";
import { ANCHORS, AT, certificatesOf, driverRim, vbiosRim } from "../support/nvidia.js";

const publicKey = new Uint8Array(91).fill(0x30);
const snp = forgeSnp({ report: { reportData: concat(digest("SHA-256", publicKey), NONCE) } });
const fresh = { thisUpdate: snp.at.getTime() - 1000, nextUpdate: snp.at.getTime() + 1000 };

/** NVIDIA's manifest service. */
const fetch = async (input: RequestInfo | URL): Promise<Response> => {
  const rim = String(input).includes("DRIVER") ? driverRim : vbiosRim;
  return new Response(JSON.stringify({ rim: Buffer.from(rim).toString("base64") }));
};

const evidenceList = [
  {
    arch: "HOPPER",
    nonce: toHex(NONCE),
    evidence: Buffer.from(forgeReport()).toString("base64"),
    certificate: Buffer.from(toUtf8(pem("CERTIFICATE", ...certificatesOf()))).toString("base64"),
  },
];

/** What the reader has in hand, and the modules under the forge's roots. */
async function inHand(page: string, number: number) {
  const nonce = page === "arm" ? new Uint8Array(32).fill(1) : NONCE;
  const [component] = COMPONENTS;
  return {
    nonce,
    publicKey,
    fetch,
    driverVersion: DRIVER,
    ocspResponses: goodAnswers(),
    evidenceList: number === 0 ? JSON.stringify(evidenceList) : evidenceList,
    report: Buffer.from(snp.report).toString("base64"),
    measurement: snp.fields.measurement,
    endorsements: [...snp.endorsements, ...goodAnswers("GH100", fresh)],
    token: forgeCca({
      realm: { 10: cbor.bytes(await arm.reportDataFor({ nonce, publicKey })) },
      platform: { 2399: components(COMPONENTS.slice(0, 1)) },
    }),
    rim: RIM,
    firmware: component?.measurement,
    signerId: component?.signerId,
    platformKey: jwk(PLATFORM_KEY),
    instanceId: INSTANCE,
  };
}

/** A module whose `verify` trusts the forge, at a time when what it forges is valid. */
function trusting<Module extends object>(module: Module, at: Date | undefined): Module {
  const options = { trustAnchors: { ...ANCHORS, ...snp.trustAnchors }, ...(at === undefined ? {} : { at }) };
  const front = (verifier: object) => ({
    verify: (evidence: never, given: object) =>
      (verifier as typeof index).verify(evidence, { ...given, ...options } as never),
  });
  const createVerifier = (kinds: never) => front(index.createVerifier(kinds));
  return { ...module, ...front(module), createVerifier };
}

async function run(page: string, code: string, number: number): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  const at = page === "arm" ? undefined : number === 0 ? AT : snp.at;
  const modules = {
    "tee-verify": trusting(index, at),
    "tee-verify/sev-snp": sevSnp,
    "tee-verify/nvidia": trusting(nvidia, at),
    "tee-verify/arm": arm,
  };
  const given = {
    modules,
    console: { log: (...words: unknown[]) => said.push(...words) },
    ...(await inHand(page, number)),
  };
  const body = code.replace(/^import (\{[^}]*\}) from ("[^"]+");$/gm, "const $1 = modules[$2];");
  const AsyncFunction = (async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction(...Object.keys(given), body)(...Object.values(given));
  return said;
}

describe.each([
  [
    "nvidia",
    [
      ["verified", "firmware"],
      ["verified", "launch"],
    ],
  ],
  ["arm", [["verified", "launch"]]],
])("docs/%s.md", (page, expected) => {
  const text = new TextDecoder().decode(fixture(`docs/${page}.md`));
  const examples = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);

  it("has its examples", () => expect(examples.length).toBe(expected.length));
  it.each(examples.map((code, number) => [number, code] as const))("example %i", async (number, code) =>
    expect(await run(page, code, number)).toEqual(expected[number]),
  );
});
