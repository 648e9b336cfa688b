/**
 * The elements of the rows in sight: one for each, in the order of the rows, used again for others when
 * their rows go out of sight.
 *
 * @typedef {import('../../store.js').Row} Row
 * @typedef {{element: HTMLElement, cells: HTMLElement[], row: Row | null, index: number, selected: boolean, spark: string}} Slot
 */

export class Recycler {
  #body;
  #pattern;
  /** @type {Map<number, Slot>} By key. */
  #slots = new Map();
  /** @type {Map<Element, Slot>} */
  #slotOf = new Map();

  /**
   * @param {HTMLElement} body
   * @param {HTMLElement} pattern what a row looks like; copied for each
   */
  constructor(body, pattern) {
    this.#body = body;
    this.#pattern = pattern;
  }

  /** @param {number} key */
  get(key) {
    return this.#slots.get(key);
  }

  values() {
    return this.#slots.values();
  }

  /** The pattern has changed. */
  clear() {
    this.#slots.clear();
    this.#slotOf.clear();
    this.#body.replaceChildren();
  }

  /**
   * Brings the elements into the order of the rows, with as few moves as may be: an element stays
   * with its row; those whose rows went out of sight serve the rows that came in.
   * @param {Row[]} rows
   * @param {number} first
   * @param {number} last
   */
  arrange(rows, first, last) {
    const { kept, idle } = this.#sortOut(rows, first, last);
    let cursor = this.#body.firstElementChild;
    for (let index = first; index < last; index += 1) {
      const key = rows[index][0];
      let slot = kept.get(key);
      if (!slot) {
        const here = cursor && this.#slotOf.get(cursor);
        slot = here && idle.has(here) ? here : idle.values().next().value ?? this.#make();
        idle.delete(slot);
        kept.set(key, slot);
      }
      // What stands in the way is taken out; it is either idle or put back further down.
      while (cursor && cursor !== slot.element && (this.#isIdle(cursor, idle) || cursor.nextElementSibling === slot.element)) {
        const inTheWay = cursor;
        cursor = cursor.nextElementSibling;
        inTheWay.remove();
      }
      if (cursor === slot.element) cursor = cursor.nextElementSibling;
      else this.#body.insertBefore(slot.element, cursor);
    }
    for (const slot of idle) {
      slot.element.remove();
      this.#slotOf.delete(slot.element);
    }
    this.#slots = kept;
  }

  /**
   * @param {Row[]} rows
   * @param {number} first
   * @param {number} last
   */
  #sortOut(rows, first, last) {
    /** @type {Map<number, Slot>} */
    const kept = new Map();
    const idle = new Set(this.#slots.values());
    for (let index = first; index < last; index += 1) {
      const key = rows[index][0];
      const slot = this.#slots.get(key);
      if (slot) {
        kept.set(key, slot);
        idle.delete(slot);
      }
    }
    return { kept, idle };
  }

  /**
   * @param {Element} row
   * @param {Set<Slot>} idle
   */
  #isIdle(row, idle) {
    const slot = this.#slotOf.get(row);
    return slot !== undefined && idle.has(slot);
  }

  /** @returns {Slot} */
  #make() {
    const made = /** @type {HTMLElement} */ (this.#pattern.cloneNode(true));
    const cells = /** @type {HTMLElement[]} */ ([...made.children]);
    const slot = { element: made, cells, row: null, index: -1, selected: false, spark: '' };
    this.#slotOf.set(made, slot);
    return slot;
  }
}
