// Every page, in both themes, wide and as on a phone.

export default async function (s) {
  const people = [['Mary', 443], ['Alice', 617], ['Bob', 0], ['Charles', 0]];
  for (const [name, pitch] of people) await s.props('call', { name, to: 'TeamMeeting', pitch });
  await s.props('call', { name: 'Dora', to: 'Standup' });
  let conference = null;
  await s.until('both conferences live', async () => {
    const list = (await s.rest('GET', 'Conferences')).conferences;
    conference = list.find((c) => c.friendly_name === 'TeamMeeting' && c.status === 'in-progress');
    return conference && list.length === 2;
  });
  const seats = (await s.rest('GET', `Conferences/${conference.sid}/Participants`)).participants;
  const seat = (label) => `Conferences/${conference.sid}/Participants/${seats.find((p) => p.label === label).call_sid}`;
  await s.rest('POST', seat('Bob'), { Muted: true });
  await s.rest('POST', seat('Charles'), { Hold: true });

  const list = process.env.ONLY ? process.env.ONLY.split(',') : null;
  const first = await s.signedIn();
  const paths = await first.evaluate(async () => (await import('/console/routes.js')).routes.map((r) => r.path));
  const call = (await s.rest('GET', 'Calls')).calls[0].sid;
  const real = paths.map((p) => p.replace(/^\/conferences\/:sid/, '/conferences/' + conference.sid).replace(/^\/now\/:sid/, '/now/' + conference.sid)
    .replace(/^\/calls\/:sid/, '/calls/' + call).replace(':code', '11200')).filter((p) => !p.includes(':'));
  await first.context().close();

  for (const colorScheme of ['light', 'dark']) {
    for (const [size, viewport] of Object.entries({ wide: { width: 1360, height: 860 }, phone: { width: 390, height: 780 } })) {
      if (size === 'phone' && colorScheme === 'dark') continue;
      const page = await s.signedIn('administer', { colorScheme, viewport, hasTouch: size === 'phone' });
      for (const path of real) {
        const name = path.split('/').filter(Boolean).map((step) => (/^[A-Z]{2}[0-9a-f]{32}$/.test(step) ? 'one' : step)).join('-');
        if (list && !list.includes(name)) continue;
        await page.goto(s.at('/console' + path));
        await page.waitForSelector('main .page > *');
        await page.waitForTimeout(1200); // streams open, and say who talks
        await s.axe(page, `${name} ${colorScheme} ${size}`);
        await s.policy(page, name);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 1) s.found.push(`${name} ${size}: it is ${over} px wider than the window`);
        await s.picture(page, `${name}-${colorScheme}${size === 'phone' ? '-phone' : ''}`);
      }
      await page.context().close();
    }
  }
  const stranger = await s.person();
  await stranger.goto(s.at('/console/'));
  await stranger.waitForSelector('.sign-in-card');
  await s.axe(stranger, 'sign-in');
  await s.picture(stranger, 'sign-in-light');
}
