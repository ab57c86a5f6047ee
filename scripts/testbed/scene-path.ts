/** The part of the scene that a page can import: nothing of the forge. */

export const SCENE_PATH = "/testbed.json";
export type { Scene } from "./scene.js";
