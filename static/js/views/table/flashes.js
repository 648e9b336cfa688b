/**
 * Marks values that have just changed, less after a moment, and not at all after another.
 *
 * In steps: a fade would have the browser paint a busy table sixty times a second, all day.
 */
const STEP_MS = 400;

export class Flashes {
  /** @type {Set<HTMLElement>} marked since the last step */
  #fresh = new Set();
  /** @type {Set<HTMLElement>} */
  #lit = new Set();
  /** @type {Set<HTMLElement>} */
  #fading = new Set();
  #timer = 0;

  /** @param {HTMLElement} cell */
  mark(cell) {
    this.#lit.delete(cell);
    if (this.#fading.delete(cell)) cell.classList.remove('flash-late');
    if (!this.#fresh.has(cell)) {
      this.#fresh.add(cell);
      cell.classList.add('flash');
    }
    this.#timer ||= setTimeout(() => this.#step(), STEP_MS);
  }

  /** @param {Iterable<HTMLElement>} cells that show another row from now on */
  forget(cells) {
    for (const cell of cells) {
      if (this.#fresh.delete(cell) || this.#lit.delete(cell) || this.#fading.delete(cell)) {
        cell.classList.remove('flash', 'flash-late');
      }
    }
  }

  #step() {
    for (const cell of this.#fading) cell.classList.remove('flash-late');
    for (const cell of this.#lit) cell.classList.replace('flash', 'flash-late');
    [this.#fading, this.#lit, this.#fresh] = [this.#lit, this.#fresh, new Set()];
    this.#timer = this.#fading.size + this.#lit.size > 0 ? setTimeout(() => this.#step(), STEP_MS) : 0;
  }
}
