import { h } from '../parts/dom.js';

export const title = 'Now';

export function render(root) {
  root.append(h('h1', {}, 'Now'), h('p', { class: 'empty' }, 'Nobody is in a conference.'));
}
