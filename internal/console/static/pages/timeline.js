// The timeline of a conference, while it goes on and afterwards.

import { own, watchEvents } from '../api.js';
import { fill, h, setText } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { dark, drawTimeline, light, words } from '../parts/timeline.js';
import { nameOf } from '../parts/people.js';
import { atClock, atTime, duration } from '../parts/time.js';
import { complain, toast } from '../parts/toast.js';

export const title = 'Timeline';

// A live one is asked for anew so often, when something has happened.
const askEvery = 1500;

export async function render(root, params, ctx) {
  const sid = params.sid;
  let told = await whole(sid);
  let zoom = 1;
  let chosen = Number(params.query.get('event')) || null;
  ctx.setTitle(told.conference.friendly_name);

  const status = h('span', { class: 'badge' });
  const lead = h('p', { class: 'lead' });
  const picture = h('div', { class: 'timeline-picture', tabindex: '0', role: 'region', 'aria-label': 'The picture; arrow keys go from event to event' });
  const detail = h('aside', { class: 'card card-body timeline-detail', 'aria-live': 'polite' });
  const list = h('ol', { class: 'timeline-list card' });
  const tool = (name, text, f) => h('button', { class: 'small', type: 'button', onclick: f }, icon(name, 16), text);
  root.append(
    h('div', { class: 'page-head' },
      h('div', {}, h('a', { class: 'back', href: '/console/conferences' }, icon('back', 14), 'Timelines'), h('div', { class: 'row' }, h('h1', {}, told.conference.friendly_name), status), lead),
      h('div', { class: 'page-tools' },
        told.conference.live && h('a', { class: 'button small', href: `/console/now/${sid}` }, icon('now', 16), 'Now'),
        tool('link', 'Copy link', copyLink), tool('download', 'SVG', () => save(svgBlob(), 'svg')), tool('download', 'PNG', () => savePNG().catch(complain)),
        tool('download', 'JSON', () => save(new Blob([JSON.stringify(told, null, 2)], { type: 'application/json' }), 'json')))),
    h('section', { class: 'card timeline-card', 'aria-labelledby': 'picture-head' },
      h('div', { class: 'section-head' }, h('h2', { id: 'picture-head' }, 'Over time'), h('span', { class: 'grow' }),
        h('button', { class: 'small icon-only', type: 'button', 'aria-label': 'Zoom in', title: 'Zoom in', onclick: () => { zoom = Math.min(32, zoom * 2); draw(); } }, '+'),
        h('button', { class: 'small icon-only', type: 'button', 'aria-label': 'Zoom out', title: 'Zoom out', onclick: () => { zoom = Math.max(1, zoom / 2); draw(); } }, '−')),
      picture), h('div', { class: 'timeline-below' }, detail, h('div', {}, h('h2', { class: 'sub' }, 'What happened'), list)));

  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (document.documentElement.dataset.theme ?? (scheme.matches ? 'dark' : 'light')) === 'dark';
  const nameFor = (call) => { const p = told.participants.find((q) => q.call_sid === call); return p ? nameOf({ ...p, call }) : call; };
  const events = () => told.events.filter((e) => !e.event.startsWith('participant-speech'));

  function draw() {
    const focused = document.activeElement?.closest?.('.mark')?.dataset.position;
    const scroll = picture.scrollLeft;
    const width = Math.round(Math.max(620, picture.clientWidth - 2) * zoom);
    fill(picture, drawTimeline(told, { width, now: Date.now(), colors: isDark() ? dark : light, chosen, pick }));
    picture.scrollLeft = scroll;
    if (focused) picture.querySelector(`[data-position="${focused}"]`)?.focus({ preventScroll: true });
    const c = told.conference;
    setText(status, { init: 'Waiting to start', 'in-progress': 'In progress', completed: 'Completed' }[c.status]);
    status.className = 'badge ' + (c.live ? 'good' : '');
    const long = (c.ended ? Date.parse(c.ended) : Date.now()) - Date.parse(c.created);
    setText(lead, `${atTime(c.created)}, ${duration(long)}, ${told.participants.length} ${told.participants.length === 1 ? 'person' : 'people'}${c.reason_ended ? ', ' + c.reason_ended.replaceAll('-', ' ') : ''}`);
  }

  function drawList() {
    fill(list, events().map((e) => h('li', {}, h('button', {
      type: 'button', class: 'ghost timeline-row', dataset: { position: e.position }, 'aria-current': e.position === chosen ? 'true' : null, onclick: () => pick(e, true),
    },
    h('span', { class: 'mono faint' }, atClock(e.time)),
    h('span', {}, e.call_sid && e.event !== 'conference-end' ? [h('b', {}, nameFor(e.call_sid)), ' ', words[e.event] ?? e.event] : words[e.event] ?? e.event),
    e.webhook && h('span', { class: 'badge ' + ({ delivered: 'good', parked: 'bad', due: 'warn' }[e.webhook.state] ?? '') }, { parked: 'given up', due: 'sent again soon' }[e.webhook.state] ?? e.webhook.state)))));
  }

  function pick(e, keep = false) {
    if (chosen === e.position && !keep) return;
    chosen = e.position;
    showDetail(e);
    for (const b of list.querySelectorAll('button')) b.toggleAttribute('aria-current', Number(b.dataset.position) === chosen);
    for (const g of picture.querySelectorAll('.mark')) {
      const mine = Number(g.dataset.position) === chosen;
      g.setAttribute('tabindex', mine ? '0' : '-1');
      g.firstElementChild.setAttribute('stroke', mine ? (isDark() ? dark : light).hold : 'none');
    }
    if (keep) history.replaceState(null, '', `${location.pathname}?event=${chosen}`);
  }

  function showDetail(e) {
    if (!e) {
      fill(detail, h('h2', {}, 'An event'), h('p', { class: 'soft' }, 'Point at a mark above, or choose a line of the list: the event is shown here, and how its webhook fared.'));
      return;
    }
    const w = e.webhook;
    const fact = (name, value) => (value || value === 0) && h('div', {}, h('dt', {}, name), h('dd', {}, value));
    fill(detail,
      h('h2', {}, e.call_sid && e.event !== 'conference-end' ? `${nameFor(e.call_sid)} ${words[e.event] ?? e.event}` : words[e.event] ?? e.event),
      h('dl', { class: 'facts' },
        fact('Time', `${atClock(e.time)}, ${((Date.parse(e.time) - Date.parse(told.conference.created)) / 1000).toFixed(1)} s after the conference began`),
        fact('Event', h('code', {}, e.event)), fact('Sequence', e.sequence), fact('Reason', e.reason),
        e.call_sid && fact('Call', h('a', { href: `/console/calls/${e.call_sid}`, class: 'mono' }, e.call_sid)),
        e.warning && fact('Notice', `${e.warning.code}: ${e.warning.message}`)),
      h('h3', { class: 'sub' }, 'Webhook'),
      !w ? h('p', { class: 'soft' }, 'No application asked for this event.') : [
        h('dl', { class: 'facts' }, fact('To', h('code', {}, `${w.method} ${w.url}`)), fact('State', w.state)),
        w.attempts.length > 0 && h('ol', { class: 'attempts' }, w.attempts.map((a) => h('li', {}, attempt(a)))),
        h('details', {}, h('summary', {}, 'Parameters'), h('pre', {}, Object.entries(w.params).map(([k, v]) => `${k}: ${v}`).join('\n')))]);
  }

  const attempt = (a) => `${atClock(a.time)}: ${a.status ? `answered ${a.status}` : a.error ?? a.message ?? 'no answer'}${a.took_ms !== undefined ? ` in ${Math.round(a.took_ms)} ms` : ''}`;

  picture.addEventListener('keydown', (k) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[k.key];
    if (!step) return;
    k.preventDefault();
    const all = events();
    const i = all.findIndex((e) => e.position === chosen);
    const next = all[Math.min(all.length - 1, Math.max(0, i < 0 ? 0 : i + step))];
    if (!next) return;
    pick(next);
    picture.querySelector(`[data-position="${next.position}"]`)?.focus();
  });

  async function copyLink() {
    const url = location.origin + location.pathname + (chosen ? `?event=${chosen}` : '');
    try { await navigator.clipboard.writeText(url); toast('Link copied. It opens for whoever can sign in here.', 'good'); } catch { toast(url); }
  }
  const picked = () => drawTimeline(told, { width: 1200, now: Date.now(), colors: light });
  const svgBlob = () => new Blob([new XMLSerializer().serializeToString(picked())], { type: 'image/svg+xml' });
  const fileName = (ext) => `${told.conference.friendly_name.replace(/[^\p{L}\p{N}_-]+/gu, '-') || 'conference'}.${ext}`;
  function save(blob, ext) {
    const url = URL.createObjectURL(blob);
    const a = h('a', { href: url, download: fileName(ext) });
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
  async function savePNG() {
    const drawing = picked();
    const url = URL.createObjectURL(svgBlob());
    try {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = Number(drawing.getAttribute('width')) * 2;
      canvas.height = Number(drawing.getAttribute('height')) * 2;
      const to = canvas.getContext('2d');
      to.scale(2, 2);
      to.drawImage(image, 0, 0);
      save(await new Promise((done, fail) => canvas.toBlob((b) => (b ? done(b) : fail(new Error('The picture could not be made'))), 'image/png')), 'png');
    } finally { URL.revokeObjectURL(url); }
  }

  draw();
  drawList();
  showDetail(told.events.find((e) => e.position === chosen));

  // While it lives it is asked for anew when something has happened, and a while
  // after: what was told, and to whom, comes later than the event.
  let timer = 0;
  let again = false;
  const ask = () => {
    if (timer) { again = true; return; }
    timer = setTimeout(async () => {
      try {
        told = await whole(sid);
        draw();
        drawList();
        again ||= told.events.some((e) => ['waiting', 'trying', 'due'].includes(e.webhook?.state)); // it is yet to be told
      } catch { /* the next event asks again */ }
      timer = 0;
      if (again) { again = false; ask(); }
    }, askEvery);
  };
  const stop = watchEvents({ onSync: () => told.conference.live && ask(), onEvent: () => { ask(); again = true; } }, `conference=${sid}`);
  const clock = setInterval(() => { if (told.conference.live && !document.hidden) { draw(); ask(); } }, 2000);
  const resized = new ResizeObserver(() => draw());
  resized.observe(picture);
  const themed = new MutationObserver(draw);
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  scheme.addEventListener('change', draw);
  return () => { stop(); scheme.removeEventListener('change', draw); clearInterval(clock); clearTimeout(timer); timer = -1; resized.disconnect(); themed.disconnect(); };
}

/** A timeline with all its events. */
async function whole(sid) {
  const path = `/v1/conferences/${encodeURIComponent(sid)}/timeline`;
  const told = await own.get(path);
  const known = new Set(told.participants.map((p) => p.call_sid));
  for (let pages = 0; told.more && pages < 20; pages++) {
    const next = await own.get(path, { after: told.next });
    told.events.push(...next.events);
    for (const p of next.participants) if (!known.has(p.call_sid)) { known.add(p.call_sid); told.participants.push(p); }
    Object.assign(told, { more: next.more, next: next.next, conference: next.conference, speech: next.speech });
  }
  return told;
}
