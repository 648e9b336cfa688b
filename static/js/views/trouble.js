/** Title, icon and badge of the page: trouble is seen from another tab. */
import { alertsBadge, isTrouble, tabTitle } from '../trouble.js';
import { element } from './dom.js';

export class Trouble {
  /** @type {import('../trouble.js').Situation} */
  #situation = { title: '', alerts: 0, lost: false };
  #icon = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel="icon"]'));
  #quiet = this.#icon.href;
  #link;
  #badge = element('span', { class: 'badge-count', 'aria-hidden': 'true' });
  #meaning = element('span', { class: 'unseen' });

  /** @param {HTMLElement} link to the alerts */
  constructor(link) {
    this.#link = link;
  }

  /** @param {Partial<import('../trouble.js').Situation>} change */
  tell(change) {
    const situation = { ...this.#situation, ...change };
    this.#situation = situation;
    document.title = tabTitle(situation);
    const icon = isTrouble(situation) ? this.#icon.dataset.trouble ?? this.#quiet : this.#quiet;
    if (this.#icon.href !== icon) this.#icon.href = icon;
    if (change.alerts !== undefined) this.#count(change.alerts);
  }

  /** @param {number} alerts */
  #count(alerts) {
    if (alerts === 0) {
      this.#badge.remove();
      this.#meaning.remove();
      return;
    }
    const { number, meaning } = alertsBadge(alerts);
    this.#badge.textContent = number;
    this.#badge.title = meaning;
    this.#meaning.textContent = `, ${meaning}`;
    this.#link.append(this.#meaning, this.#badge);
  }
}
