/** The page for people: say what you expect, give a report, read the verdict, see the bytes. No server; nothing leaves the page. */

import { azureAci, azureCvm } from "../azure.js";
import { dstack } from "../dstack.js";
import { h } from "../element/dom.js";
import { defineTeeVerify, type TeeVerifyElement } from "../element/element.js";
import { nitro, sevSnp, sgx, tdx, type Verdict } from "../index.js";
import { pageTexts as texts } from "../messages/page.js";
import { nitroTpm } from "../nitro.js";
import { nvidiaEvidence, nvidiaGpu, nvidiaSwitch } from "../nvidia.js";
import { createVerifier } from "../verifier.js";
import { byteMap } from "./byte-map.js";
import { asking } from "./challenge.js";
import { form } from "./form.js";
import { pageStyles } from "./styles.js";

/** Puts the page into `body`. */
export function startPage(): void {
  defineTeeVerify();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(pageStyles);
  document.adoptedStyleSheets = [sheet];
  const verifier = createVerifier([
    sevSnp,
    tdx,
    sgx,
    nitro,
    nitroTpm,
    azureCvm,
    azureAci,
    dstack,
    nvidiaEvidence,
    nvidiaGpu,
    nvidiaSwitch,
  ]);
  const card = document.createElement("tee-verify") as TeeVerifyElement;
  card.verifier = verifier;
  const map = h("div", {});
  // What a new question has not answered yet must not stand beside the old answer's bytes.
  card.addEventListener("tee-verify-error", () => map.replaceChildren());
  card.addEventListener("tee-verify-verdict", (event) => {
    map.replaceChildren(...byteMap(card, (event as CustomEvent<Verdict>).detail, verifier.inspect));
    card.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  });
  document.body.append(
    h(
      "main",
      {},
      h("div", {}, h("h1", {}, texts.title), h("p", { class: "lead" }, texts.lead)),
      form(card, asking(verifier)),
      card,
      map,
      help(),
    ),
  );
}

const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

function help(): HTMLElement {
  const [lead, ...ways] = texts.collateral;
  return h(
    "section",
    { class: "help" },
    h("h2", {}, texts.collateralTitle),
    h("p", {}, lead),
    h("ul", {}, ...ways.map((way) => h("li", {}, way))),
  );
}
