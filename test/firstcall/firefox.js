// Debian's Firefox, driven by WebDriver BiDi over its own socket: there is no driver
// for it here. Its microphone is Firefox's fake one, which hums a pitch. Any
// certificate will do for it.
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { heard, record } from './ears.js'

const listening = /WebDriver BiDi listening on (ws:\S+)/

/** A person at Firefox. */
export class Person {
  #socket
  #waiting = new Map()
  #count = 0
  #context

  static async come(name, pitch) {
    const p = new Person()
    p.name = name
    const profile = mkdtempSync(join(process.env.SCRATCH, name))
    const settings = {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true, // nobody is there to be asked
      'media.navigator.audio.fake_frequency': pitch,
      'media.autoplay.default': 0,
      'remote.active-protocols': 1, // BiDi
      'app.update.enabled': false,
      'datareporting.policy.dataSubmissionEnabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'toolkit.telemetry.enabled': false,
    }
    writeFileSync(join(profile, 'user.js'), Object.entries(settings).map(([k, v]) => `user_pref(${JSON.stringify(k)}, ${JSON.stringify(v)});\n`).join(''))
    p.process = spawn(process.env.FIREFOX, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'],
      { env: { ...process.env, HOME: profile }, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    const url = await new Promise((found, failed) => {
      p.process.stderr.on('data', (text) => {
        said += text
        const line = listening.exec(said)
        if (line) found(line[1])
      })
      p.process.on('exit', () => failed(new Error(`Firefox ended:\n${said}`)))
    })
    p.#socket = new WebSocket(url + '/session')
    await new Promise((opened, failed) => { p.#socket.onopen = opened; p.#socket.onerror = failed })
    p.#socket.onmessage = ({ data }) => {
      const m = JSON.parse(data)
      const w = p.#waiting.get(m.id)
      p.#waiting.delete(m.id)
      if (m.type === 'error') w?.failed(new Error(`${m.error}: ${m.message}`))
      else w?.done(m.result)
    }
    await p.#ask('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } })
    await p.#ask('script.addPreloadScript', { functionDeclaration: String(() => {
      window.peers = [] // which tell by what way a call goes
      const Peer = RTCPeerConnection
      window.RTCPeerConnection = class extends Peer {
        constructor(...args) {
          super(...args)
          window.peers.push(this)
        }
      }
    }) })
    p.#context = (await p.#ask('browsingContext.create', { type: 'tab' })).context
    return p
  }

  #ask(method, params) {
    const id = ++this.#count
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }

  /** Runs a function in the page, as if the user had just touched it. */
  async run(f, ...args) {
    const r = await this.#ask('script.evaluate', {
      expression: `(async () => JSON.stringify(await (${f})(...${JSON.stringify(args)})) ?? 'null')()`,
      target: { context: this.#context }, awaitPromise: true, userActivation: true,
    })
    if (r.type === 'exception') throw new Error(`${this.name}: ${r.exceptionDetails.text}`)
    return JSON.parse(r.result.value)
  }

  async until(what, f, ...args) {
    for (const end = Date.now() + 20_000; Date.now() < end;) {
      const got = await this.run(f, ...args)
      if (got) return got
      await new Promise((done) => setTimeout(done, 100)) // until it is looked again
    }
    throw new Error(`${this.name}: it was waited for in vain: ${what}`)
  }

  async goto(url) { await this.#ask('browsingContext.navigate', { context: this.#context, url, wait: 'complete' }) }

  /** Signs in at the console, and opens its first page. */
  async signIn(origin, account, token) {
    await this.goto(`${origin}/console/`)
    await this.run(async (user, password) => {
      const r = await fetch('/console/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ user, password }) })
      if (!r.ok) throw new Error(`sign-in: ${r.status}`)
    }, account, token)
    await this.goto(`${origin}/console/`)
    await this.until('the phone is ready in the first page', () => document.querySelector('.start confab-phone[to]')?.ready)
  }

  /** Presses Call, waits for the question, and keys a code. */
  async enter(code) {
    await this.press('Call')
    await this.state('open')
    await this.until('it asks for a code', async () => {
      const r = await fetch(`/v1/calls/${document.querySelector('confab-phone').callSid}/story`, { headers: { 'X-Confab-CSRF': '-' } })
      return r.ok && (await r.json()).verbs.some((v) => v.name === 'Gather' && !v.ended)
    })
    for (const key of code) await this.press({ '#': 'hash', '*': 'star' }[key] ?? key)
  }

  /** By which way the voice of the last call goes, in the words of Chromium's. */
  way() {
    return this.run(async () => {
      const stats = await window.peers.at(-1).getStats()
      const pair = [...stats.values()].find((s) => s.type === 'candidate-pair' && s.selected)
      const ours = stats.get(pair.localCandidateId), theirs = stats.get(pair.remoteCandidateId)
      return ours.candidateType === 'relay' ? `relay over ${ours.relayProtocol}` : theirs.protocol
    })
  }

  /** Presses a button of the phone. */
  async press(label) {
    await this.run((words) => {
      const buttons = [...document.querySelector('confab-phone').shadowRoot.querySelectorAll('button')]
      buttons.find((b) => (b.getAttribute('aria-label') ?? b.textContent).trim() === words && !b.closest('[hidden]')).click()
    }, label)
  }

  state(state) { return this.until(`the phone is ${state}`, (s) => document.querySelector('confab-phone')?.state === s, state) }

  hears(pitch) { return heard(`${this.name} hears`, pitch, () => this.run(record)) }

  async shot(name) {
    if (!process.env.SHOTS) return
    const { data } = await this.#ask('browsingContext.captureScreenshot', { context: this.#context })
    writeFileSync(join(process.env.SHOTS, name + '.png'), Buffer.from(data, 'base64'))
  }

  async leave() {
    const ended = new Promise((done) => this.process.once('exit', done))
    this.process.kill()
    await ended
  }
}
