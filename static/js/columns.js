/**
 * Which columns of a table are shown, and in which order: the choice in an address (`columns=identity,power_w`). Pure.
 *
 * The first column names the row, so it is always there, in front. Without a choice all columns are shown.
 *
 * @typedef {import('./query.js').Column} Column
 * @typedef {Omit<Column, 'kind'> & {kind: Column['kind'] | 'spark', at: number}} Shown `at`: where its value stands in a row;
 *   kind `spark`: a line of the last hour, found by the row's key
 */

/**
 * @param {Column[]} columns as the server has them
 * @param {string} [label] of the line of the last hour, for tables that have one
 * @returns {Shown[]} all that can be shown; the line stands behind the power
 */
export function allColumns(columns, label = '') {
  /** @type {Shown[]} */
  const all = columns.map((column, index) => ({ ...column, at: index + 1 }));
  if (!label) return all;
  const power = all.findIndex(({ unit }) => unit === 'W');
  all.splice(power < 0 ? all.length : power + 1, 0, { name: 'last_hour', label, kind: 'spark', at: 0 });
  return all;
}

/**
 * @param {Shown[]} all
 * @param {string[]} names chosen; unknown ones are left out
 * @returns {Shown[]}
 */
export function shownColumns(all, names) {
  const byName = new Map(all.map((column) => [column.name, column]));
  const chosen = [...new Set(names)].flatMap((name) => byName.get(name) ?? []);
  if (chosen.length === 0) return all;
  return [all[0], ...chosen.filter(({ at }) => at !== 1)];
}

/**
 * @param {URLSearchParams} params
 * @returns {string[]} empty: no choice
 */
export const chosenIn = (params) => (params.get('columns') ?? '').split(',').filter(Boolean);

/**
 * @param {string[]} names
 * @param {{name: string}[]} columns
 * @param {URLSearchParams} params what else the address says, which stays
 * @returns {URLSearchParams} the usual columns need no word
 */
export function withChosen(names, columns, params) {
  const made = new URLSearchParams(params);
  const usual = names.length === 0 || names.join() === columns.map(({ name }) => name).join();
  if (usual) made.delete('columns');
  else made.set('columns', names.join());
  return made;
}

/**
 * @param {string[]} names of the shown columns
 * @param {string} name
 * @returns {string[]} without it, or with it at the end
 */
export function toggled(names, name) {
  return names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
}

/**
 * @param {string[]} names
 * @param {string} name
 * @param {-1 | 1} by
 * @returns {string[]} the first one keeps its place
 */
export function moved(names, name, by) {
  const from = names.indexOf(name);
  const to = from + by;
  if (from < 1 || to < 1 || to >= names.length) return names;
  const made = [...names];
  made.splice(from, 1);
  made.splice(to, 0, name);
  return made;
}
