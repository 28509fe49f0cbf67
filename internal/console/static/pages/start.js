// The first page: from nothing to a call of two tabs, and the three ways on.

import { own, rest, session, watchEvents } from '../api.js';
import { fill, h, setAttr } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { element, place } from '../phone/dock.js';
import { setting, snippet } from '../phone/snippet.js';

export const title = 'First call';

export async function render(root, params, ctx) {
  const host = await own.get('/v1/host');
  const phone = element();
  const steps = {
    call: step('Press Call', ['The browser asks whether it may use the microphone. Then a greeting answers.']),
    code: step(host.code ? `Key ${host.code}#` : 'Key an access code', host.code
      ? ['When you are asked for the code, press ', keys(host.code + '#'), ' on the keypad or on your keyboard. Now you are in a conference, alone so far.']
      : ['The sample rooms are gone, so no code is shown here. ', h('a', { href: '/console/line' }, 'Make a room'), ' and key its code.']),
    second: step('Open a second tab', ['Call from there too, with the same code. The two tabs are two callers who hear each other. Headphones prevent an echo.',
      h('a', { class: 'button', href: '/console/start', target: '_blank', rel: 'opener' }, icon('add'), 'Open a second tab')]),
  };
  const done = h('p', { class: 'start-done', role: 'status', hidden: true }, 'Two callers hear each other. ',
    h('a', { href: '/console/now' }, 'See the conference'), ', mute one, speak to both, or see the timeline.');
  const stage = h('div', { class: 'start-phone' });
  fill(root, h('div', { class: 'start' },
    h('header', { class: 'start-head' }, h('h1', {}, 'Your first call'),
      h('p', {}, 'This switch answers the phone at ', h('strong', {}, host.number || 'no number yet'), '. Call it from here: there is nothing to install.')),
    h('section', { class: 'start-call', 'aria-label': 'The first call' },
      h('div', {}, h('ol', { class: 'steps' }, Object.values(steps).map((s) => s.node)), done),
      phone ? stage : h('p', { class: 'empty' }, 'Calling from here needs the role moderate.')),
    h('h2', {}, 'Where to go from here'),
    h('div', { class: 'start-more' }, deskPhone(host), trunk(host), application(host))));
  if (phone && host.number) phone.setAttribute('to', host.number);
  const back = place(stage);

  // What was reached is ticked off, and stays so.
  let conference = '';
  const reach = (name) => { steps[name].done = true; mark(); };
  const mark = () => {
    let now = true;
    for (const s of Object.values(steps)) {
      setAttr(s.node, 'data-done', s.done ? '' : null);
      setAttr(s.node, 'data-now', now && !s.done ? '' : null);
      setAttr(s.node, 'aria-current', now && !s.done ? 'step' : null);
      if (!s.done) now = false;
    }
    done.hidden = !steps.second.done;
  };
  const connected = ({ detail }) => { if (detail.direction === 'out') reach('call'); };
  phone?.addEventListener('connected', connected);
  if (phone?.state === 'open') reach('call');
  const joined = (event) => {
    if (event.type !== 'participant-join') return;
    if (phone?.callSid && event.call_sid === phone.callSid) {
      conference = event.conference_sid;
      reach('call');
      reach('code');
      others(conference);
    } else if (conference && event.conference_sid === conference) reach('second');
  };
  /** Who was there before is told by no event. */
  async function others(sid) {
    try {
      const { participants } = await rest.get(`Conferences/${sid}/Participants`, { PageSize: 2 });
      if (participants.length > 1) reach('second');
    } catch { /* the next event tells */ }
  }
  const unwatch = watchEvents({ onEvent: joined });
  mark();
  return () => {
    unwatch();
    phone?.removeEventListener('connected', connected);
    back();
  };
}

function step(name, words) {
  const node = h('li', { class: 'step' }, h('span', { class: 'step-mark', 'aria-hidden': 'true' }), h('h2', {}, name), h('div', { class: 'what' },
    h('p', {}, words.filter((w) => !(w instanceof HTMLElement && w.classList.contains('button')))),
    words.filter((w) => w instanceof HTMLElement && w.classList.contains('button'))));
  return { node, done: false };
}

const keys = (text) => [...text].map((k, i) => [i > 0 && ' ', h('kbd', {}, k)]);

function deskPhone(host) {
  const { addresses, port, loopback, transports, codecs } = host.sip;
  const at = (a) => (a.includes(':') ? `[${a}]` : a) + (port === 5060 ? '' : `:${port}`);
  const first = addresses[0] ?? '127.0.0.1';
  return way('phone', 'A desk phone or an app', h('p', {}, 'Any SIP phone can call this address. It needs no account and no registration.'),
    snippet(`sip:${host.number || 'NUMBER'}@${at(first)}`, 'the address'),
    h('dl', { class: 'settings-list' },
      addresses.map((a, i) => setting(i === 0 ? 'Server or proxy' : 'or', a)),
      setting('Port', String(port)), setting('Transport', transports.join(', ').toUpperCase(), false),
      setting('User name', 'anything', false), setting('Password', 'none', false), setting('Register', 'no', false), setting('Codecs', codecs.join(', '), false)),
    loopback && h('p', {}, 'So far, only this machine reaches it. To let others in, start it with'),
    loopback && snippet(`${host.program} serve --sip 0.0.0.0:5060`, 'the command'));
}

function trunk(host) {
  const first = host.sip.addresses[0] ?? 'THIS-HOST';
  return way('numbers', 'A trunk from a provider or a PBX',
    h('p', {}, 'Calls to numbers of the telephone network come here by SIP.'),
    h('ol', {},
      h('li', {}, 'Open the switch to the provider, and name its public address:', snippet(`${host.program} serve --sip 0.0.0.0:5060 \\\n  --advertise PUBLIC-IP \\\n  --sip-trusted PROVIDER-NETWORK`, 'the command')),
      h('li', {}, 'Have the calls sent to', snippet(`sip:${host.sip.loopback ? 'PUBLIC-IP' : first}:${host.sip.port}`, 'the address of the switch')),
      h('li', {}, 'Add the number:', snippet(`${host.program} number add +15550123`, 'the command'), h('a', { href: '/console/numbers' }, 'or add it here'))));
}

function application(host) {
  const base = location.origin;
  return way('applications', 'Your own application, in TwiML',
    h('p', {}, 'The switch asks the application of a number, over HTTP, what to do with each call.'),
    h('ol', {},
      h('li', {}, 'Answer with TwiML, for example in Node:', snippet(`require('http').createServer((q, r) => r
  .setHeader('Content-Type', 'text/xml')
  .end('<Response><Say>Hello.</Say><Dial><Conference>tea</Conference></Dial></Response>'))
  .listen(3000)`, 'the program')),
      h('li', {}, 'Give it a number:', snippet(`${host.program} number add +15550124 \\\n  --voice-url http://127.0.0.1:3000/voice`, 'the command')),
      h('li', {}, 'Or by the REST API, as an application that numbers and browsers can share:', snippet(`curl -u "$ACCOUNT_SID:$AUTH_TOKEN" \\
  -d FriendlyName=Tea -d VoiceUrl=http://127.0.0.1:3000/voice \\
  ${base}/2010-04-01/Accounts/${session.account}/Applications.json`, 'the command')),
      h('li', {}, 'Call +15550124 with the phone above. What your application was asked, and what it answered, is in ', h('a', { href: '/console/calls' }, 'Calls'), '.')));
}

function way(picture, name, ...content) {
  return h('section', { class: 'card way' }, h('h3', {}, icon(picture, 20), name), content);
}
