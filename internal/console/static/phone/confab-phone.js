// <confab-phone>: a phone in a page. docs/browser-phone.md documents it.

import { beep, over, ring, ringback } from './sounds.js';
import { GRADES } from './quality.js';
import { looks } from './looks.js';
import * as microphone from './microphone.js';
import { Phone } from './phone.js';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const LETTERS = { 2: 'ABC', 3: 'DEF', 4: 'GHI', 5: 'JKL', 6: 'MNO', 7: 'PQRS', 8: 'TUV', 9: 'WXYZ', 0: '+' };
const SPOKEN = { '*': 'star', '#': 'hash' };
const FORWARDED = ['ready', 'incoming', 'connecting', 'connected', 'disconnected', 'digit', 'quality', 'error'];
const LOOK = 90; // ms between two looks at the level

const PICTURES = {
  phone: ['M6.6 3.5h2.5l1.6 4.2-2 1.5a12 12 0 0 0 5.6 5.6l1.5-2 4.2 1.6v2.5a2 2 0 0 1-2.2 2A16 16 0 0 1 4.600 5.700a2 2 0 0 1 2-2.200z'],
  gear: ['M4 7h9', 'M17 7h3', 'M15 5v4', 'M4 17h3', 'M11 17h9', 'M9 15v4'],
  mic: ['M12 3.500a2.500 2.500 0 0 1 2.500 2.500v5.500a2.500 2.500 0 0 1-5 0V6A2.500 2.500 0 0 1 12 3.500z', 'M6 11.500a6 6 0 0 0 12 0', 'M12 17.500v3'],
  hold: ['M9 5v14', 'M15 5v14'],
  back: ['M9 6h11v12H9l-5-6z', 'M12 10l4 4', 'M16 10l-4 4'],
  keys: ['M6 6v.1', 'M12 6v.1', 'M18 6v.1', 'M6 12v.1', 'M12 12v.1', 'M18 12v.1', 'M6 18v.1', 'M12 18v.1', 'M18 18v.1'],
  bell: ['M12 4a5 5 0 0 1 5 5v4l2 3H5l2-3V9a5 5 0 0 1 5-5z', 'M10.500 19.500a1.700 1.700 0 0 0 3 0'],
};

/** The phone as an element of a page. */
export class ConfabPhone extends HTMLElement {
  static observedAttributes = ['token', 'token-url', 'server', 'to', 'label', 'keypad', 'compact', 'relay'];

  #phone = null;
  #at = {}; // the parts of the face, by name
  #started = false;
  #meter = null;
  #meterStream = null;
  #trial = null; // a microphone that is only tried
  #ringing = null; // how to stop what sounds
  #sounding = '';
  #digits = '';
  #said = '';
  #timer = 0;
  #trouble = '';
  #source = null;
  #padShown = false; // in a compact one
  #waiting = null; // a call that was asked for before there was a connection
  #iceServers = [];

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    root.adoptedStyleSheets = [looks];
    root.append(this.#face());
    this.#wire();
    root.addEventListener('keydown', (event) => this.#key(event));
    root.addEventListener('pointerdown', () => { try { microphone.context(); } catch { /* without sound */ } });
  }

  // ---- what a page says and asks ----

  /** A function that gives access tokens: async () => string. It comes before token-url and token. */
  get tokenSource() { return this.#source; }
  set tokenSource(f) { this.#source = f; this.#again(); }

  /** ICE servers to use instead of those that the switch names. */
  set iceServers(list) { this.#iceServers = list; this.#again(); }
  get iceServers() { return this.#iceServers; }

  /** Whether voice may go by a TURN server only: the attribute. */
  set relay(on) { this.toggleAttribute('relay', Boolean(on)); }
  get relay() { return this.hasAttribute('relay'); }

  /** `idle`, `ringing` (a call comes in), `connecting`, `open`, `reconnecting`. */
  get state() {
    const call = this.#phone?.call;
    if (call) return call.state === 'ringing' ? 'connecting' : call.state;
    return this.#phone?.incoming ? 'ringing' : 'idle';
  }

  /** Whether the server takes calls of this phone now. */
  get ready() { return this.#phone?.state === 'ready'; }

  /** Who this phone is to the server, by its token. */
  get identity() { return this.#phone?.identity ?? ''; }

  get muted() { return this.#phone?.call?.muted ?? false; }
  get held() { return this.#phone?.call?.held ?? false; }

  /** The SID of the call, once the server has given it one. */
  get callSid() {
    const sid = this.#phone?.call?.sid ?? '';
    return sid.startsWith('CA') ? sid : '';
  }

  /** The voice of the far end, as a MediaStream; null without a call. */
  get remoteStream() { return this.#phone?.call?.stream ?? null; }

  /** Connects to the server; an element does so by itself unless it is `lazy`. */
  connect() { this.#start(); }

  /** Hangs up and disconnects from the server. */
  disconnect() {
    this.#started = false;
    this.#waiting = null;
    this.#phone?.stop();
    this.#phone = null;
    this.#draw();
  }

  /** Calls. Without `to`: what is in the field. Params are those of the attribute and these. */
  async call(to = this.#at.to.value.trim(), params = {}) {
    if (!to) {
      this.#at.to.focus();
      return undefined;
    }
    this.#at.to.value = to;
    this.#trouble = '';
    this.#digits = '';
    this.#stopTrial();
    const all = { ...this.#params(), ...params };
    if (!this.#phone || this.#phone.state === 'off' || this.#phone.state === 'refused') this.#start();
    if (this.#phone && this.#phone.state !== 'ready') {
      this.#waiting = [to, all];
      this.#draw();
      return undefined;
    }
    this.shadowRoot.querySelector('.phone').focus({ preventScroll: true });
    return this.#phone?.dial(to, all);
  }

  answer() { this.#trouble = ''; this.#digits = ''; return this.#phone?.answer(); }
  decline() { this.#phone?.decline(); }
  hangUp() { this.#waiting = null; this.#phone?.hangUp(); this.#draw(); }
  mute(on = true) { this.#phone?.mute(on); }
  hold(on = true) { this.#phone?.hold(on); }

  /** Sends keys in the call: digits, * and #. */
  press(keys) {
    const known = [...String(keys)].filter((k) => KEYS.includes(k)).join('');
    if (!known || !this.#phone?.call) return;
    this.#digits += known;
    this.#phone.press(known);
    this.#draw();
  }

  // ---- an element's life ----

  connectedCallback() {
    if (this.#started) return; // it was moved within the page
    if (!this.hasAttribute('lazy')) this.#start();
    this.#timer ||= setInterval(() => this.#tick(), LOOK);
    this.#draw();
  }

  disconnectedCallback() {
    // Who moves an element takes it away first: a call must outlive that.
    queueMicrotask(() => {
      if (this.isConnected) return;
      clearInterval(this.#timer);
      this.#timer = 0;
      this.#sound('');
      this.#stopTrial();
      this.disconnect();
    });
  }

  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === 'to') this.#at.to.value = now ?? '';
    else if (name === 'token' && this.#phone?.state === 'ready') this.#phone.renew();
    else if (['token', 'token-url', 'server', 'relay'].includes(name)) this.#again();
    this.#draw();
  }

  #again() {
    if (!this.isConnected || this.hasAttribute('lazy') && !this.#started) return;
    if (this.#phone?.call) return; // the call first; the next connection is another
    this.#phone?.stop();
    this.#phone = null;
    this.#start();
  }

  #start() {
    if (!this.#tokens()) return;
    this.#started = true;
    if (!this.#phone) {
      let server;
      try {
        server = new URL(this.getAttribute('server') || '/', this.hasAttribute('server') ? document.baseURI : import.meta.url).href;
      } catch {
        this.#say(`The server ${this.getAttribute('server')} is not a URL.`);
        return;
      }
      this.#phone = new Phone(server, () => this.#token(), {
        incoming: !this.hasAttribute('outgoing-only'), iceServers: this.#iceServers, relay: this.relay,
      });
      this.#listen(this.#phone);
    }
    this.#phone.start();
  }

  #listen(phone) {
    const mine = (f) => (event) => { if (this.#phone === phone) f(event); };
    phone.addEventListener('change', mine(() => this.#draw()));
    phone.addEventListener('error', mine(({ detail }) => { this.#trouble = detail.message; this.#waiting = null; this.#draw(); }));
    phone.addEventListener('ready', mine(() => {
      const [to, params] = this.#waiting ?? [];
      this.#waiting = null;
      if (to) phone.dial(to, params);
    }));
    phone.addEventListener('disconnected', mine(({ detail }) => {
      if (this.#sounds() && detail.seconds > 0) over();
      if (detail.why === 'missed') this.#live('The caller hung up, or it was answered elsewhere.');
    }));
    for (const type of FORWARDED) {
      phone.addEventListener(type, mine(({ detail }) => {
        const { call, ...rest } = detail;
        if (call) Object.assign(rest, { callSid: call.sid.startsWith('CA') ? call.sid : '', with: call.with, direction: call.direction });
        this.dispatchEvent(new CustomEvent(type, { detail: rest }));
      }));
    }
  }

  #tokens() {
    return this.#source || this.getAttribute('token-url') || this.getAttribute('token');
  }

  async #token() {
    if (this.#source) return this.#source();
    const url = this.getAttribute('token-url');
    if (!url) return this.getAttribute('token');
    const answer = await fetch(url, { cache: 'no-store', credentials: 'same-origin' });
    if (!answer.ok) throw new Error(`no access token: ${new URL(url, document.baseURI).pathname} answers ${answer.status}`);
    const text = (await answer.text()).trim();
    return text.startsWith('{') ? JSON.parse(text).token : text;
  }

  /** The attribute params: {"Name":"Ann"} or Name=Ann&Room=5. */
  #params() {
    const text = this.getAttribute('params')?.trim() ?? '';
    if (!text.startsWith('{')) return Object.fromEntries(new URLSearchParams(text));
    try {
      return JSON.parse(text);
    } catch {
      this.#say('The attribute params is neither JSON nor a=b&c=d.');
      return {};
    }
  }

  // ---- the face ----

  #face() {
    const at = this.#at;
    at.key = new Map();
    const pad = KEYS.map((key) => {
      const button = el('button', { type: 'button', 'data-letters': LETTERS[key] ?? '', ...(SPOKEN[key] ? { 'aria-label': SPOKEN[key] } : {}) }, key);
      button.addEventListener('click', () => this.#pressed(key));
      at.key.set(key, button);
      return button;
    });
    return el('div', { class: 'phone', part: 'phone', role: 'group', 'aria-label': 'Phone', tabindex: '-1' },
      (at.ring = el('div', { class: 'ring', role: 'alertdialog', 'aria-label': 'Incoming call', hidden: '' },
        el('div', { class: 'bell' }, picture('bell', 24)),
        (at.ringName = el('p', { class: 'name' })),
        (at.ringWhat = el('p', { class: 'what' })),
        el('div', { class: 'both' },
          button('go hang', () => this.decline(), picture('phone'), 'Decline'),
          (at.answer = button('go call', () => this.answer(), picture('phone'), 'Answer'))))),
      el('div', { class: 'head' },
        (at.dot = el('span', { class: 'dot' })),
        (at.who = el('span', { class: 'who' })),
        (at.quality = el('span', { class: 'quality', role: 'img', hidden: '' }, el('i'), el('i'), el('i'))),
        (at.gear = el('button', { class: 'gear', type: 'button', 'aria-label': 'Microphone and loudspeaker', 'aria-expanded': 'false' }, picture('gear', 19)))),
      (at.settings = el('div', { class: 'settings', hidden: '' },
        el('label', {}, 'Microphone', (at.microphones = el('select', {}, any()))),
        (at.outputs = el('label', {}, 'Loudspeaker', (at.loudspeakers = el('select', {}, any())))),
        (at.try = el('button', { class: 'try', type: 'button', 'aria-pressed': 'false' }, 'Try the microphone')))),
      (at.dialler = el('div', { class: 'to' },
        (at.to = el('input', { type: 'text', inputmode: 'tel', autocomplete: 'off', spellcheck: 'false', 'aria-label': 'Number or name to call', placeholder: 'Number or name' })),
        (at.back = el('button', { type: 'button', 'aria-label': 'Delete the last character' }, picture('back', 21))))),
      (at.live = el('div', { class: 'live', hidden: '' },
        (at.name = el('div', { class: 'name' })),
        (at.status = el('div', { class: 'state' })),
        el('div', { class: 'digits', 'aria-hidden': 'true' }, (at.digits = el('bdi'))))),
      (at.hint = el('p', { class: 'hint', hidden: '' })),
      (at.pad = el('div', { class: 'pad', role: 'group', 'aria-label': 'Keypad' }, pad)),
      (at.voice = el('div', { class: 'voice', hidden: '' }, picture('mic', 17),
        (at.meter = el('div', { class: 'meter', role: 'img', 'aria-label': 'Level of the microphone' }, (at.level = el('i')))))),
      (at.tools = el('div', { class: 'tools', hidden: '' },
        (at.mute = button('', () => this.mute(!this.muted), picture('mic'), 'Mute')),
        (at.hold = button('', () => this.hold(!this.held), picture('hold'), 'Hold')),
        (at.keys = button('', () => { this.#padShown = !this.#padShown; this.#draw(); }, picture('keys'), 'Keys')))),
      (at.trouble = el('p', { class: 'trouble', role: 'alert' })),
      (at.call = button('go call', () => this.call(), picture('phone'), (at.label = el('span', {}, 'Call')))),
      (at.hang = button('go hang', () => this.hangUp(), picture('phone'), 'Hang up')),
      (at.news = el('p', { class: 'sr', role: 'status', 'aria-live': 'polite' })),
    );
  }

  #draw() {
    const at = this.#at, phone = this.#phone, call = phone?.call ?? null, incoming = phone?.incoming ?? null;
    const busy = Boolean(call || phone?.dialling || this.#waiting);
    at.dot.dataset.state = phone?.state ?? 'off';
    text(at.who, this.#standing());
    show(at.dialler, !busy && !(incoming && this.hasAttribute('compact')));
    show(at.live, busy);
    show(at.call, !busy && !incoming);
    show(at.hang, busy);
    show(at.tools, Boolean(call) && call.state !== 'ringing');
    const compact = this.hasAttribute('compact');
    show(at.pad, call ? !compact || this.#padShown : !compact && this.getAttribute('keypad') !== 'off');
    show(at.keys, compact);
    pressed(at.keys, this.#padShown);
    show(at.voice, Boolean(call || this.#trial));
    show(at.back, at.to.value !== '');
    at.call.disabled = !this.#tokens() || phone?.state === 'refused';
    text(at.label, this.getAttribute('label') || 'Call');
    text(at.trouble, this.#trouble || (phone?.state === 'refused' ? phone.trouble : ''));
    pressed(at.mute, this.muted);
    pressed(at.hold, this.held);
    at.meter.toggleAttribute('data-off', this.muted || this.held);
    if (busy) {
      text(at.name, shown(call?.with ?? this.#waiting?.[0] ?? at.to.value));
      text(at.digits, this.#digits);
      text(at.status, this.#status(call));
    }
    const how = call?.state === 'open' ? phone.quality : null;
    show(at.quality, Boolean(how));
    if (how) {
      at.quality.dataset.grade = how.grade;
      const words = GRADES[how.grade] + (how.why ? `: ${how.why}` : '');
      if (at.quality.getAttribute('aria-label') !== words) at.quality.setAttribute('aria-label', words);
      at.quality.title = words;
    }
    show(at.hint, Boolean(how?.why));
    text(at.hint, how?.why ? `${GRADES[how.grade]}: ${how.why}` : '');
    const rang = !at.ring.hidden;
    show(at.ring, Boolean(incoming));
    if (incoming) {
      text(at.ringName, shown(incoming.with) || 'Somebody');
      text(at.ringWhat, call ? 'calls you. Answering ends your other call.' : 'calls you');
      if (!rang && this.shadowRoot.activeElement) at.answer.focus(); // who is here already; nobody else is interrupted
    }
    this.#sound(incoming ? 'ring' : call?.state === 'ringing' && call.direction === 'out' && !call.stream ? 'ringback' : '');
    this.#live(incoming ? `${shown(incoming.with) || 'Somebody'} calls you` : busy ? `${shown(call?.with ?? '')}: ${this.#plain(call)}` : this.#standing());
  }

  /** Where the connection stands, in a line. */
  #standing() {
    const phone = this.#phone;
    switch (phone?.state) {
      case 'ready': return phone.identity ? `Ready as ${phone.identity}` : 'Ready';
      case 'connecting': return 'Connecting';
      case 'lost': return phone.trouble ? `No connection: ${phone.trouble}` : 'No connection to the server. Trying again…';
      case 'refused': return 'Not connected';
    }
    return this.#tokens() ? 'Not connected yet' : 'No access token was given';
  }

  #status(call) {
    if (call?.state !== 'open') return this.#plain(call);
    const s = Math.floor((performance.now() - call.since) / 1000);
    const clock = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
    return this.held ? `On hold · ${clock}` : this.muted ? `Muted · ${clock}` : clock;
  }

  /** The same for those who listen: without a clock that ticks. */
  #plain(call) {
    if (!call) return this.#waiting ? 'Connecting' : 'Opening the microphone';
    switch (call.state) {
      case 'ringing': return call.sid.startsWith('CA') ? 'Ringing' : 'Calling';
      case 'connecting': return 'Connecting';
      case 'reconnecting': return 'Connection lost. Reconnecting…';
    }
    return this.held ? 'On hold' : this.muted ? 'Connected, muted' : 'Connected';
  }

  #live(words) {
    if (words === this.#said) return;
    this.#said = words;
    this.#at.news.textContent = words;
  }

  #say(trouble) {
    this.#trouble = trouble;
    this.#draw();
    this.dispatchEvent(new CustomEvent('error', { detail: { code: 0, message: trouble } }));
  }

  #tick() {
    const call = this.#phone?.call, stream = this.#phone?.stream ?? this.#trial;
    if (stream !== this.#meterStream) {
      this.#meter?.close();
      this.#meter = null;
      this.#meterStream = stream;
      try {
        this.#meter = stream ? new microphone.Meter(stream) : null;
      } catch {
        // Without sound there is nothing to see.
      }
    }
    if (this.#meter) this.#at.level.style.setProperty('--level', this.#meter.level().toFixed(2));
    if (call?.state === 'open') text(this.#at.status, this.#status(call));
  }

  #sounds() { return this.getAttribute('ring') !== 'off'; }

  #sound(what) {
    if (!this.#sounds()) what = '';
    if (what === this.#sounding) return;
    this.#sounding = what;
    this.#ringing?.();
    this.#ringing = what === 'ring' ? ring() : what === 'ringback' ? ringback() : null;
  }

  // ---- keys and choices ----

  #pressed(key) {
    if (this.#sounds()) beep(key);
    if (this.#phone?.call) {
      this.press(key);
      return;
    }
    this.#at.to.value += key;
    this.#trouble = '';
    this.#draw();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target === this.#at.to, choosing = event.target instanceof HTMLSelectElement;
    if (choosing) return;
    if (typing) {
      if (event.key === 'Enter') {
        event.preventDefault();
        this.call();
      }
      return;
    }
    if (KEYS.includes(event.key)) {
      event.preventDefault();
      const button = this.#at.key.get(event.key);
      button.classList.add('down');
      setTimeout(() => button.classList.remove('down'), 120);
      this.#pressed(event.key);
    } else if (event.key === 'Backspace' && !this.#phone?.call) {
      this.#at.to.value = this.#at.to.value.slice(0, -1);
      this.#draw();
    } else if (event.key.toLowerCase() === 'm' && this.#phone?.call) {
      this.mute(!this.muted);
    } else if (event.key.toLowerCase() === 'h' && this.#phone?.call) {
      this.hold(!this.held);
    } else {
      return;
    }
    event.stopPropagation(); // a page may have keys of its own
  }

  async #fillDevices() {
    const at = this.#at;
    for (const [kind, select, now] of [['audioinput', at.microphones, microphone.chosen()], ['audiooutput', at.loudspeakers, at.loudspeakers.value]]) {
      const found = await microphone.devices(kind);
      select.replaceChildren(...found.map(({ id, label }) => el('option', { value: id }, label)));
      if (!found.length) select.append(any());
      if (found.some((d) => d.id === now)) select.value = now;
    }
    show(at.outputs, 'setSinkId' in HTMLMediaElement.prototype && at.loudspeakers.options.length > 1);
  }

  #stopTrial() {
    for (const track of this.#trial?.getTracks() ?? []) track.stop();
    this.#trial = null;
    pressed(this.#at.try, false);
  }

  async #toggleTrial() {
    if (this.#trial) this.#stopTrial();
    else {
      try {
        this.#trial = await microphone.open();
        this.#trouble = '';
        pressed(this.#at.try, true);
        await this.#fillDevices(); // names are told once the microphone may be used
      } catch (error) {
        this.#trouble = microphone.refusal(error);
      }
    }
    this.#draw();
  }

  /** The listeners of the face, once it is made. */
  #wire() {
    const at = this.#at;
    at.to.addEventListener('input', () => this.#draw());
    at.back.addEventListener('click', () => {
      at.to.value = at.to.value.slice(0, -1);
      at.to.focus();
      this.#draw();
    });
    at.gear.addEventListener('click', async () => {
      const open = at.settings.hidden;
      show(at.settings, open);
      at.gear.setAttribute('aria-expanded', String(open));
      if (open) await this.#fillDevices();
      else this.#stopTrial();
      this.#draw();
    });
    at.microphones.addEventListener('change', async () => {
      await this.#phone?.speakBy(at.microphones.value);
      microphone.choose(at.microphones.value);
      if (this.#trial) {
        this.#stopTrial();
        await this.#toggleTrial();
      }
    });
    at.loudspeakers.addEventListener('change', () => this.#phone?.call?.listenBy(at.loudspeakers.value));
    at.try.addEventListener('click', () => this.#toggleTrial());
  }
}

/** The device of who has not chosen one, or may not know which there are. */
function any() { return el('option', { value: '' }, 'The browser’s choice'); }

/** Somebody, as people write it: client:ann is ann, sip:ann@host is ann. */
function shown(who) {
  return String(who ?? '').replace(/^client:/, '').replace(/^sips?:([^@;]+)@.*$/, '$1');
}

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.flat());
  return node;
}

function button(kind, act, ...children) {
  const node = el('button', { type: 'button', class: kind }, ...children);
  node.addEventListener('click', act);
  return node;
}

function picture(name, size = 18) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [k, v] of Object.entries({ viewBox: '0 0 24 24', width: size, height: size, 'aria-hidden': 'true' })) node.setAttribute(k, v);
  for (const d of PICTURES[name]) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', d);
    node.append(path);
  }
  return node;
}

function show(node, on) { if (node.hidden === on) node.hidden = !on; }
function text(node, words) { if (node.textContent !== words) node.textContent = words; }
function pressed(node, on) { if (node.getAttribute('aria-pressed') !== String(on)) node.setAttribute('aria-pressed', String(on)); }

if (!customElements.get('confab-phone')) customElements.define('confab-phone', ConfabPhone);
