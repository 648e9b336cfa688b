/**
 * One tab's worth of dashboard: a topic's store with the views that show it. It says what is to be
 * sent and leaves the sending to others.
 *
 * @typedef {import('./query.js').Column} Column
 * @typedef {import('./query.js').Query} Query
 * @typedef {import('./store.js').Row} Row
 */
import { emptyQuery, fitTo, sameQuery, toEntries, toggleSort } from './query.js';
import { TopicStore } from './store.js';
import { EmptyNote } from './views/empty.js';
import { Filters } from './views/filters.js';
import { Table } from './views/table.js';

/** The server could not read its rows; it is asked again after this long. */
const RETRY_AFTER = 2000;

export class Panel {
  store = new TopicStore();
  /** @type {Column[]} */
  columns = [];
  /** @type {Query} */
  query = emptyQuery();

  #topic;
  #send;
  #onQuery;
  #onRows;
  #table;
  #filters;
  #empty;
  /** The wanted query was refused; what is shown is not what was asked for. */
  #fellBack = false;

  /**
   * @param {HTMLElement} root
   * @param {object} options
   * @param {'stations' | 'devices' | 'commands' | 'alerts'} options.topic
   * @param {Query} options.query
   * @param {() => number} options.now
   * @param {(message: object) => void} options.send
   * @param {(query: Query, before: Query) => void} options.onQuery the user asked for something else
   * @param {() => void} options.onRows
   * @param {(row: Row) => void} options.onOpen
   */
  constructor(root, { topic, query, now, send, onQuery, onRows, onOpen }) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(`[data-part="${name}"]`));
    this.#topic = topic;
    this.query = query;
    this.#send = send;
    this.#onQuery = onQuery;
    this.#onRows = onRows;
    this.#filters = new Filters(part('query'), (wanted) => this.#ask(wanted));
    this.#empty = new EmptyNote(part('empty'), topic);
    this.#table = new Table(part('table'), {
      topic,
      label: root.dataset.label ?? topic,
      source: this.store,
      now,
      onSort: (field, keepOthers) => this.#ask({ ...this.query, sorts: toggleSort(this.query.sorts, field, keepOthers) }),
      onOpen: (key) => onOpen(this.store.rows[this.store.indexOf(key)]),
    });
    this.#showCounts();
  }

  /**
   * A new connection: the server says which columns there are, and waits to be asked.
   * @param {Column[]} columns
   */
  connect(columns) {
    if (JSON.stringify(columns) !== JSON.stringify(this.columns)) {
      this.columns = columns;
      this.#table.setColumns(columns);
      this.#filters.setColumns(columns);
    }
    this.show(fitTo(this.query, columns));
    this.store.expectSnapshot();
    this.#subscribe();
  }

  /**
   * Shows and asks for a query that the address names.
   * @param {Query} query
   */
  navigate(query) {
    const wanted = this.columns.length ? fitTo(query, this.columns) : query;
    if (sameQuery(wanted, this.query)) return;
    this.show(wanted);
    this.#subscribe();
  }

  /** @param {Query} query */
  show(query) {
    this.query = query;
    this.#filters.setQuery(query);
    this.#table.setSorts(query.sorts);
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === 'snapshot') {
      this.store.replace(message);
      if (!this.#fellBack) this.#filters.showError('');
      this.#table.fit(message.rows);
    } else if (message.type === 'changes') {
      if (this.store.apply(message) === 'gap') this.#send({ type: 'resync', topic: this.#topic });
    } else if (message.type === 'error') {
      this.#refused(message);
    }
    this.#table.invalidate();
    this.#showCounts();
    this.#onRows();
  }

  tick() {
    this.#table.tick();
  }

  /** @param {Query} query */
  #ask(query) {
    const before = this.query;
    this.show(query);
    this.#table.scrollToTop();
    this.#subscribe();
    this.#onQuery(query, before);
  }

  #subscribe() {
    this.#fellBack = false;
    this.#send({ type: 'subscribe', topic: this.#topic, query: toEntries(this.query, this.columns) });
  }

  /** @param {{code: string, message: string}} error */
  #refused({ code, message }) {
    this.#filters.showError(message);
    if (!this.store.waiting) return; // The server goes on with what it had.
    if (code === 'bad_query' && toEntries(this.query).length > 0) {
      this.#fellBack = true; // All rows are better than none.
      this.#send({ type: 'subscribe', topic: this.#topic, query: [] });
    } else if (code === 'unavailable') {
      setTimeout(() => this.store.waiting && this.#send({ type: 'resync', topic: this.#topic }), RETRY_AFTER);
    }
  }

  #showCounts() {
    const { rows, total, waiting } = this.store;
    this.#empty.show({ waiting, matching: rows.length, total });
  }
}
