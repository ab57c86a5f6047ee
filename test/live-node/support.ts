/** Agents and proxies over TLS on loopback, with certificates of the test PKI. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { implicit, sequence } from "../../fixtures/der.js";
import { type Machine, snpMachine } from "../../fixtures/live/machine.js";
import {
  caExtensions,
  extension,
  forgeCertificate,
  leafExtensions,
  name,
  type TestKey,
  testKey,
} from "../../fixtures/x509.js";
import { type AttesterOptions, configfsTsm, createAttester, nodeHandler } from "../../src/attester/index.js";
import { optionsFor } from "../live/support.js";

const AUTHORITY = testKey("p256-1");
const AUTHORITY_NAME = name([["CN", "Test web authority"]]);
const pem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`;

/** What a client with `web-pki` trusts here. */
export const CA: string = pem(
  forgeCertificate({ subject: AUTHORITY_NAME, key: AUTHORITY, extensions: caExtensions(AUTHORITY, AUTHORITY) }),
);

const LOOPBACK = extension.raw("2.5.29.17", sequence(implicit(7, Uint8Array.of(127, 0, 0, 1))));

/** For 127.0.0.1; `self`: RA-TLS's way, vouched for by nobody. */
function certificateOf(key: TestKey, self = false): string {
  const subject = name([["CN", "agent"]]);
  const issuer = self ? key : AUTHORITY;
  return pem(
    forgeCertificate({
      subject,
      key,
      serial: 7,
      issuer: self ? subject : AUTHORITY_NAME,
      issuerKey: issuer,
      extensions: [...leafExtensions(key, issuer), LOOPBACK],
    }),
  );
}

export interface TlsServer {
  readonly address: string;
  /** Method and path of every request that came. */
  readonly asked: string[];
  /** Shows another certificate to whoever connects from now on. */
  swap(key: TestKey, self?: boolean): void;
}

const running: Server[] = [];
export async function closeTls(): Promise<void> {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

const secretsOf = (key: TestKey, self = false): { key: string; cert: string } => ({
  key: key.privateKey.export({ format: "pem", type: "pkcs8" }) as string,
  cert: certificateOf(key, self),
});

export async function serveTls(
  key: TestKey,
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
  given: { readonly self?: boolean; readonly maxVersion?: "TLSv1.2" } = {},
): Promise<TlsServer> {
  const { self = false, ...tls } = given;
  const asked: string[] = [];
  const server = createServer({ ...secretsOf(key, self), ...tls }, (request, response) => {
    asked.push(`${request.method} ${request.url?.split("?")[0]}`);
    void handle(request, response);
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    swap: (other, alone) => server.setSecureContext(secretsOf(other, alone)),
  };
}

export interface TlsAgent extends TlsServer {
  readonly machine: Machine;
  readonly options: ReturnType<typeof optionsFor>;
}

/** An agent whose TLS ends in the machine; `bound`: the key that it attests, its own unless told. */
export async function tlsAgent(
  key: TestKey,
  given: { readonly self?: boolean; readonly bound?: TestKey; readonly attester?: Partial<AttesterOptions> } = {},
): Promise<TlsAgent> {
  const machine = snpMachine();
  const attester = await createAttester({
    provider: configfsTsm({ fileSystem: machine.tsm.fileSystem }),
    now: () => machine.at.getTime(),
    tlsPublicKey: (given.bound ?? key).spki,
    rate: { perSecond: 1e6, burst: 1e6, perPeerPerSecond: 1e6, peerBurst: 1e6 },
    onMessage: () => "read",
    ...given.attester,
  });
  const handler = nodeHandler(attester);
  const server = await serveTls(
    key,
    async (request, response) => {
      if (await handler(request, response)) return;
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      response.setHeader("x-agent", "yes");
      if (request.url === "/empty") response.writeHead(204).end();
      else if (request.url === "/away") response.writeHead(302, { location: "https://elsewhere.example/" }).end();
      else response.end(`${request.method} ${request.url} ${Buffer.concat(pieces).toString()}`);
    },
    { self: given.self ?? false },
  );
  return { ...server, machine, options: optionsFor(machine) };
}
