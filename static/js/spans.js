/**
 * The times that a history may cover, and how a chart of each is to be read. Pure.
 *
 * @typedef {{name: string, label: string, minutes: number, refresh: number}} Span
 */

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Points of an answer (`smartserver/core/history.py`); longer times than SHORT come as means of hours. */
const POINTS = 1999;
const SHORT = 2 * DAY;
/** Seconds without a reading after which a line is broken, where readings come as they were. */
const SILENCE = 300;

/** @type {readonly Span[]} `refresh` in milliseconds: what covers months looks the same a minute later. */
export const SPANS = Object.freeze([
  { name: 'hour', label: 'Hour', minutes: 60, refresh: 15_000 },
  { name: 'day', label: 'Day', minutes: 24 * 60, refresh: 60_000 },
  { name: 'week', label: 'Week', minutes: 7 * 24 * 60, refresh: 300_000 },
  { name: 'month', label: 'Month', minutes: 31 * 24 * 60, refresh: 600_000 },
  { name: 'year', label: 'Year', minutes: 366 * 24 * 60, refresh: 600_000 },
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
  if (seconds <= DAY) return date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
}

/**
 * A moment in the legend.
 * @param {number} time seconds since 1970
 * @param {number} seconds what the chart covers
 */
export function formatMoment(time, seconds) {
  const date = new Date(time * 1000);
  if (seconds <= HOUR) {
    return date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  }
  return date.toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}
