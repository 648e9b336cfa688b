/** What the station does now: a card for each connector, charts of its measurements, and alerts that stand. */
import { ask } from '../../api.js';
import { formatNumber } from '../../format.js';
import { pageOf } from '../../routes.js';
import { faultOf, lookOf, nameOf, shown, startOf, statusOf, unlockOf } from '../../station/connectors.js';
import { whyNoStart, whyNoStop } from '../../station/reasons.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { ChartPanel } from '../parts/chart-panel.js';
import { Loaded } from './loaded.js';
import { actionButton, badge, emptyNote, facts, heading, moment } from './widgets.js';

/**
 * @typedef {import('../../station/connectors.js').Connector} Connector
 * @typedef {import('./page.js').StationPage} StationPage
 * @typedef {{outlet: number, code: number, meaning: string, message: string, raised_at: string}} Alert
 */

/** @param {StationPage} page */
export const open = (page) => new Overview(page);

class Overview {
  element;

  #page;
  #connectors;
  /** @type {Loaded<Alert[]> | null} */
  #alerts = null;
  #chart = new ChartPanel(t('Measurements'));

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#connectors = new Loaded(
      async (signal) => (await ask(`${page.path}/connectors`, { signal })).content,
      (/** @type {Connector[]} */ connectors) => this.#cards(connectors),
    );
    // Only the hardware behind a bridge tells of alerts.
    if (page.version === 'NOC') this.#alerts = this.#readAlerts();
    this.element = element('div', { class: 'overview' }, ...(this.#alerts ? [this.#alerts.element] : []),
      element('section', {}, heading(t('Connectors')), this.#connectors.element), element('div', { class: 'box' }, this.#chart.element));
    this.#connectors.refresh();
    this.#alerts?.refresh();
    this.changed('station');
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what !== 'station') return;
    this.#connectors.hint();
    this.#alerts?.hint();
    const { key } = this.#page.station;
    if (key !== undefined) this.#chart.show(`/history/stations/${key}`);
  }

  close() {
    this.#connectors.close();
    this.#alerts?.close();
    this.#chart.close();
  }

  #readAlerts() {
    const address = `alerts?standing=true&limit=20&station=${encodeURIComponent(this.#page.identity)}`;
    return new Loaded(async (signal) => (await ask(address, { signal })).content.results, (/** @type {Alert[]} */ alerts) => this.#standing(alerts));
  }

  /** @param {Alert[]} alerts */
  #standing(alerts) {
    if (this.#alerts) this.#alerts.element.hidden = alerts.length === 0;
    return alerts.map(({ outlet, meaning, message, code, raised_at: raised }) => element('p', { class: 'fault', 'data-part': 'alert' },
      outlet ? t('Outlet {outlet}: {meaning}', { outlet, meaning: meaning || message || code }) : meaning || message || String(code),
      ' · ', moment(raised, this.#page.now())));
  }

  /** @param {Connector[]} connectors */
  #cards(connectors) {
    const visible = shown(connectors);
    if (visible.length === 0) return [emptyNote(t('The station has not told of its connectors yet.'))];
    return [element('div', { class: 'cards' }, ...visible.map((each) => this.#card(each, connectors)))];
  }

  /**
   * @param {Connector} connector
   * @param {Connector[]} all
   */
  #card(connector, all) {
    const name = nameOf(connector, all);
    const status = statusOf(connector);
    const fault = faultOf(connector);
    return element('article', { class: 'card connector', 'data-row': `${connector.evse}/${connector.number}`, 'data-status': status },
      element('div', { class: 'connector-head' }, element('h3', {}, name), badge(lookOf(status))),
      ...(fault ? [element('p', { class: 'fault' }, fault)] : []),
      ...this.#doing(connector),
      ...(connector.evse === 0 ? [] : [this.#actions(connector, name)]));
  }

  /** @param {Connector} connector */
  #doing({ session, power_w: power, energy_wh: register, soc, status_since: since }) {
    const now = this.#page.now();
    if (!session) {
      return [facts([[t('Since'), moment(since, now)], [t('Meter'), register === null ? null : formatNumber(register, 'Wh')]])];
    }
    const big = element('p', { class: 'figures' },
      element('span', { class: 'figure', 'data-figure': 'power' }, formatNumber(power, 'W')),
      element('span', { class: 'figure', 'data-figure': 'energy' }, formatNumber(session.energy_wh, 'Wh')));
    const charge = session.soc ?? soc;
    return [big, ...(charge === null ? [] : [bar(charge)]), facts([
      [t('Token'), session.id_token],
      [t('Since'), moment(session.started_at, now)],
      [t('Session'), element('a', { href: `${pageOf('stations', this.#page.identity, 'sessions')}?session=${session.id}` }, `#${session.id}`)],
    ])];
  }

  /**
   * @param {Connector} connector
   * @param {string} name
   */
  #actions(connector, name) {
    const page = this.#page;
    const { version, role, station, sayWhy: say } = page;
    const start = startOf(connector, version);
    const unlock = unlockOf(connector, version);
    const described = (/** @type {string} */ label) => t('{label}: {connector}', { label, connector: name });
    const startButton = actionButton(t('Start…'), () => start && page.app.command.open(page.identity, start),
      { name: 'start', reason: whyNoStart(role, station, connector), say, description: described(t('Start')) });
    const stopButton = actionButton(t('Stop'), () => this.#stop(connector, name),
      { name: 'stop', reason: whyNoStop(role, connector), say, description: described(t('Stop')) });
    const unlockButton = actionButton(t('Unlock'), () => this.#unlock(unlock, name),
      { name: 'unlock', reason: page.refused() || (unlock ? '' : t('Chargers behind a bridge are unlocked by their hardware.')), say, description: described(t('Unlock')) });
    return element('div', { class: 'connector-actions' }, startButton, stopButton, unlockButton);
  }

  /**
   * @param {Connector} connector
   * @param {string} name
   */
  #stop({ session }, name) {
    if (!session) return;
    this.#page.confirm({
      title: t('Stop the session at {connector}?', { connector: name }),
      text: session.id_token ? t('It was started with the token {token}.', { token: session.id_token }) : '',
      action: t('Stop it'),
      label: t('Stop'),
      request: () => ask(`transactions/${session.id}/stop`, { method: 'POST', body: {} }),
    });
  }

  /**
   * @param {import('../../station/connectors.js').Call | null} call
   * @param {string} name
   */
  #unlock(call, name) {
    if (!call) return;
    this.#page.confirm({
      title: t('Unlock {connector}?', { connector: name }),
      text: t('A session that runs there ends, and the cable can be taken.'),
      action: t('Unlock'),
      label: t('Unlock'),
      request: () => this.#page.request(call.action, call.payload),
    });
  }
}

/** @param {number} percent */
function bar(percent) {
  const text = t('{percent} % charged', { percent: Math.round(percent) });
  return element('div', { class: 'soc' }, element('meter', { min: 0, max: 100, value: percent, 'aria-label': t('State of charge') }), element('span', {}, text));
}
