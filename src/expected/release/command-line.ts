/** What a kernel command line says of the software that it starts: root hashes and digests identify it, tags and the environment do not. */

import type { LaunchFinding, LaunchReading } from "./compose.js";

/** `roothash=` of systemd, `rootfs_hash=` of dstack and SecretVM, `docker_compose_hash=` and their like. */
const NAMED_HASH = /^[A-Za-z0-9_.-]*hash=(?:sha256:)?([0-9a-f]{64})$/;
const DIGEST = /(?:^|[@=])(sha256:[0-9a-f]{64})$/;
/** Quotes keep blanks in a word (kernel, lib/cmdline.c): what looks like a word of its own in them is none. */
const WORDS = /(?:[^\s"]|"[^"]*(?:"|$))+/g;
/** A word that names an image, or OpenClaw itself. */
const NAMES_SOFTWARE = /^[\w.-]*image[\w-]*=|openclaw/i;

/**
 * Reads a kernel command line. Only what a word names counts: what else is on the disk, a root hash says or nobody does.
 *
 * @example
 * const { identifies, findings } = readCommandLine("console=ttyS0 roothash=5f70...");
 */
export function readCommandLine(text: string): LaunchReading {
  const words = text.match(WORDS) ?? [];
  const digests = words.flatMap((word) => {
    if (word.includes('"')) return [];
    const [, named] = NAMED_HASH.exec(word) ?? [];
    return named === undefined ? (DIGEST.exec(word)?.[1] ?? []) : `sha256:${named}`;
  });
  const loose = words.filter((word) => NAMES_SOFTWARE.test(word) && !DIGEST.test(word) && !NAMED_HASH.test(word));
  const open = words.flatMap((word) => [...word.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name]) => name));
  const findings: LaunchFinding[] = [];
  if (loose.length > 0) findings.push({ id: "image-by-tag", found: loose });
  if (digests.length === 0) findings.push({ id: "names-no-digest", found: [] });
  if (open.length > 0) findings.push({ id: "environment", found: open as string[] });
  return {
    identifies: digests.length > 0 && loose.length === 0,
    digests: [...new Set(digests)],
    findings,
  };
}
