// How people are called here.

const key = 'confab.mask';
let masked = false;
try { masked = localStorage.getItem(key) === '1'; } catch { /* storage is shut */ }

/** Reports whether numbers are masked, for those who show their screen. */
export const numbersMasked = () => masked;

/** Masks numbers, or shows them. */
export function maskNumbers(on) {
  masked = on;
  try { localStorage.setItem(key, on ? '1' : '0'); } catch { /* for this page only */ }
}

/** A number or address as it may be shown: the last two digits of a masked number. */
export function shownNumber(from) {
  const text = (from ?? '').replace(/^sips?:/, '');
  if (!masked) return text;
  const digits = text.replace(/@.*$/, '').replace(/\D/g, '');
  if (digits.length < 4) return text.replace(/@.*$/, '');
  return '•••• ' + digits.slice(-2);
}

/** What somebody is called: the label, the name they came with, or the number. */
export function nameOf(p) {
  if (p.label) return p.label;
  if (p.caller) return p.caller;
  if (p.from?.startsWith('client:')) return p.from.slice(7);
  return shownNumber(p.from) || 'Somebody';
}

/** Reports whether somebody is still being called: they have a place, and are not in it. */
export const isCalled = (p) => !!p.status && p.status !== 'connected';

/** The letters that stand for a name. */
export function initials(name) {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, ' ').trim().split(/\s+/);
  const letters = words.length > 1 ? words[0][0] + words.at(-1)[0] : (words[0] ?? '').slice(0, 2);
  return (letters || '?').toUpperCase();
}

/** One of a few hues for a name, the same each time. */
export function hueOf(text) {
  let n = 7;
  for (const c of text) n = (n * 31 + c.codePointAt(0)) >>> 0;
  return n % 6;
}
