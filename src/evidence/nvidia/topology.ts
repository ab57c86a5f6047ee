/** Devices as one system: distinct, in one mode, and in protected PCIe mode each connected to the others alone (NVIDIA PPCIE). */

import { isJsonObject } from "../../encoding/json.js";
import type { ChildResult } from "../kind.js";

/** What a device's signed claims say of its place. */
export interface Placed {
  readonly isSwitch: boolean;
  readonly ueid: string | undefined;
  readonly mode: string | undefined;
  /** On a GPU: the switches it is connected to; on a switch: itself. */
  readonly switchPdis: readonly string[];
  /** On a switch: the GPUs it is connected to. */
  readonly gpuPdis: readonly string[];
}

const DISABLED = "0000000000000000";
const PDI_DIGITS = 16;
/** Behind the eight identifiers follow the switch's ports. */
const GPU_PDIS = 8;

export function placed({ kind, claims }: ChildResult): Placed {
  const opaque = isJsonObject(claims.opaque) ? claims.opaque : {};
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  const list: readonly unknown[] = Array.isArray(opaque.switchPdis) ? opaque.switchPdis : [];
  const gpus = text(opaque.gpuPdis) ?? "";
  return {
    isSwitch: kind === "nvidia-switch",
    ueid: text(claims.ueid),
    mode: text(claims.mode),
    switchPdis: distinct(list.filter((pdi) => typeof pdi === "string")),
    gpuPdis: distinct(Array.from({ length: GPU_PDIS }, (_, i) => gpus.slice(i * PDI_DIGITS, (i + 1) * PDI_DIGITS))),
  };
}

function distinct(pdis: readonly string[]): readonly string[] {
  return [...new Set(pdis)].filter((pdi) => pdi !== DISABLED && pdi !== "").sort();
}

/** UEIDs that stand more than once. */
export function repeated(devices: readonly Placed[]): readonly string[] {
  const ueids = devices.flatMap(({ ueid }) => (ueid === undefined ? [] : [ueid]));
  return [...new Set(ueids.filter((ueid, index) => ueids.indexOf(ueid) !== index))];
}

export type TopologyFault = "modes-differ" | "not-protected" | "switches-differ" | "switch-missing" | "gpus-differ";

/** Why the devices are not one closed system; `undefined` where they are, or where none is in protected PCIe mode. */
export function topologyFault(devices: readonly Placed[], required: boolean): TopologyFault | undefined {
  const gpus = devices.filter(({ isSwitch }) => !isSwitch);
  const switches = devices.filter(({ isSwitch }) => isSwitch);
  const modes = new Set(gpus.map(({ mode }) => mode));
  if (modes.size > 1) return "modes-differ";
  if (!modes.has("ppcie")) return required ? "not-protected" : undefined;
  const [seen = [], ...others] = gpus.map(({ switchPdis }) => switchPdis);
  if (others.some((pdis) => !sameList(pdis, seen))) return "switches-differ";
  const own = distinct(switches.flatMap(({ switchPdis }) => switchPdis));
  // GPUs write a switch's identifier in the other byte order than the switch itself.
  if (switches.length !== own.length || !(sameList(seen, own) || sameList(seen, distinct(own.map(reversed)))))
    return "switch-missing";
  const [connected = [], ...more] = switches.map(({ gpuPdis }) => gpuPdis);
  const closed = connected.length === gpus.length && more.every((pdis) => sameList(pdis, connected));
  return closed ? undefined : "gpus-differ";
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function reversed(hex: string): string {
  return (hex.match(/../g) ?? []).reverse().join("");
}
