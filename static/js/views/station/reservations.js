/** Reservations of the station: made, seen, given up, and made again when that was a mistake. */
import { ask, reasonOf } from '../../api.js';
import { toLocalInput } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { askUser } from '../parts/form-dialog.js';
import { Loaded } from './loaded.js';
import { actionButton, badge, emptyNote, heading, moment, plainTable } from './widgets.js';

/**
 * @typedef {import('./page.js').StationPage} StationPage
 * @typedef {{id: number, evse: number, connector_type: string, id_token: string, state: string, result: string, expires_at: string, created_at: string}} Reservation
 */

const HOUR = 3_600_000;

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const LOOKS = {
  requested: { text: t('Asked for'), shape: 'half', tone: 'busy' },
  active: { text: t('Active'), shape: 'disc', tone: 'good' },
  refused: { text: t('Refused'), shape: 'cross', tone: 'bad' },
  used: { text: t('Used'), shape: 'ring', tone: 'calm' },
  cancelled: { text: t('Given up'), shape: 'ring', tone: 'calm' },
  expired: { text: t('Expired'), shape: 'ring', tone: 'calm' },
  failed: { text: t('Unknown'), shape: 'cross', tone: 'warn' },
};

/** What 2.x can be asked for. @param {string} value */
const typeOf = (value) => ({ name: 'connector_type', label: t('Type of connector'), value, help: t('As the station names it: cCCS2, sType2, …. Empty: any.') });

/** @param {StationPage} page */
export const open = (page) => new Reservations(page);

class Reservations {
  element;

  #page;
  #loaded;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#loaded = new Loaded(
      async (signal) => (await ask(`reservations?limit=100&station=${encodeURIComponent(page.identity)}`, { signal })).content.results,
      (rows) => this.#table(rows),
    );
    const reserve = actionButton(t('Reserve…'), () => this.#reserve(), { name: 'reserve', reason: page.refused(), say: page.sayWhy, tone: 'primary' });
    this.element = element('section', {}, heading(t('Reservations'), reserve), this.#loaded.element);
    this.#loaded.refresh();
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what === 'commands' || what === 'station') this.#loaded.hint();
  }

  close() {
    this.#loaded.close();
  }

  /** @param {Reservation[]} rows */
  #table(rows) {
    if (rows.length === 0) return [emptyNote(t('Nothing is reserved here, and nothing was.'))];
    const { now } = this.#page;
    const reason = this.#page.refused();
    return [plainTable(t('Reservations'), [
      { label: t('Number'), cell: ({ id }) => `#${id}` },
      { label: t('State'), cell: ({ state }) => badge(LOOKS[state] ?? { text: state, shape: 'ring', tone: 'calm' }) },
      { label: t('Connector'), cell: ({ evse, connector_type: type }) => [evse ? String(evse) : t('whichever is free'), type].filter(Boolean).join(', ') },
      { label: t('Token'), cell: ({ id_token: token }) => token, kind: 'code' },
      { label: t('Until'), cell: ({ expires_at: end }) => moment(end, now()) },
      { label: t('Answer'), cell: ({ result }) => result },
      { label: t('Made'), cell: ({ created_at: made }) => moment(made, now()) },
      { label: t('Actions'), kind: 'actions', cell: (row) => (['active', 'requested', 'failed'].includes(row.state)
        ? actionButton(t('Give up'), () => this.#cancel(row), { name: 'cancel', reason, say: this.#page.sayWhy, description: t('Give up reservation {id}', { id: row.id }) })
        : '') },
    ], rows, ({ id }) => String(id))];
  }

  /** @param {{evse?: number, connector_type?: string, id_token?: string, expires_at?: string}} [like] */
  async #reserve({ evse = 0, connector_type: type = '', id_token: token = '', expires_at: until } = {}) {
    const page = this.#page;
    const found = await ask(`${page.path}/connectors`).catch(() => null);
    const evses = [...new Set((found?.content ?? []).map((/** @type {{evse: number}} */ each) => each.evse).filter(Boolean))];
    askUser({
      title: t('Reserve a connector'),
      action: t('Reserve'),
      fields: [
        { name: 'evse', label: t('Connector'), kind: 'choice', value: String(evse),
          choices: [['0', t('Whichever is free')], .../** @type {[string, string][]} */ (evses.map((each) => [String(each), t('Connector {number}', { number: each })]))] },
        ...(page.version.startsWith('2') ? [typeOf(type)] : []),
        { name: 'id_token', label: t('Token'), required: true, value: token, help: t('Who it is kept for: the number of a card.') },
        { name: 'expires_at', label: t('Until'), kind: 'moment', required: true,
          value: toLocalInput(until ?? new Date(page.now() + HOUR).toISOString()).slice(0, 16) },
      ],
      submit: async (values) => {
        const { connector_type: wanted, ...rest } = values;
        const body = { ...rest, evse: Number(values.evse), ...(wanted ? { connector_type: wanted } : {}) };
        const { content } = await ask(`${page.path}/reservations`, { body });
        page.sent(content.command, t('Reservation'));
        this.#loaded.refresh();
      },
    });
  }

  /** It can be made again, so it is not asked twice. @param {Reservation} row */
  async #cancel(row) {
    const { toasts } = this.#page.app;
    try {
      await ask(`reservations/${row.id}/cancel`, { method: 'POST', body: {} });
      toasts.say(t('Reservation {id} is being given up.', { id: row.id }), { action: { label: t('Reserve again'), run: () => this.#reserve(row) } });
      this.#loaded.refresh();
    } catch (error) {
      toasts.say(t('It cannot be given up. {reason}', { reason: reasonOf(error) }), { tone: 'bad' });
    }
  }
}
