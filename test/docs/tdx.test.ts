/** The examples in docs/tdx.md, and the one about TDX in the README, run as they stand; only trust begins at the forge's root, and what the reader has in hand is given. */
import { describe, expect, it } from "vitest";
import { AT } from "../../fixtures/intel/collateral.js";
import { forgeRoot, forgeSigner } from "../../fixtures/intel/pki.js";
import { forgeQuote, TD } from "../../fixtures/intel/quote.js";
import { pem } from "../../fixtures/x509.js";
import * as tdx from "../../src/tdx.js";
import { fixture } from "../cli/support.js";
import { rightScene } from "../support/dcap.js";

const page = new TextDecoder().decode(fixture("docs/tdx.md"));
const examples = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
const readme = new TextDecoder().decode(fixture("README.md"));
const inReadme = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
  .map(([, code = ""]) => code)
  .filter((code) => code.includes('from "tee-verify/tdx"'));
const nonce = new Uint8Array(32).fill(1);
const publicKey = new Uint8Array(91).fill(0x30);
const { mrtd, rtmr0, rtmr1, rtmr2 } = TD;

/** Intel's service, with the forge's collateral. */
const fetch = async (input: RequestInfo | URL): Promise<Response> => {
  const address = String(input);
  const { tcbInfo, qeIdentity, pckCrl, rootCrl } = rightScene("tdx");
  const chain = encodeURIComponent(pem("CERTIFICATE", forgeSigner(), forgeRoot()));
  if (address.includes("/tcb?")) return new Response(tcbInfo, { headers: { "TCB-Info-Issuer-Chain": chain } });
  if (address.includes("/qe/identity"))
    return new Response(qeIdentity, { headers: { "SGX-Enclave-Identity-Issuer-Chain": chain } });
  return new Response((address.includes("/pckcrl") ? pckCrl : rootCrl) as BodyInit);
};

async function run(code: string): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  const quote = forgeQuote({ report: { reportData: await tdx.reportDataFor({ nonce, publicKey }) } });
  const given = {
    quote,
    saved: JSON.stringify((await tdx.fetchCollateral(quote, { fetch, at: new Date(AT) })).bundle),
    mrtd,
    rtmr0,
    rtmr1,
    rtmr2,
    rtmr3: new Uint8Array(48),
    nonce,
    publicKey,
    fetch,
    console: { log: (...words: unknown[]) => said.push(...words) },
    // At the forge's time, and under its root.
    Date: class extends Date {
      constructor() {
        super(AT);
      }
    },
    library: {
      ...tdx,
      verify: (evidence: never, options: object) =>
        tdx.verify(evidence, { ...options, at: AT, trustAnchors: { intel: [forgeRoot()] } } as never),
    },
  };
  const body = code.replace(/^import (\{[^}]*\}) from "tee-verify\/tdx";$/m, "const $1 = library;");
  const AsyncFunction = (async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction(...Object.keys(given), body)(...Object.values(given));
  return said;
}

describe("docs/tdx.md", () => {
  it("has two examples, and the README one", () => expect([examples.length, inReadme.length]).toEqual([2, 1]));
  it.each([...examples, ...inReadme])("%s", async (code) => expect(await run(code)).toEqual(["verified", "launch"]));
});
