/**
 * Small lines in the rows of a table: how one is drawn, and which are asked for when. Pure.
 *
 * @typedef {(number | null)[]} Values oldest first
 */

/** The server answers so many at once. */
export const MOST_KEYS = 100;
/** Lines are asked for again after this long, in ms. */
export const LASTS = 60_000;
/** … and those of rows that measured nothing yet after this long: they may just have begun. */
export const NOTHING_LASTS = 10_000;

/**
 * The line as an SVG path. The lowest value is at the bottom or 0 is, whichever is lower. A value without neighbours is
 * a short stroke.
 * @param {Values} values
 * @param {number} width
 * @param {number} height
 */
export function path(values, width, height) {
  const known = values.filter((value) => value !== null);
  const least = Math.min(0, ...known);
  const span = Math.max(...known, 0) - least || 1;
  const step = width / Math.max(1, values.length - 1);
  const x = (/** @type {number} */ index) => round(index * step);
  const y = (/** @type {number} */ value) => round(height - ((value - least) / span) * height);
  let made = '';
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null) continue;
    const begins = index === 0 || values[index - 1] === null;
    made += `${begins ? 'M' : 'L'}${x(index)} ${y(value)}`;
    if (begins && (values[index + 1] ?? null) === null) made += 'h1.5';
  }
  return made;
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/**
 * Which lines are known, and which of the rows in sight have to be asked for. One request at a time.
 */
export class SparklineCache {
  /** @type {Map<number, {values: Values, path: string, at: number}>} */
  #lines = new Map();
  #ask;
  #onLines;
  #draw;
  #asking = false;
  #closed = false;

  /**
   * @param {object} options
   * @param {(keys: number[]) => Promise<Record<string, Values>>} options.ask
   * @param {() => void} options.onLines there are new ones
   * @param {(values: Values) => string} options.draw
   */
  constructor({ ask, onLines, draw }) {
    this.#ask = ask;
    this.#onLines = onLines;
    this.#draw = draw;
  }

  /** @param {number} key */
  path(key) {
    return this.#lines.get(key)?.path ?? '';
  }

  /** @param {number} key */
  values(key) {
    return this.#lines.get(key)?.values ?? [];
  }

  /**
   * These rows are in sight. Lines of others are forgotten when there are too many.
   * @param {number[]} keys
   * @param {number} now
   */
  async want(keys, now) {
    if (this.#asking || this.#closed) return;
    const wanted = keys.filter((key) => this.#isDue(key, now)).slice(0, MOST_KEYS);
    if (wanted.length === 0) return;
    this.#asking = true;
    /** @type {Record<string, Values>} */
    let found = {};
    try {
      found = await this.#ask(wanted);
    } catch {
      // The line is an extra; the next try is in a minute, as for all others.
    }
    this.#asking = false;
    if (this.#closed) return;
    for (const key of wanted) {
      const values = found[key] ?? [];
      this.#lines.delete(key); // … and to the end, so that the oldest are in front.
      this.#lines.set(key, { values, path: this.#draw(values), at: now });
    }
    for (const [key] of this.#lines) {
      if (this.#lines.size <= 10 * MOST_KEYS) break;
      this.#lines.delete(key);
    }
    this.#onLines();
  }

  /**
   * @param {number} key
   * @param {number} now
   */
  #isDue(key, now) {
    const line = this.#lines.get(key);
    return !line || now - line.at >= (line.values.length ? LASTS : NOTHING_LASTS);
  }

  close() {
    this.#closed = true;
  }
}
