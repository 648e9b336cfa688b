/**
 * The same done to many, some at a time: with progress, until it is done or stopped. Pure of what is done.
 *
 * @typedef {{done: number, total: number, failures: Failure[], stopped: boolean, ended: boolean}} Progress
 * @typedef {{name: string, reason: string}} Failure
 */

export class Bulk {
  #names;
  #portion;
  #act;
  #onProgress;
  #stopped = false;

  /**
   * @param {object} options
   * @param {string[]} options.names to whom
   * @param {number} options.portion how many at a time
   * @param {(names: string[]) => Promise<Failure[]>} options.act throws when none of them was reached
   * @param {(progress: Progress) => void} options.onProgress
   */
  constructor({ names, portion, act, onProgress }) {
    this.#names = names;
    this.#portion = portion;
    this.#act = act;
    this.#onProgress = onProgress;
  }

  /** What is on its way is waited for; nothing more begins. */
  stop() {
    this.#stopped = true;
  }

  /** @returns {Promise<Progress>} */
  async run() {
    const total = this.#names.length;
    /** @type {Failure[]} */
    const failures = [];
    let done = 0;
    const now = (/** @type {boolean} */ ended) => ({ done, total, failures: [...failures], stopped: this.#stopped, ended });
    this.#onProgress(now(false));
    while (done < total && !this.#stopped) {
      const some = this.#names.slice(done, done + this.#portion);
      try {
        failures.push(...(await this.#act(some)));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failures.push(...some.map((name) => ({ name, reason })));
      }
      done += some.length;
      this.#onProgress(now(false));
    }
    const end = now(true);
    this.#onProgress(end);
    return end;
  }
}
