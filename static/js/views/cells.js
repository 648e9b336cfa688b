/**
 * Single cells of a table: how one is made, and how a value is put into it.
 *
 * @typedef {import('../query.js').Column} Column
 */
import { formatCell, formatExact, formatState, parseTime } from '../format.js';
import { element } from './dom.js';

/** @param {Column} column */
export function headCell({ name, label, kind, unit }) {
  const button = element('button', { type: 'button', tabindex: -1, title: `Sort by ${label}${unit ? ` (${unit})` : ''}; with Shift: in addition` },
    element('span', { class: 'label' }, label), element('span', { class: 'sort-arrow', 'aria-hidden': 'true' }), element('span', { class: 'sort-order' }));
  return element('div', { role: 'columnheader', class: 'cell', 'data-header': name, 'data-kind': kind, 'aria-sort': 'none' }, button);
}

/**
 * @param {Column} column
 * @param {number} index
 */
export function bodyCell({ name, kind }, index) {
  return element('div', { role: index === 0 ? 'rowheader' : 'gridcell', class: 'cell', 'data-column': name, 'data-kind': kind }, '\u200b');
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
 * Into the text node that is there: cheaper than a new one, and text stays text.
 * @param {HTMLElement} cell
 * @param {string} text
 */
export function setText(cell, text) {
  const node = /** @type {Text} */ (cell.firstChild);
  if (node.data !== text) node.data = text;
}

/**
 * Two names for one animation: going from one to the other starts it anew without asking the
 * browser to lay out in between.
 * @param {HTMLElement} cell
 */
export function flash({ classList }) {
  const again = classList.contains('flash-a');
  classList.remove('flash-a', 'flash-b');
  classList.add(again ? 'flash-b' : 'flash-a');
}

/** @param {Event} event */
export function showWhatIsCut({ target }) {
  const cell = /** @type {HTMLElement} */ (target);
  if (cell.dataset.kind !== 'time' && cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent ?? '';
}
