/** The test bed's page: challenges the agent that its address names, writes what came of it into the page, and sends it to whoever opened it. */

import { SCENE_PATH, type Scene } from "./scene-path.js";
import { talk } from "./talk.js";

const given = new URLSearchParams(location.search);
const address = given.get("agent") ?? location.origin;
const show = (text: string): void => {
  const to = given.get("to");
  if (to !== null) void fetch(to, { method: "POST", body: text, mode: "no-cors" });
  const element = document.createElement("pre");
  element.id = "result";
  element.textContent = text;
  document.body.append(element);
};
fetch(address + SCENE_PATH)
  .then(async (answer) => talk(address, (await answer.json()) as Scene, "hello from a page"))
  .then((talked) => show(JSON.stringify(talked)))
  .catch((error: unknown) => show(JSON.stringify({ error: String(error) })));
