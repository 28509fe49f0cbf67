// Applications: addresses that several numbers and browsers share.

import { rest } from '../api.js';
import { copyButton } from '../parts/copy.js';
import { confirm, openDialog } from '../parts/dialog.js';
import { h, setText } from '../parts/dom.js';
import { form } from '../parts/form.js';
import { icon } from '../parts/icons.js';
import { bindKey } from '../parts/keys.js';
import { table } from '../parts/table.js';
import { complain, toast } from '../parts/toast.js';
import { pairUp, voiceFields } from '../parts/voice.js';

export const title = 'Applications';

export async function render(root, params, ctx) {
  const admin = ctx.can('administer');
  const lead = h('p', { class: 'lead' });
  let applications = [];
  let used = new Map();
  const list = table({
    caption: 'Applications',
    empty: 'There are no applications yet. An application is an address that answers calls in TwiML; several numbers can share it, and browsers call through it.',
    columns: [
      { head: 'Name', cell: (a) => h('strong', {}, a.friendly_name || 'without a name') },
      { head: 'Voice URL', cell: (a) => (a.voice_url ? h('span', { class: 'mono wrap' }, a.voice_url) : h('span', { class: 'soft' }, 'no address')) },
      { head: 'Numbers', cell: (a) => (used.get(a.sid) ? String(used.get(a.sid)) : '–') },
      { head: 'SID', cell: (a) => h('span', { class: 'row nowrap' }, h('span', { class: 'mono sid' }, a.sid), copyButton(a.sid, `Copy the SID of ${a.friendly_name || a.sid}`)) },
      { head: h('span', { class: 'sr' }, 'What can be done'), class: 'acts', cell: (a) => admin && h('span', { class: 'row-acts' },
        h('button', { type: 'button', class: 'ghost small', onclick: () => edit(a) }, icon('rename', 15), 'Change', h('span', { class: 'sr' }, ` ${a.friendly_name ?? ''}`)),
        h('button', { type: 'button', class: 'ghost small icon-only danger', 'aria-label': `Delete ${a.friendly_name || a.sid}`, title: 'Delete', onclick: () => remove(a) }, icon('trash', 15))) },
    ],
  });
  root.append(h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, 'Applications'), lead),
    h('div', { class: 'page-tools' }, admin && h('button', { type: 'button', class: 'primary', onclick: () => edit(null) }, icon('add', 16), 'New application'))), list.node);

  const load = async () => {
    const [apps, numbers] = await Promise.all([rest.all('Applications', 'applications'), rest.all('IncomingPhoneNumbers', 'incoming_phone_numbers')]);
    applications = apps;
    used = new Map();
    for (const n of numbers) if (n.voice_application_sid) used.set(n.voice_application_sid, (used.get(n.voice_application_sid) ?? 0) + 1);
    list.set(applications);
    setText(lead, applications.length === 0 ? '' : `${applications.length} ${applications.length === 1 ? 'application' : 'applications'}. Changes apply from the next call on.`);
  };

  const edit = (a) => {
    const f = form({
      fields: [{ name: 'FriendlyName', label: 'Name', value: a?.friendly_name ?? '', maxlength: 64, required: true }, ...voiceFields(a)],
      action: a ? 'Save' : 'Create the application', cancel: () => d.close(),
      submit: async (v) => {
        const made = await rest.post(a ? `Applications/${a.sid}` : 'Applications', v);
        d.close();
        toast(`${made.friendly_name} is ${a ? 'changed' : 'created'}.`, 'good');
        await load();
      },
    });
    pairUp(f);
    const d = openDialog({ title: a ? a.friendly_name || a.sid : 'New application', content: f.node, wide: true });
    f.inputs.FriendlyName.focus();
  };

  const remove = async (a) => {
    const n = used.get(a.sid) ?? 0;
    if (!await confirm({ title: `Delete ${a.friendly_name || a.sid}?`, body: n > 0 ? `${n === 1 ? 'A number uses' : `${n} numbers use`} it: the conference line will answer instead.` : 'No number uses it.', action: 'Delete', danger: true })) return;
    try { await rest.delete(`Applications/${a.sid}`); toast('The application is deleted.', 'good'); await load(); } catch (err) { complain(err); }
  };

  const unbind = admin ? bindKey('c', 'New application', () => edit(null)) : null;
  await load();
  return () => unbind?.();
}
