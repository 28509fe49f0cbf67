// API keys: what programs and people come in with instead of the account's own secret.

import { rest, session } from '../api.js';
import { copyButton } from '../parts/copy.js';
import { confirm, openDialog } from '../parts/dialog.js';
import { h, setText } from '../parts/dom.js';
import { form } from '../parts/form.js';
import { icon } from '../parts/icons.js';
import { bindKey } from '../parts/keys.js';
import { table } from '../parts/table.js';
import { onDay } from '../parts/time.js';
import { complain, toast } from '../parts/toast.js';

export const title = 'API keys';

const roles = [['look', 'Look: see everything but secrets'], ['moderate', 'Moderate: also act on live calls and conferences'], ['administer', 'Administer: also change numbers, rooms and applications']];
const kinds = { look: '', moderate: 'info', administer: 'warn' };

export async function render(root, params, ctx) {
  const lead = h('p', { class: 'lead' });
  const list = table({
    caption: 'API keys',
    empty: 'There are no keys yet. A key gives a program or a person access without the account’s AuthToken, and can be deleted alone.',
    columns: [
      { head: 'Name', cell: (k) => h('span', {}, h('strong', {}, k.friendly_name || 'without a name'), k.sid === session.key && h('span', { class: 'badge good' }, 'yours')) },
      { head: 'Role', cell: (k) => (k.role ? h('span', { class: `badge ${kinds[k.role] ?? ''}` }, k.role) : '–') },
      { head: 'SID', cell: (k) => h('span', { class: 'row nowrap' }, h('span', { class: 'mono sid' }, k.sid), copyButton(k.sid, `Copy the SID of ${k.friendly_name || k.sid}`)) },
      { head: 'Created', cell: (k) => h('span', { class: 'num-text' }, onDay(k.date_created)) },
      { head: h('span', { class: 'sr' }, 'What can be done'), class: 'acts', cell: (k) => h('span', { class: 'row-acts' },
        h('button', { type: 'button', class: 'ghost small', onclick: () => edit(k) }, icon('rename', 15), 'Change', h('span', { class: 'sr' }, ` ${k.friendly_name ?? ''}`)),
        h('button', { type: 'button', class: 'ghost small icon-only danger', 'aria-label': `Delete ${k.friendly_name || k.sid}`, title: 'Delete', onclick: () => remove(k) }, icon('trash', 15))) },
    ],
  });
  root.append(h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, 'API keys'), lead),
    h('div', { class: 'page-tools' }, h('button', { type: 'button', class: 'primary', onclick: () => edit(null) }, icon('add', 16), 'New key'))), list.node);

  const load = async () => {
    const keys = await rest.all('Keys', 'keys');
    list.set(keys);
    setText(lead, keys.length === 0 ? '' : `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}. A key’s secret is shown once, when the key is created.`);
  };

  const edit = (k) => {
    const f = form({
      fields: [
        { name: 'FriendlyName', label: 'Name', value: k?.friendly_name ?? '', maxlength: 64, required: true, hint: 'Who or what uses it.' },
        { name: 'Role', label: 'Role', type: 'select', value: k?.role ?? 'moderate', options: roles, hint: 'No key can read or change the account or other keys over the API.' },
      ],
      action: k ? 'Save' : 'Create the key', cancel: () => d.close(),
      submit: async (v) => {
        const made = await rest.post(k ? `Keys/${k.sid}` : 'Keys', v);
        d.close();
        await load();
        if (k) toast(`${made.friendly_name} is changed.`, 'good');
        else reveal(made);
      },
    });
    const d = openDialog({ title: k ? k.friendly_name || k.sid : 'New key', content: f.node });
    f.inputs.FriendlyName.focus();
  };

  const reveal = (k) => {
    const line = (label, value) => h('div', { class: 'secret-line' }, h('span', { class: 'soft' }, label), h('code', { class: 'secret' }, value), copyButton(value, `Copy the ${label}`));
    const d = openDialog({
      title: `${k.friendly_name || 'The key'} is created`, wide: true,
      content: h('div', { class: 'form' }, line('SID', k.sid), line('Secret', k.secret),
        h('p', { class: 'notice' }, 'The secret is shown only now. Keep it where only its owner can read it. If it is lost, create another key.'),
        h('div', { class: 'actions' }, copyButton(`${k.sid}:${k.secret}`, 'Copy both, as SID:secret', { words: 'Copy both' }), h('button', { type: 'button', class: 'primary', onclick: () => d.close() }, 'I have saved it'))),
    });
  };

  const remove = async (k) => {
    if (!await confirm({ title: `Delete ${k.friendly_name || k.sid}?`, body: 'Whatever uses it is refused from then on, and whoever is signed in with it is signed out.', action: 'Delete', danger: true })) return;
    try { await rest.delete(`Keys/${k.sid}`); toast('The key is deleted.', 'good'); await load(); } catch (err) { complain(err); }
  };

  const unbind = bindKey('c', 'New key', () => edit(null));
  await load();
  return unbind;
}
