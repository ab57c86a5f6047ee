/** configfs-tsm as the kernel has it: one directory for each question, the generation held, and nothing left behind. */
import { describe, expect, it } from "vitest";
import { errno, type FakeTsmOptions, fakeTsm } from "../../fixtures/live/tsm.js";
import { type ConfigfsTsmOptions, configfsTsm, ProviderError } from "../../src/attester/index.js";

const data = (fill: number): Uint8Array => new Uint8Array(64).fill(fill);
const question = (fill: number) => ({
  reportData: data(fill),
  nonce: new Uint8Array(32),
  publicKey: new Uint8Array(91),
  signal: new AbortController().signal,
});

/** The report is the question, so that answers to others' questions show. */
function tree(options: Partial<FakeTsmOptions> = {}) {
  const tsm = fakeTsm({
    provider: "sev_guest",
    device: (inblob, level) => ({ outblob: Uint8Array.of(level, ...inblob), auxblob: Uint8Array.of(9) }),
    privilegeFloor: 1,
    ...options,
  });
  const provider = (more: ConfigfsTsmOptions = {}) => configfsTsm({ fileSystem: tsm.fileSystem, pause: 1, ...more });
  return { tsm, provider };
}

const read = (evidence: unknown): { provider: string; outblob: Buffer; auxblob?: Buffer } => {
  const { provider, outblob, auxblob } = JSON.parse(evidence as string) as Record<string, string>;
  return {
    provider: provider as string,
    outblob: Buffer.from(outblob as string, "base64"),
    ...(auxblob === undefined ? {} : { auxblob: Buffer.from(auxblob, "base64") }),
  };
};

describe("configfs-tsm", () => {
  it("gives report, certificate table and provider, and removes its directory", async () => {
    const { tsm, provider } = tree();
    const { evidence } = await provider().attest(question(7));
    expect(read(evidence)).toEqual({
      provider: "sev_guest",
      outblob: Buffer.from([0, ...data(7)]),
      auxblob: Buffer.from([9]),
    });
    expect(tsm.directories.size).toBe(0);
  });

  it("takes a provider without auxblob, and one that leaves it empty", async () => {
    const tdx = tree({ provider: "tdx_guest" });
    expect(read((await tdx.provider().attest(question(1))).evidence)).not.toHaveProperty("auxblob");
    const empty = tree({ device: (inblob) => ({ outblob: inblob }) });
    expect(read((await empty.provider().attest(question(1))).evidence)).not.toHaveProperty("auxblob");
  });

  it("asks for a privilege level, and counts that write into the generation", async () => {
    const { provider } = tree();
    expect(read((await provider({ privilegeLevel: 2 }).attest(question(1))).evidence).outblob[0]).toBe(2);
    await expect(provider({ privilegeLevel: 0 }).attest(question(1))).rejects.toThrow("EINVAL");
    expect(() => provider({ privilegeLevel: 4 })).toThrow(TypeError);
  });

  it("answers many questions at once, each with its own", async () => {
    const { tsm, provider } = tree({
      device: async (inblob) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return { outblob: inblob };
      },
    });
    const one = provider();
    const fills = Array.from({ length: 40 }, (_, i) => i + 1);
    const answers = await Promise.all(fills.map((fill) => one.attest(question(fill))));
    expect(answers.map(({ evidence }) => read(evidence).outblob[5])).toEqual(fills);
    expect([tsm.directories.size, tsm.made()]).toEqual([0, 40]);
  });

  it("asks anew where somebody else wrote in between, and never hands out the answer to their question", async () => {
    let intrusions = 2;
    const { tsm, provider } = tree({
      after(operation, directory) {
        if (operation !== "write inblob" || intrusions-- <= 0) return;
        directory.inblob = data(0xee);
        directory.writeGeneration++;
      },
    });
    expect(read((await provider().attest(question(5))).evidence).outblob[5]).toBe(5);
    expect(tsm.made()).toBe(3);
  });

  it("gives up as busy where somebody else always writes", async () => {
    const { tsm, provider } = tree({
      after(operation, directory) {
        if (operation === "read outblob") directory.writeGeneration++;
      },
    });
    const asked = provider({ attempts: 3 }).attest(question(5));
    await expect(asked).rejects.toMatchObject({ failure: "busy", message: expect.stringContaining("generation") });
    expect(tsm.directories.size).toBe(0);
  });

  it.each(["EBUSY", "EAGAIN", "EINTR", "ETIMEDOUT"])("asks again after %s, for as often as it may", async (code) => {
    let failures = 3;
    const device: FakeTsmOptions["device"] = (inblob) => {
      if (failures-- > 0) throw errno(code);
      return { outblob: inblob };
    };
    const { tsm, provider } = tree({ device });
    expect(read((await provider().attest(question(3))).evidence).outblob[0]).toBe(3);
    failures = 3;
    await expect(provider({ attempts: 3 }).attest(question(3))).rejects.toMatchObject({ failure: "busy" });
    expect(tsm.directories.size).toBe(0);
  });

  it("is busy where the kernel takes no more writes before a read", async () => {
    const { provider } = tree();
    const { tsm } = tree();
    const stuck: ConfigfsTsmOptions["fileSystem"] = {
      ...tsm.fileSystem,
      async mkdir(path) {
        await tsm.fileSystem.mkdir(path);
        // As after 2^64 - 1 writes without a read.
        const directory = tsm.directories.get(path);
        if (directory !== undefined) directory.readGeneration = 1;
      },
    };
    await expect(provider({ fileSystem: stuck, attempts: 2 }).attest(question(1))).rejects.toMatchObject({
      failure: "busy",
      message: "configfs-tsm: EBUSY",
    });
    expect(tsm.directories.size).toBe(0);
  });

  it("tells a machine without such a device from a device that fails, and cleans up after both", async () => {
    const { tsm, provider } = tree({
      device: () => {
        throw errno("EIO");
      },
    });
    await expect(provider().attest(question(1))).rejects.toMatchObject({ failure: "failed" });
    expect(tsm.directories.size).toBe(0);
    await expect(provider({ path: "/elsewhere" }).attest(question(1))).rejects.toMatchObject({
      failure: "unavailable",
    });
    await expect(configfsTsm({ path: "/nowhere/tsm" }).attest(question(1))).rejects.toBeInstanceOf(ProviderError);
  });

  it("refuses an empty report, a report that is too long, and a generation that is no number", async () => {
    const empty = tree({ device: () => ({ outblob: new Uint8Array() }) });
    await expect(empty.provider().attest(question(1))).rejects.toThrow("empty");
    const long = tree({ device: () => ({ outblob: new Uint8Array(262_145) }) });
    await expect(long.provider().attest(question(1))).rejects.toThrow("impossibly long");
    const { tsm, provider } = tree();
    const odd: ConfigfsTsmOptions["fileSystem"] = {
      ...tsm.fileSystem,
      readFile: async (path) =>
        path.endsWith("/generation") ? new TextEncoder().encode("many\n") : tsm.fileSystem.readFile(path),
    };
    await expect(provider({ fileSystem: odd }).attest(question(1))).rejects.toThrow("no number");
  });

  it("keeps its report where the directory cannot be removed", async () => {
    const { tsm, provider } = tree();
    const stuck = { ...tsm.fileSystem, rmdir: () => Promise.reject(errno("EBUSY")) };
    expect(read((await provider({ fileSystem: stuck }).attest(question(4))).evidence).outblob[5]).toBe(4);
  });
});
