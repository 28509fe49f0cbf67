// What is known of something: names and values, side by side.

import { h } from './dom.js';
import { copyButton } from './copy.js';

/** A list of facts: [name, value (text, node or null to leave it out), {copy, mono}]. */
export function facts(list) {
  return h('dl', { class: 'fact-grid' }, list.filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value, how = {}]) =>
    h('div', {}, h('dt', {}, name), h('dd', { class: how.mono ? 'mono' : null }, value instanceof Node ? value : h('span', { class: 'fact-text' }, String(value)),
      how.copy && copyButton(how.copy === true ? String(value) : how.copy, `Copy ${name}`)))));
}

/** Parameters, headers and the like: a table of two columns, of an object or a list of {name, value}. */
export function pairs(of, caption) {
  const list = Array.isArray(of) ? of.map((p) => [p.name, p.value]) : Object.entries(of ?? {});
  if (list.length === 0) return h('p', { class: 'soft' }, 'None.');
  return h('table', { class: 'pairs' }, h('caption', { class: 'sr' }, caption),
    h('tbody', {}, list.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, String(value))))));
}

/** 3.1 ms, 412 ms, 1.2 s, of milliseconds. */
export const span = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`);

/** +0.391 s, +3:10.0, of milliseconds since the beginning. */
export function offset(ms) {
  const s = Math.abs(ms) / 1000;
  const sign = ms < 0 ? '−' : '+';
  if (s < 60) return `${sign}${s.toFixed(s < 10 ? 3 : 2)} s`;
  const two = (n) => String(n).padStart(2, '0');
  const whole = Math.floor(s);
  const hours = Math.floor(whole / 3600);
  return sign + (hours > 0 ? `${hours}:${two(Math.floor(whole / 60) % 60)}` : String(Math.floor(whole / 60))) + `:${two(whole % 60)}.${Math.floor((s % 1) * 10)}`;
}

/** A status of HTTP as a badge; what was not answered is said in words. */
export const httpBadge = (status, error) => (status
  ? h('span', { class: `badge ${status < 300 ? 'good' : status < 400 ? 'info' : 'bad'}` }, String(status))
  : h('span', { class: 'badge bad' }, error ? 'no answer' : 'waiting'));
