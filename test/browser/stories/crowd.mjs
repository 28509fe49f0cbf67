// How much of each second the page's scripts take while everybody's level changes
// four times a second.

export default async function (s) {
  const { assert } = s;
  const page = await s.person();
  await page.goto(s.at('/console/now'));
  await page.waitForSelector('.tile, .conf-row');
  await page.waitForTimeout(3000);
  const tiles = await page.locator('.tile, .conf-row').count();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const measure = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value]));
  const shown = () => page.evaluate(() => [...document.querySelectorAll('.tile')].map((t) => t.querySelector('.level i').style.transform).join() + [...document.querySelectorAll('.conf-row')].map((r) => r.textContent).join());
  const before = await measure();
  const was = await shown();
  const seconds = 10;
  await page.waitForTimeout(1600);
  const later = await shown();
  await page.waitForTimeout(seconds * 1000);
  const after = await measure();
  assert.notEqual(later, was, 'the levels stand still');
  const per = (name) => Math.round(((after[name] - before[name]) / (after.Timestamp - before.Timestamp)) * 1000);
  console.log(`${tiles} nodes for all of them; of each second: scripts ${per('ScriptDuration')} ms, layout ${per('LayoutDuration')} ms, styles ${per('RecalcStyleDuration')} ms, all tasks ${per('TaskDuration')} ms; heap ${Math.round(after.JSHeapUsedSize / 1e6)} MB`);
  assert.ok(tiles < 120, `${tiles} tiles are in the page`);
  assert.ok(per('ScriptDuration') < 300, 'the scripts take too much of each second');

  // It scrolls to the end, where the first to join is.
  const scroller = page.locator('.conf.many .tiles-scroll');
  if (await scroller.count()) {
    await scroller.evaluate((n) => { n.scrollTop = n.scrollHeight; });
    await page.locator('.tile-name', { hasText: /^Person 1$/ }).waitFor();
  } else {
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.locator('.row-name', { hasText: /^Meeting \d+$/ }).first().waitFor();
  }
  await s.picture(page, tiles > 0 && (await page.locator('.tile').count()) ? 'crowd-one' : 'crowd-many');
}
