/** What the verdict on a dstack agent says: each binding with its parameters, genuine and at fault. */
import {
  appCompose,
  COMPOSE_FILE,
  DSTACK_KEYS,
  type DstackRequest,
  forgeDstack,
} from "../../../fixtures/dstack/bundle.js";
import { forgeManifest, type JsonMembers } from "../../../fixtures/manifest/manifest.js";
import { reportDataFor } from "../../../src/challenge.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import type { Verdict } from "../../../src/verdict.js";
import { expectedOf, hex, judge, judgeAs, type Options } from "../../support/dstack.js";
import { itSays } from "../../support/said.js";

const agent = forgeDstack();
const evil = appCompose("services:\n  evil:\n    image: evil:latest\n");
const right = {
  composeHash: hex(agent.composeHash),
  appId: hex(agent.appId),
  keyProvider: hex(agent.keyProvider),
  osImageHash: hex(agent.osImageHash),
  instanceId: hex(agent.instanceId),
};
const dstack = (values: object): Options => ({ expected: { tdx: agent.system, dstack: values } as never });
const without =
  (name: string): NonNullable<DstackRequest["measure"]> =>
  (events) =>
    events.filter((event) => event.name !== name);
const real = defaultCrypto() as NonNullable<ReturnType<typeof defaultCrypto>>;
const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const lacking = (missing: string): typeof real => ({
  ...real,
  digest: (hash, message) => (hash === missing ? unavailable() : real.digest(hash, message)),
});
const builds = (...listed: readonly (readonly [label: string, values: object])[]): Promise<Verdict> => {
  const { text, hash } = forgeManifest({
    // The values of a quote and of the agent around it are of one platform by its label.
    platforms: listed.flatMap(([label, values]) => [
      { kind: "tdx", label, values: agent.system, more: { within: "dstack" } },
      { kind: "dstack", label, values: values as JsonMembers },
    ]),
  });
  const bundle = JSON.stringify({ "tee-verify": 1, evidence: JSON.stringify(agent.answer), manifest: text });
  return judgeAs(bundle, { expected: hash });
};
const near = { composeHash: right.composeHash, appId: "00".repeat(20) };
const also = { composeHash: right.composeHash, instanceId: "00".repeat(20) };
const far = { composeHash: "00".repeat(32), appId: "00".repeat(20) };
const nonce = new Uint8Array(32).fill(7);
const noApplication = { info: { app_id: "" }, measure: without("app-id") };

const QUESTIONS: Readonly<Record<string, readonly [DstackRequest, Options?]>> = {
  "the right agent": [{}],
  "any build": [{}, { expected: "any-build" }],
  "all that can be expected": [{}, dstack(right)],
  "another compose hash": [{}, dstack({ ...right, composeHash: "00".repeat(32) })],
  "two values of another agent": [{}, dstack({ ...right, appId: "00".repeat(20), instanceId: "00".repeat(20) })],
  "one of two compose hashes": [{}, dstack({ composeHash: ["00".repeat(32), right.composeHash] })],
  "an app id alone": [{}, dstack({ appId: right.appId })],
  "a key provider alone": [{}, dstack({ keyProvider: right.keyProvider })],
  "an app id and its key provider": [{}, dstack({ appId: right.appId, keyProvider: right.keyProvider })],
  "an OS image alone": [{}, dstack({ osImageHash: right.osImageHash })],
  "a system alone": [{}, { expected: { tdx: agent.system } }],
  "an application alone": [{}, { expected: { dstack: { composeHash: right.composeHash } } }],
  "firmware and an application": [
    {},
    { expected: { tdx: { mrtd: agent.system.mrtd }, dstack: { composeHash: right.composeHash } } },
  ],
  "a build without its manifest": [{}, { expected: `build:sha256:${"00".repeat(32)}` }],
  "an OS image that nobody measured": [
    { measure: without("os-image-hash"), info: { os_image_hash: "", vm_config: "" }, tcbInfo: { os_image_hash: "" } },
    dstack({ composeHash: right.composeHash, osImageHash: right.osImageHash }),
  ],
  "another compose text": [{ tcbInfo: { app_compose: evil } }],
  "no compose text": [{ tcbInfo: { app_compose: undefined } }],
  "no compose hash in the log": [{ measure: without("compose-hash"), info: { compose_hash: "" } }],
  "an agent of a compose file that leaves open what runs": [{ compose: evil }],
  "an agent with settings of its operator": [{ compose: appCompose(COMPOSE_FILE, { allowed_envs: ["TOKEN"] }) }],
  "another app id, and another instance, stated": [{ info: { app_id: "00".repeat(20), instance_id: "00".repeat(20) } }],
  "an app id of an earlier compose file": [{ appId: new Uint8Array(20).fill(0xa1) }],
  "no app id": [noApplication],
  "MRCONFIGID of version 1": [{ mrConfig: 1 }],
  "MRCONFIGID of no version": [{ mrConfig: new Uint8Array(48).fill(9) }],
  "a document of MRCONFIGID that did not come along": [{ mrConfig: 3, mrDocument: () => undefined }],
  "a document of MRCONFIGID that is no JSON": [{ mrConfig: 3, mrDocument: () => "{" }],
  "a key provider that is no JSON": [{ keyProvider: "{" }],
  "a certificate of another key": [{ reportData: new Uint8Array(64) }],
  "a certificate that ends": [{ leaf: { notAfter: new Date("2030-06-20T00:00:00Z") } }],
  "a certificate that has ended": [{ leaf: { notAfter: new Date("2030-06-01T00:00:00Z") } }],
  "report data that are expected": [
    { reportData: new Uint8Array(64).fill(3) },
    { binding: { reportData: new Uint8Array(64).fill(3) } },
  ],
  "a nonce that is not there": [{}, { binding: { nonce } }],
  "a log that was cut": [{ log: (records) => records.slice(0, -1) }],
  "no log": [{ log: () => undefined }],
  "no compose text, and no compose hash in the log": [
    { measure: without("compose-hash"), info: { compose_hash: "" }, tcbInfo: { app_compose: undefined } },
  ],
  "an OS image, and no system": [{}, { expected: { dstack: { osImageHash: right.osImageHash } } }],
  "a back end without SHA-256": [{}, { crypto: lacking("SHA-256") }],
  "a back end without SHA-512": [{}, { crypto: lacking("SHA-512") }],
  "report data that are expected, and the certificate's": [
    {},
    { binding: { layout: "dstack-ratls-cert", publicKey: DSTACK_KEYS.agent.spki } as never },
  ],
  "a back end without hashes": [{}, { crypto: { ...real, digest: unavailable } }],
};

itSays("dstack", {
  ...Object.fromEntries(
    Object.entries(QUESTIONS).map(([name, [request, options]]) => [name, () => judge(request, options)]),
  ),
  "a quote with log and compose file": () => judgeAs(JSON.stringify(agent.answer), { expected: expectedOf(agent) }),
  "a quote that answers a nonce and a key": async () => {
    const binding = { nonce, publicKey: DSTACK_KEYS.kms.spki };
    const { answer } = forgeDstack({ reportData: await reportDataFor(binding) });
    return judgeAs(JSON.stringify(answer), { expected: expectedOf(agent), binding });
  },
  "a quote with log and compose file, and nothing stated": () => {
    const { quote, event_log, app_compose } = agent.answer;
    return judgeAs(JSON.stringify({ quote, event_log, app_compose }), { expected: expectedOf(agent) });
  },
  "several builds, the right one first": () => builds(["right", right], ["near", near]),
  "several builds, the right one last": () => builds(["far", far], ["near", near], ["right", right]),
  "several builds, the closest first": () => builds(["near", near], ["far", far]),
  "several builds, the closest last": () => builds(["far", far], ["near", near]),
  "several builds, two of them as close": () => builds(["near", near], ["also", also]),
  "a certificate alone": () => judgeAs(agent.leaf, { expected: expectedOf(agent) }),
});
