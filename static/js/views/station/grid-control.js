/** What the station's inverter keeps to (DER controls), and the events of the grid that it told of. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Loaded } from './loaded.js';
import { badge, disclosed, emptyNote, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const LOOKS = {
  sent: { text: t('Unknown'), shape: 'cross', tone: 'warn' },
  accepted: { text: t('Accepted'), shape: 'disc', tone: 'good' },
  active: { text: t('Active'), shape: 'disc', tone: 'busy' },
  superseded: { text: t('Superseded'), shape: 'ring', tone: 'calm' },
  ended: { text: t('Ended'), shape: 'ring', tone: 'calm' },
  cleared: { text: t('Not there any more'), shape: 'ring', tone: 'calm' },
};

/** @param {StationPage} page */
export const open = (page) => new GridControl(page);

class GridControl {
  element;

  #page;
  #controls;
  #alarms;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    const station = encodeURIComponent(page.identity);
    this.#controls = new Loaded(
      async (signal) => (await ask(`der-controls?limit=100&station=${station}`, { signal })).content.results,
      (rows) => this.#kept(rows),
    );
    this.#alarms = new Loaded(
      async (signal) => (await ask(`der-alarms?limit=100&station=${station}`, { signal })).content.results,
      (rows) => this.#told(rows),
    );
    this.element = element('div', {},
      element('section', {}, heading(t('Grid controls')), this.#controls.element),
      element('section', {}, heading(t('Grid alarms')), this.#alarms.element));
    this.#controls.refresh();
    this.#alarms.refresh();
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what === 'ended') return;
    this.#controls.hint();
    this.#alarms.hint();
  }

  close() {
    this.#controls.close();
    this.#alarms.close();
  }

  /** @param {any[]} rows */
  #kept(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has no grid controls that this server knows of.'))];
    const { now } = this.#page;
    return [plainTable(t('Grid controls'), [
      { label: t('Control'), cell: ({ control_id: id }) => id, kind: 'code' },
      { label: t('State'), cell: ({ state }) => badge(LOOKS[state] ?? { text: state, shape: 'ring', tone: 'calm' }) },
      { label: t('Type'), cell: ({ type }) => type || NOTHING },
      { label: t('Priority'), cell: ({ priority }) => String(priority), kind: 'number' },
      { label: t('From'), cell: ({ is_default: always, start_at: at }) => (always ? t('always') : moment(at, now())) },
      { label: t('Seconds'), cell: ({ duration_s: seconds }) => (seconds === null ? NOTHING : String(seconds)), kind: 'number' },
      { label: t('Started'), cell: ({ started_at: at }) => moment(at, now()) },
      { label: t('Ended'), cell: ({ ended_at: at }) => moment(at, now()) },
      { label: t('Supersedes'), cell: ({ supersedes }) => supersedes.join(', ') || NOTHING },
      { label: t('Setting'), cell: ({ setting }) => disclosed(t('Setting'), JSON.stringify(setting, null, 2)) },
    ], rows, ({ control_id: id }) => id)];
  }

  /** @param {any[]} rows */
  #told(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has told of no trouble with the grid.'))];
    const { now } = this.#page;
    return [plainTable(t('Grid alarms'), [
      { label: t('Alarm'), cell: ({ ended }) => badge(ended ? { text: t('Over'), shape: 'ring', tone: 'calm' } : { text: t('Raised'), shape: 'cross', tone: 'bad' }) },
      { label: t('Event'), cell: ({ fault }) => fault || NOTHING },
      { label: t('Control'), cell: ({ control_type: type }) => type },
      { label: t('Says'), cell: ({ info }) => info || NOTHING },
      { label: t('Received'), cell: ({ received_at: at }) => moment(at, now()) },
      { label: t('By the station’s clock'), cell: ({ occurred_at: at, stamp }) => (at ? moment(at, now()) : stamp || NOTHING) },
    ], rows, ({ id }) => String(id))];
  }
}
