// Lists that change while somebody reads them: what stays the same stays the same
// node, with its focus and what was opened in it.

/**
 * Gives node one child for each item, in order. key(item) tells items apart;
 * make(item) makes a child; one is made anew when sign(item) is another text.
 */
export function keyed(node, items, { key, make, sign = (item) => JSON.stringify(item) }) {
  const have = new Map();
  for (const child of node.children) if (child.keyedAs !== undefined) have.set(child.keyedAs, child);
  let at = node.firstElementChild;
  for (const item of items) {
    const k = String(key(item));
    const s = sign(item);
    let child = have.get(k);
    have.delete(k);
    if (child && child.signedAs !== s) {
      const next = make(item, child);
      if (child.tagName === 'DETAILS' && child.open) next.open = true;
      if (at === child) at = next;
      child.replaceWith(next);
      child = next;
    } else if (!child) {
      child = make(item, null);
    }
    child.keyedAs = k;
    child.signedAs = s;
    if (child === at) at = at.nextElementSibling;
    else node.insertBefore(child, at);
  }
  for (const child of have.values()) child.remove();
}
