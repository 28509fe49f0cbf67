// One call: why it went as it did. Everything that happened stands on one axis of
// time; below it are the messages, documents, verbs, digits, webhooks and warnings
// in full.

import { own, rest, watchEvents } from '../api.js';
import { timeAxis } from '../parts/axis.js';
import { callBadge, grade, who } from '../parts/callstate.js';
import { copyButton, download, saveText } from '../parts/copy.js';
import { confirm, openDialog } from '../parts/dialog.js';
import { fill, h, setText } from '../parts/dom.js';
import { attempts, bodyView, part, webhookView } from '../parts/exchange.js';
import { facts, httpBadge, offset, pairs, span } from '../parts/facts.js';
import { form } from '../parts/form.js';
import { icon } from '../parts/icons.js';
import { keyed } from '../parts/keyed.js';
import { bindKey } from '../parts/keys.js';
import { kind as sipKind, ladder } from '../parts/ladder.js';
import { atClock, duration, onDay } from '../parts/time.js';
import { complain, toast } from '../parts/toast.js';

export const title = 'Call';

const liveEvery = 5000;
// While a webhook is on its way: no event tells that it has arrived.
const sendingEvery = 1500;
const onItsWay = (w) => ['waiting', 'trying', 'due'].includes(w.state);

export async function render(root, params, ctx) {
  const sid = params.sid;
  const head = h('div', { class: 'page-head' });
  const about = h('div', { class: 'card card-body' });
  const axis = timeAxis({ label: 'The call over time' });
  const steps = ladder();
  const places = {};
  const counts = {};
  const section = (id, name, ...content) => {
    counts[id] = h('span', { class: 'count' });
    places[id] = h('section', { class: 'card call-section', id, 'aria-labelledby': id + '-head', tabindex: '-1' }, h('div', { class: 'section-head' }, h('h2', { id: id + '-head' }, name), counts[id]), content);
    return places[id];
  };
  const lists = Object.fromEntries(['warnings', 'documents', 'verbs', 'digits', 'webhooks'].map((id) => [id, h('div', { class: 'unfolds' })]));
  const empties = {};
  const none = (id, text) => (empties[id] = h('p', { class: 'nothing', hidden: true }, text));
  root.append(head, about,
    h('section', { class: 'card call-section', 'aria-labelledby': 'axis-head' }, h('div', { class: 'section-head' }, h('h2', { id: 'axis-head' }, 'Over time')), axis.node),
    section('warnings', 'Warnings', none('warnings', 'No warnings.'), lists.warnings),
    section('sip', 'Signalling', none('sip', 'No signalling of this call is kept.'), steps.node),
    h('div', { class: 'two' },
      section('documents', 'Documents', none('documents', 'The application was not asked for a document.'), lists.documents),
      section('verbs', 'Verbs', none('verbs', 'No verbs were run.'), lists.verbs)),
    h('div', { class: 'two' },
      section('webhooks', 'Webhooks', none('webhooks', 'No application asked for callbacks about this call.'), lists.webhooks),
      section('digits', 'Digits', none('digits', 'No digits were asked for.'), lists.digits)));

  let story = null;
  let asking = null;
  let timer = 0;

  const load = async () => {
    asking?.abort();
    clearTimeout(timer);
    const mine = asking = new AbortController();
    try {
      const told = await own.get(`/v1/calls/${encodeURIComponent(sid)}/story`, null, mine.signal);
      if (mine.signal.aborted) return;
      story = told;
      story.warnings.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
      draw();
      const sending = story.webhooks.some(onItsWay);
      if (sending || story.call.live) timer = setTimeout(load, sending ? sendingEvery : liveEvery);
    } catch (err) {
      if (err.name === 'AbortError') return;
      if (story) { complain(err); timer = setTimeout(load, liveEvery); return; }
      if (err.status !== 404) throw err;
      axis.close();
      steps.close();
      fill(root, h('h1', {}, 'Call'), h('p', { class: 'empty' }, 'There is no such call, or its story is no longer kept. ', h('a', { href: '/console/calls' }, 'All calls')));
    }
  };

  const go = (id, key) => {
    const place = places[id];
    const item = key === undefined ? null : [...place.querySelectorAll('[data-key]')].find((n) => n.dataset.key === String(key));
    if (item) item.open = true;
    (item ?? place).scrollIntoView({ block: 'start', behavior: 'smooth' });
    (item?.querySelector('summary') ?? place).focus({ preventScroll: true });
  };

  const draw = () => {
    const c = story.call;
    const begin = Math.min(Date.parse(c.created), ...[story.sip[0], story.documents[0]].filter(Boolean).map((x) => Date.parse(x.time)));
    const name = who(c.caller, c.from);
    ctx.setTitle(`${name} to ${c.to}`);
    const sign = JSON.stringify([c, ctx.can('moderate')]);
    if (head.shownAs !== sign) {
      head.shownAs = sign;
      const buttons = [
        c.live && ctx.can('moderate') && h('button', { type: 'button', onclick: () => redirect(c) }, icon('rename', 16), 'Redirect'),
        c.live && ctx.can('moderate') && h('button', { type: 'button', class: 'danger', onclick: () => hangUp(c) }, icon('end', 16), 'Hang up'),
        h('button', { type: 'button', onclick: () => download(`/v1/calls/${encodeURIComponent(sid)}/sip.pcap`, `${sid}.pcap`).catch(complain) }, icon('download', 16), 'pcap'),
        h('button', { type: 'button', onclick: () => saveText(`${sid}.json`, JSON.stringify(story, null, 2)) }, icon('download', 16), 'JSON'),
      ];
      const had = head.contains(document.activeElement);
      fill(head, h('div', {}, h('a', { class: 'back', href: '/console/calls' }, icon('back', 14), 'Calls'),
        h('h1', { class: 'call-title' }, h('span', {}, name), h('span', { class: 'arrow', 'aria-label': 'to' }, '→'), h('span', {}, c.to || 'unknown'), callBadge(c)),
        h('p', { class: 'lead' }, `${onDay(c.created)}, ${atClock(c.created)}`, c.cause && `, ${c.cause}`, c.sip_code >= 300 && ` (${c.sip_code})`)),
      h('div', { class: 'page-tools' }, buttons));
      if (had) head.querySelector('button')?.focus();
      const q = c.quality;
      fill(about, facts([
        ['Duration', c.answered ? duration(c.live ? Date.now() - Date.parse(c.answered) : c.duration_s * 1000) : 'not answered'],
        ['Direction', { inbound: 'inbound', 'outbound-api': 'outbound, by the REST API', 'outbound-dial': 'outbound, by <Dial>' }[c.direction] ?? c.direction],
        ['Number', c.number_name && c.number_name !== c.number ? `${c.number_name} (${c.number})` : c.number],
        ['Conferences', story.conferences.length > 0 ? h('span', {}, story.conferences.map((x, i) => [i > 0 && ', ', h('a', { href: `/console/conferences/${encodeURIComponent(x.conference_sid)}` }, x.friendly_name)])) : null],
        ['Sound quality', q?.mos ? h('span', { class: `badge ${grade(q.mos)[0]}` }, `${grade(q.mos)[1]}, MOS ${q.mos.toFixed(1)}`) : null],
        ['Codec', q?.codec],
        ['Packets lost', q ? `${(q.lost_ratio * 100).toFixed(1)} %` : null],
        ['Parent call', c.parent_sid ? h('a', { href: `/console/calls/${encodeURIComponent(c.parent_sid)}` }, 'the call that dialled this one') : null],
        ['Far end’s address', c.source_ip],
        ['CallSid', sid, { mono: true, copy: true }],
        ['SIP Call-ID', c.sip_call_id, { mono: true, copy: true }],
      ]));
    }
    drawAxis(begin);
    steps.set(story.sip, begin);
    steps.node.hidden = story.sip.length === 0;
    for (const id of Object.keys(places)) {
      const n = story[id === 'sip' ? 'sip' : id].length;
      const left = story.left_out?.[id] ?? 0;
      setText(counts[id], n === 0 ? '' : left > 0 ? `${n} kept, ${left} not` : String(n));
      if (empties[id]) empties[id].hidden = n > 0;
    }
    places.warnings.hidden = story.warnings.length === 0;
    keyed(lists.warnings, story.warnings, { key: (w) => w.sid, make: (w) => warning(w, begin) });
    keyed(lists.documents, story.documents, { key: (d) => d.time + d.url, make: (d) => documentView(d, begin) });
    keyed(lists.verbs, story.verbs, { key: (v, i) => v.time + v.name, make: (v) => verb(v, begin) });
    keyed(lists.digits, story.digits, { key: (d) => d.time + d.verb, make: (d) => digits(d, begin) });
    keyed(lists.webhooks, story.webhooks, {
      key: (w) => w.position,
      make: (w) => webhookView(w, { begin, replay: w.state === 'parked' && ctx.can('moderate') && replayButton(w) }),
    });
  };

  const drawAxis = (begin) => {
    const c = story.call;
    const t = (text) => Date.parse(text);
    const end = Math.max(begin + 1000, c.ended ? t(c.ended) : c.live ? Date.now() : 0, ...['sip', 'documents', 'verbs', 'webhooks', 'quality', 'warnings'].map((k) => (story[k].length > 0 ? t(story[k].at(-1).time) : 0)));
    const running = c.live ? Date.now() : end;
    const lanes = [
      ['Call', [
        { at: t(c.created), until: c.answered ? t(c.answered) : c.ended ? t(c.ended) : running, kind: 'wait', label: 'ringing' },
        c.answered && { at: t(c.answered), until: c.ended ? t(c.ended) : running, kind: 'fine', label: 'answered' },
      ].filter(Boolean)],
      ['Signalling', story.sip.map((m, i) => ({ at: t(m.time), kind: sipKind(m), label: m.line.replace(/ SIP\/2\.0$/, '').replace(/^SIP\/2\.0 /, ''), go: () => { places.sip.scrollIntoView({ behavior: 'smooth' }); steps.select(i); } }))],
      ['Documents', story.documents.map((d) => ({ at: t(d.time), until: t(d.time) + d.took_ms, kind: d.error ? 'wrong' : 'request', label: `${d.method} ${d.url}`, go: () => go('documents', d.time + d.url) }))],
      ['Verbs', story.verbs.map((v) => ({ at: t(v.time), until: v.ended ? t(v.ended) : running, kind: 'verb', label: v.name, go: () => go('verbs', v.time + v.name) }))],
      ['Digits', story.digits.map((d) => ({ at: t(d.time), kind: 'request', label: d.count === 1 ? '1 digit' : `${d.count} digits`, go: () => go('digits', d.time + d.verb) }))],
      ['Conferences', story.conferences.map((x) => ({ at: t(x.joined), until: x.left ? t(x.left) : running, kind: 'fine', label: x.friendly_name, go: () => ctx.navigate(`/conferences/${encodeURIComponent(x.conference_sid)}`) }))],
      ['Webhooks', story.webhooks.map((w) => ({ at: t(w.time), kind: { delivered: 'fine', parked: 'wrong' }[w.state] ?? 'wait', label: `${w.event}, ${w.state}`, go: () => go('webhooks', w.position) }))],
      ['Warnings', story.warnings.map((w) => ({ at: t(w.time), kind: w.level === 'error' ? 'wrong' : 'wait', label: `${w.code} ${w.message}`, go: () => go('warnings', w.sid) }))],
    ].filter(([, marks]) => marks.length > 0).map(([name, marks]) => ({ name, marks }));
    const points = (of) => story.quality.filter((q) => of(q) !== undefined && of(q) !== null).map((q) => ({ at: t(q.time), value: of(q), step: (q.seconds || 5) * 1000 }));
    const plots = c.answered || story.quality.length > 0 ? [
      { name: 'Loss', points: points((q) => q.lost_ratio * 100), low: 0, high: 2, format: (v) => `${v.toFixed(v < 10 ? 1 : 0)} %`, lines: [1], kind: 'bad' },
      { name: 'Jitter', points: points((q) => q.jitter_ms), low: 0, high: 20, format: (v) => `${v.toFixed(v < 10 ? 1 : 0)} ms` },
      { name: 'Delay', points: points((q) => q.delay_ms), low: 0, high: 60, format: (v) => `${Math.round(v)} ms` },
      { name: 'Level received', points: points((q) => q.speech_dbov), low: -60, high: 0, format: (v) => `${Math.round(v)} dB`, kind: 'voice' },
      { name: 'Level sent', points: points((q) => q.out_dbov), low: -60, high: 0, format: (v) => `${Math.round(v)} dB`, kind: 'voice' },
      { name: 'MOS', points: points((q) => q.mos), low: 1, high: 4.5, format: (v) => v.toFixed(1), lines: [3.4] },
    ] : [];
    axis.set({ from: begin, to: end, lanes, plots });
  };

  const replayButton = (w) => {
    const button = h('button', {
      type: 'button', class: 'primary small', onclick: async () => {
        button.disabled = true;
        try {
          const r = await own.post('/v1/parked', w.conference_sid ? { conference: w.conference_sid } : { call: w.call_sid });
          toast(r.sent_again === 1 ? '1 webhook is being sent again.' : `${r.sent_again} webhooks are being sent again.`, 'good');
          load();
        } catch (err) { complain(err); button.disabled = false; }
      },
    }, icon('refresh', 14), w.conference_sid ? 'Send all of this conference again' : 'Send all of this call again');
    return button;
  };

  const hangUp = async (c) => {
    if (!await confirm({ title: 'Hang up?', body: `The call of ${who(c.caller, c.from)} ends at once.`, action: 'Hang up', danger: true })) return;
    try { await rest.post(`Calls/${encodeURIComponent(sid)}`, { Status: 'completed' }); toast('The call is hung up.', 'good'); load(); } catch (err) { complain(err); }
  };

  const redirect = (c) => {
    const f = form({
      fields: [
        { name: 'how', label: 'Continue with', type: 'select', value: 'url', options: [['url', 'TwiML from an address'], ['twiml', 'TwiML written here']] },
        { name: 'url', label: 'Address', type: 'url', placeholder: 'https://app.example.com/next', check: (v, all) => (all.how === 'url' && !v ? 'Write the address of the document' : '') },
        { name: 'twiml', label: 'TwiML', type: 'textarea', rows: 6, value: '<Response>\n  <Say>You are being connected.</Say>\n</Response>', maxlength: 4000, check: (v, all) => (all.how === 'twiml' && !v.trim() ? 'Write the TwiML to run' : '') },
      ],
      action: 'Redirect the call', cancel: () => d.close(),
      submit: async (v) => {
        await rest.post(`Calls/${encodeURIComponent(sid)}`, v.how === 'url' ? { Url: v.url } : { Twiml: v.twiml });
        d.close();
        toast('The call is redirected.', 'good');
        load();
      },
    });
    const show = () => {
      f.inputs.url.closest('.field').hidden = f.inputs.how.value !== 'url';
      f.inputs.twiml.closest('.field').hidden = f.inputs.how.value !== 'twiml';
    };
    f.inputs.how.addEventListener('change', show);
    show();
    const d = openDialog({ title: `Redirect the call of ${who(c.caller, c.from)}`, content: f.node, wide: true });
  };

  const unwatch = watchEvents({ onEvent: () => soon(), onSync: () => load() }, `call=${encodeURIComponent(sid)}`);
  let due = 0;
  const soon = () => { due ||= setTimeout(() => { due = 0; load(); }, 700); };
  const unbind = bindKey('Backspace', 'Back to all calls', () => ctx.navigate('/calls'));
  await load();
  return () => {
    asking?.abort();
    asking = new AbortController();
    clearTimeout(timer);
    clearTimeout(due);
    timer = due = -1;
    unwatch();
    unbind();
    axis.close();
    steps.close();
  };
}

function warning(w, begin) {
  return h('details', { class: 'unfold', 'data-key': w.sid },
    h('summary', {}, h('span', { class: 'u-time' }, offset(Date.parse(w.time) - begin)),
      h('span', { class: 'u-main' }, h('span', {}, w.message)),
      h('span', { class: 'u-side' }, h('span', { class: `badge ${w.level === 'error' ? 'bad' : 'warn'}` }, `${w.level} ${w.code}`))),
    h('div', { class: 'unfolded' }, w.url && h('p', { class: 'mono wrap' }, w.url),
      h('p', {}, h('a', { href: `/console/warnings/${w.code}` }, `What ${w.code} means, and what to do`), ' · ', h('a', { href: `/console/debugger?notice=${encodeURIComponent(w.sid)}` }, 'In the debugger'))));
}

const why = { document: 'document', fallback: 'fallback', sound: 'sound', action: 'action after the call', given: 'given over REST' };

function documentView(d, begin) {
  const given = d.why === 'given';
  return h('details', { class: 'unfold', 'data-key': d.time + d.url },
    h('summary', {}, h('span', { class: 'u-time' }, offset(Date.parse(d.time) - begin)),
      h('span', { class: 'u-main' }, h('strong', {}, given ? 'Given over REST' : `${d.method} ${path(d.url)}`), h('span', { class: 'u-sub mono' }, given ? '' : d.url)),
      h('span', { class: 'u-side' }, d.why !== 'document' && !given && h('span', { class: 'badge' }, why[d.why] ?? d.why), !given && httpBadge(d.status, d.error), !given && h('span', { class: 'soft' }, span(d.took_ms)))),
    h('div', { class: 'unfolded' },
      d.error && h('p', { class: 'bad-text' }, h('a', { href: `/console/warnings/${d.error.code}` }, String(d.error.code)), ' ', d.error.message),
      part('What was answered', d.status || given ? bodyView(d.body, d.content_type ?? '') : h('p', { class: 'soft' }, 'Nothing.'),
        d.body && d.size > d.body.length && h('p', { class: 'soft' }, `The beginning of ${d.size} bytes.`)),
      !given && part('What was asked', pairs(d.params, 'Parameters')),
      d.headers && Object.keys(d.headers).length > 0 && h('details', { class: 'inner' }, h('summary', {}, 'Headers of the answer'), pairs(d.headers, 'Headers')),
      d.attempts?.length > 1 && part('Attempts', attempts(d.attempts, begin))));
}

// The part of an address that tells documents of one application apart.
function path(url) {
  try { const u = new URL(url); return u.pathname + u.search; } catch { return url; }
}

function attributes(of) {
  return Object.entries(of ?? {}).filter(([, v]) => v !== '').map(([k, v]) => h('span', { class: 'attribute' }, h('span', { class: 'x-attr' }, k), '=', h('span', { class: 'x-value' }, `"${v}"`)));
}

function verb(v, begin) {
  return h('details', { class: 'unfold', 'data-key': v.time + v.name },
    h('summary', {}, h('span', { class: 'u-time' }, offset(Date.parse(v.time) - begin)),
      h('span', { class: 'u-main' }, h('strong', { class: 'mono' }, `<${v.name}>`), h('span', { class: 'u-sub' }, v.text || (v.nouns ?? []).map((n) => n.text || n.name).join(', ')), v.result && h('span', { class: 'u-sub' }, v.result)),
      h('span', { class: 'u-side' }, h('span', { class: 'soft' }, v.ended ? span(Date.parse(v.ended) - Date.parse(v.time)) : h('span', { class: 'badge good' }, 'running')))),
    h('div', { class: 'unfolded' },
      h('div', { class: 'attributes' }, attributes(v.attributes)),
      v.text && h('blockquote', { class: 'said' }, v.text),
      (v.nouns ?? []).map((n) => h('div', { class: 'noun' }, h('strong', { class: 'mono' }, `<${n.name}>`), ' ', n.text && h('span', {}, n.text), h('div', { class: 'attributes' }, attributes(n.attributes)))),
      v.result && h('p', {}, v.result)));
}

function digits(d, begin) {
  return h('details', { class: 'unfold', 'data-key': d.time + d.verb },
    h('summary', {}, h('span', { class: 'u-time' }, offset(Date.parse(d.time) - begin)),
      h('span', { class: 'u-main' }, h('strong', { class: 'mono' }, d.masked ? '•'.repeat(Math.min(d.count, 16)) : d.keys || '–'), h('span', { class: 'u-sub' }, d.count === 1 ? '1 digit' : `${d.count} digits`)),
      h('span', { class: 'u-side' }, h('span', { class: 'badge' }, d.timeout ? 'timed out' : d.finished_on ? `ended by ${d.finished_on}` : 'complete'))),
    h('div', { class: 'unfolded' }, h('p', { class: 'soft' }, `Keyed at <${d.verb}>.`, d.masked && ' Codes are masked before they are kept.')));
}
