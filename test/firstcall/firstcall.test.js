// From the link that the program prints to two tabs that hear each other, and what
// else a phone does.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person } from './chromium.js'

const { ORIGIN, LINK, ACCOUNT, TOKEN } = process.env
const basic = 'Basic ' + Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')
let ann, bob

/** The switch by its REST API, as its owner. */
async function rest(method, path, form) {
  const r = await fetch(`${ORIGIN}/2010-04-01/Accounts/${ACCOUNT}/${path}.json`, { method, headers: { Authorization: basic }, body: form && new URLSearchParams(form) })
  assert.ok(r.ok, `${method} ${path}: ${r.status} ${await r.clone().text()}`)
  return r.status === 204 ? null : r.json()
}

const until = async (what, f) => {
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    const got = await f()
    if (got) return got
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`it was waited for in vain: ${what}`)
}

before(async () => {
  ann = await Person.come('ann', 440)
})
after(async () => {
  await Promise.all([ann?.leave(), bob?.leave()])
})

test('from the printed link to two tabs that hear each other', async () => {
  const begin = Date.now()
  await ann.goto(LINK)
  await ann.page.getByRole('heading', { name: 'Your first call' }).waitFor()
  bob = await Person.come('bob', 700, { state: await ann.context.storageState() })
  await bob.goto(`${ORIGIN}/console/start`)
  await ann.shot('start-light')

  await ann.enter('123#')
  await ann.page.locator('.step[data-done]').nth(1).waitFor() // called, and in the conference
  assert.equal(await ann.page.locator('.step[data-done]').count(), 2)
  await bob.enter('123#')
  await ann.hears(700)
  await bob.hears(440)
  await ann.page.getByText('Two callers hear each other').waitFor()
  await bob.page.getByText('Two callers hear each other').waitFor()
  assert.ok(Date.now() - begin < 60_000, `it took ${Date.now() - begin} ms`)
  console.log(`from the link to two who hear each other: ${Date.now() - begin} ms`)
  assert.deepEqual((await ann.told('digit')).map((e) => e.digit).join(''), '123#')
  await until('the quality is told, and good', async () => (await ann.told('quality')).some((q) => q.grade === 'good'))
  await ann.shot('two-tabs')
  assert.deepEqual(await ann.barriers(), [])
})

test('mute and hold, by button and by key', async () => {
  await ann.press('Mute')
  await bob.hears(0)
  await ann.hears(700)
  await ann.page.locator('.phone').focus()
  await ann.page.keyboard.press('m')
  await bob.hears(440)
  await ann.page.keyboard.press('h')
  await bob.hears(0)
  assert.equal(await ann.phone.evaluate((p) => p.held), true)
  await ann.press('Hold')
  await bob.hears(440)
})

test('a call goes on from page to page', async () => {
  await ann.page.getByRole('link', { name: 'Numbers' }).click()
  await ann.page.getByRole('heading', { name: 'Numbers', level: 1 }).waitFor()
  await ann.page.locator('.phone-corner confab-phone').waitFor()
  await ann.hears(700)
  await ann.shot('corner')
  assert.equal(await ann.phone.getByRole('button', { name: '5', exact: true }).isVisible(), false)
  await ann.press('Keys')
  await ann.phone.getByRole('button', { name: '5', exact: true }).waitFor()
  await ann.page.goBack()
  await ann.page.getByRole('heading', { name: 'Your first call' }).waitFor()
  await ann.hears(700)
})

test('the socket is lost, and the call is not', async () => {
  const sid = await ann.phone.evaluate((p) => p.callSid)
  const before = (await ann.told('ready')).length
  await ann.page.evaluate(() => window.sockets.at(-1).close())
  await until('it is connected again', async () => (await ann.told('ready')).length > before)
  assert.equal(await ann.phone.evaluate((p) => p.callSid), sid)
  await ann.hears(700)
  await bob.hears(440)
})

test('hung up by the switch, and by hand', async () => {
  const sid = await ann.phone.evaluate((p) => p.callSid)
  await rest('POST', `Calls/${sid}`, { Status: 'completed' })
  await ann.until('state', 'idle')
  assert.equal((await ann.told('disconnected')).at(-1).why, 'there')
  const other = await bob.phone.evaluate((p) => p.callSid)
  await bob.press('Hang up')
  await until('the switch knows', async () => (await rest('GET', `Calls/${other}`)).status === 'completed')
  assert.equal((await bob.told('disconnected')).at(-1).why, 'here')
})

test('called: every tab rings, the first that answers has it', async () => {
  const { sid } = await rest('POST', 'Calls', { To: 'client:console', From: '+15550100', Twiml: '<Response><Pause length="60"/></Response>' })
  for (const p of [ann, bob]) await p.phone.getByRole('alertdialog', { name: 'Incoming call' }).waitFor()
  assert.equal((await ann.told('incoming')).at(-1).from, '+15550100')
  await ann.shot('incoming-light')
  assert.deepEqual(await ann.barriers(), [])
  await ann.press('Answer')
  await ann.until('state', 'open')
  await bob.until('state', 'idle')
  assert.equal((await bob.told('disconnected')).at(-1).why, 'missed')
  await rest('POST', `Calls/${sid}`, { Status: 'completed' })
  await ann.until('state', 'idle')
})

test('declined', async () => {
  const { sid } = await rest('POST', 'Calls', { To: 'client:console', From: '+15550100', Twiml: '<Response><Pause length="60"/></Response>' })
  for (const p of [ann, bob]) {
    await p.phone.getByRole('alertdialog', { name: 'Incoming call' }).waitFor()
  }
  await ann.press('Decline')
  await bob.until('state', 'ringing').catch(() => {}) // it may ring on there
  await bob.phone.evaluate((p) => p.decline())
  await until('the call is over', async () => ['busy', 'no-answer', 'canceled'].includes((await rest('GET', `Calls/${sid}`)).status))
  await ann.until('state', 'idle')
})

test('a number that nobody has', async () => {
  await ann.phone.evaluate((p) => p.call('+15559999'))
  await until('it says so', async () => (await ann.told('error')).length)
  assert.match((await ann.phone.getByRole('alert').textContent()).trim(), /\S/)
})

test('the microphone is refused', async () => {
  const eve = await Person.come('eve', 500, { state: await ann.context.storageState(), microphone: false, scheme: 'dark' })
  await eve.goto(`${ORIGIN}/console/phone`)
  await eve.page.waitForFunction(() => document.querySelector('confab-phone').getAttribute('to')) // without one Call does nothing
  await eve.press('Call')
  await until('it says why', async () => (await eve.told('error')).length)
  const [{ code, message }] = await eve.told('error')
  assert.equal(code, 31401)
  assert.match(message, /may not use the microphone/)
  assert.equal((await eve.phone.getByRole('alert').textContent()).trim(), message)
  await eve.shot('refused-dark')
  await eve.leave()
})

test('in the dark, and on a telephone', async () => {
  const small = await Person.come('small', 600, { state: await ann.context.storageState(), scheme: 'dark', width: 390, height: 844 })
  await small.goto(`${ORIGIN}/console/start`)
  await small.shot('start-dark-small')
  const wider = await small.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wider <= 0, `the page is ${wider} pixels wider than the screen`)
  await small.page.setViewportSize({ width: 1280, height: 960 })
  await small.shot('start-dark')
  assert.deepEqual(await small.barriers(), [])
  await small.goto(`${ORIGIN}/console/phone`)
  await small.press('Microphone and loudspeaker')
  await small.shot('phone-dark')
  assert.deepEqual(await small.barriers(), [])
  await small.leave()
})
