// Before anything is drawn: the theme that was chosen, or the system's.
'use strict';
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem('confab.theme'); } catch { /* storage is shut: the system's */ }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
