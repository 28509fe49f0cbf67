// The phone, large; who this browser is; and how a page of one's own gets one.

import { fill, h } from '../parts/dom.js';
import { element, name, NAME, place, rename } from '../phone/dock.js';
import { snippet } from '../phone/snippet.js';
import { own } from '../api.js';

export const title = 'Phone';

export async function render(root, params) {
  const phone = element();
  if (!phone) {
    fill(root, h('h1', {}, 'Phone'), h('p', { class: 'empty' }, 'Calling from here needs the role moderate.'));
    return undefined;
  }
  const stage = h('div', { class: 'phone-stage' });
  const problem = h('p', { class: 'field-error', role: 'alert' });
  const who = h('input', { id: 'phone-name', value: name(), required: true, maxlength: '121', spellcheck: 'false', autocapitalize: 'none', 'aria-describedby': 'phone-name-hint' });
  const mine = h('code', {}, `client:${name()}`);
  fill(root, h('header', { class: 'page-head' }, h('h1', {}, 'Phone')),
    h('div', { class: 'phone-page' }, stage,
      h('div', { class: 'phone-side' },
        h('section', { class: 'card' }, h('h2', {}, 'Who you are'),
          h('p', {}, 'Applications call this browser as ', mine, '. Every tab of that name rings; the first to answer gets the call.'),
          h('form', {
            class: 'inline', onsubmit: (e) => {
              e.preventDefault();
              const to = who.value.trim();
              problem.textContent = NAME.test(to) ? '' : 'A name can have letters (a-z), digits, and _ - . @ +';
              if (problem.textContent) { who.focus(); return; }
              rename(to);
              mine.textContent = `client:${to}`;
            },
          },
          h('div', { class: 'field' }, h('label', { for: 'phone-name' }, 'Name'), who),
          h('button', { type: 'submit' }, 'Use this name')),
          problem, h('small', { class: 'hint', id: 'phone-name-hint' }, 'This browser keeps it, for all its tabs.')),
        h('section', { class: 'card' }, h('h2', {}, 'On the keyboard'),
          h('dl', { class: 'settings-list' },
            [['0 – 9 * #', 'key a digit'], ['Enter', 'call the number in the field'], ['M', 'mute or unmute'], ['H', 'hold or go on']].map(([k, what]) => [h('dt', {}, h('kbd', {}, k)), h('dd', {}, what)]))),
        h('section', { class: 'card' }, h('h2', {}, 'In a page of your own'),
          h('p', {}, 'The same phone is an HTML element. Your server gives it access tokens, made with ', h('code', {}, 'POST /v1/tokens'), ' or a Twilio library.'),
          snippet(`<script type="module" src="${location.origin}/phone.js"></script>\n<confab-phone token-url="/token" to="${phone.getAttribute('to') ?? '+15550100'}"></confab-phone>`, 'the lines')))));
  const back = place(stage);
  const to = params.query?.get('to');
  if (to) phone.setAttribute('to', to);
  else if (!phone.hasAttribute('to')) own.get('/v1/host').then(({ number }) => { if (number && !phone.hasAttribute('to')) phone.setAttribute('to', number); }).catch(() => {});
  return back;
}
