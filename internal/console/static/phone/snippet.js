// What is to be typed or entered elsewhere, with a button that copies it.

import { copyButton } from '../parts/copy.js';
import { h } from '../parts/dom.js';

/** A block of text to be copied; what says what it is, for who cannot see it. */
export function snippet(text, what) {
  return h('div', { class: 'snippet' }, h('pre', { tabindex: '0' }, text), copyButton(text, `Copy ${what}`));
}

/** A row of a list of settings. */
export function setting(name, value, copied = true) {
  return [h('dt', {}, name), h('dd', {}, copied ? [h('code', {}, value), copyButton(value, `Copy ${name.toLowerCase()}`)] : value)];
}
