/** `<tee-verify>`: takes evidence, an expectation and a binding, and shows the verdict (custom element, no framework). */

import { type Binding, type EvidenceSource, inspect, type Verdict, verify } from "../index.js";
import { fill } from "../messages/catalogue.js";
import { type NetworkFailure, elementTexts as texts } from "../messages/element.js";
import { headlineOf } from "../messages/headline.js";
import { h } from "./dom.js";
import { ATTRIBUTES, nonceOf, type Options, optionsOf } from "./inputs.js";
import { loadEvidence, type ReadFiles, readFiles } from "./load.js";
import { busy, dropZone, failed, failureText } from "./states.js";
import { styles } from "./styles.js";
import { answerOf, verdictView } from "./view.js";

/** Options of `verify` that have no attribute of their own; they go before the attributes. */
export type ElementOptions = Partial<Options>;

/** What an agent answered to a challenge, and the binding that its evidence must show. */
export interface ChallengeAnswer {
  readonly evidence: EvidenceSource;
  /** Goes before the attributes and `options`: it holds the nonce that was sent. */
  readonly binding: Binding;
  readonly endorsements?: ElementOptions["endorsements"];
}

/** Asks the agent at an address for evidence over a fresh nonce. */
export type Challenge = (address: string, options: { readonly signal: AbortSignal }) => Promise<ChallengeAnswer>;

/** What the element offers to scripts. Setting any of the writable ones judges anew. */
export interface TeeVerifyElement extends HTMLElement {
  /** Evidence to judge: bytes, text or a bundle. */
  evidence: EvidenceSource | undefined;
  /** Further options of `verify`. */
  options: ElementOptions;
  /** How the address in `src` is asked; a plain GET unless told. */
  challenge: Challenge | undefined;
  /** What judges: the kinds of `tee-verify` unless told (`createVerifier([...])`). */
  verifier: ElementVerifier;
  /** The verdict that is shown. */
  readonly verdict: Verdict | undefined;
  /** The evidence that it judges, wherever it came from. */
  readonly judged: EvidenceSource | undefined;
}

/** The two functions of a front door that the element uses. */
export interface ElementVerifier {
  verify(evidence: EvidenceSource, options: never): Promise<Verdict>;
  inspect(evidence: EvidenceSource): unknown;
}

/** An agent that never answers must not leave the card waiting. */
const CHALLENGE_MS = 60_000;

/**
 * Registers the element. Attributes: `src` (address of evidence or a bundle), `expect` (as `expected` of `verify`; reference values as JSON),
 * `sent-nonce`, `public-key` (SPKI DER) and `report-data` (hex or base64), `at` (ISO 8601), `covers`. Without `expect` the build is not
 * compared, without a binding nothing is fresh, and the card says so. Fires `tee-verify-verdict` with the verdict in `detail`, or
 * `tee-verify-error` with the name of a failure.
 *
 * @param name of the element; `tee-verify` unless told
 * @example
 * import { defineTeeVerify } from "tee-verify/element";
 * defineTeeVerify();
 * document.body.innerHTML = `<tee-verify src="/attestation" expect="build:sha256:..."></tee-verify>`;
 */
export function defineTeeVerify(name = "tee-verify"): void {
  if (customElements.get(name) === undefined) customElements.define(name, elementClass());
}

/** Made on demand: where there is no DOM, importing this module must do nothing. */
function elementClass(): new () => TeeVerifyElement {
  return class extends HTMLElement implements TeeVerifyElement {
    static readonly observedAttributes: readonly string[] = ATTRIBUTES;
    readonly #root: ShadowRoot = this.attachShadow({ mode: "open" });
    /** Says the outcome to screen readers; the card itself would be read out whole. */
    readonly #status: HTMLElement = h("p", { class: "sr", role: "status" });
    readonly #content: HTMLElement = h("div", {});
    #evidence: EvidenceSource | undefined;
    #options: ElementOptions = {};
    #challenge: Challenge | undefined;
    #verifier: ElementVerifier = { verify, inspect };
    /** Files that were dropped beside the evidence. */
    #beside: readonly Uint8Array[] = [];
    #verdict: Verdict | undefined;
    #judged: EvidenceSource | undefined;
    #running: AbortController | undefined;
    #scheduled = false;
    /** Whether the keyboard was on the card when what it stood on went away. */
    #held = false;
    /** Counts what was given: files that are read late must not stand in for what was given since. */
    #turn = 0;

    constructor() {
      super();
      // A constructed sheet, since a Content-Security-Policy may forbid style elements.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      this.#root.adoptedStyleSheets = [sheet];
      this.#root.append(this.#status, this.#content);
      for (const kind of ["dragover", "dragleave", "drop"]) this.addEventListener(kind, this.#drag);
      this.addEventListener("paste", this.#paste);
    }

    get evidence(): EvidenceSource | undefined {
      return this.#evidence;
    }

    set evidence(value: EvidenceSource | undefined) {
      this.#take(value, []);
    }

    get options(): ElementOptions {
      return this.#options;
    }

    set options(value: ElementOptions) {
      this.#options = value;
      this.#schedule();
    }

    get challenge(): Challenge | undefined {
      return this.#challenge;
    }

    set challenge(value: Challenge | undefined) {
      this.#challenge = value;
      this.#schedule();
    }

    get verifier(): ElementVerifier {
      return this.#verifier;
    }

    set verifier(value: ElementVerifier) {
      this.#verifier = value;
      this.#schedule();
    }

    get verdict(): Verdict | undefined {
      return this.#verdict;
    }

    get judged(): EvidenceSource | undefined {
      return this.#judged;
    }

    connectedCallback(): void {
      this.#schedule();
    }

    disconnectedCallback(): void {
      this.#running?.abort();
    }

    attributeChangedCallback(): void {
      this.#schedule();
    }

    /** Several attributes change at once when a page sets them one by one: one judgement is enough. */
    #schedule(): void {
      // What stands on the card was an answer to other questions.
      this.#running?.abort();
      this.#verdict = undefined;
      this.#judged = undefined;
      if (this.#scheduled || !this.isConnected) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        if (this.isConnected) void this.#run();
      });
    }

    async #run(): Promise<void> {
      this.#running = new AbortController();
      const { signal } = this.#running;
      const source = this.getAttribute("src");
      if (this.#evidence !== undefined) return this.#judge({ evidence: this.#evidence }, signal);
      if (source === null) return this.#show(this.#idle(), texts.drop);
      this.#show(busy(texts.asking), texts.asking);
      const answer = await (this.#challenge === undefined
        ? this.#load(source, signal)
        : this.#ask(this.#challenge, source, signal));
      if (answer !== undefined && !signal.aborted) await this.#judge(answer, signal);
    }

    async #load(address: string, signal: AbortSignal): Promise<Partial<ChallengeAnswer> | undefined> {
      const loaded = await loadEvidence(address, signal);
      if ("bytes" in loaded) return { evidence: loaded.bytes };
      this.#fail(loaded.failure, loaded.params ?? {}, signal);
      return undefined;
    }

    async #ask(challenge: Challenge, address: string, signal: AbortSignal): Promise<ChallengeAnswer | undefined> {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<"late">((resolve) => {
        timer = setTimeout(() => resolve("late"), CHALLENGE_MS);
      });
      try {
        const answer = await Promise.race([challenge(address, { signal }), late]);
        if (answer !== "late") return answer;
        this.#fail("timeout", {}, signal);
      } catch (error) {
        this.#fail("challenge", { reason: reasonOf(error) }, signal);
      } finally {
        clearTimeout(timer);
      }
      return undefined;
    }

    async #judge(answer: Partial<ChallengeAnswer>, signal: AbortSignal): Promise<void> {
      this.#show(busy(texts.working), texts.working);
      try {
        const options = this.#verifyOptions(answer);
        const verdict = await this.#verifier.verify(answer.evidence as EvidenceSource, options as never);
        // An answer to an older question must not overwrite the newer one.
        if (signal.aborted) return;
        this.#verdict = verdict;
        this.#judged = answer.evidence;
        this.#showVerdict(verdict, options);
        this.#fire("tee-verify-verdict", verdict);
      } catch (error) {
        this.#fail("misuse", { reason: reasonOf(error) }, signal);
      }
    }

    #verifyOptions({ binding, endorsements = [] }: Partial<ChallengeAnswer>): Options {
      const options = { ...optionsOf(this), ...this.#options };
      return {
        ...options,
        ...(binding === undefined ? {} : { binding }),
        endorsements: [...(options.endorsements ?? []), ...endorsements, ...this.#beside],
      };
    }

    #showVerdict(verdict: Verdict, { at, binding, policy }: Options): void {
      const card = verdictView(verdict, {
        copy: (button) => void this.#copy(button),
        again: this.hasAttribute("src") ? undefined : () => this.#take(undefined, []),
        add: this.#evidence === undefined ? undefined : (files) => this.#add(files),
        nonce: nonceOf(binding),
        given: [
          ...(at === undefined ? [] : [fill(texts.asOf, { at: shortTime(verdict.meta.at) })]),
          ...(policy === undefined ? [] : [texts.ownPolicy]),
        ],
      });
      this.#show(card, `${answerOf(verdict)} ${headlineOf(verdict).sentence}`);
    }

    #fail(failure: NetworkFailure, params: Readonly<Record<string, unknown>>, signal?: AbortSignal): void {
      if (signal?.aborted === true) return;
      const text = failureText(failure, params);
      const again = (): void => {
        this.removeAttribute("src");
        this.#take(undefined, []);
      };
      this.#show(
        failed(failure, text, () => this.#schedule(), again),
        text,
      );
      this.#fire("tee-verify-error", failure);
    }

    #fire(name: string, detail: unknown): void {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    }

    #show(content: HTMLElement, status: string): void {
      this.#held ||= this.#root.activeElement !== null;
      this.#content.replaceChildren(content);
      this.#status.textContent = status;
      // Whoever was in what is gone now goes on at the answer.
      const goal = content.querySelector<HTMLElement>("h2, button");
      if (!this.#held || goal === null) return;
      this.#held = false;
      if (document.activeElement === document.body || document.activeElement === this) goal.focus();
    }

    async #copy(button: HTMLElement): Promise<void> {
      const text = JSON.stringify(this.#verdict, null, 2);
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = texts.copied;
        this.#status.textContent = texts.copied;
      } catch {
        // Plain http has no clipboard, and a user may forbid it.
        const field = h("textarea", { readonly: true, rows: "8", "aria-label": texts.copyByHand });
        field.textContent = text;
        button.replaceWith(field);
        (field as HTMLTextAreaElement).select();
        field.focus();
      }
    }

    #idle(): HTMLElement {
      return dropZone({
        text: (text) => this.#takeText(text),
        files: (files) => this.#takeFiles(files),
      });
    }

    #take(evidence: EvidenceSource | undefined, beside: readonly Uint8Array[]): void {
      this.#turn++;
      this.#evidence = evidence;
      this.#beside = beside;
      this.#schedule();
    }

    #takeText(text: string): void {
      if (text.trim() !== "") this.#take(text.trim(), []);
    }

    #takeFiles(files: FileList): void {
      void this.#read(
        files,
        (bytes) => this.#isEvidence(bytes),
        ({ evidence, rest }) => this.#take(evidence, rest),
      );
    }

    /** Further endorsements for the evidence that is here. */
    #add(files: FileList): void {
      void this.#read(
        files,
        () => false,
        ({ evidence, rest }) => this.#take(this.#evidence, [...this.#beside, evidence, ...rest]),
      );
    }

    async #read(
      files: FileList,
      isEvidence: (bytes: Uint8Array) => boolean,
      take: (read: ReadFiles) => void,
    ): Promise<void> {
      const turn = ++this.#turn;
      const read = await readFiles(files, isEvidence);
      if (turn !== this.#turn) return;
      if ("failure" in read) this.#fail(read.failure, {});
      else take(read);
    }

    #isEvidence(bytes: Uint8Array): boolean {
      try {
        this.#verifier.inspect(bytes);
        return true;
      } catch {
        return false;
      }
    }

    /** Where an address is judged, what somebody drops on the card must not stand in for the agent's answer. */
    readonly #drag = (event: Event): void => {
      if (this.hasAttribute("src")) return;
      event.preventDefault();
      this.#content.classList.toggle("over", event.type === "dragover");
      const files = (event as DragEvent).dataTransfer?.files;
      if (event.type === "drop" && files !== undefined && files.length > 0) this.#takeFiles(files);
    };

    readonly #paste = (event: ClipboardEvent): void => {
      if (this.hasAttribute("src")) return;
      const { files } = event.clipboardData ?? {};
      const text = event.clipboardData?.getData("text/plain") ?? "";
      event.preventDefault();
      if (files !== undefined && files.length > 0) this.#takeFiles(files);
      else this.#takeText(text);
    };
  };
}

/** `2026-11-26T00:00:00.000Z` as a person writes it. */
function shortTime(at: string): string {
  const [date = at, time = ""] = at.split("T");
  return time.startsWith("00:00:00") ? date : `${date} ${time.slice(0, 5)} UTC`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
