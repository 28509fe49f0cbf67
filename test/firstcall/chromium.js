// Chromium, with a microphone that hums: it hears a file, and is asked for it as
// anybody is.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { heard, listen } from './ears.js'

const RATE = 48000
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** Writes ten seconds of a pitch, which Chromium plays again and again. */
function hum(file, pitch) {
  const n = RATE * 10, b = Buffer.alloc(44 + 2 * n)
  b.write('RIFF')
  b.writeUInt32LE(36 + 2 * n, 4)
  b.write('WAVEfmt ', 8)
  b.writeUInt32LE(16, 16)
  b.writeUInt16LE(1, 20)
  b.writeUInt16LE(1, 22)
  b.writeUInt32LE(RATE, 24)
  b.writeUInt32LE(2 * RATE, 28)
  b.writeUInt16LE(2, 32)
  b.writeUInt16LE(16, 34)
  b.write('data', 36)
  b.writeUInt32LE(2 * n, 40)
  for (let i = 0; i < n; i++) b.writeInt16LE(Math.round(9000 * Math.sin((2 * Math.PI * pitch * i) / RATE)), 44 + 2 * i)
  writeFileSync(file, b)
}

/**
 * A person at Chromium. `microphone`: whether the browser is let use it; `strangers`:
 * whether the person goes on where nobody vouches for a certificate.
 */
export class Person {
  static async come(name, pitch, { state, microphone = true, scheme = 'light', width = 1280, height = 960, strangers = false } = {}) {
    const file = join(process.env.SCRATCH, `${name}.wav`)
    hum(file, pitch)
    const p = new Person()
    p.name = name
    p.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM,
      args: ['--no-sandbox', '--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${file}`],
    })
    p.context = await p.browser.newContext({ storageState: state, ignoreHTTPSErrors: strangers, colorScheme: scheme, viewport: { width, height }, permissions: microphone ? ['microphone'] : [] })
    await p.context.addInitScript(() => { // the test takes sockets away as a network does
      window.sockets = []
      const Whole = WebSocket
      window.WebSocket = class extends Whole {
        constructor(...args) {
          super(...args)
          window.sockets.push(this)
        }
      }
      window.peers = [] // which tell by what way a call goes
      const Peer = RTCPeerConnection
      window.RTCPeerConnection = class extends Peer {
        constructor(...args) {
          super(...args)
          window.peers.push(this)
        }
      }
    })
    p.page = await p.context.newPage()
    p.troubles = []
    p.page.on('pageerror', (e) => p.troubles.push(e.stack))
    p.page.on('console', (m) => { if (m.type() === 'error') p.troubles.push(m.text()) })
    p.phone = p.page.locator('confab-phone')
    return p
  }

  async goto(url) {
    await this.page.goto(url)
    await this.page.waitForFunction(() => document.querySelector('confab-phone')?.ready)
    await this.page.evaluate(() => {
      window.told = []
      for (const type of ['incoming', 'connecting', 'connected', 'disconnected', 'digit', 'quality', 'error', 'ready']) {
        document.querySelector('confab-phone').addEventListener(type, ({ detail }) => window.told.push({ type, ...detail }))
      }
    })
  }

  press(name) { return this.phone.getByRole('button', { name, exact: true }).click() }

  /** Waits until the phone's property has a value. */
  until(property, value, timeout = 15_000) {
    return this.page.waitForFunction(([p, v]) => document.querySelector('confab-phone')?.[p] === v, [property, value], { timeout })
  }

  told(type) { return this.page.evaluate((t) => window.told.filter((e) => e.type === t), type) }

  /** Waits until the application asks for digits: what is keyed before is lost. */
  async asked() {
    for (const end = Date.now() + 20_000; Date.now() < end;) {
      const asks = await this.page.evaluate(async () => {
        const r = await fetch(`/v1/calls/${document.querySelector('confab-phone').callSid}/story`, { headers: { 'X-Confab-CSRF': '-' } })
        return r.ok && (await r.json()).verbs.some((v) => v.name === 'Gather' && !v.ended)
      })
      if (asks) return
      await this.page.waitForTimeout(100) // until it is looked again
    }
    throw new Error(`${this.name} is never asked for a code`)
  }

  /** Presses Call, waits for the question, and keys a code. */
  async enter(code) {
    await this.press('Call')
    await this.until('state', 'open')
    await this.asked()
    await this.page.locator('.phone').focus()
    for (const key of code) await this.page.keyboard.press(key)
  }

  /** Waits until a pitch is heard; 0: until nothing is. */
  hears(pitch) {
    return heard(`${this.name} hears`, pitch, () => this.page.evaluate(listen))
  }

  /**
   * By which way the voice of the last call goes: "tcp" or "udp" to the switch, "relay over"
   * one of them by a TURN server.
   */
  way() {
    return this.page.evaluate(async () => {
      const stats = await window.peers.at(-1).getStats()
      const { selectedCandidatePairId: id } = [...stats.values()].find((s) => s.type === 'transport')
      const pair = stats.get(id), ours = stats.get(pair.localCandidateId), theirs = stats.get(pair.remoteCandidateId)
      return ours.candidateType === 'relay' ? `relay over ${ours.relayProtocol}` : theirs.protocol
    })
  }

  /** The kinds of ways that the last call's offer tells of: host, srflx, relay. */
  offered() {
    return this.page.evaluate(() => [...new Set([...window.peers.at(-1).localDescription.sdp.matchAll(/^a=candidate:.* typ (\w+)/gm)].map(([, kind]) => kind))])
  }

  /** What axe finds of the page that somebody cannot use: serious, and worse. */
  async barriers() {
    await this.page.evaluate(axe)
    const { violations } = await this.page.evaluate(() => window.axe.run())
    return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.flat().join(' ')).slice(0, 3)}`)
  }

  async shot(name) {
    if (process.env.SHOTS) await this.page.screenshot({ path: join(process.env.SHOTS, name + '.png') })
  }

  async leave() {
    await this.browser.close()
    if (this.troubles.length) throw new Error(`${this.name}'s page complained:\n${this.troubles.join('\n')}`)
  }
}
