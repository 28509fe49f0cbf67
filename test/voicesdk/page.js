// What a test does with a page that has the Voice SDK, as it comes from npm.

// A microphone that hums: each page has a pitch of its own. A Firefox has one that does
// so by itself, and its contexts of sound stand still where there is no loudspeaker.
let context
const pitch = Number(new URLSearchParams(location.search).get('pitch'))
if (pitch) navigator.mediaDevices.getUserMedia = async () => {
  context ??= await sounding()
  const hum = new OscillatorNode(context, { frequency: pitch })
  const quieter = new GainNode(context, { gain: 0.3 })
  const out = new MediaStreamAudioDestinationNode(context)
  hum.connect(quieter).connect(out)
  hum.start()
  return out.stream
}

// A context of sound whose clock runs. Chromium gives its sound ten seconds to start: where
// that was too short, that context stays dumb for ever, and another one may not be.
async function sounding() {
  for (let tried = 0; tried < 3; tried++) {
    const c = new AudioContext({ sampleRate: 48000 })
    c.onerror = () => console.error('a context of sound has failed')
    for (let n = 0; n < 120; n++) {
      if (c.currentTime > 0) return c
      await sleep(100)
    }
    console.error(`a context of sound is ${c.state} after 12 s, and stands still`)
    c.close()
  }
  throw new Error('there is no sound')
}
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

// The sockets that the SDK opens, and what passes over them.
const sockets = []
const frames = { sent: [], heard: [] }
const Socket = window.WebSocket
window.WebSocket = class extends Socket {
  constructor(...args) {
    super(...args)
    sockets.push(this)
    this.addEventListener('message', (m) => note(frames.heard, m.data))
  }

  send(text) {
    note(frames.sent, text)
    super.send(text)
  }
}
function note(list, text) {
  if (text !== '\n') list.push(JSON.parse(text))
}

const seen = [] // events, in order
let device, call
const incoming = []

function watch(c) {
  for (const name of ['ringing', 'accept', 'cancel', 'disconnect', 'reject', 'reconnecting', 'reconnected']) {
    c.on(name, () => seen.push(name))
  }
  c.on('error', (e) => seen.push(`error ${e.code}`))
  return c
}

const doings = {
  async register(token, host) {
    device = new Twilio.Device(token, { chunderw: host, eventgw: host, logLevel: 'error', maxCallSignalingTimeoutMs: 30000, closeProtection: false, sounds: {}, disableAudioContextSounds: true })
    device.on('incoming', (c) => { seen.push('incoming'); incoming.push(watch(c)) })
    device.on('error', (e) => seen.push(`device error ${e.code}`))
    device.on('unregistered', () => seen.push('unregistered'))
    device.on('registered', () => seen.push('registered'))
    await device.register()
    return device.identity
  },
  // Registers with a token that is of no use: the SDK waits for a better one.
  try(token, host) { doings.register(token, host).catch((e) => seen.push(`refused ${e.code}`)) },
  async unregister() { await device.unregister() },
  updateToken(token) { device.updateToken(token) },
  async connect(params) { call = watch(await device.connect({ params })) },
  accept() { call = incoming.at(-1); call.accept() },
  reject() { incoming.at(-1).reject() },
  disconnect() { call.disconnect() },
  digits(keys) { call.sendDigits(keys) },
  mute(on) { call.mute(on) },
  parameters: () => ({ ...incoming.at(-1).parameters, custom: Object.fromEntries(incoming.at(-1).customParameters) }),
  sid: () => call.parameters.CallSid,
  status: () => call.status(),
  state: () => device.state,
  seen: () => seen,
  sockets: () => sockets.length,
  lose() { sockets.at(-1).close() },
  frames: (way) => frames[way].map((m) => m.type),
  // Restarts ICE as the SDK does when it finds the voice lost.
  restart() { call._mediaHandler.iceRestart() },
  user: () => /a=ice-ufrag:(\S+)/.exec(call._mediaHandler.version.pc.remoteDescription.sdp)[1],
  transport: () => call._mediaHandler.version.pc.connectionState,
  codec: async () => {
    const stats = [...(await call._mediaHandler.version.pc.getStats()).values()]
    const way = (type) => stats.find((s) => s.id === stats.find((r) => r.type === type).codecId)?.mimeType
    return { in: way('inbound-rtp'), out: way('outbound-rtp') }
  },
  // What there is to know of a call whose voice does not come.
  about: async () => {
    const pc = call?._mediaHandler?.version?.pc
    if (!pc) return null
    const rtp = [...(await pc.getStats()).values()].filter((s) => /^(in|out)bound-rtp$|^media-source$/.test(s.type))
    return { status: call.status(), transport: pc.connectionState, ice: pc.iceConnectionState,
      context: context && [context.state, context.currentTime],
      rtp: rtp.map((s) => [s.type, s.packetsSent ?? s.packetsReceived ?? s.audioLevel]) }
  },
  // The pitch that is heard now, in Hz, and how much louder it is than all else, in dB.
  async hears() {
    if (!call.getRemoteStream()) return { hz: 0, level: -200 } // accepted, and not yet connected
    if (!pitch) {
      const { record } = await import('/ears.js')
      const heard = await record(call.getRemoteStream())
      return { hz: heard.pitch, level: heard.level }
    }
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: call.getRemoteStream() })
    const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 })
    source.connect(analyser)
    await sleep(600)
    const levels = new Float32Array(analyser.frequencyBinCount)
    analyser.getFloatFrequencyData(levels)
    source.disconnect()
    let best = 0
    levels.forEach((level, n) => { if (level > levels[best]) best = n })
    return { hz: best * 48000 / 16384, level: levels[best] }
  },
}

// A promise that is never kept is an error too.
window.does = (what, args) => Promise.race([
  doings[what](...args),
  new Promise((_, fail) => setTimeout(() => fail(new Error(`${what}: nothing has come of it for a minute`)), 60_000)),
])
