/**
 * The times that a history may cover, and how a chart of each is to be read. Pure.
 *
 * @typedef {{name: string, label: string, minutes: number, refresh: number}} Span
 * @typedef {{from: number, to: number}} Period a part of a history that is looked at closely, in seconds since 1970
 */
import { language, t } from './text.js';

const QUARTER = 900;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** Points of an answer (`smartserver/core/history.py`); longer times than SHORT come as means of hours. */
const POINTS = 1999;
const SHORT = 2 * DAY;
/** Seconds without a reading after which a line is broken, where readings come as they were. */
const SILENCE = 300;

/** @type {readonly Span[]} `refresh` in milliseconds: what covers months looks the same a minute later. */
export const SPANS = Object.freeze([
  { name: 'hour', label: t('Hour'), minutes: 60, refresh: 15_000 },
  { name: 'day', label: t('Day'), minutes: 24 * 60, refresh: 60_000 },
  { name: 'week', label: t('Week'), minutes: 7 * 24 * 60, refresh: 300_000 },
  { name: 'month', label: t('Month'), minutes: 31 * 24 * 60, refresh: 600_000 },
  { name: 'year', label: t('Year'), minutes: 366 * 24 * 60, refresh: 600_000 },
]);

/**
 * Seconds without a reading after which a line is broken: longer than three of the slots that one point stands for.
 * @param {number} seconds what the chart covers
 */
export function silenceOf(seconds) {
  if (seconds > SHORT) return 3 * Math.max(HOUR, seconds / POINTS);
  return Math.max(SILENCE, (3 * seconds) / POINTS);
}

/**
 * A moment on the axis: the finer, the shorter the time that the chart covers.
 * @param {number} time seconds since 1970
 * @param {number} seconds what the chart covers
 */
export function formatTick(time, seconds) {
  const date = new Date(time * 1000);
  if (seconds <= QUARTER) return date.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  if (seconds <= DAY) return date.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' });
  return date.toLocaleDateString(language, { day: 'numeric', month: 'short' });
}

/**
 * A moment in the legend.
 * @param {number} time seconds since 1970
 * @param {number} seconds what the chart covers
 */
export function formatMoment(time, seconds) {
  const date = new Date(time * 1000);
  if (seconds <= HOUR) {
    return date.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  }
  return date.toLocaleString(language, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

/**
 * What the server is asked, behind the address of a history. A period is rounded up to whole minutes.
 * @param {Span} span
 * @param {Period | null} period null: the span until now
 */
export function questionOf(span, period) {
  if (!period) return `minutes=${span.minutes}`;
  return `minutes=${Math.max(1, Math.ceil((period.to - period.from) / 60))}&until=${Math.ceil(period.to)}`;
}

/** Shorter parts of a chart cannot be looked at: they would have no two points. */
const SHORTEST = 60;

/**
 * The period between two moments that were pointed at, in any order; null when it is too short to be meant.
 * @param {number} one
 * @param {number} other
 * @returns {Period | null}
 */
export function periodOf(one, other) {
  const period = { from: Math.min(one, other), to: Math.max(one, other) };
  return period.to - period.from >= SHORTEST ? period : null;
}

/** @param {Period} period */
export function formatPeriod({ from, to }) {
  const seconds = to - from;
  const format = new Intl.DateTimeFormat(language, seconds <= DAY
    ? { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }
    : { day: 'numeric', month: 'short', year: seconds > 31 * DAY ? 'numeric' : undefined });
  return format.formatRange(from * 1000, to * 1000);
}
