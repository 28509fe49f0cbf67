// The pages of calls, rooms, numbers, applications, keys and the debugger, as people
// use them: what is done in a page is looked up over the API, and what others can
// fill is filled with markup.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { api, clean, close, evil, picture, rest, serious, signIn, token, until, visit } from './stage.js';

const app = process.env.APP;
let page;
let wrong;

before(async () => { ({ page, wrong } = await signIn()); });
after(close);

const unfold = (place) => place.locator('summary').first().click();
const dialog = () => page.getByRole('dialog');
const find = async (text) => (await api('GET', `/v1/calls?text=${encodeURIComponent(text)}`)).calls.find((c) => c.caller === text);

test('calls are listed and searched; what callers say of themselves is text', async () => {
  await visit(page, '/calls', 'Calls');
  const rows = page.locator('.call-row.linked');
  await until('all calls', async () => await rows.count() >= 5);
  await page.getByText(evil[0], { exact: true }).first().waitFor();
  await page.getByLabel('Search calls').fill('Silent');
  await until('one call', async () => await rows.count() === 1 && (await rows.first().innerText()).includes('Silent Cal'));
  await page.getByLabel('Search calls').fill('');
  await page.getByLabel('Which calls').selectOption('refused');
  await until('what was refused alone', async () => (await rows.allInnerTexts()).every((text) => text.includes('refused')) && await rows.count() > 0);
  await page.getByText('refused 404').first().waitFor();
  assert.match(page.url(), /show=refused/);
  await rows.first().getByRole('link').click();
  await page.getByRole('heading', { name: 'Signalling' }).waitFor();
  await page.locator('.l-row').first().click();
  await page.locator('.ladder-message').getByText(evil[2], { exact: false }).first().waitFor(); // its User-Agent
  clean(wrong);
});

test('a call tells why it went as it did', async () => {
  const call = await find(evil[0]);
  await visit(page, `/calls/${call.sid}`, /slipped/);
  // Signalling: the arrows, and each message in full.
  const arrows = page.locator('.l-row');
  await until('the ladder', async () => await arrows.count() >= 6);
  await arrows.first().focus();
  await page.keyboard.press('Enter');
  await page.locator('.ladder-message h3').getByText(/^INVITE sip:/).waitFor();
  await page.locator('.ladder-message').getByText('Contact', { exact: true }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.locator('.ladder-message h3').getByText('SIP/2.0 100 Trying').waitFor();
  // Documents, with their markup as text, in colours.
  const voice = page.locator('#documents .unfold').first();
  await unfold(voice);
  await voice.locator('.x-name').getByText('Response').first().waitFor();
  await voice.locator('.source').getByText('&lt;img src=x onerror=slipped(2)>', { exact: false }).waitFor();
  await voice.getByText('CallerName', { exact: true }).waitFor();
  const broken = page.locator('#documents .unfold', { hasText: '/broken' }).last(); // the one before names it
  await unfold(broken);
  await broken.locator('.source').getByText(`${evil[1]} oops`, { exact: false }).waitFor(); // the body of the 500
  // Verbs, and digits that are masked.
  await page.locator('#verbs').getByText('<Gather>').first().waitFor();
  await page.locator('#digits').getByText('••••').waitFor();
  assert.ok(!(await page.locator('main').innerText()).includes('9753'), 'the code that was keyed is in the page');
  // Webhooks: what was sent, each attempt, what was answered.
  const leave = page.locator('#webhooks .unfold', { hasText: 'participant-leave' });
  await leave.getByText('given up').waitFor();
  await unfold(leave);
  await until('its attempts', async () => await leave.locator('.tries > li').count() >= 2);
  await leave.locator('.source').getByText(`${evil[1]} busy`, { exact: false }).last().waitFor(); // of the last try
  // The axis: everything on one, read by keys.
  const axis = page.getByRole('slider');
  for (const name of ['Call', 'Signalling', 'Documents', 'Verbs', 'Digits', 'Webhooks', 'Warnings', 'Loss', 'Jitter', 'Delay', 'MOS']) await axis.getByText(name, { exact: true }).first().waitFor({ state: 'attached' });
  await axis.focus();
  await page.keyboard.press('Home');
  for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight');
  assert.match(await axis.getAttribute('aria-valuetext'), /^\+\d.*(jitter|Verbs)/);
  await page.keyboard.press('+');
  await page.getByRole('button', { name: 'Whole call' }).click();
  await picture(page, 'call-unfolded');
  // The trace as a file, and what a warning means.
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'pcap' }).click()]);
  const magic = readFileSync(await saved.path()).subarray(0, 4).toString('hex');
  assert.ok(['d4c3b2a1', 'a1b2c3d4', '4d3cb2a1', 'a1b23c4d', '0a0d0d0a'].includes(magic), `the file begins with ${magic}`);
  const warning = page.locator('#warnings .unfold', { hasText: '12200' });
  await unfold(warning);
  await warning.getByRole('link', { name: /What 12200 means/ }).click();
  await page.getByRole('heading', { name: 'Warning 12200' }).waitFor();
  await page.getByText('What to do.').waitFor();
  clean(wrong);
});

test('what was given up is sent again from the call’s page, and arrives', async () => {
  const call = await find(evil[0]);
  await visit(page, `/calls/${call.sid}`, /slipped/);
  const leave = page.locator('#webhooks .unfold', { hasText: 'participant-leave' });
  await unfold(leave);
  const arrived = async () => (await (await fetch(`${app}/told`)).json()).filter((e) => e === 'participant-leave').length;
  assert.equal(await arrived(), 0);
  await fetch(`${app}/mend?event=participant-leave`, { method: 'POST' });
  await leave.getByRole('button', { name: 'Send all of this conference again' }).click();
  await page.getByText(/webhooks? (is|are) being sent again/).waitFor();
  await leave.getByText('delivered').waitFor(); // by itself, on the page that is open
  await leave.locator('.tries > li').last().locator('.badge', { hasText: /^20\d$/ }).waitFor(); // the try that arrived
  assert.equal(await leave.getByRole('button', { name: /again$/ }).count(), 0, 'what was delivered can be sent again');
  assert.equal(await arrived(), 1);
  // What comes after it was sent too, and is refused again.
  await until('the rest is given up', async () => { const { parked } = await api('GET', '/v1/parked'); return parked.length === 1 && !parked[0].due && parked[0].event.type === 'conference-end'; }, 30_000);
  clean(wrong);
});

test('a live call is redirected, and hung up', async () => {
  const call = await until('Lena calls', async () => { const c = await find('Lena'); return c?.live && c; });
  await visit(page, `/calls/${call.sid}`, /Lena/);
  await page.getByRole('button', { name: 'Redirect' }).click();
  await dialog().getByLabel('Continue with').selectOption('twiml');
  await dialog().getByLabel('TwiML', { exact: true }).fill(`<Response><Say>${evil[1].replaceAll('<', '&lt;')}</Say><Pause length="60"/></Response>`);
  await dialog().getByRole('button', { name: 'Redirect the call' }).click();
  await page.locator('#documents').getByText('Given over REST').waitFor();
  await page.locator('#verbs').getByText(evil[1], { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Hang up' }).click();
  await dialog().getByRole('button', { name: 'Hang up' }).click();
  await page.locator('.call-title').getByText('completed').waitFor();
  assert.equal((await api('GET', rest(`Calls/${call.sid}`))).status, 'completed');
  assert.equal(await page.getByRole('button', { name: 'Hang up' }).count(), 0);
  clean(wrong);
});

test('rooms are made, listened to, changed and removed', async () => {
  await visit(page, '/line', 'Rooms');
  const tile = (name) => page.locator('.room', { hasText: name });
  await tile('conference 1').getByText(/is in|are in/).waitFor();
  await tile('conference 1').getByText(evil[1], { exact: false }).waitFor(); // who is in
  // What callers hear on entering it, from beginning to end; a second press stops it.
  await page.evaluate(() => {
    window.played = [];
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () { if (window.played.push(this) === 1) this.playbackRate = 0.25; return play.call(this); };
  });
  const sound = () => page.evaluate(() => { const a = window.played.at(-1); return a && { at: a.currentTime, of: a.duration, paused: a.paused, ended: a.ended }; });
  const listen = tile('conference 1').getByRole('button', { name: 'Listen' });
  await listen.click();
  await until('it is heard', async () => { const a = await sound(); return a && !a.paused && a.at > 0.2 && a.of > 0.8; });
  assert.equal(await listen.getAttribute('aria-pressed'), 'true');
  await listen.click();
  assert.ok((await sound()).paused);
  assert.equal(await listen.getAttribute('aria-pressed'), null);
  await listen.click();
  await until('it has ended', async () => (await sound())?.ended, 30_000);
  await until('the button is as it was', async () => await listen.getAttribute('aria-pressed') === null);
  await page.getByRole('button', { name: 'New room' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('conference 1');
  await dialog().getByRole('button', { name: 'Create the room' }).click();
  await dialog().getByText('a room of this name exists').waitFor();
  const name = `tea ${evil[0]}`;
  await dialog().getByLabel('Name', { exact: true }).fill(name);
  await dialog().getByLabel('Code', { exact: true }).fill('12');
  await dialog().getByRole('button', { name: 'Create the room' }).click();
  await dialog().getByText('A code has 3 to 16 digits').waitFor();
  await dialog().getByRole('button', { name: 'Choose one' }).first().click();
  const code = await until('a code', async () => { const v = await dialog().getByLabel('Code', { exact: true }).inputValue(); return /^\d{8}$/.test(v) && v; });
  await dialog().getByLabel('Moderator PIN').fill('97531');
  await dialog().getByLabel('Greeting').fill(`Welcome ${evil[1]}`);
  await dialog().getByLabel('Language').selectOption('de-DE');
  const [prompt] = await Promise.all([page.waitForResponse((r) => r.url().includes('/line/v1/prompt')), dialog().getByRole('button', { name: 'Listen' }).click()]);
  assert.equal(prompt.status(), 200);
  assert.match(prompt.headers()['content-type'], /^audio\/wav/);
  await dialog().getByRole('button', { name: 'Create the room' }).click();
  await dialog().getByText(code.replace(/(\d{4})/, '$1 ')).waitFor(); // once, after it was made
  await dialog().getByRole('button', { name: 'Close' }).click();
  const made = (await api('GET', '/line/v1/rooms')).rooms.find((r) => r.name === name);
  assert.ok(made, 'the room is not there');
  assert.deepEqual(await api('GET', `/line/v1/rooms/${made.id}/codes`), { code, moderator_pin: '97531' });
  await tile(name).getByText(`Welcome ${evil[1]}`, { exact: false }).waitFor();
  assert.ok(!(await page.locator('main').innerText()).includes(code), 'the code stands in the page');
  await page.getByRole('button', { name: `Change ${name}` }).click();
  await dialog().getByLabel('Maximum people').fill('12');
  await dialog().getByLabel('Closed').check();
  await dialog().getByRole('button', { name: 'Save' }).click();
  await tile(name).getByText('closed').waitFor();
  await tile(name).getByText('max. 12 people').waitFor();
  assert.equal((await api('GET', `/line/v1/rooms/${made.id}`)).max_participants, 12);
  await picture(page, 'line-rooms');
  await page.getByRole('button', { name: `Remove ${name}` }).click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await until('it is gone', async () => await tile(name).count() === 0);
  assert.ok(!(await api('GET', '/line/v1/rooms')).rooms.some((r) => r.id === made.id));
  clean(wrong);
});

test('a number is got, leads elsewhere, and is released', async () => {
  const application = await api('POST', rest('Applications'), { form: { FriendlyName: `app ${evil[2]}`, VoiceUrl: `${app}/voice` } });
  await visit(page, '/numbers', 'Numbers');
  await page.getByRole('button', { name: 'Get a number' }).click();
  await dialog().getByLabel('With these digits').fill('**0207');
  await until('that number alone is offered', async () => await dialog().getByRole('radio').count() === 1);
  await dialog().getByRole('radio', { name: /0207/ }).check();
  await dialog().getByLabel('Name', { exact: true }).fill(`desk ${evil[3]}`);
  await dialog().getByRole('button', { name: 'Get this number' }).click();
  const row = page.getByRole('row', { name: /\+15550207/ });
  await row.getByText('the conference line').waitFor();
  const got = async () => (await api('GET', rest('IncomingPhoneNumbers') + '?PhoneNumber=%2B15550207')).incoming_phone_numbers[0];
  assert.equal((await got()).friendly_name, `desk ${evil[3]}`);
  await row.getByRole('button', { name: 'Change' }).click();
  await dialog().getByLabel('Answered by').selectOption('url');
  await dialog().getByLabel('When a call comes in, ask').fill('app.example.com');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await dialog().getByText('Write the whole address').waitFor();
  await dialog().getByLabel('When a call comes in, ask').fill(`${app}/voice?x="><img>`);
  await dialog().getByRole('button', { name: 'Save' }).click();
  await row.getByText('/voice?x=', { exact: false }).waitFor();
  assert.ok((await got()).voice_url.startsWith(`${app}/voice?x=`));
  await row.getByRole('button', { name: 'Change' }).click();
  await dialog().getByLabel('Answered by').selectOption('application');
  await dialog().getByLabel('Application', { exact: true }).selectOption(application.sid);
  await dialog().getByRole('button', { name: 'Save' }).click();
  await row.getByText(`app ${evil[2]}`, { exact: false }).waitFor();
  assert.equal((await got()).voice_application_sid, application.sid);
  await row.getByRole('button', { name: 'Release +15550207' }).click();
  await dialog().getByRole('button', { name: 'Release' }).click();
  await until('it is released', async () => await row.count() === 0 && !await got());
  clean(wrong);
});

test('applications are made, changed and deleted', async () => {
  await visit(page, '/applications', 'Applications');
  await page.getByRole('button', { name: 'New application' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill(`new ${evil[1]}`);
  await dialog().getByLabel('When a call comes in, ask').fill(`${app}/voice`);
  await dialog().getByRole('button', { name: 'Create the application' }).click();
  const row = page.getByRole('row', { name: /new </ });
  await row.waitFor();
  const all = async () => (await api('GET', rest('Applications'))).applications;
  const made = (await all()).find((a) => a.friendly_name === `new ${evil[1]}`);
  assert.equal(made.voice_url, `${app}/voice`);
  await row.getByRole('button', { name: 'Change' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill(`newer ${evil[0]}`);
  await dialog().getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /newer </ }).waitFor();
  assert.ok((await all()).some((a) => a.sid === made.sid && a.friendly_name === `newer ${evil[0]}`));
  await page.getByRole('button', { name: /^Delete newer/ }).click();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await until('it is deleted', async () => !(await all()).some((a) => a.sid === made.sid));
  clean(wrong);
});

test('a key’s secret is shown once, and the key does what its role says', async () => {
  await visit(page, '/keys', 'API keys');
  await page.getByRole('button', { name: 'New key' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill(`board ${evil[1]}`);
  await dialog().getByLabel('Role').selectOption('look');
  await dialog().getByRole('button', { name: 'Create the key' }).click();
  const secrets = dialog().locator('.secret');
  await secrets.first().waitFor();
  const [sid, secret] = await secrets.allInnerTexts();
  await dialog().getByRole('button', { name: 'Copy the Secret' }).click();
  await until('it is copied', async () => await page.evaluate(() => navigator.clipboard.readText()) === secret);
  await dialog().getByRole('button', { name: 'I have saved it' }).click();
  await page.reload();
  await page.getByRole('row', { name: /board </ }).getByText('look', { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(secret), 'the secret is in the page');
  // Who comes in with it sees the rooms, and none of what changes them.
  const guest = await signIn({ user: sid, password: secret });
  await visit(guest.page, '/line', 'Rooms');
  await guest.page.getByText('conference 2').waitFor();
  for (const name of ['New room', 'Code', 'Change conference 2', 'Remove conference 2']) assert.equal(await guest.page.getByRole('button', { name, exact: true }).count(), 0, name);
  await visit(guest.page, '/numbers', 'Numbers');
  assert.equal(await guest.page.getByRole('button', { name: 'Get a number' }).count(), 0);
  await visit(guest.page, '/keys', 'API keys');
  await guest.page.getByText('This page needs the role administer').waitFor();
  const refused = await guest.page.evaluate(async () => (await fetch('/line/v1/rooms/1/codes')).status);
  assert.equal(refused, 403);
  clean(guest.wrong);
  await guest.context.close();
  await page.getByRole('row', { name: /board </ }).getByRole('button', { name: 'Change' }).click();
  await dialog().getByLabel('Role').selectOption('moderate');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /board </ }).getByText('moderate', { exact: true }).waitFor();
  await page.getByRole('button', { name: /^Delete board/ }).click();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await until('it is deleted', async () => !(await api('GET', rest('Keys'))).keys.some((k) => k.sid === sid));
  clean(wrong);
});

test('the debugger has what failed, with request and answer, and sends it again', async () => {
  await visit(page, '/debugger', 'Debugger');
  const notice = page.locator('.unfold', { hasText: 'error 11200' }).first();
  await unfold(notice);
  await notice.getByText(`${evil[1]} oops`, { exact: false }).first().waitFor();
  await notice.getByText('CallSid', { exact: true }).waitFor();
  await page.getByLabel('Severity').selectOption('1');
  await until('warnings alone', async () => await page.getByText('error 11200').count() === 0 && await page.getByText('warning 12200').count() > 0);
  await page.getByLabel('Severity').selectOption('');
  await page.getByLabel('Search', { exact: true }).fill('conference-end');
  const end = page.locator('.unfold', { hasText: 'conference-end' }).first();
  await unfold(end);
  await end.getByText(`${evil[1]} busy`, { exact: false }).last().waitFor();
  await picture(page, 'debugger-unfolded');
  await fetch(`${app}/mend?event=conference-end`, { method: 'POST' });
  await end.getByRole('button', { name: /^Send those of this conference again/ }).click();
  await dialog().getByRole('button', { name: 'Send again' }).click();
  await until('nothing is parked', async () => (await api('GET', '/v1/parked')).parked.length === 0, 30_000);
  assert.ok((await (await fetch(`${app}/told`)).json()).includes('conference-end'));
  clean(wrong);
});

test('every page is usable by anybody, at any size, light and dark', async (t) => {
  const call = await find(evil[0]);
  await api('POST', '/line/v1/rooms', { json: { name: `long ${evil[0]} ${'x'.repeat(60)}`, code: '7654', moderator_pin: '76543', greeting: evil[1].repeat(9), max_participants: 9 } });
  const pages = { calls: ['/calls', 'Calls'], call: [`/calls/${call.sid}`, /slipped/], line: ['/line', 'Rooms'], numbers: ['/numbers', 'Numbers'], applications: ['/applications', 'Applications'], keys: ['/keys', 'API keys'], debugger: ['/debugger', 'Debugger'], warnings: ['/warnings', 'Warnings explained'] };
  for (const dark of [false, true]) for (const width of [360, 1600]) {
    const look = `${dark ? 'dark' : 'light'}-${width}`;
    await t.test(look, async () => {
      const seen = await signIn({ width, height: 900, dark });
      for (const [name, [path, heading]] of Object.entries(pages)) {
        await visit(seen.page, path, heading);
        await seen.page.waitForLoadState('load');
        if (name === 'call') await until('the ladder', async () => await seen.page.locator('.l-row').count() >= 6);
        if (name === 'line') await seen.page.locator('.room', { hasText: 'long' }).waitFor();
        await picture(seen.page, `${name}-${look}`);
        assert.deepEqual(await serious(seen.page), [], `${name} ${look}`);
        const wide = await seen.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${name} ${look} is ${wide} wide`);
      }
      clean(seen.wrong);
      await seen.context.close();
    });
  }
});
