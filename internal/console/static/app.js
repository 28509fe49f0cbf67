// The shell: navigation, theme, sign-in, and what is said of how fresh the page is.

import { bus, can, freshness, loadSession, rest, session, signIn, signOut } from './api.js';
import { fill, h, setAttr, setText } from './parts/dom.js';
import { icon } from './parts/icons.js';
import { bindKey, listenForKeys, showKeys } from './parts/keys.js';
import { atClock } from './parts/time.js';
import { complain } from './parts/toast.js';
import { before, first, routes } from './routes.js';
import * as phone from './phone/dock.js';

const root = '/console';
const app = document.getElementById('app');
let main = null; // where the page is
let leave = null; // what cleans it up
let turn = 0; // of pages: one that comes late is not shown

/** Goes to a place of the console: '/now', '/conferences/CF…'. */
export function navigate(path, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', root + path);
  show();
}

function match(path) {
  const steps = path.split('/').filter(Boolean);
  for (const r of routes) {
    const want = r.path.split('/').filter(Boolean);
    if (want.length !== steps.length) continue;
    const params = {};
    if (want.every((w, i) => (w.startsWith(':') ? ((params[w.slice(1)] = decodeURIComponent(steps[i])), true) : w === steps[i]))) return { route: r, params };
  }
  return null;
}

function here() {
  const path = location.pathname.slice(root.length);
  return path === '/' ? '' : path;
}

/** Where the console begins: at the first call, until there was one. */
async function landing() {
  try {
    return (await rest.get('Calls', { PageSize: 1 })).calls.length > 0 ? first : before;
  } catch { return first; }
}

async function show() {
  const mine = ++turn;
  leave?.();
  leave = null;
  let path = here();
  if (!path) {
    path = await landing();
    if (mine !== turn) return;
    history.replaceState(null, '', root + path + location.search); // so that one comes back to the same
  }
  let found = null;
  try { found = match(path); } catch { /* not percent-encoded text: nothing is there */ }
  mark(found?.route);
  if (!found) {
    title('Not found');
    fill(main, h('div', { class: 'page' }, h('h1', {}, 'There is no such page'), h('p', {}, h('a', { href: root + first }, 'Go to Now'))));
    return;
  }
  if (found.route.role && !can(found.route.role)) {
    title(found.route.name ?? '');
    fill(main, h('div', { class: 'page' }, h('h1', {}, found.route.name ?? ''), h('p', { class: 'empty' }, `This page needs the role ${found.route.role}; yours is ${session.role}.`)));
    return;
  }
  try {
    const page = await found.route.load();
    if (mine !== turn) return;
    found.params.query = new URLSearchParams(location.search);
    title(typeof page.title === 'function' ? page.title(found.params) : page.title);
    const place = h('div', { class: 'page' });
    fill(main, place);
    main.scrollTop = 0;
    const clean = await page.render(place, found.params, { navigate, setTitle: title, session, can });
    if (mine !== turn) clean?.();
    else leave = clean;
  } catch (err) {
    if (mine !== turn) return;
    console.error(err);
    fill(main, h('div', { class: 'page' }, h('h1', {}, 'This page could not be shown'), h('p', { role: 'alert' }, err.message),
      h('p', {}, h('button', { onclick: show }, icon('refresh'), 'Try again'))));
  }
}

function title(text) {
  document.title = text ? `${text} – Confab` : 'Confab';
}

// ---- the frame ----

let links = new Map();
let banner = null;
let pulse = null;

function frame() {
  links = new Map();
  const groups = new Map();
  for (const r of routes) {
    if (!r.name || r.role && !can(r.role)) continue;
    groups.set(r.group, [...(groups.get(r.group) ?? []), r]);
  }
  const nav = h('nav', { class: 'nav', 'aria-label': 'Pages' }, [...groups].map(([name, list]) => h('div', { class: 'nav-group' },
    h('h2', { class: 'nav-head' }, name),
    list.map((r) => {
      const a = h('a', { href: root + r.path, class: 'nav-link' }, icon(r.icon), h('span', {}, r.name));
      links.set(r.path, a);
      return a;
    }))));
  banner = h('div', { class: 'banners' });
  pulse = h('span', { class: 'pulse', role: 'status' });
  main = h('main', { id: 'main', tabindex: '-1' });
  const menu = h('button', { class: 'ghost menu', type: 'button', 'aria-expanded': 'false', 'aria-label': 'Pages', onclick: () => toggleMenu() }, icon('menu', 20));
  const toggleMenu = (open = !shell.classList.contains('open')) => {
    shell.classList.toggle('open', open);
    setAttr(menu, 'aria-expanded', String(open));
  };
  const who = session.key ? `Key …${session.key.slice(-4)}` : 'Account';
  const shell = h('div', { class: 'shell' },
    h('header', { class: 'side' },
      h('div', { class: 'brand' }, h('a', { href: root + first, class: 'brand-link' }, h('img', { src: '/console/icon.svg', alt: '', width: 26, height: 26 }), h('span', {}, 'Confab')), menu),
      nav,
      h('div', { class: 'side-foot' },
        pulse,
        h('div', { class: 'who' }, h('span', {}, who), h('span', { class: 'badge who-role', title: 'Your role' }, session.role)),
        h('div', { class: 'side-buttons' },
          themeButton(),
          h('button', { class: 'ghost', type: 'button', title: 'Keyboard shortcuts (?)', 'aria-label': 'Keyboard shortcuts', onclick: showKeys }, icon('help')),
          h('button', { class: 'ghost', type: 'button', title: 'Sign out', 'aria-label': 'Sign out', onclick: () => signOut().catch(complain) }, icon('out'))))),
    h('div', { class: 'body' }, banner, main));
  nav.addEventListener('click', () => toggleMenu(false));
  fill(app, shell);
  fresh();
}

function mark(route) {
  for (const [path, a] of links) setAttr(a, 'aria-current', route && (route.path === path || route.within === path) ? 'page' : null);
}

const themes = ['system', 'light', 'dark'];

function themeButton() {
  const chosen = () => document.documentElement.dataset.theme ?? 'system';
  const words = { system: 'like the system', light: 'light', dark: 'dark' };
  const icons = { system: 'system', light: 'sun', dark: 'moon' };
  const button = h('button', { class: 'ghost', type: 'button' });
  const draw = () => {
    fill(button, icon(icons[chosen()]));
    setAttr(button, 'aria-label', `Theme: ${words[chosen()]}`);
    setAttr(button, 'title', `Theme: ${words[chosen()]}`);
  };
  button.addEventListener('click', () => {
    const next = themes[(themes.indexOf(chosen()) + 1) % themes.length];
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try { localStorage.setItem('confab.theme', next); } catch { /* for this page only */ }
    draw();
  });
  draw();
  return button;
}

// ---- how fresh it is ----

let stale = false;

function fresh() {
  if (!pulse) return;
  const { state, since } = freshness();
  const words = { live: 'Live', connecting: 'Connecting', lost: 'No connection', off: 'Paused' };
  setAttr(pulse, 'data-state', state);
  setText(pulse, state === 'off' ? '' : words[state]);
  const shown = [];
  if (stale) {
    shown.push(h('div', { class: 'banner', role: 'status' }, 'A newer version of the console is ready.',
      h('button', { class: 'small', onclick: () => location.reload() }, 'Load it')));
  }
  if (state === 'lost') {
    shown.push(h('div', { class: 'banner bad', role: 'alert' }, since ? `No connection to the switch: you see how things stood at ${atClock(since)}. Trying again…` : 'No connection to the switch. Trying again…'));
  }
  const sign = shown.map((n) => n.textContent).join();
  if (banner.dataset.sign !== sign) { banner.dataset.sign = sign; fill(banner, shown); }
}

bus.addEventListener('fresh', fresh);
bus.addEventListener('stale', () => { stale = true; fresh(); });

// ---- signing in ----

function signInPage(message = '') {
  leave?.();
  leave = null;
  turn++;
  main = pulse = null;
  title('Sign in');
  const problem = h('p', { class: 'field-error', role: 'alert' }, message);
  const user = h('input', { id: 'user', name: 'user', autocomplete: 'username', required: true, spellcheck: 'false', autocapitalize: 'none', placeholder: 'AC… or SK…' });
  const password = h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true });
  const button = h('button', { class: 'primary', type: 'submit' }, 'Sign in');
  fill(app, h('main', { id: 'main', class: 'sign-in' },
    h('form', {
      class: 'card sign-in-card', onsubmit: async (e) => {
        e.preventDefault();
        button.disabled = true;
        problem.textContent = '';
        try { await signIn({ user: user.value.trim(), password: password.value.trim() }); } catch (err) {
          problem.textContent = err.message;
          password.focus();
          password.select();
        } finally { button.disabled = false; }
      },
    },
    h('div', { class: 'sign-in-head' }, h('img', { src: '/console/icon.svg', alt: '', width: 44, height: 44 }), h('h1', {}, 'Confab'), h('p', {}, 'The conference system that you host')),
    h('div', { class: 'field' }, h('label', { for: 'user' }, 'AccountSid, or SID of an API key'), user),
    h('div', { class: 'field' }, h('label', { for: 'password' }, 'AuthToken, or the key’s secret'), password),
    problem, button,
    h('p', { class: 'hint' }, 'Or run ', h('code', {}, 'confab console'), ' on the machine of the switch: it prints a link that signs you in, once.'))));
  user.focus();
}

async function begin() {
  const link = /^#sign-in=([\w-]+)$/.exec(location.hash)?.[1];
  if (link) history.replaceState(null, '', location.pathname + location.search);
  let message = '';
  try {
    await loadSession();
    if (link && !session.signedIn) await signIn({ link });
  } catch (err) { message = err.message; }
  draw(message);
}

function draw(message = '') {
  if (session.signedIn) { frame(); show(); phone.begin(); } else { phone.end(); signInPage(message); }
}

let drawn = false;
bus.addEventListener('session', () => { if (drawn) draw(); });

// Links within the console are followed without loading the page anew.
document.addEventListener('click', (e) => {
  const a = e.target instanceof Element ? e.target.closest('a[href]') : null;
  if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || a.target || a.hasAttribute('download')) return;
  const url = new URL(a.href);
  if (url.origin !== location.origin || !url.pathname.startsWith(root + '/') || !session.signedIn) return;
  if (url.hash && url.pathname === location.pathname) return;
  e.preventDefault();
  navigate(url.pathname.slice(root.length) + url.search);
  main?.focus({ preventScroll: true });
});
window.addEventListener('popstate', () => { if (session.signedIn) show(); });

listenForKeys();
for (const r of routes) if (r.key) bindKey(`g ${r.key}`, `Go to ${r.name}`, () => { if (session.signedIn) navigate(r.path); }, 'Everywhere');
await begin();
drawn = true;
