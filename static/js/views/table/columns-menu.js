/** Which columns are shown, and in which order. */
import { moved, toggled } from '../../columns.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { makePopover } from './popover.js';

export class ColumnsMenu {
  button;
  panel;

  #onChange;
  /** @type {import('../../columns.js').Shown[]} */
  #all = [];
  /** @type {string[]} */
  #names = [];

  /** @param {(names: string[]) => void} onChange none: the usual ones */
  constructor(onChange) {
    this.#onChange = onChange;
    ({ button: this.button, panel: this.panel } = makePopover(t('Columns'), 'columns', () => this.#render()));
  }

  /**
   * @param {import('../../columns.js').Shown[]} all
   * @param {string[]} names of those that are shown
   */
  show(all, names) {
    this.#all = all;
    this.#names = names;
  }

  #render() {
    const rest = this.#all.filter(({ name }) => !this.#names.includes(name)).map(({ name }) => name);
    const usual = element('button', { type: 'button', class: 'small', 'data-part': 'usual' }, t('Usual columns'));
    usual.addEventListener('click', () => this.#change(this.#all.map(({ name }) => name), ''));
    this.panel.replaceChildren(
      element('ul', { class: 'column-list' }, ...[...this.#names, ...rest].map((name, index) => this.#item(name, index))),
      element('p', { class: 'actions' }, usual));
  }

  /**
   * @param {string} name
   * @param {number} index
   */
  #item(name, index) {
    const label = t(this.#all.find((column) => column.name === name)?.label ?? name);
    const shown = this.#names.includes(name);
    const box = element('input', { type: 'checkbox', 'data-name': name, disabled: index === 0 });
    box.checked = shown;
    box.addEventListener('change', () => this.#change(toggled(this.#names, name), `[data-name="${name}"]`));
    const arrow = (/** @type {-1 | 1} */ by, /** @type {string} */ sign, /** @type {string} */ text) => {
      const able = moved(this.#names, name, by) !== this.#names;
      const part = `${by < 0 ? 'up' : 'down'}-${name}`;
      const made = element('button', { type: 'button', class: 'icon', 'aria-label': text, title: text, disabled: !able, 'data-part': part },
        element('span', { 'aria-hidden': 'true' }, sign));
      made.addEventListener('click', () => this.#change(moved(this.#names, name, by), `[data-part="${part}"]`));
      return made;
    };
    return element('li', {}, element('label', { class: 'check' }, box, ' ', label),
      arrow(-1, '↑', t('Move {column} to the front', { column: label })), arrow(1, '↓', t('Move {column} to the back', { column: label })));
  }

  /**
   * @param {string[]} names
   * @param {string} focus what was used, which has been drawn anew
   */
  #change(names, focus) {
    this.#names = names;
    this.#onChange(names);
    this.#render();
    const again = /** @type {HTMLButtonElement | null} */ (focus ? this.panel.querySelector(focus) : null);
    const next = again && !again.disabled ? again : this.panel.querySelector('input:not([disabled])');
    /** @type {HTMLElement | null} */ (next)?.focus();
  }
}
