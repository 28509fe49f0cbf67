// The ladder of signalling: a line for each end, an arrow for each message.

import { fill, h, svg } from './dom.js';
import { offset, pairs } from './facts.js';
import { copyButton } from './copy.js';

const rowHeight = 38;
const head = 46;
const gutter = 86;
const edge = 64;

/**
 * Makes a ladder. set(messages, begin) shows the messages of a story, times being
 * since begin (ms since 1970); select(index) shows one in full. onSelect(message)
 * is told.
 */
export function ladder({ onSelect = null } = {}) {
  const drawing = h('div', { class: 'ladder-drawing' });
  const full = h('div', { class: 'ladder-message', 'aria-live': 'polite' });
  const node = h('div', { class: 'ladder' }, drawing, full);
  let messages = [];
  let begin = 0;
  let chosen = -1;
  let sign = '';

  const draw = () => {
    const width = Math.max(300, Math.floor(drawing.clientWidth));
    if (!drawing.isConnected || drawing.clientWidth === 0) return;
    const now = JSON.stringify([messages.length, width, chosen, begin]);
    if (now === sign) return;
    sign = now;
    const focused = drawing.contains(document.activeElement) ? document.activeElement.dataset.index : null;
    fill(drawing, picture(width));
    if (focused !== null && focused !== undefined) drawing.querySelector(`[data-index="${Number(focused)}"]`)?.focus();
  };

  const picture = (width) => {
    const far = [...new Set(messages.map((m) => (m.direction === 'received' ? m.from : m.to)))];
    const names = [far[0] ?? 'Far end', 'Confab', ...far.slice(1)];
    const left = gutter + edge * (width < 460 ? 0.6 : 1);
    const right = width - edge * (width < 460 ? 0.6 : 1);
    const x = (i) => (names.length === 1 ? left : left + ((right - left) * i) / (names.length - 1));
    const height = head + messages.length * rowHeight + 16;
    const ends = names.map((name, i) => svg('g', {},
      svg('line', { class: 'l-life', x1: x(i), x2: x(i), y1: head - 12, y2: height - 4 }),
      svg('text', { class: 'l-end', x: x(i), y: 18, 'text-anchor': 'middle' }, name)));
    const rows = messages.map((m, i) => {
      const there = far.indexOf(m.direction === 'received' ? m.from : m.to);
      const away = there === 0 ? 0 : there + 1;
      const [a, b] = m.direction === 'received' ? [x(away), x(1)] : [x(1), x(away)];
      const y = head + i * rowHeight + 22;
      const to = b > a ? b - 2 : b + 2;
      const tip = b > a ? -8 : 8;
      const label = short(m.line);
      const room = Math.abs(b - a) / 7;
      return svg('g', {
        class: `l-row ${kind(m)} ${m.retransmission ? 'again' : ''} ${i === chosen ? 'chosen' : ''}`, role: 'button', tabindex: '0', 'data-index': i, 'aria-pressed': String(i === chosen),
        'aria-label': `${offset(Date.parse(m.time) - begin)} ${fit(label, room)}, ${m.direction}: ${m.line}${m.retransmission ? ', sent again' : ''}`,
        onclick: () => select(i),
        onkeydown: (e) => {
          if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); select(i); }
          const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
          if (step && messages[i + step]) { e.preventDefault(); select(i + step); drawing.querySelector(`[data-index="${i + step}"]`)?.focus(); }
        },
      },
      svg('rect', { class: 'l-hit', x: 0, y: y - 22, width, height: rowHeight, rx: 6 }),
      svg('text', { class: 'l-time', x: 8, y: y + 4 }, `${offset(Date.parse(m.time) - begin)} `),
      svg('text', { class: 'l-label', x: (a + b) / 2, y: y - 6, 'text-anchor': 'middle' }, fit(label, room)),
      svg('line', { class: 'l-arrow', x1: a, x2: to, y1: y, y2: y }),
      svg('path', { class: 'l-tip', d: `M${to} ${y}l${tip} -4.500v9z` }));
    });
    return svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Messages of the signalling, in order' }, ends, rows);
  };

  const select = (i) => {
    chosen = i;
    const m = messages[i];
    draw();
    if (!m) { fill(full, h('p', { class: 'soft' }, 'Choose a message to read it in full.')); return; }
    const text = [m.line, ...m.headers.map((x) => `${x.name}: ${x.value}`), '', m.body].join('\n');
    fill(full,
      h('div', { class: 'ladder-head' }, h('h3', { class: 'mono' }, m.line), copyButton(text, 'Copy the message')),
      h('p', { class: 'soft' }, `${offset(Date.parse(m.time) - begin)}, ${m.direction} over ${m.transport.toUpperCase()}, ${m.from} → ${m.to}`, m.retransmission && ' (sent again)'),
      pairs(m.headers, 'Headers'),
      m.body && h('pre', { class: 'source', tabindex: '0', 'aria-label': 'Body' }, m.body),
      m.cut > 0 && h('p', { class: 'soft' }, `${m.cut} more bytes were not kept.`));
    onSelect?.(m);
  };

  const size = new ResizeObserver(draw);
  size.observe(drawing);
  return {
    node,
    set(list, from) {
      const grown = list.length !== messages.length || from !== begin;
      messages = list;
      begin = from;
      if (grown) { sign = ''; draw(); }
      if (chosen < 0) select(-1);
    },
    select(i) { select(i); drawing.querySelector(`[data-index="${i}"]`)?.scrollIntoView({ block: 'nearest' }); },
    close() { size.disconnect(); },
  };
}

/** What a message is, for its colour: request, fine, wait, wrong. */
export function kind(m) {
  const code = /^SIP\/2\.0 (\d)/.exec(m.line)?.[1];
  if (!code) return 'request';
  return code === '1' ? 'wait' : code === '2' ? 'fine' : code === '3' ? 'wait' : 'wrong';
}

// INVITE, 200 OK: without the address and the version.
const short = (line) => (line.startsWith('SIP/2.0 ') ? line.slice(8) : line.replace(/ SIP\/2\.0$/, '').replace(/^(\w+) .*$/, '$1'));

const fit = (text, most) => (text.length > most ? text.slice(0, Math.max(3, Math.floor(most) - 1)) + '…' : text);
