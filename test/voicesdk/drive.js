// Opens pages with the Voice SDK in browsers and does with them what it reads on
// standard input: a line of JSON for each, {page, pitch, firefox, does, args}. Each is
// answered by a line, {value} or {error}. A page is opened when it is named first, in
// Chromium or in a Firefox of its own.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import { Person as AtFirefox } from '../firstcall/firefox.js'

const here = new URL('.', import.meta.url)
const files = {
  '/': ['page.html', 'text/html'],
  '/page.js': ['page.js', 'text/javascript'],
  '/ears.js': ['../firstcall/ears.js', 'text/javascript'],
  '/twilio.min.js': ['node_modules/@twilio/voice-sdk/dist/twilio.min.js', 'text/javascript'],
}
const server = createServer(async (request, response) => {
  const file = files[new URL(request.url, 'http://127.0.0.1').pathname]
  if (!file) { response.writeHead(404).end(); return }
  response.writeHead(200, { 'Content-Type': file[1] }).end(await readFile(new URL(file[0], here)))
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const origin = `http://127.0.0.1:${server.address().port}`

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    '--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required',
    `--ignore-certificate-errors-spki-list=${process.env.CERTIFICATE}`,
  ],
})
const pages = new Map()

async function page(name, pitch, firefox) {
  if (!pages.has(name) && firefox) {
    const person = await AtFirefox.come(name, pitch)
    await person.goto(`${origin}/`)
    pages.set(name, { firefox, evaluate: (f, arg) => person.run(f, arg), close: () => person.leave() })
  }
  if (!pages.has(name)) {
    const opened = await (await browser.newContext()).newPage()
    opened.on('pageerror', (e) => console.error(name, e.message))
    // The SDK reports to Twilio as well, which nobody reaches from here.
    const telemetry = /EventPublisher|ERR_NAME_NOT_RESOLVED|404/
    opened.on('console', (m) => { if (m.type() === 'error' && !telemetry.test(m.text())) console.error(name, m.text()) })
    await opened.goto(`${origin}/?pitch=${pitch}`)
    pages.set(name, opened)
  }
  return pages.get(name)
}

for await (const line of createInterface({ input: process.stdin })) {
  const { page: name, pitch, firefox, does, args } = JSON.parse(line)
  let answer
  try {
    const p = await page(name, pitch, firefox)
    if (does === 'close') {
      await p.close({ runBeforeUnload: false })
      pages.delete(name)
      answer = { value: null }
    } else {
      answer = { value: await p.evaluate(([what, with_]) => window.does(what, with_), [does, args ?? []]) ?? null }
    }
  } catch (e) {
    answer = { error: e.message }
  }
  console.log(JSON.stringify(answer))
}
for (const p of pages.values()) if (p.firefox) await p.close()
await browser.close()
server.close()
