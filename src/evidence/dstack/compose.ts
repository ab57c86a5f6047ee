/** What an app-compose.json leaves open, whatever its hash: the text is measured, and what it names only by tag or at run time is not. */

import { isJsonObject, member, parseJson } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";

/** Ids of limits in the catalogue, each with what was found. */
export interface ComposeFinding {
  readonly id: "image-by-tag" | "docker-socket" | "pre-launch-script" | "environment" | "compose-unread";
  readonly found: readonly string[];
}

const IMAGE = /^\s*(?:-\s*)?["']?image["']?\s*:\s*["']?([^\s"'#]+)/gm;

/** Reads the compose file inside by lines: only an image with a digest is known to be one. */
export function composeFindings(appCompose: string): readonly ComposeFinding[] {
  const compose = read(appCompose);
  if (compose === undefined) return [{ id: "compose-unread", found: [] }];
  const file = compose.file;
  const images = [...file.matchAll(IMAGE)].map(([, image]) => image as string);
  const loose = images.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image));
  const findings: ComposeFinding[] = [];
  if (loose.length > 0) findings.push({ id: "image-by-tag", found: loose });
  if (/docker\.sock/.test(file)) findings.push({ id: "docker-socket", found: [] });
  if (compose.script) findings.push({ id: "pre-launch-script", found: [] });
  const placeholders = [...file.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name]) => name as string);
  const open = [...new Set([...compose.environment, ...placeholders])];
  if (open.length > 0) findings.push({ id: "environment", found: open });
  return findings;
}

function read(text: string): { file: string; script: boolean; environment: readonly string[] } | undefined {
  try {
    const json = parseJson(text);
    if (!isJsonObject(json)) return undefined;
    const file = member(json, "docker_compose_file");
    const environment = member(json, "allowed_envs") ?? [];
    const script = member(json, "pre_launch_script");
    return {
      file: typeof file === "string" ? file : "",
      script: typeof script === "string" && script !== "",
      environment: Array.isArray(environment) ? environment.filter((name) => typeof name === "string") : [],
    };
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
