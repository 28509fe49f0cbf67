// XML as people read it: indented and coloured. The text is parsed and built anew
// of nodes, so that nothing in it is ever markup of the page.

import { h } from './dom.js';

const mostNodes = 4000;

/** A node that shows a document: as XML where it is well-formed, else as it came. */
export function xmlView(text) {
  const node = h('pre', { class: 'source', tabindex: '0' });
  const root = parse(text);
  if (!root) { node.append(text); return node; }
  const declaration = /^\s*(<\?xml[^>]*\?>)/.exec(text)?.[1];
  if (declaration) node.append(h('span', { class: 'x-soft' }, declaration), '\n');
  const budget = { left: mostNodes };
  element(node, root, 0, budget);
  if (budget.left <= 0) node.append(h('span', { class: 'x-soft' }, '\n… too long to be shown in full'));
  return node;
}

function parse(text) {
  if (!/^\s*</.test(text)) return null;
  const doc = new DOMParser().parseFromString(text, 'text/xml');
  return doc.getElementsByTagName('parsererror').length > 0 ? null : doc.documentElement;
}

const pad = (depth) => '  '.repeat(Math.min(depth, 40));

function element(out, e, depth, budget) {
  if (budget.left-- <= 0) return;
  out.append(pad(depth), '<', h('span', { class: 'x-name' }, e.nodeName));
  for (const a of e.attributes) {
    out.append(' ', h('span', { class: 'x-attr' }, a.name), '=', h('span', { class: 'x-value' }, `"${escape(a.value).replaceAll('"', '&quot;')}"`));
  }
  const children = [...e.childNodes].filter((n) => n.nodeType !== Node.TEXT_NODE || n.data.trim() !== '');
  if (children.length === 0) { out.append('/>'); return; }
  out.append('>');
  if (children.every((n) => n.nodeType === Node.TEXT_NODE || n.nodeType === Node.CDATA_SECTION_NODE)) {
    out.append(h('span', { class: 'x-text' }, children.map((n) => escape(n.data.trim())).join(' ')));
  } else {
    for (const n of children) {
      if (budget.left <= 0) break;
      out.append('\n');
      if (n.nodeType === Node.ELEMENT_NODE) element(out, n, depth + 1, budget);
      else if (n.nodeType === Node.COMMENT_NODE) out.append(pad(depth + 1), h('span', { class: 'x-soft' }, `<!--${n.data}-->`));
      else out.append(pad(depth + 1), h('span', { class: 'x-text' }, escape((n.data ?? '').trim())));
    }
    out.append('\n', pad(depth));
  }
  out.append('</', h('span', { class: 'x-name' }, e.nodeName), '>');
}

const escape = (s) => s.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
