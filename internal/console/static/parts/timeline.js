// The picture of a conference: its status above, and a lane for each who was in
// it. It is drawn with attributes alone, so that it is the same where it is saved.

import { svg } from './dom.js';
import { nameOf } from './people.js';

export const light = {
  ground: '#ffffff', text: '#1c2637', soft: '#44506a', grid: '#e6eaf1', there: '#33415c', waits: '#8b97ad',
  mark: '#a8632a', heard: '#2f7d5b', unheard: '#fbf3ec', room: '#e3f1ea', roomEdge: '#2f7d5b', init: '#f3f6fb', hold: '#2c5fa8', bad: '#b3362e',
};
export const dark = {
  ground: '#171e29', text: '#e7ecf4', soft: '#b2bdce', grid: '#283345', there: '#a9b6ca', waits: '#71809a',
  mark: '#e0a066', heard: '#4ecb93', unheard: '#33261a', room: '#173328', roomEdge: '#4ecb93', init: '#1e2735', hold: '#86b4f0', bad: '#f08379',
};

const right = 92;
const top = 34;
const row = 46;

/** What an event is called in words. */
export const words = {
  'conference-start': 'The conference starts', 'conference-end': 'The conference ends', 'conference-warning': 'Notice on the conference',
  'participant-join': 'joins', 'participant-leave': 'leaves', 'participant-mute': 'is muted', 'participant-unmute': 'is unmuted',
  'participant-hold': 'is put on hold', 'participant-unhold': 'is taken off hold', 'participant-modify': 'is changed',
  'participant-speech-start': 'begins to speak', 'participant-speech-stop': 'stops speaking',
  'announcement-end': 'Announcement was heard', 'announcement-fail': 'Announcement failed',
};

const at = (t) => Date.parse(t);

/**
 * Works out of a timeline (GET /v1/conferences/CF…/timeline) what is drawn: the
 * lanes with their stretches, and when everything is. now ends what goes on.
 */
export function lanesOf(told, now) {
  const c = told.conference;
  const start = at(c.created);
  const end = c.ended ? at(c.ended) : Math.max(now, start + 1000);
  const started = c.started ? at(c.started) : null;
  const lanes = new Map(told.participants.map((p) => [p.call_sid, { call: p.call_sid, name: nameOf({ ...p, call: p.call_sid }), stays: [], muted: [], held: [], speech: [], marks: [] }]));
  const open = (list, t) => { if (!list.length || list.at(-1).to !== null) list.push({ from: t, to: null }); };
  const shut = (list, t) => { if (list.length && list.at(-1).to === null) list.at(-1).to = t; };
  for (const e of told.events) {
    const lane = lanes.get(e.call_sid);
    const t = at(e.time);
    if (!lane || e.event === 'conference-end') continue;
    if (e.event === 'participant-join') open(lane.stays, t);
    if (e.event === 'participant-leave') for (const l of [lane.stays, lane.muted, lane.held]) shut(l, t);
    else {
      if (e.muted === true) open(lane.muted, t); else if (e.muted === false) shut(lane.muted, t);
      if (e.hold === true) open(lane.held, t); else if (e.hold === false) shut(lane.held, t);
    }
    if (!e.event.startsWith('participant-speech')) lane.marks.push({ at: t, e });
  }
  for (const s of told.speech) lanes.get(s.call_sid)?.speech.push({ from: at(s.time), to: s.ended ? at(s.ended) : end });
  for (const l of lanes.values()) for (const list of [l.stays, l.muted, l.held]) for (const s of list) s.to ??= end;
  return { start, end, started, ended: c.ended ? end : null, lanes: [...lanes.values()], live: c.live };
}

const within = (list, t) => list.some((s) => t >= s.from && t < s.to);

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];

/** 0:05 of milliseconds; hours when there are some. */
function since(ms) {
  const s = Math.round(ms / 1000);
  const two = (n) => String(n).padStart(2, '0');
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/**
 * Draws a timeline. width is in pixels; colors is light or dark; chosen is the
 * position of the event that is picked out; pick(event, mark) is called for a mark
 * that is pointed at or has the focus (null: the picture is for keeping).
 */
export function drawTimeline(told, { width, now = Date.now(), colors = light, chosen = null, pick = null }) {
  const m = lanesOf(told, now);
  const left = width < 700 ? 108 : 150; // for the names
  const span = Math.max(1000, m.end - m.start);
  const length = Math.max(200, width - left - right);
  const x = (t) => Math.round((left + (length * (t - m.start)) / span) * 10) / 10;
  const height = top + (1 + m.lanes.length) * row + 62;
  const bottom = top + (1 + m.lanes.length) * row;
  const small = { 'font-size': 12, fill: colors.soft };
  const name = { 'font-size': 14, 'font-weight': 600, fill: colors.text };
  const most = Math.floor((left - 16) / 7);
  const clip = (text) => (text.length > most ? text.slice(0, most - 1) + '…' : text);

  const grid = svg('g', { 'data-part': 'grid' });
  const step = steps.find((s) => (span / 1000 / s) * 64 <= length) ?? 86400;
  for (let s = 0; s * 1000 <= span; s += step) {
    grid.append(svg('path', { d: `M${x(m.start + s * 1000)} ${top - 10}V${bottom}`, stroke: colors.grid, 'stroke-width': 1, fill: 'none' }),
      svg('text', { x: x(m.start + s * 1000), y: bottom + 18, 'text-anchor': 'middle', ...small }, since(s * 1000)));
  }

  const status = svg('g', { 'data-part': 'status' }, svg('text', { x: 16, y: top + 20, ...name }, 'Status'));
  const box = (word, from, to, look) => {
    const w = Math.max(2, x(to) - x(from));
    status.append(svg('rect', { 'data-status': word, x: x(from), y: top + 4, width: w, height: 24, rx: 5, ...look }));
    if (w > word.length * 7) status.append(svg('text', { x: x(from) + w / 2, y: top + 20, 'text-anchor': 'middle', ...small }, { init: 'waiting', 'in-progress': 'in progress' }[word]));
  };
  box('init', m.start, m.started ?? m.end, { fill: colors.init, stroke: colors.waits, 'stroke-width': 1.2, 'stroke-dasharray': '2 4' });
  if (m.started !== null) box('in-progress', m.started, m.end, { fill: colors.room, stroke: colors.roomEdge, 'stroke-width': 1.5 });
  if (m.ended !== null) status.append(svg('text', { 'data-status': 'completed', x: x(m.ended) + 7, y: top + 20, ...small }, 'completed'));

  const lanes = svg('g', { 'data-part': 'lanes' });
  m.lanes.forEach((l, i) => {
    const y = top + (1 + i) * row + 18;
    const g = svg('g', { 'data-lane': l.name }, svg('text', { x: 16, y: y + 5, ...name }, clip(l.name), svg('title', {}, l.name)));
    const line = (what, from, to, look) => { if (to > from) g.append(svg('path', { 'data-stretch': what, d: `M${x(from)} ${y}H${x(to)}`, fill: 'none', 'stroke-width': 1.6, ...look })); };
    for (const s of l.stays) {
      const cuts = [s.from, s.to, ...(m.started !== null ? [m.started] : []), ...l.muted.flatMap((v) => [v.from, v.to]), ...l.held.flatMap((v) => [v.from, v.to])]
        .filter((t) => t >= s.from && t <= s.to).sort((a, b) => a - b);
      let last = null; // a run of what is the same is one line
      for (let k = 0; k + 1 < cuts.length; k++) {
        if (cuts[k] === cuts[k + 1]) continue;
        const t = cuts[k];
        const what = within(l.held, t) ? 'hold' : within(l.muted, t) ? 'muted' : m.started === null || t < m.started ? 'waits' : 'there';
        if (last && last.what === what && last.to === t) last.to = cuts[k + 1];
        else { if (last) draw(last); last = { what, from: t, to: cuts[k + 1] }; }
      }
      if (last) draw(last);
    }
    function draw({ what, from, to }) {
      line(what, from, to, {
        there: { stroke: colors.there }, waits: { stroke: colors.waits, 'stroke-dasharray': '2 4' },
        muted: { stroke: colors.mark, 'stroke-dasharray': '6 4' }, hold: { stroke: colors.hold, 'stroke-dasharray': '1 3', 'stroke-width': 4 },
      }[what]);
    }
    for (const s of l.speech) {
      const unheard = within(l.muted, s.from) || within(l.held, s.from);
      g.append(svg('rect', { 'data-speech': unheard ? 'unheard' : 'heard', x: x(s.from), y: y - 9, width: Math.max(1.5, Math.round((x(s.to) - x(s.from)) * 10) / 10), height: 18, rx: 3,
        fill: unheard ? colors.unheard : colors.heard, stroke: unheard ? colors.mark : null, 'stroke-width': unheard ? 1.4 : null },
      svg('title', {}, `${l.name} speaks${unheard ? ', and nobody hears it' : ''}: ${since(s.from - m.start)} to ${since(s.to - m.start)}`)));
    }
    for (const k of l.marks) g.append(mark(k.e, x(k.at), y, l.name));
    lanes.append(g);
  });
  for (const e of told.events) {
    if (!e.call_sid || e.event === 'conference-end') status.append(mark(e, x(at(e.time)), top + 16, ''));
  }

  function mark(e, mx, my, who) {
    const r = (n) => Math.round(n * 10) / 10;
    const label = `${since(at(e.time) - m.start)} ${who ? who + ' ' : ''}${words[e.event] ?? e.event}${e.webhook ? ', told: ' + e.webhook.state : ''}`;
    const failed = e.webhook && ['parked', 'due'].includes(e.webhook.state) || e.event === 'announcement-fail' || e.event.endsWith('-warning');
    const edge = failed ? colors.bad : colors.mark;
    const shape = {
      'participant-join': () => svg('path', { d: `M${mx} ${my - 9}v18`, stroke: colors.there, 'stroke-width': 2, fill: 'none' }),
      'participant-leave': () => svg('path', { d: `M${mx} ${my - 9}v18`, stroke: colors.there, 'stroke-width': 2, fill: 'none' }),
      'participant-mute': () => svg('path', { d: `M${mx} ${my - 6}l6 6l-6 6l-6 -6z`, fill: colors.mark }),
      'participant-unmute': () => svg('path', { d: `M${mx} ${my - 6}l6 6l-6 6l-6 -6z`, fill: colors.ground, stroke: colors.mark, 'stroke-width': 1.6 }),
      'participant-hold': () => svg('path', { d: `M${r(mx - 4)} ${my - 6}v12M${r(mx + 4)} ${my - 6}v12`, stroke: colors.hold, 'stroke-width': 3, fill: 'none' }),
      'participant-unhold': () => svg('path', { d: `M${r(mx - 4)} ${my - 6}l9 6l-9 6z`, fill: colors.hold }),
      'conference-start': () => svg('circle', { cx: mx, cy: my, r: 4, fill: colors.roomEdge }),
      'conference-end': () => svg('rect', { x: r(mx - 4), y: my - 4, width: 8, height: 8, fill: colors.roomEdge }),
    }[e.event] ?? (() => svg('circle', { cx: mx, cy: my, r: 4, fill: colors.ground, stroke: edge, 'stroke-width': 1.6 }));
    const g = svg('g', { 'data-event': e.event, 'data-position': e.position, class: 'mark' },
      svg('rect', { x: r(mx - 9), y: my - 13, width: 18, height: 26, rx: 5, fill: 'transparent', stroke: e.position === chosen ? colors.hold : 'none', 'stroke-width': 1.5 }),
      shape(), failed && svg('circle', { cx: r(mx + 6), cy: my - 9, r: 3, fill: colors.bad }), svg('title', {}, label));
    if (pick) {
      g.setAttribute('tabindex', e.position === chosen ? '0' : '-1');
      g.setAttribute('role', 'button');
      g.setAttribute('aria-label', label);
      g.addEventListener('pointerenter', () => pick(e));
      g.addEventListener('focus', () => pick(e));
      g.addEventListener('click', () => pick(e, true));
    }
    return g;
  }

  const legend = svg('g', { 'data-part': 'legend' });
  let lx = 16;
  const ly = bottom + 44;
  const item = (w, text, ...shapes) => { legend.append(...shapes, svg('text', { x: lx + 30, y: ly + 4, ...small }, text)); lx += w; };
  item(154, 'waits for the start', svg('path', { d: `M${lx} ${ly}h22`, stroke: colors.waits, 'stroke-width': 1.6, 'stroke-dasharray': '2 4', fill: 'none' }));
  item(96, 'speaks', svg('rect', { x: lx, y: ly - 7, width: 22, height: 14, rx: 3, fill: colors.heard }));
  item(86, 'muted', svg('path', { d: `M${lx + 11} ${ly - 6}l6 6l-6 6l-6 -6z`, fill: colors.mark }));
  item(90, 'on hold', svg('path', { d: `M${lx} ${ly}h22`, stroke: colors.hold, 'stroke-width': 4, 'stroke-dasharray': '1 3', fill: 'none' }));

  const spoken = m.lanes.map((l) => `${l.name}${l.stays.length ? ` joins after ${((l.stays[0].from - m.start) / 1000).toFixed(1)} s` : ''}.`).join(' ');
  return svg('svg', {
    xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height, role: pick ? 'group' : 'img', 'aria-label': `Timeline of ${told.conference.friendly_name}. ${spoken}`,
    'font-family': "system-ui, -apple-system, 'Segoe UI', Inter, Helvetica, Arial, sans-serif",
  }, svg('rect', { width, height, fill: colors.ground }), grid, status, lanes, legend);
}
