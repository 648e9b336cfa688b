/** What is asked of the station: the form, and below it what was asked, live. */
import { formatState, parseTime } from '../../format.js';
import { ENDED } from '../../station/outcome.js';
import { t } from '../../text.js';
import { CommandForm } from '../command-form.js';
import { element, oncePerFrame } from '../dom.js';
import { actionButton, badge, emptyNote, heading, moment, plainTable } from './widgets.js';

/**
 * @typedef {import('./page.js').StationPage} StationPage
 * @typedef {{id: number, action: string, state: string, result: string, error: string, origin: string, attempts: number, created_at: string, settled_at: string | null}} Row
 */

const SHOWN = 100;

/** @type {Record<string, string>} */
const TONES = { answered: 'good', failed: 'bad', timed_out: 'bad', expired: 'warn', cancelled: 'calm', queued: 'warn', sent: 'busy' };

/** @param {StationPage} page */
export const open = (page) => new Commands(page);

class Commands {
  element;

  #page;
  #form = new CommandForm();
  #history = element('div', { 'data-part': 'history' });
  #text = '';
  #paint = oncePerFrame(() => this.#show());

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    const all = element('a', { href: `/commands?q=${encodeURIComponent(`filter:station:==:${page.identity}`)}` }, t('In the table of commands'));
    this.element = element('div', { class: 'commands-part' },
      element('section', { class: 'box' }, heading(t('Send a command')), this.#form.element),
      element('section', {}, heading(t('What was asked'), all), this.#history));
    this.#form.open(page.identity);
    this.#paint();
  }

  /** @param {URLSearchParams} search */
  show(search) {
    const action = search.get('action');
    if (action) this.#form.open(this.#page.identity, { action, payload: {} });
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what === 'commands') this.#paint();
  }

  close() {
    this.#form.stop();
  }

  #show() {
    const { store, columns } = this.#page.commands;
    const rows = store.rows.slice(0, SHOWN).map((row) => /** @type {Row} */ (/** @type {unknown} */ (
      { id: row[0], ...Object.fromEntries(columns.map(({ name }, index) => [name, row[index + 1]])) })));
    const text = JSON.stringify([rows, store.waiting]);
    if (text === this.#text) return;
    this.#text = text;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.closest?.('[data-row]')?.getAttribute('data-row');
    this.#history.replaceChildren(store.waiting && rows.length === 0 ? emptyNote(t('Loading…')) : this.#table(rows));
    if (focused && !document.activeElement?.closest('[data-row]')) {
      /** @type {HTMLElement | null} */ (this.#history.querySelector(`[data-row="${focused}"] button`))?.focus();
    }
  }

  /** @param {Row[]} rows */
  #table(rows) {
    if (rows.length === 0) return emptyNote(t('Nothing has been asked of this station yet.'));
    const { now } = this.#page;
    return plainTable(t('Commands to the station'), [
      { label: t('Number'), cell: ({ id }) => `#${id}` },
      { label: t('Command'), cell: ({ action }) => action },
      { label: t('State'), cell: ({ state }) => badge({ ...formatState(state), tone: TONES[state] ?? 'calm' }) },
      { label: t('Result'), cell: ({ result, error }) => [result, error].filter(Boolean).join(' – ') },
      { label: t('Asked by'), cell: ({ origin }) => origin },
      { label: t('Asked'), cell: ({ created_at: at }) => moment(at, now()) },
      { label: t('Took'), cell: ({ created_at: from, settled_at: to }) => (to ? took(parseTime(to) - parseTime(from)) : ''), kind: 'number' },
      { label: t('Actions'), kind: 'actions', cell: (row) => this.#action(row) },
    ], rows, ({ id }) => String(id));
  }

  /** @param {Row} row */
  #action({ id, action, state }) {
    if (state === 'queued') {
      return actionButton(t('Take back'), () => this.#page.takeBack(id),
        { name: 'cancel', reason: this.#page.refused(), say: this.#page.sayWhy, description: t('Take back {action} {id}', { action, id }) });
    }
    return ENDED.has(state) ? actionButton(t('Again…'), () => this.#again(action), { name: 'again', description: t('Ask {action} again', { action }) }) : '';
  }

  /** @param {string} action */
  async #again(action) {
    await this.#form.open(this.#page.identity, { action, payload: {} });
    this.#form.element.scrollIntoView({ block: 'start' });
    /** @type {HTMLElement | null} */ (this.#form.element.querySelector('[data-part="action"]'))?.focus();
  }
}

/** @param {number} span ms */
const took = (span) => (span < 10_000 ? t('{seconds} s', { seconds: (span / 1000).toFixed(1) }) : t('{seconds} s', { seconds: Math.round(span / 1000) }));
