/**
 * What the user does with a grid: rows are opened, selected and gone through, columns sorted by. Knows which row the
 * keyboard is on; rows move, so that is a key, and its place for when it goes out of sight.
 *
 * @typedef {import('../../store.js').Row} Row
 * @typedef {import('./recycler.js').Recycler} Recycler
 *
 * @typedef {object} Grid
 * @property {() => Row[]} rows
 * @property {() => {page: number, top: number}} inSight how many rows, and the first of them
 * @property {(index: number) => void} reveal
 * @property {() => void} repaint
 * @property {(field: string, keepOthers: boolean) => void} onSort
 * @property {(key: number) => void} onOpen
 * @property {(key: number) => void} [onActive] the keyboard moved to this row
 * @property {import('../../selection.js').Selection} [selection]
 */
import { meaningOf } from './keys.js';

/** Pixels between pressing and letting go from which on something was dragged, not clicked. */
const DRAGGED = 8;

/**
 * @param {EventTarget | null} target
 * @returns {{key: number, selects: boolean} | null} the row, and whether it is its checkbox
 */
function placeOf(target) {
  const element = /** @type {Element} */ (target);
  const row = /** @type {HTMLElement | null} */ (element.closest('[data-key]'));
  return row && { key: Number(row.dataset.key), selects: element.closest('.select') !== null };
}

export class Input {
  #root;
  #grid;
  /** @type {number | null} */
  #key = null;
  #index = -1;
  /** What is under the pointer while it is pressed. @type {{place: ReturnType<typeof placeOf>, x: number, y: number} | null} */
  #pressed = null;

  /**
   * @param {{root: HTMLElement, head: HTMLElement, body: HTMLElement}} parts
   * @param {Grid} grid
   */
  constructor({ root, head, body }, grid) {
    this.#root = root;
    this.#grid = grid;
    root.addEventListener('keydown', (event) => this.#press(event));
    head.addEventListener('click', (event) => this.#headClick(event));
    body.addEventListener('pointerdown', ({ target, clientX: x, clientY: y }) => { this.#pressed = { place: placeOf(target), x, y }; });
    body.addEventListener('click', (event) => this.#bodyClick(event));
  }

  /** @param {number} key the keyboard goes on from this row, if it is there */
  activate(key) {
    const index = this.#grid.rows().findIndex((row) => row[0] === key);
    if (index < 0) return;
    this.#key = key;
    this.#index = index;
    this.#grid.repaint();
  }

  /**
   * Marks the row that the keyboard is on, among those that are painted.
   * @param {Recycler} slots
   * @param {number} first
   * @param {number} last
   */
  paint(slots, first, last) {
    if (this.#key === null) return;
    let slot = slots.get(this.#key);
    if (slot) {
      this.#index = slot.index;
    } else if (this.#index >= first && this.#index < last) {
      this.#key = this.#grid.rows()[this.#index][0];
      slot = slots.get(this.#key);
    }
    const id = slot?.element.id ?? '';
    if ((this.#root.getAttribute('aria-activedescendant') ?? '') !== id) {
      if (id) this.#root.setAttribute('aria-activedescendant', id);
      else this.#root.removeAttribute('aria-activedescendant');
    }
    for (const { element: row } of slots.values()) {
      const active = row === slot?.element;
      if (row.classList.contains('active') !== active) row.classList.toggle('active', active);
    }
  }

  /** @param {MouseEvent} event */
  #headClick({ target, shiftKey }) {
    const clicked = /** @type {Element} */ (target);
    if (clicked.closest('[data-part="select-all"]')) this.#selectAll();
    const cell = /** @type {HTMLElement | null} */ (clicked.closest('[data-header]'));
    if (cell) this.#grid.onSort(cell.dataset.header ?? '', shiftKey);
  }

  /**
   * Rows move, and what was one a moment ago may be another now: meant is what the pointer was pressed on.
   * @param {MouseEvent} event
   */
  #bodyClick({ target, shiftKey, detail, clientX, clientY }) {
    const pressed = detail > 0 ? this.#pressed : null; // 0: no pointer did it
    this.#pressed = null;
    if (pressed && Math.hypot(clientX - pressed.x, clientY - pressed.y) > DRAGGED) return;
    const place = pressed ? pressed.place : placeOf(target);
    if (!place) return;
    const { key, selects } = place;
    if (!selects && getSelection()?.isCollapsed === false) return; // Someone marks text to copy it.
    this.#key = key;
    this.#grid.repaint();
    if (selects) this.#select(key, shiftKey);
    else this.#grid.onOpen(key);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.target !== this.#root) return;
    const { selection } = this.#grid;
    const meaning = meaningOf(event, { page: this.#grid.inSight().page, selectable: selection !== undefined });
    if (!meaning) return;
    event.preventDefault();
    if (meaning.kind === 'all') selection?.addAll(this.#grid.rows());
    else if (meaning.kind === 'move') this.#move(meaning);
    else if (this.#key === null) return;
    else if (meaning.kind === 'select') this.#select(this.#key, meaning.range);
    else this.#grid.onOpen(this.#key);
  }

  /** @param {{by: number, select: boolean}} step */
  #move({ by, select }) {
    const rows = this.#grid.rows();
    if (rows.length === 0) return;
    const from = this.#key;
    const next = this.#index < 0 && Number.isFinite(by) ? this.#grid.inSight().top : this.#index + by;
    this.#index = Math.max(0, Math.min(rows.length - 1, next));
    this.#key = rows[this.#index][0];
    this.#grid.reveal(this.#index);
    this.#grid.onActive?.(this.#key);
    if (!select) return;
    if (from !== null && !this.#grid.selection?.has(from)) this.#select(from, false);
    this.#select(this.#key, true);
  }

  /**
   * @param {number} key
   * @param {boolean} range from the row before to this one
   */
  #select(key, range) {
    if (range) this.#grid.selection?.extend(this.#grid.rows(), key);
    else this.#grid.selection?.toggle(key);
  }

  /** All, or none when all are. */
  #selectAll() {
    const { selection } = this.#grid;
    const rows = this.#grid.rows();
    if (selection?.of(rows).length === rows.length) selection.clear();
    else selection?.addAll(rows);
  }
}
