/** How many unknown stations knock, at a link that leads to them. */
import { t, tn } from '../text.js';
import { element } from './dom.js';

const MOST = 99;

export class KnockingBadge {
  #link;
  #badge = element('span', { class: 'badge-count', 'data-tone': 'warn', 'data-part': 'knocking', 'aria-hidden': 'true' });
  #meaning = element('span', { class: 'unseen' });

  /** @param {HTMLElement} link */
  constructor(link) {
    this.#link = link;
  }

  /** @param {{count: number}} summary */
  show({ count }) {
    if (count === 0) {
      this.#badge.remove();
      this.#meaning.remove();
      return;
    }
    const meaning = tn('{count} unknown station knocks', '{count} unknown stations knock', count);
    this.#badge.textContent = count > MOST ? t('{count}+', { count: MOST }) : String(count);
    this.#badge.title = meaning;
    this.#meaning.textContent = `, ${meaning}`;
    if (!this.#badge.isConnected) this.#link.append(this.#meaning, this.#badge);
  }
}
