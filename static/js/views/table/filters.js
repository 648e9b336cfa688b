/**
 * The filter rows and sort rows above a table. What is still being typed lives only here; a complete
 * query is handed on when the typing pauses.
 *
 * @typedef {import('../../query.js').Column} Column
 * @typedef {import('../../query.js').Filter} Filter
 * @typedef {import('../../query.js').Sort} Sort
 * @typedef {import('../../query.js').Query} Query
 */
import { formatState, fromLocalInput, toLocalInput } from '../../format.js';
import { emptyQuery, fitTo, isComplete, MAX_ENTRIES, MAX_ENTRY_LENGTH, OPERATORS, sameQuery } from '../../query.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

const PAUSE = 200;

export class Filters {
  #onChange;
  /** @type {Column[]} */
  #columns = [];
  /** @type {Query} With entries that are not complete yet. */
  #draft = emptyQuery();
  /** @type {Query} What was handed on last. */
  #sent = emptyQuery();
  #timer = 0;
  #filterRows = element('div', { class: 'query-rows', role: 'group', 'aria-label': t('Filters'), 'data-testid': 'filters' });
  #sortRows = element('div', { class: 'query-rows', role: 'group', 'aria-label': t('Sorting'), 'data-testid': 'sorts' });
  #error = element('p', { class: 'query-error', role: 'alert', 'data-testid': 'filter-error', hidden: true });

  /**
   * @param {HTMLElement} root
   * @param {(query: Query) => void} onChange
   */
  constructor(root, onChange) {
    this.#onChange = onChange;
    root.append(this.#filterRows, this.#sortRows, this.#error);
  }

  /** @param {Column[]} columns */
  setColumns(columns) {
    this.#columns = columns;
    this.#renderFilters();
    this.#renderSorts();
  }

  /**
   * Shows a query that came from elsewhere (a column's header, the address) and hands nothing on.
   * @param {Query} query
   */
  setQuery(query) {
    clearTimeout(this.#timer);
    const shown = fitTo(this.#draft, this.#columns);
    this.#sent = query;
    if (!sameQuery({ ...query, sorts: [] }, { ...shown, sorts: [] })) {
      this.#draft.filters = query.filters.map((filter) => ({ ...filter }));
      this.#renderFilters();
    }
    if (!sameQuery({ ...query, filters: [] }, { ...shown, filters: [] })) {
      this.#draft.sorts = query.sorts.map((sort) => ({ ...sort }));
      this.#renderSorts();
    }
  }

  /** @param {string} message '' when all is well */
  showError(message) {
    this.#error.textContent = message;
    this.#error.hidden = message === '';
  }

  #changed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const query = fitTo(this.#draft, this.#columns);
      if (sameQuery(query, this.#sent)) return;
      this.#sent = query;
      this.#onChange(query);
    }, PAUSE);
  }

  #renderFilters() {
    const { filters } = this.#draft;
    this.#render(this.#filterRows, {
      entries: filters,
      kind: 'filter',
      texts: { title: t('Filter'), add: t('Add a filter'), more: t('Add another filter'), remove: t('Remove this filter') },
      controls: (/** @type {Filter} */ filter) => this.#filterControls(filter),
      fresh: () => this.#freshFilter(this.#columns[0]),
      render: () => this.#renderFilters(),
    });
  }

  #renderSorts() {
    const { sorts } = this.#draft;
    this.#render(this.#sortRows, {
      entries: sorts,
      kind: 'sort',
      texts: { title: t('Sort'), add: t('Add a sort'), more: t('Add another sort'), remove: t('Remove this sort') },
      controls: (/** @type {Sort} */ sort) => this.#sortControls(sort),
      fresh: () => this.#freshSort(),
      render: () => this.#renderSorts(),
    });
  }

  /**
   * @template {Filter | Sort} T
   * @param {HTMLElement} root
   * @param {{entries: T[], kind: 'filter' | 'sort', texts: Record<string, string>, controls: (entry: T) => HTMLElement[], fresh: () => T, render: () => void}} list
   */
  #render(root, { entries, kind, texts, controls, fresh, render }) {
    const redraw = (/** @type {number} */ focus) => {
      render();
      this.#changed();
      const rows = root.querySelectorAll('.query-row');
      const target = rows[Math.min(focus, rows.length - 1)] ?? root;
      /** @type {HTMLElement | null} */ (target.querySelector('select, button'))?.focus();
    };
    const add = (/** @type {number} */ at) => {
      if (this.#columns.length === 0 || this.#draft.filters.length + this.#draft.sorts.length >= MAX_ENTRIES) return;
      entries.splice(at, 0, fresh());
      redraw(at);
    };
    const remove = (/** @type {number} */ at) => {
      entries.splice(at, 1);
      redraw(at);
    };
    root.replaceChildren(...entries.map((entry, at) => element('div', { class: 'query-row', 'data-testid': `${kind}-row` },
      element('span', { class: 'query-title' }, texts.title),
      ...controls(entry),
      action('−', texts.remove, `${kind}-remove`, () => remove(at)),
      action('+', texts.more, `${kind}-add`, () => add(at + 1)))));
    if (entries.length === 0) {
      const first = action('+', texts.add, `${kind}-add`, () => add(0));
      first.append(element('span', {}, texts.title));
      root.append(first);
    }
  }

  /**
   * @param {Column} column
   * @returns {Filter}
   */
  #freshFilter(column) {
    return { field: column.name, op: OPERATORS[column.kind][0][0], value: column.options?.[0] ?? '' };
  }

  /** @returns {Sort} by a column that is not sorted by yet */
  #freshSort() {
    const taken = new Set(this.#draft.sorts.map(({ field }) => field));
    const column = this.#columns.find(({ name }) => !taken.has(name)) ?? this.#columns[0];
    return { field: column.name, direction: 'ascending' };
  }

  /** @param {string} name */
  #column(name) {
    return this.#columns.find((column) => column.name === name);
  }

  /** @param {Filter} filter */
  #filterControls(filter) {
    const column = this.#column(filter.field) ?? this.#columns[0];
    if (!column) return [];
    const field = this.#fieldSelect(filter.field, 'filter', (name) => {
      const next = /** @type {Column} */ (this.#column(name));
      const fresh = this.#freshFilter(next);
      // What was typed is kept where it still makes sense.
      Object.assign(filter, fresh, next.kind === column.kind ? { op: filter.op, value: filter.value } : {});
      this.#renderFilters();
      this.#changed();
    });
    const operator = select(OPERATORS[column.kind], filter.op, t('Comparison'), 'filter-op', (op) => {
      filter.op = op;
      this.#changed();
    });
    return [field, operator, ...this.#valueControl(filter, column)];
  }

  /**
   * @param {Filter} filter
   * @param {Column} column
   * @returns {HTMLElement[]}
   */
  #valueControl(filter, column) {
    if (column.kind === 'state') {
      // An address may hold part of a name; the server understands it, so it is shown.
      const known = column.options ?? [];
      const names = known.includes(filter.value) ? known : [...known, filter.value];
      const options = names.map((name) => [name, formatState(name).text]);
      return [select(options, filter.value, t('State'), 'filter-value', (value) => {
        filter.value = value;
        this.#changed();
      })];
    }
    const isTime = column.kind === 'time';
    const input = element('input', {
      ...(isTime ? { type: 'datetime-local', step: 1 } : { type: 'text', placeholder: column.unit ? t('value in {unit}', { unit: column.unit }) : t('value') }),
      ...(column.kind === 'number' ? { inputmode: 'decimal' } : {}),
      maxlength: MAX_ENTRY_LENGTH - 'filter:::'.length - filter.field.length - 2,
      'aria-label': column.unit ? t('Value in {unit}', { unit: column.unit }) : t('Value'),
      'data-testid': 'filter-value',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    input.value = isTime ? toLocalInput(filter.value) : filter.value;
    input.addEventListener('input', () => {
      filter.value = isTime ? fromLocalInput(input.value) : input.value;
      input.setAttribute('aria-invalid', String(filter.value.trim() !== '' && !isComplete(filter, column)));
      this.#changed();
    });
    return [input];
  }

  /** @param {Sort} sort */
  #sortControls(sort) {
    const field = this.#fieldSelect(sort.field, 'sort', (name) => {
      sort.field = name;
      this.#changed();
    });
    const direction = select([['ascending', t('↑ ascending')], ['descending', t('↓ descending')]], sort.direction, t('Direction'), 'sort-direction', (value) => {
      sort.direction = value === 'descending' ? 'descending' : 'ascending';
      this.#changed();
    });
    return [field, direction];
  }

  /**
   * @param {string} chosen
   * @param {'filter' | 'sort'} kind
   * @param {(name: string) => void} onChoose
   */
  #fieldSelect(chosen, kind, onChoose) {
    const options = this.#columns.map(({ name, label }) => [name, t(label)]);
    return select(options, chosen, kind === 'sort' ? t('Sort by') : t('Filter by'), `${kind}-field`, onChoose);
  }
}

/**
 * @param {string[][]} options value and text of each
 * @param {string} chosen
 * @param {string} label
 * @param {string} testId
 * @param {(value: string) => void} onChoose
 */
function select(options, chosen, label, testId, onChoose) {
  const made = element('select', { 'aria-label': label, 'data-testid': testId },
    ...options.map(([value, text]) => element('option', { value, selected: value === chosen }, text)));
  made.addEventListener('change', () => onChoose(made.value));
  return made;
}

/**
 * @param {string} sign
 * @param {string} label
 * @param {string} testId
 * @param {() => void} onClick
 */
function action(sign, label, testId, onClick) {
  const made = element('button', { type: 'button', class: 'query-action', 'aria-label': label, title: label, 'data-testid': testId },
    element('span', { 'aria-hidden': 'true' }, sign));
  made.addEventListener('click', onClick);
  return made;
}
