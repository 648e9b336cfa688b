/**
 * Single cells of a table: how one is made, and how a value is put into it.
 *
 * @typedef {import('../../columns.js').Shown} Column
 */
import { formatCell, formatExact, formatState, parseTime } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { svg } from '../svg.js';

/** The drawing of a line of the last hour, in its own units. */
export const SPARK = { width: 96, height: 18 };

/**
 * @param {Column} column
 * @param {number} index
 */
export function headCell({ name, label, kind, unit }, index) {
  if (kind === 'spark') return element('div', { role: 'columnheader', class: 'cell', 'data-kind': kind }, element('span', { class: 'label' }, label));
  const button = element('button', { type: 'button', tabindex: -1, title: t('Sort by {column}; with Shift: in addition', { column: unit ? `${t(label)} (${unit})` : t(label) }) },
    element('span', { class: 'label' }, t(label)), element('span', { class: 'sort-arrow', 'aria-hidden': 'true' }), element('span', { class: 'sort-order' }));
  return element('div', { role: 'columnheader', class: index === 0 ? 'cell name' : 'cell', 'data-header': name, 'data-kind': kind, 'aria-sort': 'none' }, button);
}

/**
 * @param {Column} column
 * @param {number} index
 */
export function bodyCell({ name, kind }, index) {
  if (kind === 'spark') {
    const { width, height } = SPARK;
    const picture = svg('svg', { viewBox: `0 -1 ${width} ${height + 2}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('path'));
    return element('div', { role: 'gridcell', class: 'cell', 'data-column': name, 'data-kind': kind }, picture);
  }
  return element('div', { role: index === 0 ? 'rowheader' : 'gridcell', class: index === 0 ? 'cell name' : 'cell', 'data-column': name, 'data-kind': kind }, '\u200b');
}

/**
 * @param {HTMLElement} cell
 * @param {unknown} value
 * @param {Column} column
 * @param {number} now
 */
export function paintCell(cell, value, column, now) {
  setText(cell, formatCell(value, column, now));
  if (column.kind === 'time') cell.title = formatExact(parseTime(value));
  else if (cell.title) cell.title = '';
  if (column.kind === 'state') {
    cell.dataset.state = String(value);
    cell.dataset.shape = formatState(value).shape;
  }
}

/**
 * @param {HTMLElement} cell
 * @param {string} path
 * @param {string} label what the line says, in words
 */
export function paintSpark(cell, path, label) {
  cell.firstElementChild?.firstElementChild?.setAttribute('d', path);
  cell.setAttribute('aria-label', label);
}

/** The head over the boxes in which rows are selected. */
export function selectHead() {
  const button = element('button', { type: 'button', role: 'checkbox', 'aria-checked': 'false', 'aria-label': t('Select all rows'), title: t('Select all rows'), tabindex: -1, 'data-part': 'select-all' },
    element('span', { class: 'box-mark', 'aria-hidden': 'true' }));
  return element('div', { role: 'columnheader', class: 'cell select' }, button);
}

export function selectCell() {
  return element('div', { role: 'gridcell', class: 'cell select', 'data-column': 'select', 'aria-label': t('Select') },
    element('span', { class: 'box-mark', 'aria-hidden': 'true' }));
}

/**
 * Into the text node that is there: cheaper than a new one, and text stays text.
 * @param {HTMLElement} cell
 * @param {string} text
 */
export function setText(cell, text) {
  const node = /** @type {Text} */ (cell.firstChild);
  if (node.data !== text) node.data = text;
}

/** @param {Event} event */
export function showWhatIsCut({ target }) {
  const cell = /** @type {HTMLElement} */ (target);
  if (cell.dataset.kind !== 'time' && cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent ?? '';
}
