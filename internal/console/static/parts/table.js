// Tables of records.

import { fill, h } from './dom.js';

/**
 * Makes a table. columns: {head, cell(row) → node or text, class}. open(row), if
 * given, is what a click on a row or Enter does; it returns nothing, or href(row)
 * gives an address, which is then a real link over the whole row. set(rows) shows
 * rows; empty is said when there are none.
 */
export function table({ caption, columns, href = null, empty = 'Nothing here yet.' }) {
  const body = h('tbody');
  const nothing = h('p', { class: 'empty', hidden: true }, empty);
  const node = h('div', { class: 'table-wrap', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', {},
      h('caption', { class: 'sr' }, caption),
      h('thead', {}, h('tr', {}, columns.map((c) => h('th', { scope: 'col', class: c.class ?? null }, c.head)))),
      body),
    nothing);
  return {
    node,
    set(rows) {
      nothing.hidden = rows.length > 0;
      node.firstElementChild.hidden = rows.length === 0;
      fill(body, rows.map((row) => {
        const to = href?.(row);
        return h('tr', { class: to ? 'linked' : null }, columns.map((c, i) => {
          const content = c.cell(row);
          return h('td', { class: c.class ?? null, 'data-head': typeof c.head === 'string' ? c.head : null }, to && i === 0 ? h('a', { href: to, class: 'row-link' }, content) : content);
        }));
      }));
    },
  };
}
