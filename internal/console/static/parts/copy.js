// Copying and downloading.

import { session } from '../api.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { complain } from './toast.js';

/** A button that copies text() to the clipboard; label says what. */
export function copyButton(text, label, { words = '' } = {}) {
  const button = h('button', { type: 'button', class: `ghost small ${words ? '' : 'icon-only'}`, 'aria-label': words ? null : label, title: label });
  const show = (done) => fill(button, icon(done ? 'check' : 'copy', 15), words && h('span', {}, done ? 'Copied' : words));
  let back = 0;
  button.addEventListener('click', async (e) => {
    e.preventDefault();
    e.stopPropagation();
    try {
      await copy(await (typeof text === 'function' ? text() : text));
      show(true);
      button.setAttribute('aria-label', `${label}: copied`);
      clearTimeout(back);
      back = setTimeout(() => { show(false); if (words) button.removeAttribute('aria-label'); else button.setAttribute('aria-label', label); }, 1600);
    } catch (err) { complain(err); }
  });
  show(false);
  return button;
}

// Where the page does not come over TLS or from this machine, browsers have no
// clipboard for it, but still the command.
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) { await navigator.clipboard.writeText(text); return; }
  const area = h('textarea', { class: 'sr', 'aria-hidden': 'true', value: text });
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('The browser does not let the page copy: select the text and copy it');
}

/** Saves a text as a file. */
export function saveText(name, text, type = 'application/json') {
  save(name, new Blob([text], { type }));
}

/** Fetches a file with the session's rights and saves it. */
export async function download(url, name) {
  const r = await fetch(url, { headers: { 'X-Confab-CSRF': session.csrf || '-' }, cache: 'no-store', credentials: 'same-origin' });
  if (!r.ok) throw new Error((await r.json().catch(() => null))?.message || `The switch answered ${r.status}`);
  save(name, await r.blob());
}

/** Fetches a sound with the session's rights; returns an address for an audio element, to be revoked. */
export async function soundOf(url, signal) {
  const r = await fetch(url, { headers: { 'X-Confab-CSRF': session.csrf || '-' }, cache: 'no-store', credentials: 'same-origin', signal });
  if (!r.ok) throw new Error((await r.json().catch(() => null))?.message || `The switch answered ${r.status}`);
  return URL.createObjectURL(await r.blob());
}

function save(name, blob) {
  const url = URL.createObjectURL(blob);
  const a = h('a', { href: url, download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

