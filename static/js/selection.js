/**
 * The rows that are selected, by their keys, whatever becomes of their places. Pure.
 *
 * @typedef {import('./store.js').Row} Row
 */

export class Selection {
  /** @type {Set<number>} */
  #keys = new Set();
  /** @type {number | null} Where a range begins. */
  #anchor = null;
  #onChange;

  /** @param {() => void} [onChange] */
  constructor(onChange = () => {}) {
    this.#onChange = onChange;
  }

  get size() {
    return this.#keys.size;
  }

  /** @param {number} key */
  has(key) {
    return this.#keys.has(key);
  }

  /** @param {number} key */
  toggle(key) {
    if (!this.#keys.delete(key)) this.#keys.add(key);
    this.#anchor = key;
    this.#onChange();
  }

  /**
   * Everything between the row that was toggled last and this one. When that one is gone, this one alone.
   * @param {Row[]} rows in the order in which they are shown
   * @param {number} key
   */
  extend(rows, key) {
    const from = rows.findIndex((row) => row[0] === this.#anchor);
    const to = rows.findIndex((row) => row[0] === key);
    if (from < 0 || to < 0) {
      this.toggle(key);
      return;
    }
    for (const row of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) this.#keys.add(row[0]);
    this.#onChange();
  }

  /** @param {Row[]} rows */
  addAll(rows) {
    for (const [key] of rows) this.#keys.add(key);
    this.#onChange();
  }

  clear() {
    if (this.#keys.size === 0) return;
    this.#keys.clear();
    this.#anchor = null;
    this.#onChange();
  }

  /**
   * The selected ones of these rows. Rows that stopped to match stay selected, but nothing is done to what nobody sees.
   * @param {Row[]} rows
   */
  of(rows) {
    return this.#keys.size === 0 ? [] : rows.filter(([key]) => this.#keys.has(key));
  }
}
