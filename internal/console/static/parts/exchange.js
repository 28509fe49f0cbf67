// What was asked of an application and what it answered.

import { h } from './dom.js';
import { httpBadge, offset, pairs, span } from './facts.js';
import { xmlView } from './xml.js';
import { atTime } from './time.js';

/** The body of an answer: XML where it is, else text. */
export function bodyView(body, type = '') {
  if (!body) return h('p', { class: 'soft' }, 'The body is empty, or is not text.');
  if (/xml/.test(type) || /^\s*<(\?xml|Response)/.test(body)) return xmlView(body);
  if (/json/.test(type)) {
    try { return h('pre', { class: 'source', tabindex: '0' }, JSON.stringify(JSON.parse(body), null, 2)); } catch { /* as it came */ }
  }
  return h('pre', { class: 'source', tabindex: '0' }, body);
}

/** A part of something unfolded: a heading and what is below it. */
export const part = (title, ...content) => h('section', { class: 'part' }, h('h3', {}, title), content);

/** Attempts of one request, in order. Where it went is said of the first, and of those that went elsewhere. */
export function attempts(list, begin = null) {
  return h('ol', { class: 'tries' }, list.map((a, i) => h('li', {},
    h('div', { class: 'row' }, httpBadge(a.status, a.error || a.code), h('span', { class: 'soft' }, begin === null ? atTime(a.time) : offset(Date.parse(a.time) - begin), `, took ${span(a.took_ms)}`),
      a.code > 0 && h('a', { href: `/console/warnings/${a.code}` }, String(a.code))),
    a.url !== list[i - 1]?.url && h('div', { class: 'mono wrap' }, `${a.method} ${a.url}`),
    a.error && !a.status && h('p', { class: 'bad-text' }, a.error),
    (a.body || Object.keys(a.headers ?? {}).length > 0) && h('details', { class: 'inner', open: i === list.length - 1 }, h('summary', {}, 'Answer'),
      a.body && bodyView(a.body, a.headers?.['Content-Type'] ?? ''), Object.keys(a.headers ?? {}).length > 0 && pairs(a.headers, 'Headers')))));
}

const states = { delivered: 'good', waiting: '', trying: 'info', parked: 'bad', due: 'info' };
const words = { delivered: 'delivered', waiting: 'waiting for its turn', trying: 'being sent', parked: 'given up', due: 'sent again soon' };

/** Where a webhook stands, as a badge. */
export const stateBadge = (state) => h('span', { class: `badge ${states[state] ?? ''}` }, words[state] ?? state);

/**
 * A webhook to unfold: its form and each attempt. replay, if given, makes the button
 * of one that was given up.
 */
export function webhookView(w, { begin = null, replay = null } = {}) {
  const last = w.attempts.at(-1);
  return h('details', { class: 'unfold', 'data-key': w.position },
    h('summary', {},
      h('span', { class: 'u-time' }, begin === null ? atTime(w.time) : offset(Date.parse(w.time) - begin)),
      h('span', { class: 'u-main' }, h('strong', {}, w.event), h('span', { class: 'u-sub mono' }, `${w.method} ${w.url}`)),
      h('span', { class: 'u-side' }, last && httpBadge(last.status, last.error || last.code), w.attempts.length > 1 && h('span', { class: 'badge warn' }, `${w.attempts.length} attempts`), stateBadge(w.state))),
    h('div', { class: 'unfolded' },
      replay && w.state === 'parked' && h('div', { class: 'row' }, replay),
      part('What was sent', pairs(w.params, 'Parameters')),
      part('What was answered', w.attempts.length > 0 ? attempts(w.attempts, begin) : h('p', { class: 'soft' }, 'Not sent yet.'))));
}
