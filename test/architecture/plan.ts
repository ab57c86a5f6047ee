/** The plan of the house as data: which room may look into which (design, section 1). */

/** What a room may import. `values` are imported at run time; `types` vanish in the build. */
export interface RoomPlan {
  readonly values: readonly string[];
  readonly types?: readonly string[];
}

/** The rooms that build on what lies below all evidence. */
const foundations = ["encoding", "crypto", "trust", "expected", "verdict", "messages"];
/** Every kind sees the common doors of `evidence/` and the foundations, and never another kind. */
const kind: RoomPlan = { values: [...foundations, "evidence", "endorsements"] };

/**
 * Rooms by path under `src`: a folder, a sub-folder of `evidence/`, or a file at the top. A room always may import from
 * itself. A file in a room that is not in this table is a violation, so that nobody moves in unseen.
 */
export const rooms: Readonly<Record<string, RoomPlan>> = {
  encoding: { values: [] },
  crypto: { values: ["encoding"] },
  trust: { values: ["encoding", "crypto"] },
  messages: { values: [], types: ["verdict"] },
  verdict: { values: ["messages"], types: ["encoding", "trust"] },
  expected: { values: ["encoding", "crypto", "trust"], types: ["verdict", "messages"] },
  endorsements: { values: ["encoding", "crypto", "trust"], types: ["verdict", "messages", "evidence"] },
  evidence: { values: foundations, types: ["endorsements"] },
  /** The second opinion: it reads on its own, and shares the shape of a reading alone with the first. */
  "cross-check": { values: ["encoding"], types: ["trust"] },
  "evidence/sev-snp": kind,
  "evidence/azure": kind,
  "evidence/gce": kind,
  "evidence/nitro": kind,
  "evidence/dstack": kind,
  "evidence/nvidia": kind,
  "evidence/tokens": kind,
  "evidence/arm": kind,
  "evidence/dcap": kind,
  "evidence/tdx": { values: [...kind.values, "evidence/dcap"] },
  "evidence/sgx": { values: [...kind.values, "evidence/dcap"] },
};

/** Rooms at the top: they may import every room but the command line, and no room in the table above may import them. */
export const upperRooms: readonly string[] = [
  "arm",
  "attester",
  "azure",
  "build",
  "cdn",
  "challenge",
  "conclude",
  "ear",
  "element",
  "dstack",
  "front-door",
  "gce",
  "house",
  "index",
  "inspect",
  "live",
  "live-node",
  "nitro",
  "nvidia",
  "options",
  "page",
  "part",
  "profiles",
  "sev-snp",
  "sgx",
  "tdx",
  "tokens",
  "verifier",
  "verify",
  "cli",
];

/** Rooms for Node alone: only these may import `node:` modules and use Node's globals. */
export const nodeRooms: readonly string[] = ["cli", "attester", "live-node"];

/** The only rooms that may call `fetch`. */
export const fetchRooms: readonly string[] = ["endorsements", "element", "live", "cli"];

/** The only rooms that may read the clock: everybody else is told the time. */
export const clockRooms: readonly string[] = ["options", "verify", "endorsements", "attester", "cli"];

/** Packages, and the paths under `src` that may import them. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  "@noble/curves": ["crypto/"],
  "@noble/hashes": ["crypto/", "evidence/dstack/", "expected/measure/", "profiles/dstack", "profiles/oasis"],
  "@peculiar/x509": ["cross-check"],
  asn1js: ["cross-check"],
  hpke: ["live/sealed"],
  "reflect-metadata": ["cross-check"],
};

/** The longest file that we write by hand. */
export const maximumLines = 400;
