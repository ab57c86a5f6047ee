/** Styles of the component. Every colour and the font are custom properties, with a light and a dark default of AA contrast. */

export const styles = `
:host {
  --tv-font: var(--tee-verify-font, system-ui, sans-serif);
  --tv-mono: var(--tee-verify-mono, ui-monospace, "SF Mono", Menlo, Consolas, monospace);
  --tv-text: var(--tee-verify-text, #1a1d21);
  --tv-faint: var(--tee-verify-faint, #555d66);
  --tv-surface: var(--tee-verify-surface, #ffffff);
  --tv-raised: var(--tee-verify-raised, #f4f6f8);
  --tv-line: var(--tee-verify-line, #d5dae0);
  --tv-accent: var(--tee-verify-accent, #1f5fbf);
  --tv-good: var(--tee-verify-good, #0b6b3a);
  --tv-bad: var(--tee-verify-bad, #b3131b);
  --tv-unknown: var(--tee-verify-unknown, #7a4f00);
  --tv-radius: var(--tee-verify-radius, 12px);
  display: block; color: var(--tv-text); font: 16px/1.5 var(--tv-font); text-align: start;
}
@media (prefers-color-scheme: dark) {
  :host {
    --tv-text: var(--tee-verify-text, #e8ebef);
    --tv-faint: var(--tee-verify-faint, #a7b0ba);
    --tv-surface: var(--tee-verify-surface, #15181c);
    --tv-raised: var(--tee-verify-raised, #1e2228);
    --tv-line: var(--tee-verify-line, #363d46);
    --tv-accent: var(--tee-verify-accent, #8ab8ff);
    --tv-good: var(--tee-verify-good, #63d69b);
    --tv-bad: var(--tee-verify-bad, #ff8f8f);
    --tv-unknown: var(--tee-verify-unknown, #f0bd5a);
  }
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.card { background: var(--tv-surface); border: 1px solid var(--tv-line); border-radius: var(--tv-radius); overflow: hidden; }
.drop { display: grid; gap: 12px; justify-items: center; padding: 40px 24px; text-align: center; border-style: dashed; }
.drop.over { border-color: var(--tv-accent); background: var(--tv-raised); }
.faint { color: var(--tv-faint); font-size: 14px; margin: 0; }
.busy { padding: 32px 24px; display: flex; gap: 12px; align-items: center; }
.spinner { width: 20px; height: 20px; border: 3px solid var(--tv-line); border-top-color: var(--tv-accent); border-radius: 50%; animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .spinner { animation: none; } }
header { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; padding: 24px; border-inline-start: 6px solid var(--tone); background: var(--tv-raised); }
.good { --tone: var(--tv-good); } .bad { --tone: var(--tv-bad); } .unknown { --tone: var(--tv-unknown); }
.unknown header { border-inline-start-style: dashed; }
.mark { width: 44px; height: 44px; grid-row: span 2; }
.shape { fill: none; stroke: var(--tone); stroke-width: 2; }
.good .shape { fill: var(--tone); } .good .sign { stroke: var(--tv-surface); }
.unknown .shape { stroke-dasharray: 3 2; }
.sign { fill: none; stroke: var(--tone); stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
h2 { margin: 0; font-size: 20px; line-height: 1.3; color: var(--tone); overflow-wrap: anywhere; }
header p { margin: 0; grid-column: 2; }
.body { padding: 8px 24px 20px; display: grid; gap: 4px; }
h3 { margin: 16px 0 4px; font-size: 15px; }
ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 10px; }
li { overflow-wrap: anywhere; }
li strong { display: block; }
.tick::before, .cross::before, .query::before { display: inline-block; width: 22px; font-weight: 700; }
.tick::before { content: "\\2713"; color: var(--tv-good); }
.cross::before { content: "\\2715"; color: var(--tv-bad); }
.query::before { content: "?"; color: var(--tv-unknown); }
.text { color: var(--tv-faint); margin: 0; }
details { border-top: 1px solid var(--tv-line); padding-top: 8px; margin-top: 12px; }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
dl { display: grid; grid-template-columns: minmax(7em, max-content) 1fr; gap: 4px 16px; margin: 8px 0 0; }
dt { color: var(--tv-faint); } dd { margin: 0; overflow-wrap: anywhere; }
.value { font: 13px/1.5 var(--tv-mono); }
footer { display: flex; flex-wrap: wrap; gap: 8px; padding: 0 24px 20px; }
button { font: inherit; color: var(--tv-accent); background: none; border: 1px solid var(--tv-line); border-radius: 8px; padding: 8px 14px; min-height: 40px; cursor: pointer; }
button:hover { background: var(--tv-raised); }
:focus-visible { outline: 3px solid var(--tv-accent); outline-offset: 2px; }
input[type=file] { position: absolute; width: 1px; height: 1px; opacity: 0; }
@media (max-width: 480px) { header { grid-template-columns: 1fr; } header p { grid-column: 1; } .mark { grid-row: auto; } dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; } }
`;
