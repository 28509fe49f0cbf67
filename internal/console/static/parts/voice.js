// Where the calls of a number or of an application are asked what to do: the
// fields that both have.

const methods = [['POST', 'POST'], ['GET', 'GET']];

function address(v) {
  if (v === '') return '';
  try { return /^https?:$/.test(new URL(v).protocol) ? '' : 'The address must begin with http:// or https://'; } catch { return 'Write the whole address, such as https://app.example.com/voice'; }
}

/** Fields of a form, for what the API has now; null: for something new. */
export const voiceFields = (now) => [
  { name: 'VoiceUrl', label: 'When a call comes in, ask', type: 'url', value: now?.voice_url ?? '', placeholder: 'https://app.example.com/voice', check: address },
  { name: 'VoiceMethod', label: 'Method', type: 'select', value: now?.voice_method ?? 'POST', options: methods },
  { name: 'VoiceFallbackUrl', label: 'If that fails, ask', type: 'url', value: now?.voice_fallback_url ?? '', placeholder: 'https://app.example.com/sorry', check: address },
  { name: 'VoiceFallbackMethod', label: 'Method', type: 'select', value: now?.voice_fallback_method ?? 'POST', options: methods },
  { name: 'StatusCallback', label: 'When the call ends, tell', type: 'url', value: now?.status_callback ?? '', placeholder: 'https://app.example.com/ended', check: address },
  { name: 'StatusCallbackMethod', label: 'Method', type: 'select', value: now?.status_callback_method ?? 'POST', options: methods },
];

/** Puts the method beside its address. */
export function pairUp(f) {
  for (const name of ['Voice', 'VoiceFallback', 'StatusCallback']) {
    const url = (f.inputs[name + 'Url'] ?? f.inputs[name])?.closest('.field');
    const method = f.inputs[name + 'Method']?.closest('.field');
    if (!url || !method) continue;
    const row = document.createElement('div');
    row.className = 'url-and-method';
    url.replaceWith(row);
    row.append(url, method);
  }
}
