/** Findings as files: the exact input, so that it stays a test (test/hostile/findings). */
import { createHash } from "node:crypto";
import type { Finding } from "./engine.js";
import type { HostileInput } from "./structure.js";

/** One finding. */
export interface SavedFinding {
  readonly exemplar: string;
  readonly fault: string;
  readonly detail: string;
  readonly seed: number;
  readonly index: number;
  readonly evidence: string;
  readonly endorsements: readonly string[];
  readonly manifests: readonly string[];
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

export function saveFinding({ input, ...finding }: Finding): { readonly name: string; readonly text: string } {
  const saved: SavedFinding = { ...finding, ...packed(input) };
  const text = `${JSON.stringify(saved, null, 2)}\n`;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return { name: `${finding.fault}-${finding.exemplar.replace(/[^a-z0-9]+/gi, "-")}-${digest}.json`, text };
}

/** Lengths and bytes in one run, for memory that two threads share. Too long for `room`, it is left out. */
export function packInput(input: HostileInput, room: Uint8Array): void {
  const text = new TextEncoder().encode(JSON.stringify(packed(input)));
  new DataView(room.buffer).setUint32(0, text.length + 4 <= room.length ? text.length : 0);
  if (text.length + 4 <= room.length) room.set(text, 4);
}

const packed = ({ evidence, endorsements, manifests }: HostileInput) => ({
  evidence: base64(evidence),
  endorsements: endorsements.map(base64),
  manifests: manifests.map(base64),
});

export const inputOf = (saved: SavedFinding): HostileInput => ({
  evidence: bytes(saved.evidence),
  endorsements: saved.endorsements.map(bytes),
  manifests: saved.manifests.map(bytes),
});
