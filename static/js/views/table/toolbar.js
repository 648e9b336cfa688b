/**
 * The tools in the head of a table: quick search, pause, columns, saved views, the file; where there is no room for the
 * filter rows, the button that opens them.
 *
 * @typedef {import('../../query.js').Query} Query
 */
import { MAX_SEARCH_LENGTH, toEntries } from '../../query.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { ColumnsMenu } from './columns-menu.js';
import { ViewsMenu } from './views-menu.js';

const PAUSE = 200;

export class Toolbar {
  element;

  #topic;
  #onSearch;
  #timer = 0;
  #search = element('input', { type: 'search', class: 'quick', placeholder: t('Search'), 'aria-label': t('Search in all texts'), maxlength: MAX_SEARCH_LENGTH, autocomplete: 'off', spellcheck: 'false', 'aria-keyshortcuts': '/', 'data-part': 'search' });
  #pause = element('button', { type: 'button', 'aria-pressed': 'false', 'data-part': 'pause' }, t('Pause'));
  #filters = element('button', { type: 'button', class: 'filters-toggle', 'aria-expanded': 'false', 'data-part': 'filters-toggle' }, t('Filters'));
  #file = element('a', { class: 'button', download: true, 'data-part': 'export' }, t('Export'));
  #columns;
  /** @type {string[]} What is asked for. */
  #entries = [];
  /** @type {string[]} The columns that the file is to have; none: all. */
  #names = [];

  /**
   * @param {import('../../app.js').App} app
   * @param {object} options
   * @param {string} options.topic
   * @param {boolean} options.keepsViews
   * @param {HTMLElement} options.filters the rows of filters and sorts
   * @param {(text: string) => void} options.onSearch
   * @param {() => void} options.onPause
   * @param {(names: string[]) => void} options.onColumns
   */
  constructor(app, { topic, keepsViews, filters, onSearch, onPause, onColumns }) {
    this.#topic = topic;
    this.#onSearch = onSearch;
    this.#columns = new ColumnsMenu(onColumns);
    const views = keepsViews ? new ViewsMenu(app, topic) : null;
    this.element = element('div', { class: 'tools' }, this.#search, this.#filters, this.#pause, this.#columns.button,
      ...(views ? [views.button] : []), this.#file, this.#columns.panel, ...(views ? [views.panel] : []));
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => onSearch(this.#search.value.trim()), PAUSE);
    });
    this.#pause.addEventListener('click', onPause);
    this.#filters.addEventListener('click', () => {
      const open = this.#filters.getAttribute('aria-expanded') !== 'true';
      this.#filters.setAttribute('aria-expanded', String(open));
      filters.toggleAttribute('data-open', open);
    });
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  /**
   * @param {Query} query all that is asked for
   * @param {number} filters how many of its filters and sorts the user sees
   */
  showQuery(query, filters) {
    clearTimeout(this.#timer);
    const text = query.search ?? '';
    if (this.#search.value.trim() !== text) this.#search.value = text;
    this.#filters.textContent = filters > 0 ? tn('{count} filter', '{count} filters', filters) : t('Filters');
    this.#entries = toEntries(query);
    this.#link();
  }

  /**
   * @param {import('../../columns.js').Shown[]} all
   * @param {string[]} names
   */
  showColumns(all, names) {
    this.#columns.show(all, names);
    const own = new Set(all.filter(({ kind }) => kind !== 'spark').map(({ name }) => name));
    this.#names = names.filter((name) => own.has(name));
    if (this.#names.length === own.size && this.#names.join() === [...own].join()) this.#names = [];
    this.#link();
  }

  /**
   * @param {boolean} paused
   * @param {number} held
   */
  showPaused(paused, held) {
    this.#pause.setAttribute('aria-pressed', String(paused));
    const text = !paused ? t('Pause')
      : held === 0 ? t('Resume')
      : t('Resume: {changes}', { changes: tn('{count} change waiting', '{count} changes waiting', held) });
    if (this.#pause.textContent !== text) this.#pause.textContent = text;
  }

  close() {
    clearTimeout(this.#timer);
  }

  #link() {
    const params = new URLSearchParams(this.#entries.map((entry) => ['q', entry]));
    if (this.#names.length > 0) params.set('columns', this.#names.join());
    const search = params.toString();
    this.#file.href = `/export/${this.#topic}.csv${search && `?${search}`}`;
  }
}
