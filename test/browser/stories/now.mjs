// Every button of a conference's card: its event, and what is heard after it.

export default async function (s) {
  const { assert } = s;
  await s.props('call', { name: 'Mary', to: 'TeamMeeting', pitch: 443 });
  await s.props('call', { name: 'Alice', to: 'TeamMeeting', pitch: 617 });
  const page = await s.signedIn('moderate');
  const tile = (name) => page.locator('.tile', { has: page.locator('.tile-name', { hasText: new RegExp(`^${name}$`) }) });
  const press = async (name, deed) => { await tile(name).hover(); await tile(name).locator(`[data-deed=${deed}]`).click(); };
  const told = async (what) => s.until(`told ${what}`, async () => (await s.props('told')).includes(what));
  const heard = (who, pitch, yes = true) => s.until(`${who} ${yes ? 'hears' : 'does not hear'} ${pitch}`, async () => (await s.hears(who, pitch)) === yes);

  await tile('Alice').waitFor();
  await s.until('both talk', async () => (await page.locator('.tile[data-talking]').count()) === 2);
  await heard('Mary', 617);

  // A third comes, and is there without anything being pressed.
  await s.props('call', { name: 'Bob', to: 'TeamMeeting', pitch: 839 });
  await tile('Bob').waitFor();
  await heard('Alice', 839);

  await press('Alice', 'mute');
  await told('participant-mute Alice');
  await tile('Alice').locator('.badge', { hasText: 'Muted' }).waitFor();
  await heard('Mary', 617, false);
  await press('Alice', 'mute');
  await told('participant-unmute Alice');
  await heard('Mary', 617);

  await press('Alice', 'hold');
  await told('participant-hold Alice');
  await heard('Mary', 617, false);
  await heard('Alice', 443, false);
  await tile('Alice').locator('.badge', { hasText: 'On hold' }).waitFor(); // the page acts on what it knows
  await press('Alice', 'hold');
  await told('participant-unhold Alice');
  await heard('Mary', 617);

  // A text for one, and for all: what is said ends with an event.
  const speak = async (text) => {
    await page.fill('dialog textarea', text);
    await page.getByRole('button', { name: 'Speak it' }).click();
    await page.waitForSelector('dialog', { state: 'detached' });
  };
  await press('Bob', 'announce');
  await speak('Bob, you are next.');
  await told('announcement-end Bob');
  await page.locator('[data-deed=announce-all]').click();
  await speak('Welcome.');
  await told('announcement-end');

  await press('Bob', 'rename');
  await page.fill('dialog input', 'Robert <b>&');
  await page.getByRole('button', { name: 'Rename' , exact: true }).click();
  await told('participant-modify Robert <b>&');
  await tile('Robert <b>&').waitFor();
  assert.equal(await page.locator('.tile-name b').count(), 0);
  // A name that is taken is refused, and said.
  await press('Alice', 'rename');
  await page.fill('dialog input', 'Mary');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await page.locator('.toast.bad').waitFor();
  await page.locator('.toast.bad button').click();

  // All but one.
  await press('Mary', 'only');
  await told('participant-mute Robert <b>&');
  await heard('Mary', 617, false);
  await heard('Mary', 839, false);
  await heard('Alice', 443);
  await s.until('two are muted', async () => (await page.locator('.tile[data-muted]').count()) === 2);
  await page.locator('[data-deed=unmute-all]').click();
  await heard('Mary', 839);
  await s.until('nobody is muted', async () => (await page.locator('.tile[data-muted]').count()) === 0);
  await page.locator('[data-deed=mute-all]').click();
  await s.until('all are muted', async () => (await page.locator('.tile[data-muted]').count()) === 3);
  await heard('Alice', 443, false);
  await page.locator('[data-deed=unmute-all]').click();
  await heard('Alice', 443);

  // By the keyboard alone: to the tiles, along them, and a letter acts.
  await page.locator('.conf-deeds button').last().focus();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.classList.contains('tile')), true);
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowRight');
  const focused = await page.evaluate(() => document.activeElement.querySelector('.tile-name').textContent);
  assert.equal(focused, 'Alice');
  const mutes = (await s.props('told')).filter((e) => e === 'participant-mute Alice').length;
  await page.keyboard.press('m');
  await s.until('m has muted Alice', async () => (await s.props('told')).filter((e) => e === 'participant-mute Alice').length === mutes + 1);
  await page.keyboard.press('?');
  await page.locator('dialog', { hasText: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');

  // Nobody is there to be rung; the switch says so, and the page shows what it says.
  await page.locator('[data-deed=ring]').click();
  await page.fill('dialog input[name=identity]', 'nobody-at-all');
  await page.getByRole('button', { name: 'Ring', exact: true }).click();
  await page.locator('.toast.bad', { hasText: 'nobody-at-all did not answer, or no browser of that name is open' }).waitFor();

  await press('Alice', 'kick');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await told('participant-leave Alice');
  await tile('Alice').waitFor({ state: 'detached' });
  await heard('Mary', 617, false);

  // A page that was away catches up.
  await page.context().setOffline(true);
  await s.props('hangup', { name: 'Bob' });
  await told('participant-leave Robert <b>&');
  await page.context().setOffline(false);
  await tile('Robert <b>&').waitFor({ state: 'detached', timeout: 20_000 });

  await page.locator('[data-deed=end]').click();
  await page.getByRole('button', { name: 'End it' }).click();
  await told('conference-end');
  await page.getByText('Nobody is in a conference.').waitFor();
  await s.policy(page, 'now');
}
