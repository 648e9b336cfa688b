/** What the station watches by itself: its monitors, what they reported, and what it streams (2.x). */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { BASES, lookOfSeverity, variableOf } from '../../station/monitoring.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { askUser } from '../parts/form-dialog.js';
import { Loaded } from './loaded.js';
import { actionButton, badge, emptyNote, facts, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

const FIRST = 50;
const MOST = 200;
const LARGEST_REQUEST = 2 ** 31 - 1;

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const STATES = {
  open: { text: t('Open'), shape: 'disc', tone: 'good' },
  closed: { text: t('Closed'), shape: 'ring', tone: 'calm' },
};

/** @param {StationPage} page */
export const open = (page) => new Monitoring(page);

class Monitoring {
  element;

  #page;
  #limit = FIRST;
  #settings;
  #monitors;
  #streams;
  #events;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    const rows = (/** @type {string} */ path, /** @type {(rows: any[]) => (Node | string)[]} */ paint) => new Loaded(async (signal) => (await ask(`${page.path}/${path}?limit=500`, { signal })).content.results, paint);
    this.#settings = new Loaded(async (signal) => (await ask(`${page.path}/monitoring`, { signal })).content, (content) => this.#told(content));
    this.#monitors = rows('monitors', (found) => this.#watched(found));
    this.#streams = rows('event-streams', (found) => this.#streamed(found));
    this.#events = new Loaded(
      async (signal) => (await ask(`monitoring-events?limit=${this.#limit}&station=${encodeURIComponent(page.identity)}`, { signal })).content,
      (content) => this.#reported(content),
    );
    const button = (/** @type {string} */ label, /** @type {() => void} */ run, /** @type {string} */ name) => actionButton(label, run, { name, reason: page.refused() || (page.version === '1.6' ? t('OCPP 1.6 has no monitors.') : ''), say: page.sayWhy });
    this.element = element('div', {},
      element('section', {}, heading(t('Monitors'),
        button(t('Ask which it has'), () => this.#ask(), 'report'),
        button(t('Base…'), () => this.#setBase(), 'base'),
        button(t('Level…'), () => this.#setLevel(), 'level')), this.#settings.element, this.#monitors.element),
      element('section', {}, heading(t('Events of monitors')), this.#events.element),
      element('section', {}, heading(t('Event streams')), this.#streams.element));
    for (const each of this.#all) each.refresh();
  }

  get #all() {
    return [this.#settings, this.#monitors, this.#streams, this.#events];
  }

  changed() {
    for (const each of this.#all) each.hint();
  }

  close() {
    for (const each of this.#all) each.close();
  }

  /** @param {any} settings */
  #told({ base, base_at: since, level, reported_at: at }) {
    const { now } = this.#page;
    return [facts([
      [t('Base'), base ? element('span', {}, `${BASES[base] ?? base} · `, moment(since, now())) : null],
      [t('Level'), level === null ? null : badge(lookOfSeverity(level))],
      [t('All monitors told'), at ? moment(at, now()) : null],
    ])];
  }

  /** @param {any[]} rows */
  #watched(rows) {
    if (rows.length === 0) return [emptyNote(t('No monitors of this station are known. Ask which it has.'))];
    const reason = this.#page.refused();
    return [plainTable(t('Monitors'), [
      { label: t('Number'), cell: ({ number }) => `#${number}` },
      { label: t('Variable'), cell: variableOf },
      { label: t('Type'), cell: ({ type }) => type },
      { label: t('Value'), cell: ({ value }) => String(value), kind: 'number' },
      { label: t('Severity'), cell: ({ severity }) => badge(lookOfSeverity(severity)) },
      { label: t('When'), cell: ({ transaction }) => (transaction ? t('in transactions') : t('always')) },
      { label: t('Kind'), cell: ({ kind }) => kind || NOTHING },
      { label: t('Actions'), kind: 'actions', cell: ({ number, kind }) => (kind === 'HardWiredMonitor' ? ''
        : actionButton(t('Clear'), () => this.#clear(number), { name: 'clear', reason, say: this.#page.sayWhy, description: t('Clear monitor {number}', { number }) })) },
    ], rows, ({ number }) => String(number))];
  }

  /** @param {{results: any[], next: string | null}} content */
  #reported({ results, next }) {
    if (results.length === 0) return [emptyNote(t('The monitors of this station have reported nothing.'))];
    const { now } = this.#page;
    const table = plainTable(t('Events of monitors'), [
      { label: t('Severity'), cell: ({ severity }) => (severity === null ? NOTHING : badge(lookOfSeverity(severity))) },
      { label: t('Variable'), cell: variableOf },
      { label: t('Value'), cell: ({ value }) => value },
      { label: t('Because of'), cell: ({ trigger, cleared }) => (cleared ? t('{trigger}, over', { trigger }) : trigger) },
      { label: t('Monitor'), cell: ({ monitor }) => (monitor === null ? NOTHING : `#${monitor}`) },
      { label: t('Says'), cell: ({ tech_code: code, tech_info: info }) => [code, info].filter(Boolean).join(' · ') || NOTHING },
      { label: t('Received'), cell: ({ received_at: at }) => moment(at, now()) },
      { label: t('By the station’s clock'), cell: ({ occurred_at: at, stamp }) => (at ? moment(at, now()) : stamp || NOTHING) },
    ], results, ({ id }) => String(id));
    const more = next && this.#limit < MOST ? [actionButton(t('Show more'), () => {
      this.#limit = MOST;
      this.#events.refresh();
    }, { name: 'more' })] : [];
    return [table, ...more];
  }

  /** @param {any[]} rows */
  #streamed(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has opened no event streams.'))];
    const { now } = this.#page;
    return [plainTable(t('Event streams'), [
      { label: t('Number'), cell: ({ number }) => `#${number}` },
      { label: t('State'), cell: ({ state }) => badge(STATES[state]) },
      { label: t('Monitor'), cell: ({ monitor }) => (monitor === null ? NOTHING : `#${monitor}`) },
      { label: t('Interval (s)'), cell: ({ interval }) => (interval === null ? NOTHING : String(interval)), kind: 'number' },
      { label: t('Values'), cell: ({ delivered }) => String(delivered), kind: 'number' },
      { label: t('Last value'), cell: ({ last_value: value }) => value || NOTHING },
      { label: t('Measured'), cell: ({ last_at: at }) => moment(at, now()) },
    ], rows, ({ number }) => String(number))];
  }

  #ask() {
    this.#page.send('GetMonitoringReport', { requestId: Math.floor(Math.random() * LARGEST_REQUEST) }, t('Monitors'));
  }

  /** @param {number} number */
  #clear(number) {
    this.#page.confirm({
      title: t('Clear monitor {number}?', { number }),
      action: t('Clear'),
      label: t('Clear monitor {number}', { number }),
      request: () => this.#page.request('ClearVariableMonitoring', { id: [number] }),
    });
  }

  #setBase() {
    askUser({
      title: t('Which monitors {station} has from the factory', { station: this.#page.identity }),
      action: t('Set'),
      fields: [{
        name: 'base', label: t('Base'), kind: 'choice', choices: /** @type {[string, string][]} */ (Object.entries(BASES)),
        help: t('Except with the first one, monitors that somebody has set are cleared.'),
      }],
      submit: async ({ base }) => this.#page.sent((await this.#page.request('SetMonitoringBase', { monitoringBase: base })).content.id, t('Base')),
    });
  }

  #setLevel() {
    askUser({
      title: t('What {station} reports', { station: this.#page.identity }),
      action: t('Set'),
      fields: [{
        name: 'severity', label: t('Level'), kind: 'choice', value: String(this.#settings.value?.level ?? 9),
        choices: Array.from({ length: 10 }, (_, severity) => /** @type {[string, string]} */ ([String(severity), lookOfSeverity(severity).text])),
        help: t('Events of this severity and of more serious ones.'),
      }],
      submit: async ({ severity }) => this.#page.sent((await this.#page.request('SetMonitoringLevel', { severity: Number(severity) })).content.id, t('Level')),
    });
  }
}
