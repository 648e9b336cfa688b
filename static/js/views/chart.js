/**
 * A chart of one history answer, drawn by uPlot. Loaded only when the first drawer opens; without
 * the library the page works on, and the drawer shows the values alone.
 *
 * @typedef {{name: string, label?: string, unit?: string}} HistoryColumn
 * @typedef {{columns: HistoryColumn[], series: (number | null)[][]}} History
 */
import { formatNumber } from '../format.js';

const VENDOR = new URL('../../vendor/uplot/', import.meta.url);
const HEIGHT = 240;
const COLOURS = 5;

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
 * @returns {Promise<{destroy: () => void, update: (history: History) => boolean}>}
 */
export async function drawChart(root, history) {
  const UPlot = await load().catch(() => {
    throw new Error('The chart library is not installed on this server.');
  });
  const chart = new UPlot(options(history, root), history.series, root);
  const resized = new ResizeObserver(() => chart.setSize({ width: root.clientWidth, height: HEIGHT }));
  resized.observe(root);
  const shape = shapeOf(history);
  return {
    destroy() {
      resized.disconnect();
      chart.destroy();
    },
    update(next) {
      if (shapeOf(next) !== shape) return false;
      chart.setData(next.series);
      return true;
    },
  };
}

/** @param {History} history */
const shapeOf = ({ columns }) => columns.map(({ name }) => name).join();

/**
 * Columns of one unit share a scale; the first unit has its axis on the left, the second on the right.
 * @param {History} history
 * @param {HTMLElement} root
 */
function options({ columns }, root) {
  const colour = (/** @type {string} */ name) => resolveColour(root, name);
  const [, ...measured] = columns;
  const units = [...new Set(measured.map(({ unit }) => unit ?? ''))];
  const line = { stroke: colour('--chart-line'), width: 1 };
  const axis = { stroke: colour('--chart-text'), grid: line, ticks: { ...line, size: 4 }, font: '11px system-ui, sans-serif' };
  const value = (/** @type {string} */ unit) => (/** @type {any} */ _chart, /** @type {number | null} */ number) =>
    number === null || number === undefined ? '–' : formatNumber(number, unit);
  return {
    width: root.clientWidth,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    legend: { live: true },
    scales: Object.fromEntries(units.map((unit) => [unit || 'plain', {}])),
    axes: [
      { ...axis, values: (/** @type {any} */ _chart, /** @type {number[]} */ times) => times.map(clock), space: 64 },
      ...units.slice(0, 2).map((unit, index) => ({
        ...axis,
        scale: unit || 'plain',
        side: index === 0 ? 3 : 1,
        size: 64,
        grid: index === 0 ? line : { show: false },
        values: (/** @type {any} */ _chart, /** @type {number[]} */ ticks) => ticks.map((tick) => formatNumber(tick, unit)),
      })),
    ],
    series: [
      { label: 'Time', value: (/** @type {any} */ _chart, /** @type {number | null} */ time) => (time === null || time === undefined ? '–' : clock(time, true)) },
      ...measured.map(({ name, label, unit = '' }, index) => ({
        label: label ?? name,
        scale: unit || 'plain',
        stroke: colour(`--chart-${(index % COLOURS) + 1}`),
        width: 1.5,
        points: { show: false },
        value: value(unit),
      })),
    ],
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

/**
 * @param {number} time seconds since 1970
 * @param {boolean | number} [seconds]
 */
function clock(time, seconds) {
  return new Date(time * 1000).toLocaleTimeString('en-GB', seconds === true ? {} : { hour: '2-digit', minute: '2-digit' });
}
