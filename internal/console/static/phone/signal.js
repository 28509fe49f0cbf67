// The socket of a browser's phone: what goes over it, that it is alive, and that
// there is one again after it was lost. It speaks the signalling of Twilio's
// Voice SDK (PStream 1.6) and knows nothing of voice.

const VERSION = '1.6';
const SILENCE = 15_000; // ms without anything from the server: the socket is dead
const OPENING = 5_000; // ms for a socket to open and for `connected` to come
const FIRST = 250; // ms until the first new try; doubled up to LONGEST
const LONGEST = 20_000;
const REGISTER = 30_000; // ms between two `register`, which keep it alive

/** The words for what a server refuses, by the SDK's codes. */
const REFUSALS = {
  31201: 'The server did not take the access token.',
  31204: 'The access token is not valid.',
  31205: 'The access token has expired.',
};

/**
 * Signal is one socket to a server, kept as long as it is wanted.
 *
 * Events: `connected` (detail: {identity, ttl}), `ready`, `offline`, `lost`
 * (detail: {in: ms until the next try}), `refused` (detail: {code, message};
 * nothing is tried again), and `message` (detail: {type, payload}) for what
 * belongs to a call.
 */
export class Signal extends EventTarget {
  #url;
  #token;
  #socket = null;
  #wanted = false;
  #registered = false; // wanted to be
  #connected = false;
  #tries = 0;
  #renewed = false; // the token was fetched again because it had expired
  #timers = {};
  #waiting = []; // what must not be lost with the socket: hangups and rejections
  #online = () => { if (this.#wanted && !this.#socket) this.#open(); };

  /**
   * @param {string} url of the socket: wss://host/signal
   * @param {() => Promise<string>} token gives an access token, a fresh one each time
   */
  constructor(url, token) {
    super();
    this.#url = url;
    this.#token = token;
  }

  /** Whether the server has answered on the socket that is open now. */
  get connected() { return this.#connected; }

  /** Opens the socket and keeps it open until stop. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    addEventListener('online', this.#online);
    this.#open();
  }

  /** Closes the socket for good. */
  stop() {
    this.#wanted = false;
    removeEventListener('online', this.#online);
    this.#drop();
  }

  /** Says whether calls may come in. */
  register(on) {
    this.#registered = on;
    if (this.#connected) this.#sendRegister();
  }

  /** Hands the server a fresh token on the socket that stands. */
  async renew() {
    if (!this.#connected) return;
    try {
      this.#listen(await this.#token());
    } catch {
      this.#later('renew', 10_000, () => this.renew()); // the old one still serves
    }
  }

  /** Sends a message. `keep`: if there is no socket, when there is one again. */
  send(type, payload, keep = false) {
    if (this.#connected) {
      this.#write(type, payload);
      return true;
    }
    if (keep) this.#waiting.push([type, payload]);
    return false;
  }

  async #open() {
    this.#clear('again');
    const opening = (this.opening = {}); // what is slower than the next try is let be
    let token;
    try {
      token = await this.#token();
    } catch (error) {
      if (opening === this.opening) this.#lost(error);
      return;
    }
    if (!this.#wanted || opening !== this.opening || this.#socket) return;
    let socket;
    try {
      socket = new WebSocket(this.#url);
    } catch (error) { // a URL that is none, or one that the page may not open
      this.#refused(0, `${this.#url} cannot be opened: ${error.message}`);
      return;
    }
    this.#socket = socket;
    this.#later('silence', OPENING, () => this.#lost());
    const mine = (f) => (event) => { if (this.#socket === socket) f(event); };
    socket.onopen = mine(() => this.#listen(token));
    socket.onmessage = mine((event) => this.#read(event.data));
    socket.onclose = mine(() => this.#lost());
    socket.onerror = null; // onclose follows
  }

  #listen(token) {
    this.#write('listen', {
      token,
      browserinfo: { p: 'browser', plugin: 'rtc', v: 'confab-phone', browser: { platform: '', userAgent: navigator.userAgent } },
      reconnectTimeout: 30,
    });
  }

  #sendRegister() {
    this.#write('register', { media: { audio: this.#registered } });
    this.#clear('register');
    if (this.#registered) this.#later('register', REGISTER, () => this.#sendRegister());
  }

  #write(type, payload) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, version: VERSION, payload }));
  }

  #read(text) {
    this.#later('silence', SILENCE, () => this.#lost());
    if (text === '\n') { // the heartbeat: the server's turn first, then ours
      this.#socket.send('\n');
      return;
    }
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return; // nothing that we could answer
    }
    const { type, payload = {} } = message ?? {};
    switch (type) {
      case 'connected': return this.#greeted(payload);
      case 'ready': return this.#tell('ready', {});
      case 'offline': return this.#tell('offline', {});
      case 'close': return this.#lost();
      case 'error':
        if (payload.callsid) break;
        return this.#erred(payload.error ?? {});
    }
    if (typeof type === 'string') this.#tell('message', { type, payload });
  }

  #greeted(payload) {
    this.#connected = true;
    this.#tries = 0;
    this.#renewed = false;
    const { identity = '', ttl = 0 } = payload.token ?? {};
    // A token is renewed when nine tenths of its time are over. A timer of a
    // browser cannot wait for more than 24 days.
    if (ttl > 0) this.#later('renew', Math.min(ttl * 900, 2 ** 31 - 1), () => this.renew());
    for (const [type, kept] of this.#waiting.splice(0)) this.#write(type, kept);
    this.#tell('connected', { identity, ttl, iceServers: payload.ice_servers ?? [] });
    this.#sendRegister();
  }

  #erred({ code = 0, message = '' }) {
    if (code === 31205 && !this.#renewed) { // the page slept: once more with a fresh token
      this.#renewed = true;
      if (this.#connected) this.renew();
      else this.#lost();
      return;
    }
    if (code in REFUSALS) this.#refused(code, REFUSALS[code] + (message ? ` (${message})` : ''));
    else this.#tell('message', { type: 'error', payload: { error: { code, message } } });
  }

  #refused(code, message) {
    this.stop();
    this.#tell('refused', { code, message });
  }

  /** The socket is gone, or there never was one: another try follows. */
  #lost(error) {
    this.#drop();
    if (!this.#wanted) return;
    // The wait doubles, and differs: a server that comes back is not met by all at once.
    const wait = Math.min(FIRST * 2 ** this.#tries, LONGEST) * (0.5 + Math.random() / 2);
    this.#tries++;
    this.#later('again', wait, () => this.#open());
    this.#tell('lost', { in: wait, message: error?.message ?? '' });
  }

  #drop() {
    this.opening = null;
    for (const name of Object.keys(this.#timers)) this.#clear(name);
    const socket = this.#socket;
    this.#socket = null;
    this.#connected = false;
    socket?.close();
  }

  #later(name, ms, f) {
    this.#clear(name);
    this.#timers[name] = setTimeout(f, ms);
  }

  #clear(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

/** The URL of the socket of a server: wss://, or ws:// where its pages are plain. */
export function signalURL(server) {
  const url = new URL('/signal', server);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  return url.href;
}
