/** One challenge and one sealed message, the same in Node and in a page. */

import { challenge } from "../../src/live/index.js";
import type { Scene } from "./scene.js";

export interface Talk {
  readonly outcome: string;
  readonly code: string;
  readonly said: string;
  readonly answer: string;
}

/** In a browser `atob` gives bytes; Node has it too. */
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export async function talk(address: string, scene: Scene, said: string): Promise<Talk> {
  const anchors = Object.entries(scene.trustAnchors).map(([vendor, roots]) => [vendor, roots.map(fromBase64)]);
  const result = await challenge(address, {
    expected: scene.expected,
    at: new Date(scene.at),
    trustAnchors: Object.fromEntries(anchors),
  });
  if (!result.ok) return { outcome: result.outcome, code: `${result.code}: ${result.detail}`, said, answer: "" };
  const answer = (await result.channel.send(said)).text();
  return { outcome: result.outcome, code: "", said, answer };
}
