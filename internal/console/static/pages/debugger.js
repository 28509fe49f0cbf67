// What went wrong, everywhere: warnings with what was asked and answered, and the
// webhooks that were given up, to be sent again.

import { own, rest, watchEvents } from '../api.js';
import { confirm } from '../parts/dialog.js';
import { fill, h, setAttr, setText } from '../parts/dom.js';
import { attempts, bodyView, part } from '../parts/exchange.js';
import { pairs } from '../parts/facts.js';
import { icon } from '../parts/icons.js';
import { keyed } from '../parts/keyed.js';
import { bindKey } from '../parts/keys.js';
import { atTime } from '../parts/time.js';
import { complain, toast } from '../parts/toast.js';

export const title = 'Debugger';

const noticePage = 100;
const parkedPage = 100;

export async function render(root, params, ctx) {
  const search = h('input', { type: 'search', 'aria-label': 'Search', placeholder: 'Code, text, address, SID', value: params.query.get('code') ?? params.query.get('text') ?? '', spellcheck: 'false' });
  const level = h('select', { 'aria-label': 'Severity' }, [['', 'Errors and warnings'], ['0', 'Errors'], ['1', 'Warnings']].map(([value, text]) => h('option', { value }, text)));
  const day = h('input', { type: 'date', 'aria-label': 'On this day', title: 'On this day' });
  const notices = { list: h('div', { class: 'unfolds' }), count: h('span', { class: 'count' }), items: [], next: null };
  const parked = { list: h('div', { class: 'unfolds' }), count: h('span', { class: 'count' }), items: [], more: false, next: 0 };
  const quiet = { notices: h('p', { class: 'nothing', hidden: true }), parked: h('p', { class: 'nothing', hidden: true }) };
  const moreNotices = h('button', { type: 'button', hidden: true, onclick: () => loadNotices(true).catch(complain) }, 'Show older ones');
  const moreParked = h('button', { type: 'button', hidden: true, onclick: () => loadParked(true).catch(complain) }, 'Show more');
  const replayAll = h('button', { type: 'button', hidden: true, onclick: () => replay({}, 'all webhooks that were given up') }, icon('refresh', 16), 'Send all again');
  root.append(
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, 'Debugger'), h('p', { class: 'lead' }, 'What went wrong with calls, with TwiML and with your application’s answers. ', h('a', { href: '/console/warnings' }, 'What the codes mean'))),
      h('div', { class: 'page-tools filters' }, h('div', { class: 'search' }, icon('search', 16), search), level, day)),
    h('section', { class: 'card call-section', 'aria-labelledby': 'parked-head' }, h('div', { class: 'section-head' }, h('h2', { id: 'parked-head' }, 'Webhooks given up'), parked.count, h('span', { class: 'grow' }), replayAll), quiet.parked, parked.list, h('div', { class: 'more' }, moreParked)),
    h('section', { class: 'card call-section', 'aria-labelledby': 'notices-head' }, h('div', { class: 'section-head' }, h('h2', { id: 'notices-head' }, 'Errors and warnings'), notices.count), quiet.notices, notices.list, h('div', { class: 'more' }, moreNotices)));

  const fits = (...texts) => { const want = search.value.trim().toLowerCase(); return texts.some((t) => String(t ?? '').toLowerCase().includes(want)); };
  const wanted = params.query.get('notice');

  const draw = () => {
    const found = notices.items.filter((n) => fits(n.error_code, n.message_text, n.request_url, n.call_sid, n.sid));
    keyed(notices.list, found, { key: (n) => n.sid, make: notice });
    setText(notices.count, found.length === 0 ? '' : `${found.length}${notices.next ? ' or more' : ''}`);
    quiet.notices.hidden = found.length > 0;
    setText(quiet.notices, notices.items.length === 0 && !level.value && !day.value ? 'Nothing has gone wrong so far.' : 'Nothing matches.');
    moreNotices.hidden = !notices.next;
    const given = parked.items.filter((p) => fits(p.code, p.message, p.event.type, p.event.call_sid, p.event.conference_sid, JSON.stringify(p.event.params)));
    keyed(parked.list, given, { key: (p) => p.event.position, make: parkedView });
    setText(parked.count, given.length === 0 ? '' : `${given.length}${parked.more ? ' or more' : ''}`);
    quiet.parked.hidden = given.length > 0;
    setText(quiet.parked, parked.items.length === 0 ? 'None: every event was delivered, or is on its way.' : 'Nothing matches.');
    moreParked.hidden = !parked.more;
    replayAll.hidden = !ctx.can('moderate') || parked.items.every((p) => p.due);
  };

  const loadNotices = async (older) => {
    const page = older ? await own.get(notices.next) : await rest.get('Notifications', { PageSize: noticePage, Log: level.value || null, MessageDate: day.value || null });
    if (older) {
      notices.items = [...notices.items, ...page.notifications];
      notices.next = page.next_page_uri;
    } else {
      const fresh = new Set(page.notifications.map((n) => n.sid));
      const kept = page.next_page_uri && notices.items.length > noticePage ? notices.items.filter((n) => !fresh.has(n.sid)) : [];
      notices.items = [...page.notifications, ...kept];
      if (kept.length === 0) notices.next = page.next_page_uri;
    }
    draw();
  };
  const loadParked = async (further) => {
    const page = await own.get('/v1/parked', { limit: parkedPage, after: further ? parked.next : null });
    parked.items = further ? [...parked.items, ...page.parked] : page.parked;
    parked.next = page.next;
    parked.more = page.more;
    draw();
  };
  const anew = () => { notices.items = []; loadNotices(false).catch(complain); };

  const replay = async (query, what) => {
    if (!await confirm({ title: 'Send again?', body: `This sends ${what} again, in order.`, action: 'Send again' })) return;
    try {
      const r = await own.post('/v1/parked', query);
      toast(r.sent_again === 1 ? '1 webhook is being sent again.' : `${r.sent_again} webhooks are being sent again.`, 'good');
      await loadParked(false);
    } catch (err) { complain(err); }
  };

  // What came both ways is fetched when it is unfolded.
  const unfold = (summary, fetchBody, key) => {
    const body = h('div', { class: 'unfolded' });
    const node = h('details', { class: 'unfold', 'data-key': key }, summary, body);
    let asked = false;
    node.addEventListener('toggle', async () => {
      if (!node.open || asked) return;
      asked = true;
      fill(body, h('p', { class: 'soft' }, 'One moment…'));
      try { fill(body, await fetchBody()); } catch (err) { asked = false; fill(body, h('p', { class: 'bad-text', role: 'alert' }, err.message)); }
    });
    return node;
  };

  const callLink = (sid) => h('a', { href: `/console/calls/${encodeURIComponent(sid)}` }, 'The call');
  const conferenceLink = (sid) => h('a', { href: `/console/conferences/${encodeURIComponent(sid)}` }, 'The conference');

  const notice = (n) => unfold(
    h('summary', {}, h('span', { class: 'u-time' }, atTime(n.message_date)),
      h('span', { class: 'u-main' }, h('span', {}, n.message_text), h('span', { class: 'u-sub mono' }, n.request_url ? `${n.request_method ?? ''} ${n.request_url}` : '')),
      h('span', { class: 'u-side' }, h('span', { class: `badge ${n.log === '0' ? 'bad' : 'warn'}` }, `${n.log === '0' ? 'error' : 'warning'} ${n.error_code}`))),
    async () => {
      const full = await rest.get(`Notifications/${n.sid}`);
      const form = full.request_variables ? Object.fromEntries(new URLSearchParams(full.request_variables)) : null;
      return [
        h('p', { class: 'row' }, h('a', { href: `/console/warnings/${n.error_code}` }, `What ${n.error_code} means`), n.call_sid && callLink(n.call_sid)),
        form && part('What was asked', full.request_url && h('p', { class: 'mono wrap' }, `${full.request_method ?? ''} ${full.request_url}`), pairs(form, 'Parameters')),
        (full.response_body || full.response_headers) && part('What was answered', full.response_headers && h('pre', { class: 'source', tabindex: '0' }, headers(full.response_headers)), bodyView(full.response_body, '')),
        !form && !full.response_body && h('p', { class: 'soft' }, 'No request belongs to it.'),
      ];
    }, n.sid);

  const parkedView = (p) => {
    const e = p.event;
    const conference = e.conference_sid ?? '';
    return unfold(
      h('summary', {}, h('span', { class: 'u-time' }, atTime(e.time)),
        h('span', { class: 'u-main' }, h('strong', {}, e.type), h('span', { class: 'u-sub' }, p.message)),
        h('span', { class: 'u-side' }, h('span', { class: 'badge bad' }, String(p.code)), h('span', { class: 'badge' }, p.attempts === 1 ? '1 attempt' : `${p.attempts} attempts`), p.due && h('span', { class: 'badge info' }, 'sent again'))),
      async () => {
        let told = null;
        try {
          told = conference
            ? (await own.get(`/v1/conferences/${conference}/timeline`, { after: e.position - 1, limit: 1 })).events[0]?.webhook
            : (await own.get(`/v1/calls/${e.call_sid}/story`)).webhooks.find((w) => w.position === e.position);
        } catch (err) { if (err.status !== 404) throw err; }
        return [
          h('p', { class: 'row' }, h('a', { href: `/console/warnings/${p.code}` }, `What ${p.code} means`), e.call_sid && callLink(e.call_sid), conference && conferenceLink(conference)),
          ctx.can('moderate') && !p.due && h('div', { class: 'row' }, h('button', {
            type: 'button', class: 'primary small', onclick: () => replay(conference ? { conference } : { call: e.call_sid }, conference ? 'all that was given up of this conference' : 'all that was given up of this call'),
          }, icon('refresh', 14), conference ? 'Send those of this conference again' : 'Send those of this call again')),
          part('What was sent', pairs(e.params, 'Parameters')),
          told && part('What was answered', attempts(told.attempts)),
        ];
      }, e.position);
  };

  search.addEventListener('input', draw);
  for (const input of [level, day]) input.addEventListener('change', anew);
  let due = 0;
  const soon = () => { due ||= setTimeout(() => { due = 0; Promise.all([loadNotices(false), loadParked(false)]).catch(complain); }, 1000); };
  const unwatch = watchEvents({ onEvent: (e) => { if (/warning|completed|conference-end/.test(e.type)) soon(); }, onSync: soon });
  const every = setInterval(soon, 15_000); // what is parked is no event
  const unbind = bindKey('/', 'Search', () => search.focus());
  await Promise.all([loadNotices(false), loadParked(false)]);
  if (wanted) {
    const node = [...notices.list.children].find((n) => n.dataset.key === wanted);
    if (node) { node.open = true; node.scrollIntoView({ block: 'center' }); setAttr(node, 'data-wanted', true); }
  }
  return () => { clearInterval(every); clearTimeout(due); due = -1; unwatch(); unbind(); };
}

// Headers come as a form or as lines.
function headers(text) {
  return /^[^\n:]+=/.test(text) && text.includes('&') ? [...new URLSearchParams(text)].map(([k, v]) => `${k}: ${v}`).join('\n') : text;
}
