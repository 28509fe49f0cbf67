// What goes on now: a card for each conference; of many, a list.

import { h, fill, perFrame, setAttr, setText } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { conferenceCard } from '../parts/conference.js';
import { followLive } from '../parts/live.js';
import { maskNumbers, nameOf, numbersMasked } from '../parts/people.js';
import { duration } from '../parts/time.js';
import { virtualGrid } from '../parts/virtual.js';

export const title = 'Now';

// Up to so many conferences each has a card of its own on the page.
const cards = 8;
const rowHeight = 62;

export function render(root, params) {
  const only = params.sid ?? null;
  const lead = h('p', { class: 'lead' });
  const search = h('input', { type: 'search', placeholder: 'Find a conference', 'aria-label': 'Find a conference', oninput: () => draw() });
  const mask = h('button', { class: 'small', type: 'button', onclick: () => { maskNumbers(!numbersMasked()); setAttr(mask, 'aria-pressed', String(numbersMasked())); for (const c of open.values()) c.card.update(); }, 'aria-pressed': String(numbersMasked()) }, 'Mask numbers');
  const heading = h('h1', {}, only ? 'One conference' : 'Now');
  const finder = h('div', { class: 'search', hidden: true }, icon('search', 16), search);
  const place = h('div', { class: 'confs' });
  root.append(h('div', { class: 'page-head' }, h('div', {}, only && h('a', { class: 'back', href: '/console/now' }, icon('back', 14), 'Now'), heading, lead), h('div', { class: 'page-tools' }, finder, mask)), place);

  const open = new Map(); // SID → {c, card}
  const dirty = new Set();
  let listed = null; // the list, when there are many
  let all = true;
  let louder = false;
  let synced = false;

  const pass = perFrame(() => {
    if (all) { all = false; draw(); }
    for (const sid of dirty) open.get(sid)?.card.update();
    dirty.clear();
    if (louder) { louder = false; for (const { card } of open.values()) card.levels(); listed?.update(); }
  });
  const live = followLive({
    changed(sid) { synced = true; if (sid) dirty.add(sid); else all = true; pass(); },
    levels() { louder = true; pass(); },
  });

  function draw() {
    const list = [...live.conferences.values()].filter((c) => (only ? c.sid === only : true)).sort((a, b) => b.created - a.created);
    const many = list.length > cards;
    finder.hidden = !many;
    const people = list.reduce((n, c) => n + (c.people.size || c.count), 0);
    setText(lead, only && list.length ? '' : list.length === 0 ? '' : `${list.length} ${list.length === 1 ? 'conference' : 'conferences'}, ${people} ${people === 1 ? 'person' : 'people'}`);
    if (only && list[0]) setText(heading, list[0].name);
    const focused = place.contains(document.activeElement);
    for (const [sid, { card }] of open) if (many || !live.conferences.has(sid)) { card.close(); card.node.remove(); open.delete(sid); }
    if (focused && !place.contains(document.activeElement)) root.closest('main')?.focus({ preventScroll: true }); // what had it is gone
    if (list.length === 0) {
      listed?.close();
      listed = null;
      fill(place, synced && h('div', { class: 'empty nobody' }, icon('now', 40),
        h('p', { class: 'nobody-head' }, only ? 'This conference is over.' : 'Nobody is in a conference.'),
        only ? h('p', {}, h('a', { href: `/console/conferences/${only}` }, 'See its timeline'), ' · ', h('a', { href: '/console/now' }, 'See all live conferences'))
          : h('p', {}, 'Call one of your numbers and key the code of a room: you appear here at once. ', h('a', { href: '/console/start' }, 'Try it from this browser'))));
      return;
    }
    if (many) return drawList(list);
    if (listed) { listed.close(); listed = null; }
    for (const n of [...place.children]) if (!n.dataset.sid) n.remove();
    let before = null;
    for (const c of list) {
      live.load(c.sid);
      let o = open.get(c.sid);
      if (!o) { o = { c, card: conferenceCard(c, { alone: only !== null }) }; open.set(c.sid, o); }
      if (o.c !== c) { o.card.close(); o.card.node.remove(); o = { c, card: conferenceCard(c, { alone: only !== null }) }; open.set(c.sid, o); }
      const want = before ? before.nextSibling : place.firstChild;
      if (want !== o.card.node) place.insertBefore(o.card.node, want);
      before = o.card.node;
      o.card.update();
    }
  }

  function drawList(list) {
    const words = search.value.trim().toLowerCase();
    if (!listed) {
      listed = virtualGrid({ make: makeRow, show: showRow, key: (c) => c.sid, height: rowHeight, minWidth: 420, gap: 8, label: 'Conferences' });
      fill(place, listed.node);
    }
    listed.set(words ? list.filter((c) => c.name.toLowerCase().includes(words)) : list);
  }

  function makeRow() {
    const name = h('span', { class: 'row-name' });
    const facts = h('span', { class: 'soft' });
    const talk = h('span', { class: 'row-talk' });
    const link = h('a', { class: 'conf-row card' }, h('span', { class: 'row-top' }, name, facts), talk);
    const node = h('div', {}, link);
    node.parts = { link, name, facts, talk };
    return node;
  }

  function showRow(node, c) {
    const { link, name, facts, talk } = node.parts;
    setAttr(link, 'href', `/console/now/${c.sid}`);
    setText(name, c.name);
    const n = c.people.size || c.count;
    setText(facts, `${n} · ${duration(Date.now() - c.created)}`);
    setAttr(link, 'data-talking', c.talking.length > 0);
    const who = c.talking.slice(0, 2).map((call) => { const p = c.people.get(call); return p ? nameOf(p) : null; }).filter(Boolean);
    setText(talk, c.talking.length === 0 ? (c.status === 'init' ? 'Waiting to start' : 'Nobody is talking') : who.length ? `${who.join(', ')} ${who.length === 1 ? 'is' : 'are'} talking` : `${c.talking.length} talking`);
  }

  const second = setInterval(() => {
    const now = Date.now();
    for (const { card } of open.values()) { card.tick(now); card.levels(); }
    listed?.update();
  }, 1000);
  setTimeout(() => { synced = true; all = true; pass(); }, 800);

  return () => {
    clearInterval(second);
    pass.cancel();
    live.close();
    listed?.close();
    for (const { card } of open.values()) card.close();
  };
}
