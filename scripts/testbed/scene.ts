/** What the test bed's machine is, and what its users must know of it: the forged roots and the forged time, which no real user would take. */

import { type Machine, snpMachine, tdxMachine } from "../../fixtures/live/machine.js";
import { type AttesterOptions, configfsTsm } from "../../src/attester/index.js";

export interface Bed {
  readonly machine: Machine;
  readonly options: AttesterOptions;
}

export interface Scene {
  readonly at: string;
  readonly expected: Machine["expected"];
  /** Base64 of DER, by vendor. */
  readonly trustAnchors: Readonly<Record<string, readonly string[]>>;
}

export function bedOf(name: string): Bed {
  const tdx = name === "tdx" ? tdxMachine() : undefined;
  if (tdx === undefined && name !== "sev-snp") throw new Error(`no such machine: ${name} (sev-snp, tdx)`);
  const machine = tdx ?? snpMachine();
  return {
    machine,
    options: {
      provider: configfsTsm({ fileSystem: machine.tsm.fileSystem }),
      endorsements: { always: tdx?.collateral ?? [] },
      now: () => machine.at.getTime(),
      onMessage: (message) => `the agent read: ${new TextDecoder().decode(message)}`,
      rate: { perSecond: 1000, burst: 1000, perPeerPerSecond: 1000, peerBurst: 1000 },
      onError: (error) => console.error(error),
    },
  };
}

export function sceneOf({ at, expected, trustAnchors }: Machine): Scene {
  const anchors = Object.entries(trustAnchors).map(([vendor, roots]) => [
    vendor,
    roots.map((root: Uint8Array) => Buffer.from(root).toString("base64")),
  ]);
  return { at: at.toISOString(), expected, trustAnchors: Object.fromEntries(anchors) };
}
