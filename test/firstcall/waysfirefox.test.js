// Firefox where UDP does not reach the switch, with Chromium at the other end: WAY is by
// which way Firefox speaks.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { Person as AtChromium } from './chromium.js'
import { Person as AtFirefox } from './firefox.js'

const { ORIGIN, LINK, ACCOUNT, TOKEN, WAY, RELAY, CUT, MEND } = process.env
let ann, fox

before(async () => {
  ann = await AtChromium.come('ann', 440)
  fox = await AtFirefox.come('fox', 700)
})
after(async () => {
  await Promise.all([fox?.leave(), ann?.leave()])
})

test('two hear each other', async () => {
  await fox.signIn(ORIGIN, ACCOUNT, TOKEN)
  if (RELAY) await fox.run(() => document.querySelector('confab-phone').setAttribute('relay', ''))
  await fox.until('the phone is ready', () => document.querySelector('confab-phone').ready)
  await fox.enter('123#')
  await ann.goto(LINK)
  await ann.goto(`${ORIGIN}/console/start`)
  await ann.enter('123#')
  await ann.hears(700)
  await fox.hears(440)
  assert.equal(await fox.way(), WAY, 'by which Firefox speaks')
  console.log(`ann hears fox, and fox ann: ${WAY}`)
})

if (CUT) test('it goes on for longer than consent lasts, and is found again when it was cut', async () => {
  await ann.page.waitForTimeout(33_000) // RFC 7675 §5.1: 30 s
  await ann.hears(700)
  await fox.hears(440)
  assert.equal(await fox.way(), WAY)
  const sid = await fox.run(() => document.querySelector('confab-phone').callSid)
  execFileSync('sh', ['-c', CUT])
  await fox.hears(0)
  execFileSync('sh', ['-c', MEND])
  await fox.hears(440)
  await ann.hears(700)
  assert.equal(await fox.run(() => document.querySelector('confab-phone').callSid), sid)
  assert.equal(await fox.way(), WAY)
})

test('hung up', async () => {
  await fox.press('Hang up')
  await fox.state('idle')
  await ann.hears(0)
  await ann.press('Hang up')
  await ann.until('state', 'idle')
})
