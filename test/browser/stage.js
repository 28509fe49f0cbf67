// What the tests of the pages stand on: Chromium, a page that tells of every script
// that was slipped in and of everything that its policy stopped, and how pages are
// looked at.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const need = (name) => process.env[name] ?? assert.fail(`${name} is not set`);

export const base = need('CONSOLE');
export const account = need('ACCOUNT');
export const token = need('TOKEN');
const shots = need('SHOTS');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Texts that are markup where they are not taken as text. Each calls slipped(). */
export const evil = ['<script>slipped(1)</script>', '<img src=x onerror=slipped(2)>', '"><svg onload=slipped(3)>', "';slipped(4);//"];

const browser = await chromium.launch({ executablePath: need('CHROMIUM'), args: ['--no-sandbox'] });
export const close = () => browser.close();

/**
 * A page of somebody who has signed in by the form, and what went wrong in it:
 * slipped, what ran that should not; stopped, what the policy stopped; errors.
 */
export async function signIn({ user = account, password = token, width = 1440, height = 900, dark = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', acceptDownloads: true, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const wrong = { slipped: [], stopped: [], errors: [] };
  await page.exposeFunction('slipped', (what) => { wrong.slipped.push(what); });
  await page.exposeFunction('stoppedByPolicy', (what) => { wrong.stopped.push(what); });
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => window.stoppedByPolicy(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`)));
  page.on('pageerror', (e) => wrong.errors.push(e.message));
  page.on('dialog', (d) => { wrong.slipped.push(d.message()); d.dismiss(); });
  await page.goto(`${base}/console/`);
  await page.getByLabel('AccountSid').fill(user);
  await page.getByLabel('AuthToken').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.shell').waitFor();
  return { page, wrong, context };
}

/** Nothing that was slipped in has run, nothing was stopped, nothing failed. */
export function clean(wrong) {
  assert.deepEqual(wrong, { slipped: [], stopped: [], errors: [] });
}

/** Goes to a page of the console and waits until its heading is there. */
export async function visit(page, path, heading) {
  await page.goto(`${base}/console${path}`);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
}

/** What axe finds that is serious. */
export async function serious(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
}

/** Keeps a picture of a page. */
export async function picture(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, name + '.png'), fullPage: true });
}

/** Asks the API as the account. */
export async function api(method, path, { form = null, json = null } = {}) {
  const headers = { Authorization: 'Basic ' + Buffer.from(`${account}:${token}`).toString('base64') };
  if (json) headers['Content-Type'] = 'application/json';
  const r = await fetch(base + path, { method, headers, body: form ? new URLSearchParams(form) : json ? JSON.stringify(json) : null });
  const body = r.status === 204 ? null : await r.json();
  assert.ok(r.ok, `${method} ${path}: ${r.status} ${JSON.stringify(body)}`);
  return body;
}

/** The address of a resource of the account. */
export const rest = (path) => `/2010-04-01/Accounts/${account}/${path}.json`;

/** Waits until look() returns something that is not false, null or undefined; returns it. */
export async function until(what, look, patience = 15_000) {
  for (const end = Date.now() + patience; ;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < end, `not within ${patience} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
