/** What a station of 2.x tells of limits and vehicles: limits of others, needs, schedules that vehicles chose, what was agreed on. */
import { ask } from '../../api.js';
import { formatNumber, NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { limitsOf } from './limits.js';
import { Loaded } from './loaded.js';
import { badge, disclosed, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const ANSWERS = {
  Accepted: { text: t('Planned'), shape: 'disc', tone: 'good' },
  Processing: { text: t('Waits for a profile'), shape: 'half', tone: 'busy' },
  NoChargingProfile: { text: t('No plan'), shape: 'cross', tone: 'warn' },
  Rejected: { text: t('No plan'), shape: 'cross', tone: 'warn' },
  NoChargingProfile: { text: t('No plan'), shape: 'cross', tone: 'warn' },
};

const json = (/** @type {unknown} */ value) => disclosed(t('JSON'), JSON.stringify(value, null, 2));
const place = (/** @type {number} */ evse) => (evse ? String(evse) : t('the whole station'));

export class Vehicles {
  element;

  #page;
  #loaded;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#loaded = new Loaded(async (signal) => (await ask(`${page.path}/smart-charging`, { signal })).content, (found) => this.#sections(found));
    this.element = this.#loaded.element;
    this.#loaded.refresh();
  }

  hint() {
    this.#loaded.hint();
  }

  close() {
    this.#loaded.close();
  }

  /** @param {{limits: any[], needs: any[], ev_schedules: any[], terms: any[]}} found */
  #sections({ limits, needs, ev_schedules: schedules, terms }) {
    const { now } = this.#page;
    return [
      ...section(t('Limits of others'), [
        { label: t('Connector'), cell: ({ evse }) => place(evse) },
        { label: t('Source'), cell: ({ source }) => source },
        { label: t('Effect'), cell: ({ is_local_generation: adds, is_grid_critical: critical }) => effectOf(adds, critical) },
        { label: t('Limits'), cell: ({ schedules: told }) => told.map(limitsOf).join(', ') || NOTHING },
        { label: t('Since'), cell: ({ received_at: at }) => moment(at, now()) },
        { label: t('Cleared'), cell: ({ cleared_at: at }) => (at ? moment(at, now()) : NOTHING) },
      ], limits),
      ...section(t('What vehicles need'), [
        { label: t('Connector'), cell: ({ evse }) => place(evse) },
        { label: t('Session'), cell: ({ transaction }) => (transaction === null ? NOTHING : `#${transaction}`) },
        { label: t('Energy transfer'), cell: ({ energy_transfer: mode }) => mode },
        { label: t('Energy'), cell: ({ needs: told }) => formatNumber(energyOf(told), 'Wh'), kind: 'number' },
        { label: t('Departure'), cell: ({ departure_at: at }) => (at ? moment(at, now()) : NOTHING) },
        { label: t('Answer'), cell: ({ result }) => badge(ANSWERS[result] ?? { text: result, shape: 'ring', tone: 'calm' }) },
        { label: t('Remark'), cell: ({ remark }) => remark },
        { label: t('Whole'), cell: ({ needs: told }) => json(told) },
      ], needs),
      ...section(t('Schedules of vehicles'), [
        { label: t('Connector'), cell: ({ evse }) => place(evse) },
        { label: t('Session'), cell: ({ transaction }) => `#${transaction}` },
        { label: t('From'), cell: ({ begins_at: at }) => moment(at, now()) },
        { label: t('Chosen schedule'), cell: ({ chosen }) => (chosen === null ? NOTHING : String(chosen)), kind: 'number' },
        { label: t('Limits'), cell: ({ schedule }) => limitsOf(schedule) },
        { label: t('Whole'), cell: ({ schedule }) => json(schedule) },
      ], schedules),
      ...section(t('Agreed on for sessions'), [
        { label: t('Connector'), cell: ({ evse }) => (evse === null ? NOTHING : place(evse)) },
        { label: t('Session'), cell: ({ transaction }) => `#${transaction}` },
        { label: t('Priority'), cell: ({ priority, priority_by: by }) => priorityOf(priority, by) },
        { label: t('Allowed energy transfer'), cell: ({ allowed_energy_transfer: modes }) => modes.join(', ') || NOTHING },
      ], terms),
    ];
  }
}

/**
 * @param {string} title
 * @param {Parameters<typeof plainTable>[1]} columns
 * @param {any[]} rows
 */
const section = (title, columns, rows) => (rows.length ? [element('section', {}, heading(title), plainTable(title, columns, rows))] : []);

/**
 * @param {boolean} adds
 * @param {boolean | null} critical
 */
function effectOf(adds, critical) {
  if (adds) return t('adds what is generated on site');
  return critical ? t('limits, because the grid needs it') : t('limits');
}

/**
 * @param {boolean | null} priority
 * @param {string} by
 */
function priorityOf(priority, by) {
  if (priority === null) return NOTHING;
  if (!priority) return t('no');
  return by === 'station' ? t('yes, by the driver') : t('yes, by the server');
}

/** @param {any} needs chargingNeeds, whichever of its parts it has */
function energyOf({ acChargingParameters: ac, dcChargingParameters: dc, v2xChargingParameters: v2x }) {
  return v2x?.evTargetEnergyRequest ?? ac?.energyAmount ?? dc?.energyAmount ?? null;
}
