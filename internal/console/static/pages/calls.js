// Calls, live and past, searched as they are typed.

import { own, watchEvents } from '../api.js';
import { callBadge, grade } from '../parts/callstate.js';
import { fill, h, setAttr, setText } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { bindKey } from '../parts/keys.js';
import { atTime, duration } from '../parts/time.js';
import { complain } from '../parts/toast.js';
import { virtualGrid } from '../parts/virtual.js';

export const title = 'Calls';

const kinds = [
  ['', 'All calls'], ['live', 'Live'], ['completed', 'Completed'], ['busy', 'Busy'], ['no-answer', 'No answer'], ['failed', 'Failed'], ['canceled', 'Canceled'], ['refused', 'Refused'],
];
const pageSize = 100;

export function render(root, params, ctx) {
  const search = h('input', { type: 'search', 'aria-label': 'Search calls', placeholder: 'Caller, number, conference', value: params.query.get('text') ?? '', spellcheck: 'false' });
  const kind = h('select', { 'aria-label': 'Which calls' }, kinds.map(([value, text]) => h('option', { value, selected: value === (params.query.get('show') ?? '') }, text)));
  const from = h('input', { type: 'date', 'aria-label': 'On this day or later', value: params.query.get('from') ?? '' });
  const until = h('input', { type: 'date', 'aria-label': 'On this day or earlier', value: params.query.get('until') ?? '' });
  const count = h('p', { class: 'lead', role: 'status' });
  const nothing = h('p', { class: 'empty', hidden: true });
  const list = virtualGrid({ make: row, show, key: (c) => c.sid, height: 58, gap: 0, label: 'Calls' });
  list.node.classList.add('call-rows');
  const heads = h('div', { class: 'call-row call-heads', 'aria-hidden': 'true' }, ['From', 'To', 'Began', 'Duration', 'Conference', 'Status'].map((t) => h('span', {}, t)));
  const card = h('div', { class: 'card call-list' }, heads, list.node);
  root.append(
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, 'Calls'), count),
      h('div', { class: 'page-tools filters' }, h('div', { class: 'search' }, icon('search', 16), search), kind,
        h('div', { class: 'row nowrap' }, from, h('span', { class: 'soft' }, 'to'), until))),
    card, nothing);

  let calls = [];
  let next = '';
  let more = false;
  let asking = null;
  let loadingMore = false;
  const query = (page) => {
    const q = { text: search.value.trim() || null, limit: pageSize, page: page || null };
    if (kind.value === 'live') q.live = true;
    else if (kind.value === 'refused') q.refused = true;
    else if (kind.value) q.status = kind.value;
    const day = (value, days) => { const d = new Date(`${value}T00:00:00`); d.setDate(d.getDate() + days); return Number.isNaN(+d) ? null : d.toISOString(); };
    if (from.value) q.from = day(from.value, 0);
    if (until.value) q.until = day(until.value, 1);
    return q;
  };
  const draw = () => {
    list.set(calls);
    const live = calls.filter((c) => c.live).length;
    setText(count, calls.length === 0 ? '' : `${calls.length}${more ? ' or more' : ''} ${calls.length === 1 ? 'call' : 'calls'}${live > 0 ? `, ${live} live` : ''}`);
    nothing.hidden = calls.length > 0;
    card.hidden = calls.length === 0;
    setText(nothing, search.value || kind.value || from.value || until.value ? 'There are no such calls.' : 'Nobody has called yet. Dial one of your numbers, and the call appears here.');
  };
  // What is asked anew is the first page; what was read behind it stays.
  const load = async (anew) => {
    asking?.abort();
    const mine = asking = new AbortController();
    try {
      const page = await own.get('/v1/calls', query(''), mine.signal);
      if (mine.signal.aborted) return;
      if (anew || !page.more || calls.length <= pageSize) {
        calls = page.calls;
        next = page.next;
        more = page.more;
      } else {
        const fresh = new Map(page.calls.map((c) => [c.sid, c]));
        const oldest = page.calls.at(-1)?.created ?? '';
        calls = [...page.calls, ...calls.filter((c) => !fresh.has(c.sid) && c.created <= oldest)];
      }
      draw();
      reach();
    } catch (err) { complain(err); }
  };
  const reach = async () => {
    if (!more || loadingMore || card.getBoundingClientRect().bottom > window.innerHeight + 600) return;
    loadingMore = true;
    const mine = asking;
    try {
      const page = await own.get('/v1/calls', query(next), mine?.signal);
      if (mine?.signal.aborted) return;
      const have = new Set(calls.map((c) => c.sid));
      calls = [...calls, ...page.calls.filter((c) => !have.has(c.sid))];
      next = page.next;
      more = page.more;
      draw();
    } catch (err) { complain(err); } finally { loadingMore = false; }
    requestAnimationFrame(reach);
  };
  const changed = () => {
    const q = new URLSearchParams();
    if (search.value.trim()) q.set('text', search.value.trim());
    if (kind.value) q.set('show', kind.value);
    if (from.value) q.set('from', from.value);
    if (until.value) q.set('until', until.value);
    history.replaceState(null, '', '/console/calls' + (q.size > 0 ? '?' + q : ''));
    load(true);
  };
  let typing = 0;
  search.addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(changed, 200); });
  for (const input of [kind, from, until]) input.addEventListener('change', changed);
  window.addEventListener('scroll', reach, { passive: true });
  let due = 0;
  const soon = () => { due ||= setTimeout(() => { due = 0; load(false); }, 1000); };
  const unwatch = watchEvents({ onEvent: (e) => { if (e.call_sid && !e.type.includes('speech')) soon(); }, onSync: () => load(false) });
  const tick = setInterval(() => list.update(), 1000);
  const unbind = bindKey('/', 'Search', () => search.focus());
  load(true);
  return () => {
    asking?.abort();
    clearInterval(tick);
    clearTimeout(due);
    clearTimeout(typing);
    unwatch();
    unbind();
    list.close();
    window.removeEventListener('scroll', reach);
  };
}

function row() {
  const cells = ['c-from', 'c-to', 'c-began', 'c-long', 'c-conf', 'c-state'].map((name) => h('span', { class: name }));
  return h('div', { class: 'call-row linked' }, cells);
}

function show(node, c) {
  const [from, to, began, long, conf, state] = node.children;
  const sign = JSON.stringify(c);
  if (node.shownAs !== sign) {
    node.shownAs = sign;
    fill(from, h('a', { class: 'row-link', href: `/console/calls/${encodeURIComponent(c.sid)}` }, c.caller || c.from || 'unknown'), c.caller && c.caller !== c.from && h('small', { class: 'soft' }, c.from));
    fill(to, h('span', {}, c.to || 'unknown'), h('small', { class: 'soft' }, c.number_name && c.number_name !== c.to ? c.number_name : c.direction === 'inbound' ? '' : 'outgoing'));
    setText(began, atTime(c.created));
    setText(conf, (c.conferences ?? []).join(', ') || '–');
    const [mos, words] = c.quality?.mos ? grade(c.quality.mos) : [];
    fill(state, callBadge(c), c.warnings > 0 && h('span', { class: 'badge warn' }, c.warnings === 1 ? '1 warning' : `${c.warnings} warnings`),
      mos && mos !== 'good' && h('span', { class: `badge ${mos}` }, `${words} sound`));
    setAttr(node, 'data-status', c.status);
  }
  setText(long, c.live && c.answered ? duration(Date.now() - Date.parse(c.answered)) : c.answered ? duration(c.duration_s * 1000) : '–');
}
