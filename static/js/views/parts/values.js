/**
 * The values of one row, named, as they are now.
 *
 * @typedef {import('../../query.js').Column} Column
 * @typedef {import('../../store.js').Row} Row
 */
import { formatCell, formatExact, formatState, parseTime } from '../../format.js';
import { t } from '../../text.js';
import { element, oncePerFrame } from '../dom.js';

export class Values {
  element = element('dl', { class: 'values', 'data-part': 'values' });
  /** Paint in the next frame: a second has passed. */
  tick = oncePerFrame(() => this.#paint());

  #now;
  /** @type {Column[]} */
  #columns = [];
  /** @type {HTMLElement[]} */
  #cells = [];
  /** @type {Row | null} */
  #row = null;

  /** @param {() => number} now */
  constructor(now) {
    this.#now = now;
  }

  /** @param {Column[]} columns */
  setColumns(columns) {
    this.#columns = columns;
    this.#cells = columns.map(({ name, kind }) => element('dd', { 'data-value': name, 'data-kind': kind }));
    this.element.replaceChildren(...columns.map(({ label }, index) => element('div', {}, element('dt', {}, t(label)), this.#cells[index])));
  }

  /** @param {Row} row */
  show(row) {
    this.#row = row;
    this.tick();
  }

  #paint() {
    const row = this.#row;
    if (!row) return;
    const now = this.#now();
    this.#columns.forEach((column, index) => {
      const value = row[index + 1];
      const cell = this.#cells[index];
      const text = formatCell(value, column, now);
      if (cell.textContent !== text) cell.textContent = text;
      if (column.kind === 'time') cell.title = formatExact(parseTime(value));
      if (column.kind === 'state') {
        cell.dataset.state = String(value);
        cell.dataset.shape = formatState(value).shape;
      }
    });
  }
}
