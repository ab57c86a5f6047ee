/** `<tee-verify>`: takes evidence, an expectation and a binding, and shows the verdict (custom element, no framework). */

import { noble } from "../crypto/noble.js";
import { fromHex } from "../encoding/text.js";
import { fromBase64Any } from "../evidence/envelope.js";
import { type Binding, type EvidenceSource, type Verdict, verify } from "../index.js";
import { fill } from "../messages/catalogue.js";
import { type NetworkFailure, networkTexts, elementTexts as texts } from "../messages/element.js";
import { h } from "./dom.js";
import { loadEvidence } from "./load.js";
import { styles } from "./styles.js";
import { verdictView } from "./view.js";

/** Options of `verify` that have no attribute of their own; set on the property `options`. */
export type ElementOptions = Partial<Parameters<typeof verify>[1]>;

/** What the element offers to scripts. */
export interface TeeVerifyElement extends HTMLElement {
  /** Evidence to judge: bytes, text or a bundle. Setting it starts the judgement. */
  evidence: EvidenceSource | undefined;
  /** Further options of `verify`; they go before the attributes. */
  options: ElementOptions;
  /** The last verdict. */
  readonly verdict: Verdict | undefined;
}

const OBSERVED = ["src", "expect", "nonce", "public-key", "report-data", "at", "covers"];

/**
 * Registers the element. Attributes: `src` (address of evidence or a bundle), `expect`, `nonce`, `public-key` (DER) and
 * `report-data` (hex or base64), `at` (ISO 8601), `covers`. Without `expect` the build is not compared, and the card says so.
 * Fires `tee-verify-verdict` with the verdict in `detail`, or `tee-verify-error` with the name of a failure.
 *
 * @param name of the element; `tee-verify` unless told
 * @example
 * import { defineTeeVerify } from "tee-verify/element";
 * defineTeeVerify();
 * document.body.innerHTML = `<tee-verify src="/attestation" expect="build:sha256:..."></tee-verify>`;
 */
export function defineTeeVerify(name = "tee-verify"): void {
  if (customElements.get(name) !== undefined) return;
  customElements.define(name, elementClass());
}

/** Made on demand: where there is no DOM, importing this module must do nothing. */
function elementClass(): new () => TeeVerifyElement {
  return class extends HTMLElement implements TeeVerifyElement {
    static readonly observedAttributes: readonly string[] = OBSERVED;
    readonly #root: ShadowRoot;
    readonly #live: HTMLElement;
    #evidence: EvidenceSource | undefined;
    #options: ElementOptions = {};
    #verdict: Verdict | undefined;
    #running: AbortController | undefined;
    #scheduled = false;

    constructor() {
      super();
      this.#root = this.attachShadow({ mode: "open" });
      // A constructed sheet, since a Content-Security-Policy may forbid style elements.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      this.#root.adoptedStyleSheets = [sheet];
      this.#live = h("div", { role: "status", "aria-live": "polite" });
      this.#root.append(this.#live);
    }

    get evidence(): EvidenceSource | undefined {
      return this.#evidence;
    }

    set evidence(value: EvidenceSource | undefined) {
      this.#evidence = value;
      this.#schedule();
    }

    get options(): ElementOptions {
      return this.#options;
    }

    set options(value: ElementOptions) {
      this.#options = value;
      this.#schedule();
    }

    get verdict(): Verdict | undefined {
      return this.#verdict;
    }

    connectedCallback(): void {
      this.addEventListener("paste", this.#paste);
      this.#schedule();
    }

    disconnectedCallback(): void {
      this.removeEventListener("paste", this.#paste);
      this.#running?.abort();
    }

    attributeChangedCallback(): void {
      this.#schedule();
    }

    /** Several attributes change at once when a page sets them one by one: one judgement is enough. */
    #schedule(): void {
      if (this.#scheduled || !this.isConnected) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        void this.#run();
      });
    }

    async #run(): Promise<void> {
      this.#running?.abort();
      const running = new AbortController();
      this.#running = running;
      this.#verdict = undefined;
      const source = this.getAttribute("src");
      if (this.#evidence === undefined && source === null) return this.#show(this.#dropZone());
      this.#show(busy(source === null ? texts.working : texts.asking));
      const evidence = this.#evidence ?? (await this.#load(source as string, running.signal));
      if (evidence === undefined || running.signal.aborted) return;
      await this.#judge(evidence, running.signal);
    }

    async #load(address: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
      const loaded = await loadEvidence(address, signal);
      if ("bytes" in loaded) return loaded.bytes;
      if (!signal.aborted) this.#fail(loaded.failure, { status: loaded.status ?? "" });
      return undefined;
    }

    async #judge(evidence: EvidenceSource, signal: AbortSignal): Promise<void> {
      try {
        const verdict = await verify(evidence, this.#verifyOptions());
        // An answer to an older question must not overwrite the newer one.
        if (signal.aborted) return;
        this.#verdict = verdict;
        const again = this.hasAttribute("src") ? undefined : () => this.#reset();
        this.#show(verdictView(verdict, (button) => void this.#copy(button), again));
        this.dispatchEvent(new CustomEvent("tee-verify-verdict", { detail: verdict, bubbles: true, composed: true }));
      } catch (error) {
        if (!signal.aborted) this.#fail("misuse", { reason: error instanceof Error ? error.message : String(error) });
      }
    }

    #verifyOptions(): Parameters<typeof verify>[1] {
      const at = this.getAttribute("at");
      const covers = this.getAttribute("covers");
      return {
        expected: this.getAttribute("expect") ?? "any-build",
        binding: this.#binding(),
        ...(at === null ? {} : { at: new Date(at) }),
        ...(covers === null ? {} : { covers: covers as "firmware" }),
        // Pages over plain http have no WebCrypto.
        ...(globalThis.crypto?.subtle === undefined ? { crypto: noble } : {}),
        ...this.#options,
      };
    }

    #binding(): Binding {
      const reportData = bytesAttribute(this, "report-data");
      if (reportData !== undefined) return { reportData };
      const nonce = bytesAttribute(this, "nonce");
      const publicKey = bytesAttribute(this, "public-key");
      if (nonce === undefined) return "unbound";
      return publicKey === undefined ? { nonce } : { nonce, publicKey };
    }

    #fail(failure: NetworkFailure, params: Readonly<Record<string, unknown>>): void {
      const text = fill(networkTexts[failure], params);
      this.#show(
        h(
          "section",
          { class: "card unknown", part: "card error" },
          h("header", {}, h("p", { "data-failure": failure }, text)),
        ),
      );
      this.dispatchEvent(new CustomEvent("tee-verify-error", { detail: failure, bubbles: true, composed: true }));
    }

    #show(content: HTMLElement): void {
      this.#live.replaceChildren(content);
    }

    #reset(): void {
      this.evidence = undefined;
    }

    async #copy(button: HTMLElement): Promise<void> {
      await navigator.clipboard.writeText(JSON.stringify(this.#verdict, null, 2));
      button.textContent = texts.copied;
    }

    #dropZone(): HTMLElement {
      const file = h("input", {
        type: "file",
        id: "file",
        tabindex: "-1",
        "aria-hidden": "true",
        onchange: (event) => this.#take((event.currentTarget as HTMLInputElement).files?.[0]),
      });
      const zone = h(
        "section",
        { class: "card drop", part: "card drop" },
        h("p", {}, texts.drop),
        h("button", { type: "button", onclick: () => file.click() }, texts.choose),
        file,
        h("p", { class: "faint" }, texts.private),
      );
      zone.addEventListener("dragover", (event) => {
        event.preventDefault();
        zone.classList.add("over");
      });
      zone.addEventListener("dragleave", () => zone.classList.remove("over"));
      zone.addEventListener("drop", (event) => {
        event.preventDefault();
        this.#take(event.dataTransfer?.files[0]);
      });
      return zone;
    }

    #take(file: File | undefined): void {
      if (file !== undefined)
        void file.arrayBuffer().then((buffer) => {
          this.evidence = buffer;
        });
    }

    readonly #paste = (event: ClipboardEvent): void => {
      const file = event.clipboardData?.files[0];
      const text = event.clipboardData?.getData("text/plain").trim();
      if (file !== undefined) this.#take(file);
      else if (text !== undefined && text !== "") this.evidence = text;
    };
  };
}

function busy(text: string): HTMLElement {
  return h("div", { class: "card busy", part: "card busy" }, h("span", { class: "spinner" }), text);
}

/** Hex, or base64 where it is not hex. */
function bytesAttribute(element: HTMLElement, name: string): Uint8Array | undefined {
  const text = element.getAttribute(name)?.trim();
  if (text === undefined) return undefined;
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? fromHex(text) : fromBase64Any(text);
}
