/**
 * What a compose file leaves open, whatever its hash (Compose Specification). Only a plain subset of YAML is read, line by line: where another
 * reader could see another service or image, the file counts as unread.
 */

import { isJsonObject, member, parseJson } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { indentOf, isMeaningful, isPlainYaml, type Member, membersOf } from "./yaml.js";

/** Why a launch does not identify what runs; `environment` alone does not stand against it. */
export type LaunchFindingId =
  | "image-by-tag"
  | "docker-socket"
  | "privileged"
  | "pre-launch-script"
  | "environment"
  | "environment-decides"
  | "fetched-at-run-time"
  | "compose-unread"
  | "names-no-digest";

export interface LaunchFinding {
  readonly id: LaunchFindingId;
  readonly found: readonly string[];
}

/** What a launch configuration says of the software that it starts. */
export interface LaunchReading {
  /** Whether all that is started is named by digest, and nothing was found but values from the environment. */
  readonly identifies: boolean;
  /** The digests that are named, `sha256:<hex>`, each once. */
  readonly digests: readonly string[];
  readonly findings: readonly LaunchFinding[];
}

const PINNED = /@(sha256:[0-9a-f]{64})$/;
/** What gives a container the machine's Docker, by whichever path. */
const SOCKET = /(?:docker|containerd|podman|crio)\.sock|\buse_api_socket\b/;
/** A host folder in which such a socket lies, as the source of a mount: `- /var/run:/x`, `source: /`. */
const HOST_FOLDERS = [
  /(?:^|[\s"'[,])\/(?:var\/?|run\/?|var\/run\/?)?:/m,
  /\bsource["']?: ?["']?\/(?:var\/?|run\/?|var\/run\/?)?["']?(?:[ ,}]|$)/m,
];
/** Words that bring software which no hash of this file is of. Every repetition is bounded: the text is anybody's. */
const FETCHES = [
  /\b(?:npx|bunx|pnpx|pipx)\b/g,
  /\b(?:npm|pnpm|yarn|bun)["', ]{1,8}(?:i|ci|install|add|dlx|exec|x|update)\b/g,
  /\b(?:curl|wget)\b[^\n]{0,300}(?:\| ?(?:sudo )?(?:(?:ba|z|da)?sh|node|python3?)\b| -[oO]\b)/g,
  /\bgit["', ]{1,8}(?:clone|pull|fetch)\b/g,
  /\b(?:pip3?|uv)["', ]{1,8}(?:install|run|tool)\b/g,
  /\b(?:apt|apt-get|apk|dnf|yum)["', ]{1,8}(?:-[\w-]{1,30}["', ]{1,8}){0,5}(?:install|add)\b/g,
  /\bdocker["', ]{1,8}(?:run|pull|compose)\b/g,
  /\bopenclaw@(?!sha256:)[\w.^~-]{1,100}/g,
];
/** Variables that say to Docker, the shell, the linker, Node.js or another interpreter what to run. */
const DECIDING =
  /^(?:COMPOSE_|DOCKER_|LD_|BASH_ENV$|ENV$|PATH$|NODE_OPTIONS$|NODE_PATH$|npm_config_|NPM_CONFIG_|PYTHON(?:PATH|STARTUP|HOME)$|PERL5|RUBYOPT$|JAVA_TOOL_OPTIONS$)/;
/** Members of a service that tell it something; in all others a value of the operator's decides what runs. */
const SETTINGS = ["environment", "labels"];
/** Two dollars stand for one. */
const PLACEHOLDER = /(?<!\$)(?:\$\$)*\$\{?([A-Za-z_][A-Za-z0-9_]{0,100})/g;
/** A variable with a value in the file; a name alone, or one without a value, passes on what the operator has. */
const FIXED = /^[\s-]*["']?\w{1,100}(?:["']? *: +|=)["']?(?!~|null\b)[^\s"'#]/;
/** What lets a container change the machine it runs on, beside `privileged`. */
const MACHINE: ReadonlyMap<string, RegExp> = /* @__PURE__ */ new Map([
  ["pid", /host/],
  ["cap_add", /\b(?:CAP_)?(?:ALL|SYS_(?:ADMIN|MODULE|RAWIO|PTRACE|BOOT)|DAC_READ_SEARCH|BPF)\b/i],
  ["devices", /\/dev\/(?:k?mem|port|[hsv]d|xvd|nvme|dm-|mapper|md|loop|disk)/],
]);
/** Longest file, and line of it, that is looked at. */
const MAX_TEXT = 262_144;
const MAX_LINE = 4096;

/**
 * Reads a compose file.
 *
 * @example
 * const { identifies, digests, findings } = readCompose(text);
 */
export function readCompose(text: string): LaunchReading {
  return conclude(composeParts(text, []));
}

/**
 * Reads an app-compose.json of dstack: the compose file in it, what it runs before, and what the operator may set.
 *
 * @example
 * const { identifies, findings } = readAppCompose(appCompose);
 */
export function readAppCompose(text: string): LaunchReading {
  const app = appComposeIn(text);
  if (app === undefined) return conclude(UNREAD);
  const parts = composeParts(app.file, APP_ENV_FILES);
  const deciding = app.environment.filter((name) => DECIDING.test(name));
  return conclude({
    ...parts,
    findings: [
      ...parts.findings,
      ...(app.scripts ? [{ id: "pre-launch-script", found: [] } as const] : []),
      ...(deciding.length > 0 ? [{ id: "environment-decides", found: deciding } as const] : []),
    ],
    open: [...app.environment, ...parts.open],
  });
}

interface Parts {
  readonly digests: readonly string[];
  readonly findings: readonly LaunchFinding[];
  readonly open: readonly string[];
}

const UNREAD: Parts = { digests: [], findings: [{ id: "compose-unread", found: [] }], open: [] };

function conclude({ digests, findings, open }: Parts): LaunchReading {
  const environment = [...new Set(open)];
  return {
    identifies: findings.length === 0 && digests.length > 0,
    digests: [...new Set(digests)],
    findings: environment.length === 0 ? findings : [...findings, { id: "environment", found: environment }],
  };
}

function composeParts(text: string, envFiles: readonly string[]): Parts {
  const lines = text.length > MAX_TEXT ? undefined : text.split("\n");
  if (lines === undefined || lines.some(({ length }) => length > MAX_LINE)) return UNREAD;
  const services = servicesIn(lines);
  const images = services?.images;
  const uncommented = lines.filter((line) => !line.trimStart().startsWith("#"));
  // A command may be a list, one word a line.
  const words = uncommented.map((line) => line.trim().replace(/^- */, "")).join(" ");
  const loose = (images ?? imagesSomewhere(text)).filter((image) => !PINNED.test(image));
  const fetched = [...new Set(FETCHES.flatMap((pattern) => words.match(pattern) ?? []))];
  const plain = uncommented.join("\n");
  const findings: LaunchFinding[] = [];
  if (loose.length > 0) findings.push({ id: "image-by-tag", found: loose });
  if (SOCKET.test(plain) || HOST_FOLDERS.some((folder) => folder.test(plain)))
    findings.push({ id: "docker-socket", found: [] });
  if (fetched.length > 0) findings.push({ id: "fetched-at-run-time", found: fetched });
  if (services === undefined) findings.push({ id: "compose-unread", found: [] });
  else findings.push(...decidedOutside(services, envFiles));
  return {
    digests: (images ?? []).flatMap((image) => PINNED.exec(image)?.[1] ?? []),
    findings,
    open: placeholdersIn(plain),
  };
}

function placeholdersIn(text: string): readonly string[] {
  const names = [...text.matchAll(PLACEHOLDER)].map(([, name]) => name as string);
  return /^ *env_file:/m.test(text) ? ["env_file", ...names] : names;
}

/** For a file that is not read as a whole: what looks like an image, so that a message can name it. */
function imagesSomewhere(text: string): readonly string[] {
  return [...text.matchAll(/\bimage["']? ?: ?["']?([^\s"'#,}]{1,300})/g)].map(([, image]) => image as string);
}

/** Keys of a service by which it comes from something else than its image. */
const ELSEWHERE = ["build", "extends", "provider", "models"];
/** Keys at the top that bring services of other files. */
const INCLUDES = ["include", "extends"];

interface Services {
  readonly images: readonly string[];
  /** By name, the members of each. */
  readonly members: ReadonlyMap<string, readonly Member[]>;
  /** Lines of the file beside them. */
  readonly others: readonly string[];
}

/** The services and their images; `undefined` where the file is not of the subset. */
function servicesIn(lines: readonly string[]): Services | undefined {
  const document = lines[0] === "---" ? lines.slice(1) : lines;
  if (!isPlainYaml(document)) return undefined;
  const top = membersOf(document.filter(isMeaningful), 0);
  if (top === undefined || top.some(({ key }) => INCLUDES.includes(key))) return undefined;
  const services = top.find(({ key }) => key === "services");
  if (services === undefined || services.value !== "" || services.inside.length === 0) return undefined;
  const each = membersOf(services.inside, indentOf(services.inside[0] as string));
  const images = each?.map(({ value, inside }) => (value === "" ? imageOf(inside) : undefined));
  if (each === undefined || images === undefined || images.length === 0 || images.includes(undefined)) return undefined;
  return {
    images: images as string[],
    members: new Map(each.map(({ key, inside }) => [key, membersOf(inside, indentOf(inside[0] as string)) ?? []])),
    others: top.filter((member) => member !== services).flatMap(textOf),
  };
}

const textOf = ({ value, inside }: Member): readonly string[] => [value, ...inside];

/** What the operator decides beside settings, and containers that may change the machine: whatever is not plainly a no counts as a yes. */
function decidedOutside({ members, others }: Services, envFiles: readonly string[]): readonly LaunchFinding[] {
  const all = [...members.values()].flat();
  const outside = [...all.filter(({ key }) => !SETTINGS.includes(key)).flatMap(textOf), ...others];
  const settings = all.filter(({ key }) => key === "environment").flatMap(entriesOf);
  const files = all.filter((member) => member.key === "env_file" && !entriesOf(member).every(isOneOf(envFiles)));
  const deciding = new Set([
    ...files.map(({ key }) => key),
    ...outside.flatMap(placeholdersIn),
    ...settings.flatMap(decidingIn),
  ]);
  const privileged = [...members].filter(([, each]) => each.some(changesMachine));
  return [
    ...(deciding.size === 0 ? [] : [{ id: "environment-decides", found: [...deciding] } as const]),
    ...(privileged.length === 0 ? [] : [{ id: "privileged", found: privileged.map(([name]) => name) } as const]),
  ];
}

/** Also a hook of a service (`post_start`) may be privileged. */
function changesMachine(member: Member): boolean {
  const text = textOf(member).join("\n");
  if (member.key === "privileged") return !/^false(?: +#.*)?$/.test(text);
  return MACHINE.get(member.key)?.test(text) ?? /\bprivileged["']? *:/.test(text);
}

const isOneOf =
  (names: readonly string[]) =>
  (entry: string): boolean =>
    names.includes(entry.trim().replace(/^- +/, ""));

/** The items of a list or map, each with the lines that continue it. */
function entriesOf({ value, inside }: Member): readonly string[] {
  if (value !== "") return /^[[{]/.test(value) ? value.slice(1).split(",") : [value];
  const entries: string[][] = [];
  for (const line of inside) {
    const continued = indentOf(line) > indentOf(inside[0] as string);
    if (continued) entries.at(-1)?.push(line.trim());
    else entries.push([line]);
  }
  return entries.map((lines) => lines.join(" "));
}

/** Names in an entry of `environment` that decide what runs and whose value is the operator's. */
function decidingIn(entry: string): readonly string[] {
  if (placeholdersIn(entry).length === 0 && FIXED.test(entry)) return [];
  return (entry.match(/\b[A-Za-z]\w{1,100}/g) ?? []).filter((name) => DECIDING.test(name));
}

function imageOf(lines: readonly string[]): string | undefined {
  if (lines.length === 0) return undefined;
  const members = membersOf(lines, indentOf(lines[0] as string));
  if (members === undefined || members.some(({ key }) => ELSEWHERE.includes(key))) return undefined;
  const image = members.find(({ key }) => key === "image");
  if (image === undefined || image.inside.length > 0) return undefined;
  return /^(?:"([^"\\]+)"|'([^']+)'|([A-Za-z0-9$][^\s#]*))(?: +#.*)?$/
    .exec(image.value)
    ?.slice(1)
    .find((part) => part !== undefined);
}

interface AppCompose {
  readonly file: string;
  readonly scripts: boolean;
  readonly environment: readonly string[];
}

/** Where dstack writes the variables of `allowed_envs`, and no others. */
const APP_ENV_FILES = [".env", "./.env"];
/** Newest form of app-compose.json that is known here. */
const MANIFEST_VERSION = 2;
/** What runs beside the containers, by the names that dstack has had for it. */
const SCRIPTS = ["pre_launch_script", "init_script", "bash_script"];

function appComposeIn(text: string): AppCompose | undefined {
  try {
    const json = parseJson(text);
    if (!isJsonObject(json)) return undefined;
    const file = member(json, "docker_compose_file");
    const environment = member(json, "allowed_envs") ?? [];
    const runner = member(json, "runner") ?? "docker-compose";
    const version = member(json, "manifest_version") ?? MANIFEST_VERSION;
    // A newer form may start what is not looked at here.
    if (typeof version !== "number" || version > MANIFEST_VERSION) return undefined;
    if (typeof file !== "string" || !Array.isArray(environment) || runner !== "docker-compose") return undefined;
    const scripts = SCRIPTS.some((name) => ![undefined, null, ""].includes(member(json, name) as null));
    return { file, scripts, environment: environment.map(String) };
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
