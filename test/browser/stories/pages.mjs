// Every page as it is after a morning's work, in both themes, on a desk and on a tablet
// (hand.mjs: on a phone): what axe finds, what the policy refuses, what is wider than the window,
// and a picture of each in output/.

import { morning } from './morning.mjs';

const desk = { wide: { width: 1440, height: 900 }, tablet: { width: 820, height: 1100 } };

// What a page shows once it has all that it asks for; of those not named, its first lines.
const there = {
  '/now': '.tile[data-talking]', '/now/:sid': '.tile[data-talking]', '/conferences': 'tr.linked', '/conferences/:sid': '.timeline-row .badge', '/calls': '.call-row.linked',
  '/calls/:sid': '.l-row', '/debugger': '.unfold', '/line': '.room', '/numbers': 'tbody tr', '/applications': 'tbody tr', '/keys': 'tbody tr', '/start': '.step[data-now]',
};

// What opens on a page, and how.
const opens = {
  '/now': [['ring', (p) => p.locator('[data-deed=ring]').first().click()], ['keys', (p) => p.keyboard.press('?')]],
  '/calls/:sid': [['unfolded', async (p) => {
    for (const list of ['warnings', 'documents', 'verbs', 'webhooks', 'digits']) await p.locator(`#${list} summary`).first().click();
    await p.locator('.l-row').first().click();
    await p.locator('.ladder-message h3').waitFor();
  }]],
  '/line': [['room', (p) => p.getByRole('button', { name: 'New room' }).click()]],
  '/numbers': [['number', (p) => p.getByRole('button', { name: /^Change/ }).first().click()]],
  '/conferences/:sid': [['event', (p) => p.locator('.timeline-row').nth(3).click()]],
  '/phone': [['settings', (p) => p.getByRole('button', { name: 'Microphone and loudspeaker' }).click()]],
};

export default async function (s) {
  await lookAt(s, desk);
  const stranger = await s.person();
  await stranger.goto(s.at('/console/'));
  await stranger.waitForSelector('.sign-in-card');
  await s.axe(stranger, 'sign-in');
  await s.picture(stranger, 'sign-in-light');
}

/** Looks at every page at some sizes; options are those of a browser that has them. */
export async function lookAt(s, sizes, options = {}) {
  const of = await morning(s);
  const first = await s.signedIn();
  const paths = await first.evaluate(async () => (await import('/console/routes.js')).routes.map((r) => r.path));
  await first.context().close();
  const only = process.env.ONLY?.split(',');

  const page = await s.signedIn('administer', { viewport: Object.values(sizes)[0], ...options });
  for (const path of paths) {
    const name = path.split('/').filter(Boolean).map((step) => (step.startsWith(':') ? 'one' : step)).join('-');
    if (only && !only.includes(name)) continue;
    const go = async () => {
      await page.setViewportSize(Object.values(sizes)[0]);
      await page.goto(s.at('/console' + path.replace('/conferences/:sid', '/conferences/' + of.past).replace('/now/:sid', '/now/' + of.live).replace('/calls/:sid', '/calls/' + of.call).replace(':code', '11200')));
      await page.locator(there[path] ?? 'main .page > *').first().waitFor();
    };
    const looked = async (what, whole, opened = false) => {
      for (const [size, viewport] of Object.entries(sizes)) {
        if (opened && size === 'tablet') continue;
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          await page.evaluate(settled);
          const where = `${what}-${size}-${colorScheme}`;
          if (size !== 'tablet' && !(opened && colorScheme === 'dark')) await s.axe(page, where);
          const over = (await page.evaluate(() => document.documentElement.scrollWidth)) - viewport.width;
          if (over > 0) s.found.push(`${where}: it is ${over} px wider than the window`);
          for (const cut of await page.evaluate(overflowing, viewport.width)) s.found.push(`${where}: ${cut}`);
          await s.picture(page, where, whole);
        }
      }
    };
    await go();
    await looked(name, path !== '/warnings');
    if (path === '/now' && options.hasTouch) {
      await page.getByRole('button', { name: 'Pages' }).click();
      await looked('menu', false, true);
    }
    for (const [what, open] of opens[path] ?? []) {
      await go();
      await open(page);
      await looked(`${name}-${what}`, !(await page.locator('dialog').count()), true);
    }
    await s.policy(page, name);
  }
  await page.context().close();
}

/** Runs in the page: waits until it has been drawn anew, and nothing in it moves. */
async function settled() {
  window.scrollTo(0, 0);
  for (let still = 0; still < 3;) {
    await new Promise((done) => requestAnimationFrame(done));
    still = document.getAnimations().some((a) => a.playState === 'running') ? 0 : still + 1;
  }
}

/** Runs in the page: what reaches over the window's edge without a pane that scrolls it. */
function overflowing(width) {
  const found = [];
  const scrolls = (n) => { for (; n && n !== document.body; n = n.parentElement) if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(n).overflowX)) return true; return false; };
  for (const n of document.querySelectorAll('#app *, dialog *, .phone-corner')) {
    if (n.closest('.sr, .skip, svg')) continue;
    const box = n.getBoundingClientRect();
    if (box.width > 0 && box.height > 0 && (box.right > width + 0.5 || box.left < -0.5) && !scrolls(n.parentElement)) found.push(`${n.localName}.${n.className} “${n.textContent.slice(0, 30)}” reaches from ${Math.round(box.left)} to ${Math.round(box.right)}`);
  }
  return found.slice(0, 3);
}
