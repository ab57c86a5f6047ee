/** What an operator decides after the file was hashed: settings leave a launch as it is, anything else decides what runs. */
import { describe, expect, it } from "vitest";
import { readAppCompose, readCompose } from "../../../src/expected/release/index.js";

const GOOD = `services:\n  agent:\n    image: ghcr.io/openclaw/openclaw@sha256:${"ab".repeat(32)}\n`;
const value = (name: string): string => `\${${name}}`;

describe("values of the operator's", () => {
  it.each([
    ["in the environment, as a list", `${GOOD}    environment:\n    - TOKEN=${value("TOKEN")}\n`],
    ["in the environment, as a map", `${GOOD}    environment:\n      TOKEN: ${value("TOKEN")}\n`],
    ["in labels", `${GOOD}    labels:\n      a: ${value("TOKEN")}\n`],
  ])("are settings %s", (_, text) => {
    expect(readCompose(text)).toMatchObject({ identifies: true, findings: [{ id: "environment", found: ["TOKEN"] }] });
  });

  it.each([
    ["a command", `${GOOD}    command: ${value("WHAT")}\n`],
    ["a command as a list", `${GOOD}    command:\n    - run\n    - ${value("WHAT")}\n`],
    ["an entry point", `${GOOD}    entrypoint: sh ${value("WHAT")}\n`],
    ["a mount", `${GOOD}    volumes:\n    - ${value("WHAT")}:/data\n`],
    ["a file of the compose file", `${GOOD}configs:\n  a:\n    content: ${value("WHAT")}\n`],
  ])("decide in %s", (_, text) => {
    const { identifies, findings } = readCompose(text);
    expect(identifies).toBe(false);
    expect(findings).toEqual([
      { id: "environment-decides", found: ["WHAT"] },
      { id: "environment", found: ["WHAT"] },
    ]);
  });

  it.each(["COMPOSE_FILE", "DOCKER_HOST", "LD_PRELOAD", "PATH"])(
    "decide under a name that Docker or the linker reads: %s",
    (name) => {
      const app = (names: readonly string[]) =>
        readAppCompose(JSON.stringify({ docker_compose_file: GOOD, allowed_envs: names }));
      expect(app([name])).toMatchObject({
        identifies: false,
        findings: [{ id: "environment-decides", found: [name] }, { id: "environment" }],
      });
      expect(app([`MY_${name}`]).identifies).toBe(true);
    },
  );

  it.each(["privileged: true", "privileged: yes", "privileged: 'true'", "pid: host", 'pid: "host"'])(
    "a container is privileged: %s",
    (line) => {
      expect(readCompose(`${GOOD}    ${line}\n`)).toMatchObject({
        identifies: false,
        findings: [{ id: "privileged", found: ["agent"] }],
      });
    },
  );

  it("and is not where the file says no", () => {
    expect(readCompose(`${GOOD}    privileged: false # no\n`).identifies).toBe(true);
  });

  it.each([3, "2", null])("a form of version %j is not known", (version) => {
    const reading = readAppCompose(JSON.stringify({ manifest_version: version, docker_compose_file: GOOD }));
    expect(reading.identifies).toBe(version === null);
  });
});
