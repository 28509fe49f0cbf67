// Over HTTPS from another address than localhost; in a page of somebody else; and
// when the network goes away for a while.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { Person } from './chromium.js'

const { ORIGIN, ACCOUNT, TOKEN } = process.env
let ann, bob, site
let bobs = '' // a token, which the owner of the switch makes

before(async () => {
  // A site that has a phone in its page, and gives its users tokens. Its page lets
  // nothing in but its own and the switch's.
  site = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const at = new URL(ORIGIN)
    if (pathname === '/token') {
      response.end(bobs)
      return
    }
    response.setHeader('Content-Security-Policy', `default-src 'none'; script-src ${at.origin}; connect-src 'self' wss://${at.host}`)
    response.setHeader('Content-Type', 'text/html')
    response.end(`<!doctype html><title>A site</title><h1>Call us</h1><script type="module" src="${at.origin}/phone.js"></script>
      <confab-phone token-url="/token" to="+15550100" params="Page=1" lazy></confab-phone>`)
  })
  await new Promise((done) => site.listen(0, '127.0.0.1', done))
  ann = await Person.come('ann', 440, { strangers: true })
  bob = await Person.come('bob', 700, { strangers: true })
})
after(async () => {
  site?.closeAllConnections()
  site?.close()
  await Promise.all([ann?.leave(), bob?.leave()])
})

test('signed in with the account, over HTTPS', async () => {
  await ann.page.goto(`${ORIGIN}/console/`)
  await ann.page.getByLabel('AccountSid').fill(ACCOUNT)
  await ann.page.getByLabel('AuthToken').fill(TOKEN)
  await ann.page.getByRole('button', { name: 'Sign in' }).click()
  await ann.page.getByRole('heading', { name: 'Your first call' }).waitFor()
  await ann.goto(`${ORIGIN}/console/start`)
  await ann.enter('123#')
  bobs = await ann.page.evaluate(async () => {
    const { request } = await import('/console/api.js')
    return (await request('POST', '/v1/tokens', { json: { identity: 'bob' } })).token
  })
})

test('a page of somebody else has the phone, and calls', async () => {
  await bob.page.goto(`http://localhost:${site.address().port}/`)
  await bob.press('Call')
  await bob.until('state', 'open')
  assert.equal(await bob.phone.evaluate((p) => p.identity), 'bob')
  const sid = await bob.phone.evaluate((p) => p.callSid)
  for (const end = Date.now() + 20_000; ;) { // it is asked of ann's page, which may
    const asks = await ann.page.evaluate(async (s) => {
      const r = await fetch(`/v1/calls/${s}/story`, { headers: { 'X-Confab-CSRF': '-' } })
      return r.ok && (await r.json()).verbs.some((v) => v.name === 'Gather' && !v.ended)
    }, sid)
    if (asks) break
    assert.ok(Date.now() < end, 'bob is never asked')
    await new Promise((done) => setTimeout(done, 100))
  }
  await bob.phone.evaluate((p) => p.press('123#'))
  await ann.hears(700)
  await bob.hears(440)
  await bob.shot('elsewhere')
})

test('the network goes away, and comes back', async () => {
  const sid = await ann.phone.evaluate((p) => p.callSid)
  execFileSync('ip', ['address', 'delete', `${new URL(ORIGIN).hostname}/24`, 'dev', 'house'])
  await ann.until('state', 'reconnecting', 30_000)
  await ann.shot('reconnecting')
  execFileSync('ip', ['address', 'add', `${new URL(ORIGIN).hostname}/24`, 'dev', 'house'])
  await ann.until('state', 'open', 30_000)
  assert.equal(await ann.phone.evaluate((p) => p.callSid), sid)
  await bob.until('state', 'open', 30_000)
  await ann.hears(700)
  await bob.hears(440)
  await bob.press('Hang up')
  await ann.press('Hang up')
  for (const p of [ann, bob]) p.troubles = p.troubles.filter((t) => !/net::ERR_|WebSocket connection to/.test(t))
})
