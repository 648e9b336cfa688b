/** Commands that somebody waits for, until they have ended: seen in the live rows, and looked at now and then. */
import { ask } from '../../api.js';
import { ENDED } from '../../station/outcome.js';

const LOOK_EVERY = 4000;

export class Followed {
  #feed;
  /** @type {Map<number, {resolve: (command: any) => void, asking: boolean, command: Promise<any>}>} */
  #waiting = new Map();
  #timer = 0;

  /** @param {import('../../live.js').TableFeed} feed of the station's commands */
  constructor(feed) {
    this.#feed = feed;
  }

  /**
   * @param {number} id
   * @returns {Promise<any>} the command as the API has it, when it has ended; never, when the page is left before
   */
  ended(id) {
    const known = this.#waiting.get(id);
    if (known) return known.command;
    /** @type {(command: any) => void} */
    let resolve = () => {};
    const command = new Promise((found) => {
      resolve = found;
    });
    this.#waiting.set(id, { resolve, asking: false, command });
    this.#look(id);
    this.#wait();
    return command;
  }

  /** The rows have changed. */
  changed() {
    const place = this.#feed.columns.findIndex(({ name }) => name === 'state') + 1;
    for (const id of this.#waiting.keys()) {
      const row = this.#feed.store.rows[this.#feed.store.indexOf(id)];
      if (row && ENDED.has(String(row[place]))) this.#look(id);
    }
  }

  close() {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #wait() {
    clearTimeout(this.#timer);
    if (this.#waiting.size === 0) return;
    this.#timer = setTimeout(() => {
      for (const id of this.#waiting.keys()) this.#look(id);
      this.#wait();
    }, LOOK_EVERY);
  }

  /** @param {number} id */
  async #look(id) {
    const waiting = this.#waiting.get(id);
    if (!waiting || waiting.asking) return;
    waiting.asking = true;
    try {
      const { content } = await ask(`commands/${id}`);
      if (ENDED.has(content.state) && this.#waiting.delete(id)) waiting.resolve(content);
    } catch {
      // It is looked at again.
    }
    waiting.asking = false;
  }
}
