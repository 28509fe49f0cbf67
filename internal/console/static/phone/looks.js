// How <confab-phone> looks. A constructed style sheet needs no permission of a
// Content-Security-Policy, and stays inside the element. Its colours are custom
// properties that a page may set; docs/browser-phone.md lists them.

export const looks = new CSSStyleSheet();
looks.replaceSync(`
:host {
  --_surface: var(--confab-phone-surface, light-dark(#ffffff, #171e29));
  --_sunk: var(--confab-phone-sunk, light-dark(#f1f4f8, #10161f));
  --_line: var(--confab-phone-line, light-dark(#dde3ec, #2a3547));
  --_text: var(--confab-phone-text, light-dark(#1c2637, #e7ecf4));
  --_soft: var(--confab-phone-soft, light-dark(#566279, #a9b5c8));
  --_accent: var(--confab-phone-accent, light-dark(#26704f, #58c08f));
  --_on-accent: var(--confab-phone-on-accent, light-dark(#ffffff, #08150f));
  --_bad: light-dark(#b3362e, #f08379);
  --_on-bad: light-dark(#ffffff, #2a0d0a);
  --_warn: light-dark(#94531e, #e0a066);
  --_focus: light-dark(#2c6fd6, #7db0ff);
  display: inline-block; width: 320px; max-width: 100%; vertical-align: top;
  font: 400 15px/1.4 var(--confab-phone-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif);
  color: var(--_text);
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="system"]) { color-scheme: light dark; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.phone {
  display: flex; flex-direction: column; gap: 14px; padding: 14px 16px 16px; overflow: hidden;
  background: var(--_surface); border: 1px solid var(--_line); border-radius: 18px;
  box-shadow: 0 1px 2px rgb(22 34 58 / 6%), 0 10px 30px rgb(22 34 58 / 9%);
}
.phone:focus { outline: none; }
:focus-visible { outline: 2px solid var(--_focus); outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; }
button:disabled { cursor: default; opacity: 0.45; }
svg { display: block; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }

.head { display: flex; align-items: center; gap: 8px; min-height: 30px; font-size: 13px; color: var(--_soft); }
.dot { width: 9px; height: 9px; border-radius: 50%; background: var(--_soft); flex: none; }
.dot[data-state="ready"] { background: var(--_accent); }
.dot[data-state="lost"], .dot[data-state="connecting"] { background: var(--_warn); }
.dot[data-state="refused"] { background: var(--_bad); }
.head .who { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.gear { display: grid; place-items: center; width: 30px; height: 30px; padding: 0; border: 0; border-radius: 9px; background: none; color: var(--_soft); }
.gear:hover, .gear[aria-expanded="true"] { background: var(--_sunk); color: var(--_text); }

.to { display: flex; align-items: center; height: 52px; border-bottom: 1px solid var(--_line); }
.to:focus-within { border-color: var(--_accent); box-shadow: 0 1px 0 var(--_accent); }
.to input { flex: 1; min-width: 0; height: 100%; padding: 0 2px; border: 0; background: none; text-align: center; font-size: 22px; font-weight: 500; letter-spacing: 0.01em; outline-offset: -3px; border-radius: 8px; font-variant-numeric: tabular-nums; }
.to input::placeholder { color: var(--_soft); font-size: 16px; font-weight: 400; opacity: 1; }
.to button { display: grid; place-items: center; width: 34px; height: 34px; padding: 0; border: 0; border-radius: 9px; background: none; color: var(--_soft); }
.to button:hover { background: var(--_sunk); }

.live { display: flex; flex-direction: column; align-items: center; gap: 2px; min-height: 76px; text-align: center; }
.live .name { max-width: 100%; font-size: 21px; font-weight: 600; line-height: 1.25; letter-spacing: -0.01em; overflow-wrap: anywhere; }
.live .state { color: var(--_soft); font-variant-numeric: tabular-nums; }
.live .digits { min-height: 1.4em; max-width: 100%; overflow: hidden; font-size: 17px; letter-spacing: 0.16em; font-variant-numeric: tabular-nums; direction: rtl; white-space: nowrap; }
.live .digits bdi { direction: ltr; }

.quality { display: inline-flex; align-items: flex-end; gap: 2px; height: 13px; }
.quality i { width: 4px; border-radius: 1px; background: var(--_line); }
.quality i:nth-child(1) { height: 5px; } .quality i:nth-child(2) { height: 9px; } .quality i:nth-child(3) { height: 13px; }
.quality[data-grade="good"] i { background: var(--_accent); }
.quality[data-grade="fair"] i:nth-child(-n+2) { background: var(--_warn); }
.quality[data-grade="poor"] i:first-child { background: var(--_bad); }
.hint { margin: -6px 0 0; text-align: center; font-size: 13px; color: var(--_warn); }

.pad { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; }
.pad button {
  display: flex; flex-direction: column; align-items: center; justify-content: center; height: 54px; padding: 0;
  border: 0; border-radius: 14px; background: var(--_sunk); font-size: 22px; font-weight: 500; line-height: 1.1;
  transition: background-color 90ms; touch-action: manipulation; user-select: none; -webkit-user-select: none;
}
.pad button:hover { background: color-mix(in srgb, var(--_sunk), var(--_text) 6%); }
.pad button:active, .pad button.down { background: color-mix(in srgb, var(--_sunk), var(--_accent) 32%); }
.pad button::after { content: attr(data-letters) / ""; min-height: 12px; font-size: 9.5px; font-weight: 600; letter-spacing: 0.13em; line-height: 1.2; color: var(--_soft); }

.tools { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 8px; }
.tools button {
  display: flex; align-items: center; justify-content: center; gap: 7px; height: 42px; padding: 0 10px;
  border: 1px solid var(--_line); border-radius: 12px; background: none; font-size: 14.5px; font-weight: 550;
}
.tools button:hover { background: var(--_sunk); }
.tools button[aria-pressed="true"] { border-color: transparent; background: light-dark(#fbeedd, #3a2a18); color: var(--_warn); }
.go { display: flex; align-items: center; justify-content: center; gap: 9px; height: 50px; padding: 0 18px; border: 0; border-radius: 14px; font-size: 16.5px; font-weight: 620; }
.call { background: var(--_accent); color: var(--_on-accent); }
.hang { background: var(--_bad); color: var(--_on-bad); }
.hang svg { rotate: 135deg; }
.go:not(:disabled):hover { filter: brightness(1.08); }

.voice { display: flex; align-items: center; gap: 9px; color: var(--_soft); }
.meter { flex: 1; height: 6px; border-radius: 3px; background: var(--_sunk); overflow: hidden; }
.meter i { display: block; width: 100%; height: 100%; border-radius: 3px; background: var(--_accent); transform: scaleX(var(--level, 0)); transform-origin: left; transition: transform 90ms linear; }
.meter[data-off] i { transform: scaleX(0); }

.settings { display: grid; gap: 10px; padding: 12px; border-radius: 14px; background: var(--_sunk); }
.settings label { display: grid; gap: 4px; font-size: 13px; color: var(--_soft); }
.settings select { width: 100%; height: 36px; padding: 0 8px; border: 1px solid var(--_line); border-radius: 9px; background: var(--_surface); color: var(--_text); text-overflow: ellipsis; }
.settings .try { height: 34px; border: 1px solid var(--_line); border-radius: 9px; background: var(--_surface); }

.trouble { margin: 0; padding: 9px 12px; border-radius: 12px; background: light-dark(#fcebe9, #3a1f1f); color: light-dark(#8e2620, #f4a9a2); font-size: 14px; }
.trouble:empty { display: none; }

.ring { display: grid; gap: 12px; margin: -14px -16px 0; padding: 18px 16px; background: light-dark(#e3f1ea, #173328); text-align: center; }
.ring p { margin: 0; }
.ring .name { font-size: 20px; font-weight: 620; overflow-wrap: anywhere; }
.ring .what { color: var(--_soft); font-size: 14px; }
.ring .both { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; }
.bell { display: grid; place-items: center; width: 46px; height: 46px; margin: 0 auto -4px; border-radius: 50%; background: var(--_accent); color: var(--_on-accent); }
@media (prefers-reduced-motion: no-preference) {
  .bell svg { animation: swing 1.3s ease-in-out infinite; transform-origin: 50% 20%; }
  @keyframes swing { 0%, 55%, 100% { rotate: 0deg; } 10%, 30%, 50% { rotate: 14deg; } 20%, 40% { rotate: -14deg; } }
}
@media (forced-colors: active) { .pad button, .go { border: 1px solid; } .meter i, .dot { forced-color-adjust: none; } }
`);
