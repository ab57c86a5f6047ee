/** Evidence of dstack guests from the agent's socket (Dstack-TEE/dstack, sdk/curl/api.md), and from the older one (api-tappd.md). */

import { type JsonObject, member, parseJson } from "../encoding/json.js";
import { toHex } from "../encoding/text.js";
import { askLocalJson } from "./local-http.js";
import { type AttestRequest, type Provider, ProviderError, type RawEvidence } from "./provider.js";

export interface DstackOptions {
  /** Of the current API; the places where dstack puts it unless told. */
  readonly socket?: string;
  /** Of the API before 0.4.2; `/var/run/tappd.sock` unless told. */
  readonly legacySocket?: string;
  /** Sends the text of app-compose.json along, for `tee-verify/dstack` to hold against the log: whoever asks can read it. */
  readonly appCompose?: boolean;
}

const SOCKETS = ["/var/run/dstack.sock", "/run/dstack.sock", "/var/run/dstack/dstack.sock"];
const LEGACY_SOCKET = "/var/run/tappd.sock";

/**
 * @example
 * const attester = await createAttester({ provider: dstack() });
 */
export function dstack(options: DstackOptions = {}): Provider {
  const { socket, legacySocket = LEGACY_SOCKET, appCompose = false } = options;
  const sockets = socket === undefined ? SOCKETS : [socket];
  return {
    name: "dstack",
    async attest(request) {
      for (const socketPath of sockets) {
        const answer = await unlessAbsent(current(socketPath, request, appCompose));
        if (answer !== undefined) return answer;
      }
      return await legacy(legacySocket, request, appCompose);
    },
  };
}

async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof ProviderError && error.failure === "unavailable") return undefined;
    throw error;
  });
}

async function current(
  socketPath: string,
  { reportData, signal }: AttestRequest,
  withCompose: boolean,
): Promise<RawEvidence> {
  const at = { socketPath };
  const answer = await askLocalJson({ at, path: "/GetQuote", json: { report_data: toHex(reportData) }, signal });
  const info = withCompose ? await askLocalJson({ at, path: "/Info", json: {}, signal }) : undefined;
  return evidenceOf(answer, info);
}

/** `raw`: the older API hashes what it is given, unless it is told not to. */
async function legacy(
  socketPath: string,
  { reportData, signal }: AttestRequest,
  withCompose: boolean,
): Promise<RawEvidence> {
  const at = { socketPath };
  const json = { report_data: toHex(reportData), hash_algorithm: "raw" };
  const answer = await askLocalJson({ at, path: "/prpc/Tappd.TdxQuote?json", json, signal });
  const info = withCompose ? await askLocalJson({ at, path: "/prpc/Tappd.Info?json", json: {}, signal }) : undefined;
  return evidenceOf(answer, info);
}

/** The answer in the form in which verifiers know it, without members that nobody needs. */
function evidenceOf(answer: JsonObject, info: JsonObject | undefined): RawEvidence {
  const quote = member(answer, "quote");
  if (typeof quote !== "string" || quote === "") throw new ProviderError("failed", "dstack: an answer without a quote");
  const [eventLog, vmConfig] = [member(answer, "event_log"), member(answer, "vm_config")];
  const compose = info === undefined ? undefined : composeOf(info);
  return {
    evidence: JSON.stringify({
      quote,
      ...(eventLog === undefined || eventLog === "" ? {} : { event_log: eventLog }),
      ...(vmConfig === undefined || vmConfig === "" ? {} : { vm_config: vmConfig }),
      ...(compose === undefined ? {} : { app_compose: compose }),
    }),
  };
}

/** Inside `tcb_info`, which is JSON as text. */
function composeOf(info: JsonObject): string {
  const tcbInfo = member(info, "tcb_info");
  const inner = typeof tcbInfo === "string" ? attempt(() => parseJson(tcbInfo)) : tcbInfo;
  const compose = typeof inner === "object" && inner !== null ? member(inner as JsonObject, "app_compose") : undefined;
  if (typeof compose !== "string") throw new ProviderError("failed", "dstack: no app_compose in the information");
  return compose;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
