// The native part of Jazzer.js 4 is built against glibc 2.38 and GCC 13. On an older system three functions are missing, of which two are
// other names of old ones and the third does nothing: they are supplied, and the two versions that name them are struck from the file.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SHIM = `
unsigned long strtoul(const char *, char **, int);
long strtol(const char *, char **, int);
unsigned long __isoc23_strtoul(const char *s, char **e, int b) { return strtoul(s, e, b); }
long __isoc23_strtol(const char *s, char **e, int b) { return strtol(s, e, b); }
void _ZSt21ios_base_library_initv(void) {}
`;
const SHT_GNU_VERNEED = 0x6ffffffe;
const OLDER = { "GLIBC_2.38": "GLIBC_2.2.5", "GLIBCXX_3.4.32": "GLIBCXX_3.4" };

/** Exchanges the versions that `OLDER` names for old ones of the same library (ELF gABI, and the LSB on symbol versions). */
function strikeVersions(file) {
  const elf = readFileSync(file);
  const sectionAt = Number(elf.readBigUInt64LE(0x28));
  const size = elf.readUInt16LE(0x3a);
  const section = (index) => {
    const at = sectionAt + index * size;
    return {
      type: elf.readUInt32LE(at + 4),
      offset: Number(elf.readBigUInt64LE(at + 0x18)),
      link: elf.readUInt32LE(at + 0x28),
      count: elf.readUInt32LE(at + 0x2c),
    };
  };
  const needed = Array.from({ length: elf.readUInt16LE(0x3c) }, (_, i) => section(i)).find(
    ({ type }) => type === SHT_GNU_VERNEED,
  );
  const strings = section(needed.link).offset;
  const textAt = (offset) => elf.toString("latin1", strings + offset, elf.indexOf(0, strings + offset));
  const versions = new Map();
  for (let library = needed.offset, i = 0; i < needed.count; i++, library += elf.readUInt32LE(library + 12))
    for (let at = library + elf.readUInt32LE(library + 8), k = 0; k < elf.readUInt16LE(library + 2); k++) {
      versions.set(textAt(elf.readUInt32LE(at + 8)), at);
      at += elf.readUInt32LE(at + 12);
    }
  for (const [newer, older] of Object.entries(OLDER)) {
    const [to, from] = [versions.get(newer), versions.get(older)];
    if (to === undefined || from === undefined) continue;
    elf.copy(elf, to, from, from + 4);
    elf.copy(elf, to + 8, from + 8, from + 12);
  }
  writeFileSync(file, elf);
}

/** With every symbol bound at once: a missing one would else be found in the middle of a run. */
const loads = (file, env) =>
  spawnSync(process.execPath, ["-e", `require(${JSON.stringify(file)})`], {
    env: { ...process.env, ...env, LD_BIND_NOW: "1" },
  }).status === 0;

/** Makes the addon under `folder` load where it can be made to; returns the environment that it needs. */
export function prepareAddon(folder) {
  const prebuilds = join(folder, "node_modules", "@jazzer.js", "fuzzer", "prebuilds");
  const file = join(prebuilds, `fuzzer-${process.platform}-${process.arch}.node`);
  if (loads(file, {})) return {};
  const env = { LD_PRELOAD: join(folder, "shim.so") };
  if (loads(file, env)) return env;
  writeFileSync(join(folder, "shim.c"), SHIM);
  const { status } = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", env.LD_PRELOAD, join(folder, "shim.c")]);
  if (status !== 0) throw new Error("the addon of Jazzer.js needs a newer glibc, or a C compiler to mend that");
  strikeVersions(file);
  if (!loads(file, env)) throw new Error("the addon of Jazzer.js does not load on this machine");
  return env;
}
