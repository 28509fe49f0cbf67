// Runs a story: node run.mjs NAME. What it needs of the outside is in the
// environment: CHROMIUM, SWITCH, PROPS, ACCOUNT, TOKEN.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const env = process.env;
const story = process.argv[2];
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({
  executablePath: env.CHROMIUM, headless: true,
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-proxy-server', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
});
const found = []; // what pages complained of

/** A browser of its own, with its own cookies. */
async function person(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(30_000);
  await context.addInitScript(() => {
    window.refused = [];
    document.addEventListener('securitypolicyviolation', (e) => window.refused.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
  });
  return tab(context);
}

/** A page more of somebody's browser. */
async function tab(context) {
  const page = await context.newPage();
  page.on('pageerror', (e) => found.push(`${page.url()}: ${e.stack ?? e.message}`));
  page.on('console', (m) => { if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) found.push(`${page.url()}: ${m.text()}`); });
  return page;
}

const s = {
  assert, browser, env, person, tab, found,
  at: (path) => env.SWITCH + path,

  /** Asks the stage: props('call', {name, pitch, to}). */
  async props(what, values = {}) {
    const r = await fetch(`${env.PROPS}/${what}?${new URLSearchParams(values)}`);
    if (!r.ok) throw new Error(`${what} ${JSON.stringify(values)}: ${await r.text()}`);
    return r.json();
  },

  basic: { Authorization: 'Basic ' + Buffer.from(`${env.ACCOUNT}:${env.TOKEN}`).toString('base64') },

  /** Asks the REST API with the account's credentials. */
  async rest(method, path, form = null) {
    const r = await fetch(`${env.SWITCH}/2010-04-01/Accounts/${env.ACCOUNT}/${path}.json`, {
      method, body: form ? new URLSearchParams(form) : undefined, headers: s.basic,
    });
    return r.status === 204 ? null : r.json();
  },

  /** A request whose headers may be any. */
  raw: (method, path, headers) => new Promise((done, fail) => {
    const r = httpRequest(env.SWITCH + path, { method, headers, setHost: false }, (answer) => {
      let body = '';
      answer.on('data', (d) => { body += d; });
      answer.on('end', () => done({ status: answer.statusCode, body }));
    });
    r.on('error', fail);
    r.end();
  }),

  /** Opens the console as somebody with a role. */
  async signedIn(role = 'administer', options = {}) {
    const page = await person(options);
    await page.goto(await s.props('link', { role }));
    await page.waitForSelector('.shell');
    return page;
  },

  /** Waits until f returns something that is true. */
  async until(what, f, ms = 20_000) {
    const end = Date.now() + ms;
    let last;
    for (;;) {
      try { if (await f()) return; last = null; } catch (err) { last = err; }
      if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}${last ? ` (${last.message})` : ''}`);
      await new Promise((done) => setTimeout(done, 60));
    }
  },

  hears: async (name, pitch) => (await s.props('hears', { name, pitch })).hears,

  /** Nothing serious is wrong with a page for those who do not see it. */
  async axe(page, where) {
    if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axeSource);
    const bad = await page.evaluate(async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
      .filter((v) => ['serious', 'critical'].includes(v.impact))
      .map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? '')).join('; ')}`));
    for (const b of bad) found.push(`${where}: axe: ${b}`);
  },

  /** The browser has refused nothing that the page asked for. */
  async policy(page, where) {
    for (const r of await page.evaluate(() => window.refused)) found.push(`${where}: refused by the policy: ${r}`);
  },

  /** Keeps a picture in output/: of the window, or of the whole page. */
  async picture(page, name, whole = false) {
    mkdirSync(new URL('./output/', import.meta.url), { recursive: true });
    await page.screenshot({ path: new URL(`./output/${name}.png`, import.meta.url).pathname, fullPage: whole });
  },
};

let failed = null;
try {
  await (await import(`./stories/${story}.mjs`)).default(s);
} catch (err) { failed = err; }
if (failed) {
  for (const [i, page] of browser.contexts().flatMap((c) => c.pages()).entries()) await s.picture(page, `failed-${story}-${i}`).catch(() => {});
  console.error(failed.stack);
}
for (const f of found) console.error(f);
await browser.close();
process.exit(failed || found.length ? 1 : 0);
