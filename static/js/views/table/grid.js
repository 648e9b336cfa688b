/**
 * A table of any length of which only the rows in sight are in the document.
 *
 * Rows have one height, so the place of each is known without asking the browser; scroll position and
 * height are told by events. Painting therefore only writes, once a frame, and only what differs.
 *
 * @typedef {import('../../columns.js').Shown} Column
 * @typedef {import('../../query.js').Sort} Sort
 * @typedef {import('../../store.js').Row} Row
 * @typedef {{rows: Row[], takeChanged: () => Map<number, Row | null>}} Source
 * @typedef {import('./recycler.js').Slot} Slot
 * @typedef {object} Sparks the lines of the last hour
 * @property {(key: number) => string} path
 * @property {(key: number) => string} label
 * @property {(rows: Row[], first: number, last: number) => void} inSight these rows are painted
 */
import { formatRelative, parseTime } from '../../format.js';
import { bodyCell, headCell, paintCell, paintSpark, selectCell, selectHead, setText, showWhatIsCut } from './cells.js';
import { SAMPLE, widths } from './columns.js';
import { element, oncePerFrame } from '../dom.js';
import { Flashes } from './flashes.js';
import { Input } from './input.js';
import { Recycler } from './recycler.js';

/** Rows kept above and below those in sight, so that scrolling meets painted rows. */
const OVERSCAN = 8;

export class Table {
  /** Paint in the next frame. */
  invalidate = oncePerFrame(() => this.#paint());

  #root;
  #topic;
  #source;
  #now;
  #selection;
  #input;
  #sparks;
  /** Cells in front of those of the columns. */
  #lead;
  /** @type {number} Place of the line of the last hour among the cells; -1: none. */
  #sparkCell = -1;
  #head = element('div', { role: 'row', class: 'grid-row grid-head', 'aria-rowindex': 1 });
  #body = element('div', { role: 'presentation', class: 'grid-window' });
  #space = element('div', { role: 'rowgroup', class: 'grid-body' }, this.#body);
  #pattern = element('div', { role: 'row', class: 'grid-row' });
  #slots = new Recycler(this.#body, this.#pattern);

  /** @type {Column[]} */
  #columns = [];
  #flashes = new Flashes();
  /** @type {number[]} */
  #widths = [];
  /** @type {number[]} */
  #timeColumns = [];
  #rowHeight = 34;
  #headHeight = 34;
  #height = 0;
  #scrolled = 0;
  #paintedSpace = -1;
  #tick = false;

  /**
   * @param {HTMLElement} root the scrolling element; becomes the grid
   * @param {object} options
   * @param {string} options.topic
   * @param {string} options.label
   * @param {Source} options.source
   * @param {() => number} options.now
   * @param {(field: string, keepOthers: boolean) => void} options.onSort
   * @param {(key: number) => void} options.onOpen
   * @param {(key: number) => void} [options.onActive] the keyboard moved to this row
   * @param {import('../../selection.js').Selection} [options.selection] rows can be selected
   * @param {Sparks} [options.sparks]
   */
  constructor(root, { topic, label, source, now, onSort, onOpen, onActive, selection, sparks }) {
    this.#root = root;
    this.#topic = topic;
    this.#source = source;
    this.#now = now;
    this.#selection = selection;
    this.#sparks = sparks;
    this.#lead = selection ? 1 : 0;
    if (selection) root.setAttribute('aria-multiselectable', 'true');
    root.setAttribute('role', 'grid');
    root.setAttribute('aria-label', label);
    root.setAttribute('aria-readonly', 'true');
    root.tabIndex = 0;
    const top = element('div', { role: 'rowgroup', class: 'grid-top' }, this.#head);
    root.append(top, this.#space);
    root.addEventListener('scroll', () => this.#scroll(), { passive: true });
    this.#body.addEventListener('pointerover', showWhatIsCut);
    this.#input = new Input({ root, head: this.#head, body: this.#body }, {
      rows: () => source.rows,
      inSight: () => ({ page: Math.max(1, Math.floor((this.#height - this.#headHeight) / this.#rowHeight) - 1), top: Math.ceil(this.#scrolled / this.#rowHeight) }),
      reveal: (index) => this.#reveal(index),
      repaint: this.invalidate,
      ...{ onSort, onOpen, onActive, selection },
    });
    const watch = new ResizeObserver(() => this.#measure());
    watch.observe(root);
    watch.observe(top); // as wide as the columns are
  }

  /** @param {Column[]} columns */
  setColumns(columns) {
    this.#columns = columns;
    this.#widths = [];
    this.#timeColumns = columns.flatMap(({ kind }, index) => (kind === 'time' ? [index] : []));
    this.#slots.clear();
    this.#head.replaceChildren(...columns.map(headCell));
    this.#pattern.replaceChildren(...columns.map(bodyCell));
    if (this.#selection) {
      this.#head.prepend(selectHead());
      this.#pattern.prepend(selectCell());
      this.#pattern.setAttribute('aria-selected', 'false');
    }
    const spark = columns.findIndex(({ kind }) => kind === 'spark');
    this.#sparkCell = spark < 0 ? -1 : spark + this.#lead;
    this.fit([]);
  }

  /**
   * Columns grow to fit these rows. They never shrink, for a table must not twitch while it is read.
   * @param {Row[]} rows
   */
  fit(rows) {
    const wanted = widths(this.#columns, rows, this.#now());
    const grown = wanted.map((width, index) => Math.max(width, this.#widths[index] ?? 0));
    if (grown.every((width, index) => width === this.#widths[index])) return;
    this.#widths = grown;
    const { style } = this.#root;
    const tracks = grown.map((width) => `minmax(calc(${width}ch + var(--cell-gap)), ${width}fr)`);
    const lead = this.#lead ? 'var(--select-width)' : '0px';
    style.setProperty('--columns', [...(this.#lead ? [lead] : []), ...tracks].join(' '));
    style.setProperty('--least-width', `calc(${grown.reduce((sum, width) => sum + width, 0)}ch + ${grown.length} * var(--cell-gap) + ${lead})`);
  }

  /** @param {Sort[]} sorts */
  setSorts(sorts) {
    for (const cell of this.#head.querySelectorAll('[data-header]')) {
      const place = sorts.findIndex(({ field }) => field === /** @type {HTMLElement} */ (cell).dataset.header);
      cell.setAttribute('aria-sort', place < 0 ? 'none' : sorts[place].direction);
      cell.toggleAttribute('data-sorted', place >= 0);
      const order = cell.querySelector('.sort-order');
      if (order) order.textContent = place >= 0 && sorts.length > 1 ? String(place + 1) : '';
    }
  }

  /** A second has passed: the relative times in sight are out of date. */
  tick() {
    this.#tick = true;
    this.invalidate();
  }

  /** @param {number} key the keyboard goes on from this row, if it is there */
  activate(key) {
    this.#input.activate(key);
  }

  /** A new query starts to be read from its top. */
  scrollToTop() {
    this.#root.scrollTop = 0;
  }

  #scroll() {
    this.#scrolled = this.#root.scrollTop;
    this.#root.toggleAttribute('data-aside', this.#root.scrollLeft > 0);
    this.invalidate();
  }

  #measure() {
    this.#height = this.#root.clientHeight;
    if (this.#height === 0) return; // The tab is not shown.
    this.#rowHeight = parseFloat(getComputedStyle(this.#root).getPropertyValue('--row-height'));
    this.#headHeight = this.#head.offsetHeight;
    this.#root.toggleAttribute('data-wide', this.#head.offsetWidth > this.#root.clientWidth);
    this.#scroll();
  }

  #paint() {
    if (this.#height === 0 || this.#columns.length === 0) return;
    const { rows } = this.#source;
    const changed = this.#source.takeChanged();
    const now = this.#now();
    // A young table grows row by row; a long one was fitted when it came.
    if (this.#tick && rows.length <= SAMPLE) this.fit(rows);
    const [first, last] = this.#inSight(rows.length);
    this.#slots.arrange(rows, first, last);
    this.#reserve(rows.length, first);
    for (let index = first; index < last; index += 1) {
      const row = rows[index];
      const slot = /** @type {Slot} */ (this.#slots.get(row[0]));
      if (slot.row !== row) this.#paintRow(slot, row, changed.get(row[0]), now);
      else if (this.#tick) this.#paintTimes(slot, now);
      this.#paintExtras(slot, row[0]);
      if (slot.index !== index) {
        slot.index = index;
        slot.element.setAttribute('aria-rowindex', String(index + 2));
      }
    }
    this.#tick = false;
    this.#input.paint(this.#slots, first, last);
    if (this.#sparkCell >= 0) this.#sparks?.inSight(rows, first, last);
  }

  /**
   * What is no value of the row: whether it is selected, and its last hour.
   * @param {Slot} slot
   * @param {number} key
   */
  #paintExtras(slot, key) {
    const selected = this.#selection?.has(key) ?? false;
    if (slot.selected !== selected) {
      slot.selected = selected;
      slot.element.setAttribute('aria-selected', String(selected));
    }
    if (this.#sparkCell < 0 || !this.#sparks) return;
    const path = this.#sparks.path(key);
    if (slot.spark === path) return;
    slot.spark = path;
    paintSpark(slot.cells[this.#sparkCell], path, this.#sparks.label(key));
  }

  /**
   * @param {number} count
   * @returns {[number, number]} the first row to paint and the one after the last
   */
  #inSight(count) {
    const sight = this.#height - this.#headHeight;
    // The browser will correct a position beyond the end only after this frame.
    const top = Math.max(0, Math.min(this.#scrolled, count * this.#rowHeight - sight));
    const first = Math.max(0, Math.floor(top / this.#rowHeight) - OVERSCAN);
    return [first, Math.min(count, Math.ceil((top + sight) / this.#rowHeight) + OVERSCAN)];
  }

  /**
   * @param {number} count
   * @param {number} first
   */
  #reserve(count, first) {
    if (this.#paintedSpace !== count) {
      this.#paintedSpace = count;
      this.#space.style.height = `${count * this.#rowHeight}px`;
      this.#root.setAttribute('aria-rowcount', String(count + 1));
    }
    const transform = `translateY(${first * this.#rowHeight}px)`;
    if (this.#body.style.transform !== transform) this.#body.style.transform = transform;
  }

  /**
   * @param {Slot} slot
   * @param {Row} row
   * @param {Row | null | undefined} before the values when it was last painted, when they changed since
   * @param {number} now
   */
  #paintRow(slot, row, before, now) {
    const present = slot.row?.[0] === row[0] ? slot.row : null;
    if (!present) {
      slot.element.dataset.key = String(row[0]);
      slot.element.id = `${this.#topic}-row-${row[0]}`;
      this.#flashes.forget(slot.cells);
    }
    for (let index = 0; index < this.#columns.length; index += 1) {
      const column = this.#columns[index];
      if (column.kind === 'spark') continue;
      const value = row[column.at];
      const cell = slot.cells[index + this.#lead];
      if (!present || present[column.at] !== value) paintCell(cell, value, column, now);
      // A time changes with every message; marking it would only be noise.
      if (before && before[column.at] !== value && column.kind !== 'time') this.#flashes.mark(cell);
    }
    slot.row = row;
  }

  /**
   * @param {Slot} slot
   * @param {number} now
   */
  #paintTimes(slot, now) {
    for (const index of this.#timeColumns) {
      setText(slot.cells[index + this.#lead], formatRelative(parseTime(slot.row?.[this.#columns[index].at]), now));
    }
  }

  /** @param {'true' | 'false' | 'mixed'} checked */
  showSelected(checked) {
    this.#head.querySelector('[data-part="select-all"]')?.setAttribute('aria-checked', checked);
    this.invalidate();
  }

  /** @param {number} index brings a row into sight */
  #reveal(index) {
    const top = index * this.#rowHeight;
    const sight = this.#height - this.#headHeight;
    if (top < this.#scrolled) this.#root.scrollTop = top;
    else if (top + this.#rowHeight > this.#scrolled + sight) this.#root.scrollTop = top + this.#rowHeight - sight;
    this.#scroll();
  }
}
