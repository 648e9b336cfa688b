/**
 * Charts of one history answer, drawn by uPlot: one for each unit, below each other on the same time.
 * Loaded only when the first history is shown; without the library the page works on, and shows
 * the values alone.
 *
 * @typedef {{name: string, label?: string, unit?: string}} HistoryColumn
 * @typedef {{columns: HistoryColumn[], series: (number | null)[][]}} History
 * @typedef {{unit: string, columns: HistoryColumn[], data: (number | null)[][]}} Group
 * @typedef {import('../../spans.js').Period} Period
 * @typedef {object} Options
 * @property {Period | null} period what the charts show; null: the time until the newest point
 * @property {number} [height] of a chart that is alone, in pixels
 * @property {(period: Period | null) => void} onSelect a part was dragged over; null: a double click, back to all of it
 */
import { formatNumber, formatShort, NOTHING } from '../../format.js';
import { formatMoment, formatTick, periodOf, silenceOf } from '../../spans.js';
import { t } from '../../text.js';

const VENDOR = new URL('../../../vendor/uplot/', import.meta.url);
const HEIGHT_ALONE = 230;
const HEIGHT = 150;
const COLOURS = 5;
const GUTTER = 64;
/** Lines of one chart below which there is an area. */
const FILLED = 2;

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
 * @param {Options} options
 * @returns {Promise<{destroy: () => void, update: (history: History) => boolean} | null>} null when
 *   nothing was measured; `update` says no to an answer that needs other charts
 */
export async function drawCharts(root, history, seconds, { period, height: alone = HEIGHT_ALONE, onSelect }) {
  const groups = groupByUnit(history, seconds);
  if (groups.length === 0) return null;
  const UPlot = await load().catch(() => {
    throw new Error(t('The chart library is not installed on this server.'));
  });
  const height = groups.length === 1 ? alone : HEIGHT;
  const frame = { seconds, range: period ? () => [period.from, period.to] : upToNow(seconds), select: once(onSelect) };
  let colour = 0;
  const charts = groups.map((group) => {
    const colours = group.columns.map(() => resolveColour(root, `--chart-${(colour++ % COLOURS) + 1}`));
    return new UPlot({ ...options(group, colours, root, frame), width: root.clientWidth, height }, group.data, root);
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
 * @param {{seconds: number, range: (chart: any) => number[], select: Options['onSelect']}} frame
 */
function options({ unit, columns }, colours, root, { seconds, range, select }) {
  const line = { stroke: resolveColour(root, '--chart-line'), width: 1 };
  const axis = { stroke: resolveColour(root, '--chart-text'), grid: line, ticks: { ...line, size: 4 }, font: '11px system-ui, sans-serif' };
  const number = (/** @type {unknown} */ value) => formatNumber(value, unit);
  return {
    ...selectable(select),
    scales: { x: { range } },
    axes: [
      { ...axis, space: 64, size: 28, values: (/** @type {any} */ _chart, /** @type {number[]} */ times) => times.map((time) => formatTick(time, seconds)) },
      { ...axis, space: 36, size: GUTTER, values: (/** @type {any} */ _chart, /** @type {number[]} */ ticks) => ticks.map((tick) => formatShort(tick, unit)) },
    ],
    series: [
      { label: t('Time'), value: (/** @type {any} */ _chart, /** @type {number | null} */ time) => (time ? formatMoment(time, seconds) : NOTHING) },
      ...columns.map(({ name, label }, index) => ({
        label: t(label ?? name),
        stroke: colours[index],
        width: 1.5,
        // Many areas over each other would hide the lines.
        fill: columns.length <= FILLED ? transparent(colours[index]) : undefined,
        points: { size: 4, stroke: colours[index], fill: colours[index] },
        value: (/** @type {any} */ _chart, /** @type {number | null} */ value) => number(value),
      })),
    ],
  };
}

/**
 * Charts that are looked at together all tell the same choice; and it ends them, so not within the library's own event.
 * @param {Options['onSelect']} onSelect
 * @returns {Options['onSelect']}
 */
function once(onSelect) {
  let told = false;
  return (period) => {
    if (!told) queueMicrotask(() => onSelect(period));
    told = true;
  };
}

/**
 * A part is dragged over; the library's own zoom, which knows only the points that it has, stays off.
 * @param {Options['onSelect']} select
 */
function selectable(select) {
  return {
    cursor: {
      drag: { x: true, y: false, setScale: false },
      sync: { key: 'history' },
      bind: { dblclick: () => () => select(null) },
    },
    hooks: {
      setSelect: [(/** @type {any} */ chart) => {
        const { left, width } = chart.select;
        const period = width > 0 && periodOf(chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x'));
        if (period) select(period);
      }],
    },
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

/** @param {string} colour as it was computed: rgb(…) */
const transparent = (colour) => colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.1)');
