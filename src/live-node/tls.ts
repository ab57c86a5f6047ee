/** One HTTP request over a TLS connection of its own (RFC 8446), whose peer's key is known before a byte of the request is sent. */

import { request } from "node:http";
import { isIP } from "node:net";
import { Readable } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { MalformedError } from "../encoding/malformed.js";
import { LiveError } from "../live/codes.js";
import { parseCertificate } from "../trust/certificate.js";

export interface TlsPeer {
  readonly origin: string;
  /** Whether the certificate must be one that certification authorities vouch for, under the host's name. */
  readonly webPki: boolean;
  /** PEM of authorities in place of those of Node. */
  readonly ca: string | readonly string[] | undefined;
}

export interface TlsRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
}

/** @param admit gets the peer's SubjectPublicKeyInfo, and throws where nothing may be sent to its holder */
export async function requestTls(
  peer: TlsPeer,
  asked: TlsRequest,
  admit: (spki: Uint8Array) => void,
): Promise<Response> {
  const socket = await connected(peer, asked.signal);
  try {
    admit(keyOf(socket));
    return await exchanged(socket, peer, asked);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** No session is resumed: each connection shows its certificate. TLS 1.3, in which no renegotiation can change it. */
function connected({ origin, webPki, ca }: TlsPeer, signal: AbortSignal): Promise<TLSSocket> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      socket.destroy(new Error("aborted"));
    };
    const settle = (): void => signal.removeEventListener("abort", stop);
    const socket = connect({
      host,
      port: Number(port === "" ? 443 : port),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: "TLSv1.3",
      ALPNProtocols: ["http/1.1"],
      rejectUnauthorized: webPki,
      ...(ca === undefined ? {} : { ca: [ca].flat() as string[] }),
    });
    socket.once("secureConnect", () => {
      settle();
      resolve(socket);
    });
    socket.once("error", (error) => {
      settle();
      reject(error);
    });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** From the bytes that the peer sent, as they are. */
function keyOf(socket: TLSSocket): Uint8Array {
  const raw = socket.getPeerX509Certificate()?.raw;
  if (raw === undefined) throw new LiveError("key-unsupported", "the peer showed no certificate");
  try {
    return parseCertificate(new Uint8Array(raw)).spki.slice();
  } catch (error) {
    if (error instanceof MalformedError)
      throw new LiveError("key-unsupported", `the peer's certificate: ${error.reason}`);
    throw error;
  }
}

function exchanged(socket: TLSSocket, { origin }: TlsPeer, asked: TlsRequest): Promise<Response> {
  const { method, target, headers, body, signal } = asked;
  return new Promise((resolve, reject) => {
    const sending = request({
      createConnection: () => socket,
      method,
      path: target,
      headers: {
        ...headers,
        host: new URL(origin).host,
        ...(body === undefined ? {} : { "content-length": body.length }),
      },
      signal,
    });
    sending.once("error", reject);
    sending.once("response", (incoming) => {
      const status = incoming.statusCode ?? 0;
      const empty = status === 204 || status === 205 || status === 304;
      if (empty) incoming.resume();
      try {
        const stream = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
        resolve(new Response(stream, { status, headers: pairsOf(incoming.rawHeaders) }));
      } catch (error) {
        // A status that `Response` does not know.
        incoming.destroy();
        reject(error);
      }
    });
    sending.end(body);
  });
}

function pairsOf(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""]] : []));
}
