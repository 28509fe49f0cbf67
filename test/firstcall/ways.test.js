// Where UDP does not reach the switch: two who hear each other by another way, which WAY
// names as a browser tells of it, and what becomes of it when it is cut.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { Person } from './chromium.js'

const { ORIGIN, LINK, WAY, CUT, MEND, RELAY } = process.env
let ann, bob

before(async () => {
  ann = await Person.come('ann', 440)
})
after(async () => {
  await Promise.all([ann?.leave(), bob?.leave()])
})

test('two hear each other', async () => {
  await ann.goto(LINK)
  bob = await Person.come('bob', 700, { state: await ann.context.storageState() })
  await bob.goto(`${ORIGIN}/console/start`)
  if (RELAY) {
    for (const p of [ann, bob]) {
      await p.phone.evaluate((phone) => phone.setAttribute('relay', ''))
      await p.until('ready', true) // as it connects anew
    }
  }
  await ann.enter('123#')
  await bob.enter('123#')
  await ann.hears(700)
  await bob.hears(440)
  for (const p of [ann, bob]) assert.equal(await p.way(), WAY, `by which ${p.name} speaks`)
  if (RELAY) for (const p of [ann, bob]) assert.deepEqual(await p.offered(), ['relay'], `what ${p.name} tells of`)
  console.log(`ann hears bob, and bob ann: ${WAY}`)
})

if (CUT) test('it goes on for longer than consent lasts, and is found again when it was cut', async () => {
  await ann.page.waitForTimeout(33_000) // RFC 7675 §5.1: 30 s
  await ann.hears(700)
  await bob.hears(440)
  assert.equal(await ann.way(), WAY)
  const sid = await ann.phone.evaluate((p) => p.callSid)
  execFileSync('sh', ['-c', CUT])
  await ann.hears(0)
  execFileSync('sh', ['-c', MEND])
  await ann.hears(700)
  await bob.hears(440)
  assert.equal(await ann.phone.evaluate((p) => p.callSid), sid)
  assert.equal(await ann.way(), WAY)
})

test('hung up', async () => {
  await ann.press('Hang up')
  await ann.until('state', 'idle')
  await bob.hears(0)
  await bob.press('Hang up')
  await bob.until('state', 'idle')
})
