// The conferences there were, and those that live: each leads to its timeline.

import { account, request, watchEvents } from '../api.js';
import { h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { table } from '../parts/table.js';
import { atTime, duration } from '../parts/time.js';
import { complain } from '../parts/toast.js';

export const title = 'Timelines';

export async function render(root) {
  const search = h('input', { type: 'search', placeholder: 'Name of a conference', 'aria-label': 'Search conferences' });
  const states = h('select', { 'aria-label': 'Status' }, [['', 'All conferences'], ['in-progress', 'In progress'], ['init', 'Waiting to start'], ['completed', 'Completed']].map(([v, t]) => h('option', { value: v }, t)));
  const more = h('button', { type: 'button', hidden: true, onclick: () => load(next) }, 'Show more');
  const t = table({
    caption: 'Conferences', href: (c) => `/console/conferences/${c.sid}`, empty: 'There are no such conferences.',
    columns: [
      { head: 'Conference', cell: (c) => c.friendly_name },
      { head: 'Status', cell: (c) => h('span', { class: 'badge ' + (c.status === 'in-progress' ? 'good' : '') }, { init: 'Waiting to start', 'in-progress': 'In progress', completed: 'Completed' }[c.status]) },
      { head: 'Began', cell: (c) => atTime(c.date_created) },
      { head: 'Lasted', class: 'num', cell: (c) => (c.status === 'completed' ? duration(Date.parse(c.date_updated) - Date.parse(c.date_created)) : duration(Date.now() - Date.parse(c.date_created))) },
      { head: 'Ended because', cell: (c) => { const why = c.reason_ended ?? c.reason_conference_ended; return why && h('span', { class: 'soft' }, why.replaceAll('-', ' ')); } },
    ],
  });
  root.append(
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, 'Timelines'), h('p', { class: 'lead' }, 'What happened in each conference, as a picture.')),
      h('form', { class: 'page-tools filters', onsubmit: (e) => { e.preventDefault(); load(); } }, h('div', { class: 'search' }, icon('search', 16), search), states)),
    t.node, h('div', { class: 'row' }, more));

  let rows = [];
  let next = null;
  let turn = 0;
  async function load(from = null) {
    const mine = ++turn;
    try {
      const page = from ? await request('GET', from) : await request('GET', account('Conferences'), { query: { PageSize: 50, FriendlyName: search.value.trim() || null, Status: states.value || null } });
      if (mine !== turn) return;
      rows = from ? [...rows, ...page.conferences] : page.conferences;
      next = page.next_page_uri;
      more.hidden = !next;
      t.set(rows);
    } catch (err) { complain(err); }
  }
  search.addEventListener('change', () => load());
  states.addEventListener('change', () => load());
  await load();
  let timer = 0;
  const soon = () => { timer ||= setTimeout(() => { timer = 0; if (rows.length <= 50) load(); }, 1000); };
  const stop = watchEvents({ onEvent: (e, type) => { if (type === 'conference-start' || type === 'conference-end' || type === 'participant-join' && e.sequence <= 1) soon(); } });
  return () => { stop(); clearTimeout(timer); };
}
