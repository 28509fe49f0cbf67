// Numbers, and what answers them.

import { rest } from '../api.js';
import { confirm, openDialog } from '../parts/dialog.js';
import { fill, h, setText } from '../parts/dom.js';
import { form } from '../parts/form.js';
import { icon } from '../parts/icons.js';
import { bindKey } from '../parts/keys.js';
import { table } from '../parts/table.js';
import { complain, toast } from '../parts/toast.js';
import { pairUp, voiceFields } from '../parts/voice.js';

export const title = 'Numbers';

// The number that stands for all that have no entry of their own.
const named = (number) => (number === '*' ? 'Any other number' : number);

export async function render(root, params, ctx) {
  const admin = ctx.can('administer');
  const lead = h('p', { class: 'lead' });
  const search = h('input', { type: 'search', 'aria-label': 'Search numbers', placeholder: 'Number or name', spellcheck: 'false' });
  let numbers = [];
  let applications = [];
  const leadsTo = (n) => {
    if (n.voice_application_sid) {
      const app = applications.find((a) => a.sid === n.voice_application_sid);
      return h('span', {}, h('span', { class: 'badge info' }, 'application'), ' ', app?.friendly_name || n.voice_application_sid);
    }
    return n.voice_url ? h('span', { class: 'mono wrap' }, n.voice_url) : h('span', {}, h('span', { class: 'badge good' }, 'rooms'), ' the conference line');
  };
  const list = table({
    caption: 'Numbers',
    empty: 'There are no numbers yet.',
    columns: [
      { head: 'Number', cell: (n) => h('strong', { class: 'num-text' }, named(n.phone_number)) },
      { head: 'Name', cell: (n) => n.friendly_name },
      { head: 'Answered by', cell: leadsTo },
      { head: 'Kind', cell: (n) => ({ local: 'local', mobile: 'mobile', 'toll-free': 'toll-free' }[n.type] ?? '–') },
      { head: h('span', { class: 'sr' }, 'What can be done'), class: 'acts', cell: (n) => admin && h('span', { class: 'row-acts' },
        h('button', { type: 'button', class: 'ghost small', onclick: () => edit(n) }, icon('rename', 15), 'Change', h('span', { class: 'sr' }, ` ${n.phone_number}`)),
        h('button', { type: 'button', class: 'ghost small icon-only danger', 'aria-label': `Release ${n.phone_number}`, title: 'Release', onclick: () => release(n) }, icon('trash', 15))) },
    ],
  });
  root.append(
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, 'Numbers'), lead),
      h('div', { class: 'page-tools' }, h('div', { class: 'search' }, icon('search', 16), search),
        admin && h('button', { type: 'button', class: 'primary', onclick: buy }, icon('add', 16), 'Get a number'))),
    list.node);

  const draw = () => {
    const text = search.value.trim().toLowerCase();
    list.set(numbers.filter((n) => [n.phone_number, n.friendly_name, n.voice_url, applications.find((a) => a.sid === n.voice_application_sid)?.friendly_name].some((s) => (s ?? '').toLowerCase().includes(text))));
    setText(lead, numbers.length === 0 ? '' : `${numbers.length} ${numbers.length === 1 ? 'number' : 'numbers'}. Changes apply from the next call on.`);
  };
  const load = async () => {
    [numbers, applications] = await Promise.all([rest.all('IncomingPhoneNumbers', 'incoming_phone_numbers'), rest.all('Applications', 'applications')]);
    draw();
  };

  const answeredBy = (n) => (n?.voice_application_sid ? 'application' : n?.voice_url ? 'url' : 'line');
  const fields = (n) => [
    { name: 'FriendlyName', label: 'Name', value: n?.friendly_name ?? '', maxlength: 64 },
    { name: 'by', label: 'Answered by', type: 'select', value: answeredBy(n), options: [['line', 'The conference line, with its rooms'], ['url', 'My application, at an address'], ['application', 'An application of the list']] },
    { name: 'VoiceApplicationSid', label: 'Application', type: 'select', value: n?.voice_application_sid ?? '', options: applications.map((a) => [a.sid, a.friendly_name || a.sid]), check: (v, all) => (all.by === 'application' && !v ? 'There are no applications yet: make one first' : '') },
    ...voiceFields(n).map((f) => (f.name === 'VoiceUrl' ? { ...f, check: (v, all) => (all.by === 'url' && v === '' ? 'Write the address' : f.check(v)) } : f)),
  ];
  // What is not of the chosen kind is taken away, so that the number leads to one thing.
  const wanted = (v) => {
    const q = { FriendlyName: v.FriendlyName, VoiceApplicationSid: '', VoiceUrl: '', VoiceFallbackUrl: '', StatusCallback: v.StatusCallback, StatusCallbackMethod: v.StatusCallbackMethod };
    if (v.by === 'application') q.VoiceApplicationSid = v.VoiceApplicationSid;
    if (v.by === 'url') Object.assign(q, { VoiceUrl: v.VoiceUrl, VoiceMethod: v.VoiceMethod, VoiceFallbackUrl: v.VoiceFallbackUrl, VoiceFallbackMethod: v.VoiceFallbackMethod });
    return q;
  };
  const byKind = (f) => {
    pairUp(f);
    const show = () => {
      const by = f.inputs.by.value;
      f.inputs.VoiceApplicationSid.closest('.field').hidden = by !== 'application';
      for (const name of ['VoiceUrl', 'VoiceFallbackUrl']) f.inputs[name].closest('.url-and-method').hidden = by !== 'url';
      f.inputs.StatusCallback.closest('.url-and-method').hidden = by === 'application';
    };
    f.inputs.by.addEventListener('change', show);
    show();
  };

  const edit = (n) => {
    const f = form({
      fields: fields(n), action: 'Save', cancel: () => d.close(),
      submit: async (v) => {
        await rest.post(`IncomingPhoneNumbers/${n.sid}`, wanted(v));
        d.close();
        toast(`${named(n.phone_number)} is changed, from the next call on.`, 'good');
        await load();
      },
    });
    byKind(f);
    const d = openDialog({ title: named(n.phone_number), content: f.node, wide: true });
  };

  const release = async (n) => {
    if (!await confirm({ title: `Release ${n.phone_number}?`, body: 'From then on, calls to it are refused. Live calls go on.', action: 'Release', danger: true })) return;
    try { await rest.delete(`IncomingPhoneNumbers/${n.sid}`); toast(`${n.phone_number} is released.`, 'good'); await load(); } catch (err) { complain(err); }
  };

  async function buy() {
    let countries = [];
    try { countries = (await rest.get('AvailablePhoneNumbers')).countries; } catch (err) { complain(err); return; }
    if (countries.length === 0) {
      const d = openDialog({
        title: 'No numbers to choose from',
        content: h('div', { class: 'form' }, h('p', {}, 'List the numbers that you own in the configuration file, under ', h('code', {}, 'number_blocks'), '. Or add a single one on the machine of the switch:'),
          h('pre', { tabindex: '0' }, 'confab number add +15550123'), h('div', { class: 'actions' }, h('button', { type: 'button', class: 'primary', onclick: () => d.close() }, 'Close'))),
      });
      return;
    }
    const kinds = { local: 'Local', mobile: 'Mobile', toll_free: 'TollFree' };
    const words = { local: 'Local', mobile: 'Mobile', toll_free: 'Toll-free' };
    const country = h('select', { id: 'buy-country' }, countries.map((c) => h('option', { value: c.country_code }, c.country)));
    const type = h('select', { id: 'buy-type' });
    const contains = h('input', { id: 'buy-contains', placeholder: 'such as 0123 or 555****', spellcheck: 'false', autocomplete: 'off' });
    const offers = h('div', { class: 'offers', role: 'radiogroup', 'aria-label': 'Available numbers' });
    let chosen = '';
    const types = () => { const c = countries.find((x) => x.country_code === country.value); fill(type, Object.keys(c.subresource_uris).map((k) => h('option', { value: k }, words[k]))); };
    let asking = null;
    const look = async () => {
      asking?.abort();
      const mine = asking = new AbortController();
      try {
        const page = await rest.get(`AvailablePhoneNumbers/${country.value}/${kinds[type.value]}`, { PageSize: 20, Contains: contains.value.trim() || null }, mine.signal);
        if (!page.available_phone_numbers.some((o) => o.phone_number === chosen)) chosen = '';
        fill(offers, page.available_phone_numbers.length === 0 ? h('p', { class: 'soft' }, 'No available number has these digits.') : page.available_phone_numbers.map((o) => h('label', { class: 'offer' },
          h('input', { type: 'radio', name: 'offer', value: o.phone_number, checked: o.phone_number === chosen, onchange: () => { chosen = o.phone_number; } }), h('span', {}, o.friendly_name || o.phone_number))));
      } catch (err) { if (err.name !== 'AbortError') fill(offers, h('p', { class: 'field-error', role: 'alert' }, err.message)); }
    };
    const f = form({
      fields: fields(null), action: 'Get this number', cancel: () => d.close(),
      submit: async (v) => {
        if (!chosen) throw new Error('Choose a number first');
        const q = wanted(v);
        for (const [k, x] of Object.entries(q)) if (x === '') delete q[k];
        await rest.post('IncomingPhoneNumbers', { PhoneNumber: chosen, ...q });
        d.close();
        toast(`${chosen} is yours.`, 'good');
        await load();
      },
    });
    byKind(f);
    f.node.prepend(
      h('div', { class: 'three' }, h('div', { class: 'field' }, h('label', { for: 'buy-country' }, 'Country'), country), h('div', { class: 'field' }, h('label', { for: 'buy-type' }, 'Kind'), type),
        h('div', { class: 'field' }, h('label', { for: 'buy-contains' }, 'With these digits'), contains)), offers);
    country.addEventListener('change', () => { types(); look(); });
    type.addEventListener('change', look);
    let typing = 0;
    contains.addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(look, 200); });
    types();
    const d = openDialog({ title: 'Get a number', content: f.node, wide: true });
    look();
  }

  search.addEventListener('input', draw);
  const unbind = [bindKey('/', 'Search', () => search.focus()), admin && bindKey('c', 'Get a number', buy)].filter(Boolean);
  await load();
  return () => { for (const u of unbind) u(); };
}
