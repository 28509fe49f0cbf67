// The seed's story: Mary, Alice, Bob and Charles come, all but Mary are muted, and
// leave. The picture is compared with what it is to be, times left out.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export default async function (s) {
  const { assert } = s;
  const page = await s.signedIn('look');
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  await s.props('call', { name: 'Mary', to: 'TeamMeeting' });
  await pause(600);
  let sid = '';
  await s.until('it lives', async () => (sid = (await s.rest('GET', 'Conferences')).conferences[0]?.sid));
  await page.goto(s.at(`/console/conferences/${sid}`));
  for (const name of ['Alice', 'Bob', 'Charles']) { await s.props('call', { name, to: 'TeamMeeting' }); await pause(300); }
  for (const [name, pitch] of [['Mary', 443], ['Alice', 617]]) { await s.props('speak', { name, pitch, ms: 900 }); await pause(500); }
  const seats = (await s.rest('GET', `Conferences/${sid}/Participants`)).participants;
  for (const name of ['Alice', 'Bob', 'Charles']) await s.rest('POST', `Conferences/${sid}/Participants/${seats.find((p) => p.label === name).call_sid}`, { Muted: true });
  // It is drawn while it goes on.
  await s.until('the mutes are drawn', async () => (await page.locator('.timeline-picture [data-event="participant-mute"]').count()) === 3);
  await s.props('speak', { name: 'Mary', pitch: 443, ms: 900 });
  await pause(500);
  await s.rest('POST', `Conferences/${sid}/Participants/${seats.find((p) => p.label === 'Bob').call_sid}`, { Hold: true });
  await pause(400);
  for (const name of ['Charles', 'Bob', 'Alice', 'Mary']) { await s.props('hangup', { name }); await pause(200); }
  await s.until('the end is drawn', async () => (await page.locator('[data-status="completed"]').count()) === 1);
  await s.until('all is delivered', async () => (await page.locator('.timeline-row .badge', { hasText: 'delivered' }).count()) >= 14, 15_000);

  const structure = await page.evaluate(() => {
    const lines = [];
    for (const part of document.querySelectorAll('.timeline-picture svg > g')) {
      if (part.dataset.part === 'grid' || part.dataset.part === 'legend') continue;
      const tell = (node, indent) => {
        for (const n of node.children) {
          const d = n.dataset ?? {};
          if (d.stretch && n.getBBox().width < 1) continue; // a join, and the start that it brings about a moment later
          const what = d.lane ? `lane ${d.lane}` : d.status ? `status ${d.status}` : d.stretch ? `stretch ${d.stretch}` : d.speech ? `speech ${d.speech}` : d.event ? `event ${d.event}` : null;
          if (what) lines.push(indent + what);
          if (d.lane) tell(n, indent + '  ');
        }
      };
      lines.push(part.dataset.part);
      tell(part, '  ');
    }
    return lines.join('\n') + '\n';
  });
  const file = new URL('./timeline.expected.txt', import.meta.url);
  if (process.env.UPDATE || !existsSync(file)) writeFileSync(file, structure);
  assert.equal(structure, readFileSync(file, 'utf8'));

  // An event, whom it was told to, and a link to it.
  await page.locator('.timeline-row', { hasText: 'Alice is muted' }).click();
  await page.locator('.timeline-detail', { hasText: 'delivered' }).waitFor();
  assert.match(await page.textContent('.timeline-detail'), /participant-mute/);
  assert.match(page.url(), /\?event=\d+$/);
  const linked = await s.signedIn('look');
  await linked.goto(page.url());
  await linked.locator('.timeline-detail h2', { hasText: 'Alice is muted' }).waitFor();
  await s.picture(linked, 'timeline-story-light');
  await linked.locator('.timeline-picture .mark').first().focus();
  await linked.keyboard.press('ArrowRight');
  assert.equal(await linked.evaluate(() => document.activeElement.classList.contains('mark')), true);

  // It is kept, as a picture and as data.
  for (const [name, check] of [['SVG', (b) => b.toString().startsWith('<svg')], ['PNG', (b) => b.readUInt32BE(0) === 0x89504e47 && b.length > 5000], ['JSON', (b) => JSON.parse(b.toString()).conference.sid === sid]]) {
    const [download] = await Promise.all([linked.waitForEvent('download'), linked.getByRole('button', { name }).click()]);
    const body = readFileSync(await download.path());
    assert.ok(check(body), `${name}: ${body.length} bytes`);
    assert.match(download.suggestedFilename(), new RegExp(`^TeamMeeting\\.${name.toLowerCase()}$`));
    if (name === 'SVG') assert.doesNotMatch(body.toString(), /<style|style=|<script/);
  }
  await linked.goto(s.at('/console/conferences'));
  await linked.locator('a.row-link', { hasText: 'TeamMeeting' }).waitFor();
  await s.policy(page, 'timeline');
  await s.policy(linked, 'timeline');
}
