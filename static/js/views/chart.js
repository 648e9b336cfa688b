/**
 * Charts of one history answer, drawn by uPlot: one for each unit, below each other on the same time.
 * Loaded only when the first drawer opens; without the library the page works on, and the drawer
 * shows the values alone.
 *
 * @typedef {{name: string, label?: string, unit?: string}} HistoryColumn
 * @typedef {{columns: HistoryColumn[], series: (number | null)[][]}} History
 * @typedef {{unit: string, columns: HistoryColumn[], data: (number | null)[][]}} Group
 */
import { formatNumber, NOTHING } from '../format.js';
import { formatMoment, formatTick, silenceOf } from '../spans.js';

const VENDOR = new URL('../../vendor/uplot/', import.meta.url);
const HEIGHT_ALONE = 230;
const HEIGHT = 150;
const COLOURS = 5;
const GUTTER = 64;

/** @type {Promise<any> | null} */
let library = null;

function load() {
  library ??= Promise.all([import(new URL('uPlot.esm.js', VENDOR).href), loadStyle(new URL('uPlot.min.css', VENDOR).href)])
    .then(([module]) => module.default)
    .catch((error) => {
      library = null; // A failed download may work the next time.
      throw error;
    });
  return library;
}

/** @param {string} href */
function loadStyle(href) {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    link.onload = resolve;
    link.onerror = reject;
    document.head.append(link);
  });
}

/**
 * @param {HTMLElement} root
 * @param {History} history
 * @param {number} seconds what the charts cover
 * @returns {Promise<{destroy: () => void, update: (history: History) => boolean} | null>} null when
 *   nothing was measured; `update` says no to an answer that needs other charts
 */
export async function drawCharts(root, history, seconds) {
  const groups = groupByUnit(history, seconds);
  if (groups.length === 0) return null;
  const UPlot = await load().catch(() => {
    throw new Error('The chart library is not installed on this server.');
  });
  const height = groups.length === 1 ? HEIGHT_ALONE : HEIGHT;
  let colour = 0;
  const charts = groups.map((group) => {
    const colours = group.columns.map(() => resolveColour(root, `--chart-${(colour++ % COLOURS) + 1}`));
    return new UPlot({ ...options(group, colours, root, seconds), width: root.clientWidth, height }, group.data, root);
  });
  const resized = new ResizeObserver(() => charts.forEach((chart) => chart.setSize({ width: root.clientWidth, height })));
  resized.observe(root);
  return {
    destroy() {
      resized.disconnect();
      charts.forEach((chart) => chart.destroy());
    },
    update(next) {
      const fresh = groupByUnit(next, seconds);
      if (shapeOf(fresh) !== shapeOf(groups)) return false;
      charts.forEach((chart, index) => chart.setData(fresh[index].data));
      return true;
    },
  };
}

/**
 * What was measured at all: a station that reports no voltage gets no empty chart of it.
 * @param {History} history
 * @param {number} seconds
 * @returns {Group[]}
 */
function groupByUnit({ columns, series: [times, ...series] }, seconds) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  columns.slice(1).forEach((column, index) => {
    const values = series[index];
    if (!values?.some((value) => value !== null)) return;
    const unit = column.unit ?? '';
    const group = groups.get(unit) ?? { unit, columns: [], data: [times] };
    group.columns.push(column);
    group.data.push(joined(times, values, silenceOf(seconds)));
    groups.set(unit, group);
  });
  return [...groups.values()];
}

/**
 * Connectors take turns in a history: where one has nothing because another one reported, its line goes on (undefined,
 * as uPlot has it); where it was silent for longer, the line is broken (null).
 * @param {(number | null)[]} times
 * @param {(number | null)[]} values
 * @param {number} silence
 */
function joined(times, values, silence) {
  let last = -Infinity;
  const next = /** @type {number[]} */ (Array(values.length));
  for (let index = values.length - 1, time = Infinity; index >= 0; index -= 1) {
    if (values[index] !== null) time = Number(times[index]);
    next[index] = time;
  }
  return values.map((value, index) => {
    if (value !== null) {
      last = Number(times[index]);
      return value;
    }
    return next[index] - last <= silence ? /** @type {any} */ (undefined) : null;
  });
}

/** @param {Group[]} groups */
const shapeOf = (groups) => groups.map(({ columns }) => columns.map(({ name }) => name).join()).join(';');

/**
 * @param {Group} group
 * @param {string[]} colours
 * @param {HTMLElement} root
 * @param {number} seconds
 */
function options({ unit, columns }, colours, root, seconds) {
  const line = { stroke: resolveColour(root, '--chart-line'), width: 1 };
  const axis = { stroke: resolveColour(root, '--chart-text'), grid: line, ticks: { ...line, size: 4 }, font: '11px system-ui, sans-serif' };
  const number = (/** @type {unknown} */ value) => formatNumber(value, unit);
  return {
    cursor: { drag: { x: false, y: false }, sync: { key: 'history' } },
    scales: { x: { range: upToNow(seconds) } },
    axes: [
      { ...axis, space: 64, size: 28, values: (/** @type {any} */ _chart, /** @type {number[]} */ times) => times.map((time) => formatTick(time, seconds)) },
      { ...axis, space: 36, size: GUTTER, values: (/** @type {any} */ _chart, /** @type {number[]} */ ticks) => ticks.map(number) },
    ],
    series: [
      { label: 'Time', value: (/** @type {any} */ _chart, /** @type {number | null} */ time) => (time ? formatMoment(time, seconds) : NOTHING) },
      ...columns.map(({ name, label }, index) => ({
        label: label ?? name,
        stroke: colours[index],
        width: 1.5,
        points: { size: 4, stroke: colours[index], fill: colours[index] },
        value: (/** @type {any} */ _chart, /** @type {number | null} */ value) => number(value),
      })),
    ],
  };
}

/**
 * Always the whole time, so that a quarter of an hour of data looks like one.
 * @param {number} seconds
 * @returns {(chart: {data: number[][]}) => [number, number]}
 */
function upToNow(seconds) {
  return ({ data: [times] }) => {
    const end = times[times.length - 1];
    return [end - seconds, end];
  };
}

/**
 * A canvas knows neither custom properties nor light-dark(); only a computed colour is plain.
 * @param {HTMLElement} root
 * @param {string} name
 */
function resolveColour(root, name) {
  const before = root.style.color;
  root.style.color = `var(${name})`;
  const { color } = getComputedStyle(root);
  root.style.color = before;
  return color;
}
