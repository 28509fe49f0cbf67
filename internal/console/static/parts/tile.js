// One participant as a tile: made once, and shown by what has changed.

import { can } from '../api.js';
import { h, setAttr, setText } from './dom.js';
import { icon } from './icons.js';
import { hueOf, initials, isCalled, nameOf, shownNumber } from './people.js';
import { duration } from './time.js';

/** The height of a tile, in pixels. */
export const tileHeight = 96;

/** What can be done with one participant: its key, its icon, its words. */
export const deeds = [
  { name: 'mute', key: 'm', icon: 'mic', off: 'Mute', on: 'Unmute', iconOn: 'muted', state: (p) => p.muted },
  { name: 'hold', key: 'h', icon: 'hold', off: 'Put on hold', on: 'Take off hold', iconOn: 'resume', state: (p) => p.hold },
  { name: 'announce', key: 'a', icon: 'speak', off: 'Speak to' },
  { name: 'only', key: 'o', icon: 'star', off: 'Mute all but' },
  { name: 'rename', key: 'r', icon: 'rename', off: 'Rename' },
  { name: 'kick', key: 'x', icon: 'kick', off: 'Remove', danger: true },
];

/** Reports whether a deed can be done with somebody: who is being called can only be removed. */
export const applies = (deed, p) => deed.name === 'kick' || !isCalled(p);

/** Makes an empty tile; act(deed, participant) is called for its buttons. */
export function makeTile(act) {
  const avatar = h('span', { class: 'avatar', 'aria-hidden': 'true' });
  const name = h('span', { class: 'tile-name' });
  const number = h('span', { class: 'tile-number' });
  const time = h('span', { class: 'tile-time' });
  const badges = h('span', { class: 'tile-badges' });
  const talk = h('span', { class: 'tile-talk' });
  const level = h('span', { class: 'level', 'aria-hidden': 'true' }, h('i'));
  const node = h('div', { class: 'tile', tabindex: '-1' },
    h('div', { class: 'tile-top' }, avatar, h('div', { class: 'tile-who' }, name, number), time),
    h('div', { class: 'tile-low' }, badges, talk));
  const buttons = {};
  if (can('moderate')) {
    const row = h('div', { class: 'tile-deeds' });
    for (const d of deeds) {
      buttons[d.name] = h('button', {
        type: 'button', class: `ghost small icon-only ${d.danger ? 'danger' : ''}`, tabindex: '-1', dataset: { deed: d.name },
        onclick: (e) => { e.stopPropagation(); act(d.name, node.person); },
      }, icon(d.icon, 16));
      row.append(buttons[d.name]);
    }
    node.querySelector('.tile-low').append(row);
  }
  node.append(level);
  node.parts = { avatar, name, number, time, badges, talk, bar: level.firstChild, buttons };
  node.shown = {};
  return node;
}

/** Shows a participant in a tile; only what is another than before is touched. */
export function showTile(node, p, now = Date.now()) {
  const { avatar, name, number, time, badges, talk, bar, buttons } = node.parts;
  const s = node.shown;
  node.person = p;
  const called = nameOf(p);
  let from = p.label || p.caller ? shownNumber(p.from) : '';
  if (from === called) from = '';
  if (s.called !== called || s.call !== p.call) {
    s.called = called;
    s.call = p.call;
    node.dataset.call = p.call;
    setText(name, called);
    setAttr(name, 'title', called);
    setText(avatar, initials(called));
    avatar.dataset.hue = hueOf(p.call);
    for (const d of deeds) if (buttons[d.name] && !d.state) setAttr(buttons[d.name], 'aria-label', `${d.off} ${called}`), setAttr(buttons[d.name], 'title', `${d.off} (${d.key})`);
    s.state = null;
  }
  if (s.from !== from) { s.from = from; setText(number, from); }
  const state = [p.muted, p.hold, p.coaching, p.endOnExit, p.status].join();
  if (s.state !== state) {
    s.state = state;
    setAttr(node, 'data-muted', p.muted);
    setAttr(node, 'data-hold', p.hold);
    badges.replaceChildren(...[
      isCalled(p) && h('span', { class: 'badge info' }, icon('phone', 13), 'Being called'),
      p.muted && h('span', { class: 'badge warn' }, icon('muted', 13), 'Muted'),
      p.hold && h('span', { class: 'badge info' }, icon('hold', 13), 'On hold'),
      p.coaching && h('span', { class: 'badge' }, icon('coach', 13), 'Coach'),
      p.endOnExit && h('span', { class: 'badge good', title: 'The conference ends when they leave' }, 'Moderator'),
    ].filter(Boolean));
    for (const d of deeds) {
      const b = buttons[d.name];
      if (b) b.hidden = !applies(d, p);
      if (!b || !d.state) continue;
      const on = d.state(p);
      setAttr(b, 'aria-pressed', String(on));
      setAttr(b, 'aria-label', `${d.off} ${called}`);
      setAttr(b, 'title', `${on ? d.on : d.off} (${d.key})`);
      b.replaceChildren(icon(on ? d.iconOn : d.icon, 16));
    }
  }
  const long = p.joined && !isCalled(p) ? duration(now - p.joined) : '';
  if (s.long !== long) { s.long = long; setText(time, long); }
  const talks = p.talking && !p.muted && !p.hold;
  if (s.talks !== talks) { s.talks = talks; setAttr(node, 'data-talking', talks); setText(talk, talks ? 'Talking' : ''); }
  // −50 dBov and less is nothing to be seen, −10 is all there is.
  const loud = p.hold ? 0 : Math.round(Math.min(1, Math.max(0, (p.level + 50) / 40)) * 50) / 50;
  if (s.loud !== loud) { s.loud = loud; bar.style.setProperty('transform', `scaleX(${loud})`); }
}
