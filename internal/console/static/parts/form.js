// Forms: fields with labels, what is wrong said at the field or below.

import { h } from './dom.js';

let serial = 0;

/**
 * Makes a form. fields: {name, label, type ('text', 'password', 'url', 'number',
 * 'textarea', 'select', 'checkbox'), value, options ([value, text] for select), hint,
 * required, placeholder, maxlength, autocomplete, check(value) → what is wrong}.
 * submit(values) is awaited; what it throws is said at the field that it names, or below.
 */
export function form({ fields, action = 'Save', submit, cancel = null, danger = false, className = '' }) {
  const inputs = {};
  const problem = h('p', { class: 'field-error', role: 'alert' });
  const button = h('button', { type: 'submit', class: danger ? 'danger' : 'primary' }, action);
  const rows = fields.map((f) => {
    const id = `field-${++serial}`;
    const common = {
      id, name: f.name, required: f.required, placeholder: f.placeholder ?? null, maxlength: f.maxlength ?? null,
      autocomplete: f.autocomplete ?? 'off', spellcheck: f.type === 'textarea' ? 'true' : 'false', 'aria-describedby': f.hint ? id + '-hint' : null,
    };
    let input;
    if (f.type === 'select') {
      input = h('select', { ...common }, f.options.map(([value, text]) => h('option', { value, selected: value === f.value }, text)));
    } else if (f.type === 'textarea') {
      input = h('textarea', { ...common, rows: f.rows ?? 4, value: f.value ?? '' });
    } else if (f.type === 'checkbox') {
      input = h('input', { ...common, type: 'checkbox', checked: !!f.value });
    } else {
      input = h('input', { ...common, type: f.type ?? 'text', value: f.value ?? '' });
    }
    const wrong = h('span', { class: 'field-error', id: id + '-wrong' });
    inputs[f.name] = { input, wrong, f };
    return f.type === 'checkbox'
      ? h('label', { class: 'field check', for: id }, input, h('span', {}, f.label), f.hint && h('small', { class: 'hint', id: id + '-hint' }, f.hint), wrong)
      : h('div', { class: 'field' }, h('label', { for: id }, f.label), input, f.hint && h('small', { class: 'hint', id: id + '-hint' }, f.hint), wrong);
  });
  const values = () => Object.fromEntries(Object.entries(inputs).map(([name, { input, f }]) => [name, f.type === 'checkbox' ? input.checked : input.value]));
  const node = h('form', {
    class: `form ${className}`, novalidate: true,
    onsubmit: async (e) => {
      e.preventDefault();
      problem.textContent = '';
      const given = values();
      let first = null;
      for (const { input, wrong, f } of Object.values(inputs)) {
        const bad = f.required && !String(given[f.name]).trim() ? `${f.label} is needed` : f.check?.(given[f.name], given) || '';
        wrong.textContent = bad;
        input.setAttribute('aria-invalid', bad ? 'true' : 'false');
        if (bad) first ??= input;
      }
      if (first) { first.focus(); return; }
      button.disabled = true;
      try { await submit(given); } catch (err) {
        const at = inputs[err.field];
        (at?.wrong ?? problem).textContent = err.message || 'It did not work';
        at?.input.setAttribute('aria-invalid', 'true');
        at?.input.focus();
      } finally { button.disabled = false; }
    },
  }, rows, problem, h('div', { class: 'actions' }, cancel && h('button', { type: 'button', onclick: cancel }, 'Cancel'), button));
  return { node, inputs: Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, v.input])), values, problem };
}
