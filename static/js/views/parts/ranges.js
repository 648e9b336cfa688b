/**
 * The row of buttons by which the time that a history covers is chosen.
 *
 * @typedef {import('../../spans.js').Span} Span
 */
import { SPANS } from '../../spans.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

export class Ranges {
  /** @type {Span} */
  span;
  #spans;
  #buttons;

  /**
   * @param {HTMLElement} root
   * @param {() => void} onChoose
   * @param {readonly Span[]} [spans] to choose from
   * @param {string} [first] the name of the one that is chosen at first
   */
  constructor(root, onChoose, spans = SPANS, first = spans[0].name) {
    this.#spans = spans;
    this.span = spans.find(({ name }) => name === first) ?? spans[0];
    this.#buttons = spans.map((span) => {
      const button = element('button', { type: 'button', 'data-span': span.name }, t(span.label));
      button.addEventListener('click', () => {
        this.span = span;
        this.#show();
        onChoose();
      });
      return button;
    });
    root.replaceChildren(...this.#buttons);
    this.#show();
  }

  #show() {
    this.#spans.forEach((span, index) => this.#buttons[index].setAttribute('aria-pressed', String(span === this.span)));
  }
}
