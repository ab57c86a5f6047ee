import { describe, expect, it } from "vitest";
import { changesOf, faultsOf, integrityOf, releaseNotes } from "../../scripts/release-notes.mjs";
import { differences, withTable } from "../../scripts/runtimes/table.mjs";

const bytes = new TextEncoder().encode("alert('Hello, world.');");
const changelog = "# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0\n\n- first\n\n## 0.0.1\n\n- before\n";

describe("release notes", () => {
  it("give the integrity hash as browsers compute it", () => {
    // The example of W3C Subresource Integrity, section 3.2.
    expect(integrityOf(bytes)).toBe("sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO");
  });

  it("hold for these bytes, and for no others", () => {
    const notes = releaseNotes({ version: "0.1.0", changelog, bytes });
    expect(notes).toContain("- first");
    expect(faultsOf(notes, bytes)).toEqual([]);
    expect(faultsOf(notes, bytes.slice(1))).toHaveLength(2);
    expect(faultsOf("nothing", bytes)).toHaveLength(1);
  });

  it("take the section of the version, or what is not released yet", () => {
    expect(changesOf(changelog, "0.1.0")).toBe("- first");
    expect(changesOf(changelog, "9.9.9")).toBe("- new");
    expect(() => changesOf("# Changelog", "1.0.0")).toThrow("says nothing");
  });
});

describe("the table of runtimes", () => {
  const rows = [
    { name: "Node 20", backEnds: ["webcrypto", "noble"], seconds: "1.2" },
    { name: "Chromium, plain http", backEnds: ["noble"], seconds: "3.4" },
  ];
  const empty =
    "before\n\n<!-- runtimes: written by `npm run test:runtimes -- --write` -->\n\n<!-- /runtimes -->\n\nafter\n";

  it("says what ran, whatever the seconds", () => {
    const readme = withTable(empty, rows);
    expect(readme).toContain("| Node 20 | webcrypto, noble | 1.2 |");
    expect(
      differences(
        readme,
        rows.map((row) => ({ ...row, seconds: "9.9" })),
      ),
    ).toEqual([]);
    expect(withTable(readme, rows)).toBe(readme);
  });

  it("is wrong where something did not run, or ran otherwise", () => {
    const readme = withTable(empty, rows);
    expect(differences(readme, rows.slice(1))).toEqual(["README.md says what did not run: Node 20: webcrypto, noble"]);
    expect(differences(readme, [...rows, { name: "Bun", backEnds: ["noble"], seconds: "1" }])).toHaveLength(1);
    expect(differences(empty, rows)).toHaveLength(2);
    expect(() => withTable("no place", rows)).toThrow("no place");
  });
});
