/**
 * The drawer of one row: all its values, kept live, and its history as charts, from an hour to a year.
 *
 * @typedef {import('../query.js').Column} Column
 * @typedef {import('../store.js').Row} Row
 */
import { formatCell, formatExact, formatState, formatText, parseTime } from '../format.js';
import { element, oncePerFrame } from './dom.js';
import { Ranges } from './ranges.js';

/** Topics whose rows measure something. */
const WITH_HISTORY = new Set(['stations', 'devices']);

export class HistoryDrawer {
  /** @type {string | null} */
  topic = null;
  /** @type {number | null} */
  key = null;

  #dialog;
  #now;
  #title;
  #values;
  #chart;
  #note;
  #ranges;
  #ask;
  /** @type {Column[]} */
  #columns = [];
  /** @type {Row | null} */
  #row = null;
  /** @type {HTMLElement[]} */
  #cells = [];
  /** @type {any} The answer of the history endpoint that is shown. */
  #history = null;
  /** @type {Awaited<ReturnType<typeof import('./chart.js').drawCharts>>} */
  #drawn = null;
  #refreshTimer = 0;
  #paint = oncePerFrame(() => this.#paintValues());

  /**
   * @param {HTMLDialogElement} dialog
   * @param {() => number} now
   * @param {(identity: string) => void} onAsk something is to be asked of this station
   */
  constructor(dialog, now, onAsk) {
    this.#dialog = dialog;
    this.#now = now;
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (dialog.querySelector(`[data-part="${name}"]`));
    this.#title = part('title');
    this.#values = part('values');
    this.#chart = part('chart');
    this.#note = part('note');
    this.#ask = part('ask');
    this.#ask.addEventListener('click', () => onAsk(formatText(this.#row?.[1])));
    this.#ranges = new Ranges(part('ranges'), () => this.#choose());
    dialog.addEventListener('close', () => this.#closed());
    dialog.addEventListener('click', ({ target }) => {
      // The dialog itself is only hit beside its content, that is on the backdrop.
      if (target === dialog) dialog.close();
    });
    part('close').addEventListener('click', () => dialog.close());
    document.addEventListener('themechange', () => this.#redraw());
  }

  /**
   * @param {string} topic
   * @param {Column[]} columns
   * @param {Row} row
   */
  open(topic, columns, row) {
    this.topic = topic;
    this.key = row[0];
    this.#columns = columns;
    this.#row = row;
    this.#title.textContent = formatText(row[1]);
    this.#cells = columns.map(({ name, kind }) => element('dd', { 'data-value': name, 'data-kind': kind }));
    this.#values.replaceChildren(...columns.map(({ label }, index) => element('div', {}, element('dt', {}, label), this.#cells[index])));
    this.#paintValues();
    const measured = WITH_HISTORY.has(topic);
    this.#dialog.toggleAttribute('data-plain', !measured);
    this.#ask.hidden = topic !== 'stations';
    this.#note.textContent = measured ? 'Loading…' : '';
    this.#dialog.showModal();
    if (measured) this.#load();
  }

  /** @param {Row | undefined} row the present values; undefined when the row left the table */
  update(row) {
    this.#dialog.toggleAttribute('data-gone', !row);
    if (row) this.#row = row;
    this.#paint();
  }

  tick() {
    if (this.topic !== null) this.#paint();
  }

  #choose() {
    clearTimeout(this.#refreshTimer);
    this.#erase();
    this.#note.textContent = 'Loading…';
    this.#load();
  }

  #closed() {
    clearTimeout(this.#refreshTimer);
    this.#erase();
    this.#history = null;
    this.topic = null;
    this.key = null;
  }

  #paintValues() {
    const row = this.#row;
    if (!row || this.topic === null) return;
    const now = this.#now();
    this.#columns.forEach((column, index) => {
      const value = row[index + 1];
      const cell = this.#cells[index];
      const text = formatCell(value, column, now);
      if (cell.textContent !== text) cell.textContent = text;
      if (column.kind === 'time') cell.title = formatExact(parseTime(value));
      if (column.kind === 'state') {
        cell.dataset.state = String(value);
        cell.dataset.shape = formatState(value).shape;
      }
    });
  }

  async #load() {
    const { topic, key } = this;
    const { span } = this.#ranges;
    const isShown = () => this.topic === topic && this.key === key && this.#ranges.span === span;
    try {
      const answer = await fetch(`/history/${topic}/${key}?minutes=${span.minutes}`, { headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      const history = await answer.json();
      if (!isShown()) return;
      this.#history = history;
      await this.#draw(isShown);
    } catch (error) {
      if (isShown()) this.#note.textContent = `The history cannot be shown. ${error instanceof Error ? error.message : ''}`;
    }
    if (!isShown()) return;
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => this.#load(), span.refresh);
  }

  /** @param {() => boolean} isShown */
  async #draw(isShown) {
    const history = this.#history;
    if (this.#drawn?.update(history)) return;
    const { drawCharts } = await import('./chart.js');
    if (!isShown()) return;
    this.#erase();
    const drawn = await drawCharts(this.#chart, history, this.#ranges.span.minutes * 60);
    if (!isShown()) {
      drawn?.destroy();
      return;
    }
    this.#drawn = drawn;
    this.#note.textContent = drawn ? '' : `Nothing was measured in the last ${this.#ranges.span.name}.`;
  }

  #erase() {
    this.#drawn?.destroy();
    this.#drawn = null;
  }

  #redraw() {
    const { topic, key } = this;
    const { span } = this.#ranges;
    if (!this.#drawn || topic === null) return;
    this.#erase();
    this.#draw(() => this.topic === topic && this.key === key && this.#ranges.span === span);
  }
}
