/**
 * The newest alerts: those that stand, live, and below them, while there is room, the last that were cleared.
 *
 * @typedef {{key: number, station: string, meaning: string, message: string, outlet: number, at: string, standing: boolean}} Alert
 */
import { ask } from '../../api.js';
import { formatExact, formatRelative, formatState, parseTime } from '../../format.js';
import { pageOf } from '../../routes.js';
import { t } from '../../text.js';
import { element, oncePerFrame } from '../dom.js';

const SHOWN = 6;

export class NewestAlerts {
  element;

  #list = element('ul', { class: 'newest', 'data-part': 'alerts' });
  #note = element('p', { class: 'note', role: 'status' }, t('Loading…'));
  #now;
  #feed;
  #counts;
  /** @type {Alert[]} */
  #cleared = [];
  /** @type {HTMLTimeElement[]} */
  #times = [];
  #paint = oncePerFrame(() => this.#show());

  /** @param {import('../../app.js').App} app */
  constructor(app) {
    this.#now = app.now;
    this.element = element('section', { class: 'box newest-box' },
      element('div', { class: 'chart-head' }, element('h2', {}, t('Newest alerts')), element('a', { href: '/alerts' }, t('All alerts'))), this.#list, this.#note);
    this.#feed = app.live.table('alerts', { onRows: this.#paint },
      { filters: [{ field: 'state', op: '=', value: 'standing' }], sorts: [] });
    // Whenever the numbers change, something may have been cleared.
    this.#counts = app.live.summary('alerts.states', () => this.#read());
  }

  close() {
    this.#feed.close();
    this.#counts.close();
  }

  tick() {
    const now = this.#now();
    for (const time of this.#times) {
      const text = formatRelative(parseTime(time.dateTime), now);
      if (time.textContent !== text) time.textContent = text;
    }
  }

  async #read() {
    const told = await ask(`alerts?limit=${SHOWN}&standing=false`).catch(() => null);
    if (!told) return;
    this.#cleared = told.content.results.map((/** @type {any} */ alert) => ({ ...alert, key: alert.id, at: alert.cleared_at, standing: false }));
    this.#paint();
  }

  /** @returns {Alert[]} */
  #standing() {
    const { columns, store } = this.#feed;
    return store.rows.slice(0, SHOWN).map((row) => {
      const named = Object.fromEntries(columns.map(({ name }, place) => [name, row[place + 1]]));
      return /** @type {Alert} */ ({ ...named, key: row[0], at: named.raised_at, standing: true });
    });
  }

  #show() {
    if (this.#feed.store.waiting && this.#feed.store.rows.length === 0) return;
    const alerts = [...this.#standing(), ...this.#cleared].slice(0, SHOWN);
    this.#times = [];
    this.#list.replaceChildren(...alerts.map((alert) => this.#item(alert)));
    this.#note.textContent = alerts.length ? '' : t('No charger has raised an alert.');
    this.tick();
  }

  /** @param {Alert} alert */
  #item({ key, station, meaning, message, outlet, at, standing }) {
    const state = standing ? 'standing' : 'cleared';
    const { text, shape } = formatState(state);
    const time = element('time', { datetime: at, title: formatExact(parseTime(at)) });
    this.#times.push(time);
    const where = outlet ? t('{station}, outlet {outlet}', { station, outlet }) : station;
    return element('li', { 'data-alert': key },
      element('span', { class: 'state', 'data-state': state, 'data-shape': shape }, text),
      element('p', {}, element('strong', {}, meaning), message && message !== meaning ? ` ${message}` : ''),
      element('p', { class: 'where' }, element('a', { href: pageOf('stations', station) }, where), time));
  }
}
