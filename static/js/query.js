/**
 * What the user asks for: filters and sorts. Translates between this model, the strings of the live
 * protocol and the address of the page. Pure.
 *
 * @typedef {{name: string, label: string, kind: 'text' | 'number' | 'time' | 'state', unit?: string, options?: string[]}} Column
 * @typedef {{field: string, op: string, value: string}} Filter
 * @typedef {{field: string, direction: 'ascending' | 'descending'}} Sort
 * @typedef {{filters: Filter[], sorts: Sort[], search?: string}} Query search: any text of a row contains it
 */
import { t } from './text.js';

/** The server's limits. */
export const MAX_ENTRIES = 20;
export const MAX_ENTRY_LENGTH = 200;
export const MAX_SEARCH_LENGTH = MAX_ENTRY_LENGTH - 'search:'.length;

/** The operators that make sense for each kind of column, the most usual one first. */
export const OPERATORS = {
  text: [['=', t('contains')], ['^', t('starts with')], ['==', t('is')]],
  state: [['=', t('is')]],
  number: [['>=', '≥'], ['<=', '≤'], ['>', '>'], ['<', '<'], ['==', '=']],
  time: [['>', t('after')], ['<', t('before')], ['>=', t('at or after')], ['<=', t('at or before')], ['==', t('exactly')]],
};

const FILTER = /^filter:([^:]+):(<=|>=|==|<|>|=|\^):(.*)$/s;
const SORT = /^sort:([^:]+):([<>])(?::|$)/;
const SEARCH = /^search:(.*)$/s;

/** @returns {Query} */
export const emptyQuery = () => ({ filters: [], sorts: [], search: '' });

/**
 * @param {string[]} entries
 * @returns {Query} Entries that are not understood are left out.
 */
export function fromEntries(entries) {
  const query = emptyQuery();
  for (const entry of entries.slice(0, MAX_ENTRIES)) {
    const filter = FILTER.exec(entry);
    const sort = SORT.exec(entry);
    const search = SEARCH.exec(entry);
    if (filter) query.filters.push({ field: filter[1], op: filter[2], value: filter[3] });
    else if (sort) query.sorts.push({ field: sort[1], direction: sort[2] === '<' ? 'descending' : 'ascending' });
    else if (search) query.search = search[1];
  }
  return query;
}

/**
 * @param {Query} query
 * @param {Column[]} columns
 * @returns {string[]}
 */
export function toEntries({ filters, sorts, search = '' }, columns = []) {
  const numeric = new Set(columns.filter(({ kind }) => kind === 'number').map(({ name }) => name));
  return [
    ...(search ? [`search:${search}`] : []),
    ...filters.map(filterEntry),
    ...sorts.map(({ field, direction }) =>
      `sort:${field}:${direction === 'descending' ? '<' : '>'}:${numeric.has(field) ? '123' : 'abc'}`),
  ];
}

/** @param {Filter} filter */
const filterEntry = ({ field, op, value }) => `filter:${field}:${op}:${value}`;

/**
 * Can this filter be sent, or is it still being typed?
 * @param {Filter} filter
 * @param {Column | undefined} column
 */
export function isComplete(filter, column) {
  if (!column || !OPERATORS[column.kind]?.some(([op]) => op === filter.op)) return false;
  if (filterEntry(filter).length > MAX_ENTRY_LENGTH) return false;
  const value = filter.value.trim();
  if (value === '') return false;
  if (column.kind === 'number') return Number.isFinite(Number(value));
  if (column.kind === 'time') return !Number.isNaN(Date.parse(value));
  return true;
}

/**
 * The part of a query that these columns can answer: an old bookmark must not blank the page. It is a
 * copy, so what is typed later does not change what was asked before.
 * @param {Query} query
 * @param {Column[]} columns
 * @returns {Query}
 */
export function fitTo(query, columns) {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return {
    filters: query.filters.filter((filter) => isComplete(filter, byName.get(filter.field))).map((filter) => ({ ...filter })),
    sorts: query.sorts.filter(({ field }) => byName.has(field)).map((sort) => ({ ...sort })),
    search: (query.search ?? '').slice(0, MAX_SEARCH_LENGTH),
  };
}

/**
 * A click on a column's header: ascending, then descending, then unsorted.
 * @param {Sort[]} sorts
 * @param {string} field
 * @param {boolean} keepOthers sort by this column after the present ones, not instead of them
 * @returns {Sort[]}
 */
export function toggleSort(sorts, field, keepOthers = false) {
  const present = sorts.find((sort) => sort.field === field);
  /** @type {Sort[]} */
  const toggled = !present ? [{ field, direction: 'ascending' }]
    : present.direction === 'ascending' ? [{ field, direction: 'descending' }]
    : [];
  if (!keepOthers) return toggled;
  if (!present) return [...sorts, ...toggled];
  return sorts.flatMap((sort) => (sort === present ? toggled : [sort]));
}

/**
 * @param {Query} a
 * @param {Query} b
 */
export const sameQuery = (a, b) => toEntries(a).join('\n') === toEntries(b).join('\n');

/**
 * Do two queries differ in nothing but the values typed? Then they are one step of the history.
 * @param {Query} a
 * @param {Query} b
 */
export function sameShape(a, b) {
  const shape = (/** @type {Query} */ query) =>
    toEntries({ ...query, search: query.search && '…', filters: query.filters.map((filter) => ({ ...filter, value: '' })) }).join('\n');
  return shape(a) === shape(b);
}

/**
 * The query in an address: `?q=filter:power_w:>=:1000&q=sort:identity:>:abc`.
 * @param {URLSearchParams} params
 */
export const fromParams = (params) => fromEntries(params.getAll('q'));

/**
 * @param {Query} query
 * @param {URLSearchParams} params what else the address says, which stays
 * @returns {URLSearchParams}
 */
export function toParams(query, params) {
  const kept = [...params].filter(([name]) => name !== 'q');
  return new URLSearchParams([...kept, ...toEntries(query).map((entry) => ['q', entry])]);
}

/**
 * What a table that is part of another view asks for: its own filters, and before them those that nobody sees.
 * @param {Query} query
 * @param {Filter[]} scope
 * @returns {Query}
 */
export const withScope = (query, scope) => ({ ...query, filters: [...scope, ...query.filters] });

/**
 * @param {Query} query
 * @param {Filter[]} scope
 * @returns {Query}
 */
export const withoutScope = (query, scope) => ({ ...query, filters: query.filters.slice(scope.length) });
