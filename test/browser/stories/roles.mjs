// Each role: what it sees, and what it is refused, button by button.

export default async function (s) {
  const { assert } = s;
  for (const name of ['Mary', 'Alice']) await s.props('call', { name, to: 'tea' });
  let sid = '';
  let seats = [];
  await s.until('both are in', async () => {
    sid = (await s.rest('GET', 'Conferences')).conferences[0]?.sid;
    seats = sid ? (await s.rest('GET', `Conferences/${sid}/Participants`)).participants : [];
    return seats.length === 2;
  });
  const conference = `Conferences/${sid}`;
  const seat = `${conference}/Participants/${seats[0].call_sid}`;
  const say = { AnnounceUrl: 'http://say.confab.internal/?Text=hi', AnnounceMethod: 'GET' };
  // What the buttons of the console do, and the role that each takes.
  const deeds = [
    ['look', 'GET', conference], ['look', 'GET', `${conference}/Participants`], ['look', 'GET', 'Calls'], ['look', 'GET', 'IncomingPhoneNumbers'],
    ['moderate', 'POST', seat, { Muted: 'true' }], ['moderate', 'POST', seat, { Muted: 'false' }], ['moderate', 'POST', seat, { Hold: 'true' }], ['moderate', 'POST', seat, { Hold: 'false' }],
    ['moderate', 'POST', seat, { Label: 'Boss' }], ['moderate', 'POST', seat, say], ['moderate', 'POST', conference, say],
    ['administer', 'GET', 'Keys'], ['administer', 'POST', 'Keys', { FriendlyName: 'x' }], ['administer', 'POST', 'Applications', { FriendlyName: 'x' }],
    ['moderate', 'DELETE', seat], ['moderate', 'POST', conference, { Status: 'completed' }],
  ];
  const order = ['look', 'moderate', 'administer'];
  for (const role of order) {
    const page = await s.signedIn(role);
    await page.waitForSelector('.tile');
    const buttons = await page.locator('.tile-deeds button, .conf-deeds button').count();
    assert.equal(buttons > 0, role !== 'look', `${role} sees ${buttons} buttons`);
    assert.equal(await page.locator('.nav-link', { hasText: 'API keys' }).count(), role === 'administer' ? 1 : 0);
    for (const [need, method, path, form] of deeds) {
      if (role !== 'administer' && method !== 'GET' && role === need && (method === 'DELETE' || form?.Status)) continue; // the last one does it
      const status = await page.evaluate(async ([method, path, form]) => {
        const { request, account } = await import('/console/api.js');
        try { await request(method, account(path), { form }); return 200; } catch (err) { return err.status; }
      }, [method, path, form ?? null]);
      const may = order.indexOf(role) >= order.indexOf(need);
      assert.equal(status === 403, !may, `${role}: ${method} ${path} ${JSON.stringify(form ?? {})}: ${status}`);
      assert.ok(!may || status === 200, `${role}: ${method} ${path} ${JSON.stringify(form ?? {})}: ${status}`);
    }
    await page.context().close();
  }
}
