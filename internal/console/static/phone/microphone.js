// The microphone: which one, that it may be used, and how loud it is.

const KEPT = 'confab-phone-microphone'; // where the choice is kept, for this browser

/** Why there is no microphone, in words for who wants to call. */
export function refusal(error) {
  switch (error?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'The browser may not use the microphone. Allow it (the symbol beside the address), then call again.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No microphone was found. Plug one in, then call again.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The microphone cannot be opened: another program may be using it.';
    case 'InsecureError':
      return error.message;
  }
  return `The microphone cannot be opened: ${error?.message ?? error}`;
}

/** Opens the microphone that was chosen last, or any. Who opens it stops its tracks. */
export async function open(id = chosen()) {
  if (!navigator.mediaDevices?.getUserMedia) {
    const error = new Error('Browsers give the microphone to pages over HTTPS and on localhost only. Open this page by its https:// address.');
    error.name = 'InsecureError';
    throw error;
  }
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  if (id) audio.deviceId = { ideal: id };
  return navigator.mediaDevices.getUserMedia({ audio, video: false });
}

/** The devices of a kind (`audioinput`, `audiooutput`) that can be told apart. */
export async function devices(kind) {
  const all = await navigator.mediaDevices?.enumerateDevices?.() ?? [];
  let n = 0;
  return all.filter((d) => d.kind === kind && d.deviceId).map((d) => {
    n++;
    return { id: d.deviceId, label: d.label || `${kind === 'audioinput' ? 'Microphone' : 'Loudspeaker'} ${n}` };
  });
}

export function chosen() {
  try {
    return localStorage.getItem(KEPT) ?? '';
  } catch {
    return ''; // a page without storage
  }
}

export function choose(id) {
  try {
    localStorage.setItem(KEPT, id);
  } catch {
    // It is then chosen for this page only.
  }
}

/** The one context of sound that a page may have; browsers allow few. */
export function context() {
  context.made ??= new AudioContext();
  if (context.made.state === 'suspended') context.made.resume().catch(() => {});
  return context.made;
}

/** Meter tells how loud a stream is, from 0 to 1 on a scale of decibels. */
export class Meter {
  #source;
  #analyser;
  #samples;

  constructor(stream) {
    const ctx = context();
    this.#source = ctx.createMediaStreamSource(stream);
    this.#analyser = ctx.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source.connect(this.#analyser);
  }

  /** −60 dB and less is 0, full scale is 1. */
  level() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const s of this.#samples) sum += s * s;
    const db = 10 * Math.log10(sum / this.#samples.length + 1e-10);
    return Math.min(Math.max(1 + db / 60, 0), 1);
  }

  close() {
    this.#source.disconnect();
  }
}
