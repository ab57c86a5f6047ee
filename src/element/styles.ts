/** Styles of the component. Every colour and the fonts are custom properties, with a light and a dark default of AA contrast. */

export const styles: string = `
:host {
  --tv-font: var(--tee-verify-font, system-ui, sans-serif);
  --tv-mono: var(--tee-verify-mono, ui-monospace, monospace);
  --tv-text: var(--tee-verify-text, light-dark(#1a1d21, #e8ebef)); --tv-faint: var(--tee-verify-faint, light-dark(#555d66, #a7b0ba));
  --tv-surface: var(--tee-verify-surface, light-dark(#fff, #15181c)); --tv-line: var(--tee-verify-line, light-dark(#d5dae0, #363d46));
  --tv-accent: var(--tee-verify-accent, light-dark(#1f5fbf, #8ab8ff));
  --tv-good: var(--tee-verify-good, light-dark(#0b6b3a, #63d69b)); --tv-good-ground: var(--tee-verify-good-ground, light-dark(#e9f6ee, #10271b));
  --tv-bad: var(--tee-verify-bad, light-dark(#a81019, #ff9b9b)); --tv-bad-ground: var(--tee-verify-bad-ground, light-dark(#fdeeee, #331618));
  --tv-unknown: var(--tee-verify-unknown, light-dark(#6f4800, #f0bd5a)); --tv-unknown-ground: var(--tee-verify-unknown-ground, light-dark(#fdf5e3, #2b2210));
  --tv-radius: var(--tee-verify-radius, 14px);
  color-scheme: light dark; display: block; color: var(--tv-text); font: 16px/1.5 var(--tv-font); text-align: start;
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.sr { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.card { background: var(--tv-surface); border: 1px solid var(--tv-line); border-radius: var(--tv-radius); overflow: hidden; --tone: var(--tv-faint); --ground: var(--tv-surface); }
.good { --tone: var(--tv-good); } .bad { --tone: var(--tv-bad); } .unknown { --tone: var(--tv-unknown); } .plain { --tone: var(--tv-faint); }
.card.good { --ground: var(--tv-good-ground); } .card.bad { --ground: var(--tv-bad-ground); } .card.unknown { --ground: var(--tv-unknown-ground); }
.card.good, .card.bad { border-color: var(--tone); } .card.unknown, .card.error { border: 1px dashed var(--tone); }
p { margin: 0; overflow-wrap: anywhere; }
.drop { display: grid; gap: 14px; justify-items: center; padding: 36px 24px; text-align: center; border: 2px dashed var(--tv-line); }
.over .drop { border-color: var(--tv-accent); }
.title { font-size: 19px; font-weight: 600; }
.faint { color: var(--tv-faint); font-size: 14px; max-width: 52ch; }
textarea { width: 100%; font: 13px/1.5 var(--tv-mono); color: inherit; background: transparent; border: 1px solid var(--tv-faint); border-radius: 8px; padding: 8px 10px; }
.drop textarea { max-width: 44ch; }
textarea::placeholder { color: var(--tv-faint); opacity: 1; font-family: var(--tv-font); }
.busy { padding: 32px 24px; display: flex; gap: 14px; align-items: center; }
.spinner { width: 22px; height: 22px; border: 3px solid var(--tv-line); border-top-color: var(--tv-accent); border-radius: 50%; animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .spinner { animation: none; } }
header { display: grid; grid-template-columns: auto 1fr; column-gap: 18px; padding: 24px; background: var(--ground); }
header > * { grid-column: 2; } header > .mark { grid-column: 1; grid-row: 1 / span 9; align-self: start; width: 56px; height: 56px; }
h2 { margin: 0; font-size: 24px; line-height: 1.25; color: var(--tone); overflow-wrap: anywhere; }
.label { font-size: 12px; font-weight: 600; letter-spacing: .06em; color: var(--tv-faint); }
header p + p { margin-top: 6px; } .label { margin-top: 2px; }
.given { font-weight: 600; }
.mark .shape { fill: none; stroke: var(--tone); stroke-width: 2.5; }
.mark .sign { fill: none; stroke: var(--tone); stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
.mark.good .shape { fill: var(--tone); } .mark.good .sign { stroke: var(--tv-surface); }
.questions { display: grid; grid-template-columns: repeat(3, 1fr); margin: 0; border-block: 1px solid var(--tv-line); }
.questions > div { padding: 16px 20px; } .questions > div + div { border-inline-start: 1px solid var(--tv-line); }
.questions dt { font-weight: 600; display: flex; gap: 10px; line-height: 1.35; }
.questions dd { margin: 4px 0 0 32px; color: var(--tv-faint); font-size: 15px; line-height: 1.4; }
.questions .mark, li .mark { width: 22px; height: 22px; flex: none; }
.body { padding: 8px 24px 16px; }
h3 { margin: 18px 0 8px; font-size: 16px; }
ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 12px; }
li { overflow-wrap: anywhere; } li[data-check] { display: grid; grid-template-columns: 22px 1fr; gap: 0 10px; } li > * { grid-column: 2; } li > .mark { grid-column: 1; grid-row: 1 / span 2; }
li p, .limits li { color: var(--tv-faint); font-size: 15px; }
.limits { padding-inline-start: 18px; list-style: disc; gap: 6px; }
a { color: var(--tv-accent); }
.pick { margin: 0; } li + .pick, ul + .pick { margin-top: 14px; }
details { border-top: 1px solid var(--tv-line); margin-top: 14px; padding-top: 6px; } details + details { margin-top: 6px; }
summary { cursor: pointer; font-weight: 600; padding: 8px 0; }
.values { display: grid; grid-template-columns: minmax(6em, max-content) 1fr; gap: 6px 16px; margin: 6px 0 8px; font-size: 14px; }
.values dt { color: var(--tv-faint); } .values dd { margin: 0; overflow-wrap: anywhere; unicode-bidi: isolate; }
.value { font: 13px/1.5 var(--tv-mono); }
footer { display: flex; flex-wrap: wrap; gap: 10px; padding: 4px 24px 22px; } .error footer { padding-top: 0; }
button { font: inherit; color: var(--tv-accent); background: none; border: 1px solid currentColor; border-radius: 10px; padding: 8px 16px; min-height: 44px; cursor: pointer; }
button:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--tv-accent); outline-offset: 2px; } h2:focus { outline: none; }
@media (max-width: 620px) {
  .questions { grid-template-columns: 1fr; } .questions > div { padding: 12px 20px; }
  .questions > div + div { border-inline-start: 0; border-top: 1px solid var(--tv-line); }
  header { padding: 20px; column-gap: 14px; } header > .mark { width: 40px; height: 40px; } h2 { font-size: 21px; }
  .body, footer { padding-inline: 20px; }
  .values { grid-template-columns: 1fr; gap: 0; } .values dd { margin-bottom: 8px; }
}
@media (forced-colors: active) { .mark .shape, .mark .sign { stroke: CanvasText; } .mark.good .shape { fill: Canvas; } .mark.good .sign { stroke: CanvasText; } }
`;
