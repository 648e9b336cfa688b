/** What the station reported of its security, and which rules of tolerance it needed. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { explained } from '../../station/rules.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Loaded } from './loaded.js';
import { actionButton, badge, emptyNote, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

const FIRST = 50;
const MOST = 200;

/** @param {StationPage} page */
export const open = (page) => new Security(page);

class Security {
  element;

  #page;
  #limit = FIRST;
  #events;
  #quirks;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#quirks = new Loaded(async (signal) => (await ask(`${page.path}/quirks`, { signal })).content, (rows) => this.#seen(rows));
    this.#events = new Loaded(
      async (signal) => (await ask(`security-events?limit=${this.#limit}&station=${encodeURIComponent(page.identity)}`, { signal })).content,
      (content) => this.#reported(content),
    );
    const strict = page.station.strict ? [element('p', { class: 'totals' }, t('The station is marked as strict: what breaks the specification is refused.'))] : [];
    this.element = element('div', {},
      element('section', {}, heading(t('Security events')), this.#events.element),
      element('section', {}, heading(t('Quirks seen')), ...strict, this.#quirks.element));
    this.#quirks.refresh();
    this.#events.refresh();
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what !== 'station') return;
    this.#quirks.hint();
    this.#events.hint();
  }

  close() {
    this.#quirks.close();
    this.#events.close();
  }

  /** @param {{results: any[], next: string | null}} content */
  #reported({ results, next }) {
    if (results.length === 0) return [emptyNote(t('The station has reported no security events.'))];
    const { now } = this.#page;
    const table = plainTable(t('Security events'), [
      { label: t('Weight'), cell: ({ critical }) => badge(critical ? { text: t('Critical'), shape: 'cross', tone: 'bad' } : { text: t('Notice'), shape: 'ring', tone: 'calm' }) },
      { label: t('Type'), cell: ({ type }) => type },
      { label: t('Says'), cell: ({ info }) => info || NOTHING },
      { label: t('Received'), cell: ({ received_at: at }) => moment(at, now()) },
      { label: t('By the station’s clock'), cell: ({ occurred_at: at, stamp }) => (at ? moment(at, now()) : stamp || NOTHING) },
    ], results, ({ id }) => String(id));
    const more = next && this.#limit < MOST ? [actionButton(t('Show more'), () => {
      this.#limit = MOST;
      this.#events.refresh();
    }, { name: 'more' })] : [];
    return [table, ...more];
  }

  /** @param {any[]} rows */
  #seen(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has kept to the specification so far.'))];
    const { now } = this.#page;
    return [plainTable(t('Quirks seen'), [
      { label: t('What it does'), cell: ({ rule }) => explained(rule) },
      { label: t('Rule'), cell: ({ rule }) => rule, kind: 'code' },
      { label: t('In'), cell: ({ action }) => action || NOTHING },
      { label: t('Times'), cell: ({ times }) => String(times), kind: 'number' },
      { label: t('First'), cell: ({ first_at: at }) => moment(at, now()) },
      { label: t('Last'), cell: ({ last_at: at }) => moment(at, now()) },
    ], rows, ({ rule, action }) => `${rule}/${action}`)];
  }
}
