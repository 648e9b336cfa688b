/**
 * Sessions as rows for people, and their meter values as a chart. Pure.
 *
 * @typedef {object} Session as the API has it
 * @property {number} id
 * @property {number | null} evse
 * @property {string | null} id_token
 * @property {boolean} active
 * @property {string} charging_state
 * @property {string} started_at
 * @property {string | null} ended_at
 * @property {string} end_reason
 * @property {string} remark
 * @property {number | null} energy_wh
 * @property {number | null} cost with taxes
 * @property {string} currency
 * @property {boolean} cost_is_final
 * @property {number | null} soc
 *
 * @typedef {{measured_at: string | null, received_at: string, power_w: number | null, energy_wh: number | null,
 *   current_a: number | null, voltage_v: number | null, soc: number | null}} MeterValue
 */
import { t } from '../text.js';

const MINUTE = 60_000;

/**
 * @param {number} span ms
 */
export function durationOf(span) {
  const minutes = Math.max(0, Math.floor(span / MINUTE));
  if (minutes < 1) return t('{seconds} s', { seconds: Math.max(0, Math.floor(span / 1000)) });
  if (minutes < 60) return t('{minutes} min', { minutes });
  const hours = Math.floor(minutes / 60);
  return t('{hours} h {minutes} min', { hours, minutes: minutes % 60 });
}

/**
 * @param {Session} session
 * @param {number} now ms since 1970
 */
export const lastedFor = ({ started_at: begin, ended_at: end }, now) => (end ? Date.parse(end) : now) - Date.parse(begin);

/**
 * @param {Session[]} sessions
 * @returns {{count: number, running: number, energy_wh: number, unknown: number}} unknown: without an energy
 */
export function totalsOf(sessions) {
  const energies = sessions.map(({ energy_wh: energy }) => energy);
  return {
    count: sessions.length,
    running: sessions.filter(({ active }) => active).length,
    energy_wh: energies.reduce((/** @type {number} */ sum, energy) => sum + (energy ?? 0), 0),
    unknown: energies.filter((energy) => energy === null).length,
  };
}

/** @type {[name: 'power_w' | 'energy_wh' | 'current_a' | 'voltage_v' | 'soc', label: () => string, unit: string][]} */
const MEASURED = [
  ['power_w', () => t('Power'), 'W'],
  ['energy_wh', () => t('Energy'), 'Wh'],
  ['current_a', () => t('Current'), 'A'],
  ['voltage_v', () => t('Voltage'), 'V'],
  ['soc', () => t('State of charge'), '%'],
];

/**
 * Meter values, newest first, as a history that charts can draw; the energy is what the session has got so far.
 * @param {MeterValue[]} values
 * @param {number | null} startWh the register at its start
 */
export function historyOf(values, startWh) {
  const ordered = values.map((value) => ({ ...value, time: Date.parse(value.received_at) / 1000 })).sort((a, b) => a.time - b.time);
  const first = startWh ?? ordered.find(({ energy_wh: energy }) => energy !== null)?.energy_wh ?? null;
  const valueOf = (/** @type {any} */ value, /** @type {string} */ name) =>
    (name === 'energy_wh' && value[name] !== null && first !== null ? value[name] - first : value[name]);
  return {
    columns: [{ name: 'time', unit: 's' }, ...MEASURED.map(([name, label, unit]) => ({ name, label: label(), unit }))],
    series: [ordered.map(({ time }) => time), ...MEASURED.map(([name]) => ordered.map((value) => valueOf(value, name)))],
  };
}

/** Seconds that a chart of it has to cover, at least a minute. @param {{series: (number | null)[][]}} history */
export function secondsOf({ series: [times] }) {
  return Math.max(60, Math.ceil(Number(times.at(-1) ?? 0) - Number(times[0] ?? 0)));
}
