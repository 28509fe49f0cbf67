// A phone without looks: the socket, the microphone, and at most one call, with
// at most one more that rings.

import { Call } from './call.js';
import * as microphone from './microphone.js';
import { Signal, signalURL } from './signal.js';

/**
 * Phone is what a page calls by.
 *
 * Events: `change` (anything that is to be shown), `ready` (calls can be made
 * and, with `incoming`, come in; detail: {identity}), `incoming`, `connecting`,
 * `connected`, `disconnected` (detail: {why, code, message, seconds}), `digit`,
 * `quality`, and `error` (detail: {code, message}).
 */
export class Phone extends EventTarget {
  #signal;
  #ice;
  #given; // ICE servers from the page; they come before the server's
  #open = null; // the microphone's stream, while there is a call
  #dialling = false;

  identity = '';
  /** The call that is made or was answered; null: none. */
  call = null;
  /** A call that rings. */
  incoming = null;
  /** `off`, `connecting`, `ready`, `lost` or `refused`. */
  state = 'off';
  /** When the next try of the socket is, by performance.now(). */
  again = 0;
  /** What is amiss, in words. */
  trouble = '';
  /** How the call sounds, see quality.js. */
  quality = null;

  /**
   * @param {string} server origin of the switch: https://phone.example.com
   * @param {() => Promise<string>} token gives access tokens
   * @param {{incoming?: boolean, iceServers?: RTCIceServer[], relay?: boolean}} options
   */
  constructor(server, token, { incoming = true, iceServers = [], relay = false } = {}) {
    super();
    this.relay = relay;
    this.#given = this.#ice = iceServers;
    const s = (this.#signal = new Signal(signalURL(server), token));
    s.register(incoming);
    s.addEventListener('connected', ({ detail }) => {
      this.identity = detail.identity;
      if (!this.#given.length) this.#ice = detail.iceServers;
      this.trouble = '';
      this.#is('ready');
      this.call?.reattach();
      this.incoming?.reattach();
      this.#tell('ready', { identity: this.identity });
    });
    s.addEventListener('lost', ({ detail }) => {
      this.again = performance.now() + detail.in;
      this.trouble = detail.message;
      this.#is('lost');
    });
    s.addEventListener('refused', ({ detail }) => {
      this.trouble = detail.message;
      this.#is('refused');
      this.#tell('error', detail);
    });
    s.addEventListener('message', ({ detail: { type, payload } }) => this.#told(type, payload));
  }

  /** Connects to the server and stays connected until stop. */
  start() {
    if (this.state !== 'off' && this.state !== 'refused') return;
    this.#is('connecting');
    this.#signal.start();
  }

  /** Hangs up and disconnects. */
  stop() {
    this.incoming?.hangUp();
    this.call?.hangUp();
    this.#signal.stop();
    this.#is('off');
  }

  /** Hands the server a fresh token. */
  renew() { return this.#signal.renew(); }

  /** Calls a number, a room's line, or whatever the application makes of `to`. */
  async dial(to, params = {}) {
    if (this.call || this.#dialling) return this.#error(0, 'There is a call already.');
    if (this.state !== 'ready') return this.#error(0, 'There is no connection to the server.');
    if (this.#shut()) return undefined;
    this.#dialling = true;
    this.#tell('change', {});
    try {
      const stream = await this.#microphone();
      if (!stream) return undefined;
      const call = this.#take(new Call(this.#signal, { iceServers: this.#ice, relay: this.relay }));
      call.with = to;
      this.#tell('connecting', { call });
      await call.dial(to, params, stream);
      return call;
    } catch (error) {
      this.call?.hangUp();
      return this.#error(0, `The call cannot be made: ${error.message}`);
    } finally {
      this.#dialling = false;
      this.#tell('change', {});
    }
  }

  /** Answers what rings; a call that stands is ended. */
  async answer() {
    const call = this.incoming;
    if (!call || this.#shut()) return;
    const stream = await this.#microphone();
    if (!stream || this.incoming !== call) return; // it goes on ringing, or has stopped meanwhile
    this.incoming = null;
    if (this.call) {
      const open = this.#open;
      this.#open = null; // the new call speaks by it
      this.call.hangUp();
      this.#open = open;
    }
    this.call = call;
    this.#tell('connecting', { call });
    try {
      await call.answer(stream);
    } catch (error) {
      call.hangUp();
      this.#error(0, `The call cannot be answered: ${error.message}`);
    }
  }

  /** Says so when voice may go by a TURN server only, and there is none. */
  #shut() {
    if (!this.relay || this.#ice.some(({ urls }) => [urls].flat().some((url) => /^turns?:/i.test(url)))) return false;
    this.#error(0, 'The voice may go by a TURN server only, and the server names none.');
    return true;
  }

  /** Declines what rings. */
  decline() { this.incoming?.hangUp(); }

  hangUp() { this.call?.hangUp(); }
  mute(on) { this.call?.mute(on); }
  hold(on) { this.call?.hold(on); }
  press(keys) { this.call?.press(keys); }

  /** The microphone's stream while there is a call. */
  get stream() { return this.#open; }

  /** Whether a call was asked for and the microphone is still awaited. */
  get dialling() { return this.#dialling; }

  /** Speaks by another microphone, now and later. */
  async speakBy(id) {
    microphone.choose(id);
    if (!this.call) return;
    const before = this.#open;
    this.#open = null;
    const stream = await this.#microphone(id);
    if (!stream) {
      this.#open = before;
      return;
    }
    await this.call?.speakBy(stream);
    stop(before);
    this.#tell('change', {});
  }

  async #microphone(id) {
    if (this.#open) return this.#open;
    try {
      this.#open = await microphone.open(id);
      return this.#open;
    } catch (error) {
      this.#error(31401, microphone.refusal(error)); // the SDK's code of a microphone that was refused
      return null;
    }
  }

  #told(type, payload) {
    if (type === 'invite' && payload.callsid && payload.sdp) {
      if (this.incoming) return; // it rings on at others of this identity
      const call = new Call(this.#signal, { iceServers: this.#ice, relay: this.relay });
      call.invited(payload);
      this.incoming = call;
      this.#follow(call);
      this.#tell('incoming', { call, from: call.with, params: call.params });
      this.#tell('change', {});
      return;
    }
    const call = this.#of(payload.callsid);
    if (call) call.told(type, payload);
    else if (type === 'error') this.#error(payload.error?.code ?? 0, payload.error?.message || 'The server refused.');
  }

  /** The call of a SID. The first that is said of ours brings its SID. */
  #of(sid) {
    if (sid && this.incoming?.sid === sid) return this.incoming;
    if (!sid || this.call?.sid === sid || this.call?.sid.startsWith('TJS')) return this.call;
    return null;
  }

  #take(call) {
    this.call = call;
    this.#follow(call);
    return call;
  }

  #follow(call) {
    let connected = false;
    call.addEventListener('state', () => {
      if (call.state === 'open' && !connected) {
        connected = true;
        this.#tell('connected', { call });
      }
      this.#tell('change', {});
    });
    call.addEventListener('quality', ({ detail }) => {
      this.quality = detail;
      this.#tell('quality', detail);
      this.#tell('change', {});
    });
    call.addEventListener('digit', ({ detail }) => this.#tell('digit', detail));
    call.addEventListener('ended', ({ detail }) => {
      if (this.incoming === call) this.incoming = null;
      if (this.call === call) {
        this.call = null;
        this.quality = null;
        stop(this.#open);
        this.#open = null;
      }
      const seconds = call.since ? (performance.now() - call.since) / 1000 : 0;
      this.#tell('disconnected', { ...detail, seconds, call });
      if (detail.why === 'failed') this.#error(detail.code, detail.message);
      this.#tell('change', {});
    });
  }

  #is(state) {
    this.state = state;
    this.#tell('change', {});
  }

  #error(code, message) { this.#tell('error', { code, message }); }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
