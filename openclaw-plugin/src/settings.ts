/** From the plugin's configuration, which the gateway has held against the manifest's schema, to the attester's options. */

import { readFile } from "node:fs/promises";
import { type AttesterOptions, cocoAgent, command, configfsTsm, dstack, type Provider } from "tee-verify/attester";

export interface PluginSettings {
  readonly provider: Provider;
  readonly endorsements: NonNullable<AttesterOptions["endorsements"]>;
  readonly manifest: string | undefined;
  readonly echo: boolean;
  readonly rate: NonNullable<AttesterOptions["rate"]>;
}

interface Config {
  readonly provider?: "configfs-tsm" | "dstack" | "coco" | "command";
  readonly command?: { readonly file: string; readonly arguments: readonly string[] };
  readonly fetchEndorsements?: boolean;
  readonly mirrors?: Readonly<Record<string, string>>;
  readonly endorsements?: readonly string[];
  readonly manifest?: string;
  readonly echo?: boolean;
  readonly challengesPerSecond?: number;
  readonly challengesPerSecondPerPeer?: number;
}

/** @throws Error where a file cannot be read, or the command is missing */
export async function readSettings(given: Readonly<Record<string, unknown>>): Promise<PluginSettings> {
  const config = given as Config;
  const files = await Promise.all(
    (config.endorsements ?? []).map(async (path) => new Uint8Array(await readFile(path))),
  );
  const { challengesPerSecond: all, challengesPerSecondPerPeer: peer } = config;
  return {
    provider: providerOf(config),
    endorsements: {
      always: files,
      ...(config.fetchEndorsements === false ? {} : { fetch: globalThis.fetch }),
      ...(config.mirrors === undefined ? {} : { mirrors: config.mirrors }),
    },
    manifest: config.manifest === undefined ? undefined : await readFile(config.manifest, "utf8"),
    echo: config.echo === true,
    rate: {
      ...(all === undefined ? {} : { perSecond: all, burst: Math.max(1, all) }),
      ...(peer === undefined ? {} : { perPeerPerSecond: peer, peerBurst: Math.max(1, peer) }),
    },
  };
}

function providerOf({ provider = "configfs-tsm", command: given }: Config): Provider {
  switch (provider) {
    case "configfs-tsm":
      return configfsTsm();
    case "dstack":
      return dstack();
    case "coco":
      return cocoAgent();
    case "command":
      if (given === undefined) throw new Error("provider command needs the setting command");
      return command(given);
  }
}
