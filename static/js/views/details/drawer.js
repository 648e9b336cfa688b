/**
 * The drawer of one row of a table whose rows have no page of their own: all its values, kept live.
 *
 * @typedef {import('../../query.js').Column} Column
 * @typedef {import('../../store.js').Row} Row
 */
import { formatText } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Values } from '../parts/values.js';

export class DetailsDrawer {
  /** @type {number | null} Of the row that is shown. */
  key = null;

  #values;
  #title = element('h2', { id: 'details-title' });
  #dialog;

  /** @param {import('../../app.js').App} app */
  constructor(app) {
    this.#values = new Values(app.now);
    const close = element('button', { type: 'button', class: 'icon', 'aria-label': t('Close'), 'data-part': 'close' },
      element('span', { 'aria-hidden': 'true' }, '×'));
    const gone = element('p', { class: 'gone' }, t('This row is no longer in the table; these are its last values.'));
    this.#dialog = element('dialog', { id: 'details', class: 'drawer', 'aria-labelledby': 'details-title' },
      element('div', { class: 'drawer-content' }, element('header', {}, this.#title, close), gone, this.#values.element));
    close.addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', ({ target }) => {
      // The dialog itself is only hit beside its content, that is on the backdrop.
      if (target === this.#dialog) this.#dialog.close();
    });
    this.#dialog.addEventListener('close', () => {
      this.key = null;
      this.#dialog.remove();
    });
  }

  /**
   * @param {Column[]} columns
   * @param {Row} row
   */
  open(columns, row) {
    this.key = row[0];
    this.#title.textContent = formatText(row[1]);
    this.#values.setColumns(columns);
    this.#values.show(row);
    this.#dialog.removeAttribute('data-gone');
    document.body.append(this.#dialog);
    this.#dialog.showModal();
  }

  /** @param {Row | undefined} row the present values; undefined when the row left the table */
  update(row) {
    this.#dialog.toggleAttribute('data-gone', !row);
    if (row) this.#values.show(row);
  }

  tick() {
    if (this.key !== null) this.#values.tick();
  }

  close() {
    this.#dialog.close();
    this.#dialog.remove();
  }
}
