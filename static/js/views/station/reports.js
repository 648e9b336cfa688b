/** Reports that the station sends in parts: what was asked, how much of it came, and what is missing. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Loaded } from './loaded.js';
import { badge, disclosed, emptyNote, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const LOOKS = {
  running: { text: t('Comes in'), shape: 'half', tone: 'busy' },
  complete: { text: t('Complete'), shape: 'disc', tone: 'good' },
  incomplete: { text: t('Incomplete'), shape: 'cross', tone: 'bad' },
  empty: { text: t('Nothing to report'), shape: 'ring', tone: 'calm' },
  refused: { text: t('Refused'), shape: 'cross', tone: 'warn' },
};

/** @type {Record<string, string>} */
const KINDS = {
  inventory: t('Variables'), monitoring: t('Monitors'), charging_profiles: t('Charging profiles'),
  display_messages: t('Display messages'), customer_information: t('Customer information'), der_control: t('DER controls'),
};

/** @param {StationPage} page */
export const open = (page) => new Reports(page);

class Reports {
  element;

  #page;
  #reports;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#reports = new Loaded(async (signal) => (await ask(`${page.path}/reports?limit=100`, { signal })).content.results, (rows) => this.#table(rows));
    this.element = element('section', { 'data-part': 'reports' }, heading(t('Reports')), this.#reports.element);
    this.#reports.refresh();
  }

  /** A part comes with a message of the station. */
  changed() {
    this.#reports.hint();
  }

  close() {
    this.#reports.close();
  }

  /** @param {any[]} rows */
  #table(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has sent no reports.'))];
    const { now } = this.#page;
    return [plainTable(t('Reports'), [
      { label: t('What'), cell: ({ kind }) => KINDS[kind] ?? kind },
      { label: t('Request'), cell: ({ request }) => String(request), kind: 'number' },
      { label: t('State'), cell: ({ state }) => badge(LOOKS[state] ?? { text: state, shape: 'ring', tone: 'calm' }) },
      { label: t('Answer'), cell: ({ result }) => result || NOTHING },
      { label: t('Parts'), cell: ({ parts }) => String(parts), kind: 'number' },
      { label: t('Missing parts'), cell: ({ missing }) => missing.join(', ') },
      { label: t('Text'), cell: ({ text }) => (text ? disclosed(t('Whole'), text) : '') },
      { label: t('Asked'), cell: ({ asked_at: at }) => moment(at, now()) },
      { label: t('Last part'), cell: ({ changed_at: at, parts }) => (parts ? moment(at, now()) : NOTHING) },
      { label: t('Ended'), cell: ({ ended_at: at }) => (at ? moment(at, now()) : '') },
    ], rows, ({ id }) => String(id))];
  }
}
