/** One bounded HTTP exchange with a service of this machine: a Unix socket, or loopback. */

import { type RequestOptions, request } from "node:http";
import { isJsonObject, type JsonObject, parseJson } from "../encoding/json.js";
import { fromUtf8 } from "../encoding/text.js";
import { ProviderError } from "./provider.js";

export interface LocalQuestion {
  /** A Unix socket, or else host and port. */
  readonly at: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  readonly path: string;
  /** Sent by POST; absent: GET. */
  readonly json?: unknown;
  readonly signal: AbortSignal;
}

/** Quotes with event logs stay well below it. */
const MAX_BYTES = 4_194_304;

/** The body of a 200 answer. @throws ProviderError */
export function askLocal({ at, path, json, signal }: LocalQuestion): Promise<Uint8Array> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const options: RequestOptions = {
    ...at,
    path,
    method: body === undefined ? "GET" : "POST",
    headers:
      body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    signal,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => {
      const chunks: Buffer[] = [];
      let length = 0;
      answer.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_BYTES) asked.destroy(new ProviderError("failed", "the local service's answer is too long"));
        else chunks.push(chunk);
      });
      answer.on("error", (error) => reject(providerError(error)));
      answer.on("end", () => {
        const { statusCode } = answer;
        if (statusCode === 200) resolve(new Uint8Array(Buffer.concat(chunks)));
        else reject(new ProviderError(statusCode === 503 ? "busy" : "failed", `the local service says ${statusCode}`));
      });
    });
    asked.on("error", (error) => reject(providerError(error)));
    asked.end(body);
  });
}

/** @throws ProviderError */
export async function askLocalJson(question: LocalQuestion): Promise<JsonObject> {
  const body = await askLocal(question);
  try {
    const json = parseJson(fromUtf8(body));
    if (isJsonObject(json)) return json;
  } catch {
    // The same as any other answer that is no object.
  }
  throw new ProviderError("failed", "the local service's answer is no JSON object");
}

const UNAVAILABLE: readonly string[] = ["ENOENT", "ECONNREFUSED", "EACCES", "ENOTSOCK"];

function providerError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return new ProviderError(UNAVAILABLE.includes(code) ? "unavailable" : "failed", `local service: ${code}`, {
    cause: error,
  });
}
