/** The example in docs/dstack.md runs as it stands; only trust begins at the forge's root, and what the reader has in hand is given. */
import { expect, it } from "vitest";
import { DSTACK_KEYS, forgeDstack } from "../../fixtures/dstack/bundle.js";
import { AT } from "../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../fixtures/intel/pki.js";
import * as dstack from "../../src/dstack.js";
import { fixture } from "../cli/support.js";
import { rightScene } from "../support/dcap.js";

const page = new TextDecoder().decode(fixture("docs/dstack.md"));
const examples = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
const agent = forgeDstack();

async function run(code: string, info: unknown): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  const given = {
    info: JSON.stringify(info),
    ...agent.system,
    composeHash: agent.composeHash,
    publicKey: DSTACK_KEYS.agent.spki,
    fetch: () => Promise.reject(new Error("no network")),
    console: { log: (...words: unknown[]) => said.push(...words) },
    library: {
      verify: (evidence: never, options: object) =>
        dstack.verify(evidence, {
          ...options,
          at: AT,
          endorsements: Object.values(rightScene("tdx")),
          trustAnchors: { intel: [forgeRoot()] },
        } as never),
    },
  };
  const body = code.replace(/^import (\{[^}]*\}) from "tee-verify\/dstack";$/m, "const $1 = library;");
  const AsyncFunction = (async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction(...Object.keys(given), body)(...Object.values(given));
  return said;
}

it("docs/dstack.md verifies the right agent in its one example, and refuses another", async () => {
  expect(examples).toHaveLength(1);
  const [code = ""] = examples;
  expect(await run(code, agent.info)).toEqual(["verified", "workload", true]);
  await expect(run(code, forgeDstack({ compose: "{}" }).info)).rejects.toThrow("another application");
});
