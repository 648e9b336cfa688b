/**
 * How many rows of the table are in each state; a click shows these alone.
 *
 * @typedef {import('../../query.js').Filter} Filter
 */
import { formatState } from '../../format.js';
import { language } from '../../text.js';
import { element } from '../dom.js';

const COUNT = new Intl.NumberFormat(language);
const FIELD = 'state';

export class StateChips {
  element;

  #onChange;
  #summary;
  /** @type {Map<string, {button: HTMLElement, count: HTMLElement}>} */
  #chips = new Map();
  /** @type {Filter[]} */
  #filters = [];

  /**
   * @param {import('../../app.js').App} app
   * @param {string} topic
   * @param {string} label
   * @param {(filters: Filter[]) => void} onChange
   */
  constructor(app, topic, label, onChange) {
    this.#onChange = onChange;
    this.element = element('div', { class: 'chips', role: 'group', 'aria-label': label, 'data-part': 'chips' });
    this.#summary = app.live.summary(`${topic}.states`, ({ states }) => this.#count(states));
  }

  /** @param {Filter[]} filters of the query that is shown */
  show(filters) {
    this.#filters = filters;
    for (const [state, { button }] of this.#chips) button.setAttribute('aria-pressed', String(filters.some((each) => isOf(each, state))));
  }

  close() {
    this.#summary.close();
  }

  /** @param {Record<string, number>} states */
  #count(states) {
    if (Object.keys(states).join() !== [...this.#chips.keys()].join()) this.#make(Object.keys(states));
    for (const [state, number] of Object.entries(states)) {
      const { button, count } = /** @type {{button: HTMLElement, count: HTMLElement}} */ (this.#chips.get(state));
      count.textContent = COUNT.format(number);
      button.toggleAttribute('data-none', number === 0);
    }
  }

  /** @param {string[]} states */
  #make(states) {
    this.#chips = new Map(states.map((state) => {
      const count = element('span', { class: 'chip-count' });
      const { text, shape } = formatState(state);
      const button = element('button', { type: 'button', class: 'chip', 'data-chip': state, 'data-state': state, 'data-shape': shape }, text, ' ', count);
      button.addEventListener('click', () => this.#toggle(state));
      return [state, { button, count }];
    }));
    this.element.replaceChildren(...[...this.#chips.values()].map(({ button }) => button));
    this.show(this.#filters);
  }

  /** @param {string} state */
  #toggle(state) {
    const others = this.#filters.filter(({ field }) => field !== FIELD);
    const on = this.#filters.some((each) => isOf(each, state));
    this.#onChange(on ? others : [...others, { field: FIELD, op: '=', value: state }]);
  }
}

/**
 * @param {Filter} filter
 * @param {string} state
 */
const isOf = ({ field, op, value }, state) => field === FIELD && op !== '^' && value.toLowerCase() === state;
