import assert from 'node:assert/strict';
import { test } from 'node:test';
import twilio from 'twilio';
import { newClient } from './client.js';
import { byGET, byPOST, faulty, start, until } from './switch.js';

const program = process.env.CONFAB_PROGRAM;
if (!program) throw new Error('CONFAB_PROGRAM is not set: the path of the program to try');

// moved starts a switch and returns the library as the account's owner uses it.
async function moved(t) {
  const s = await start(t, program);
  return { ...s, c: newClient(s.base, s.sid, s.sid, s.auth_token) };
}

// refused checks that the library takes an error for what it is.
const refused = (promise, status, code) => assert.rejects(promise, (err) =>
  err instanceof twilio.RestException && err.status === status && err.code === code && err.moreInfo !== '' && err.message !== '');

// allValid finds every request signed as the library's validator wants it.
function allValid(got) {
  assert.notEqual(got.length, 0);
  assert.deepEqual(got.filter((request) => !request.valid), []);
}

test('account and keys', async (t) => {
  const { c, sid, base } = await moved(t);
  assert.equal((await c.api.v2010.accounts(sid).fetch()).status, 'active');
  await c.api.v2010.accounts(sid).update({ friendlyName: 'Tea & Söhne' });
  assert.equal((await c.api.v2010.accounts.list({ friendlyName: 'Tea & Söhne' })).length, 1);
  await refused(newClient(base, sid, sid, 'wrong').api.v2010.accounts(sid).fetch(), 401, 20003);

  const made = await c.newKeys.create({ friendlyName: 'night desk' });
  const byKey = newClient(base, sid, made.sid, made.secret);
  assert.deepEqual(await byKey.calls.list(), []);
  await refused(byKey.keys.list(), 401, 20003);
  assert.equal((await c.keys(made.sid).update({ friendlyName: 'day desk' })).friendlyName, 'day desk');
  assert.equal((await c.keys.list()).length, 1);
  assert.equal(await c.keys(made.sid).remove(), true);
  await refused(byKey.calls.list(), 401, 20003);
  assert.deepEqual(await c.outgoingCallerIds.list(), []);
});

test('calls', async (t) => {
  const { c, call, got, origin } = await moved(t);
  const before = new Date(Date.now() - 60_000);
  for (let i = 0; i < 5; i++) call(`+1555200${i}`, byPOST);
  const live = { status: 'in-progress', pageSize: 2 };
  await until('five calls are up', async () => (await c.calls.list(live)).length === 5);
  const all = await c.calls.list(live);
  assert.equal(new Set(all.map((one) => one.sid)).size, 5);
  assert.equal((await c.calls.list({ pageSize: 2, limit: 3 })).length, 3);
  const page = await c.calls.page({ pageSize: 2 });
  const next = await page.nextPage();
  assert.equal(next.instances.length, 2);
  assert.deepEqual((await next.previousPage()).instances.map((one) => one.sid), page.instances.map((one) => one.sid));

  assert.equal((await c.calls.list({ from: '+15552003' })).length, 1);
  assert.equal((await c.calls.list({ startTimeAfter: before })).length, 5);
  assert.equal((await c.calls.list({ startTimeBefore: before })).length, 0);

  const [first, second] = all;
  assert.ok((await c.calls(first.sid).fetch()).dateCreated instanceof Date);
  await refused(c.calls(first.sid).remove(), 409, 20009);
  await refused(c.calls.create({ to: '+15550199', from: byPOST, twiml: '<Response/>' }), 501, 20001);
  await c.calls(first.sid).update({ statusCallback: `${origin}/mine`, statusCallbackMethod: 'GET', fallbackUrl: `${origin}/team`, timeLimit: 600 });
  await refused(c.calls(first.sid).update({ timeLimit: 100_000 }), 400, 20001);
  await c.calls(first.sid).update({ twiml: '<Response><Hangup/></Response>' });
  await c.calls(second.sid).update({ status: 'completed' });
  for (const { sid } of [first, second]) await until('it is over', async () => (await c.calls(sid).fetch()).status === 'completed');
  await refused(c.calls(first.sid).update({ status: 'completed' }), 400, 21220);
  await until('the end is told to whom the call names', () => got.some((r) => r.method === 'GET' && r.path === '/mine' && r.form.CallSid === first.sid));
  await until('the end is told to whom the number names', () => got.some((r) => r.path === '/done' && r.form.CallSid === second.sid));
  assert.equal(got.filter((r) => r.path === '/done' && r.form.CallSid === first.sid).length, 0);
  assert.equal(await c.calls(first.sid).remove(), true);
  await refused(c.calls(first.sid).fetch(), 404, 20404);
  allValid(got);
});

for (const [method, number] of [['GET', byGET], ['POST', byPOST]]) {
  test(`conference, callbacks by ${method}`, async (t) => {
    const { c, call, got, origin } = await moved(t);
    for (let i = 0; i < 3; i++) call(`+1555300${i}`, number);
    let room;
    await until('three have met', async () => {
      const rooms = await c.conferences.list({ friendlyName: 'Team', status: 'in-progress', dateCreatedAfter: new Date() });
      if (rooms.length !== 1) return false;
      room = c.conferences(rooms[0].sid);
      return (await room.participants.list({ pageSize: 2 })).length === 3;
    });
    const [first, second, third] = [0, 1, 2].map((i) => room.participants(`label +1555300${i}`));
    const { callSid } = await first.fetch();
    assert.equal((await room.participants(callSid).update({ muted: true })).muted, true);
    assert.equal((await room.participants.list({ muted: true })).length, 1);
    assert.equal((await second.update({ hold: true, holdUrl: `${origin}/hold` })).hold, true);
    assert.equal((await room.participants.list({ hold: true })).length, 1);
    assert.equal((await second.update({ hold: false })).hold, false);
    assert.equal((await third.update({ coaching: true, callSidToCoach: callSid })).callSidToCoach, callSid);
    assert.equal((await first.update({ muted: false })).muted, false);
    assert.equal(await third.remove(), true);
    await refused(third.fetch(), 404, 20404);
    await room.update({ status: 'completed' });
    await until('it is over', async () => (await room.fetch()).status === 'completed');
    assert.equal((await room.fetch()).reasonConferenceEnded, 'conference-ended-via-api');
    await refused(room.update({ status: 'completed' }), 400, 16022);

    const events = () => got.filter((r) => r.path === '/events' && r.method === method).map((r) => r.form.StatusCallbackEvent);
    await until('the end is told', () => events().includes('conference-end'));
    for (const name of ['conference-start', 'participant-join', 'participant-mute', 'participant-unmute', 'participant-hold', 'participant-unhold', 'participant-leave']) {
      assert.ok(events().includes(name), name);
    }
    allValid(got);
  });
}

test('calls that are made', async (t) => {
  const { c, got, origin } = await moved(t);
  const told = (path, sid) => got.filter((r) => r.path === path && r.form.CallSid === sid).map((r) => r.form.CallStatus);
  const made = await c.calls.create({
    to: 'client:nobody?room=tea', from: byPOST, url: `${origin}/team`, timeout: 10, timeLimit: 60,
    statusCallback: `${origin}/progress`, statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
  });
  assert.deepEqual([made.status, made.direction, made.to, made.from, made.parentCallSid], ['queued', 'outbound-api', 'client:nobody', byPOST, null]);
  await until('nobody is registered', async () => (await c.calls(made.sid).fetch()).status === 'no-answer');
  await until('both ends are told', () => told('/progress', made.sid).length === 2);
  assert.deepEqual(told('/progress', made.sid), ['initiated', 'no-answer']);
  assert.equal((await c.calls.list({ to: 'client:nobody', status: 'no-answer' })).length, 1);

  const invited = await c.conferences('My Room').participants.create({
    to: 'client:nobody', from: byPOST, label: 'guest', muted: true, earlyMedia: true, conferenceStatusCallback: `${origin}/room`,
    conferenceStatusCallbackEvent: ['leave', 'end'],
  });
  assert.deepEqual([invited.status, invited.label, invited.muted, invited.hold], ['queued', 'guest', true, false]);
  await until('who did not come is told of', () => got.some((r) => r.path === '/room' && r.form.StatusCallbackEvent === 'conference-end'));
  const left = got.find((r) => r.path === '/room' && r.form.StatusCallbackEvent === 'participant-leave').form;
  assert.deepEqual([left.CallSid, left.ReasonParticipantLeft, left.ParticipantCallStatus, left.ConferenceSid],
    [invited.callSid, 'participant_add_failed', 'no-answer', invited.conferenceSid]);
  assert.equal((await c.conferences(invited.conferenceSid).fetch()).friendlyName, 'My Room');
  await refused(c.calls.create({ to: 'client:nobody', from: byPOST }), 400, 21205);
  await refused(c.calls.create({ to: 'client:', from: byPOST, url: `${origin}/team` }), 400, 21211);
  await refused(c.conferences('My Room').participants.create({ to: '+15550199', from: byPOST }), 501, 20001);
  allValid(got);
});

test('numbers, applications and notifications', async (t) => {
  const { c, call, got, origin } = await moved(t);
  assert.equal((await c.availablePhoneNumbers.list()).length, 1);
  const local = c.availablePhoneNumbers('US').local;
  assert.equal((await local.list({ areaCode: 415 })).length, 5);
  assert.equal((await local.list({ areaCode: 212 })).length, 0);
  const app = await c.applications.create({ friendlyName: 'Tea', voiceUrl: `${origin}/faulty` });
  const bought = await c.incomingPhoneNumbers.create({ phoneNumber: '+14155550201', voiceUrl: `${origin}/team` });
  await refused(c.incomingPhoneNumbers.create({ phoneNumber: '+14155550201' }), 400, 21422);
  assert.equal((await c.incomingPhoneNumbers(bought.sid).update({ voiceApplicationSid: app.sid })).voiceApplicationSid, app.sid);
  assert.equal((await c.incomingPhoneNumbers.list({ phoneNumber: '+14155550201' })).length, 1);
  assert.equal((await c.incomingPhoneNumbers.list({ pageSize: 2 })).length, 4);
  assert.equal((await c.applications(app.sid).update({ friendlyName: 'Tea & more' })).friendlyName, 'Tea & more');
  assert.equal((await c.applications.list({ friendlyName: 'Tea & more' })).length, 1);

  for (const number of ['+14155550201', faulty]) {
    call('+15551998', number);
    await until('the call is over', async () => (await c.calls.list({ to: number, status: 'completed' })).length === 1);
  }
  await until('the warnings are noted', async () => (await c.api.v2010.account.notifications.list({ log: 1 })).length === 2);
  const [noted] = await c.api.v2010.account.notifications.list({ log: 1, limit: 1 });
  const one = await c.api.v2010.account.notifications(noted.sid).fetch();
  assert.equal(one.requestUrl, `${origin}/faulty`);
  assert.equal(one.requestMethod, 'POST');
  assert.equal(new URLSearchParams(one.requestVariables).get('CallSid'), noted.callSid);
  assert.match(one.responseBody, /length="soon"/);
  assert.equal(new URLSearchParams(one.responseHeaders).get('Content-Type'), 'text/xml');
  assert.equal((await c.calls(noted.callSid).notifications.list()).length, 1);
  assert.equal((await c.calls(noted.callSid).notifications(noted.sid).fetch()).sid, noted.sid);

  assert.equal(await c.applications(app.sid).remove(), true);
  assert.equal(await c.incomingPhoneNumbers(bought.sid).remove(), true);
  await refused(c.incomingPhoneNumbers(bought.sid).fetch(), 404, 20404);
  allValid(got);
});
