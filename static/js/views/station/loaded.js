/**
 * What is read from the API and shown: a skeleton until it is there, an error with a way to try again, and the newest
 * answer from then on. A refresh that brings nothing new changes nothing; one that does keeps the keyboard's place.
 */
import { reasonOf } from '../../api.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

/** Not more often than this, however much happens. */
const LEAST = 1500;

/** @template T */
export class Loaded {
  element = element('div', { class: 'loaded', 'data-loading': true });
  /** @type {T | null} The newest answer. */
  value = null;

  #read;
  #paint;
  #content = element('div', { class: 'loaded-content' });
  #error = element('div', { class: 'loaded-error', role: 'alert', hidden: true });
  #aborter = new AbortController();
  #text = '';
  #timer = 0;
  #last = -Infinity;
  /** Counts questions: of two that are under way the later one counts. */
  #turn = 0;

  /**
   * @param {(signal: AbortSignal) => Promise<T>} read
   * @param {(value: T) => (Node | string)[] | void} paint the new content; nothing when it has changed what is there
   */
  constructor(read, paint) {
    this.#read = read;
    this.#paint = paint;
    this.#content.append(element('div', { class: 'skeleton tall', role: 'status' }, element('span', { class: 'unseen' }, t('Loading…'))));
    this.element.append(this.#error, this.#content);
  }

  /** Something happened that may have changed it. */
  hint() {
    if (this.#timer) return;
    const wait = Math.max(0, this.#last + LEAST - performance.now());
    this.#timer = setTimeout(() => this.refresh(), wait);
  }

  async refresh() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#last = performance.now();
    const turn = (this.#turn += 1);
    try {
      const value = await this.#read(this.#aborter.signal);
      if (turn === this.#turn && !this.#aborter.signal.aborted) this.#show(value);
    } catch (error) {
      if (turn === this.#turn && !this.#aborter.signal.aborted) this.#fail(error);
    }
  }

  /** What is shown depends on more than the answer, and that has changed. */
  repaint() {
    this.#text = '';
    if (this.value !== null) this.#show(this.value);
  }

  close() {
    clearTimeout(this.#timer);
    this.#aborter.abort();
  }

  /** @param {T} value */
  #show(value) {
    this.value = value;
    this.#error.hidden = true;
    this.element.removeAttribute('data-loading');
    const text = JSON.stringify(value);
    if (text === this.#text) return;
    this.#text = text;
    const place = placeOf(this.#content);
    const content = this.#paint(value);
    if (content) this.#content.replaceChildren(...content);
    place();
  }

  /** @param {unknown} error */
  #fail(error) {
    const again = element('button', { type: 'button', class: 'small' }, t('Try again'));
    again.addEventListener('click', () => this.refresh());
    this.#error.replaceChildren(element('span', {}, t('This cannot be shown. {reason}', { reason: reasonOf(error) })), again);
    this.#error.hidden = false;
    if (this.element.hasAttribute('data-loading')) this.#content.replaceChildren();
  }
}

/**
 * Where the keyboard is; the function that is returned puts it back there, if there is such a place again.
 * @param {HTMLElement} root
 */
function placeOf(root) {
  const focused = document.activeElement;
  const button = focused && root.contains(focused) ? focused.closest('[data-do]') : null;
  const row = button?.closest('[data-row]')?.getAttribute('data-row');
  const name = button?.getAttribute('data-do');
  return () => {
    if (!name || (focused?.isConnected ?? false)) return;
    const within = row === null || row === undefined ? root : root.querySelector(`[data-row="${CSS.escape(row)}"]`);
    /** @type {HTMLElement | null | undefined} */ (within?.querySelector(`[data-do="${CSS.escape(name)}"]`))?.focus();
  };
}
