// Times and durations, for people.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const dayAndTime = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false });

const when = (t) => (t instanceof Date ? t : new Date(t));

/** 14:03:07 */
export const atClock = (t) => clock.format(when(t));

/** 3 Dec 2026 */
export const onDay = (t) => day.format(when(t));

/** 3 Dec, 14:03; of today 14:03:07 alone. */
export function atTime(t) {
  const d = when(t);
  return d.toDateString() === new Date().toDateString() ? clock.format(d) : dayAndTime.format(d);
}

/** 0:07, 12:03, 1:02:03, of milliseconds. */
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  return hours > 0 ? `${hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** A moment as the API's RFC 2822 dates and RFC 3339 dates have it, as a Date. */
export const parse = (text) => (text ? new Date(text) : null);
