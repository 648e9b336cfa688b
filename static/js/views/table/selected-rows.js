/**
 * The rows of a table that are selected, and what can be done to them.
 *
 * @typedef {import('../../store.js').Row} Row
 */
import { Selection } from '../../selection.js';
import { bulkActions } from './bulk-actions.js';
import { SelectionBar } from './selection-bar.js';

export class SelectedRows {
  selection = new Selection(() => this.show());

  #rows;
  #onShow;
  #bar;

  /**
   * @param {import('../../app.js').App} app
   * @param {'ask' | 'clear'} bulk what can be done
   * @param {object} table
   * @param {() => Row[]} table.rows those that are shown
   * @param {(row: Row, name: string) => unknown} table.value
   * @param {(checked: 'true' | 'false' | 'mixed') => void} table.onShow whether all are selected, some or none
   */
  constructor(app, bulk, { rows, value, onShow }) {
    this.#rows = rows;
    this.#onShow = onShow;
    this.#bar = new SelectionBar({
      actions: bulkActions(app, bulk, { rows: () => this.selection.of(rows()), value }),
      onAll: () => this.selection.addAll(rows()),
      onClear: () => this.selection.clear(),
    });
  }

  get element() {
    return this.#bar.element;
  }

  show() {
    const rows = this.#rows();
    const selected = this.selection.of(rows).length;
    this.#bar.show(selected, rows.length);
    this.#onShow(selected === 0 ? 'false' : selected === rows.length ? 'true' : 'mixed');
  }
}
