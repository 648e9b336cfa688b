/**
 * A history as charts, from an hour to a year, read again from time to time while it is shown. Dragging over a part of
 * a chart looks at it closely: the server is asked for that time again, with more points. A double click leads back.
 *
 * @typedef {import('../../spans.js').Span} Span
 * @typedef {import('../../spans.js').Period} Period
 */
import { formatPeriod, questionOf, SPANS } from '../../spans.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Ranges } from './ranges.js';

export class ChartPanel {
  element;

  #chart = element('div', { class: 'chart', 'data-part': 'chart' });
  #note = element('p', { class: 'note', role: 'status', 'data-part': 'note' });
  #whole = element('button', { type: 'button', class: 'whole', 'data-part': 'whole', hidden: true });
  #ranges;
  #height;
  /** The address of the history without its time; '' when none is shown. */
  #path = '';
  /** @type {any} The answer that is shown. */
  #history = null;
  /** @type {Awaited<ReturnType<typeof import('./chart.js').drawCharts>>} */
  #drawn = null;
  /** @type {Period | null} The part that is looked at closely. */
  #period = null;
  #timer = 0;
  #redraw = () => this.#drawAgain();

  /**
   * @param {string} title
   * @param {{spans?: readonly Span[], span?: string, height?: number}} [options] `span`: the name of the one that is
   *   shown first; `height` of a single chart, in pixels
   */
  constructor(title, { spans = SPANS, span, height } = {}) {
    this.#height = height;
    const ranges = element('div', { class: 'ranges', role: 'group', 'aria-label': t('Time shown'), 'data-part': 'ranges' });
    this.element = element('section', { class: 'chart-panel' },
      element('div', { class: 'chart-head' }, element('h2', {}, title), this.#whole, ranges), this.#chart, this.#note);
    this.#ranges = new Ranges(ranges, () => this.#begin(null), spans, span);
    this.#whole.addEventListener('click', () => this.#begin(null));
    // Charts are drawn with colours read from the style sheet.
    document.addEventListener('themechange', this.#redraw);
  }

  /** @param {string} path of the history, `/history/stations/7`, say */
  show(path) {
    if (path === this.#path) return;
    this.#path = path;
    this.#begin(null);
  }

  close() {
    document.removeEventListener('themechange', this.#redraw);
    clearTimeout(this.#timer);
    this.#path = '';
    this.#erase();
  }

  get #seconds() {
    return this.#period ? this.#period.to - this.#period.from : this.#ranges.span.minutes * 60;
  }

  /** @param {Period | null} period null: the whole time that is chosen */
  #begin(period) {
    const hadFocus = document.activeElement === this.#whole;
    this.#period = period;
    clearTimeout(this.#timer);
    this.#erase();
    this.#whole.hidden = !period;
    this.#whole.textContent = period ? t('{period}: show all', { period: formatPeriod(period) }) : '';
    if (hadFocus && !period) /** @type {HTMLElement} */ (this.element.querySelector('[aria-pressed="true"]')).focus();
    this.#note.textContent = t('Loading…');
    this.#load();
  }

  /** @returns {() => boolean} is what is asked for now still what is wanted then? */
  #wanted() {
    const path = this.#path;
    const period = this.#period;
    const { span } = this.#ranges;
    return () => this.#path === path && this.#period === period && this.#ranges.span === span;
  }

  async #load() {
    const isWanted = this.#wanted();
    const { span } = this.#ranges;
    try {
      const answer = await fetch(`${this.#path}?${questionOf(span, this.#period)}`, { headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error(t('The server answered {status}.', { status: answer.status }));
      const history = await answer.json();
      if (!isWanted()) return;
      this.#history = history;
      await this.#draw(isWanted);
    } catch (error) {
      if (isWanted()) this.#note.textContent = t('The history cannot be shown. {reason}', { reason: error instanceof Error ? error.message : '' });
    }
    if (!isWanted() || this.#period) return; // what is over does not change
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), span.refresh);
  }

  /** @param {() => boolean} isWanted */
  async #draw(isWanted) {
    if (this.#drawn?.update(this.#history)) return;
    const { drawCharts } = await import('./chart.js');
    if (!isWanted()) return;
    this.#erase();
    const drawn = await drawCharts(this.#chart, this.#history, this.#seconds, {
      period: this.#period,
      height: this.#height,
      onSelect: (period) => this.#begin(period),
    });
    if (!isWanted()) {
      drawn?.destroy();
      return;
    }
    this.#drawn = drawn;
    this.#note.textContent = drawn ? '' : t('Nothing was measured in this time.');
  }

  #erase() {
    this.#drawn?.destroy();
    this.#drawn = null;
  }

  #drawAgain() {
    if (!this.#drawn) return;
    this.#erase();
    this.#draw(this.#wanted());
  }
}
