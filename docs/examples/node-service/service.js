/** A service on Node's own `http`: GET /nonce hands out a nonce, POST /agents admits the agent whose evidence answers it. */

import { createServer } from "node:http";
import { createChallenge, verify } from "tee-verify";

const MAX_BODY = 1_048_576;
const MAX_NONCES = 10_000;

/**
 * @param options of `verify`, without `binding`
 * @param lifetime of a nonce in milliseconds
 * @returns a server that does not listen yet
 */
export function createService({ lifetime = 60_000, ...options }) {
  const nonces = new Map();
  return createServer((request, response) => {
    const route = ROUTES[`${request.method} ${request.url}`];
    if (route === undefined) return answer(response, 404, { error: "not found" });
    return route({ request, nonces, lifetime, options }).then(
      ([status, body]) => answer(response, status, body),
      (error) =>
        answer(response, error.status ?? 500, { error: error.status === undefined ? "internal error" : error.message }),
    );
  });
}

const ROUTES = {
  "GET /nonce": async ({ nonces, lifetime }) => {
    const now = Date.now();
    for (const [old, end] of nonces) if (end <= now) nonces.delete(old);
    if (nonces.size >= MAX_NONCES) throw refusal(503, "too many open nonces");
    const nonce = Buffer.from(createChallenge().nonce).toString("hex");
    nonces.set(nonce, now + lifetime);
    return [200, { nonce }];
  },

  "POST /agents": async ({ request, nonces, options }) => {
    const { nonce, evidence, publicKey } = await json(request);
    if (![nonce, evidence, publicKey].every((value) => typeof value === "string"))
      throw refusal(400, "nonce, evidence and publicKey are text");
    const end = nonces.get(nonce);
    // Used once, whatever comes of it: the same answer cannot be given twice.
    nonces.delete(nonce);
    if (end === undefined || end <= Date.now()) throw refusal(403, "this nonce is not open");
    const key = Buffer.from(publicKey, "base64");
    if (key.length === 0) throw refusal(400, "publicKey is base64");
    const verdict = await verify(evidence, {
      ...options,
      binding: { nonce: Buffer.from(nonce, "hex"), publicKey: key },
    });
    const reasons = verdict.checks.filter(({ status }) => status === "failed" || status === "undetermined");
    return [
      verdict.ok ? 200 : 403,
      {
        outcome: verdict.outcome,
        anchors: verdict.meta.anchors,
        channel: verdict.channel,
        reasons: reasons.map(({ id, detail }) => ({ id, detail })),
      },
    ];
  },
};

async function json(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY) throw refusal(413, "the body is too large");
    chunks.push(chunk);
  }
  try {
    const value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw refusal(400, "the body is no JSON object");
}

const refusal = (status, message) => Object.assign(new Error(message), { status });

function answer(response, status, body) {
  response
    .writeHead(status, { "content-type": "application/json", connection: status === 413 ? "close" : "keep-alive" })
    .end(JSON.stringify(body));
}
