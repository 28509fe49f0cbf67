// The one phone of a console page: it lives in a corner while it rings or talks,
// and in a page that makes room for it. A call goes on from page to page.

import { can, own, session } from '../api.js';
import { h } from '../parts/dom.js';
import './confab-phone.js';
import { page as looks } from './pages-looks.js';

const KEPT = 'confab.phone.name';
const FIRST = 'console';
const LINGERS = 10_000; // ms

let phone = null;
let corner = null;
let lingers = 0; // a timer: what went wrong stays to be read
let ringing = ''; // the call that rings
const others = new BroadcastChannel('confab.phone'); // the other tabs of this browser

/** The name that calls for this browser go to: client:NAME. */
export function name() {
  let kept = '';
  try { kept = localStorage.getItem(KEPT) ?? ''; } catch { /* storage is shut */ }
  return kept || FIRST;
}

/** What a name may be made of, as the switch has it (an access token's identity). */
export const NAME = /^[A-Za-z0-9_\-.@+]{1,121}$/;

/** Takes another name, and connects anew by it. */
export function rename(to) {
  try { localStorage.setItem(KEPT, to); } catch { /* for this page only */ }
  if (!phone) return;
  phone.disconnect();
  phone.connect();
}

// Another tab has taken another name: it is this browser's. A call that rings or stands
// goes on; the name counts once this tab connects anew.
function renamed({ key }) {
  if (key !== KEPT || phone?.state !== 'idle') return;
  phone.disconnect();
  phone.connect();
}

/** The phone's element, made when it is first asked for; null without the role that calls. */
export function element() {
  if (!can('moderate')) return null;
  if (phone) return phone;
  if (!document.adoptedStyleSheets.includes(looks)) document.adoptedStyleSheets.push(looks);
  phone = document.createElement('confab-phone');
  phone.setAttribute('theme', 'page');
  phone.tokenSource = async () => (await own.post('/v1/tokens', null, { identity: name() })).token;
  corner = h('aside', { class: 'phone-corner', 'aria-label': 'Phone' }, phone);
  document.body.append(corner);
  window.addEventListener('storage', renamed);
  phone.addEventListener('incoming', ({ detail }) => { ringing = detail.callSid; });
  phone.addEventListener('disconnected', ({ detail }) => { if (detail.why === 'declined') others.postMessage({ declined: detail.callSid }); });
  for (const type of ['incoming', 'connecting', 'connected', 'disconnected', 'ready']) phone.addEventListener(type, draw);
  phone.addEventListener('error', () => {
    clearTimeout(lingers);
    lingers = setTimeout(() => { lingers = 0; draw(); }, LINGERS);
    draw();
  });
  draw();
  return phone;
}

/**
 * Puts the phone into a page. Returns what takes it back to its corner: the page
 * calls it when it is left.
 */
export function place(root) {
  const p = element();
  if (!p) return () => {};
  root.append(p);
  draw();
  return () => {
    if (p.parentElement === root && corner) corner.append(p);
    draw();
  };
}

function draw() {
  if (!phone || !corner) return;
  phone.toggleAttribute('compact', phone.parentElement === corner);
  corner.hidden = phone.parentElement !== corner || phone.state === 'idle' && !lingers;
}

// Who declines in one tab does so for all of them, which ring as one.
others.onmessage = ({ data }) => { if (phone && data.declined && data.declined === ringing) { ringing = ''; phone.decline(); } };

/** Begins to take calls; the shell calls it once somebody is signed in. */
export function begin() {
  if (session.signedIn) element();
}

/** Hangs up and takes the phone away, when the session ends. */
export function end() {
  window.removeEventListener('storage', renamed);
  phone?.disconnect();
  corner?.remove();
  phone?.remove();
  phone = corner = null;
  clearTimeout(lingers);
  lingers = 0;
}
