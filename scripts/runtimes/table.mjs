/** The README's table of what ran where: written from a run, and compared with one. */

const START = "<!-- runtimes: written by `npm run test:runtimes -- --write` -->";
const END = "<!-- /runtimes -->";

/** @param {readonly { name: string, backEnds: readonly string[], seconds: string }[]} rows */
export function tableOf(rows) {
  return [
    "| where | cryptography | seconds |",
    "| --- | --- | --- |",
    ...rows.map(({ name, backEnds, seconds }) => `| ${name} | ${backEnds.join(", ")} | ${seconds} |`),
  ].join("\n");
}

/** The README with the table in its place. */
export function withTable(readme, rows) {
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)];
  if (start < 0 || end < start) throw new Error("README.md has no place for the table of runtimes");
  return `${readme.slice(0, start + START.length)}\n\n${tableOf(rows)}\n\n${readme.slice(end)}`;
}

/** What the README says otherwise than the run, in words. Seconds differ from machine to machine and are not compared. */
export function differences(readme, rows) {
  const said = readme.slice(readme.indexOf(START), readme.indexOf(END));
  const listed = [...said.matchAll(/^\| (.+) \| (.*) \| ([\d.]+) \|$/gm)].map(
    ([, name, backEnds]) => `${name}: ${backEnds}`,
  );
  const ran = rows.map(({ name, backEnds }) => `${name}: ${backEnds.join(", ")}`);
  return [
    ...ran.filter((row) => !listed.includes(row)).map((row) => `README.md does not say ${row}`),
    ...listed.filter((row) => !ran.includes(row)).map((row) => `README.md says what did not run: ${row}`),
  ];
}
