// One call of a browser's phone: its voice (an RTCPeerConnection), and what is
// said of it over the socket. Offers and answers go as they are, without
// trickle: the server finds the browser by what it sends.

import { quality } from './quality.js';

const TONE = 160; // ms of a digit
const GAP = 80; // ms between two
const LOOK = 2_000; // ms between two looks at the statistics
const SILENT = 2; // looks without a packet, of which the server sends fifty a second, whatever is heard
const PATIENCE = 3_000; // ms that a connection may stay away before ICE is restarted
const RESTARTS = 5; // tries to find a way again, each twice as patient
const RINGS = 60_000; // ms that a call may be on its way without any answer

/** Why a call ended, when somebody or something else ended it. */
export const ENDED = { here: 'here', there: 'there', declined: 'declined', missed: 'missed', failed: 'failed' };

/**
 * Call is one call, out or in.
 *
 * State: `ringing` (in: not yet answered; out: on its way), `connecting` (answered,
 * no voice yet), `open`, `reconnecting`, `ended`.
 * Events: `state`, `quality` (detail: see quality.js), `digit` (detail: {digit}),
 * `ended` (detail: {why, code, message}).
 */
export class Call extends EventTarget {
  #signal;
  #peer = null;
  #microphone;
  #reconnect = ''; // what the server takes a call up again by
  #timers = new Map();
  #restarts = 0;
  #offered = false; // a restart's offer is out
  #before = null; // the statistics before
  #silent = 0; // looks in a row at which nothing had come
  #audio = new Audio();
  #offer; // an incoming call's
  #answered = false;
  #connectedOnce = false;

  /** Who is at the other end, as it is to be shown. */
  with = '';
  direction = 'out';
  sid = '';
  state = 'ringing';
  muted = false;
  held = false;
  params = {};
  since = 0; // when there was voice first, by performance.now()

  constructor(signal, { iceServers = [], relay = false } = {}) {
    super();
    this.#signal = signal;
    this.config = { iceServers, iceTransportPolicy: relay ? 'relay' : 'all', bundlePolicy: 'max-bundle' };
    this.#audio.autoplay = true;
  }

  /** The far end's voice, once there is any. */
  get stream() { return this.#audio.srcObject; }

  /** Calls. `params` are fields of the application's request. */
  async dial(to, params, microphone) {
    this.with = to;
    this.sid = `TJS${crypto.randomUUID ? crypto.randomUUID() : Math.random().toString(16).slice(2)}`; // until the server gives one
    this.params = params;
    const peer = this.#open(microphone);
    await peer.setLocalDescription(await peer.createOffer());
    if (this.state === 'ended') return;
    this.#later('ring', RINGS, () => this.#fail('Nobody answered.'));
    const fields = new URLSearchParams({ ...params, To: to }).toString().replaceAll('+', '%20');
    if (!this.#signal.send('invite', { callsid: this.sid, sdp: peer.localDescription.sdp, twilio: { params: fields } })) {
      this.#fail('There is no connection to the server.');
    }
  }

  /** Takes what came in: it rings until answer or decline. */
  invited(payload) {
    const p = payload.parameters ?? {};
    this.direction = 'in';
    this.sid = payload.callsid;
    this.with = p.From ?? '';
    this.to = p.To ?? '';
    this.params = Object.fromEntries(new URLSearchParams(p.Params ?? ''));
    this.#reconnect = payload.reconnect ?? '';
    this.#offer = payload.sdp;
  }

  async answer(microphone) {
    if (this.state !== 'ringing' || this.direction !== 'in' || this.#answered) return;
    this.#answered = true;
    this.#is('connecting');
    const peer = this.#open(microphone);
    await peer.setRemoteDescription({ type: 'offer', sdp: this.#offer });
    await peer.setLocalDescription(await peer.createAnswer());
    if (this.state !== 'ended') this.#signal.send('answer', { callsid: this.sid, sdp: peer.localDescription.sdp });
  }

  /** Hangs up, or declines what was not answered. */
  hangUp() {
    if (this.state === 'ended') return;
    if (this.direction === 'in' && !this.#answered) this.#signal.send('reject', { callsid: this.sid }, true);
    else this.#signal.send('hangup', { callsid: this.sid }, true);
    this.#end({ why: this.direction === 'in' && !this.#answered ? ENDED.declined : ENDED.here });
  }

  /** Sends keys, as events in the voice where the browser can. */
  press(keys) {
    if (this.state === 'ended' || this.state === 'ringing' && this.direction === 'in') return;
    const sender = this.#peer?.getSenders().find((s) => s.dtmf)?.dtmf;
    if (sender?.canInsertDTMF) sender.insertDTMF(sender.toneBuffer + keys, TONE, GAP); // what still waits goes first
    else this.#signal.send('dtmf', { callsid: this.sid, dtmf: keys });
    for (const digit of keys) this.#tell('digit', { digit });
  }

  mute(on) {
    this.muted = on;
    this.#apply();
  }

  /**
   * Hold is this end's own: nothing is heard and nothing said until it is taken
   * back. Silence is still sent, so that the call stands; the others hear no
   * music, as they would if the conference held the participant over REST.
   */
  hold(on) {
    this.held = on;
    this.#apply();
  }

  /** Speaks by another microphone from now on. */
  async speakBy(microphone) {
    this.#microphone = microphone;
    this.#apply();
    const sender = this.#peer?.getSenders().find((s) => s.track?.kind === 'audio');
    await sender?.replaceTrack(microphone.getAudioTracks()[0]);
  }

  /** Plays on another loudspeaker, where the browser can. */
  async listenBy(id) { await this.#audio.setSinkId?.(id); }

  /** The socket is back: the server is told which call goes on. */
  reattach() {
    if (this.state === 'ended') return;
    if (this.#reconnect && this.#peer?.localDescription) {
      this.#signal.send('invite', { callsid: this.sid, sdp: this.#peer.localDescription.sdp, reconnect: this.#reconnect, twilio: {} });
    } else if (this.state === 'ringing') {
      this.#end({ why: ENDED.failed, message: 'The connection to the server was lost before the call was answered.' });
    }
    // While the socket was away nothing could be done about a lost voice.
    if (this.#away()) this.#restart();
  }

  /** The server speaks of this call. */
  async told(type, payload) {
    if (this.state === 'ended') return;
    if (payload.reconnect) this.#reconnect = payload.reconnect;
    switch (type) {
      case 'ringing':
        this.sid = payload.callsid ?? this.sid;
        this.#later('ring', 10 * RINGS, () => this.#fail('Nobody answered.')); // it is the server's from here on
        if (payload.sdp) await this.#described(payload.sdp); // early media
        this.#tell('state', {});
        return;
      case 'answer':
        this.sid = payload.callsid ?? this.sid;
        this.#clear('ring');
        this.#answered = true;
        if (payload.sdp) await this.#described(payload.sdp);
        if (this.state === 'ringing') this.#is('connecting');
        this.#connection();
        return;
      case 'cancel':
        return this.#end({ why: ENDED.missed });
      case 'hangup': {
        const { code = 0, message = '' } = payload.error ?? {};
        return this.#end({ why: code ? ENDED.failed : ENDED.there, code, message });
      }
      case 'error': {
        if (this.#answered) return undefined; // it is about a restart, which is tried again
        const { code = 0, message = '' } = payload.error ?? {};
        return this.#end({ why: ENDED.failed, code, message: message || 'The server refused the call.' });
      }
    }
  }

  #open(microphone) {
    this.#microphone = microphone;
    const peer = (this.#peer = new RTCPeerConnection(this.config));
    for (const track of microphone.getAudioTracks()) peer.addTrack(track, microphone);
    this.#apply();
    peer.ontrack = ({ track, streams }) => {
      this.#audio.srcObject = streams[0] ?? new MediaStream([track]);
      this.#audio.play().catch(() => {}); // a page that nobody touched yet: it plays at the first touch
      this.#tell('state', {});
    };
    peer.onconnectionstatechange = () => this.#connection();
    return peer;
  }

  /** Applies an answer that is awaited; another one tells nothing new. */
  async #described(sdp) {
    if (this.#peer?.signalingState !== 'have-local-offer') return;
    this.#offered = false;
    try {
      await this.#peer.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      this.#fail(`The server’s answer cannot be used: ${error.message}`);
    }
  }

  #away() { return ['failed', 'disconnected'].includes(this.#peer?.connectionState); }

  #connection() {
    if (!this.#peer || this.state === 'ended') return;
    switch (this.#peer.connectionState) {
      case 'connected':
        this.#clear('restart');
        this.#restarts = 0;
        if (!this.#answered) return; // early media
        if (!this.#connectedOnce) {
          this.#connectedOnce = true;
          this.since = performance.now();
          this.#look();
        }
        this.#is('open');
        return;
      case 'disconnected':
        if (this.#connectedOnce) this.#is('reconnecting');
        if (!this.#timers.has('restart')) this.#later('restart', PATIENCE, () => this.#restart());
        return;
      case 'failed':
        if (this.#connectedOnce) this.#is('reconnecting');
        this.#restart();
    }
  }

  /** Looks for another way to the server: ICE is restarted (RFC 8445 §9). */
  async #restart() {
    if (this.state === 'ended' || !this.#answered) {
      if (this.state !== 'ended' && this.#peer?.connectionState === 'failed') this.#fail('The voice found no way to the server.');
      return;
    }
    if (this.#restarts >= RESTARTS) return this.#fail('The voice was lost, and no other way to the server was found.');
    this.#later('restart', PATIENCE * 2 ** this.#restarts, () => this.#restart());
    if (!this.#signal.connected) return; // the socket first, see reattach
    this.#restarts++;
    try {
      if (this.#offered) await this.#peer.setLocalDescription({ type: 'rollback' });
      this.#offered = true;
      await this.#peer.setLocalDescription(await this.#peer.createOffer({ iceRestart: true }));
      this.#signal.send('reinvite', { callsid: this.sid, sdp: this.#peer.localDescription.sdp });
    } catch {
      // The next try, or the end of the call, comes by its timer.
    }
  }

  async #look() {
    if (this.state === 'ended') return;
    const now = await quality(this.#peer, this.#before);
    if (this.state === 'ended') return;
    this.#arrives(!this.#before || now.received !== this.#before.received);
    if (this.state === 'ended') return;
    this.#before = now;
    this.#tell('quality', now);
    this.#later('look', LOOK, () => this.#look());
  }

  /**
   * Whether anything came since the last look. Firefox calls a connection of TCP connected
   * that was cut: what tells of it is that nothing arrives.
   */
  #arrives(something) {
    this.#silent = something ? 0 : this.#silent + 1;
    if (this.#peer.connectionState !== 'connected') return; // then that tells
    if (something && this.state === 'reconnecting') {
      this.#connection();
    } else if (this.#silent === SILENT) {
      this.#is('reconnecting');
      this.#restart();
    }
  }

  #apply() {
    for (const track of this.#microphone?.getAudioTracks() ?? []) track.enabled = !this.muted && !this.held;
    this.#audio.muted = this.held;
    this.#tell('state', {});
  }

  #is(state) {
    if (this.state === state || this.state === 'ended') return;
    this.state = state;
    this.#tell('state', {});
  }

  #fail(message) {
    if (this.state === 'ended') return;
    this.#signal.send('hangup', { callsid: this.sid }, true);
    this.#end({ why: ENDED.failed, message });
  }

  #end({ why, code = 0, message = '' }) {
    if (this.state === 'ended') return;
    this.state = 'ended';
    for (const name of [...this.#timers.keys()]) this.#clear(name);
    this.#peer?.close();
    this.#audio.srcObject = null;
    this.#tell('ended', { why, code, message });
  }

  #later(name, ms, f) {
    this.#clear(name);
    this.#timers.set(name, setTimeout(() => { this.#timers.delete(name); f(); }, ms));
  }

  #clear(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
