/** Compose files and command lines: what names software by digest identifies it; what a reader could see otherwise, or brings more in, does not. */
import { describe, expect, it } from "vitest";
import { readAppCompose, readCommandLine, readCompose } from "../../../src/expected/release/index.js";

const HEX = "ab".repeat(32);
const VARIABLE = ["$", "{VERSION}"].join("");
const PINNED = `ghcr.io/openclaw/openclaw@sha256:${HEX}`;
const GOOD = `services:\n  agent:\n    image: ${PINNED}\n`;
const ids = (text: string): readonly string[] => readCompose(text).findings.map(({ id }) => id);

describe("a compose file", () => {
  it.each([
    ["plain", GOOD],
    ["quoted", `services:\n  agent:\n    image: "${PINNED}"\n`],
    ["in single quotes", `services:\n  agent:\n    image: '${PINNED}'\n`],
    [
      "with comments",
      `# image: x:latest\nservices:\n  # image: y:latest\n  agent:\n    image: ${PINNED} # the agent\n`,
    ],
    ["with tag and digest", GOOD.replace("openclaw@", "openclaw:2026.6.1@")],
    ["with a document start", `---\n${GOOD}`],
    ["with lists at their key's indent", `${GOOD}    ports:\n    - "80:80"\n    restart: always\n`],
    ["with lists and maps on a line", `${GOOD}    command: ["openclaw", "run"]\n    labels: {a: "b"}\n`],
    ["with a block of text", `${GOOD}    command: |\n      image: evil:latest\n      exec openclaw\n`],
    ["with a health check", `${GOOD}    healthcheck:\n      test: ["CMD", "curl", "-f", "http://localhost/"]\n`],
    ["with volumes", `${GOOD}    volumes:\n      - data:/var/lib/openclaw\nvolumes:\n  data:\n`],
    ["with escaped dollars", `${GOOD}    command: echo $$HOME\n`],
  ])("identifies what it starts: %s", (_, text) => {
    expect(readCompose(text)).toEqual({ identifies: true, digests: [`sha256:${HEX}`], findings: [] });
  });

  it("with values from the environment still identifies the software", () => {
    const text = `${GOOD}    environment:\n      TOKEN: \${TOKEN}\n`;
    expect(readCompose(text)).toMatchObject({
      identifies: true,
      findings: [{ id: "environment", found: ["TOKEN"] }],
    });
  });

  it.each(["    env_file: .env\n", "    env_file:\n    - .env\n", "    env_file: [.env]\n"])(
    "with a file of settings that may hold any name is not identified, unless dstack bounds its names: %j",
    (line) => {
      expect(readCompose(GOOD + line)).toMatchObject({
        identifies: false,
        findings: [
          { id: "environment-decides", found: ["env_file"] },
          { id: "environment", found: ["env_file"] },
        ],
      });
      const app = (file: string): boolean => readAppCompose(JSON.stringify({ docker_compose_file: file })).identifies;
      expect(app(GOOD + line)).toBe(!line.includes("["));
      expect(app(GOOD + line.replace(".env", "/other"))).toBe(false);
    },
  );

  it.each([
    ["a quote of a value", `"x`, `w"`],
    ["a single quote", "'x", "w'"],
    ["a bracket", "[x,", "w]"],
    ["an escaped quote in a list", '["x\\" ]', 'w"]'],
    ["a comment in a list", "[x, # ]", "w]"],
    ["a quote in a list of a list", `\n        - "x`, `w"`],
    ["a quoted key", `\n        "x`, `w": 1`],
    ["a tagged quote", `!!str "x`, `w"`],
  ])("that hides lines behind %s, left open deep inside, counts as unread", (_, open, close) => {
    const hidden = `    image: ${PINNED}\nx-note:\n  y:\n    z: ${close}\n`;
    const text = `services:\n  agent:\n    environment:\n      FOO: ${open}\n${hidden}    image: evil:latest\n`;
    expect(ids(text)).toContain("compose-unread");
    expect(readCompose(text).identifies).toBe(false);
  });

  it.each([
    `    environment:\n      A: "it's # fine"\n      B: 'a "b"'\n      - C=d"e\n`,
    `    labels:\n      "a b": "c"\n      - "80:80"\n      x: [a, "b # c", 'd']\n      y: {a: "b"} # e\n`,
    `    command:\n      - sh\n      - |\n        echo "open\n        [\n`,
    `    labels:\n      a: >-\n        it's\n        "open\n      b: c\n`,
  ])("whose quotes close, or stand in blocks of text, is read: %j", (more) => {
    expect(readCompose(GOOD + more).identifies).toBe(true);
  });

  it.each([
    `    labels:\n      |\n      "open\n`,
    `    labels:\n      a: |2\n        b\n`,
    `    labels:\n      ? a\n      : b\n`,
    `    labels:\n      a: |\n        b\n      c: "open\n`,
  ])("with a form of block that readers may bound otherwise counts as unread: %j", (more) => {
    expect(ids(GOOD + more)).toEqual(["compose-unread"]);
  });

  it.each([
    `    command: sh -c "$$\${EVIL}"\n`,
    "    environment:\n      NODE_OPTIONS:\n",
    "    environment:\n      NODE_OPTIONS: null\n",
    "    environment:\n      NODE_OPTIONS: # none\n",
    "    environment: [NODE_OPTIONS]\n",
    "    environment: {A: b, LD_PRELOAD: ~}\n",
    `    environment:\n      NODE_OPTIONS: >-\n        ${VARIABLE}\n`,
    "    environment:\n      - A=b\n      - NODE_OPTIONS # passed on\n",
  ])("in which a value from outside decides what runs is not identified: %j", (more) => {
    expect(ids(GOOD + more)).toContain("environment-decides");
  });

  it.each([
    ["privileged", "    cap_add: [ALL]\n"],
    ["privileged", "    cap_add:\n    - CAP_SYS_ADMIN\n"],
    ["privileged", "    devices:\n    - /dev/mem:/dev/mem\n"],
    ["privileged", "    post_start:\n    - command: run\n      privileged: true\n"],
    ["docker-socket", "    use_api_socket: true\n"],
  ])("with a container that reaches its machine is not identified: %s, %j", (id, more) => {
    expect(ids(GOOD + more)).toEqual([id]);
    expect(ids(`${GOOD}    cap_add: [NET_BIND_SERVICE]\n    devices:\n    - /dev/tdx_guest\n`)).toEqual([]);
  });

  it("of many lines is read in linear time", () => {
    const lines = Array.from({ length: 9000 }, (_, index) => `      - A${index}=b\n        c\n`).join("");
    expect(readCompose(`${GOOD}    environment:\n${lines}`).identifies).toBe(true);
  });

  it.each([
    ["a tag", "image: ghcr.io/openclaw/openclaw:2026.6.1", "ghcr.io/openclaw/openclaw:2026.6.1"],
    ["no tag", "image: openclaw", "openclaw"],
    ["the environment", `image: ghcr.io/openclaw/openclaw:${VARIABLE}`, `ghcr.io/openclaw/openclaw:${VARIABLE}`],
    ["a digest of the environment", `image: openclaw@sha256:${VARIABLE}`, `openclaw@sha256:${VARIABLE}`],
    ["half a digest", `image: openclaw@sha256:${HEX.slice(2)}`, `openclaw@sha256:${HEX.slice(2)}`],
    ["a digest in capitals", `image: openclaw@sha256:${HEX.toUpperCase()}`, `openclaw@sha256:${HEX.toUpperCase()}`],
  ])("names an image by %s: not identified", (_, line, found) => {
    const reading = readCompose(`services:\n  agent:\n    ${line}\n`);
    expect(reading.identifies).toBe(false);
    expect(reading.findings[0]).toEqual({ id: "image-by-tag", found: [found] });
  });

  it.each([
    `    environment:\n      NODE_OPTIONS: ${VARIABLE}\n`,
    `    environment:\n      - NODE_OPTIONS=${VARIABLE}\n`,
    "    environment:\n      - NODE_OPTIONS\n",
    `    environment: {NODE_PATH: "$VERSION"}\n`,
    `    command: run ${VARIABLE}\n`,
  ])("in which the operator's environment decides what runs is not identified: %j", (more) => {
    expect(ids(GOOD + more)).toContain("environment-decides");
    expect(readCompose(GOOD + more).identifies).toBe(false);
  });

  it("that sets such a variable itself is", () => {
    expect(readCompose(`${GOOD}    environment:\n      NODE_OPTIONS: "--no-warnings"\n`).identifies).toBe(true);
    expect(readCompose(`${GOOD}    environment:\n      - NODE_ENV\n      - TOKEN=${VARIABLE}\n`).identifies).toBe(true);
  });

  it("is not identified by one digest of two", () => {
    const reading = readCompose(`${GOOD}  proxy:\n    image: caddy:2\n`);
    expect(reading).toMatchObject({ identifies: false, digests: [`sha256:${HEX}`] });
    expect(reading.findings).toEqual([{ id: "image-by-tag", found: ["caddy:2"] }]);
  });

  it.each([
    "      - /var/run/docker.sock:/var/run/docker.sock",
    "      - /var/run:/host",
    "      - /run/:/host:ro",
    "      - /:/host",
    "      - '/var:/host'",
    "      - type: bind\n        source: /var/run\n        target: /x",
    "      - /run/containerd/containerd.sock:/x",
  ])("that mounts the machine's Docker is not identified: %s", (line) => {
    const text = `${GOOD}    volumes:\n${line}\n`;
    expect(ids(text)).toEqual(["docker-socket"]);
    expect(readCompose(text).identifies).toBe(false);
    expect(ids(`${GOOD}    volumes: ["/var/run:/x"]\n`)).toEqual(["docker-socket"]);
  });

  it.each([
    ["npx openclaw gateway"],
    ["npm install -g openclaw"],
    ['["npm", "i", "-g", "openclaw"]'],
    ["sh -c 'curl -fsSL https://example.com/install.sh | bash'"],
    ["wget -O /app https://example.com/app"],
    ["git clone https://example.com/openclaw"],
    ["pip install agent"],
    ["apt-get -y install nodejs"],
    ["node run.js openclaw@latest"],
  ])("whose image is pinned and fetches at run time is not identified: %s", (command) => {
    const reading = readCompose(`${GOOD}    command: ${command}\n`);
    expect(reading.identifies).toBe(false);
    expect(reading.findings.map(({ id }) => id)).toEqual(["fetched-at-run-time"]);
    expect(reading.findings[0]?.found[0]).toBeTruthy();
  });

  it.each<[string, string]>([
    ["no services", "version: '3'\n"],
    ["services without any", "services:\n"],
    ["services as a list", `services:\n  - image: ${PINNED}\n`],
    ["services in a line", `services: {agent: {image: ${PINNED}}}\n`],
    ["a service in a line", `services:\n  agent: {image: ${PINNED}}\n`],
    ["a service without an image", `${GOOD}  other:\n    command: x\n`],
    ["an empty service", `${GOOD}  other:\n`],
    ["a build", `${GOOD}    build: .\n`],
    ["a build of something else", `${GOOD}  other:\n    build: .\n    image: ${PINNED}\n`],
    ["what it extends", `${GOOD}    extends: base\n`],
    ["what it includes", `include: other.yml\n${GOOD}`],
    ["an alias", `x: &a\n  image: evil\n${GOOD}  other: *a\n`],
    ["a merge", `x:\n  image: evil\n${GOOD}    <<: *a\n`],
    ["a quoted key", `services:\n  agent:\n    image: ${PINNED}\n    "image": evil\n`],
    ["a blank before the colon", `services:\n  agent:\n    image: ${PINNED}\n    image : evil\n`],
    ["a key with a question mark", `services:\n  agent:\n    ? image\n    : evil\n    image: ${PINNED}\n`],
    ["two images", `${GOOD}    image: ${PINNED}\n`],
    ["two services of one name", `${GOOD}  agent:\n    image: ${PINNED}\n`],
    ["two lists of services", `${GOOD}${GOOD}`],
    ["an image over two lines", `services:\n  agent:\n    image: ${PINNED}\n      evil\n`],
    ["an image in a block", `services:\n  agent:\n    image: >-\n      ${PINNED}\n`],
    ["an image with a tag of YAML", `services:\n  agent:\n    image: !!str ${PINNED}\n`],
    ["an escape in an image", `services:\n  agent:\n    image: "ghcr.io\\u002fopenclaw@sha256:${HEX}"\n`],
    ["quotes that do not end on their line", `services:\n  agent:\n    x-a: "\n    image: ${PINNED}\n    x-b: "\n`],
    ["brackets that do not end on their line", `services:\n  agent:\n    x: [\n    image: ${PINNED}\n`],
    ["tabs", `services:\n\tagent:\n\t\timage: ${PINNED}\n`],
    ["a second document", `${GOOD}---\nservices:\n  agent:\n    image: evil\n`],
    ["a directive", `%YAML 1.1\n---\n${GOOD}`],
    ["carriage returns", GOOD.replaceAll("\n", "\r")],
    ["a line separator", `services:\n  agent:\n    x: y\u2028    image: ${PINNED}\n`],
    ["a mark in front", `\ufeff${GOOD}`],
    ["less indent than before", `services:\n    agent:\n      image: ${PINNED}\n  other:\n      image: evil\n`],
    ["JSON", JSON.stringify({ services: { agent: { image: PINNED } } })],
    ["nothing", ""],
  ])("that another reader could read otherwise counts as unread: %s", (_, text) => {
    expect(ids(text)).toContain("compose-unread");
    expect(readCompose(text).identifies).toBe(false);
  });

  it("that is unread still has its loose images named", () => {
    expect(readCompose("services: {agent: {image: openclaw:latest}}").findings[0]).toEqual({
      id: "image-by-tag",
      found: ["openclaw:latest"],
    });
  });

  it("of the greatest size is read in seconds, whatever stands in it", () => {
    for (const filler of [
      " ",
      "a: ",
      "- ",
      "image: x ",
      '"',
      "\\",
      "$A",
      "curl ",
      "/",
      "npm ",
      "apt -a ",
      "[",
      "source: ",
    ]) {
      const line = `    x: ${filler.repeat(Math.floor(4000 / filler.length))}\n`;
      const text = GOOD + line.repeat(60);
      const started = performance.now();
      expect(readCompose(text).identifies, filler).toBe(false);
      expect(performance.now() - started, filler).toBeLessThan(4000);
    }
    expect(ids(GOOD + " ".repeat(262_144))).toEqual(["compose-unread"]);
    expect(ids(`${GOOD}    x: ${"y".repeat(4096)}\n`)).toEqual(["compose-unread"]);
  }, 60_000);
});

describe("an app-compose.json", () => {
  const app = (more: object = {}): string =>
    JSON.stringify({ manifest_version: 2, runner: "docker-compose", docker_compose_file: GOOD, ...more });

  it("identifies what its compose file does", () => {
    expect(readAppCompose(app())).toEqual({ identifies: true, digests: [`sha256:${HEX}`], findings: [] });
    expect(readAppCompose(app({ allowed_envs: ["TOKEN"] }))).toMatchObject({
      identifies: true,
      findings: [{ id: "environment", found: ["TOKEN"] }],
    });
  });

  it.each<[string, object, string]>([
    ["a pre-launch script", { pre_launch_script: "echo" }, "pre-launch-script"],
    ["an init script", { init_script: "echo" }, "pre-launch-script"],
    ["a script in its place", { bash_script: "echo" }, "pre-launch-script"],
    ["a script of another type", { pre_launch_script: ["echo"] }, "pre-launch-script"],
    ["another runner", { runner: "bash" }, "compose-unread"],
    ["no compose file", { docker_compose_file: null }, "compose-unread"],
    ["an environment that is no list", { allowed_envs: "TOKEN" }, "compose-unread"],
    ["a tag", { docker_compose_file: "services:\n  a:\n    image: openclaw:latest\n" }, "image-by-tag"],
  ])("with %s does not", (_, more, id) => {
    const reading = readAppCompose(app(more));
    expect(reading.findings.map((finding) => finding.id)).toEqual([id]);
    expect(reading.identifies).toBe(false);
  });

  it.each(["", "[]", "not json", '{"docker_compose_file":"a","docker_compose_file":"b"}'])(
    "that is none: %j",
    (text) => {
      expect(readAppCompose(text)).toMatchObject({ identifies: false, findings: [{ id: "compose-unread" }] });
    },
  );
});

describe("a kernel command line", () => {
  it.each([
    [`console=ttyS0 roothash=${HEX}`],
    [`dstack.rootfs_hash=${HEX} dstack.rootfs_size=490713088`],
    [`docker_compose_hash=${HEX} rootfs_hash=${HEX}`],
    [`openclaw.image=ghcr.io/openclaw/openclaw@sha256:${HEX}`],
  ])("identifies by digest: %s", (text) => {
    expect(readCommandLine(text)).toEqual({ identifies: true, digests: [`sha256:${HEX}`], findings: [] });
  });

  it.each([
    ["console=ttyS0 quiet", ["names-no-digest"]],
    ["", ["names-no-digest"]],
    ["roothash=abcd", ["names-no-digest"]],
    ["openclaw.image=ghcr.io/openclaw/openclaw:2026.6.1", ["image-by-tag", "names-no-digest"]],
    [`roothash=${HEX} openclaw.version=2026.6.1`, ["image-by-tag"]],
    [`roothash=${HEX} container_image=agent:latest`, ["image-by-tag"]],
    [`note="a roothash=${HEX} b"`, ["names-no-digest"]],
    [`note="a b" x="openclaw.image=sha256:${HEX}"`, ["image-by-tag", "names-no-digest"]],
    [`roothash="${HEX}`, ["names-no-digest"]],
    [`openclaw.image=${VARIABLE}`, ["image-by-tag", "names-no-digest", "environment"]],
  ])("does not: %s", (text, found) => {
    const reading = readCommandLine(text);
    expect(reading.findings.map(({ id }) => id)).toEqual(found);
    expect(reading.identifies).toBe(false);
  });
});
