// What a phone sounds like: it rings, it tells that it rings elsewhere, and its
// keys beep. All of it is made here, by oscillators.

import { context } from './microphone.js';

const ROWS = [697, 770, 852, 941]; // ITU-T Q.23
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYS = ['123A', '456B', '789C', '*0#D'];

/** The two frequencies of a key, in hertz; null for what is no key. */
export function frequencies(key) {
  for (const [row, keys] of KEYS.entries()) {
    const column = keys.indexOf(key);
    if (key.length === 1 && column >= 0) return [ROWS[row], COLUMNS[column]];
  }
  return null;
}

/** Beeps for a key that was pressed, quietly: it is not what the far end hears. */
export function beep(key) {
  const pair = frequencies(key);
  if (pair) sound(pair, [[0, 0.12]], 0.05);
}

/** The ring of a call that comes in; stop it by what is returned. */
export function ring() {
  return repeat(() => sound([660, 880], [[0, 0.18], [0.24, 0.18], [0.48, 0.3]], 0.12), 2600);
}

/** What a caller hears while it rings elsewhere. */
export function ringback() {
  return repeat(() => sound([440, 480], [[0, 1.2]], 0.04), 4000);
}

/** Two falling notes: it is over. */
export function over() {
  sound([520], [[0, 0.09]], 0.05);
  sound([390], [[0.11, 0.14]], 0.05);
}

function repeat(play, every) {
  play();
  const timer = setInterval(play, every);
  return () => clearInterval(timer);
}

/** Plays frequencies together, in pieces of [begin, length] in seconds from now. */
function sound(pitches, pieces, volume) {
  let ctx;
  try {
    ctx = context();
  } catch {
    return; // a browser without sound
  }
  if (ctx.state !== 'running') return; // nobody has touched the page yet: it would all come at once later
  for (const [begin, length] of pieces) {
    const at = ctx.currentTime + begin, gain = ctx.createGain();
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(volume, at + 0.01); // without a ramp it clicks
    gain.gain.setValueAtTime(volume, at + length - 0.02);
    gain.gain.linearRampToValueAtTime(0, at + length);
    gain.connect(ctx.destination);
    for (const pitch of pitches) {
      const tone = ctx.createOscillator();
      tone.frequency.value = pitch;
      tone.connect(gain);
      tone.start(at);
      tone.stop(at + length);
    }
  }
}
