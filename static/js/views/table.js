/**
 * A table of any length of which only the rows in sight are in the document.
 *
 * Rows have one height, so the place of each is known without asking the browser; scroll position and
 * height are told by events. Painting therefore only writes, once a frame, and only what differs.
 *
 * @typedef {import('../query.js').Column} Column
 * @typedef {import('../query.js').Sort} Sort
 * @typedef {import('../store.js').Row} Row
 * @typedef {{rows: Row[], takeChanged: () => Map<number, Row | null>}} Source
 * @typedef {import('./recycler.js').Slot} Slot
 */
import { formatRelative, parseTime } from '../format.js';
import { bodyCell, flash, headCell, paintCell, setText, showWhatIsCut } from './cells.js';
import { SAMPLE, widths } from './columns.js';
import { element, oncePerFrame } from './dom.js';
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
  #onSort;
  #onOpen;
  #head = element('div', { role: 'row', class: 'grid-row grid-head', 'aria-rowindex': 1 });
  #body = element('div', { role: 'presentation', class: 'grid-window' });
  #space = element('div', { role: 'rowgroup', class: 'grid-body' }, this.#body);
  #pattern = element('div', { role: 'row', class: 'grid-row' });
  #slots = new Recycler(this.#body, this.#pattern);

  /** @type {Column[]} */
  #columns = [];
  /** @type {number[]} */
  #widths = [];
  /** @type {number[]} */
  #timeColumns = [];
  /** @type {number | null} The row that the keyboard is on: the key, for rows move … */
  #activeKey = null;
  /** … and its place, for when it moves out of sight the keyboard stays where it was. */
  #activeIndex = -1;
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
   */
  constructor(root, { topic, label, source, now, onSort, onOpen }) {
    this.#root = root;
    this.#topic = topic;
    this.#source = source;
    this.#now = now;
    this.#onSort = onSort;
    this.#onOpen = onOpen;
    root.setAttribute('role', 'grid');
    root.setAttribute('aria-label', label);
    root.setAttribute('aria-readonly', 'true');
    root.tabIndex = 0;
    root.append(element('div', { role: 'rowgroup', class: 'grid-top' }, this.#head), this.#space);
    root.addEventListener('scroll', () => this.#scroll(), { passive: true });
    root.addEventListener('keydown', (event) => this.#key(event));
    this.#head.addEventListener('click', (event) => this.#headClick(event));
    this.#body.addEventListener('click', (event) => this.#bodyClick(event));
    this.#body.addEventListener('pointerover', showWhatIsCut);
    new ResizeObserver(() => this.#measure()).observe(root);
  }

  /** @param {Column[]} columns */
  setColumns(columns) {
    this.#columns = columns;
    this.#widths = [];
    this.#timeColumns = columns.flatMap(({ kind }, index) => (kind === 'time' ? [index] : []));
    this.#slots.clear();
    this.#head.replaceChildren(...columns.map(headCell));
    this.#pattern.replaceChildren(...columns.map(bodyCell));
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
    style.setProperty('--columns', grown.map((width) => `minmax(calc(${width}ch + var(--cell-gap)), ${width}fr)`).join(' '));
    style.setProperty('--least-width', `calc(${grown.reduce((sum, width) => sum + width, 0)}ch + ${grown.length} * var(--cell-gap))`);
  }

  /** @param {Sort[]} sorts */
  setSorts(sorts) {
    for (const cell of this.#head.children) {
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

  /** A new query starts to be read from its top. */
  scrollToTop() {
    this.#root.scrollTop = 0;
  }

  #scroll() {
    this.#scrolled = this.#root.scrollTop;
    this.invalidate();
  }

  #measure() {
    this.#height = this.#root.clientHeight;
    if (this.#height === 0) return; // The tab is not shown.
    this.#rowHeight = parseFloat(getComputedStyle(this.#root).getPropertyValue('--row-height'));
    this.#headHeight = this.#head.offsetHeight;
    this.#scrolled = this.#root.scrollTop;
    this.invalidate();
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
      if (slot.index !== index) {
        slot.index = index;
        slot.element.setAttribute('aria-rowindex', String(index + 2));
      }
    }
    this.#tick = false;
    this.#paintActive(first, last);
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
      for (const cell of slot.flashed) cell.classList.remove('flash-a', 'flash-b');
      slot.flashed.clear();
    }
    for (let index = 0; index < this.#columns.length; index += 1) {
      const value = row[index + 1];
      const column = this.#columns[index];
      if (!present || present[index + 1] !== value) paintCell(slot.cells[index], value, column, now);
      // A time changes with every message; marking it would only be noise.
      if (before && before[index + 1] !== value && column.kind !== 'time') {
        flash(slot.cells[index]);
        slot.flashed.add(slot.cells[index]);
      }
    }
    slot.row = row;
  }

  /**
   * @param {Slot} slot
   * @param {number} now
   */
  #paintTimes(slot, now) {
    for (const index of this.#timeColumns) {
      setText(slot.cells[index], formatRelative(parseTime(slot.row?.[index + 1]), now));
    }
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  #paintActive(first, last) {
    if (this.#activeKey === null) return;
    let slot = this.#slots.get(this.#activeKey);
    if (slot) {
      this.#activeIndex = slot.index;
    } else if (this.#activeIndex >= first && this.#activeIndex < last) {
      this.#activeKey = this.#source.rows[this.#activeIndex][0];
      slot = this.#slots.get(this.#activeKey);
    }
    const id = slot?.element.id ?? '';
    if ((this.#root.getAttribute('aria-activedescendant') ?? '') !== id) {
      if (id) this.#root.setAttribute('aria-activedescendant', id);
      else this.#root.removeAttribute('aria-activedescendant');
    }
    for (const { element: row } of this.#slots.values()) {
      const active = row === slot?.element;
      if (row.classList.contains('active') !== active) row.classList.toggle('active', active);
    }
  }

  /** @param {Event} event */
  #headClick(event) {
    const cell = /** @type {Element} */ (event.target).closest('[data-header]');
    if (cell) this.#onSort(/** @type {HTMLElement} */ (cell).dataset.header ?? '', /** @type {MouseEvent} */ (event).shiftKey);
  }

  /** @param {Event} event */
  #bodyClick(event) {
    if (getSelection()?.isCollapsed === false) return; // Someone marks text to copy it.
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('[data-key]'));
    if (!row) return;
    this.#activeKey = Number(row.dataset.key);
    this.invalidate();
    this.#onOpen(this.#activeKey);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.#root || event.altKey || event.metaKey) return;
    const { rows } = this.#source;
    const present = this.#activeIndex;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (this.#activeKey !== null) this.#onOpen(this.#activeKey);
      return;
    }
    const page = Math.max(1, Math.floor((this.#height - this.#headHeight) / this.#rowHeight) - 1);
    const top = Math.ceil(this.#scrolled / this.#rowHeight);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || rows.length === 0) return;
    event.preventDefault();
    const next = present < 0 && Number.isFinite(step) ? top : present + step;
    this.#moveTo(Math.max(0, Math.min(rows.length - 1, next)));
  }

  /** @param {number} index */
  #moveTo(index) {
    this.#activeKey = this.#source.rows[index][0];
    this.#activeIndex = index;
    const top = index * this.#rowHeight;
    const sight = this.#height - this.#headHeight;
    if (top < this.#scrolled) this.#root.scrollTop = top;
    else if (top + this.#rowHeight > this.#scrolled + sight) this.#root.scrollTop = top + this.#rowHeight - sight;
    this.#scroll();
  }
}
