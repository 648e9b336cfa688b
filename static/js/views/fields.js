/**
 * Inputs for the fields of a JSON schema, nested as the schema is.
 *
 * @typedef {import('../schema.js').Field} Field
 * @typedef {{root: HTMLElement, read: () => unknown, write: (value: unknown) => void}} Input
 *   `read` throws `Unfit`; undefined is a field that is left out
 */
import { toLocalInput } from '../format.js';
import { valueOf } from '../schema.js';
import { t } from '../text.js';
import { element } from './dom.js';

let ids = 0;

/**
 * All fields of an object.
 * @param {Field[]} fields
 * @param {string} path
 */
export function makeObject(fields, path) {
  const inputs = fields.map((field) => ({ field, input: makeInput(field, path ? `${path}/${field.name}` : field.name) }));
  return {
    parts: inputs.map(({ input }) => input.root),
    read() {
      const values = inputs.map(({ field, input }) => [field.name, input.read()]);
      return Object.fromEntries(values.filter(([, value]) => value !== undefined));
    },
    /** @param {unknown} value */
    write(value) {
      const values = /** @type {Record<string, unknown>} */ (value ?? {});
      for (const { field, input } of inputs) input.write(values[field.name]);
    },
  };
}

/**
 * @param {Field} field
 * @param {string} path
 * @returns {Input}
 */
function makeInput(field, path) {
  if (field.kind === 'group') return makeGroup(field, path);
  if (field.kind === 'list') return makeList(field, path);
  return makeLine(field, path);
}

/**
 * @param {Field} field
 * @param {string} path
 * @returns {Input}
 */
function makeLine(field, path) {
  const id = `field-${(ids += 1)}`;
  const control = makeControl(field, id, path);
  const label = element('label', { for: id }, field.name || t('Value'), ...(field.required ? [element('span', { class: 'needed' }, ' ', t('needed'))] : []));
  const parts = [label, control];
  if (field.help) {
    control.setAttribute('aria-describedby', `${id}-help`);
    parts.push(element('p', { class: 'help', id: `${id}-help` }, field.help));
  }
  return {
    root: element('div', { class: 'field' }, ...parts),
    read: () => valueOf(field, control.value, path),
    write(value) {
      control.value = asText(field, value === undefined ? field.initial : value);
    },
  };
}

/**
 * @param {Field} field
 * @param {string} id
 * @param {string} path
 * @returns {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement}
 */
function makeControl(field, id, path) {
  const common = { id, 'data-path': path, autocomplete: 'off' };
  if (field.kind === 'choice' || field.kind === 'flag') {
    const choices = field.kind === 'flag' ? ['true', 'false'] : field.choices;
    return element('select', common, ...['', ...choices].map((choice) => element('option', { value: choice }, choice || '–')));
  }
  if (field.kind === 'any') return element('textarea', { ...common, rows: 3, spellcheck: 'false', placeholder: 'JSON' });
  if (field.kind === 'moment') return element('input', { ...common, type: 'datetime-local', step: 1 });
  const numeric = field.kind === 'whole' ? 'numeric' : field.kind === 'number' ? 'decimal' : 'text';
  return element('input', { ...common, type: 'text', inputmode: numeric, spellcheck: 'false' });
}

/**
 * @param {Field} field
 * @param {unknown} value
 */
function asText(field, value) {
  if (value === undefined || value === null) return '';
  if (field.kind === 'any') return JSON.stringify(value, null, 2);
  if (field.kind === 'moment') return toLocalInput(String(value));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * An object in the object; one that is not required is there only when somebody adds it.
 * @param {Field} field
 * @param {string} path
 * @returns {Input}
 */
function makeGroup(field, path) {
  /** @type {ReturnType<typeof makeObject> | null} */
  let inside = null;
  const content = element('div', { class: 'nested' });
  const toggle = element('button', { type: 'button', class: 'small' });
  const show = (/** @type {boolean} */ there) => {
    inside = there ? inside ?? makeObject(field.fields, path) : null;
    content.replaceChildren(...(inside?.parts ?? []));
    toggle.textContent = there ? t('Leave out') : t('Add');
    toggle.setAttribute('aria-label', t('{action}: {field}', { action: toggle.textContent, field: field.name }));
  };
  toggle.addEventListener('click', () => show(!inside));
  const heading = element('legend', {}, field.name || t('Entry'), ' ', ...(field.required ? [] : [toggle]));
  show(field.required);
  return {
    root: element('fieldset', { 'data-path': path }, heading, ...(field.help ? [element('p', { class: 'help' }, field.help)] : []), content),
    read: () => inside?.read(),
    write(value) {
      show(field.required || value !== undefined);
      inside?.write(value);
    },
  };
}

/**
 * @param {Field} field
 * @param {string} path
 * @returns {Input}
 */
function makeList(field, path) {
  /** @type {{root: HTMLElement, input: Input}[]} */
  let entries = [];
  const content = element('div', { class: 'nested' });
  const more = element('button', { type: 'button', class: 'small', 'aria-label': t('Add to {field}', { field: field.name }) }, t('Add'));
  const add = (/** @type {unknown} */ value) => {
    const input = makeInput(/** @type {Field} */ (field.item), `${path}/${entries.length}`);
    input.write(value);
    const less = element('button', { type: 'button', class: 'small', 'aria-label': t('Remove from {field}', { field: field.name }) }, t('Remove'));
    const root = element('div', { class: 'entry' }, input.root, less);
    less.addEventListener('click', () => {
      entries = entries.filter((entry) => entry.root !== root);
      root.remove();
    });
    entries.push({ root, input });
    content.append(root);
  };
  more.addEventListener('click', () => add(undefined));
  return {
    root: element('fieldset', { 'data-path': path }, element('legend', {}, field.name, ' ', more), content),
    read() {
      if (entries.length === 0 && !field.required) return undefined;
      return entries.map(({ input }) => input.read()).filter((value) => value !== undefined);
    },
    write(value) {
      entries = [];
      content.replaceChildren();
      const values = Array.isArray(value) ? value : Array(field.fewest).fill(undefined);
      for (const each of values) add(each);
    },
  };
}
