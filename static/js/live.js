/**
 * What the page watches, over its one connection: tables and summaries, asked for again after each loss.
 *
 * A view holds a table's feed as long as it is shown. Of each topic there is one feed at a time.
 *
 * @typedef {import('./query.js').Column} Column
 * @typedef {import('./query.js').Query} Query
 * @typedef {{code: string, message: string}} Refusal
 * @typedef {object} Listener
 * @property {(columns: Column[]) => void} [onColumns] they are known, or have changed
 * @property {(fresh: boolean) => void} onRows `store` is no longer what it was; fresh: a snapshot came
 * @property {(refusal: Refusal | null) => void} [onError] null: what was asked for is what is shown
 */
import { emptyQuery, fitTo, sameQuery, toEntries } from './query.js';
import { TopicStore } from './store.js';

/** The server could not read its rows; it is asked again after this long. */
const RETRY_AFTER = 2000;

export class Live {
  /** How far the server's clock is ahead of ours, in ms. */
  clockOffset = 0;

  #send;
  /** @type {Record<string, {columns: Column[]}> | null} What the server has; null while it has not said so. */
  #topics = null;
  /** @type {Map<string, TableFeed>} */
  #tables = new Map();
  /** @type {Map<string, {value: any, listeners: Set<(value: any) => void>}>} */
  #summaries = new Map();

  /** @param {(message: object) => boolean} send false when there is no connection */
  constructor(send) {
    this.#send = send;
  }

  /**
   * @param {string} topic
   * @param {Listener} listener
   * @param {Query} [query]
   */
  table(topic, listener, query = emptyQuery()) {
    if (this.#tables.has(topic)) throw new Error(`The topic ${topic} is watched already.`);
    const feed = new TableFeed(topic, listener, query, this.#send, () => this.#tables.delete(topic));
    this.#tables.set(topic, feed);
    const columns = this.#topics?.[topic]?.columns;
    if (columns) queueMicrotask(() => this.#tables.get(topic) === feed && feed.connect(columns));
    return feed;
  }

  /**
   * A small object that the server sends again whenever it changed.
   * @param {string} name
   * @param {(value: any) => void} onValue
   * @returns {{close: () => void}}
   */
  summary(name, onValue) {
    const watched = this.#summaries.get(name) ?? { value: undefined, listeners: new Set() };
    this.#summaries.set(name, watched);
    watched.listeners.add(onValue);
    if (watched.value !== undefined) onValue(watched.value);
    else if (watched.listeners.size === 1 && this.#topics) this.#send({ type: 'subscribe', topic: name });
    return {
      close: () => {
        watched.listeners.delete(onValue);
        if (watched.listeners.size > 0 || !this.#summaries.delete(name)) return;
        this.#send({ type: 'unsubscribe', topic: name });
      },
    };
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === 'hello') this.#hello(message);
    else if (message.type === 'summary') this.#told(message);
    else this.#tables.get(message.topic)?.receive(message);
  }

  /** @param {any} hello */
  #hello({ time, topics }) {
    this.clockOffset = Date.parse(time) - Date.now() || 0;
    this.#topics = topics;
    for (const [topic, feed] of this.#tables) if (topics[topic]) feed.connect(topics[topic].columns);
    for (const name of this.#summaries.keys()) this.#send({ type: 'subscribe', topic: name });
  }

  /** @param {{topic: string, value: any}} summary */
  #told({ topic, value }) {
    const watched = this.#summaries.get(topic);
    if (!watched) return;
    watched.value = value;
    for (const listener of watched.listeners) listener(value);
  }
}

export class TableFeed {
  store = new TopicStore();
  /** @type {Column[]} */
  columns = [];
  /** @type {Query} */
  query;

  #topic;
  #listener;
  #send;
  #onClose;
  #open = true;
  /** The wanted query was refused; what is shown is not what was asked for. */
  #fellBack = false;

  /**
   * @param {string} topic
   * @param {Listener} listener
   * @param {Query} query
   * @param {(message: object) => boolean} send
   * @param {() => void} onClose
   */
  constructor(topic, listener, query, send, onClose) {
    this.#topic = topic;
    this.#listener = listener;
    this.query = query;
    this.#send = send;
    this.#onClose = onClose;
  }

  close() {
    if (!this.#open) return;
    this.#open = false;
    this.#onClose();
    if (this.columns.length) this.#send({ type: 'unsubscribe', topic: this.#topic });
  }

  /**
   * A new connection: the server says which columns there are, and waits to be asked.
   * @param {Column[]} columns
   */
  connect(columns) {
    const changed = JSON.stringify(columns) !== JSON.stringify(this.columns);
    this.columns = columns;
    this.query = fitTo(this.query, columns);
    if (changed) this.#listener.onColumns?.(columns);
    this.store.expectSnapshot();
    this.#subscribe();
  }

  /** @param {Query} query as far as these columns can answer it */
  ask(query) {
    const wanted = this.columns.length ? fitTo(query, this.columns) : query;
    const same = sameQuery(wanted, this.query);
    this.query = wanted;
    if (!same && this.columns.length) this.#subscribe();
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === 'snapshot') {
      // One that was under way when another query was asked for.
      if (!this.#fellBack && !this.#isAnswer(message)) return;
      this.store.replace(message);
      if (!this.#fellBack) this.#listener.onError?.(null);
    } else if (message.type === 'changes') {
      if (this.store.apply(message) === 'gap') this.#send({ type: 'resync', topic: this.#topic });
    } else if (message.type === 'error') {
      this.#refused(message);
    }
    this.#listener.onRows(message.type === 'snapshot');
  }

  /** @param {{query?: string[]}} snapshot */
  #isAnswer({ query }) {
    return !query || query.join('\n') === toEntries(this.query, this.columns).join('\n');
  }

  #subscribe() {
    this.#fellBack = false;
    this.#send({ type: 'subscribe', topic: this.#topic, query: toEntries(this.query, this.columns) });
  }

  /** @param {Refusal} refusal */
  #refused({ code, message }) {
    this.#listener.onError?.({ code, message });
    if (!this.store.waiting) return; // The server goes on with what it had.
    if (code === 'bad_query' && toEntries(this.query).length > 0) {
      this.#fellBack = true; // All rows are better than none.
      this.#send({ type: 'subscribe', topic: this.#topic, query: [] });
    } else if (code === 'unavailable') {
      setTimeout(() => this.#open && this.store.waiting && this.#send({ type: 'resync', topic: this.#topic }), RETRY_AFTER);
    }
  }
}
