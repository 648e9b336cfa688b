/**
 * What the user asks for: filters and sorts. Translates between this model, the strings of the live
 * protocol and the address of the page. Pure.
 *
 * @typedef {{name: string, label: string, kind: 'text' | 'number' | 'time' | 'state', unit?: string, options?: string[]}} Column
 * @typedef {{field: string, op: string, value: string}} Filter
 * @typedef {{field: string, direction: 'ascending' | 'descending'}} Sort
 * @typedef {{filters: Filter[], sorts: Sort[]}} Query
 * @typedef {{tab: string, queries: Record<string, Query>}} PageState
 */

/** The server's limits. */
export const MAX_ENTRIES = 20;
export const MAX_ENTRY_LENGTH = 200;

/** The operators that make sense for each kind of column, the most usual one first. */
export const OPERATORS = {
  text: [['=', 'contains'], ['^', 'starts with']],
  state: [['=', 'is']],
  number: [['>=', '≥'], ['<=', '≤'], ['>', '>'], ['<', '<'], ['==', '=']],
  time: [['>', 'after'], ['<', 'before'], ['>=', 'at or after'], ['<=', 'at or before'], ['==', 'exactly']],
};

const FILTER = /^filter:([^:]+):(<=|>=|==|<|>|=|\^):(.*)$/s;
const SORT = /^sort:([^:]+):([<>])(?::|$)/;

/** @returns {Query} */
export const emptyQuery = () => ({ filters: [], sorts: [] });

/**
 * @param {string[]} entries
 * @returns {Query} Entries that are not understood are left out.
 */
export function fromEntries(entries) {
  const query = emptyQuery();
  for (const entry of entries.slice(0, MAX_ENTRIES)) {
    const filter = FILTER.exec(entry);
    const sort = SORT.exec(entry);
    if (filter) query.filters.push({ field: filter[1], op: filter[2], value: filter[3] });
    else if (sort) query.sorts.push({ field: sort[1], direction: sort[2] === '<' ? 'descending' : 'ascending' });
  }
  return query;
}

/**
 * @param {Query} query
 * @param {Column[]} columns
 * @returns {string[]}
 */
export function toEntries({ filters, sorts }, columns = []) {
  const numeric = new Set(columns.filter(({ kind }) => kind === 'number').map(({ name }) => name));
  return [
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
    toEntries({ ...query, filters: query.filters.map((filter) => ({ ...filter, value: '' })) }).join('\n');
  return shape(a) === shape(b);
}

/**
 * @param {string} search the address's part from `?` on
 * @param {string[]} topics the first one is the tab of a bare address
 * @returns {PageState}
 */
export function fromSearch(search, topics) {
  const params = new URLSearchParams(search);
  const tab = params.get('tab') ?? '';
  return {
    tab: topics.includes(tab) ? tab : topics[0],
    queries: Object.fromEntries(topics.map((topic) => [topic, fromEntries(params.getAll(topic))])),
  };
}

/**
 * @param {PageState} state
 * @param {string[]} topics
 * @returns {string} '' or '?…'
 */
export function toSearch({ tab, queries }, topics) {
  const params = new URLSearchParams();
  if (tab !== topics[0]) params.set('tab', tab);
  for (const topic of topics) {
    for (const entry of toEntries(queries[topic])) params.append(topic, entry);
  }
  // A colon is allowed here, and an address that people share should be readable.
  const search = params.toString().replaceAll('%3A', ':');
  return search && `?${search}`;
}
