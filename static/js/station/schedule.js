/**
 * Composite schedules as the corners of a step chart, and as rows of a table. Pure.
 *
 * @typedef {{start_seconds: number, limit: number | null, phases: number | null}} Period limit: null is no limit
 * @typedef {{evse: number, start: string, duration: number, unit: 'A' | 'W', periods: Period[], unreadable: number[]}} Schedule
 * @typedef {{from: number, to: number, limit: number | null, phases: number | null}} Step from and to: ms since 1970
 * @typedef {{from: number, to: number, most: number}} Frame what the chart covers; most: the limit at its upper edge
 * @typedef {{width: number, height: number}} Size
 */

const HOUR = 3_600_000;

/**
 * Each period with its end; what is empty or lies behind the end of the schedule is left out.
 * @param {Schedule} schedule
 * @returns {Step[]}
 */
export function stepsOf({ start, duration, periods }) {
  const begin = Date.parse(start);
  const ordered = [...periods].sort((a, b) => a.start_seconds - b.start_seconds);
  return ordered
    .map(({ start_seconds: from, limit, phases }, index) => ({
      from: begin + from * 1000,
      to: begin + Math.min(ordered[index + 1]?.start_seconds ?? duration, duration) * 1000,
      limit,
      phases,
    }))
    .filter(({ from, to }) => to > from);
}

/**
 * What one chart has to cover to show them all; the highest limit leaves room above it.
 * @param {Schedule[]} schedules
 * @returns {Frame}
 */
export function frameOf(schedules) {
  const steps = schedules.flatMap(stepsOf);
  const limits = steps.map(({ limit }) => limit ?? 0);
  const from = Math.min(...schedules.map(({ start }) => Date.parse(start)));
  const to = Math.max(...schedules.map(({ start, duration }) => Date.parse(start) + duration * 1000));
  return { from, to, most: ceiling(Math.max(0, ...limits) * 1.1) };
}

/**
 * The next number above that people count in: 1, 2, 2.5 or 5 times a power of ten.
 * @param {number} value
 */
export function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

/**
 * The path of an SVG: a line that steps, and is broken where nothing is limited.
 * @param {Step[]} steps
 * @param {Frame} frame
 * @param {Size} size
 */
export function pathOf(steps, frame, size) {
  let path = '';
  /** @type {Step | null} */
  let before = null;
  for (const step of steps) {
    if (step.limit === null) {
      before = null;
      continue;
    }
    const y = round(yOf(step.limit, frame, size));
    const joined = before !== null && before.to === step.from;
    path += joined ? `V${y}` : `M${round(xOf(step.from, frame, size))} ${y}`;
    path += `H${round(xOf(step.to, frame, size))}`;
    before = step;
  }
  return path;
}

/**
 * @param {number} time ms since 1970
 * @param {Frame} frame
 * @param {Size} size
 */
export const xOf = (time, { from, to }, { width }) => ((time - from) / Math.max(1, to - from)) * width;

/**
 * @param {number} limit
 * @param {Frame} frame
 * @param {Size} size
 */
export const yOf = (limit, { most }, { height }) => height - (limit / most) * height;

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/**
 * Full hours at which the axis has a mark, in the viewer's zone; about `wanted` of them.
 * @param {Frame} frame
 * @param {number} [wanted]
 * @returns {number[]} ms since 1970
 */
export function marksOf({ from, to }, wanted = 8) {
  const hours = [0.25, 0.5, 1, 2, 3, 6, 12, 24].find((each) => (to - from) / (each * HOUR) <= wanted) ?? 24;
  const offset = new Date(from).getTimezoneOffset() * 60_000;
  const found = [];
  for (let mark = Math.ceil((from - offset) / (hours * HOUR)) * hours * HOUR + offset; mark <= to; mark += hours * HOUR) found.push(mark);
  return found;
}

/**
 * What holds at a moment; null: nothing is known of it.
 * @param {Step[]} steps
 * @param {number} time ms since 1970
 */
export const stepAt = (steps, time) => steps.find(({ from, to }) => from <= time && time < to) ?? null;
