// A page that slept: what changed meanwhile is shown when it wakes, without a reload.
// And a page whose switch has become another version says so.

export default async function (s) {
  const { assert } = s;
  const away = () => fetch(s.at('/front?away=1')).catch(() => {});
  const back = (version = '') => fetch(s.at(`/front?version=${version}`));
  const come = async (clock) => {
    const page = await s.person();
    if (clock) await page.clock.install();
    await page.goto(s.at('/console/'));
    await page.fill('#user', s.env.ACCOUNT);
    await page.fill('#password', s.env.TOKEN);
    await page.click('button[type=submit]');
    await page.waitForSelector('.shell');
    await page.evaluate(() => { window.unloaded = false; });
    await page.getByRole('link', { name: 'Now' }).click();
    return page;
  };
  const same = (page) => page.evaluate(() => window.unloaded === false); // it was not loaded anew
  const names = (page) => page.locator('.tile-name').allTextContents().then((all) => all.sort().join());
  const shows = (page, want, ms) => s.until(`it shows ${want || 'nobody'}`, async () => (await names(page)) === want, ms);

  await s.props('call', { name: 'Mary', to: 'tea' });
  await s.props('call', { name: 'Bob', to: 'tea' });
  const page = await come();
  await shows(page, 'Bob,Mary');

  // Frozen, as browsers freeze what nobody looks at: nothing runs in it.
  const cdp = await page.context().newCDPSession(page);
  const frozen = async (how) => {
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
    await how();
    await cdp.send('Page.setWebLifecycleState', { state: 'active' });
  };
  await frozen(async () => {
    await s.props('hangup', { name: 'Bob' });
    await s.props('call', { name: 'Alice', to: 'tea' });
    await s.props('call', { name: 'Charles', to: 'coffee' });
    await s.until('the switch has them', async () => (await s.rest('GET', 'Conferences')).conferences.filter((c) => c.status !== 'completed').length === 2);
  });
  await shows(page, 'Alice,Charles,Mary', 20_000);

  // The same while its connections are lost, as those of a machine that sleeps.
  await frozen(async () => {
    await away();
    await s.props('hangup', { name: 'Charles' });
    await s.props('call', { name: 'Dora', to: 'tea' });
    await back();
  });
  await shows(page, 'Alice,Dora,Mary', 20_000);
  await page.locator('.pulse', { hasText: 'Live' }).waitFor();

  // Two minutes asleep: longer than what is missed is sent again. Its clock has jumped.
  const slept = await come(true);
  await shows(slept, 'Alice,Dora,Mary');
  await away();
  await s.props('hangup', { name: 'Alice' });
  await s.props('call', { name: 'Emil', to: 'milk' });
  await back();
  await slept.clock.fastForward(120_000);
  await shows(slept, 'Dora,Emil,Mary', 20_000);
  await slept.locator('.pulse', { hasText: 'Live' }).waitFor();
  assert.ok(await same(slept), 'it was loaded anew');
  // The other page is back as well: it asks for the version as it comes.
  await shows(page, 'Dora,Emil,Mary', 20_000);
  await page.locator('.pulse', { hasText: 'Live' }).waitFor({ timeout: 20_000 });
  // A page that listens to nothing looks now and then.
  await slept.getByRole('link', { name: 'Applications' }).click();
  await slept.getByRole('heading', { level: 1, name: 'Applications' }).waitFor();
  await back('later');
  await slept.clock.runFor(70_000);
  await slept.locator('.banner', { hasText: 'A newer version' }).waitFor();
  await back();
  await slept.context().close();

  // The switch restarts, as another version: first it is not heard, then it is another.
  await s.until('all is well', async () => (await page.locator('.banner').count()) === 0);
  await away();
  await page.locator('.banner.bad', { hasText: 'No connection to the switch: you see how things stood at' }).waitFor();
  await s.picture(page, 'asleep-not-heard');
  await back('another');
  const banner = page.locator('.banner', { hasText: 'A newer version of the console is ready.' });
  await banner.waitFor({ timeout: 20_000 });
  await page.locator('.banner.bad').waitFor({ state: 'detached' });
  await shows(page, 'Dora,Emil,Mary', 20_000); // it goes on meanwhile
  await s.axe(page, 'stale');
  await s.picture(page, 'asleep-stale');
  assert.ok(await same(page), 'it was loaded anew, unasked');
  await banner.getByRole('button', { name: 'Load it' }).click();
  await s.until('it is loaded', async () => !await same(page));
  await shows(page, 'Dora,Emil,Mary', 20_000);
  assert.equal(await page.locator('.banner').count(), 0);

  // A page that listens to nothing, and one that nobody looks at, find out when they
  // are looked at again.
  for (const path of ['Applications', 'Now']) {
    await page.getByRole('link', { name: path, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: path }).waitFor();
    const look = (hidden) => page.evaluate((h) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => h });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await look(true);
    if (path === 'Now') await page.locator('.pulse[data-state="off"]').waitFor({ state: 'attached' });
    await back(`version ${path}`);
    await look(false);
    await banner.waitFor();
    await page.evaluate(() => { window.unloaded = false; });
    await banner.getByRole('button', { name: 'Load it' }).click();
    await s.until('it is loaded', async () => !await same(page));
    await page.getByRole('heading', { level: 1, name: path }).waitFor();
    assert.equal(await page.locator('.banner').count(), 0);
  }
  // What it complains of are connections that were lost.
  const lost = s.found.filter((f) => /WebSocket connection|ERR_/.test(f));
  for (const f of lost) s.found.splice(s.found.indexOf(f), 1);
}
