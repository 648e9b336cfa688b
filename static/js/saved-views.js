/**
 * Views of tables that the user keeps under a name: on the server, or, for a visitor of an open server, in this browser.
 * Knows no document.
 *
 * @typedef {{id: number | string, topic: string, name: string, address: string}} SavedView
 * @typedef {(path: string, options?: {body?: unknown, method?: string}) => Promise<{content: any}>} Ask
 * @typedef {{getItem: (key: string) => string | null, setItem: (key: string, value: string) => void}} Storage
 */
import { t } from './text.js';

const KEY = 'smartserver.views';
const MOST = 50;
export const MAX_NAME = 100;

/** Views that the server keeps. */
export class ServerViews {
  #ask;

  /** @param {Ask} ask */
  constructor(ask) {
    this.#ask = ask;
  }

  /**
   * @param {string} topic
   * @returns {Promise<SavedView[]>} by name
   */
  async list(topic) {
    const { content } = await this.#ask('views');
    return byName(content, topic);
  }

  /** @param {{topic: string, name: string, address: string}} view one of the same name is replaced */
  async save({ topic, name, address }) {
    await this.#ask('views', { body: { topic, name, address } });
  }

  /** @param {SavedView} view */
  async remove({ id }) {
    await this.#ask(`views/${id}`, { method: 'DELETE' });
  }
}

/** Views that this browser keeps. */
export class BrowserViews {
  #storage;

  /** @param {Storage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @param {string} topic */
  async list(topic) {
    return byName(this.#read(), topic);
  }

  /** @param {{topic: string, name: string, address: string}} view */
  async save({ topic, name, address }) {
    const id = `${topic}/${name}`;
    const others = this.#read().filter((each) => each.id !== id);
    if (others.length >= MOST) throw new Error(t('There are {count} views already; delete one first.', { count: MOST }));
    this.#storage.setItem(KEY, JSON.stringify([...others, { id, topic, name, address }]));
  }

  /** @param {SavedView} view */
  async remove({ id }) {
    this.#storage.setItem(KEY, JSON.stringify(this.#read().filter((each) => each.id !== id)));
  }

  /** @returns {SavedView[]} what is no view, or leads elsewhere than to its table, is left out */
  #read() {
    let found;
    try {
      found = JSON.parse(this.#storage.getItem(KEY) ?? '[]');
    } catch {
      found = []; // Forbidden, or spoilt.
    }
    return Array.isArray(found) ? found.filter(isView) : [];
  }
}

/**
 * @param {SavedView[]} views
 * @param {string} topic
 */
const byName = (views, topic) =>
  views.filter((view) => view.topic === topic).sort((a, b) => a.name.localeCompare(b.name));

/** @param {any} found */
function isView(found) {
  const texts = [found?.id, found?.topic, found?.name, found?.address];
  return texts.every((text) => typeof text === 'string') && `${found.address}?`.startsWith(`/${found.topic}?`);
}
