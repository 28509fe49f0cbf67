// A page that is to speak by a TURN server alone, of a switch that names none: it is told
// why it cannot call, before the microphone is asked for.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person } from './chromium.js'

const { LINK } = process.env
let ann

before(async () => {
  ann = await Person.come('ann', 440)
})
after(() => ann?.leave())

test('it says that there is no TURN server', async () => {
  await ann.goto(LINK)
  await ann.phone.evaluate((phone) => { phone.relay = true })
  assert.equal(await ann.phone.evaluate((phone) => phone.hasAttribute('relay')), true)
  await ann.until('ready', true)
  await ann.press('Call')
  await ann.page.waitForFunction(() => window.told.some((e) => e.type === 'error'))
  assert.match((await ann.told('error'))[0].message, /TURN server/)
  assert.equal(await ann.phone.evaluate((phone) => phone.state), 'idle')
  assert.equal(await ann.page.evaluate(() => window.peers.length), 0)
})

test('without it, it calls', async () => {
  await ann.phone.evaluate((phone) => phone.removeAttribute('relay'))
  await ann.until('ready', true)
  await ann.press('Call')
  await ann.until('state', 'open')
  await ann.press('Hang up')
  await ann.until('state', 'idle')
})
