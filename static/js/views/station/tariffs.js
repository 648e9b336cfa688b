/** What charging costs here: tariffs that the station has, payments on web pages that it awaits, and payments it has settled. */
import { ask } from '../../api.js';
import { formatMoney, NOTHING } from '../../format.js';
import { pageOf } from '../../routes.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { askUser } from '../parts/form-dialog.js';
import { Loaded } from './loaded.js';
import { actionButton, badge, emptyNote, heading, moment, plainTable } from './widgets.js';

/**
 * @typedef {import('./page.js').StationPage} StationPage
 * @typedef {{evse: number, tariff_id: string, kind: string, id_tokens: string[], tariff: any, valid_from: string | null, confirmed_at: string}} StationTariff
 * @typedef {{evse: number, waiting: boolean, started_at: string, ends_at: string}} WebPayment
 * @typedef {{id: number, transaction: number | null, psp_reference: string, status: string, amount: number, cost: number | null, differs: boolean | null,
 *   settled_at: string | null, receipt_id: string, vat_number: string, received_at: string}} Settlement
 */

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const LOOKS = {
  Settled: { text: t('Settled'), shape: 'disc', tone: 'good' },
  Canceled: { text: t('Cancelled'), shape: 'ring', tone: 'calm' },
  Due: { text: t('Due'), shape: 'ring', tone: 'warn' },
  Rejected: { text: t('Rejected'), shape: 'cross', tone: 'bad' },
  Failed: { text: t('Failed'), shape: 'cross', tone: 'bad' },
};

/** @param {StationPage} page */
export const open = (page) => new Tariffs(page);

class Tariffs {
  element;

  #page;
  #loaded;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    const of = `station=${encodeURIComponent(page.identity)}`;
    const paths = [`${page.path}/tariffs`, `web-payments?${of}`, `settlements?limit=100&${of}`];
    this.#loaded = new Loaded(
      async (signal) => {
        const [tariffs, waiting, settled] = await Promise.all(paths.map(async (path) => (await ask(path, { signal })).content));
        return { tariffs, waiting, settled: settled.results };
      },
      ({ tariffs, waiting, settled }) => [...this.#tariffs(tariffs), ...this.#waiting(waiting), ...this.#settled(settled)],
    );
    const reason = page.refused() || (page.version === '2.1' ? '' : t('Stations of OCPP {version} keep no tariffs.', { version: page.version }));
    const say = page.sayWhy;
    this.element = element('section', {}, heading(t('Tariffs'),
      actionButton(t('Send a tariff…'), () => this.#send(), { name: 'send', reason, say, tone: 'primary' }),
      actionButton(t('Change the tariff of a session…'), () => this.#change(), { name: 'change', reason, say }),
      actionButton(t('Ask for its tariffs'), () => page.send('GetTariffs', { evseId: 0 }, t('Tariffs')), { name: 'refresh', reason, say })),
    this.#loaded.element);
    this.#loaded.refresh();
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what === 'commands' || what === 'station') this.#loaded.hint();
  }

  close() {
    this.#loaded.close();
  }

  /** @param {StationTariff[]} rows */
  #tariffs(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has told of no tariffs. Costs are calculated by this server.'))];
    const { now } = this.#page;
    const reason = this.#page.refused();
    return [plainTable(t('Tariffs'), [
      { label: t('Tariff'), cell: ({ tariff_id: id }) => id, kind: 'code' },
      { label: t('Connector'), cell: ({ evse }) => (evse ? String(evse) : t('all')) },
      { label: t('Whose'), cell: ({ kind, id_tokens: tokens }) => (kind === 'DefaultTariff' ? t('everybody') : tokens.join(', ')) },
      { label: t('Description'), cell: ({ tariff }) => tariff?.description?.[0]?.content ?? NOTHING },
      { label: t('Valid from'), cell: ({ valid_from: from }) => moment(from, now()) },
      { label: t('Confirmed'), cell: ({ confirmed_at: at }) => moment(at, now()) },
      { label: t('Actions'), kind: 'actions', cell: (row) => actionButton(t('Clear'), () => this.#clear(row), {
        name: 'clear', reason, say: this.#page.sayWhy, description: t('Clear tariff {id}', { id: row.tariff_id }) }) },
    ], rows, ({ evse, kind, tariff_id: id }) => `${evse}-${kind}-${id}`)];
  }

  /** @param {WebPayment[]} rows */
  #waiting(rows) {
    const open = rows.filter(({ waiting }) => waiting);
    if (open.length === 0) return [];
    const { now } = this.#page;
    return [element('section', {}, element('h3', {}, t('Somebody is paying')), plainTable(t('Payments on web pages'), [
      { label: t('Connector'), cell: ({ evse }) => String(evse) },
      { label: t('Begun'), cell: ({ started_at: begun }) => moment(begun, now()) },
      { label: t('Awaited until'), cell: ({ ends_at: end }) => moment(end, now()) },
    ], open, ({ evse }) => String(evse)))];
  }

  /** @param {Settlement[]} rows */
  #settled(rows) {
    if (rows.length === 0) return [];
    const { now, identity } = this.#page;
    const sessionOf = (/** @type {number} */ id) => element('a', { href: `${pageOf('stations', identity, 'sessions')}?session=${id}` }, `#${id}`);
    return [element('section', {}, element('h3', {}, t('Payments')), plainTable(t('Payments'), [
      { label: t('Payment'), cell: ({ psp_reference: reference }) => reference, kind: 'code' },
      { label: t('State'), cell: ({ status }) => badge(LOOKS[status] ?? { text: status, shape: 'ring', tone: 'calm' }) },
      { label: t('Amount'), cell: ({ amount }) => formatMoney(amount), kind: 'number' },
      { label: t('Calculated cost'), cell: ({ cost, differs }) => (differs ? t('{cost}, differs', { cost: formatMoney(cost) }) : formatMoney(cost)), kind: 'number' },
      { label: t('Session'), cell: ({ transaction: id }) => (id === null ? NOTHING : sessionOf(id)) },
      { label: t('Receipt'), cell: ({ receipt_id: receipt }) => receipt, kind: 'code' },
      { label: t('VAT number'), cell: ({ vat_number: number }) => number || NOTHING, kind: 'code' },
      { label: t('When'), cell: ({ settled_at: at, received_at: received }) => moment(at ?? received, now()) },
    ], rows, ({ id }) => String(id)))];
  }

  /**
   * The tariffs of the server, and what a second question brings.
   * @param {string} path
   * @returns {Promise<{tariffs: any[], choices: [string, string][], found: any} | null>} null: there are none
   */
  async #known(path) {
    const [tariffs, found] = await Promise.all(['tariffs?limit=1000', path].map((each) => ask(each).catch(() => null)));
    const rows = tariffs?.content.results ?? [];
    if (rows.length === 0) {
      this.#page.sayWhy(t('There are no tariffs yet; operators enter them in the settings.'));
      return null;
    }
    return { tariffs: rows, choices: rows.map((/** @type {any} */ each) => [String(each.id), each.tariff_id]), found: found?.content };
  }

  /** Of a session that runs, from now on (I11). */
  async #change() {
    const page = this.#page;
    const known = await this.#known(`transactions?active=true&limit=100&station=${encodeURIComponent(page.identity)}`);
    if (!known) return;
    /** @type {[string, string][]} */
    const sessions = (known.found?.results ?? []).map((/** @type {any} */ { id, reference, id_token: token }) => [reference, [`#${id}`, token].filter(Boolean).join(' · ')]);
    if (sessions.length === 0) {
      page.sayWhy(t('No session is running.'));
      return;
    }
    askUser({
      title: t('Change the tariff of a session'),
      text: t('What it has cost so far stays.'),
      action: t('Change'),
      fields: [
        { name: 'transactionId', label: t('Session'), kind: 'choice', value: sessions[0][0], choices: sessions },
        { name: 'tariff', label: t('Tariff'), kind: 'choice', value: known.choices[0][0], choices: known.choices },
      ],
      submit: async ({ transactionId, tariff }) => {
        const body = known.tariffs.find(({ id }) => String(id) === tariff).tariff;
        page.sent((await page.request('ChangeTransactionTariff', { transactionId, tariff: body })).content.id, t('Tariff'));
      },
    });
  }

  async #send() {
    const page = this.#page;
    const known = await this.#known(`${page.path}/connectors`);
    if (!known) return;
    const { choices, found } = known;
    const evses = [...new Set((found ?? []).map((/** @type {{evse: number}} */ each) => each.evse).filter(Boolean))];
    askUser({
      title: t('Send a tariff'),
      text: t('The station charges by it from the next session on.'),
      action: t('Send'),
      fields: [
        { name: 'tariff', label: t('Tariff'), kind: 'choice', value: choices[0][0], choices },
        { name: 'evse', label: t('Connector'), kind: 'choice', value: '0',
          choices: [['0', t('all')], .../** @type {[string, string][]} */ (evses.map((each) => [String(each), t('Connector {number}', { number: each })]))] },
      ],
      submit: async ({ tariff, evse }) => {
        const { content } = await ask(`${page.path}/tariffs`, { body: { tariff: Number(tariff), evse: Number(evse) } });
        page.sent(content.id, t('Tariff'));
      },
    });
  }

  /** It can be sent again, so it is not asked twice. @param {StationTariff} row */
  #clear({ evse, kind, tariff_id: id }) {
    const payload = { tariffIds: [id] };
    this.#page.send('ClearTariffs', evse && kind === 'DefaultTariff' ? { ...payload, evseId: evse } : payload, t('Tariff'));
  }
}
