/** The OpenClaw plugin `tee-attestation`: challenges are answered by the gateway itself, at `/.well-known/tee-attestation`. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { definePluginEntry, type OpenClawPluginServiceContext } from "openclaw/plugin-sdk/plugin-entry";
import { type Attester, createAttester, type NodeHandler, nodeHandler } from "tee-verify/attester";
import { type PluginSettings, readSettings } from "./settings.js";

const ROUTE = "/.well-known/tee-attestation";
const SERVICE = "tee-attestation";

export default definePluginEntry({
  id: "tee-attestation",
  name: "TEE attestation",
  description: "Answers attestation challenges with evidence of this machine's confidential hardware",
  register(api) {
    if (api.registrationMode !== "full") return;
    let running: { readonly attester: Attester; readonly handle: NodeHandler } | undefined;

    // Whoever asks may be anybody: the plugin decides who gets an answer, by rate and not by name.
    api.registerHttpRoute({
      path: ROUTE,
      match: "prefix",
      auth: "plugin",
      handler: (request, response) =>
        running === undefined ? notYet(response) : answer(running.handle, request, response),
    });

    api.registerService({
      id: SERVICE,
      async start(context) {
        const settings = await readSettings(api.pluginConfig ?? {});
        const attester = await createAttester({ ...attesterOptions(settings), onError: reporter(context) });
        running = { attester, handle: nodeHandler(attester) };
        context.logger.info(`${SERVICE}: answering challenges at ${ROUTE} (${settings.provider.name})`);
      },
      stop() {
        running = undefined;
      },
    });

    api.registerGatewayMethod(
      "teeAttestation.health",
      ({ respond }) => respond(true, { started: running !== undefined, last: running?.attester.health() ?? null }),
      { scope: "operator.read", profileAccess: "independent" },
    );
  },
});

function attesterOptions({ provider, endorsements, manifest, echo, rate }: PluginSettings) {
  return {
    provider,
    endorsements,
    rate,
    ...(manifest === undefined ? {} : { manifest }),
    ...(echo ? { onMessage: (message: Uint8Array) => message } : {}),
  };
}

/** For the operator: the gateway's log and its view of the service. The other side learns a code alone. */
function reporter({ logger, serviceHealth }: OpenClawPluginServiceContext): (error: unknown) => void {
  return (error) => {
    logger.warn(`${SERVICE}: ${error instanceof Error ? error.message : String(error)}`);
    serviceHealth?.reportFailure(error);
  };
}

async function answer(handle: NodeHandler, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (!(await handle(request, response))) response.writeHead(404, { "cache-control": "no-store" }).end();
  return true;
}

function notYet(response: ServerResponse): boolean {
  response.writeHead(503, { "retry-after": "1", "cache-control": "no-store" }).end();
  return true;
}
