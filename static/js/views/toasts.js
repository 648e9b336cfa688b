/**
 * Short notices at the edge of the page: what was done, and how to take it back. They leave by themselves, but not while
 * the pointer or the keyboard is on them.
 *
 * @typedef {{label: string, run: () => void}} Action
 */
import { t } from '../text.js';
import { element } from './dom.js';

const STAYS = 6000;
/** What can be taken back is there for longer: it has to be read, decided and reached. */
const STAYS_TO_ACT = 15_000;
const MOST = 4;

export class Toasts {
  #root;

  /** @param {HTMLElement} root a live region */
  constructor(root) {
    this.#root = root;
  }

  /**
   * @param {string} text
   * @param {{tone?: 'plain' | 'good' | 'bad', action?: Action}} [options]
   */
  say(text, { tone = 'plain', action } = {}) {
    const close = element('button', { type: 'button', class: 'icon', 'aria-label': t('Close') }, element('span', { 'aria-hidden': 'true' }, '×'));
    const toast = element('div', { class: 'toast', 'data-tone': tone }, element('p', {}, text));
    let timer = 0;
    const stay = () => clearTimeout(timer);
    const leave = () => {
      stay();
      const hadFocus = toast.contains(document.activeElement);
      toast.remove();
      // Whoever came here by keyboard goes on where the page is.
      if (hadFocus) document.querySelector('main')?.focus();
    };
    const wait = () => {
      stay();
      if (!toast.matches(':hover, :focus-within')) timer = setTimeout(leave, action ? STAYS_TO_ACT : STAYS);
    };
    if (action) {
      const act = element('button', { type: 'button' }, action.label);
      act.addEventListener('click', () => {
        leave();
        action.run();
      });
      toast.append(act);
    }
    toast.append(close);
    close.addEventListener('click', leave);
    toast.addEventListener('pointerenter', stay);
    toast.addEventListener('pointerleave', wait);
    toast.addEventListener('focusin', stay);
    toast.addEventListener('focusout', () => queueMicrotask(wait));
    toast.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      leave();
    });
    this.#root.append(toast);
    if (this.#root.childElementCount > MOST) this.#root.firstElementChild?.remove();
    wait();
  }
}
