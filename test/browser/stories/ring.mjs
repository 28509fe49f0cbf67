// A browser is rung into a conference from the page Now, by the button of its card:
// what who asks sees meanwhile, and what is heard in the page that answers. Both are
// tabs of one browser, and so have one name: both ring.

import { heard, listen } from '../../firstcall/ears.js';

export default async function (s) {
  const { assert } = s;
  await s.props('call', { name: 'Mary', to: 'TeamMeeting', pitch: 443 });
  const desk = await s.signedIn('moderate');
  await desk.goto(s.at('/console/now'));
  const phone = await s.tab(desk.context());
  await phone.goto(s.at('/console/phone'));
  const is = (page, property, value) => page.waitForFunction(([p, v]) => document.querySelector('confab-phone')?.[p] === v, [property, value]);
  const rings = (page) => page.locator('confab-phone').getByRole('alertdialog', { name: 'Incoming call' });
  const press = (name) => phone.locator('confab-phone').getByRole('button', { name, exact: true }).click();
  const tile = (name) => desk.locator('.tile', { has: desk.locator('.tile-name', { hasText: new RegExp(`^${name}$`) }) });
  const told = async (what) => s.until(`told ${what}`, async () => (await s.props('told')).includes(what));
  const dialog = desk.getByRole('dialog');
  const ring = async (identity, label = '') => {
    await desk.bringToFront();
    await desk.getByRole('button', { name: 'Ring a browser' }).click();
    await dialog.getByLabel('Name of the browser').fill(identity);
    await dialog.getByLabel('Name in the conference').fill(label);
    await dialog.getByRole('button', { name: 'Ring', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  };

  // The browser takes a name in one tab, and has it in the other.
  await is(desk, 'ready', true);
  await is(phone, 'ready', true);
  await phone.getByLabel('Name', { exact: true }).fill('ann');
  await phone.getByRole('button', { name: 'Use this name' }).click();
  for (const page of [phone, desk]) { await is(page, 'identity', 'ann'); await is(page, 'ready', true); }

  // Without a name nobody is rung.
  await desk.bringToFront();
  await desk.getByRole('button', { name: 'Ring a browser' }).click();
  await dialog.getByRole('button', { name: 'Ring', exact: true }).click();
  await dialog.getByText('Name of the browser is needed').waitFor();
  await desk.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await tile('Mary').waitFor();
  assert.equal(await desk.locator('.tile').count(), 1);

  // It rings, in both tabs, and who asked sees that it does.
  await ring('ann', 'Ann');
  await desk.locator('.toast', { hasText: 'Ringing ann' }).waitFor();
  await tile('Ann').getByText('Being called').waitFor();
  await desk.locator('.conf-facts', { hasText: '1 person, 1 being called' }).waitFor();
  for (const page of [phone, desk]) await rings(page).waitFor();
  await s.axe(desk, 'ring: who asks');
  await s.axe(phone, 'ring: who is rung');
  await s.picture(desk, 'ring-desk');
  await phone.setViewportSize({ width: 390, height: 780 });
  await s.picture(phone, 'ring-phone');

  // One tab answers: it is in the conference, and the other is quiet.
  await phone.bringToFront();
  await press('Answer');
  await is(phone, 'state', 'open');
  await told('conference-start');
  await rings(desk).waitFor({ state: 'hidden' });
  await is(desk, 'state', 'idle');
  await tile('Ann').getByText('Being called').waitFor({ state: 'detached' });
  await desk.locator('.conf-facts', { hasText: '2 people' }).waitFor();
  await heard('Ann hears', 443, () => phone.evaluate(listen));
  await s.until('Mary hears the browser', async () => (await s.props('hears', { name: 'Mary', pitch: 443 })).level > -45);
  await s.picture(phone, 'ring-phone-open');

  // It is muted from its tile, as anybody is.
  await desk.bringToFront();
  await tile('Ann').hover();
  await tile('Ann').locator('[data-deed=mute]').click();
  await tile('Ann').locator('.badge', { hasText: 'Muted' }).waitFor();
  await s.until('Mary hears nothing', async () => (await s.props('hears', { name: 'Mary', pitch: 443 })).level < -60);

  // Hung up, its tile goes.
  await phone.bringToFront();
  await press('Hang up');
  await is(phone, 'state', 'idle');
  await tile('Ann').waitFor({ state: 'detached' });

  // It declines, in one tab for both, and who asked is told.
  await ring('ann');
  for (const page of [phone, desk]) await rings(page).waitFor();
  await phone.bringToFront();
  await press('Decline');
  await desk.locator('.toast.bad', { hasText: 'ann declined' }).waitFor();
  await desk.locator('.toast', { hasText: 'Ringing ann' }).waitFor({ state: 'detached' });
  await rings(desk).waitFor({ state: 'hidden' });
  await tile('ann').waitFor({ state: 'detached' });

  // Nobody has that name.
  await ring('nobody-at-all');
  await desk.locator('.toast.bad', { hasText: 'nobody-at-all did not answer, or no browser of that name is open' }).waitFor();
  await tile('nobody-at-all').waitFor({ state: 'detached' });
  await s.picture(desk, 'ring-nobody');
  assert.equal(await desk.locator('.tile').count(), 1);
  for (const page of [phone, desk]) await s.policy(page, 'ring');
}
