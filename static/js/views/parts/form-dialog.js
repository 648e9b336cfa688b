/**
 * A question to the user in a dialog of its own: a few fields, or only yes or no. What the server refuses is said at its
 * field, and the dialog stays open.
 *
 * @typedef {object} Field
 * @property {string} name as the API calls it
 * @property {string} label
 * @property {'text' | 'whole' | 'number' | 'moment' | 'choice' | 'flag' | 'area' | 'file'} [kind]
 * @property {string | number | boolean} [value] at first
 * @property {boolean} [required]
 * @property {string} [help]
 * @property {[value: string, label: string][]} [choices]
 * @property {string} [unit]
 *
 * @typedef {object} Question
 * @property {string} title
 * @property {string} [text]
 * @property {Field[]} [fields]
 * @property {string} action the words on the button
 * @property {boolean} [danger] it cannot be taken back
 * @property {(values: Record<string, any>) => Promise<unknown>} submit values of what was filled in; errors are shown
 */
import { Problem, reasonOf } from '../../api.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

let ids = 0;

/**
 * @param {Question} question
 * @returns {Promise<boolean>} whether it was submitted
 */
export function askUser({ title, text = '', fields = [], action, danger = false, submit }) {
  const id = `dialog-${(ids += 1)}`;
  const inputs = fields.map((field) => makeField(field, `${id}-${field.name}`));
  const note = element('p', { class: 'form-error', role: 'alert', hidden: true });
  const cancel = element('button', { type: 'button', 'data-do': 'cancel' }, t('Cancel'));
  const send = element('button', { type: 'submit', class: danger ? 'danger' : 'primary', 'data-do': 'submit' }, action);
  const form = element('form', { method: 'dialog', novalidate: true },
    element('h2', { id }, title), ...(text ? [element('p', { class: 'dialog-text', id: `${id}-text` }, text)] : []),
    ...inputs.map(({ root }) => root), note, element('div', { class: 'dialog-actions' }, cancel, send));
  const dialog = element('dialog', { class: 'dialog', 'aria-labelledby': id, 'aria-describedby': text ? `${id}-text` : false }, form);
  document.body.append(dialog);
  dialog.showModal();
  // What cannot be taken back is not what Enter does.
  if (danger && inputs.length === 0) cancel.focus();
  return new Promise((resolve) => {
    let done = false;
    cancel.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(done);
    });
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (send.disabled || !valuesAreThere(inputs, note)) return;
      send.disabled = true;
      try {
        await submit(Object.fromEntries(inputs.map(({ field, read }) => [field.name, read()]).filter(([, value]) => value !== undefined)));
        done = true;
        dialog.close();
      } catch (error) {
        complain(error, inputs, note);
      }
      send.disabled = false;
    });
  });
}

/**
 * Only yes or no.
 * @param {Omit<Question, 'fields' | 'danger'> & {danger?: boolean}} question
 */
export const confirmUser = (question) => askUser({ danger: true, ...question });

/** @typedef {ReturnType<typeof makeField>} Input */

/**
 * @param {Input[]} inputs
 * @param {HTMLElement} note
 */
function valuesAreThere(inputs, note) {
  for (const { control } of inputs) control.removeAttribute('aria-invalid');
  const lacking = inputs.find(({ field, control }) => field.required && control.value.trim() === '');
  const odd = lacking ?? inputs.find(({ control }) => !control.validity.valid);
  note.hidden = !odd;
  if (!odd) return true;
  note.textContent = lacking ? t('{label} is needed.', { label: lacking.field.label }) : t('{label}: this is not a fitting value.', { label: odd.field.label });
  odd.control.setAttribute('aria-invalid', 'true');
  odd.control.focus();
  return false;
}

/**
 * @param {unknown} error
 * @param {Input[]} inputs
 * @param {HTMLElement} note
 */
function complain(error, inputs, note) {
  note.hidden = false;
  note.textContent = reasonOf(error);
  const paths = error instanceof Problem ? error.problems.map(({ path }) => path.split('/')[0]) : [];
  const wrong = inputs.filter(({ field }) => paths.includes(field.name));
  for (const { control } of wrong) control.setAttribute('aria-invalid', 'true');
  wrong[0]?.control.focus();
}

/**
 * @param {Field} field
 * @param {string} id
 */
function makeField(field, id) {
  const { kind = 'text', label, help, required, unit } = field;
  const control = makeControl(field, id);
  if (help) control.setAttribute('aria-describedby', `${id}-help`);
  const name = unit ? t('{label} in {unit}', { label, unit }) : label;
  const caption = element('label', { for: id }, name, ...(required || kind === 'choice' ? [] : [element('span', { class: 'optional' }, ' ', t('optional'))]));
  const note = help ? [element('p', { class: 'help', id: `${id}-help` }, help)] : [];
  const root = kind === 'flag'
    ? element('div', { class: 'field flag' }, control, element('label', { for: id }, name), ...note)
    : element('div', { class: 'field' }, caption, control, ...note);
  return { field, control, root, read: () => valueOf(control, kind) };
}

/**
 * @param {Field} field
 * @param {string} id
 * @returns {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement}
 */
function makeControl({ name, kind = 'text', value = '', choices = [], required = false }, id) {
  const common = { id, name, 'aria-required': required ? 'true' : false, autocomplete: 'off' };
  switch (kind) {
    case 'choice': {
      const select = element('select', common, ...choices.map(([each, label]) => element('option', { value: each }, label)));
      if (value !== '') select.value = String(value);
      return select;
    }
    case 'area': {
      const area = element('textarea', { ...common, rows: 6, spellcheck: 'false' });
      area.value = String(value);
      return area;
    }
    case 'flag': return element('input', { ...common, type: 'checkbox', checked: value === true });
    case 'file': return element('input', { ...common, type: 'file' });
    case 'whole': return element('input', { ...common, type: 'number', step: 1, min: 0, value: String(value) });
    case 'number': return element('input', { ...common, type: 'number', step: 'any', value: String(value) });
    case 'moment': return element('input', { ...common, type: 'datetime-local', value: String(value) });
    default: return element('input', { ...common, type: 'text', value: String(value), spellcheck: 'false' });
  }
}

/**
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} control
 * @param {string} kind
 */
function valueOf(control, kind) {
  if (kind === 'flag') return /** @type {HTMLInputElement} */ (control).checked;
  if (kind === 'file') return /** @type {HTMLInputElement} */ (control).files?.[0];
  if (control.value.trim() === '') return undefined;
  if (kind === 'whole' || kind === 'number') return Number(control.value);
  if (kind === 'moment') return new Date(control.value).toISOString();
  return control.value;
}
