// One live conference as a card: its head with what can be done with all of it,
// and its people as tiles.

import { can, rest, watchEvents } from '../api.js';
import { name as myName } from '../phone/dock.js';
import { ask, confirm, openDialog } from './dialog.js';
import { h, setAttr, setText } from './dom.js';
import { form } from './form.js';
import { icon } from './icons.js';
import { isCalled, nameOf } from './people.js';
import { applies, deeds, makeTile, showTile, tileHeight } from './tile.js';
import { duration } from './time.js';
import { complain, toast } from './toast.js';
import { virtualGrid } from './virtual.js';

/** A document that says a text: the switch has an application for it inside. */
const saying = (text) => ({ AnnounceUrl: 'http://say.confab.internal/?' + new URLSearchParams({ Text: text }), AnnounceMethod: 'GET' });

// Why somebody who was called did not come, by the status of their call.
const why = { busy: 'declined', 'no-answer': 'did not answer, or no browser of that name is open', failed: 'could not be reached' };

const askText = (whom) => ask({ title: `Speak to ${whom}`, label: 'Text to be spoken', action: 'Speak it', multiline: true, maxlength: 500, check: (t) => (t.trim() ? '' : 'Write what is to be spoken') });

/**
 * Makes the card of a conference as followLive has it. alone: it has the page to
 * itself. Returns {node, update(), levels(), tick(now), close()}.
 */
export function conferenceCard(c, { alone = false } = {}) {
  const path = `Conferences/${c.sid}`;
  const seat = (p) => `${path}/Participants/${p.call}`;
  const people = () => [...c.people.values()];

  const doing = {
    mute: (p) => rest.post(seat(p), { Muted: !p.muted }),
    hold: (p) => rest.post(seat(p), { Hold: !p.hold }),
    async announce(p) {
      const text = await askText(nameOf(p));
      if (text) { await rest.post(seat(p), saying(text)); toast(`${nameOf(p)} is hearing it now`, 'good'); }
    },
    async only(p) {
      await each(people().filter((o) => o !== p && !o.muted && !isCalled(o)), (o) => rest.post(seat(o), { Muted: true }));
      if (p.muted) await rest.post(seat(p), { Muted: false });
    },
    async rename(p) {
      const name = await ask({
        title: `Rename ${nameOf(p)}`, label: 'Name', value: p.label, action: 'Rename', maxlength: 128,
        hint: 'Leave it empty for the name or number that they called with.', check: (t) => (t.includes('/') ? 'A label has no slash' : ''),
      });
      if (name !== null) await rest.post(seat(p), { Label: name.trim() });
    },
    async kick(p) {
      if (await confirm({ title: `Remove ${nameOf(p)}?`, body: 'They leave the conference. Their call goes on as its application says.', action: 'Remove', danger: true })) await rest.delete(seat(p));
    },
  };
  const act = async (deed, p) => {
    const node = grid.nodeOf(p.call);
    setAttr(node ?? head, 'aria-busy', 'true');
    try { await doing[deed](p); } catch (err) { complain(err); } finally { setAttr(node ?? head, 'aria-busy', null); }
  };

  const announceAll = async () => {
    const text = await askText('everybody');
    if (!text) return;
    try { await rest.post(path, saying(text)); toast('Everybody is hearing it now', 'good'); } catch (err) { complain(err); }
  };
  const muteAll = async (muted) => {
    try { await each(people().filter((p) => p.muted !== muted && !isCalled(p)), (p) => rest.post(seat(p), { Muted: muted })); } catch (err) { complain(err); }
  };
  const end = async () => {
    if (!await confirm({ title: `End ${c.name}?`, body: 'Everybody leaves it. Their calls go on as their applications say.', action: 'End it', danger: true })) return;
    try { await rest.post(path, { Status: 'completed' }); } catch (err) { complain(err); }
  };
  // What becomes of those who are rung is told to who asked for it: a tile that goes
  // says nothing. It may be known before the switch has answered with their call.
  const rung = new Map(); // call → {name, said}: said is the message that it rings
  const fates = new Map(); // call → why it did not come, of calls not known here
  let unwatch = null;
  const followRung = () => {
    unwatch ??= watchEvents({
      onEvent: (e, type) => {
        if (e.conference_sid !== c.sid || type !== 'participant-join' && type !== 'participant-leave') return;
        const fate = type === 'participant-leave' ? e.params.ParticipantCallStatus : '';
        if (rung.has(e.call_sid)) tellFate(e.call_sid, fate);
        else fates.set(e.call_sid, fate);
      },
    });
  };
  const tellFate = (call, fate) => {
    const { name, said } = rung.get(call);
    said.remove();
    rung.delete(call);
    if (fate && fate !== 'canceled') toast(`${name} ${why[fate] ?? 'did not come'}`, 'bad');
    settle();
  };
  const settle = () => {
    if (rung.size > 0) return;
    unwatch?.();
    unwatch = null;
    fates.clear();
  };
  const ring = async () => {
    const f = form({
      action: 'Ring', cancel: () => d.close(),
      fields: [
        { name: 'identity', label: 'Name of the browser', required: true, hint: 'The name on its page Phone. Every tab of that name rings; the first to answer joins.', placeholder: 'alice', maxlength: 121 },
        { name: 'label', label: 'Name in the conference', hint: 'Leave it empty for the name of the browser.', maxlength: 128 },
      ],
      async submit({ identity, label }) {
        const name = identity.trim();
        followRung();
        let call;
        try {
          ({ call_sid: call } = await rest.post(`${path}/Participants`, { From: 'client:' + myName(), To: 'client:' + name, Label: label.trim() || null }));
        } catch (err) { settle(); throw err; }
        d.close();
        rung.set(call, { name, said: toast(`Ringing ${name}`, 'good') });
        if (fates.has(call)) tellFate(call, fates.get(call));
      },
    });
    const d = openDialog({ title: `Ring a browser into ${c.name}`, content: f.node });
    f.inputs.identity.focus();
  };

  const name = h('h2', { class: alone ? 'sr' : 'conf-name' }, alone ? c.name : h('a', { href: `/console/now/${c.sid}` }, c.name));
  const status = h('span', { class: 'badge' });
  const facts = h('span', { class: 'conf-facts' });
  const head = h('header', { class: 'conf-head' },
    h('div', { class: 'conf-title' }, name, status, facts),
    h('div', { class: 'conf-deeds' },
      can('moderate') && [
        h('button', { class: 'small', type: 'button', dataset: { deed: 'announce-all' }, onclick: announceAll }, icon('speak', 16), 'Speak to all'),
        h('button', { class: 'small', type: 'button', dataset: { deed: 'mute-all' }, onclick: () => muteAll(true) }, icon('muted', 16), 'Mute all'),
        h('button', { class: 'small', type: 'button', dataset: { deed: 'unmute-all' }, onclick: () => muteAll(false) }, icon('mic', 16), 'Unmute all'),
        h('button', { class: 'small', type: 'button', dataset: { deed: 'ring' }, onclick: ring }, icon('browser', 16), 'Ring a browser'),
      ],
      h('a', { class: 'button small', href: `/console/conferences/${c.sid}` }, icon('timeline', 16), 'Timeline'),
      can('moderate') && h('button', { class: 'small ghost danger', type: 'button', dataset: { deed: 'end' }, onclick: end }, icon('end', 16), 'End')));

  const many = h('div', { class: 'tiles-scroll' });
  const grid = virtualGrid({
    make: () => makeTile(act), show: (n, p) => showTile(n, p), key: (p) => p.call, height: tileHeight, minWidth: 236, gap: 8,
    scroller: alone ? null : many, label: `In ${c.name}`,
  });
  many.append(grid.node);
  if (alone) many.classList.add('whole');
  const nobody = h('p', { class: 'soft conf-empty', hidden: true }, 'Nobody is in it at the moment.');
  const node = h('section', { class: 'card conf', 'aria-label': `Conference ${c.name}`, dataset: { sid: c.sid } }, head, nobody, many);

  // One tile takes the focus of the Tab key; the arrows go from one to the next,
  // and letters act on it.
  let current = null;
  let order = []; // of the calls, as last shown: when one goes, its neighbour is next
  const focusOn = (call) => {
    if (current && current !== call) enter(grid.nodeOf(current), false);
    current = call;
    enter(grid.nodeOf(call), true);
  };
  const enter = (tile, on) => {
    if (!tile) return;
    tile.tabIndex = on ? 0 : -1;
    for (const b of tile.querySelectorAll('button')) b.tabIndex = on ? 0 : -1;
  };
  grid.node.addEventListener('focusin', (e) => {
    const tile = e.target.closest('.tile');
    if (tile) focusOn(tile.dataset.call);
  });
  grid.node.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const tile = e.target.closest('.tile');
    if (!tile) return;
    const list = people();
    const at = list.findIndex((p) => p.call === tile.dataset.call);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: grid.columns, ArrowUp: -grid.columns }[e.key];
    if (step) {
      e.preventDefault();
      const to = list[Math.min(list.length - 1, Math.max(0, at + step))];
      const next = grid.nodeOf(to.call);
      if (next) { focusOn(to.call); next.focus(); next.scrollIntoView({ block: 'nearest' }); }
      return;
    }
    const deed = deeds.find((d) => d.key === e.key);
    if (deed && can('moderate') && list[at] && applies(deed, list[at])) { e.preventDefault(); e.stopPropagation(); act(deed.name, list[at]); }
  });

  let shownCount = -1;
  return {
    node,
    update() {
      setText(status, c.status === 'init' ? 'Waiting to start' : 'In progress');
      setAttr(status, 'class', 'badge ' + (c.status === 'init' ? '' : 'good'));
      const list = people();
      const left = grid.node.contains(document.activeElement) && !c.people.has(current); // who had the focus
      const at = Math.max(0, order.indexOf(current));
      order = list.map((p) => p.call);
      grid.set(list);
      grid.update();
      nobody.hidden = list.length > 0 || !c.loaded;
      many.hidden = list.length === 0;
      if (shownCount !== list.length) {
        shownCount = list.length;
        node.classList.toggle('many', list.length > 24 && !alone);
      }
      if (!current || !c.people.has(current)) {
        queueMicrotask(() => requestAnimationFrame(() => {
          if (c.people.has(current)) return;
          const next = order[Math.min(at, order.length - 1)];
          if (next) focusOn(next);
          if (left) (grid.nodeOf(next) ?? head.querySelector('a, button'))?.focus();
        }));
      }
      this.tick(Date.now());
    },
    levels() { grid.update(); },
    tick(now) {
      const coming = people().filter(isCalled).length;
      const n = (c.people.size || c.count) - coming;
      setText(facts, `${n} ${n === 1 ? 'person' : 'people'}${coming ? `, ${coming} being called` : ''} · ${duration(now - c.created)}`);
    },
    close() { grid.close(); unwatch?.(); },
  };
}

/** Does something for each of a list, a few at a time; the first error ends it. */
async function each(list, f) {
  const left = [...list];
  await Promise.all(Array.from({ length: 6 }, async () => { while (left.length) await f(left.shift()); }));
}
