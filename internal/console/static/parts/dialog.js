// Dialogs, by the browser's own element: focus stays in them and returns.

import { h } from './dom.js';

/**
 * Opens a dialog with a title and content; returns it. close(value) closes it;
 * its promise `closed` has the value, or null when it was left.
 */
export function openDialog({ title, content, wide = false, className = '' }) {
  const heading = h('h2', { id: 'dialog-' + Math.random().toString(36).slice(2) }, title);
  const node = h('dialog', { class: `dialog ${wide ? 'wide' : ''} ${className}`, 'aria-labelledby': heading.id }, heading, content);
  let value = null;
  const closed = new Promise((done) => node.addEventListener('close', () => { node.remove(); done(value); }));
  node.addEventListener('click', (e) => { if (e.target === node) node.close(); });
  document.body.append(node);
  node.showModal();
  return { node, closed, close(v = null) { value = v; node.close(); } };
}

/** Asks before something is done; true when it is wanted. */
export async function confirm({ title, body = '', action = 'OK', danger = false }) {
  const d = openDialog({
    title,
    content: h('form', { method: 'dialog', onsubmit: (e) => { e.preventDefault(); d.close(true); } },
      body && h('p', {}, body),
      h('div', { class: 'actions' },
        h('button', { type: 'button', onclick: () => d.close(false) }, 'Cancel'),
        h('button', { type: 'submit', class: danger ? 'danger' : 'primary', autofocus: true }, action))),
  });
  return (await d.closed) === true;
}

/**
 * Asks for a text; null when it was left. check(text) may return what is wrong
 * with it.
 */
export async function ask({ title, label, value = '', action = 'OK', hint = '', multiline = false, maxlength = 0, check = () => '' }) {
  const wrong = h('p', { class: 'field-error', role: 'alert' });
  const id = 'ask-' + Math.random().toString(36).slice(2);
  const input = h(multiline ? 'textarea' : 'input', {
    id, value, rows: multiline ? 3 : null, maxlength: maxlength || null, autocomplete: 'off', spellcheck: multiline ? 'true' : 'false',
    onkeydown: (e) => { if (multiline && e.key === 'Enter' && (e.ctrlKey || e.metaKey)) form.requestSubmit(); },
  });
  const form = h('form', {
    onsubmit: (e) => {
      e.preventDefault();
      const bad = check(input.value);
      wrong.textContent = bad;
      if (!bad) d.close(input.value);
      else input.focus();
    },
  },
  h('label', { class: 'field', for: id }, h('span', {}, label), input), hint && h('p', { class: 'hint' }, hint), wrong,
  h('div', { class: 'actions' },
    h('button', { type: 'button', onclick: () => d.close(null) }, 'Cancel'),
    h('button', { type: 'submit', class: 'primary' }, action)));
  const d = openDialog({ title, content: form });
  input.focus();
  input.select();
  return d.closed;
}
