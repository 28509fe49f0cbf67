// Short messages at the edge, which go by themselves.

import { h } from './dom.js';
import { icon } from './icons.js';

let place = null;

function region() {
  if (!place || !place.isConnected) {
    place = h('div', { class: 'toasts', role: 'region', 'aria-label': 'Messages' });
    document.body.append(place);
  }
  return place;
}

/**
 * Shows a message. kind: 'info', 'good' or 'bad' (which stays until it is closed).
 */
export function toast(text, kind = 'info') {
  const node = h('div', { class: `toast ${kind}`, role: kind === 'bad' ? 'alert' : 'status' },
    h('span', {}, text),
    h('button', { class: 'ghost small', type: 'button', 'aria-label': 'Close this message', onclick: () => node.remove() }, icon('close', 14)));
  region().append(node);
  while (region().childElementCount > 4) region().firstElementChild.remove();
  if (kind !== 'bad') setTimeout(() => node.remove(), 5000);
  return node;
}

/** Says why something did not work. */
export function complain(error) {
  if (error?.name === 'AbortError') return;
  toast(error?.message || 'It did not work', 'bad');
}
