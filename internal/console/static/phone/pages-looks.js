// How the console's pages of the phone look, by the console's own tokens.

export const page = new CSSStyleSheet();
page.replaceSync(`
.phone-corner { position: fixed; right: 20px; bottom: 20px; z-index: 40; max-height: calc(100vh - 40px); overflow: auto; border-radius: 18px; box-shadow: var(--shadow-high); }
@media (max-width: 560px) { .phone-corner { right: 8px; left: 8px; bottom: 8px; } .phone-corner confab-phone { width: 100%; } }
body:has(.phone-corner:not([hidden])) .toasts { top: 20px; bottom: auto; }
confab-phone { --confab-phone-font: var(--font); }

.start { display: grid; grid-template-columns: minmax(0, 1fr); gap: 22px; max-width: 1180px; }
.start-head p { max-width: 62ch; margin-top: 6px; color: var(--soft); font-size: 1.07rem; }
.start-call { display: grid; grid-template-columns: minmax(0, 640px) 320px; gap: clamp(24px, 5vw, 72px); align-items: start; }
.steps { list-style: none; margin: 0; padding: 0; display: grid; counter-reset: step; }
.step { position: relative; display: grid; grid-template-columns: 34px minmax(0, 1fr); gap: 4px 16px; padding-bottom: 26px; counter-increment: step; }
.step:not(:last-child)::before { content: ""; position: absolute; left: 16px; top: 38px; bottom: 4px; width: 2px; background: var(--line); }
.step[data-done]:not(:last-child)::before { background: var(--accent); }
.step-mark { display: grid; place-items: center; width: 34px; height: 34px; border-radius: 50%; border: 2px solid var(--line-strong); background: var(--surface); font-weight: 650; }
.step-mark::before { content: counter(step); }
.step[data-now] .step-mark { border-color: var(--accent); color: var(--accent); box-shadow: 0 0 0 4px var(--accent-soft); }
.step[data-done] .step-mark { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.step[data-done] .step-mark::before { content: "✓"; }
.step h2 { padding-top: 5px; font-size: 1.17rem; }
.step .what { grid-column: 2; display: grid; gap: 10px; justify-items: start; color: var(--soft); max-width: 58ch; }
.step .what kbd { font-size: 1rem; color: var(--text); }
.start-done { padding: 14px 18px; border-radius: var(--radius); background: var(--accent-soft); color: var(--accent-strong); font-weight: 580; }
.start-more { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: var(--gap); }
.start-more > :last-child { grid-column: 1 / -1; }
.way { display: grid; grid-template-columns: minmax(0, 1fr); align-content: start; gap: 12px; padding: 18px 20px 20px; }
.way h3 { display: flex; align-items: center; gap: 9px; font-size: 1.08rem; }
.way h3 .icon { color: var(--accent); }
.way p { color: var(--soft); }
.settings-list { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 7px 14px; align-items: center; }
.settings-list dt { color: var(--soft); font-size: 0.93rem; }
.settings-list dd { margin: 0; min-width: 0; display: flex; align-items: center; gap: 4px; }
.settings-list dd code { overflow-wrap: anywhere; }
.snippet { position: relative; min-width: 0; }
.snippet pre { padding-right: 44px; font-size: 0.86rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.snippet > button { position: absolute; top: 5px; right: 5px; background: var(--sunk); }
.way ol { margin: 0; padding-left: 1.3em; display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; color: var(--soft); }
.way ol > li { padding-left: 2px; }
.way ol .snippet { margin-top: 6px; color: var(--text); }

.phone-page { display: grid; grid-template-columns: 320px minmax(0, 1fr); gap: 32px; align-items: start; max-width: 1100px; }
.phone-side { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--gap); }
.phone-side .card { padding: 18px 20px; display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
.phone-side .card p { color: var(--soft); }
.phone-side form.inline { display: flex; gap: 8px; align-items: end; flex-wrap: wrap; }
.phone-side form.inline .field { flex: 1; min-width: 180px; }
@media (max-width: 700px) {
  .start-call, .start-more, .phone-page { grid-template-columns: minmax(0, 1fr); gap: 22px; }
  .start-phone, .phone-stage { display: grid; justify-items: center; }
  .start-phone { order: -1; }
  .start-phone confab-phone, .phone-stage confab-phone { width: min(100%, 400px); }
}
`);
