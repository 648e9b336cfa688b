/**
 * Values as text for people. Pure: the present time is passed in.
 *
 * @typedef {import('./query.js').Column} Column
 */
import { language, t } from './text.js';

/** What stands where nothing is known. */
export const NOTHING = '–';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A clock that is a little ahead of ours is no news. */
const TOLERATED_SKEW = 5 * SECOND;

// The language of the page, whatever the browser's is: "1,234" must not mean two things.
const PLAIN = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const SCALED = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const DATE = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' });
const EXACT = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long' });

const SCALED_UNITS = new Set(['W', 'Wh', 'VA', 'var']);
/** @type {[factor: number, prefix: string][]} */
const PREFIXES = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']];

/**
 * State → words, and the name of a shape: colour alone is not for everyone.
 * @type {Record<string, {text: string, shape: string}>}
 */
const STATES = {
  online: { text: t('Online'), shape: 'disc' },
  stale: { text: t('Stale'), shape: 'half' },
  offline: { text: t('Offline'), shape: 'cross' },
  never: { text: t('Never seen'), shape: 'ring' },
  queued: { text: t('Waiting'), shape: 'ring' },
  sent: { text: t('Sent'), shape: 'half' },
  answered: { text: t('Answered'), shape: 'disc' },
  failed: { text: t('Failed'), shape: 'cross' },
  timed_out: { text: t('Timed out'), shape: 'cross' },
  expired: { text: t('Expired'), shape: 'cross' },
  cancelled: { text: t('Cancelled'), shape: 'ring' },
  active: { text: t('Running'), shape: 'disc' },
  ended: { text: t('Ended'), shape: 'ring' },
  standing: { text: t('Standing'), shape: 'cross' },
  cleared: { text: t('Cleared'), shape: 'ring' },
  in: { text: t('Received'), shape: 'in' },
  out: { text: t('Sent'), shape: 'out' },
  refused: { text: t('Refused'), shape: 'cross' },
  unanswered: { text: t('Unanswered'), shape: 'half' },
};

/**
 * @param {unknown} value
 * @returns {{text: string, shape: string}}
 */
export function formatState(value) {
  const name = String(value);
  return Object.hasOwn(STATES, name) ? STATES[name] : { text: formatText(value), shape: 'ring' };
}

/**
 * @param {unknown} value
 * @param {string} [unit] W and Wh become kW and kWh, MW … when that is shorter
 * @param {Intl.NumberFormat} [scaled] how the number before such a unit is written
 */
export function formatNumber(value, unit = '', scaled = SCALED) {
  const number = Number(value);
  if (value === null || value === '' || !Number.isFinite(number)) return formatText(value);
  if (SCALED_UNITS.has(unit)) {
    const size = Math.abs(number);
    // A value that would be rounded to 1,000 already takes the larger unit.
    const prefix = PREFIXES.find(([factor]) => size >= factor * 0.999995);
    if (prefix) return `${scaled.format(number / prefix[0])} ${prefix[1]}${unit}`;
  }
  return unit ? `${PLAIN.format(number)} ${unit}` : PLAIN.format(number);
}

/**
 * An amount of money; without a currency, which is then known from what stands beside it, with two digits.
 * @param {unknown} value
 * @param {string} [currency] ISO 4217
 */
export function formatMoney(value, currency = '') {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return NOTHING;
  if (!isCurrency(currency)) return [SCALED.format(Number(value)), currency].filter(Boolean).join(' ');
  return new Intl.NumberFormat(language, { style: 'currency', currency }).format(Number(value));
}

/**
 * A price of one unit, which may be a fraction of the smallest coin.
 * @param {number} value
 * @param {string} currency
 */
export function formatPrice(value, currency) {
  if (!isCurrency(currency)) return formatMoney(value, currency);
  return new Intl.NumberFormat(language, { style: 'currency', currency, maximumFractionDigits: 6 }).format(value);
}

/** What is no code of three letters cannot be formatted as a currency. @param {string} text */
const isCurrency = (text) => /^[A-Za-z]{3}$/.test(text);

/**
 * The same without zeros at its end, for the marks of an axis.
 * @param {unknown} value
 * @param {string} [unit]
 */
export const formatShort = (value, unit) => formatNumber(value, unit, PLAIN);

/**
 * @param {number} time milliseconds since 1970
 * @param {number} now
 */
export function formatRelative(time, now) {
  const age = now - time;
  if (Number.isNaN(age)) return NOTHING;
  if (age < -TOLERATED_SKEW) return age < -30 * DAY ? DATE.format(time) : t('in {duration}', { duration: duration(-age) });
  if (age < SECOND) return t('now');
  return age < 30 * DAY ? t('{duration} ago', { duration: duration(age) }) : DATE.format(time);
}

/** @param {number} span milliseconds */
function duration(span) {
  if (span < MINUTE) return t('{count} s', { count: Math.floor(span / SECOND) });
  if (span < HOUR) return t('{count} min', { count: Math.floor(span / MINUTE) });
  if (span < 2 * DAY) return t('{count} h', { count: Math.floor(span / HOUR) });
  return t('{count} d', { count: Math.floor(span / DAY) });
}

/** @param {number} time milliseconds since 1970 */
export const formatExact = (time) => (Number.isNaN(time) ? '' : EXACT.format(time));

/** @param {unknown} value */
export function formatText(value) {
  if (value === null || value === undefined || value === '') return NOTHING;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** @param {unknown} value an ISO time; NaN when it is none */
export const parseTime = (value) => (typeof value === 'string' ? Date.parse(value) : NaN);

/**
 * @param {unknown} value
 * @param {Column} column
 * @param {number} now
 */
export function formatCell(value, column, now) {
  switch (column.kind) {
    case 'number': return formatNumber(value, column.unit);
    case 'time': return formatRelative(parseTime(value), now);
    case 'state': return formatState(value).text;
    default: return formatText(value);
  }
}

/**
 * UTC as the protocol writes it → what an `<input type="datetime-local">` holds, and back.
 * @param {string} iso
 */
export function toLocalInput(iso) {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return '';
  const offset = new Date(time).getTimezoneOffset() * MINUTE;
  return new Date(time - offset).toISOString().slice(0, 19);
}

/** @param {string} local */
export function fromLocalInput(local) {
  const time = new Date(local).getTime();
  return Number.isNaN(time) ? '' : new Date(time).toISOString().replace('.000Z', 'Z');
}
