/** docs/checks.md is written from the catalogues: `npm run docs` after a change of checks, codes or words. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { EvidenceKind } from "../../src/evidence/kind.js";
import type { CheckDefinition } from "../../src/evidence/ledger.js";
import { HOUSE_CHECKS } from "../../src/house.js";
import type { MessageCatalogue } from "../../src/messages/catalogue.js";
import { commonCodes, houseMessages, pathCodes } from "../../src/messages/house.js";
import { repositoryRoot } from "../support/shared.js";

/** Every kind that some file at the top of `src` exports. */
async function allKinds(): Promise<readonly EvidenceKind[]> {
  const found = new Map<string, EvidenceKind>();
  const files = readdirSync(join(repositoryRoot, "src")).filter(
    (name) => name.endsWith(".ts") && name !== "cross-check.ts",
  );
  for (const file of files.sort()) {
    const module = (await import(join(repositoryRoot, "src", file))) as Record<string, unknown>;
    for (const value of Object.values(module)) if (isKind(value)) found.set(value.name, value);
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isKind(value: unknown): value is EvidenceKind {
  return (
    typeof value === "object" && value !== null && "formatCheck" in value && "checks" in value && "messages" in value
  );
}

const cell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("{", "`").replaceAll("}", "`").replaceAll("<", "&lt;");

function section(title: string, checks: readonly CheckDefinition[], messages: MessageCatalogue): string {
  const parts = checks.map(({ id, stage, spec, required }) => {
    const { title: words = id, codes = {}, notices = {} } = messages[id] ?? {};
    const rows = [
      ...Object.entries(codes),
      ...Object.entries(notices).map(([name, text]) => [`notice: ${name}`, text] as const),
    ];
    const ofPaths = rows.filter(([code, text]) => pathCodes[code] === text);
    const table = rows.filter((row) => !ofPaths.includes(row)).map(([code, text]) => `| \`${code}\` | ${cell(text)} |`);
    return [
      `### \`${id}\``,
      `${cell(words)}. ${stage}, ${required ? "required" : "optional"}. ${cell(spec)}.`,
      ...(ofPaths.length === 0 ? [] : ["And the codes of certificates and revocation lists, above."]),
      ...(table.length === 0 ? [] : [["| code | in words |", "| --- | --- |", ...table].join("\n")]),
    ].join("\n\n");
  });
  return [`## ${title}`, ...parts].join("\n\n");
}

function listed(title: string, codes: Readonly<Record<string, string>>): string {
  const rows = Object.entries(codes).map(([code, text]) => `| \`${code}\` | ${cell(text)} |`);
  return `## ${title}\n\n${["| code | in words |", "| --- | --- |", ...rows].join("\n")}`;
}

async function page(): Promise<string> {
  const kinds = await allKinds();
  return `${[
    "# Every check, and its codes",
    "Written from the message catalogues by `npm run docs`. Names in `code` within the words are parameters. [What the fields mean](verdict.md).",
    listed("Codes that any check can have", commonCodes),
    listed("Codes of certificates and revocation lists", pathCodes),
    section("The house", HOUSE_CHECKS, houseMessages),
    ...kinds.map(({ name, checks, messages }) => section(`\`${name}\``, checks, messages)),
  ].join("\n\n")}\n`;
}

it("docs/checks.md says what the catalogues say (else: npm run docs)", async () => {
  await expect(await page()).toMatchFileSnapshot(join(repositoryRoot, "docs", "checks.md"));
});
