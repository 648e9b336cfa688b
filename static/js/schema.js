/**
 * From a JSON schema to the fields of a form, and from what was typed to a payload. Pure.
 *
 * @typedef {'text' | 'whole' | 'number' | 'flag' | 'choice' | 'moment' | 'group' | 'list' | 'any'} Kind
 * @typedef {{
 *   name: string, kind: Kind, required: boolean, help: string,
 *   choices: string[], maxLength: number | null, least: number | null, most: number | null,
 *   fields: Field[], item: Field | null, fewest: number, initial: unknown,
 * }} Field
 */
import { helpOfField } from './help.js';
import { t } from './text.js';

/** Nobody fills in what is nested deeper; there is the raw view. */
const DEEPEST = 8;
const MAX_HELP = 200;

/**
 * The fields of an object's schema, the required ones first.
 * @param {any} document with its own `definitions`
 * @returns {Field[]}
 */
export function fieldsOf(document) {
  return objectFields(document, document, 0);
}

/**
 * @param {any} schema
 * @param {any} document
 * @param {number} depth
 * @returns {Field[]}
 */
function objectFields(schema, document, depth) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== 'customData' || required.has(name))
    .map(([name, value]) => field(name, value, required.has(name), document, depth))
    .sort((a, b) => Number(b.required) - Number(a.required));
}

/**
 * @param {string} name
 * @param {any} given
 * @param {boolean} required
 * @param {any} document
 * @param {number} depth
 * @returns {Field}
 */
function field(name, given, required, document, depth) {
  const schema = { ...resolve(given, document), ...(given.description ? { description: given.description } : {}) };
  const kind = depth >= DEEPEST ? 'any' : kindOf(schema);
  return {
    name,
    kind,
    required,
    help: helpOf(schema.description) || helpOfField(name),
    choices: kind === 'choice' ? schema.enum.map(String) : [],
    maxLength: schema.maxLength ?? null,
    least: schema.minimum ?? null,
    most: schema.maximum ?? null,
    fields: kind === 'group' ? objectFields(schema, document, depth + 1) : [],
    item: kind === 'list' ? field('', schema.items ?? {}, true, document, depth + 1) : null,
    fewest: kind === 'list' ? Math.max(schema.minItems ?? 0, required ? 1 : 0) : 0,
    initial: schema.default,
  };
}

/**
 * @param {any} schema
 * @param {any} document
 */
function resolve(schema, document) {
  let found = schema;
  for (let step = 0; found.$ref && step < DEEPEST; step += 1) {
    found = found.$ref.replace(/^#\//, '').split('/').reduce((/** @type {any} */ part, /** @type {string} */ key) => part?.[key], document) ?? {};
  }
  return found;
}

/**
 * @param {any} schema
 * @returns {Kind}
 */
function kindOf(schema) {
  if (Array.isArray(schema.enum)) return 'choice';
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time' ? 'moment' : 'text';
    case 'integer':
      return 'whole';
    case 'number':
      return 'number';
    case 'boolean':
      return 'flag';
    case 'array':
      return 'list';
    case 'object':
      return schema.properties ? 'group' : 'any';
    default:
      return 'any';
  }
}

/**
 * The sentences of a description that are for people: OCPP's begin with the names and numbers of its data model.
 * @param {unknown} description
 */
function helpOf(description) {
  if (typeof description !== 'string') return '';
  const lines = description.split(/\r?\n/).filter((line) => line.trim() && !/^urn:|^[\w. ]+\. [\w. ]+\. \w+$|_ /.test(line.trim()));
  const text = lines.join(' ').trim();
  return text.length > MAX_HELP ? `${text.slice(0, MAX_HELP - 1)}…` : text;
}

/** What cannot be a value; `path` leads to the field. */
export class Unfit extends Error {
  /**
   * @param {string} path
   * @param {string} reason
   */
  constructor(path, reason) {
    super(`${path}: ${reason}`);
    this.path = path;
  }
}

/**
 * The value of one field, from the text of its input; undefined when it is left out.
 * @param {Field} field
 * @param {string} text
 * @param {string} path
 * @returns {unknown}
 */
export function valueOf(field, text, path) {
  const typed = field.kind === 'text' ? text : text.trim();
  if (typed === '') {
    if (field.required && field.kind !== 'text') throw new Unfit(path, t('is needed'));
    return field.required ? '' : undefined;
  }
  switch (field.kind) {
    case 'whole':
      if (!/^[+-]?\d+$/.test(typed)) throw new Unfit(path, t('has to be a whole number'));
      return within(field, Number(typed), path);
    case 'number':
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(typed)) throw new Unfit(path, t('has to be a number'));
      return within(field, Number(typed), path);
    case 'flag':
      return typed === 'true';
    case 'moment': {
      const moment = new Date(typed);
      if (Number.isNaN(moment.getTime())) throw new Unfit(path, t('has to be a date and time'));
      return moment.toISOString();
    }
    case 'any':
      try {
        return JSON.parse(typed);
      } catch {
        throw new Unfit(path, t('has to be JSON'));
      }
    default:
      if (field.maxLength !== null && [...typed].length > field.maxLength) {
        throw new Unfit(path, t('has at most {most} characters', { most: field.maxLength }));
      }
      return typed;
  }
}

/**
 * @param {Field} field
 * @param {number} number
 * @param {string} path
 */
function within(field, number, path) {
  if (!Number.isFinite(number)) throw new Unfit(path, t('is too large'));
  if (field.least !== null && number < field.least) throw new Unfit(path, t('is at least {least}', { least: field.least }));
  if (field.most !== null && number > field.most) throw new Unfit(path, t('is at most {most}', { most: field.most }));
  return number;
}
