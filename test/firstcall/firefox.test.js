// Debian's Firefox and Chromium in one conference.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person as AtChromium } from './chromium.js'
import { Person as AtFirefox } from './firefox.js'

const { ORIGIN, LINK, ACCOUNT, TOKEN } = process.env
let ann, fox

before(async () => {
  ann = await AtChromium.come('ann', 440)
  fox = await AtFirefox.come('fox', 700)
})
after(async () => {
  await Promise.all([fox?.leave(), ann?.leave()])
})

test('the first call, at Firefox and at Chromium', async () => {
  await fox.signIn(ORIGIN, ACCOUNT, TOKEN)
  assert.equal(await fox.run(() => location.pathname), '/console/start')
  await fox.run(() => {
    window.told = []
    for (const type of ['connected', 'disconnected', 'error', 'quality']) document.querySelector('confab-phone').addEventListener(type, ({ detail }) => window.told.push({ type, ...detail }))
  })
  await fox.enter('123#')
  await fox.until('the second step is done', () => document.querySelectorAll('.step[data-done]').length === 2)
  await ann.goto(LINK)
  await ann.page.goto(`${ORIGIN}/console/start`)
  await ann.until('ready', true)
  await ann.enter('123#')
  await ann.hears(700)
  await fox.hears(440)
  await fox.shot('firefox')
})

test('mute and hold', async () => {
  await fox.press('Mute')
  await ann.hears(0)
  await fox.hears(440)
  await fox.press('Mute')
  await ann.hears(700)
  await fox.press('Hold')
  await ann.hears(0)
  await fox.press('Hold')
  await ann.hears(700)
})

test('hung up from the other side', async () => {
  const sid = await fox.run(() => document.querySelector('confab-phone').callSid)
  const r = await fetch(`${ORIGIN}/2010-04-01/Accounts/${ACCOUNT}/Calls/${sid}.json`, {
    method: 'POST', headers: { Authorization: 'Basic ' + Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64') }, body: new URLSearchParams({ Status: 'completed' }),
  })
  assert.equal(r.status, 200)
  await fox.state('idle')
  assert.equal((await fox.run(() => window.told)).filter((e) => e.type === 'disconnected').at(-1).why, 'there')
})

test('called at Firefox', async () => {
  const r = await fetch(`${ORIGIN}/2010-04-01/Accounts/${ACCOUNT}/Calls.json`, {
    method: 'POST', headers: { Authorization: 'Basic ' + Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64') },
    body: new URLSearchParams({ To: 'client:console', From: '+15550100', Twiml: '<Response><Dial><Conference>tea</Conference></Dial></Response>' }),
  })
  assert.equal(r.status, 201)
  await fox.state('ringing')
  await fox.press('Answer')
  await fox.state('open')
  await fox.press('Hang up')
  await fox.state('idle')
})
