// A browser is rung into a conference from the console's page Now: what its owner, who
// asks, and who is in it see and hear.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person } from './chromium.js'

const { ORIGIN, LINK } = process.env
let ann, alice, desk

const tile = (name) => desk.locator('.tile', { has: desk.locator('.tile-name', { hasText: new RegExp(`^${name}$`) }) })
const deed = async (name, what) => { await tile(name).hover(); await tile(name).locator(`[data-deed=${what}]`).click() }

/** Presses "Ring a browser" of the one card, and fills in whom. */
async function ring(identity, label = '') {
  await desk.getByRole('button', { name: 'Ring a browser' }).click()
  await desk.getByRole('dialog').getByLabel('Name of the browser').fill(identity)
  await desk.getByRole('dialog').getByLabel('Name in the conference').fill(label)
  await desk.getByRole('dialog').getByRole('button', { name: 'Ring', exact: true }).click()
  await desk.getByRole('dialog').waitFor({ state: 'detached' })
}

/** The events of the conference, as the journal has them: 'participant-join Alice'. */
const journal = () => desk.evaluate(async () => {
  const { own } = await import('/console/api.js')
  const { events } = await own.get('/v1/events', { conference: document.querySelector('.conf').dataset.sid, limit: 1000 })
  return events.map((e) => [e.type, e.params.ParticipantLabel, e.params.ReasonParticipantLeft, e.params.ParticipantCallStatus].filter(Boolean).join(' '))
})

const happens = async (what) => {
  let last = []
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    last = await journal()
    if (last.includes(what)) return
    await desk.waitForTimeout(100) // until it is looked again
  }
  throw new Error(`${what} is not in the journal: ${last.join(', ')}`)
}

before(async () => {
  ann = await Person.come('ann', 440)
  await ann.goto(LINK)
  await ann.goto(`${ORIGIN}/console/start`)
  await ann.enter('123#')
  alice = await Person.come('alice', 700, { state: await ann.context.storageState() })
  desk = await ann.context.newPage()
  desk.on('pageerror', (e) => ann.troubles.push(e.stack))
  await desk.goto(`${ORIGIN}/console/now`)
})
after(async () => {
  await Promise.all([ann?.leave(), alice?.leave()])
})

test('a browser takes a name on the page Phone', async () => {
  await alice.goto(`${ORIGIN}/console/phone`)
  await alice.page.getByLabel('Name', { exact: true }).fill('alice')
  await alice.page.getByRole('button', { name: 'Use this name' }).click()
  await alice.until('identity', 'alice')
  await alice.until('ready', true)
  await alice.page.getByText('client:alice').waitFor()
})

test('rung from Now: it rings, answers, and is in the conference', async () => {
  await desk.locator('.tile').first().waitFor()
  await ring('alice', 'Alice')
  await alice.phone.getByRole('alertdialog', { name: 'Incoming call' }).waitFor()
  assert.equal((await alice.told('incoming')).at(-1).from, 'client:console')
  // Meanwhile there is a tile that says so, and can only be taken back.
  await tile('Alice').getByText('Being called').waitFor()
  await desk.locator('.conf-facts', { hasText: '1 person, 1 being called' }).waitFor()
  await tile('Alice').hover()
  assert.deepEqual(await tile('Alice').locator('button:visible').evaluateAll((all) => all.map((b) => b.dataset.deed)), ['kick'])
  await happens('participant-invite Alice')
  assert.ok(!(await journal()).includes('participant-join Alice'))
  if (process.env.SHOTS) await desk.screenshot({ path: `${process.env.SHOTS}/ring-now.png` })
  await alice.shot('ring-phone')
  await alice.press('Answer')
  await alice.until('state', 'open')
  await alice.hears(440)
  await ann.hears(700)
  await happens('participant-join Alice')
  await tile('Alice').getByText('Being called').waitFor({ state: 'detached' })
  await desk.locator('.conf-facts', { hasText: '2 people' }).waitFor()
})

test('muted, held and taken off hold from its tile', async () => {
  await deed('Alice', 'mute')
  await ann.hears(0)
  await alice.hears(440)
  await happens('participant-mute Alice')
  await deed('Alice', 'mute')
  await ann.hears(700)
  await deed('Alice', 'hold')
  await ann.hears(0)
  await happens('participant-hold Alice')
  await deed('Alice', 'hold')
  await ann.hears(700)
  await alice.hears(440)
})

test('removed, the phone is idle again', async () => {
  await deed('Alice', 'kick')
  await desk.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await alice.until('state', 'idle')
  assert.equal((await alice.told('disconnected')).at(-1).why, 'there')
  await happens('participant-leave Alice participant_updated_via_api in-progress')
  await tile('Alice').waitFor({ state: 'detached' })
})

test('given up while it rings', async () => {
  await ring('alice', 'Alice')
  await alice.phone.getByRole('alertdialog', { name: 'Incoming call' }).waitFor()
  await deed('Alice', 'kick')
  await desk.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await alice.until('state', 'idle')
  await happens('participant-leave Alice participant_add_failed canceled')
  await tile('Alice').waitFor({ state: 'detached' })
  assert.equal(await desk.locator('.toast.bad').count(), 0, 'who gave it up is told that it failed')
})

test('who asked is told of one who declines, and of a name that nobody has', async () => {
  await ring('alice')
  await alice.phone.getByRole('alertdialog', { name: 'Incoming call' }).waitFor()
  await tile('alice').waitFor() // without a label, whom the switch calls
  await alice.press('Decline')
  await desk.locator('.toast.bad', { hasText: 'alice declined' }).waitFor()
  await tile('alice').waitFor({ state: 'detached' })
  await ring('nobody-at-all')
  await desk.locator('.toast.bad', { hasText: 'nobody-at-all did not answer' }).waitFor()
  await happens('participant-leave participant_add_failed no-answer')
  await ann.page.bringToFront()
  await ann.press('Hang up')
  await ann.until('state', 'idle')
  await desk.getByText('Nobody is in a conference.').waitFor()
})
