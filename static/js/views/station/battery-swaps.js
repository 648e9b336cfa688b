/** The batteries that were swapped at the station. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Loaded } from './loaded.js';
import { badge, emptyNote, heading, moment, plainTable } from './widgets.js';

/**
 * @typedef {import('./page.js').StationPage} StationPage
 * @typedef {{way: string, slot: number, serial_number: string, soc: number, soh: number}} Battery
 */

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const LOOKS = {
  requested: { text: t('Asked for'), shape: 'half', tone: 'busy' },
  refused: { text: t('Refused'), shape: 'cross', tone: 'bad' },
  half: { text: t('Half done'), shape: 'half', tone: 'busy' },
  complete: { text: t('Done'), shape: 'disc', tone: 'good' },
  timed_out: { text: t('Not taken'), shape: 'cross', tone: 'warn' },
};

/** @param {StationPage} page */
export const open = (page) => new BatterySwaps(page);

class BatterySwaps {
  element;

  #page;
  #loaded;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#loaded = new Loaded(
      async (signal) => (await ask(`battery-swaps?limit=100&station=${encodeURIComponent(page.identity)}`, { signal })).content.results,
      (rows) => this.#table(rows),
    );
    this.element = element('section', {}, heading(t('Battery swaps')), this.#loaded.element);
    this.#loaded.refresh();
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what !== 'ended') this.#loaded.hint();
  }

  close() {
    this.#loaded.close();
  }

  /** @param {any[]} rows */
  #table(rows) {
    if (rows.length === 0) return [emptyNote(t('No batteries were swapped here.'))];
    const { now } = this.#page;
    return [plainTable(t('Battery swaps'), [
      { label: t('Request'), cell: ({ request }) => String(request), kind: 'number' },
      { label: t('State'), cell: ({ state }) => badge(LOOKS[state] ?? { text: state, shape: 'ring', tone: 'calm' }) },
      { label: t('Token'), cell: ({ id_token: token }) => token ?? NOTHING, kind: 'code' },
      { label: t('Verdict'), cell: ({ token_status: status, reason }) => status || reason || NOTHING },
      { label: t('Put in'), cell: ({ batteries }) => shown(batteries, 'in') },
      { label: t('Taken'), cell: ({ batteries }) => shown(batteries, 'out') },
      { label: t('Left there'), cell: ({ batteries }) => shown(batteries, 'left') },
      { label: t('Began'), cell: ({ created_at: at }) => moment(at, now()) },
      { label: t('Ended'), cell: ({ ended_at: at }) => moment(at, now()) },
    ], rows, ({ id }) => String(id))];
  }
}

/**
 * @param {Battery[]} batteries
 * @param {string} way
 */
function shown(batteries, way) {
  const found = batteries.filter((each) => each.way === way);
  return found.map(({ serial_number: serial, slot, soc, soh }) => t('{serial} in slot {slot}, {soc} % charged, {soh} % healthy', { serial, slot, soc, soh })).join('; ') || NOTHING;
}
