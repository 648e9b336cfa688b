/**
 * A table as a view of its own: the topic's feed with tools, states, query rows, the grid and the details of a row.
 *
 * @typedef {import('../../app.js').App} App
 * @typedef {import('../../routes.js').Address} Address
 * @typedef {import('../../query.js').Filter} Filter
 * @typedef {import('../../query.js').Query} Query
 * @typedef {import('../../store.js').Row} Row
 */
import { allColumns, chosenIn, shownColumns, withChosen } from '../../columns.js';
import { emptyQuery, fromParams, sameQuery, sameShape, toggleSort, toParams, withoutScope, withScope } from '../../query.js';
import { toAddress } from '../../routes.js';
import { t } from '../../text.js';
import { DetailsDrawer } from '../details/drawer.js';
import { element, oncePerFrame } from '../dom.js';
import { StateChips } from './chips.js';
import { Count } from './count.js';
import { EmptyNote } from './empty.js';
import { Filters } from './filters.js';
import { Table } from './grid.js';
import { SelectedRows } from './selected-rows.js';
import { makeSparks } from './sparks.js';
import { Toolbar } from './toolbar.js';
import { TOPICS } from './topics.js';

/**
 * @param {App} app
 * @param {Address} address
 */
export const open = (app, address) => new TableView(app, address.view);

export class TableView {
  element;

  #app;
  #topic;
  #feed;
  #table;
  #filters;
  #empty;
  #drawer;
  #toolbar;
  /** @type {StateChips | null} */
  #chips = null;
  /** @type {SelectedRows | null} */
  #selected = null;
  /** @type {ReturnType<typeof makeSparks> | undefined} */
  #sparks;
  #count = new Count();
  #params = new URLSearchParams();
  #query = emptyQuery();
  /** @type {Filter[]} What every query of this table asks for as well. */
  #scope;
  /** @type {string[]} Columns that say the same in each row of this table. */
  #hidden;
  /** @type {Row[] | null} Rows that are shown in place of the live ones. */
  #instead = null;
  #paintHead = oncePerFrame(() => this.#showHead());

  /**
   * @param {App} app
   * @param {string} topic
   * @param {object} [options]
   * @param {'h1' | 'h2'} [options.heading]
   * @param {Filter[]} [options.scope] what every query asks for as well, without a word about it
   * @param {string[]} [options.hidden] columns that say the same in each row
   * @param {Node[]} [options.tools] stand in the table's head
   * @param {(key: number) => void} [options.onOpen] in place of a row's page or details
   * @param {(key: number) => void} [options.onActive] the keyboard moved to this row
   */
  constructor(app, topic, { heading = 'h1', scope = [], hidden = [], tools = [], onOpen, onActive } = {}) {
    this.#app = app;
    this.#topic = topic;
    this.#scope = scope;
    this.#hidden = hidden;
    const { label, states, sparks, bulk } = TOPICS[topic];
    const alone = heading === 'h1';
    const parts = {
      query: element('div', { class: 'query', 'data-part': 'query' }),
      table: element('div', { class: 'grid', 'data-part': 'table' }),
      empty: element('div', { class: 'empty', 'data-part': 'empty', role: 'status', hidden: true }),
    };
    if (states && alone) this.#chips = new StateChips(app, topic, t('States'), (filters) => this.#want({ ...this.#query, filters }));
    if (bulk && alone && app.user.role !== 'viewer') {
      this.#selected = new SelectedRows(app, bulk, {
        rows: () => this.rows,
        value: (row, name) => this.#value(row, name),
        onShow: (checked) => this.#table.showSelected(checked),
      });
    }
    if (sparks) this.#sparks = makeSparks(topic, () => this.#table.invalidate());
    this.#toolbar = this.#makeToolbar(alone, parts.query);
    this.element = element('section', { class: 'panel', 'data-topic': topic, 'data-waiting': true, 'aria-label': label },
      element('header', { class: 'panel-head' }, element(heading, {}, label, ' ', this.#count.element), ...tools, this.#toolbar.element),
      ...(this.#chips ? [this.#chips.element] : []), parts.query,
      element('div', { class: 'grid-frame' }, parts.table, parts.empty), ...(this.#selected ? [this.#selected.element] : []));
    this.#feed = this.#watch();
    this.#drawer = new DetailsDrawer(app);
    this.#filters = new Filters(parts.query, (wanted) => this.#want({ ...wanted, search: this.#query.search }));
    this.#empty = new EmptyNote(parts.empty, topic);
    this.#table = new Table(parts.table, {
      topic,
      label,
      source: this,
      now: app.now,
      onSort: (field, keepOthers) => this.#want({ ...this.#query, sorts: toggleSort(this.#query.sorts, field, keepOthers) }),
      onOpen: onOpen ?? ((key) => this.#openRow(key)),
      onActive,
      selection: this.#selected?.selection,
      sparks: this.#sparks,
    });
    this.#empty.show({ waiting: true, matching: 0, total: 0 });
    if (scope.length > 0) this.#feed.ask(withScope(this.#query, this.#scope));
  }

  /**
   * @param {boolean} alone the table is the view
   * @param {HTMLElement} filters
   */
  #makeToolbar(alone, filters) {
    return new Toolbar(this.#app, {
      topic: this.#topic,
      keepsViews: alone,
      filters,
      onSearch: (search) => this.#want({ ...this.#query, search }),
      onPause: () => this.#togglePause(),
      onColumns: (names) => this.#chooseColumns(names),
    });
  }

  #watch() {
    return this.#app.live.table(this.#topic, {
      onColumns: (columns) => {
        this.#filters.setColumns(columns);
        this.#showColumns();
        this.#showQuery(withoutScope(this.#feed.query, this.#scope));
      },
      onRows: (fresh) => this.#painted(fresh),
      onError: (refusal) => this.#filters.showError(refusal?.message ?? ''),
    });
  }

  /** The rows that are shown, as the grid reads them. */
  get rows() {
    return this.#instead ?? this.#feed.store.rows;
  }

  takeChanged() {
    const changed = this.#feed.store.takeChanged();
    return this.#instead ? new Map() : changed;
  }

  /** What is asked for, with what every query of this table asks for. */
  get query() {
    return withScope(this.#query, this.#scope);
  }

  get columns() {
    return this.#feed.columns;
  }

  /**
   * Shows these rows in place of the live ones; null: the live ones again.
   * @param {Row[] | null} rows
   */
  showInstead(rows) {
    this.#instead = rows;
    this.#table.scrollToTop();
    this.#painted(true);
  }

  /** @param {number} key the keyboard goes on from this row */
  activate(key) {
    this.#table.activate(key);
  }

  /** @param {Address} address */
  show({ search }) {
    this.#app.title(TOPICS[this.#topic].label);
    this.showQueryOf(search);
  }

  /** @param {URLSearchParams} search of an address; where another view has the title */
  showQueryOf(search) {
    const before = chosenIn(this.#params).join();
    this.#params = search;
    if (chosenIn(search).join() !== before && this.columns.length > 0) this.#showColumns();
    const query = fromParams(search);
    if (sameQuery(query, this.#query)) return;
    this.#showQuery(query);
    this.#feed.ask(withScope(query, this.#scope));
  }

  close() {
    this.#feed.close();
    this.#drawer.close();
    this.#toolbar.close();
    this.#chips?.close();
    this.#sparks?.close();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== '/') return false;
    this.#toolbar.focusSearch();
    return true;
  }

  tick() {
    this.#table.tick();
    this.#drawer.tick();
  }

  /** @param {Query} query */
  #showQuery(query) {
    this.#query = query;
    this.#filters.setQuery({ ...query, search: '' });
    this.#table.setSorts(query.sorts);
    this.#chips?.show(query.filters);
    this.#toolbar.showQuery(withScope(query, this.#scope), query.filters.length + query.sorts.length);
  }

  /** Those that the address names. */
  #showColumns() {
    const all = this.#allColumns();
    const shown = shownColumns(all, chosenIn(this.#params));
    this.#table.setColumns(shown);
    this.#table.setSorts(this.#query.sorts);
    this.#table.fit(this.rows);
    this.#table.invalidate();
    this.#toolbar.showColumns(all, shown.map(({ name }) => name));
  }

  #allColumns() {
    return allColumns(this.columns, this.#sparks ? t('Last hour') : '').filter(({ name }) => !this.#hidden.includes(name));
  }

  /** @param {string[]} names */
  #chooseColumns(names) {
    this.#app.go(toAddress(location.pathname, withChosen(names, this.#allColumns(), this.#params)), { replace: true });
  }

  #togglePause() {
    const { store } = this.#feed;
    if (store.paused) store.resume();
    else store.pause();
    this.#painted(false);
  }

  /**
   * The user asks for something else. What differs in typed letters only is one step of the history.
   * @param {Query} query
   */
  #want(query) {
    const replace = sameShape(query, this.#query);
    this.#showQuery(query);
    this.#table.scrollToTop();
    this.#feed.ask(withScope(query, this.#scope));
    this.#app.go(toAddress(location.pathname, toParams(query, this.#params)), { replace });
  }

  /** @param {boolean} fresh a snapshot came */
  #painted(fresh) {
    const { store } = this.#feed;
    const { rows } = this;
    const waiting = this.#instead === null && store.waiting;
    if (fresh) this.#table.fit(rows);
    this.#table.invalidate();
    this.element.toggleAttribute('data-waiting', waiting);
    this.#empty.show({ waiting, matching: rows.length, total: store.total });
    this.#paintHead();
    if (this.#drawer.key !== null) this.#drawer.update(store.rows[store.indexOf(this.#drawer.key)]);
  }

  #showHead() {
    const { rows } = this;
    const { total, paused, held } = this.#feed.store;
    this.#toolbar.showPaused(paused, held);
    if (this.#selected && this.#selected.selection.size > 0) this.#selected.show();
    this.#count.show(rows.length, total);
  }

  /** @param {number} key */
  #openRow(key) {
    const { store, columns } = this.#feed;
    const row = store.rows[store.indexOf(key)];
    if (!row) return;
    const page = TOPICS[this.#topic].page(row, (name) => this.#value(row, name));
    if (page) this.#app.go(page);
    else this.#drawer.open(columns, row);
  }

  /**
   * @param {Row} row
   * @param {string} name of a column
   */
  #value(row, name) {
    return row[this.columns.findIndex((column) => column.name === name) + 1];
  }
}
