// The line's rooms: made, changed, listened to, and who is in.

import { request, rest, watchEvents } from '../api.js';
import { copyButton, soundOf } from '../parts/copy.js';
import { confirm, openDialog } from '../parts/dialog.js';
import { fill, h, setText } from '../parts/dom.js';
import { form } from '../parts/form.js';
import { icon } from '../parts/icons.js';
import { bindKey } from '../parts/keys.js';
import { complain, toast } from '../parts/toast.js';
import { virtualGrid } from '../parts/virtual.js';

export const title = 'Rooms';

const root_ = '/line/v1/';
const digitsOnly = (what) => (v) => (v === '' || /^[0-9]{3,16}$/.test(v) ? '' : `${what} has 3 to 16 digits, 0 to 9`);

export async function render(root, params, ctx) {
  const admin = ctx.can('administer');
  const lead = h('p', { class: 'lead' });
  const search = h('input', { type: 'search', 'aria-label': 'Search rooms', placeholder: 'Name of a room', spellcheck: 'false' });
  const nothing = h('p', { class: 'empty', hidden: true });
  const player = soundPlayer();
  let told = { rooms: [], languages: [], speaks: false };
  let inside = new Map(); // name of a conference → {sid, people}
  let names = new Map(); // CallSid → name or number
  const tiles = virtualGrid({ make: () => h('article', { class: 'card room' }), show: (node, room) => tile(node, room), key: (r) => r.id, height: 232, minWidth: 310, gap: 14, label: 'Rooms' });
  root.append(
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, 'Rooms'), lead),
      h('div', { class: 'page-tools' }, h('div', { class: 'search' }, icon('search', 16), search),
        admin && h('button', { type: 'button', class: 'primary', onclick: () => edit(null) }, icon('add', 16), 'New room'))),
    tiles.node, nothing);

  const draw = () => {
    const text = search.value.trim().toLowerCase();
    const shown = told.rooms.filter((r) => r.name.toLowerCase().includes(text));
    tiles.set(shown);
    nothing.hidden = shown.length > 0;
    setText(nothing, told.rooms.length === 0 ? 'There are no rooms yet, so no code opens anything.' : 'No room has that name.');
  };

  const loadRooms = async () => {
    told = await request('GET', root_ + 'rooms');
    draw();
  };

  // Who is in is the switch's to know: a room's conference has its name.
  let asking = 0;
  const loadInside = async () => {
    const mine = ++asking;
    const [waiting, going] = await Promise.all(['init', 'in-progress'].map((Status) => rest.all('Conferences', 'conferences', { Status })));
    const known = new Set(told.rooms.map((r) => r.name));
    const live = [...waiting, ...going].filter((c) => known.has(c.friendly_name));
    const found = new Map();
    await Promise.all(live.slice(0, 60).map(async (c) => {
      try { found.set(c.friendly_name, { sid: c.sid, people: await rest.all(`Conferences/${c.sid}/Participants`, 'participants') }); } catch { /* it has ended */ }
    }));
    if (mine !== asking) return;
    inside = found;
    const unknown = [...found.values()].flatMap((f) => f.people.slice(0, 12)).filter((p) => !names.has(p.call_sid));
    await Promise.all(unknown.slice(0, 120).map(async (p) => {
      try { const c = await rest.get(`Calls/${p.call_sid}`); names.set(p.call_sid, c.caller_name || c.from_formatted || c.from || p.call_sid); } catch { names.set(p.call_sid, 'unknown'); }
    }));
    if (mine === asking) draw();
  };

  const loadNumbers = async () => {
    const all = await rest.all('IncomingPhoneNumbers', 'incoming_phone_numbers');
    const here = all.filter((n) => !n.voice_url && !n.voice_application_sid).map((n) => n.phone_number);
    if (here.length === 0) { fill(lead, 'No number is answered by the conference line, so nobody can enter these rooms: ', h('a', { href: '/console/numbers' }, 'choose a number'), '.'); return; }
    fill(lead, 'Callers of ', here.slice(0, 3).map((n, i) => [i > 0 && ', ', h('strong', {}, n)]), here.length > 3 && ` and ${here.length - 3} more`, ' key a code to enter a room.');
  };

  const tile = (node, room) => {
    const now = inside.get(room.name);
    const people = now?.people ?? [];
    const sign = JSON.stringify([room, people.map((p) => [p.call_sid, names.get(p.call_sid), p.label]), told.speaks, admin]);
    if (node.shownAs === sign) return;
    node.shownAs = sign;
    const limits = [room.max_participants > 0 && `max. ${room.max_participants} people`, room.max_minutes > 0 && `max. ${room.max_minutes} min`].filter(Boolean);
    fill(node,
      h('div', { class: 'room-head' }, h('h2', { title: room.name }, room.name),
        room.closed ? h('span', { class: 'badge warn' }, 'closed') : people.length > 0 ? h('span', { class: 'badge good' }, h('span', { class: 'live-dot', 'aria-hidden': 'true' }), 'live') : h('span', { class: 'badge' }, 'open')),
      h('div', { class: 'room-badges' }, h('span', { class: 'badge' }, language(room.language)), room.has_moderator_pin && h('span', { class: 'badge info' }, icon('star'), room.ends_with_moderator ? 'ends with moderator' : 'moderator'), limits.map((l) => h('span', { class: 'badge' }, l)), room.sample && h('span', { class: 'badge warn', title: 'Its code is in the manual: anybody may know it' }, 'sample code')),
      h('p', { class: 'room-prompt', title: room.prompt }, `“${room.prompt}”`),
      h('div', { class: 'room-in' }, people.length === 0 ? h('span', { class: 'soft' }, 'Nobody is in it.') : [
        h('a', { href: `/console/conferences/${encodeURIComponent(now.sid)}` }, people.length === 1 ? '1 is in' : `${people.length} are in`),
        h('span', { class: 'soft' }, ': ' + people.slice(0, 4).map((p) => p.label || names.get(p.call_sid) || '…').join(', ') + (people.length > 4 ? ` and ${people.length - 4} more` : ''))]),
      h('div', { class: 'room-acts' },
        admin && codeButton(room),
        h('button', { type: 'button', class: 'ghost small', disabled: !told.speaks, title: told.speaks ? 'Hear the greeting' : 'This switch has no voice: install espeak-ng', onclick: (e) => player.play(e.currentTarget, room.language, room.greeting) }, icon('speak', 15), 'Listen'),
        h('span', { class: 'grow' }),
        admin && h('button', { type: 'button', class: 'ghost small icon-only', 'aria-label': `Change ${room.name}`, title: 'Change', onclick: () => edit(room) }, icon('rename', 15)),
        admin && h('button', { type: 'button', class: 'ghost small icon-only danger', 'aria-label': `Remove ${room.name}`, title: 'Remove', onclick: () => remove(room) }, icon('trash', 15))));
  };

  const codeButton = (room) => {
    const button = h('button', { type: 'button', class: 'small' }, icon('keys', 15), room.has_moderator_pin ? 'Codes' : 'Code');
    button.addEventListener('click', async () => {
      try { showCodes(room.name, await request('GET', `${root_}rooms/${room.id}/codes`)); } catch (err) { complain(err); }
    });
    return button;
  };

  const edit = async (room) => {
    let codes = { code: '', moderator_pin: '' };
    if (room) {
      try { codes = await request('GET', `${root_}rooms/${room.id}/codes`); } catch (err) { complain(err); return; }
    }
    const f = form({
      className: 'room-form',
      fields: [
        { name: 'name', label: 'Name', value: room?.name, required: true, maxlength: 128, hint: 'The conference of the room has the same name.' },
        { name: 'language', label: 'Language', type: 'select', value: room?.language ?? 'en-US', options: told.languages.map((l) => [l, `${language(l)} (${l})`]) },
        { name: 'code', label: 'Code', value: codes.code, maxlength: 16, hint: room ? 'What callers key.' : 'What callers key. Leave it empty to have one chosen.', check: (v) => (room && v === '' ? 'A room needs a code' : digitsOnly('A code')(v)) },
        { name: 'moderator_pin', label: 'Moderator PIN', value: codes.moderator_pin, maxlength: 16, hint: 'Keyed instead of the code, by moderators. Everybody else waits until one comes.', check: digitsOnly('A PIN') },
        { name: 'greeting', label: 'Greeting', type: 'textarea', rows: 3, value: room?.greeting, maxlength: 4096, hint: 'What callers hear as they enter. Leave it empty for the standard words.' },
        { name: 'max_participants', label: 'Maximum people', type: 'number', value: room?.max_participants || '', placeholder: 'No limit', check: (v) => (v === '' || v >= 2 && v <= 10000 ? '' : 'From 2 to 10000, or empty') },
        { name: 'max_minutes', label: 'Maximum minutes per caller', type: 'number', value: room?.max_minutes || '', placeholder: 'No limit', check: (v) => (v === '' || v >= 1 && v <= 1440 ? '' : 'From 1 to 1440, or empty') },
        { name: 'ends_with_moderator', label: 'Ends when a moderator leaves', type: 'checkbox', value: room?.ends_with_moderator, check: (v, all) => (v && !all.moderator_pin ? 'This needs a moderator PIN' : '') },
        { name: 'closed', label: 'Closed: nobody can enter', type: 'checkbox', value: room?.closed },
      ],
      action: room ? 'Save' : 'Create the room', cancel: () => d.close(),
      submit: async (v) => {
        const wanted = {
          name: v.name.trim(), code: v.code, moderator_pin: v.moderator_pin, ends_with_moderator: v.ends_with_moderator, language: v.language, greeting: v.greeting,
          max_participants: Number(v.max_participants) || 0, max_minutes: Number(v.max_minutes) || 0, closed: v.closed,
        };
        const made = room ? await request('PATCH', `${root_}rooms/${room.id}`, { json: wanted }) : await request('POST', root_ + 'rooms', { json: wanted });
        d.close();
        await loadRooms();
        if (made.codes) showCodes(made.name, made.codes);
        else toast(`${made.name} is changed, from the next caller on.`, 'good');
      },
    });
    const make = (name) => h('button', {
      type: 'button', class: 'small', onclick: async () => {
        try { f.inputs[name].value = (await request('POST', root_ + 'codes')).code; f.inputs[name].focus(); } catch (err) { complain(err); }
      },
    }, icon('refresh', 14), 'Choose one');
    for (const name of ['code', 'moderator_pin']) {
      const input = f.inputs[name];
      input.inputMode = 'numeric';
      input.classList.add('mono');
      const row = h('div', { class: 'with-button' });
      input.replaceWith(row);
      row.append(input, make(name));
    }
    const listen = h('button', { type: 'button', class: 'small', disabled: !told.speaks, onclick: (e) => player.play(e.currentTarget, f.inputs.language.value, f.inputs.greeting.value) }, icon('speak', 14), 'Listen');
    f.inputs.greeting.closest('.field').append(h('div', {}, listen));
    const d = openDialog({ title: room ? `Change ${room.name}` : 'New room', content: f.node, wide: true });
    f.inputs.name.focus();
  };

  const showCodes = (name, codes) => {
    const line = (label, digits) => h('div', { class: 'code-line' }, h('span', { class: 'soft' }, label), h('strong', { class: 'mono code-digits' }, groups(digits)), copyButton(digits, `Copy the ${label.toLowerCase()}`));
    const d = openDialog({
      title: name,
      content: h('div', { class: 'form' }, line('Code', codes.code), codes.moderator_pin && line('Moderator PIN', codes.moderator_pin),
        h('p', { class: 'hint' }, 'Callers key it, then #.'),
        h('div', { class: 'actions' }, h('button', { type: 'button', class: 'primary', autofocus: true, onclick: () => d.close() }, 'Close'))),
    });
  };

  const remove = async (room) => {
    if (!await confirm({ title: `Remove ${room.name}?`, body: 'Its code stops working. Whoever is in the room stays in it.', action: 'Remove', danger: true })) return;
    try {
      await request('DELETE', `${root_}rooms/${room.id}`);
      toast(`${room.name} is removed.`, 'good');
      await loadRooms();
    } catch (err) { complain(err); }
  };

  search.addEventListener('input', draw);
  let due = 0;
  const soon = () => { due ||= setTimeout(() => { due = 0; loadInside().catch(complain); }, 400); };
  const unwatch = watchEvents({ onEvent: (e) => { if (/^(conference-|participant-)/.test(e.type) && !/speech|speaker/.test(e.type)) soon(); }, onSync: soon });
  const unbind = [bindKey('/', 'Search', () => search.focus()), admin && bindKey('c', 'New room', () => edit(null))].filter(Boolean);
  await loadRooms();
  loadNumbers().catch(complain);
  loadInside().catch(complain);
  return () => { asking = -1; clearTimeout(due); unwatch(); player.close(); tiles.close(); for (const u of unbind) u(); };
}

const groups = (digits) => digits.replace(/(\d{4})(?=\d)/g, '$1 ');

const spoken = new Intl.DisplayNames(undefined, { type: 'language' });

function language(tag) {
  try { return spoken.of(tag); } catch { return tag; }
}

// One prompt is heard at a time; a second press stops it.
function soundPlayer() {
  const audio = new Audio();
  let address = '';
  let button = null;
  let asking = null;
  const stop = () => {
    asking?.abort();
    audio.pause();
    if (address) URL.revokeObjectURL(address);
    address = '';
    button?.removeAttribute('aria-pressed');
    button = null;
  };
  audio.addEventListener('ended', stop);
  return {
    async play(pressed, language, greeting) {
      const again = button === pressed;
      stop();
      if (again) return;
      button = pressed;
      button.setAttribute('aria-pressed', 'true');
      const mine = asking = new AbortController();
      try {
        const url = await soundOf(`${root_}prompt?${new URLSearchParams({ language, greeting })}`, mine.signal);
        if (mine.signal.aborted) { URL.revokeObjectURL(url); return; }
        address = audio.src = url;
        await audio.play();
      } catch (err) {
        if (mine.signal.aborted) return;
        stop();
        complain(err);
      }
    },
    close: stop,
  };
}
