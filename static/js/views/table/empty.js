/** What stands in place of an empty table, and what a newcomer has to do to fill it. */
import { t } from '../../text.js';
import { element } from '../dom.js';
import { addressHere, TOPICS } from './topics.js';

export class EmptyNote {
  #root;
  #topic;
  #shown = '';

  /**
   * @param {HTMLElement} root
   * @param {string} topic
   */
  constructor(root, topic) {
    this.#root = root;
    this.#topic = topic;
  }

  /** @param {{waiting: boolean, matching: number, total: number}} counts */
  show({ waiting, matching, total }) {
    const note = matching > 0 ? '' : waiting ? 'loading' : total > 0 ? 'no-match' : 'first-steps';
    if (note === this.#shown) return;
    this.#shown = note;
    this.#root.hidden = note === '';
    this.#root.dataset.note = note;
    this.#root.replaceChildren(...this.#content(note));
  }

  /** @param {string} note */
  #content(note) {
    if (note === 'loading') return [element('p', {}, t('Loading…'))];
    if (note === 'no-match') {
      return [element('h2', {}, t('Nothing matches the filter')), element('p', {}, t('Rows that start to match appear here by themselves.'))];
    }
    if (note === '') return [];
    const { title, text, address = '' } = TOPICS[this.#topic].firstSteps;
    const parts = [element('h2', {}, title), element('p', {}, text)];
    return address ? [...parts, element('code', {}, addressHere(address))] : parts;
  }
}
