// The whole console without a mouse: every page is walked by Tab from end to end, and
// its work is done by keys. Whatever has the focus can be seen to have it.

export default async function (s) {
  const { assert } = s;
  await s.props('call', { name: 'Mary', to: 'TeamMeeting' });
  await s.props('call', { name: 'Alice', to: 'TeamMeeting' });
  await s.props('call', { name: 'Bob', to: 'TeamMeeting' });
  const page = await s.person();
  const keys = page.keyboard;

  /** What has the focus, inside the phone too: its words, and whether one sees that it has it. */
  const focus = async () => {
    const f = await look();
    if (!f || f.seen) return f;
    await page.waitForTimeout(150); // it may not have been drawn yet
    return look();
  };
  const look = () => page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    let n = document.activeElement;
    while (n?.shadowRoot?.activeElement) n = n.shadowRoot.activeElement;
    if (!n || n === document.body) return null;
    const ring = (of, pseudo) => { const c = getComputedStyle(of, pseudo); return c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 2 && !/, 0\)$|transparent/.test(c.outlineColor); };
    // A mark of a drawing is rimmed: its shape is stroked instead.
    const stroked = n instanceof SVGElement && [...n.querySelectorAll('rect, .l-hit')].some((r) => parseFloat(getComputedStyle(r).strokeWidth) >= 2 && getComputedStyle(r).stroke !== 'none');
    const box = n.getBoundingClientRect();
    const label = n.id ? n.getRootNode().querySelector(`label[for="${n.id}"]`)?.textContent : null;
    return {
      words: (n.getAttribute('aria-label') ?? label ?? n.textContent).trim().replace(/\s+/g, ' ').slice(0, 60), tag: n.localName, type: n.type ?? '',
      seen: (ring(n) || ring(n, '::after') || stroked) && box.width > 0 && box.bottom > 0 && box.top < innerHeight + 1 && box.right > 0 && box.left < innerWidth, why: JSON.stringify([getComputedStyle(n).outline, box.toJSON()]), cls: n.getAttribute('class') ?? '',
    };
  });
  const visible = (f, where) => { if (!f.seen) s.found.push(`${where}: the focus is not seen on ${f.tag}.${f.cls} “${f.words}” ${f.why}`); };

  /** Presses Tab until what has the focus is called so. */
  const tabTo = async (words, key = 'Tab') => {
    const passed = [];
    for (let i = 0; i < 120; i++) {
      await keys.press(key);
      const f = await focus();
      if (!f) continue;
      visible(f, new URL(page.url()).pathname);
      if (words instanceof RegExp ? words.test(f.words) : f.words === words) return f;
      passed.push(f.words);
    }
    throw new Error(`${words} is not reached by ${key}: ${passed.slice(0, 60).join(' | ')}`);
  };
  /** Walks the page from its beginning to its end, which is reached: nothing keeps the focus. */
  const walk = async (where) => {
    await page.evaluate(() => document.querySelector('.skip').focus()); // the first there is
    await keys.press('Shift+Tab');
    let first = null;
    let steps = 0;
    const stops = [];
    for (; steps < 300; steps++) {
      await keys.press('Tab');
      const f = await page.evaluate(() => { // told apart by a number, since words may be the same
        let n = document.activeElement;
        while (n?.shadowRoot?.activeElement) n = n.shadowRoot.activeElement;
        if (!n || n === document.body) return null;
        window.stops ??= new WeakMap();
        if (!window.stops.has(n)) window.stops.set(n, Math.random());
        return window.stops.get(n);
      });
      if (f === null) break;
      if (f === first) break;
      first ??= f;
      if (stops.at(-1) === f) continue; // a date has several fields, and steps is bounded
      if (stops.includes(f)) throw new Error(`${where}: Tab goes round among ${stops.length - stops.indexOf(f)} places and never leaves: ${JSON.stringify(await focus())}`);
      stops.push(f);
      const told = await focus();
      if (told) visible(told, where);
    }
    assert.ok(steps < 300, `${where}: Tab never comes to an end`);
    assert.ok(stops.length > 12, `${where}: Tab stops ${stops.length} times`);
  };
  const dialog = page.getByRole('dialog');
  /** A dialog opens by Enter on what has the focus, takes it, and gives it back by Escape. */
  const escapes = async (name) => {
    const opener = (await focus()).words;
    await keys.press('Enter');
    await dialog.waitFor();
    assert.ok(await page.evaluate(() => document.querySelector('dialog').contains(document.activeElement)), `${name}: the dialog has not the focus`);
    for (let i = 0; i < 30; i++) { // it stays in
      await keys.press('Tab');
      const inside = await page.evaluate(() => document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement));
      assert.ok(inside, `${name}: Tab leaves the open dialog`);
      const f = await focus();
      if (f) visible(f, name);
    }
    await keys.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    const back = await focus();
    assert.equal(back?.words, opener, `${name}: the focus is not given back`);
    visible(back, name);
  };
  const told = (what) => s.until(`told ${what}`, async () => (await s.props('told')).includes(what));
  const go = async (letter, heading) => {
    await keys.press('g');
    await keys.press(letter);
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  };

  // Signing in: the focus is where one begins.
  await page.goto(s.at('/console/'));
  await page.waitForSelector('.sign-in-card');
  await s.until('the name has the focus', async () => (await focus())?.words.startsWith('AccountSid'));
  visible(await focus(), 'sign-in');
  await keys.type(s.env.ACCOUNT);
  await tabTo(/^AuthToken/);
  await keys.type('wrong');
  await keys.press('Enter');
  await page.getByText('These credentials open nothing here').waitFor();
  await keys.type(s.env.TOKEN); // what was wrong is selected
  await tabTo('Sign in');
  await keys.press('Enter');
  await page.waitForSelector('.shell');

  // To the page past all that leads elsewhere, and to a page by its link.
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('Skip to the page');
  await keys.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('Now');
  await keys.press('Enter');
  await page.locator('.tile').nth(2).waitFor();
  await walk('now');

  // Now.
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('Ring a browser');
  await escapes('ring');
  await tabTo(/^(Mary|MA)/);
  const name = () => page.evaluate(() => document.activeElement.querySelector?.('.tile-name')?.textContent);
  const toTile = async (who) => {
    for (let i = 0; i < 3; i++) await keys.press('ArrowLeft');
    for (let i = 0; i < 3 && (await name()) !== who; i++) await keys.press('ArrowRight');
    assert.equal(await name(), who);
  };
  await toTile('Alice');
  await keys.press('m');
  await told('participant-mute Alice');
  await page.locator('.tile[data-muted]').waitFor();
  await keys.press('m');
  await told('participant-unmute Alice');
  await keys.press('h');
  await told('participant-hold Alice');
  await page.locator('.tile[data-hold]').waitFor();
  await keys.press('h');
  await told('participant-unhold Alice');
  await keys.press('a');
  await dialog.waitFor();
  await keys.type('You are next.');
  await tabTo('Speak it');
  await keys.press('Enter');
  await told('announcement-end Alice');
  assert.equal(await name(), 'Alice', 'the focus is back on the tile');
  await keys.press('r');
  await dialog.waitFor();
  await keys.type('Alicia');
  await keys.press('Enter');
  await told('participant-modify Alicia');
  await s.until('the tile has the focus', async () => (await name()) === 'Alicia');
  await keys.press('r');
  await dialog.waitFor();
  await keys.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await name(), 'Alicia');
  await keys.press('Tab'); // its buttons come after it
  assert.match((await focus()).words, /^Mute Alicia/);
  visible(await focus(), 'tile');
  await keys.press('Space');
  await s.until('it is muted', async () => (await s.props('told')).filter((e) => e === 'participant-mute Alicia').length === 1);
  await keys.press('Shift+Tab');
  await keys.press('x');
  await dialog.waitFor();
  await keys.press('Enter');
  await told('participant-leave Alicia');
  await page.locator('.tile').nth(2).waitFor({ state: 'detached' });
  assert.ok(await focus(), 'the focus is lost with the tile');
  await keys.press('?');
  await dialog.waitFor();
  await keys.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('End');
  await keys.press('Enter');
  await dialog.waitFor();
  await keys.press('Enter');
  await told('conference-end');
  await page.getByText('Nobody is in a conference.').waitFor();
  await s.props('call', { name: 'Dora', to: 'Standup' });

  // Timelines: a row, the picture, its marks.
  await go('t', 'Timelines');
  await page.getByText('TeamMeeting').first().waitFor();
  await walk('timelines');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo(/^TeamMeeting/);
  await keys.press('Enter');
  await page.locator('.timeline-picture .mark').first().waitFor({ state: 'attached' });
  await walk('timeline');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo(/^The picture/);
  await keys.press('ArrowRight');
  await s.until('a mark has the focus', () => page.evaluate(() => document.activeElement.classList.contains('mark')));
  visible(await focus(), 'mark');
  const mark = () => page.evaluate(() => document.activeElement.dataset.position);
  const one = await mark();
  await keys.press('ArrowRight');
  await s.until('the next mark', async () => (await mark()) !== one);
  await page.locator('.timeline-detail h2').waitFor();

  // Calls: a row, then the ladder, what unfolds, the axis.
  await go('c', 'Calls');
  await page.locator('.call-row.linked').first().waitFor();
  await walk('calls');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('Search calls');
  await keys.type('Mary');
  await s.until('one call', async () => (await page.locator('.call-row.linked').count()) === 1);
  await tabTo(/Mary/);
  await keys.press('Enter');
  await page.getByRole('heading', { name: 'Signalling' }).waitFor();
  await s.until('the ladder', async () => (await page.locator('.l-row').count()) >= 3);
  await walk('call');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('The call over time');
  await keys.press('Home');
  await keys.press('ArrowRight');
  assert.match(await page.getByRole('slider').getAttribute('aria-valuetext'), /\S/);
  await tabTo(/INVITE/);
  await keys.press('Enter');
  await page.locator('.ladder-message h3').getByText(/^INVITE sip:/).waitFor();
  await keys.press('ArrowDown');
  await page.locator('.ladder-message h3').getByText(/100|200/).waitFor();
  await tabTo(/POST .*\/voice/);
  await keys.press('Enter');
  await page.locator('#documents details[open]').waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await keys.press('Backspace');
  await page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();

  // Line: a room is made, looked at, changed.
  await go('l', 'Rooms');
  await page.locator('.room').first().waitFor();
  await walk('line');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('New room');
  await escapes('new room');
  await keys.press('Enter');
  await dialog.waitFor();
  await keys.type('By keys');
  await tabTo('Language');
  const language = await page.evaluate(() => document.activeElement.value);
  await keys.press('ArrowDown');
  assert.notEqual(await page.evaluate(() => document.activeElement.value), language);
  await tabTo('Code');
  await keys.type('86420');
  await tabTo(/^Closed/);
  await keys.press('Space');
  await tabTo('Create the room');
  await keys.press('Enter');
  await dialog.getByText('8642 0').waitFor();
  await keys.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.room', { hasText: 'By keys' }).getByText('closed').waitFor();
  await tabTo('Change By keys');
  await escapes('change a room');
  await keys.press('Enter');
  await dialog.waitFor();
  await tabTo(/^Closed/);
  await keys.press('Space');
  await keys.press('Enter'); // as in any form
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.room', { hasText: 'By keys' }).getByText('open', { exact: true }).waitFor();

  // What stands: a dialog of each page, and a thing made.
  await go('u', 'Numbers');
  await page.getByRole('row').nth(1).waitFor();
  await walk('numbers');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('Get a number');
  await escapes('get a number');
  await go('a', 'Applications');
  await tabTo('New application');
  await escapes('new application');
  await keys.press('Enter');
  await dialog.waitFor();
  await keys.type('by keys');
  await keys.press('Enter');
  await page.getByRole('row', { name: /by keys/ }).waitFor();
  await walk('applications');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('Delete by keys');
  await keys.press('Enter');
  await dialog.waitFor();
  await keys.press('Enter');
  await page.getByRole('row', { name: /by keys/ }).waitFor({ state: 'detached' });
  await go('k', 'API keys');
  await tabTo('New key');
  await escapes('new key');
  await keys.press('Enter');
  await dialog.waitFor();
  await keys.type('by keys');
  await tabTo('Role');
  await keys.press('l'); // look
  await tabTo('Create the key');
  await keys.press('Enter');
  await dialog.locator('.secret').first().waitFor();
  assert.ok(await page.evaluate(() => document.querySelector('dialog').contains(document.activeElement)), 'the secret’s dialog has not the focus');
  await tabTo('I have saved it');
  await keys.press('Enter');
  await page.getByRole('row', { name: /by keys/ }).getByText('look', { exact: true }).waitFor();
  await walk('keys');
  await go('d', 'Debugger');
  await walk('debugger');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('Severity');
  await keys.press('ArrowDown');
  assert.notEqual(await page.evaluate(() => document.activeElement.value), '');

  // The phone: a number, its settings, another name.
  await page.evaluate(() => document.activeElement?.blur()); // a list takes letters for itself
  await go('p', 'Phone');
  await page.waitForFunction(() => document.querySelector('confab-phone')?.ready);
  await walk('phone');
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo('Microphone and loudspeaker');
  await keys.press('Enter');
  assert.equal(await page.evaluate(() => document.querySelector('confab-phone').shadowRoot.activeElement?.getAttribute('aria-expanded')), 'true');
  await keys.press('Enter');
  await tabTo('5');
  await keys.press('Enter');
  const typed = () => page.evaluate(() => document.querySelector('confab-phone').shadowRoot.querySelector('input').value);
  assert.match(await typed(), /5$/);
  await tabTo('Name');
  await keys.press('ControlOrMeta+a');
  await keys.type('dave');
  await keys.press('Enter');
  await page.waitForFunction(() => document.querySelector('confab-phone').identity === 'dave');
  await tabTo('Sign out', 'Shift+Tab');
  await keys.press('Enter');
  await page.waitForSelector('.sign-in-card');
}
