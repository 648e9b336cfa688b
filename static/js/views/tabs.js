/** The tabs: which table is shown, and how many rows each holds. */
import { oncePerFrame } from './dom.js';

const COUNT = new Intl.NumberFormat('en-GB');

export class Tabs {
  #tabs;
  #onChoose;
  /** @type {Record<string, string>} */
  #counts = {};
  #paint = oncePerFrame(() => this.#paintCounts());

  /**
   * @param {HTMLElement} root with one `[role=tab][data-tab]` for each panel
   * @param {(topic: string) => void} onChoose
   */
  constructor(root, onChoose) {
    this.#tabs = /** @type {HTMLElement[]} */ ([...root.querySelectorAll('[role=tab]')]);
    this.#onChoose = onChoose;
    root.addEventListener('click', ({ target }) => {
      const tab = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest('[role=tab]'));
      if (tab) onChoose(tab.dataset.tab ?? '');
    });
    root.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {string} topic */
  show(topic) {
    for (const tab of this.#tabs) {
      const chosen = tab.dataset.tab === topic;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = !chosen;
    }
  }

  /**
   * @param {string} topic
   * @param {number} matching
   * @param {number} total
   */
  setCount(topic, matching, total) {
    this.#counts[topic] = `${COUNT.format(matching)} / ${COUNT.format(total)}`;
    this.#paint();
  }

  #paintCounts() {
    for (const tab of this.#tabs) {
      const count = tab.querySelector('.tab-count');
      const text = this.#counts[tab.dataset.tab ?? ''] ?? '';
      if (count && count.textContent !== text) count.textContent = text;
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const present = this.#tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
    const next = this.#tabs[(present + step + this.#tabs.length) % this.#tabs.length];
    this.#onChoose(next.dataset.tab ?? '');
    next.focus();
  }
}
