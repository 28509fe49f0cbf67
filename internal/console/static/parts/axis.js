// One axis of time for everything that happened to a call: lanes of marks above,
// plots of the voice below, one cursor through all of it.

import { fill, h, setText, svg } from './dom.js';
import { offset } from './facts.js';

const gutter = 118;
const right = 14;
const laneHeight = 28;
const plotHeight = 78;

/**
 * Makes the axis. set({from, to, lanes, plots}) shows a stretch of time (ms since
 * 1970). A lane: {name, marks: [{at, until, kind, label, go}]}; a plot: {name,
 * points: [{at, value}], format(value), low, high, line: [{value, text}]}. Dragging
 * over it looks closer; the keys are arrows, + and −, Home and End.
 */
export function timeAxis({ label }) {
  const readout = h('p', { class: 'axis-readout', id: 'axis-readout-' + Math.random().toString(36).slice(2) });
  const drawing = h('div', {
    class: 'axis-drawing', tabindex: '0', role: 'slider', 'aria-label': label, 'aria-valuemin': '0', 'aria-describedby': readout.id, onkeydown: (e) => key(e),
  });
  const whole = h('button', { type: 'button', class: 'small', onclick: () => zoom(null), disabled: true }, 'Whole call');
  const closer = h('button', { type: 'button', class: 'small icon-only', 'aria-label': 'Zoom in', title: 'Zoom in', onclick: () => scale(0.4) }, '+');
  const wider = h('button', { type: 'button', class: 'small icon-only', 'aria-label': 'Zoom out', title: 'Zoom out', onclick: () => scale(2.5) }, '−');
  const node = h('div', { class: 'axis' }, h('div', { class: 'axis-tools' }, readout, h('div', { class: 'row' }, closer, wider, whole)), drawing);
  let data = { from: 0, to: 1, lanes: [], plots: [] };
  let view = null; // {from, to}; null: the whole
  let cursor = null;
  let dragging = null;
  let width = 0;

  const at = () => view ?? { from: data.from, to: data.to };
  const x = (t) => { const v = at(); return gutter + ((t - v.from) / Math.max(1, v.to - v.from)) * (width - gutter - right); };
  const time = (px) => { const v = at(); return v.from + ((px - gutter) / Math.max(1, width - gutter - right)) * (v.to - v.from); };
  const clamp = (t) => Math.min(data.to, Math.max(data.from, t));

  const draw = () => {
    if (!drawing.isConnected || drawing.clientWidth === 0) return;
    width = drawing.clientWidth;
    const v = at();
    const top = 26;
    const plotsTop = top + data.lanes.length * laneHeight + 8;
    const height = plotsTop + data.plots.length * plotHeight + 4;
    const steps = ticks(v.to - v.from, width < 600 ? 4 : 8);
    const grid = [];
    for (let t = Math.ceil((v.from - data.from) / steps) * steps; t <= v.to - data.from; t += steps) {
      const px = x(data.from + t);
      grid.push(svg('line', { class: 'a-grid', x1: px, x2: px, y1: top - 6, y2: height }), svg('text', { class: 'a-tick', x: px, y: 13, 'text-anchor': 'middle' }, tick(t, steps)));
    }
    const clip = 'axis-clip-' + Math.random().toString(36).slice(2);
    const lanes = data.lanes.map((lane, i) => {
      const y = top + i * laneHeight;
      return svg('g', {}, svg('text', { class: 'a-name', x: 0, y: y + laneHeight / 2 + 4 }, lane.name),
        svg('line', { class: 'a-lane', x1: gutter, x2: width - right, y1: y + laneHeight / 2, y2: y + laneHeight / 2 }),
        svg('g', { 'clip-path': `url(#${clip})` }, lane.marks.filter((m) => (m.until ?? m.at) >= v.from && m.at <= v.to).map((m) => mark(m, y))));
    });
    const plots = data.plots.map((p, i) => plot(p, plotsTop + i * plotHeight, clip));
    fill(drawing, svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true', focusable: 'false' },
      svg('defs', {}, svg('clipPath', { id: clip }, svg('rect', { x: gutter - 6, y: 0, width: Math.max(0, width - gutter - right + 12), height }))),
      grid, lanes, plots,
      svg('rect', { class: 'a-drag', x: 0, y: top - 6, width: 0, height: height - top + 6, visibility: 'hidden' }),
      svg('line', { class: 'a-cursor', y1: top - 6, y2: height, visibility: 'hidden' })));
    whole.disabled = !view;
    place();
  };

  const mark = (m, y) => {
    const middle = y + laneHeight / 2;
    const a = x(m.at);
    const title = svg('title', {}, `${offset(m.at - data.from)} ${m.label}`);
    const props = { class: `a-mark ${m.kind ?? ''} ${m.go ? 'goes' : ''}`, onclick: m.go ? (e) => { e.stopPropagation(); m.go(); } : null };
    if (m.until !== undefined && m.until !== null) {
      const w = Math.max(3, x(m.until) - a);
      return svg('g', props, title, svg('rect', { x: a, y: middle - 8, width: w, height: 16, rx: 3 }),
        w > 40 && svg('text', { class: 'a-in', x: Math.max(a, gutter) + 5, y: middle + 4 }, cut(m.label, (Math.min(a + w, width - right) - Math.max(a, gutter) - 8) / 6.4)));
    }
    return svg('g', props, title, svg('circle', { class: 'a-hit', cx: a, cy: middle, r: 10 }), svg('circle', { cx: a, cy: middle, r: 4.5 }));
  };

  const plot = (p, y, clip) => {
    const values = p.points.map((q) => q.value);
    const low = Math.min(p.low ?? Infinity, ...values);
    const high = Math.max(p.high ?? -Infinity, ...values);
    const base = y + plotHeight - 12;
    const tall = plotHeight - 28;
    const py = (value) => base - ((value - low) / Math.max(1e-9, high - low)) * tall;
    p.py = py;
    let path = '';
    let area = '';
    let start = null;
    let last = null;
    for (const q of p.points) {
      const gap = last && q.at - last.at > 2.5 * (q.step ?? 5000);
      if (!last || gap) { if (area && start) area += `L${x(last.at)} ${base}Z`; path += `M${x(q.at)} ${py(q.value)}`; area += `M${x(q.at)} ${base}L${x(q.at)} ${py(q.value)}`; start = q; } else { path += `L${x(q.at)} ${py(q.value)}`; area += `L${x(q.at)} ${py(q.value)}`; }
      last = q;
    }
    if (last) area += `L${x(last.at)} ${base}Z`;
    return svg('g', {},
      svg('text', { class: 'a-name', x: 0, y: base - tall / 2 + 4 }, p.name),
      svg('text', { class: 'a-scale', x: gutter - 8, y: base + 1, 'text-anchor': 'end' }, p.points.length > 0 ? p.format(low) : ''),
      svg('text', { class: 'a-scale', x: gutter - 8, y: base - tall + 6, 'text-anchor': 'end' }, p.points.length > 0 && high > low ? p.format(high) : ''),
      svg('line', { class: 'a-base', x1: gutter, x2: width - right, y1: base, y2: base }),
      p.points.length === 0
        ? svg('text', { class: 'a-scale', x: gutter + 6, y: base - 8 }, 'Nothing measured')
        : svg('g', { 'clip-path': `url(#${clip})` },
          (p.lines ?? []).filter((l) => l > low && l < high).map((l) => svg('line', { class: 'a-limit', x1: gutter, x2: width - right, y1: py(l), y2: py(l) })),
          svg('path', { class: `a-area ${p.kind ?? ''}`, d: area }), svg('path', { class: `a-line ${p.kind ?? ''}`, d: path }),
          p.points.length < 3 && p.points.map((q) => svg('circle', { class: `a-point ${p.kind ?? ''}`, cx: x(q.at), cy: py(q.value), r: 3 }))),
      svg('circle', { class: `a-dot ${p.kind ?? ''}`, r: 4, visibility: 'hidden', 'data-plot': data.plots.indexOf(p) }));
  };

  const near = (points, t) => points.reduce((best, q) => (best === null || Math.abs(q.at - t) < Math.abs(best.at - t) ? q : best), null);

  // The cursor, its words, and a dot on every plot.
  const place = () => {
    const line = drawing.querySelector('.a-cursor');
    if (!line) return;
    drawing.setAttribute('aria-valuemax', Math.max(0, Math.round(data.to - data.from)));
    const v = at();
    const shown = cursor !== null && cursor >= v.from && cursor <= v.to;
    line.setAttribute('visibility', shown ? 'visible' : 'hidden');
    if (!shown) {
      drawing.setAttribute('aria-valuenow', 0);
      drawing.setAttribute('aria-valuetext', 'Use the arrow keys to go through the call');
      setText(readout, view ? `${offset(v.from - data.from)} to ${offset(v.to - data.from)}` : 'Point at a moment, or use the arrow keys. Drag to zoom in.');
      for (const dot of drawing.querySelectorAll('.a-dot')) dot.setAttribute('visibility', 'hidden');
      return;
    }
    line.setAttribute('x1', x(cursor));
    line.setAttribute('x2', x(cursor));
    const words = [offset(cursor - data.from)];
    for (const dot of drawing.querySelectorAll('.a-dot')) {
      const p = data.plots[dot.dataset.plot];
      const q = near(p.points, cursor);
      const seen = q && Math.abs(q.at - cursor) <= 2 * (q.step ?? 5000);
      dot.setAttribute('visibility', seen ? 'visible' : 'hidden');
      if (!seen) continue;
      dot.setAttribute('cx', x(q.at));
      dot.setAttribute('cy', p.py(q.value));
      words.push(`${p.name.toLowerCase()} ${p.format(q.value)}`);
    }
    const close = (v.to - v.from) / Math.max(1, width - gutter - right) * 7;
    for (const lane of data.lanes) for (const m of lane.marks) {
      if (m.until !== undefined && m.until !== null ? cursor >= m.at && cursor <= m.until : Math.abs(m.at - cursor) <= close) { if (words.length < 9) words.push(`${lane.name}: ${cut(m.label, 48)}`); }
    }
    setText(readout, words.join('  ·  '));
    drawing.setAttribute('aria-valuenow', Math.round(cursor - data.from));
    drawing.setAttribute('aria-valuetext', words.join(', '));
  };

  const zoom = (v) => { view = v; draw(); };
  const scale = (by) => {
    const v = at();
    const middle = cursor !== null && cursor >= v.from && cursor <= v.to ? cursor : (v.from + v.to) / 2;
    const long = Math.max(50, (v.to - v.from) * by);
    if (long >= data.to - data.from) { zoom(null); return; }
    const from = Math.max(data.from, Math.min(data.to - long, middle - long / 2));
    zoom({ from, to: from + long });
  };
  const moveTo = (t) => {
    cursor = clamp(t);
    const v = at();
    if (view && (cursor < v.from || cursor > v.to)) { const long = v.to - v.from; const from = Math.max(data.from, Math.min(data.to - long, cursor - long / 2)); zoom({ from, to: from + long }); } else place();
  };
  const key = (e) => {
    const v = at();
    const step = (v.to - v.from) / 60;
    const now = cursor ?? v.from;
    const acts = {
      ArrowRight: () => moveTo(now + step), ArrowLeft: () => moveTo(now - step), ArrowUp: () => moveTo(now + step), ArrowDown: () => moveTo(now - step),
      PageDown: () => moveTo(now + 10 * step), PageUp: () => moveTo(now - 10 * step), Home: () => moveTo(data.from), End: () => moveTo(data.to),
      '+': () => scale(0.4), '-': () => scale(2.5), Escape: () => zoom(null),
    };
    if (!acts[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    acts[e.key]();
  };
  const where = (e) => e.clientX - drawing.getBoundingClientRect().left;
  drawing.addEventListener('pointermove', (e) => {
    const px = where(e);
    if (dragging !== null) {
      const rect = drawing.querySelector('.a-drag');
      rect?.setAttribute('x', Math.min(px, dragging));
      rect?.setAttribute('width', Math.abs(px - dragging));
      rect?.setAttribute('visibility', Math.abs(px - dragging) > 6 ? 'visible' : 'hidden');
    }
    if (px >= gutter - 4) { cursor = clamp(time(px)); place(); }
  });
  drawing.addEventListener('pointerleave', () => { if (dragging === null && document.activeElement !== drawing) { cursor = null; place(); } });
  drawing.addEventListener('pointerdown', (e) => { if (e.button === 0 && where(e) >= gutter && e.pointerType !== 'touch') { dragging = where(e); } });
  const up = (e) => {
    if (dragging === null) return;
    const px = where(e);
    const [a, b] = [Math.min(px, dragging), Math.max(px, dragging)];
    dragging = null;
    drawing.querySelector('.a-drag')?.setAttribute('visibility', 'hidden');
    if (b - a > 6) zoom({ from: clamp(time(a)), to: Math.max(clamp(time(a)) + 20, clamp(time(b))) });
  };
  window.addEventListener('pointerup', up);
  const size = new ResizeObserver(() => { if (drawing.clientWidth !== width) draw(); });
  size.observe(drawing);
  return {
    node,
    set(next) { data = next; if (view && (view.to > data.to || view.from < data.from)) view = null; draw(); },
    close() { size.disconnect(); window.removeEventListener('pointerup', up); },
  };
}

const cut = (text, most) => (text.length > most ? (most < 2 ? '' : text.slice(0, Math.floor(most) - 1) + '…') : text);

const nice = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3, 7200e3, 14400e3, 43200e3, 86400e3];
const ticks = (long, most) => nice.find((n) => long / n <= most) ?? nice.at(-1);

function tick(ms, step) {
  if (ms === 0) return '0';
  const s = ms / 1000;
  if (step < 1000) return `${s.toFixed(step < 10 ? 3 : step < 100 ? 2 : 1)} s`;
  const two = (n) => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  return hours > 0 ? `${hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(Math.round(s % 60))}`;
}
