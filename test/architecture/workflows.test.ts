/** What runs with the repository's rights: actions by commit alone, least privilege, no secret. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = join(".github", "workflows");
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));

/** What of a workflow takes more than it should, in words. */
function faults(text: string): readonly string[] {
  const used = [...text.matchAll(/^\s*(?:- )?uses:\s*(\S+)/gm)].map(([, action]) => action as string);
  const writes = [...text.matchAll(/^\s*([a-z-]+):\s*write\b/gm)].map(([, right]) => right as string);
  return [
    ...used.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(action)).map((action) => `${action} is no commit`),
    ...(/^permissions: \{\}$/m.test(text) ? [] : ["rights beyond none by default"]),
    ...writes.filter((right) => right !== "id-token").map((right) => `may write ${right}`),
    ...(/secrets\.|pull_request_target|write-all/.test(text) ? ["secrets, or rights for strangers"] : []),
    ...(used.some((action) => action.startsWith("actions/checkout@")) && !/persist-credentials: false/.test(text)
      ? ["credentials stay in the checkout"]
      : []),
  ];
}

describe("workflows", () => {
  it.each(workflows)("$name: actions by commit, least privilege", ({ text }) => expect(faults(text)).toEqual([]));

  it("publish with provenance, from the tag of the version, without a token", () => {
    const { text } = workflows.find(({ name }) => name === "publish.yml") as (typeof workflows)[number];
    expect(text).toMatch(/^ {6}id-token: write$/m);
    expect(text).toContain("npm publish --provenance --access public --ignore-scripts");
    expect(text).toContain('test "$GITHUB_REF_NAME" = "v$(node -p');
  });

  it("are refused where they take more", () => {
    const good = "permissions: {}\n";
    expect(faults(good)).toEqual([]);
    expect(faults(`${good}- uses: actions/setup-node@v4\n`)).toEqual(["actions/setup-node@v4 is no commit"]);
    expect(faults(`${good}contents: write\n`)).toEqual(["may write contents"]);
    expect(faults("permissions:\n  contents: read\n")).toEqual(["rights beyond none by default"]);
    expect(faults(`${good}env: \${{ secrets.TOKEN }}\n`)).toEqual(["secrets, or rights for strangers"]);
    expect(faults(`${good}- uses: actions/checkout@${"a".repeat(40)}\n`)).toEqual(["credentials stay in the checkout"]);
  });
});
