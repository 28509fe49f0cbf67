// The public API, as this page uses it: requests with the session's CSRF token,
// and the event streams, which resume by themselves.

/** A refusal: status of HTTP, code and message of the API, and the field that it is about, if it says so. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body?.message || `The switch answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = body?.code ?? 0;
    this.field = body?.field ?? '';
    this.moreInfo = body?.more_info ?? null;
  }
}

/** Who is signed in: signedIn, account, role, csrf, expires, version, program. */
export const session = { signedIn: false, account: '', role: '', key: '', csrf: '', expires: null, version: '', program: '' };

/** Tells of 'session' (it began, ended), 'stale' (another version of the page is there), 'fresh' (see freshness). */
export const bus = new EventTarget();

const roles = ['look', 'moderate', 'administer'];

/** Reports whether the session's role includes another: 'look', 'moderate', 'administer'. */
export const can = (role) => roles.indexOf(session.role) >= roles.indexOf(role);

let asked = 0; // when it was last asked who is signed in

/** Asks who is signed in, and of which version the page is that the switch has. */
export async function loadSession() {
  asked = Date.now();
  const r = await fetch('/console/session', { headers: { 'X-Confab-CSRF': '-' }, cache: 'no-store', credentials: 'same-origin' });
  if (!r.ok) throw new ApiError(r.status, await r.json().catch(() => null));
  const told = await r.json();
  if (session.version && told.version !== session.version) bus.dispatchEvent(new Event('stale'));
  session.version ||= told.version;
  const was = session.signedIn;
  Object.assign(session, {
    signedIn: told.signed_in, account: told.account_sid ?? '', role: told.role ?? '', key: told.key_sid ?? '',
    csrf: told.csrf_token ?? '', expires: told.expires ? new Date(told.expires) : null, program: told.program ?? '',
  });
  if (was !== session.signedIn) bus.dispatchEvent(new Event('session'));
  return session;
}

/** Signs in with {user, password} or {link}. */
export async function signIn(how) {
  const r = await fetch('/console/session', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, credentials: 'same-origin', body: JSON.stringify(how),
  });
  if (!r.ok) throw new ApiError(r.status, await r.json().catch(() => null));
  await loadSession();
}

/** Signs out. */
export async function signOut() {
  await request('DELETE', '/console/session');
  ended();
}

function ended() {
  if (!session.signedIn) return;
  Object.assign(session, { signedIn: false, role: '', csrf: '', key: '' });
  for (const f of feeds.values()) f.stop();
  bus.dispatchEvent(new Event('session'));
}

/**
 * Makes a request and returns the answer's JSON (null when it has no body). query
 * and form are objects; values that are null or undefined are left out. json is
 * sent as such.
 */
export async function request(method, url, { query = null, form = null, json = null, signal = null } = {}) {
  const headers = { 'X-Confab-CSRF': session.csrf || '-', Accept: 'application/json' };
  let body = null;
  if (form) { headers['Content-Type'] = 'application/x-www-form-urlencoded'; body = encode(form); }
  if (json) { headers['Content-Type'] = 'application/json'; body = JSON.stringify(json); }
  const q = query ? encode(query) : '';
  let r;
  try {
    r = await fetch(q ? `${url}?${q}` : url, { method, headers, body, signal, cache: 'no-store', credentials: 'same-origin' });
  } catch (err) {
    if (err.name === 'AbortError') throw err;
    throw new ApiError(0, { message: 'The switch cannot be reached' });
  }
  const answer = r.status === 204 ? null : await r.json().catch(() => null);
  if (r.status === 401) ended();
  if (!r.ok) throw new ApiError(r.status, answer);
  return answer;
}

function encode(values) {
  const p = new URLSearchParams();
  for (const [k, v] of Object.entries(values)) if (v !== null && v !== undefined) p.set(k, String(v));
  return p.toString();
}

/** The address of a resource of the account: account('Calls/CA…') */
export const account = (path) => `/2010-04-01/Accounts/${session.account}/${path}.json`;

/** Requests below the account: rest.get('Conferences', {Status: 'in-progress'}) */
export const rest = {
  get: (path, query, signal) => request('GET', account(path), { query, signal }),
  post: (path, form, signal) => request('POST', account(path), { form: form ?? {}, signal }),
  delete: (path, signal) => request('DELETE', account(path), { signal }),
  /** All pages of a list, at most limit items: rest.all('Calls', 'calls', {PageSize: 100}) */
  async all(path, name, query = {}, limit = 5000, signal = null) {
    const items = [];
    let page = await request('GET', account(path), { query: { PageSize: 1000, ...query }, signal });
    for (;;) {
      items.push(...page[name]);
      if (!page.next_page_uri || items.length >= limit) return items;
      page = await request('GET', page.next_page_uri, { signal });
    }
  },
};

/** Requests to what is ours: own.get('/v1/events', {limit: 10}) */
export const own = {
  get: (path, query, signal) => request('GET', path, { query, signal }),
  post: (path, query, json, signal) => request('POST', path, { query, json, signal }),
  put: (path, json, signal) => request('PUT', path, { json, signal }),
  delete: (path, query, signal) => request('DELETE', path, { query, signal }),
};

// How long a stream may be still: the switch writes every 15 seconds. After a
// longer gap than longGap what was missed is not replayed: the page asks anew.
const stillness = 40_000;
const longGap = 60_000;
const hiddenFor = 5_000;

/**
 * A stream of server-sent events that many listen to. It runs while somebody does
 * and the page is seen, resumes where it was, and says so when it could not: a
 * hidden page lets go of its connection, of which a browser has six to a host.
 */
class Feed {
  constructor(url) {
    Object.assign(this, { url, listeners: new Set(), lastId: '', lastHeard: 0, controller: null, backoff: 500, timer: 0, state: 'off', opened: false });
  }

  subscribe(listener) {
    this.listeners.add(listener);
    if (this.state === 'live') queueMicrotask(() => listener.onSync?.());
    this.start();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  start() {
    if (this.controller || this.listeners.size === 0 || document.hidden || !session.signedIn) return;
    clearTimeout(this.timer);
    this.run(this.controller = new AbortController());
  }

  stop() {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.controller = null;
    this.to('off');
  }

  to(state) {
    if (this.state === state) return;
    this.state = state;
    bus.dispatchEvent(new Event('fresh'));
  }

  async run(controller) {
    this.to('connecting');
    const missed = Date.now() - this.lastHeard;
    const resumes = this.lastId !== '' && missed < longGap;
    if (!resumes) this.lastId = '';
    const watch = setInterval(() => { if (Date.now() - this.lastHeard > stillness) controller.abort(); }, 5000);
    try {
      const headers = { 'X-Confab-CSRF': session.csrf || '-', Accept: 'text/event-stream' };
      if (this.lastId) headers['Last-Event-ID'] = this.lastId;
      this.lastHeard = Date.now();
      const r = await fetch(this.url, { headers, signal: controller.signal, cache: 'no-store', credentials: 'same-origin' });
      if (r.status === 401) { ended(); return; }
      if (!r.ok) throw new ApiError(r.status, await r.json().catch(() => null));
      this.to('live');
      this.backoff = 500;
      if (!resumes || !this.opened) for (const l of this.listeners) l.onSync?.();
      this.opened = true;
      await this.read(r.body.getReader());
    } catch { /* it is tried again */ } finally {
      clearInterval(watch);
    }
    if (this.controller !== controller) return;
    this.controller = null;
    this.to('lost');
    this.timer = setTimeout(() => { loadSession().catch(() => {}).finally(() => this.start()); }, this.backoff);
    this.backoff = Math.min(this.backoff * 2, 10_000);
  }

  async read(reader) {
    const decoder = new TextDecoder();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.lastHeard = Date.now();
      text += decoder.decode(value, { stream: true });
      let end;
      while ((end = text.indexOf('\n\n')) >= 0) {
        this.heard(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }

  heard(block) {
    let type = 'message';
    let data = '';
    for (const line of block.split('\n')) {
      if (line.startsWith('id:')) this.lastId = line.slice(3).trim();
      else if (line.startsWith('event:')) type = line.slice(6).trim();
      else if (line.startsWith('data:')) data += line.slice(5).trim();
    }
    if (!data) return;
    let value;
    try { value = JSON.parse(data); } catch { return; }
    for (const l of this.listeners) l.onEvent?.(value, type);
  }
}

const feeds = new Map();

function feed(url) {
  if (!feeds.has(url)) feeds.set(url, new Feed(url));
  return feeds.get(url);
}

/**
 * Listens to the journal's events as they are committed. onEvent(event, type);
 * onSync() when the stream begins or has missed something: ask for what you show.
 * filter: '' or 'conference=CF…' and the like. Returns how to stop.
 */
export const watchEvents = (listener, filter = '') => feed('/v1/events/stream' + (filter ? '?' + filter : '')).subscribe(listener);

/** Listens to who talks how loud: onEvent({conference_sid, participants: [{call_sid, talking, level}]}) */
export const watchLive = (listener, filter = '') => feed('/v1/live' + (filter ? '?' + filter : '')).subscribe(listener);

/** How fresh the page is: {state: 'off' | 'live' | 'connecting' | 'lost', since: when something was last heard}. */
export function freshness() {
  let worst = { state: 'off', since: 0 };
  const order = ['off', 'live', 'connecting', 'lost'];
  for (const f of feeds.values()) {
    if (f.listeners.size > 0 && order.indexOf(f.state) > order.indexOf(worst.state)) worst = { state: f.state, since: f.lastHeard };
  }
  return worst;
}

// A page that nobody sees lets go; one that is seen again, or whose machine has
// slept, catches up, and asks whether it is still signed in and of this version. So
// does now and then one that listens to nothing: it would not notice a restart.
const unheardFor = 60_000;
let hiding = 0;
const look = () => { if (session.signedIn) loadSession().catch(() => { /* the streams say so, or the next look */ }); };
const wake = () => { clearTimeout(hiding); for (const f of feeds.values()) f.start(); look(); };
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) { wake(); return; }
  hiding = setTimeout(() => { for (const f of feeds.values()) { f.controller?.abort(); f.controller = null; clearTimeout(f.timer); f.to('off'); } }, hiddenFor);
});
window.addEventListener('online', wake);
window.addEventListener('pageshow', (e) => { if (e.persisted) wake(); });
let tick = Date.now();
setInterval(() => {
  const now = Date.now();
  if (now - tick > 20_000) {
    for (const f of feeds.values()) { f.controller?.abort(); f.controller = null; f.start(); }
    look();
  } else if (!document.hidden && now - asked > unheardFor && [...feeds.values()].every((f) => f.state === 'off')) {
    look();
  }
  tick = now;
}, 5000);
