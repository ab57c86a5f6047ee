/**
 * The Authenticode SHA-384 of a PE image, in one pass: what the firmware extends when it loads the image
 * (PE Format, appendix A; edk2 MeasureBootPeCoff.c, which adds no padding to a file of odd length).
 */

import { concatBytes } from "../../encoding/bytes.js";
import { demand } from "../../encoding/malformed.js";
import { type CreateHash, finish, type HashOptions, nobleHash } from "./hash.js";
import { type FileRange, MAX_PE_HEADER_BYTES, type PeLayout, readPeHeader } from "./pe.js";
import { type ByteSource, chunksOf } from "./source.js";

/** Somebody who wants a stretch of the file too. */
export interface Tap extends FileRange {
  update(bytes: Uint8Array): unknown;
}

export interface PeHashOptions {
  /** Changes the file's first bytes (at most 64 KiB) before they are read and hashed, as a loader does. */
  readonly patch?: (prefix: Uint8Array) => void;
  /** Asked once, when the headers are known. */
  readonly taps?: (layout: PeLayout) => readonly Tap[];
}

/** A digest that is fed the file in pieces. */
export interface PeHash {
  update(bytes: Uint8Array): void;
  /** Ends the file: 48 bytes. */
  digest(): Uint8Array;
}

/** More than alignment ever leaves between sections. */
const MAX_GAP_BYTES = 0x10_0000;

/**
 * Authenticode SHA-384 of `image`, 48 bytes; memory is bounded by its chunks.
 * @throws MalformedError when it is no PE image, its sections overlap, or its certificates do not end the file.
 * @example
 * const digest = await authenticodeDigest({ image: kernel });
 */
export async function authenticodeDigest(
  options: { readonly image: ByteSource } & PeHashOptions & HashOptions,
): Promise<Uint8Array> {
  const hash = peHash(options.createHash ?? nobleHash, options);
  for await (const chunk of chunksOf(options.image)) hash.update(chunk);
  return hash.digest();
}

/** Starts a digest. */
export function peHash(createHash: CreateHash, options: PeHashOptions = {}): PeHash {
  let prefix: Uint8Array[] | undefined = [];
  let held = 0;
  let body: PeHash | undefined;

  function start(): PeHash {
    const first = concatBytes(...(prefix ?? []));
    prefix = undefined;
    options.patch?.(first);
    const layout = readPeHeader(first.subarray(0, MAX_PE_HEADER_BYTES));
    body = bodyHash(createHash, layout, options.taps?.(layout) ?? []);
    body.update(first);
    return body;
  }

  return {
    update(bytes) {
      if (body !== undefined) return body.update(bytes);
      prefix?.push(bytes.slice());
      held += bytes.length;
      if (held >= MAX_PE_HEADER_BYTES) start();
    },
    digest: () => (body ?? start()).digest(),
  };
}

function bodyHash(createHash: CreateHash, layout: PeLayout, taps: readonly Tap[]): PeHash {
  const hash = createHash("SHA-384");
  const { ranges, end, gap } = plan(layout);
  const tailEnd = layout.certificates?.start ?? Number.POSITIVE_INFINITY;
  demand(tailEnd >= end, "PE certificates overlap a section", end);
  // The extra data start at the sum of the bytes hashed so far: with gaps between sections that is before their end.
  const carried: Uint8Array[] = [];
  let offset = 0;

  return {
    update(bytes) {
      const cut = (range: FileRange): Uint8Array =>
        bytes.subarray(Math.max(range.start - offset, 0), Math.max(range.end - offset, 0));
      for (const range of ranges) hash.update(cut(range));
      if (gap > 0) carried.push(cut({ start: end - gap, end }).slice());
      if (offset + bytes.length > end) {
        for (const piece of carried.splice(0)) hash.update(piece);
        hash.update(cut({ start: end, end: tailEnd }));
      }
      for (const tap of taps) tap.update(cut(tap));
      offset += bytes.length;
    },
    digest() {
      demand(offset >= end, "PE image ends before its sections do", offset);
      demand(
        layout.certificates === undefined || layout.certificates.end === offset,
        "PE certificates do not end the file",
      );
      for (const piece of carried.splice(0)) hash.update(piece);
      return finish(hash);
    },
  };
}

/** The stretches to hash in file order, where they end, and how many bytes between them are left out. */
function plan(layout: PeLayout): { readonly ranges: readonly FileRange[]; readonly end: number; readonly gap: number } {
  const sections = layout.sections
    .filter(({ rawSize }) => rawSize > 0)
    .map(({ rawOffset, rawSize }) => ({ start: rawOffset, end: rawOffset + rawSize }))
    .sort((a, b) => a.start - b.start);
  let end = layout.sizeOfHeaders;
  let gap = 0;
  for (const section of sections) {
    demand(section.start >= end, "PE sections overlap", section.start);
    gap += section.start - end;
    end = section.end;
  }
  demand(gap <= MAX_GAP_BYTES, `PE sections leave out more than ${MAX_GAP_BYTES} bytes`);
  return { ranges: [...layout.headerRanges, ...sections], end, gap };
}
