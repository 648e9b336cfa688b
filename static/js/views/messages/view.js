/**
 * The message inspector: what is said on the wire, live, of all stations or of one; the past in pages; one message beside.
 *
 * Addresses: `?message=<key>` shows a message, `?before=<key>` what is older than one.
 *
 * Hooks for tests: .messages, [data-part="past"], data-testid past-older, past-live, export.
 *
 * @typedef {import('../../app.js').App} App
 * @typedef {import('../../routes.js').Address} Address
 */
import { exportAddress } from '../../frames.js';
import { toAddress } from '../../routes.js';
import { scopeOf } from '../../scope.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { TableView } from '../table/view.js';
import { Inspector } from './inspector.js';
import { older } from './past.js';

const NARROW = matchMedia('(width < 900px)');

/** @param {App} app */
export const open = (app) => new MessagesView(app);

export class MessagesView {
  element;

  #app;
  #table;
  #inspector;
  #sheet = element('dialog', { class: 'inspector-sheet', 'aria-labelledby': 'inspector-title' });
  #aside = element('div', { class: 'messages-aside' });
  #export = element('a', { class: 'tool', download: true, 'data-testid': 'export' }, t('Export as JSON lines'));
  #older = element('button', { type: 'button', class: 'small', 'data-testid': 'past-older' }, t('Older'));
  #newest = element('button', { type: 'button', class: 'small', 'data-testid': 'past-live' }, t('Back to live'));
  #note = element('span', { class: 'note', role: 'status' });
  #search = new URLSearchParams();
  /** Of the page of the past that is shown or asked for. */
  #page = '';
  /** @type {number | null} Where the page behind it begins. */
  #next = null;
  /** @type {AbortController | null} */
  #asking = null;
  #arrange = () => this.#place();

  /**
   * @param {App} app
   * @param {string | null} [station] the identity of the only one that is asked for
   */
  constructor(app, station = null) {
    this.#app = app;
    this.#inspector = new Inspector(app, { onClose: () => this.#select(null), onStep: (delta) => this.#step(delta) });
    const past = element('div', { class: 'past', 'data-part': 'past' }, this.#note, this.#newest, this.#older, this.#export);
    this.#table = new TableView(app, 'messages', {
      heading: station === null ? 'h1' : 'h2',
      scope: station === null ? [] : [scopeOf('station', station)],
      hidden: station === null ? [] : ['station'],
      tools: [past],
      onOpen: (key) => this.#select(key),
      onActive: (key) => this.#inspector.key !== null && this.#select(key),
    });
    this.element = element('div', { class: 'messages' }, this.#table.element, this.#aside, this.#sheet);
    this.#older.addEventListener('click', () => this.#goBack());
    this.#newest.addEventListener('click', () => this.#go({ before: null }));
    this.#export.addEventListener('pointerdown', () => this.#address());
    this.#export.addEventListener('focus', () => this.#address());
    this.#sheet.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.#select(null);
    });
    this.element.addEventListener('keydown', (event) => this.#key(event));
    NARROW.addEventListener('change', this.#arrange);
    this.#address();
  }

  /** @param {Address} address */
  show(address) {
    this.#table.show(address);
    this.#showWithin(address.search);
  }

  /** @param {URLSearchParams} search in another view, which has the title */
  showWithin(search) {
    this.#table.showQueryOf(search);
    this.#showWithin(search);
  }

  close() {
    NARROW.removeEventListener('change', this.#arrange);
    this.#asking?.abort();
    this.#inspector.hide();
    this.#sheet.close();
    this.#table.close();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    return this.#table.onKey(event);
  }

  tick() {
    this.#table.tick();
  }

  /** @param {URLSearchParams} search */
  #showWithin(search) {
    this.#search = search;
    this.#address();
    this.#showMessage(whole(search.get('message')));
    this.#showPast(whole(search.get('before')));
  }

  #address() {
    this.#export.href = exportAddress(this.#table.query);
  }

  // -- one message -----------------------------------------------------------------------

  /** @param {number | null} key */
  #showMessage(key) {
    const before = this.#inspector.key;
    if (key === null) this.#inspector.hide();
    else this.#inspector.show(key);
    this.#place();
    if (key !== null) this.#table.activate(key);
    else if (before !== null) this.element.querySelector('[role="grid"]')?.focus();
  }

  /** Beside the table where there is room, else over it. */
  #place() {
    const shown = this.#inspector.key !== null;
    this.element.toggleAttribute('data-inspecting', shown);
    const over = shown && NARROW.matches;
    const home = over ? this.#sheet : this.#aside;
    if (this.#inspector.element.parentElement !== home) home.replaceChildren(this.#inspector.element);
    if (over && !this.#sheet.open && this.#sheet.isConnected) {
      this.#sheet.showModal();
      this.#inspector.focus();
    } else if (!over && this.#sheet.open) {
      this.#sheet.close();
    }
  }

  /**
   * The first message that is opened is a step of the browser's history, to go on from it to others is none.
   * @param {number | null} key
   */
  #select(key) {
    this.#go({ message: key }, key !== null && this.#inspector.key !== null);
  }

  /** @param {number} delta */
  #step(delta) {
    const { rows } = this.#table;
    const place = rows.findIndex(([key]) => key === this.#inspector.key);
    const next = place < 0 ? rows[0] : rows[place + delta];
    if (next) this.#select(next[0]);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Escape' || event.defaultPrevented || this.#inspector.key === null || this.#sheet.open) return;
    event.preventDefault();
    this.#select(null);
  }

  // -- the past --------------------------------------------------------------------------

  #goBack() {
    const { rows } = this.#table;
    const oldest = rows.reduce((least, [key]) => Math.min(least, key), Infinity);
    const before = this.#page ? this.#next : Number.isFinite(oldest) ? oldest : Number.MAX_SAFE_INTEGER;
    if (before !== null) this.#go({ before: Math.min(before, 999_999_999_999) });
  }

  /** @param {number | null} before null: what is live */
  async #showPast(before) {
    const query = this.#table.query;
    const page = before === null ? '' : JSON.stringify([before, query]);
    this.#newest.hidden = before === null;
    if (page === this.#page) return;
    this.#page = page;
    this.#asking?.abort();
    this.#older.disabled = before !== null;
    this.#note.textContent = before === null ? '' : t('Loading…');
    this.#table.showInstead(before === null ? null : []);
    if (before === null) return;
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const { rows, next } = await older(before, query, this.#table.columns, asking.signal);
      this.#next = next;
      this.#older.disabled = next === null;
      this.#note.textContent = next === null ? t('There is nothing older than this.') : t('Older messages');
      this.#table.showInstead(rows);
      if (this.#inspector.key !== null) this.#table.activate(this.#inspector.key);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.#page = '';
      this.#note.textContent = t('Older messages cannot be shown. {reason}', { reason: error instanceof Error ? error.message : '' });
      this.#older.disabled = false;
    }
  }

  /**
   * @param {Record<string, number | null>} changed null: no more
   * @param {boolean} [replace]
   */
  #go(changed, replace = false) {
    const params = new URLSearchParams(this.#search);
    for (const [name, value] of Object.entries(changed)) {
      if (value === null) params.delete(name);
      else params.set(name, String(value));
    }
    this.#app.go(toAddress(location.pathname, params), { replace });
  }
}

/**
 * @param {string | null} text
 * @returns {number | null} a key, or null where the text is none
 */
const whole = (text) => (text !== null && /^[1-9]\d{0,11}$/.test(text) ? Number(text) : null);
