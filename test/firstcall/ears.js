// What is heard in a page, waited for.

const QUIET = -85 // decibels of the loudest pitch: below it nobody is heard
const PATIENCE = 15_000 // ms

/** Waits until listen() tells of a pitch, within 1 %; 0: of nothing. */
export async function heard(what, pitch, listen) {
  let last
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    last = await listen()
    if (pitch === 0 ? last.level < QUIET : last.level > QUIET && Math.abs(last.pitch - pitch) < pitch * 0.01 + 3) return last
  }
  throw new Error(`${what} ${Math.round(last.pitch)} Hz at ${Math.round(last.level)} dB, not ${pitch || 'nothing'}`)
}
