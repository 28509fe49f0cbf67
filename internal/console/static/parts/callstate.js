// How calls are told in a word.

import { h } from './dom.js';

const look = {
  'in-progress': ['good', 'in progress'], ringing: ['info', 'ringing'], queued: ['info', 'queued'], completed: ['', 'completed'],
  busy: ['warn', 'busy'], failed: ['bad', 'failed'], 'no-answer': ['warn', 'no answer'], canceled: ['', 'canceled'],
};

/** The status of a call as a badge. */
export function callBadge(c) {
  if (c.refused) return h('span', { class: 'badge bad' }, `refused${c.sip_code ? ' ' + c.sip_code : ''}`);
  const [kind, words] = look[c.status] ?? ['', c.status];
  return h('span', { class: `badge ${kind}` }, c.live && h('span', { class: 'live-dot', 'aria-hidden': 'true' }), words);
}

/** Who called: the display name before the number. */
export const who = (name, number) => (name && name !== number ? `${name} (${number})` : number || 'unknown');

/** How good a call sounded, by its estimate of MOS. */
export const grade = (mos) => (mos >= 4 ? ['good', 'good'] : mos >= 3.4 ? ['warn', 'fair'] : ['bad', 'poor']);
