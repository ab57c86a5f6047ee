/** What a systemd stub measures of a unified kernel image: each section's name and contents, in the stub's order (UAPI.5; systemd src/boot/stub.c). */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { toUtf8 } from "../../encoding/text.js";
import { peHash, type Tap } from "./authenticode.js";
import { type CreateHash, digestOf, finish } from "./hash.js";
import type { PeLayout, PeSection } from "./pe.js";
import { type ByteSource, chunksOf } from "./source.js";

/** The digests of one image. */
export interface UkiDigests {
  /** Authenticode SHA-384 of the whole image. */
  readonly image: Uint8Array;
  /** Authenticode SHA-384 of the kernel in its `.linux` section. */
  readonly kernel: Uint8Array;
  /** SHA-384 of `.linux` and its fellows, in the order in which the stub extends them. */
  readonly sections: readonly { readonly name: string; readonly nameDigest: Uint8Array; readonly digest: Uint8Array }[];
}

/** The order of systemd 252 to 257; `.pcrsig` is never measured. */
const MEASURED = [".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey"] as const;
/** Sections of which later stubs choose one among several: which is not known from the file. */
const PROFILES: readonly string[] = [".profile", ".dtbauto", ".hwids", ".ucode"];
const ZEROS = 0x1_0000;

/**
 * Digests of a unified kernel image in one pass.
 * @throws MalformedError when it is no PE image with `.linux`, has a section twice, or sections that a stub chooses from.
 */
export async function ukiDigests(image: ByteSource, createHash: CreateHash): Promise<UkiDigests> {
  let contents: readonly SectionHash[] = [];
  const hash = peHash(createHash, {
    taps: (layout) => {
      contents = measuredSections(layout).map((section) => sectionHash(section, createHash));
      return contents.map(({ tap }) => tap);
    },
  });
  for await (const chunk of chunksOf(image)) hash.update(chunk);
  const digest = hash.digest();
  const sections = contents.map(({ name, finishSection }) => ({
    name,
    nameDigest: digestOf(createHash, "SHA-384", toUtf8(name), new Uint8Array(1)),
    ...finishSection(),
  }));
  const kernel = sections[0]?.kernel;
  if (kernel === undefined) throw new MalformedError("image has no .linux section");
  return {
    image: digest,
    kernel,
    sections: sections.map(({ name, nameDigest, digest: d }) => ({ name, nameDigest, digest: d })),
  };
}

function measuredSections({ sections }: PeLayout): readonly PeSection[] {
  const choice = sections.find(({ name }) => PROFILES.includes(name));
  demand(choice === undefined, `what a stub measures of an image with ${choice?.name} is not known from the file`);
  return MEASURED.flatMap((name) => {
    const found = sections.filter((section) => section.name === name);
    demand(found.length <= 1, `image has the section ${name} twice`);
    demand(name !== ".linux" || found.length === 1, "image has no .linux section");
    return found;
  });
}

interface SectionHash {
  readonly name: string;
  readonly tap: Tap;
  readonly finishSection: () => { readonly digest: Uint8Array; readonly kernel?: Uint8Array };
}

/** The stub hashes the section in memory: its file bytes up to the virtual size, then zeros. */
function sectionHash({ name, rawOffset, rawSize, virtualSize }: PeSection, createHash: CreateHash): SectionHash {
  demand(virtualSize > 0, `section ${name} is empty in memory`);
  demand(
    virtualSize - Math.min(rawSize, virtualSize) <= ZEROS,
    `section ${name} is far larger in memory than in the file`,
  );
  const hash = createHash("SHA-384");
  const kernel = name === ".linux" ? peHash(createHash) : undefined;
  const update = (bytes: Uint8Array): void => {
    hash.update(bytes);
    kernel?.update(bytes);
  };
  return {
    name,
    tap: { start: rawOffset, end: rawOffset + Math.min(rawSize, virtualSize), update },
    finishSection: () => {
      update(new Uint8Array(Math.max(virtualSize - rawSize, 0)));
      return { digest: finish(hash), ...(kernel === undefined ? {} : { kernel: kernel.digest() }) };
    },
  };
}
