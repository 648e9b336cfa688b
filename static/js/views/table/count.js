/** How many rows match, of how many. */
import { language, t } from '../../text.js';
import { element } from '../dom.js';

const COUNT = new Intl.NumberFormat(language);

export class Count {
  element = element('span', { class: 'count', 'data-part': 'count' });

  /**
   * @param {number} rows that match
   * @param {number} all
   */
  show(rows, all) {
    const [matching, total] = [COUNT.format(rows), COUNT.format(all)];
    const text = `${matching} / ${total}`;
    if (this.element.textContent === text) return;
    this.element.textContent = text;
    this.element.title = t('{matching} of {total} match the filter', { matching, total });
  }
}
