/**
 * A list from the REST API, a page or a slice at a time, with boxes to search it.
 *
 * @typedef {{label: string, cell: (row: any) => Node | string, class?: string}} Column
 * @typedef {{label: string, run: (row: any) => unknown, tone?: 'danger' | 'primary'}} Action
 *
 * @typedef {object} Options
 * @property {string} label what the table holds
 * @property {(parameters: URLSearchParams) => string} path below /api/v1/
 * @property {Column[]} columns the first one names the row
 * @property {(row: any) => Action[]} [actions]
 * @property {string} empty what is said when there is nothing
 * @property {{name: string, label: string}[]} [filters] boxes to type into; the parameters of the path, and what they are called
 * @property {(row: any) => string} key
 * @property {number} [limit] rows of a page
 */
import { ask } from '../../api.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';

const LIMIT = 50;
const TYPING = 250;

export class Listing {
  element;

  #options;
  #body = element('tbody');
  #note = element('p', { class: 'note', role: 'status' }, t('Loading…'));
  #range = element('span', { class: 'range' });
  #back = element('button', { type: 'button' }, t('Back'));
  #next = element('button', { type: 'button' }, t('Next'));
  #pager;
  /** @type {Record<string, string>} */
  #sought = {};
  /** Where the present part begins, and those before it: a page's number, or a slice's cursor. @type {string[]} */
  #trail = [''];
  /** @type {string | null} */
  #following = null;
  #turn = 0;
  #timer = 0;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    const heads = options.columns.map(({ label }) => element('th', { scope: 'col' }, label));
    if (options.actions) heads.push(element('th', { scope: 'col' }, element('span', { class: 'unseen' }, t('Actions'))));
    const table = element('table', { class: 'listing', 'aria-label': options.label }, element('thead', {}, element('tr', {}, ...heads)), this.#body);
    this.#pager = element('p', { class: 'pager' }, this.#range, this.#back, this.#next);
    this.#back.addEventListener('click', () => this.#turnBack());
    this.#next.addEventListener('click', () => this.#turnOn());
    this.element = element('div', { class: 'listing-part', 'data-listing': '' }, element('div', { class: 'filters-line', hidden: !options.filters }, ...(options.filters ?? []).map((filter) => this.#makeFilter(filter))), element('div', { class: 'listing-frame' }, table), this.#note, this.#pager);
  }

  /** Read the present part again; what is shown stays until the answer is there. */
  async load() {
    const turn = (this.#turn += 1);
    let content;
    try {
      ({ content } = await ask(this.#options.path(this.#parameters())));
    } catch (error) {
      if (turn === this.#turn) this.#say(error instanceof Error ? error.message : String(error));
      return;
    }
    if (turn !== this.#turn) return;
    const rows = Array.isArray(content) ? content : content.results;
    if (rows.length === 0 && this.#trail.length > 1) {
      this.#turnBack(); // Its last row was deleted.
      return;
    }
    this.#following = Array.isArray(content) ? null : content.next;
    this.#show(rows, Array.isArray(content) ? rows.length : content.count);
  }

  close() {
    this.#turn += 1;
    clearTimeout(this.#timer);
  }

  #parameters() {
    const mark = this.#trail[this.#trail.length - 1];
    const parameters = new URLSearchParams(mark || { limit: String(this.#options.limit ?? LIMIT) });
    for (const [name, text] of Object.entries(this.#sought)) if (text) parameters.set(name, text);
    return parameters;
  }

  /** @param {{name: string, label: string}} filter */
  #makeFilter({ name, label }) {
    const box = element('input', { type: 'search', name, 'aria-label': label, placeholder: label, class: 'search', maxlength: 150 });
    box.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#sought[name] = box.value.trim();
        this.#trail = [''];
        this.load();
      }, TYPING);
    });
    return box;
  }

  #turnOn() {
    if (!this.#following) return;
    this.#trail.push(new URL(this.#following, location.origin).search.slice(1));
    this.load();
  }

  #turnBack() {
    this.#trail.pop();
    this.load();
  }

  /**
   * @param {any[]} rows
   * @param {number | undefined} count
   */
  #show(rows, count) {
    const focused = this.#focused();
    this.#body.replaceChildren(...rows.map((row) => this.#row(row)));
    this.#focus(focused);
    this.#say(rows.length ? '' : Object.values(this.#sought).some(Boolean) ? t('Nothing matches the search.') : this.#options.empty);
    const many = this.#trail.length > 1 || this.#following !== null;
    this.#pager.hidden = rows.length === 0 || (!many && count === undefined);
    this.#range.textContent = count === undefined ? '' : tn('{count} in all', '{count} in all', count);
    this.#back.hidden = this.#next.hidden = !many;
    this.#back.disabled = this.#trail.length === 1;
    this.#next.disabled = this.#following === null;
  }

  /** @param {any} row */
  #row(row) {
    const cells = this.#options.columns.map(({ label, cell, class: name = '' }, index) =>
      element(index ? 'td' : 'th', { ...(index ? {} : { scope: 'row' }), 'data-label': label, class: name }, cell(row)));
    if (this.#options.actions) cells.push(element('td', { class: 'row-actions' }, ...this.#options.actions(row).map((action) => this.#button(action, row))));
    return element('tr', { 'data-row': this.#options.key(row) }, ...cells);
  }

  /**
   * @param {Action} action
   * @param {any} row
   */
  #button({ label, run, tone }, row) {
    // "Delete" alone says nothing to who hears the buttons one after the other.
    const name = t('{action}: {name}', { action: label, name: this.#options.key(row) });
    const button = element('button', { type: 'button', class: tone ?? '', 'data-action': label, 'aria-label': name }, label);
    button.addEventListener('click', () => run(row));
    return button;
  }

  /** Which button had the focus, so that it has it again after the rows were made anew. */
  #focused() {
    const active = document.activeElement;
    if (!(active instanceof HTMLElement) || !this.#body.contains(active)) return null;
    return { row: active.closest('tr')?.dataset.row ?? '', action: active.dataset.action ?? '' };
  }

  /** @param {{row: string, action: string} | null} wanted */
  #focus(wanted) {
    if (!wanted) return;
    const rows = /** @type {HTMLElement[]} */ ([...this.#body.children]);
    const row = rows.find((each) => each.dataset.row === wanted.row) ?? rows[0];
    const buttons = /** @type {HTMLElement[]} */ ([...(row?.querySelectorAll('button') ?? [])]);
    (buttons.find((each) => each.dataset.action === wanted.action) ?? buttons[0])?.focus();
  }

  /** @param {string} text */
  #say(text) {
    this.#note.textContent = text;
    this.#note.hidden = !text;
  }
}
