// Long lists, of which only what is seen is in the page.

import { h } from './dom.js';

/**
 * A grid of tiles of one height that holds nodes only for those in view and a few
 * beside. make() makes a node; show(node, item, index) shows an item in it and is
 * called again when the item or the place changes; key(item) tells items apart.
 * scroller is the element that scrolls (null: the window). minWidth: of a column.
 * set(items) gives the items; refresh() draws what is in view again.
 */
export function virtualGrid({ make, show, key, height, minWidth = Infinity, gap = 8, scroller = null, role = 'list', itemRole = 'listitem', label = null }) {
  const node = h('div', { class: 'virtual', role, 'aria-label': label });
  let items = [];
  let columns = 1;
  const live = new Map(); // key → {node, item, index}
  let spare = [];
  let asked = 0;

  const layout = () => {
    asked = 0;
    if (!node.isConnected) return;
    const width = node.clientWidth;
    columns = minWidth === Infinity ? 1 : Math.max(1, Math.floor((width + gap) / (minWidth + gap)));
    const rows = Math.ceil(items.length / columns);
    const total = Math.max(0, rows * (height + gap) - gap);
    node.style.setProperty('height', total + 'px');
    const box = node.getBoundingClientRect();
    const view = scroller ? scroller.getBoundingClientRect() : { top: 0, bottom: window.innerHeight };
    const from = Math.max(0, Math.floor((view.top - box.top) / (height + gap)) - 2);
    const to = Math.min(rows, Math.ceil((view.bottom - box.top) / (height + gap)) + 2);
    const first = from * columns;
    const last = Math.min(items.length, Math.max(first, to * columns));
    const wanted = new Map();
    for (let i = first; i < last; i++) wanted.set(key(items[i]), i);
    const focused = node.contains(document.activeElement) ? document.activeElement : null;
    const there = focused ? new Set(items.map(key)) : null;
    for (const [k, slot] of live) {
      if (wanted.has(k) || focused && there.has(k) && slot.node.contains(focused)) continue;
      live.delete(k);
      slot.node.remove();
      if (spare.length < 64) spare.push(slot.node);
    }
    const w = (width - gap * (columns - 1)) / columns;
    for (const [k, i] of wanted) {
      let slot = live.get(k);
      if (!slot) {
        const n = spare.pop() ?? make();
        n.setAttribute('role', itemRole);
        slot = { node: n, item: null, index: -1, w: 0 };
        live.set(k, slot);
        node.append(n);
      }
      if (slot.index !== i || slot.w !== w || slot.columns !== columns) {
        slot.node.style.setProperty('transform', `translate(${Math.round((i % columns) * (w + gap))}px, ${Math.floor(i / columns) * (height + gap)}px)`);
        slot.node.style.setProperty('width', w + 'px');
        slot.node.style.setProperty('height', height + 'px');
        slot.node.setAttribute('aria-posinset', i + 1);
        slot.index = i;
        slot.w = w;
        slot.columns = columns;
      }
      if (slot.size !== items.length) slot.node.setAttribute('aria-setsize', slot.size = items.length);
      slot.item = items[i];
      show(slot.node, items[i], i);
    }
  };
  const ask = () => { asked ||= requestAnimationFrame(layout); };
  const target = scroller ?? window;
  target.addEventListener('scroll', ask, { passive: true });
  const size = new ResizeObserver(ask);
  size.observe(node);
  return {
    node,
    set(list) { items = list; ask(); },
    refresh: ask,
    /** Shows the items in view again, without a new layout: for what changes often. */
    update() { for (const s of live.values()) show(s.node, s.item, s.index); },
    visible: () => [...live.values()].map((s) => s.item),
    nodeOf: (k) => live.get(k)?.node ?? null,
    get columns() { return columns; },
    close() { cancelAnimationFrame(asked); size.disconnect(); target.removeEventListener('scroll', ask); },
  };
}
