/**
 * The row of buttons by which the time that a history covers is chosen.
 */
import { SPANS } from '../spans.js';
import { element } from './dom.js';

export class Ranges {
  /** @type {import('../spans.js').Span} */
  span = SPANS[0];
  #buttons;

  /**
   * @param {HTMLElement} root
   * @param {() => void} onChoose
   */
  constructor(root, onChoose) {
    this.#buttons = SPANS.map((span) => {
      const button = element('button', { type: 'button', 'data-span': span.name }, span.label);
      button.addEventListener('click', () => {
        if (this.span === span) return;
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
    SPANS.forEach((span, index) => this.#buttons[index].setAttribute('aria-pressed', String(span === this.span)));
  }
}
