/** Styles of the page around the card. */

export const pageStyles: string = `
:root { color-scheme: light dark; --text: light-dark(#1a1d21, #e8ebef); --faint: light-dark(#555d66, #a7b0ba); --ground: light-dark(#f1f3f6, #0c0e11); --surface: light-dark(#fff, #15181c); --line: light-dark(#d5dae0, #363d46); --edge: light-dark(#7b8591, #77818c); --accent: light-dark(#1f5fbf, #8ab8ff); }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 36px 16px 64px; display: grid; grid-template-columns: minmax(0, 1fr); gap: 20px; }
h1 { margin: 0 0 6px; font-size: 30px; line-height: 1.2; letter-spacing: -.01em; } h2 { font-size: 17px; margin: 0; }
.lead { margin: 0; color: var(--faint); max-width: 64ch; }
form, .map, .help { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 20px 24px; }
form { display: grid; gap: 14px; }
.row { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px 20px; } details .row { margin-top: 10px; }
label { font-weight: 600; display: block; margin-bottom: 4px; } .hint { margin: 4px 0 0; font-size: 14px; line-height: 1.4; color: var(--faint); }
input, textarea { width: 100%; box-sizing: border-box; font: 14px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; color: inherit; background: transparent; border: 1px solid var(--edge); border-radius: 8px; padding: 9px 11px; min-height: 44px; }
::placeholder { color: var(--faint); opacity: 1; }
.ask { display: flex; gap: 10px; } .ask input { flex: 1; min-width: 0; }
button { font: inherit; font-weight: 600; color: light-dark(#fff, #0c0e11); background: var(--accent); border: 0; border-radius: 10px; padding: 9px 18px; min-height: 44px; cursor: pointer; white-space: nowrap; }
.link { display: block; color: var(--accent); background: none; padding: 2px 0; min-height: 24px; border-radius: 4px; font-weight: 400; font-size: 13px; text-align: start; white-space: normal; text-decoration: underline; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.help p, .help ul { margin: 6px 0 0; color: var(--faint); max-width: 72ch; } .help ul { padding-inline-start: 20px; }
summary { cursor: pointer; font-weight: 600; }
.scroll { overflow-x: auto; margin-top: 14px; }
table { border-collapse: collapse; font-size: 13px; line-height: 1.45; width: 100%; min-width: 720px; } caption { text-align: start; font-weight: 600; padding-bottom: 6px; }
th, td { text-align: start; vertical-align: top; padding: 7px 12px 7px 0; border-top: 1px solid var(--line); font-weight: 400; } thead th { font-weight: 600; } tbody th { overflow-wrap: anywhere; max-width: 16ch; }
.value { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12px; overflow-wrap: anywhere; }
td.value:nth-child(3) { width: 34ch; }
@media (max-width: 620px) { main { padding-top: 24px; } .row { grid-template-columns: minmax(0, 1fr); } .ask { flex-wrap: wrap; } .ask input { flex-basis: 100%; } form, .map, .help { padding: 18px 20px; } h1 { font-size: 26px; } }
`;
