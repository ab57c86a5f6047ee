/** The boot registers of instances with NitroTPM: PCR7 of a real document, and PCR4 by the rules for unified kernel images. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { toHex, toUtf8 } from "../../../src/encoding/text.js";
import { authenticodeDigest } from "../../../src/expected/measure/authenticode.js";
import { measureNitroTpm, type NitroSecureBoot, type NitroTpmBoot } from "../../../src/expected/measure/nitro-tpm.js";
import { forgePe } from "./forge-pe.js";

const sha384 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash("sha384");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const extend = (...digests: readonly Uint8Array[]): string =>
  toHex(digests.reduce((register, digest) => sha384(register, digest), new Uint8Array(48)));
const START = [sha384(toUtf8("Calling EFI Application from Boot Option")), sha384(new Uint8Array(4))];

const kernel = forgePe({ sections: [{ name: ".text", data: toUtf8("a kernel of some length") }] });
const plain = forgePe({ sections: [{ name: ".text", data: toUtf8("a boot loader") }] });

function unified(version: string | undefined, magic = `#### LoaderInfo: systemd-stub ${version} ####`): Uint8Array {
  const sections = [
    { name: ".text", data: toUtf8("a stub") },
    { name: ".cmdline", data: toUtf8("console=ttyS0") },
    ...(version === undefined ? [] : [{ name: ".sdmagic", data: toUtf8(magic) }]),
    { name: ".linux", data: kernel },
  ];
  return forgePe({ sections });
}

const pcr4 = async (boot: NitroTpmBoot): Promise<string> => toHex((await measureNitroTpm(boot))[4]);
const KEYS: NitroSecureBoot = {
  PK: Uint8Array.of(1),
  KEK: Uint8Array.of(2),
  db: Uint8Array.of(3),
  authorities: [Uint8Array.of(4, 5)],
};

describe("PCR7", () => {
  it("without Secure Boot is that of a real document", async () => {
    // marlinprotocol/oyster-monorepo, sdks/rs, attestation.rs: PCR7 of its test document.
    const { 7: pcr7, 12: pcr12 } = await measureNitroTpm({ images: [plain] });
    expect(toHex(pcr7)).toBe(
      "98441c7f7625d10058c47683aec486ce311c633235eb555593a7ee791121e3578ae72d04ecef661f272d59058b77af35",
    );
    expect(toHex(pcr12)).toBe("00".repeat(48));
  });

  it("with Secure Boot depends on each variable and on each authority, in their order", async () => {
    const pcr7 = async (secureBoot: NitroSecureBoot): Promise<string> =>
      toHex((await measureNitroTpm({ images: [plain], secureBoot }))[7]);
    const guid = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
    const GLOBAL = guid("61dfe48bca93d211aa0d00e098032b8c");
    const SECURITY = guid("cbb219d73a3d9645a3bcdad00e67656f");
    const variable = (owner: Uint8Array, name: string, data: Uint8Array): Uint8Array => {
      const lengths = new DataView(new ArrayBuffer(16));
      lengths.setUint32(0, name.length, true);
      lengths.setUint32(8, data.length, true);
      return sha384(owner, new Uint8Array(lengths.buffer), new Uint8Array(Buffer.from(name, "utf16le")), data);
    };
    const expected = extend(
      variable(GLOBAL, "SecureBoot", Uint8Array.of(1)),
      variable(GLOBAL, "PK", KEYS.PK),
      variable(GLOBAL, "KEK", KEYS.KEK),
      variable(SECURITY, "db", KEYS.db),
      variable(SECURITY, "dbx", new Uint8Array()),
      sha384(new Uint8Array(4)),
      variable(SECURITY, "db", Uint8Array.of(4, 5)),
    );
    expect(await pcr7(KEYS)).toBe(expected);
    const others = [
      { PK: KEYS.KEK },
      { KEK: KEYS.PK },
      { db: KEYS.PK },
      { dbx: KEYS.PK },
      { authorities: [] },
      { authorities: [...KEYS.authorities, KEYS.PK] },
    ];
    for (const other of others) expect(await pcr7({ ...KEYS, ...other })).not.toBe(expected);
  });
});

describe("PCR4", () => {
  it("is made of the images in their order", async () => {
    const [a, b] = [await authenticodeDigest({ image: plain }), await authenticodeDigest({ image: kernel })];
    expect(await pcr4({ images: [plain] })).toBe(extend(...START, a));
    expect(await pcr4({ images: [plain, kernel] })).toBe(extend(...START, a, b));
    expect(await pcr4({ images: [kernel, plain] })).toBe(extend(...START, b, a));
  });

  it.each([
    ["251", undefined, true],
    ["252", undefined, true],
    ["257", undefined, true],
    ["258", undefined, false],
    ["300", undefined, false],
    ["251", KEYS, true],
    ["252", KEYS, false],
    ["257", KEYS, false],
  ] as const)(
    "a stub of version %s (Secure Boot %o) lets the firmware load the kernel: %s",
    async (version, secureBoot, loads) => {
      const image = unified(version);
      const digests = [
        await authenticodeDigest({ image }),
        ...(loads ? [await authenticodeDigest({ image: kernel })] : []),
      ];
      expect(await pcr4({ images: [image], ...(secureBoot === undefined ? {} : { secureBoot }) })).toBe(
        extend(...START, ...digests),
      );
    },
  );

  it("takes a stub without a version for Amazon Linux's, unless told", async () => {
    const image = unified(undefined);
    const whole = await authenticodeDigest({ image });
    const inner = await authenticodeDigest({ image: kernel });
    expect(await pcr4({ images: [image] })).toBe(extend(...START, whole, inner));
    expect(await pcr4({ images: [image], stubVersion: 258 })).toBe(extend(...START, whole));
    expect(await pcr4({ images: [unified("258", "something else")] })).toBe(
      extend(...START, await authenticodeDigest({ image: unified("258", "something else") }), inner),
    );
  });

  it("is the same however the image arrives", async () => {
    const image = unified("252");
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < image.length; at += 100) yield image.subarray(at, at + 100);
    }
    expect(await pcr4({ images: [bytes()] })).toBe(await pcr4({ images: [image] }));
    expect(await pcr4({ images: [new Blob([image as BlobPart])] })).toBe(await pcr4({ images: [image] }));
  });

  it("refuses what is no image, and no image at all", async () => {
    await expect(measureNitroTpm({ images: [toUtf8("no image")] })).rejects.toThrow(MalformedError);
    await expect(measureNitroTpm({ images: [] })).rejects.toThrow(TypeError);
    const twice = forgePe({
      sections: [
        { name: ".linux", data: kernel },
        { name: ".linux", data: kernel },
      ],
    });
    await expect(measureNitroTpm({ images: [twice] })).rejects.toThrow(/twice/);
    const broken = forgePe({ sections: [{ name: ".linux", data: toUtf8("no kernel") }] });
    await expect(measureNitroTpm({ images: [broken] })).rejects.toThrow(MalformedError);
  });
});
