/**
 * Forms for the REST API: what the server refuses stands at its field, and nothing is sent twice.
 *
 * @typedef {object} Field
 * @property {string} name as the API calls it
 * @property {string} label
 * @property {'text' | 'area' | 'password' | 'email' | 'url' | 'number' | 'moment' | 'choice' | 'flag' | 'lines' | 'several'} [kind]
 *   `moment`: a local time, ISO 8601 for the API; `lines`: a text a line, a list for the API; `several`: boxes, a list; `area`: a text of several lines
 * @property {unknown} [value]
 * @property {string} [help]
 * @property {boolean} [required]
 * @property {{value: string, text: string}[]} [options] of a choice, or of several
 * @property {Record<string, string | number | boolean>} [attributes] of the input
 */
import { Problem } from '../../api.js';
import { fromLocalInput, toLocalInput } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { split } from './problems.js';

let ids = 0;

export class Form {
  element;

  /** @type {Map<string, Input>} */
  #inputs;
  #alert = element('p', { class: 'form-error', role: 'alert', hidden: true });
  #submit;
  #work;

  /**
   * @param {Field[]} fields
   * @param {object} options
   * @param {string} options.submit what the button says
   * @param {(values: Record<string, any>) => Promise<unknown>} options.work may throw `Problem`
   * @param {(HTMLElement)[]} [options.buttons] further ones
   */
  constructor(fields, { submit, work, buttons = [] }) {
    this.#work = work;
    this.#inputs = new Map(fields.map((field) => [field.name, new Input(field)]));
    this.#submit = element('button', { type: 'submit', class: 'primary' }, submit);
    this.element = element('form', { class: 'form', novalidate: true },
      this.#alert, ...[...this.#inputs.values()].map((input) => input.element), element('p', { class: 'actions' }, this.#submit, ...buttons));
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /** The values as the API takes them; empty fields that are not required are null or ''. */
  read() {
    return Object.fromEntries([...this.#inputs].map(([name, input]) => [name, input.read()]));
  }

  clear() {
    for (const input of this.#inputs.values()) input.write(undefined);
  }

  async #send() {
    if (this.#submit.getAttribute('aria-disabled') === 'true') return;
    this.#complain([], '');
    const missing = [...this.#inputs.values()].filter((input) => input.isMissing()).map(({ name }) => ({ path: name, reason: t('Please fill this in.') }));
    if (missing.length) return this.#complain(missing, '');
    // Not `disabled`: that would take the focus away.
    this.#submit.setAttribute('aria-disabled', 'true');
    try {
      await this.#work(this.read());
    } catch (error) {
      if (error instanceof Problem) this.#complain(error.problems, error.message);
      else this.#complain([], t('The server cannot be reached.'));
    } finally {
      this.#submit.removeAttribute('aria-disabled');
    }
    return undefined;
  }

  /**
   * @param {import('./problems.js').Reason[]} problems
   * @param {string} message
   */
  #complain(problems, message) {
    const { fields, rest } = split(problems, [...this.#inputs.keys()]);
    for (const [name, input] of this.#inputs) input.complain(fields.get(name) ?? []);
    // What stands at its field need not be said twice.
    const text = rest.length ? rest.join(' ') : fields.size ? '' : message;
    this.#alert.textContent = text;
    this.#alert.hidden = !text;
    const first = [...fields.keys()][0];
    if (first !== undefined) this.#inputs.get(first)?.focus();
  }
}

class Input {
  element;
  name;

  #field;
  #control;
  /** @type {HTMLInputElement[]} */
  #boxes = [];
  #error;

  /** @param {Field} field */
  constructor(field) {
    const id = `form-${(ids += 1)}`;
    this.#field = field;
    this.name = field.name;
    this.#error = element('p', { class: 'field-error', id: `${id}-error` });
    this.#control = this.#makeControl(id);
    const described = [...(field.help ? [`${id}-help`] : []), `${id}-error`].join(' ');
    this.#control.setAttribute('aria-describedby', described);
    const help = field.help ? [element('p', { class: 'help', id: `${id}-help` }, field.help)] : [];
    const label = this.#label(id);
    const parts = field.kind === 'flag' ? [element('span', { class: 'check' }, this.#control, label)] : [label, this.#control];
    this.element = element('div', { class: 'field', 'data-field': field.name }, ...parts, ...help, this.#error);
    this.write(field.value);
  }

  /** @param {string} id */
  #label(id) {
    const { kind, label, required } = this.#field;
    const text = required ? [label] : [label, ' ', element('span', { class: 'optional' }, t('optional'))];
    if (kind === 'flag') return element('label', { for: id }, label);
    return kind === 'several' ? element('span', { id: `${id}-label`, class: 'label' }, ...text) : element('label', { for: id }, ...text);
  }

  /**
   * @param {string} id
   * @returns {HTMLElement & {value?: string}}
   */
  #makeControl(id) {
    const { kind = 'text', name, options = [], required = false, attributes = {} } = this.#field;
    const common = { id, name, 'aria-required': required ? 'true' : 'false', ...attributes };
    if (kind === 'choice') return element('select', common, ...options.map(({ value, text }) => element('option', { value }, text)));
    if (kind === 'lines') return element('textarea', { rows: 3, spellcheck: 'false', ...common });
    if (kind === 'area') return element('textarea', { rows: 14, spellcheck: 'false', ...common });
    if (kind === 'flag') return element('input', { type: 'checkbox', id, name, ...attributes });
    if (kind === 'several') {
      this.#boxes = options.map(({ value }) => element('input', { type: 'checkbox', value }));
      const boxes = options.map(({ text }, index) => element('label', { class: 'check' }, this.#boxes[index], text));
      return element('div', { id, role: 'group', class: 'several', 'aria-labelledby': `${id}-label` }, ...boxes);
    }
    return element('input', { type: kind === 'moment' ? 'datetime-local' : kind, ...common });
  }

  get #plain() {
    return /** @type {HTMLInputElement} */ (this.#control);
  }

  read() {
    const value = this.#plain.value;
    switch (this.#field.kind) {
      case 'flag': return this.#plain.checked;
      case 'several': return this.#boxes.filter(({ checked }) => checked).map((box) => box.value);
      case 'lines': return value.split('\n').map((line) => line.trim()).filter(Boolean);
      case 'number': return value.trim() === '' ? null : Number(value);
      case 'moment': return value === '' ? null : fromLocalInput(value);
      default: return value;
    }
  }

  /** @param {unknown} value */
  write(value) {
    const { kind, options = [] } = this.#field;
    if (kind === 'flag') this.#plain.checked = value === true;
    else if (kind === 'several') this.#boxes.forEach((box) => (box.checked = Array.isArray(value) && value.includes(box.value)));
    else if (kind === 'lines') this.#plain.value = Array.isArray(value) ? value.join('\n') : '';
    else if (kind === 'moment') this.#plain.value = typeof value === 'string' ? toLocalInput(value) : '';
    else if (kind === 'choice') this.#plain.value = String(value ?? options[0]?.value ?? '');
    else this.#plain.value = value === null || value === undefined ? '' : String(value);
  }

  isMissing() {
    const value = this.read();
    return this.#field.required === true && (value === '' || value === null || (Array.isArray(value) && value.length === 0));
  }

  /** @param {string[]} reasons none: nothing is wrong any more */
  complain(reasons) {
    this.#error.textContent = reasons.join(' ');
    if (reasons.length) this.#control.setAttribute('aria-invalid', 'true');
    else this.#control.removeAttribute('aria-invalid');
  }

  focus() {
    (this.#boxes[0] ?? this.#control).focus();
  }
}
