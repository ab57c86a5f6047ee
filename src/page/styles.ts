/** Styles of the page around the card. */

export const pageStyles = `
:root { color-scheme: light dark; --text: light-dark(#1a1d21, #e8ebef); --faint: light-dark(#555d66, #a7b0ba); --ground: light-dark(#eef1f4, #0e1013); --surface: light-dark(#fff, #15181c); --line: light-dark(#c3cad2, #3b434d); --accent: light-dark(#1f5fbf, #8ab8ff); }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 820px; margin: 0 auto; padding: 32px 16px 64px; display: grid; gap: 20px; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; } h2 { font-size: 17px; margin: 0 0 4px; }
.lead { margin: 0; color: var(--faint); max-width: 60ch; }
form { display: grid; grid-template-columns: 1fr 1fr; gap: 14px 16px; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 20px; }
.field:first-child { grid-column: 1 / -1; }
label { font-weight: 600; display: block; } .hint { margin: 2px 0 0; font-size: 13px; color: var(--faint); }
input, textarea { width: 100%; box-sizing: border-box; font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; min-height: 40px; }
button { grid-column: 1 / -1; justify-self: start; font: inherit; font-weight: 600; color: light-dark(#fff, #0e1013); background: var(--accent); border: 0; border-radius: 8px; padding: 10px 22px; min-height: 44px; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.map details, .help { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; }
.help p { margin: 0; color: var(--faint); }
summary { cursor: pointer; font-weight: 600; }
.scroll { overflow-x: auto; margin-top: 10px; }
table { border-collapse: collapse; font-size: 13px; width: 100%; } th, td { text-align: start; vertical-align: top; padding: 6px 10px 6px 0; border-top: 1px solid var(--line); font-weight: 400; } thead th { font-weight: 600; } td p { margin: 0; }
.value { font-family: ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; min-width: 9ch; }
td.value:nth-child(3) { min-width: 20ch; }
@media (max-width: 560px) { form { grid-template-columns: 1fr; } }
`;
