/** What can be done to the rows that are selected; there while some are. */
import { t, tn } from '../../text.js';
import { element } from '../dom.js';

export class SelectionBar {
  element;

  #text = element('strong', { role: 'status' });
  #all = element('button', { type: 'button', 'data-part': 'select-matching' });

  /**
   * @param {object} options
   * @param {HTMLElement[]} options.actions
   * @param {() => void} options.onAll
   * @param {() => void} options.onClear
   */
  constructor({ actions, onAll, onClear }) {
    const clear = element('button', { type: 'button', 'data-part': 'select-none' }, t('Clear selection'));
    this.#all.addEventListener('click', onAll);
    clear.addEventListener('click', onClear);
    this.element = element('div', { class: 'selection-bar', role: 'group', 'aria-label': t('Selected rows'), 'data-part': 'selection', hidden: true },
      this.#text, ...actions, this.#all, clear);
  }

  /**
   * @param {number} selected of the rows that match
   * @param {number} matching
   */
  show(selected, matching) {
    this.element.hidden = selected === 0;
    if (selected === 0) return;
    put(this.#text, tn('{count} row is selected', '{count} rows are selected', selected));
    put(this.#all, tn('Select the {count} that matches', 'Select all {count} that match', matching));
    this.#all.hidden = selected === matching;
  }
}

/**
 * @param {HTMLElement} root
 * @param {string} text
 */
function put(root, text) {
  if (root.textContent !== text) root.textContent = text;
}
