/**
 * The rows of one topic, kept in step with the server: a snapshot, then numbered changes.
 * Pure data; it knows neither the document nor the connection.
 *
 * @typedef {[key: number, ...values: unknown[]]} Row
 * @typedef {[old: number, next: number, row: Row | null]} Op
 * @typedef {{type: 'snapshot', seq: number, total: number, rows: Row[]}} Snapshot
 * @typedef {{type: 'changes', seq: number, total: number, ops: Op[]}} Changes
 */

export class TopicStore {
  /** @type {Row[]} The matching rows, in the order of the query; while it is paused, as they were then. */
  rows = [];
  /** Rows of the whole table, whether they match or not. */
  total = 0;
  /** True until a snapshot arrives: what is in `rows` may be out of date. */
  waiting = true;

  paused = false;

  #seq = 0;
  /** @type {Row[]} The rows as they are now: `rows` itself, unless it is paused. */
  #live = this.rows;
  /** @type {Set<number>} Keys of the rows that changed since it was paused. */
  #held = new Set();
  /** @type {Set<number>} Keys of the rows that are shown while it is paused. */
  #shown = new Set();
  /** @type {Map<number, Row | null>} Each row that changed since the last paint, as it was painted. */
  #painted = new Map();

  /** A new connection, or a missed number: only a snapshot can be trusted now. */
  expectSnapshot() {
    this.waiting = true;
  }

  /** @param {Snapshot} message */
  replace(message) {
    this.rows = this.#live = message.rows;
    this.#detach();
    this.total = message.total;
    this.waiting = false;
    this.#seq = message.seq;
    this.#painted.clear();
  }

  /**
   * @param {Changes} message
   * @returns {'applied' | 'ignored' | 'gap'} On 'gap' the caller has to ask for a fresh snapshot; it is
   *   reported once, and what arrives before that snapshot is ignored.
   */
  apply(message) {
    if (this.waiting) return 'ignored';
    if (message.seq !== this.#seq + 1 || !message.ops.every((op) => this.#applyOp(op))) {
      this.waiting = true;
      return 'gap';
    }
    this.#seq = message.seq;
    this.total = message.total;
    return 'applied';
  }

  /**
   * The rows that changed since this was last asked, each with the values it had then, or null when it
   * was not there. Comparing the two tells which cells to mark; there and back is no change.
   * @returns {Map<number, Row | null>}
   */
  takeChanged() {
    if (this.paused) return new Map(); // What is shown stays as it was painted.
    const changed = this.#painted;
    this.#painted = new Map();
    return changed;
  }

  /** From now on `rows` stays as it is, but for a snapshot: who asks for something else wants to see it. */
  pause() {
    if (this.paused) return;
    this.paused = true;
    this.#detach();
  }

  /** `rows` is up to date again, as if it had never been paused. */
  resume() {
    this.paused = false;
    this.rows = this.#live;
    this.#held.clear();
    this.#shown.clear();
  }

  /** How many rows have changed, come or gone since it was paused. */
  get held() {
    return this.#held.size;
  }

  #detach() {
    this.#held.clear();
    if (!this.paused) return;
    this.#live = [...this.rows];
    this.#shown = new Set(this.rows.map(([key]) => key));
  }

  /** @param {number} key */
  indexOf(key) {
    return this.rows.findIndex((row) => row[0] === key);
  }

  /**
   * @param {Op} op
   * @returns {boolean} false when the op does not fit the rows, which means that we lost count.
   */
  #applyOp([old, next, row]) {
    const rows = this.#live;
    const left = old >= 0 ? rows.length - 1 : rows.length;
    if (old >= rows.length || next > left || (next >= 0 && row === null)) return false;
    this.#remember(old >= 0 ? rows[old] : null, next >= 0 ? row : null);
    if (this.paused) this.#hold((row ?? rows[old])[0], next >= 0);
    if (old >= 0 && old === next) {
      rows[old] = /** @type {Row} */ (row);
      return true;
    }
    if (old >= 0) rows.splice(old, 1);
    if (next >= 0) rows.splice(next, 0, /** @type {Row} */ (row));
    return true;
  }

  /**
   * Of a table without end more come and go than anybody could hold: those that were never seen do not count.
   * @param {number} key
   * @param {boolean} there
   */
  #hold(key, there) {
    if (there || this.#shown.has(key)) this.#held.add(key);
    else this.#held.delete(key);
  }

  /**
   * @param {Row | null} before
   * @param {Row | null} after
   */
  #remember(before, after) {
    if (before && before[0] !== after?.[0]) this.#painted.delete(before[0]);
    if (after && !this.#painted.has(after[0])) this.#painted.set(after[0], before?.[0] === after[0] ? before : null);
  }
}
