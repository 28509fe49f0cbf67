// Keys of the keyboard: what they do, and a page that tells.

import { h } from './dom.js';
import { openDialog } from './dialog.js';

const bindings = new Map(); // key → {what, run, group}

/** Binds a key ('m', '?', 'Escape', 'g n' for two in turn); returns how to unbind it. */
export function bindKey(key, what, run, group = 'This page') {
  bindings.set(key, { what, run, group });
  return () => { if (bindings.get(key)?.run === run) bindings.delete(key); };
}

const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

let before = '';
let beforeAt = 0;

/** Listens for keys; once, by the shell. */
export function listenForKeys() {
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || typing(e.target) || document.querySelector('dialog[open]')) return;
    const two = performance.now() - beforeAt < 1200 ? bindings.get(`${before} ${e.key}`) : null;
    before = e.key;
    beforeAt = performance.now();
    const found = two ?? bindings.get(e.key);
    if (!found) return;
    e.preventDefault();
    found.run(e);
  });
  bindKey('?', 'Show these shortcuts', showKeys, 'Everywhere');
}

/** Shows which keys do what. */
export function showKeys() {
  const groups = new Map();
  for (const [key, b] of bindings) groups.set(b.group, [...(groups.get(b.group) ?? []), [key, b.what]]);
  const d = openDialog({
    title: 'Keyboard shortcuts',
    content: h('div', {},
      [...groups].map(([name, list]) => h('section', { class: 'keys' }, h('h3', {}, name),
        h('dl', {}, list.map(([key, what]) => h('div', {}, h('dt', {}, key.split(' ').map((k, i) => [i > 0 && ' ', h('kbd', {}, k)])), h('dd', {}, what)))))),
      h('div', { class: 'actions' }, h('button', { class: 'primary', onclick: () => d.close() }, 'Close'))),
  });
}
