// What each warning means, and what to do about it.

import { fill, h, setText } from '../parts/dom.js';
import { icon } from '../parts/icons.js';

export const title = (params) => (params.code ? `Warning ${params.code}` : 'Warnings explained');

/** The explanations, by code. */
export async function explained() {
  const r = await fetch('/console/warnings.json', { credentials: 'same-origin' });
  if (!r.ok) throw new Error('The explanations cannot be read');
  return new Map((await r.json()).map((w) => [w.code, w]));
}

export async function render(root, params) {
  const all = await explained();
  const chosen = params.code ? all.get(Number(params.code)) : null;
  const search = h('input', { type: 'search', 'aria-label': 'Search the warnings', placeholder: 'Code or words', spellcheck: 'false' });
  const list = h('div', { class: 'explained' });
  const count = h('p', { class: 'lead', role: 'status' });
  const draw = () => {
    const text = search.value.trim().toLowerCase();
    const shown = [...all.values()].filter((w) => `${w.code} ${w.title} ${w.means} ${w.do}`.toLowerCase().includes(text));
    setText(count, `${shown.length} of ${all.size}`);
    fill(list, shown.map((w) => card(w, false)));
  };
  if (params.code) {
    root.append(
      h('div', { class: 'page-head' }, h('div', {}, h('a', { class: 'back', href: '/console/debugger' }, icon('back', 14), 'Debugger'), h('h1', {}, `Warning ${params.code}`))),
      chosen ? card(chosen, true) : h('p', { class: 'empty' }, 'There is no such warning in this version.'),
      h('p', {}, h('a', { href: `/console/debugger?code=${encodeURIComponent(params.code)}` }, 'Where it was raised'), ' · ', h('a', { href: '/console/warnings' }, 'All warnings')));
    return;
  }
  root.append(h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, 'Warnings explained'), count), h('div', { class: 'page-tools' }, h('div', { class: 'search' }, icon('search', 16), search))), list);
  search.addEventListener('input', draw);
  draw();
}

const card = (w, alone) => h('section', { class: 'card card-body explanation' },
  h('h2', {}, !alone && h('a', { href: `/console/warnings/${w.code}` }, String(w.code)), !alone && ' ', w.title),
  h('p', {}, w.means), h('p', {}, h('strong', {}, 'What to do. '), w.do));
