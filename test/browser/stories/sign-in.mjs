// Signing in: by credentials, by a key, by a link; being refused; and what pages of
// elsewhere cannot do with somebody's session.

export default async function (s) {
  const { assert } = s;
  const page = await s.person();
  const response = await page.goto(s.at('/console/'));
  const headers = response.headers();
  assert.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; style-src 'self';/);
  assert.doesNotMatch(headers['content-security-policy'], /unsafe/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.match(headers['permissions-policy'], /microphone=\(self\)/);
  const again = await fetch(s.at('/console/app.js'), { headers: { 'If-None-Match': (await fetch(s.at('/console/app.js'))).headers.get('etag') } });
  assert.equal(again.status, 304);

  // Wrong, and then right.
  const signIn = async (who, user, password) => {
    await who.fill('#user', user);
    await who.fill('#password', password);
    await who.click('button[type=submit]');
  };
  await page.waitForSelector('.sign-in-card');
  await signIn(page, s.env.ACCOUNT, 'wrong' + s.env.TOKEN);
  await page.getByText('These credentials open nothing here').waitFor();
  assert.equal((await page.context().cookies()).length, 0);
  await signIn(page, s.env.ACCOUNT, s.env.TOKEN);
  await page.waitForSelector('.shell');
  const [cookie] = await page.context().cookies();
  assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict' && cookie.path === '/', JSON.stringify(cookie));
  assert.ok(!(await page.content()).includes(s.env.TOKEN), 'the token is in the page');
  const account = await page.evaluate(async (sid) => (await fetch(`/2010-04-01/Accounts/${sid}.json`, { headers: { 'X-Confab-CSRF': '-' } })).text(), s.env.ACCOUNT);
  assert.ok(!account.includes(s.env.TOKEN), 'a session reads the token');

  // A page that was opened is still signed in; a change takes the session's token.
  await s.props('call', { name: 'Ann', to: 'tea' });
  let sid = '';
  await s.until('tea lives', async () => (sid = (await s.rest('GET', 'Conferences')).conferences[0]?.sid));
  const target = `/2010-04-01/Accounts/${s.env.ACCOUNT}/Conferences/${sid}.json`;
  await page.reload();
  await page.waitForSelector('.shell');
  const post = (header) => page.evaluate(async ([url, csrf]) => (await fetch(url, {
    method: 'POST', body: new URLSearchParams({ Status: 'completed' }), headers: csrf === null ? {} : { 'X-Confab-CSRF': csrf },
  })).status, [target, header]);
  assert.equal(await post(null), 403);
  assert.equal(await post('-'), 403);
  assert.equal(await post('x'.repeat(43)), 403);
  assert.notEqual((await s.rest('GET', `Conferences/${sid}`)).status, 'completed');

  // A page of another origin on the same machine: cookies do not know ports.
  const evil = await page.context().newPage();
  await evil.goto(`${s.env.PROPS}/evil?${new URLSearchParams({ action: s.at(target) })}`);
  const stolen = await evil.evaluate(async (url) => { try { return (await fetch(url, { credentials: 'include' })).status; } catch { return 'refused'; } }, s.at('/console/session'));
  assert.equal(stolen, 'refused');
  const forged = await evil.evaluate(async (url) => { try { await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({ Status: 'completed' }) }); } catch { /* as it should be */ } }, s.at(target));
  assert.equal(forged, undefined);
  await Promise.all([evil.waitForNavigation(), evil.evaluate(() => document.getElementById('f').submit())]);
  assert.match(await evil.textContent('body'), /not made by the console/);
  assert.equal(evil.frames().length, 1);
  assert.notEqual((await s.rest('GET', `Conferences/${sid}`)).status, 'completed');
  await evil.close();
  s.found.length = 0; // what the browser said of the evil page

  // By another name of this machine it is not opened (DNS rebinding).
  const rebound = await s.raw('GET', '/console/', { Host: 'evil.example.com' });
  assert.equal(rebound.status, 421);
  assert.match(rebound.body, /evil\.example\.com/);

  // Signing out ends the session for whoever has its cookie.
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForSelector('.sign-in-card');
  await page.context().addCookies([cookie]);
  await page.reload();
  await page.waitForSelector('.sign-in-card');

  // A link signs in once.
  const link = await s.props('link', { role: 'moderate' });
  const linked = await s.person();
  await linked.goto(link);
  await linked.waitForSelector('.shell');
  assert.equal(new URL(linked.url()).hash, '');
  assert.equal(await linked.textContent('.who-role'), 'moderate');
  const late = await s.person();
  await late.goto(link);
  await late.getByText('This link was used').waitFor();

  // A key signs in with its role, and no longer when it is removed.
  const key = await s.rest('POST', 'Keys', { FriendlyName: 'wall', Role: 'look' });
  const wall = await s.person();
  await wall.goto(s.at('/console/'));
  await wall.waitForSelector('.sign-in-card');
  await signIn(wall, key.sid, key.secret);
  await wall.waitForSelector('.shell');
  assert.equal(await wall.textContent('.who-role'), 'look');
  await wall.goto(s.at('/console/now')); // it listens to the switch
  await wall.locator('.pulse', { hasText: 'Live' }).waitFor();
  await s.rest('DELETE', `Keys/${key.sid}`);
  await wall.locator('.sign-in-card').waitFor({ timeout: 20_000 }); // without being touched

  // Who tries for long has to wait.
  let last = '';
  for (let i = 0; i < 14 && !/Too many/.test(last); i++) {
    await signIn(late, s.env.ACCOUNT, 'guess' + i);
    await s.until('an answer', async () => { last = await late.textContent('.field-error'); return last && !(await late.isDisabled('button[type=submit]')); });
  }
  assert.match(last, /Too many tries/);
  await signIn(late, s.env.ACCOUNT, s.env.TOKEN);
  await s.until('even the right one waits', async () => /Too many/.test(await late.textContent('.field-error')));
}
