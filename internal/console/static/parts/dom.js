// Elements made of data: text is text, never markup.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes an element. Of props, class, dataset, on… (listeners) and properties of
 * the element are set as such, all others as attributes; null and false are left
 * out. Children are nodes, texts, lists of them, null or false.
 */
export function h(tag, props = {}, ...children) {
  return build(document.createElement(tag), props, children);
}

/** The same for an element of SVG. */
export function svg(tag, props = {}, ...children) {
  return build(document.createElementNS(SVG, tag), props, children);
}

function build(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') node.setAttribute('class', value);
    else if (name === 'dataset') Object.assign(node.dataset, value);
    else if (name === 'style') for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else if (name.startsWith('on') && typeof value === 'function') node.addEventListener(name.slice(2).toLowerCase(), value);
    else if (['value', 'checked', 'disabled', 'selected', 'hidden', 'htmlFor'].includes(name) && !(node instanceof SVGElement)) node[name] = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const c of children.flat(Infinity)) {
    if (c === null || c === undefined || c === false || c === '') continue;
    node.append(c instanceof Node ? c : String(c));
  }
}

/** Gives a node other children. */
export function fill(node, ...children) {
  node.replaceChildren();
  add(node, children);
  return node;
}

/** Sets the text of a node, if it is another one: what is the same is not drawn anew. */
export function setText(node, text) {
  text = String(text ?? '');
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute if it is another one; null removes it. */
export function setAttr(node, name, value) {
  if (value === null || value === false) { if (node.hasAttribute(name)) node.removeAttribute(name); return; }
  value = value === true ? '' : String(value);
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Calls f once before the next frame, however often it is asked to. */
export function perFrame(f) {
  let asked = 0;
  const ask = () => { asked ||= requestAnimationFrame(() => { asked = 0; f(); }); };
  ask.cancel = () => { cancelAnimationFrame(asked); asked = 0; };
  return ask;
}
