// What is to be typed or entered elsewhere, with a button that copies it.

import { h, fill } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { toast } from '../parts/toast.js';

/** A block of text to be copied; what says what it is, for who cannot see it. */
export function snippet(text, what) {
  return h('div', { class: 'snippet' }, h('pre', { tabindex: '0' }, text), button(text, what));
}

/** A row of a list of settings. */
export function setting(name, value, copied = true) {
  return [h('dt', {}, name), h('dd', {}, copied ? [h('code', {}, value), button(value, name)] : value)];
}

function button(text, what) {
  const b = h('button', {
    class: 'ghost small icon-only', type: 'button', title: 'Copy', 'aria-label': `Copy ${what}`, onclick: async () => {
      try {
        await navigator.clipboard.writeText(text);
        fill(b, icon('check', 15));
        setTimeout(() => fill(b, icon('copy', 15)), 1500);
      } catch {
        toast('The browser does not let this page copy: select the text, and copy it by the keyboard.');
      }
    },
  }, icon('copy', 15));
  return b;
}
