// What is heard in a page, waited for.

const QUIET = -85 // decibels of the loudest pitch: below it nobody is heard
const PATIENCE = 30_000 // ms

/** Waits until ask() tells of a pitch, within 1 %; 0: of nothing. */
export async function heard(what, pitch, ask) {
  let last
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    last = await ask()
    if (pitch === 0 ? last.level < QUIET : last.level > QUIET && Math.abs(last.pitch - pitch) < pitch * 0.01 + 3) return last
  }
  throw new Error(`${what} ${Math.round(last.pitch)} Hz at ${Math.round(last.level)} dB, not ${pitch || 'nothing'}`)
}

/** Runs in the page: the loudest pitch in half a second, and how loud in decibels. */
export async function listen() {
  const stream = document.querySelector('confab-phone').remoteStream
  if (!stream) return { pitch: 0, level: -200 }
  if (!window.ear || (window.ear.currentTime === 0 && performance.now() - window.earMade > 12_000)) { // one may stay dumb for ever
    window.ear?.close()
    window.ear = new AudioContext()
    window.earMade = performance.now()
  }
  const ctx = window.ear
  ctx.resume().catch(() => {})
  if (ctx.currentTime === 0) {
    await new Promise((done) => setTimeout(done, 100))
    return { pitch: 0, level: 0 } // neither that something is heard can be said, nor that nothing is
  }
  const analyser = ctx.createAnalyser(), source = ctx.createMediaStreamSource(stream)
  analyser.fftSize = 16384
  analyser.smoothingTimeConstant = 0
  source.connect(analyser)
  await new Promise((done) => setTimeout(done, 500))
  const bins = new Float32Array(analyser.frequencyBinCount)
  analyser.getFloatFrequencyData(bins)
  source.disconnect()
  let best = 1
  for (let i = 1; i < bins.length; i++) if (bins[i] > bins[best]) best = i
  return { pitch: (best * ctx.sampleRate) / analyser.fftSize, level: Math.max(bins[best], -200) }
}

/**
 * The same for Firefox, whose contexts of sound stand still where there is no
 * loudspeaker: half a second is recorded, and looked at.
 */
export async function record(stream = document.querySelector('confab-phone').remoteStream) {
  if (!stream) return { pitch: 0, level: -200 }
  const recorder = new MediaRecorder(stream), parts = []
  recorder.ondataavailable = ({ data }) => parts.push(data)
  const stopped = new Promise((done) => { recorder.onstop = done })
  recorder.start()
  await new Promise((done) => setTimeout(done, 700))
  recorder.stop()
  await stopped
  const rate = 48000
  const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await new Blob(parts).arrayBuffer()).catch(() => null)
  if (!sound) return { pitch: 0, level: 0 } // nothing has been recorded yet
  const samples = sound.getChannelData(0).slice(-Math.floor(rate / 4))
  let best = { pitch: 0, level: -200 }
  for (let pitch = 100; pitch <= 1500; pitch += 4) { // Goertzel's
    const c = 2 * Math.cos((2 * Math.PI * pitch) / rate)
    let a = 0, b = 0
    for (const s of samples) [a, b] = [s + c * a - b, a]
    const level = 10 * Math.log10(((a * a + b * b - c * a * b) * 4) / samples.length ** 2 + 1e-20)
    if (level > best.level) best = { pitch, level }
  }
  return best
}
