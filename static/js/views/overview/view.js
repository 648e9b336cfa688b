/**
 * The overview: what all stations and devices do now and did today, and what needs a look.
 *
 * Hooks for tests: [data-group="stations"] and [data-group="devices"] with [data-tile="online"] …, .chart-panel,
 * [data-part="alerts"], [data-part="first-steps"], [data-part="demo"].
 *
 * @typedef {import('../../tiles.js').Summary} Summary
 */
import { SPANS } from '../../spans.js';
import { t } from '../../text.js';
import { deviceTiles, midnightBefore, stationTiles } from '../../tiles.js';
import { element } from '../dom.js';
import { ChartPanel } from '../parts/chart-panel.js';
import { NewestAlerts } from './alerts.js';
import { Demo } from './demo.js';
import { firstSteps } from './first-steps.js';
import { Tiles } from './tiles.js';

/** Between two reads of the energy, in ms: a sum over the day does not leap. */
const ENERGY_EVERY = 20_000;
/** The server keeps the totals of a month. */
const CHART_SPANS = SPANS.filter(({ name }) => name !== 'year');

/** @param {import('../../app.js').App} app */
export const open = (app) => new Overview(app);

/** @implements {import('../../app.js').View} */
class Overview {
  element = element('div', { class: 'page overview' });

  #app;
  #stations = new Tiles('stations', t('Charging stations'), stationTiles({}, null));
  #devices = new Tiles('devices', t('Solar'), deviceTiles({}));
  #connectStation = firstSteps('stations');
  #connectDevice = firstSteps('devices');
  #chart = new ChartPanel(t('Charging and solar power'), { spans: CHART_SPANS, span: 'day', height: 260 });
  #alerts;
  #demo;
  #summary;
  /** @type {Summary | null} */
  #value = null;
  /** @type {number | null} */
  #energy = null;
  #energyAsked = -Infinity;

  /** @param {import('../../app.js').App} app */
  constructor(app) {
    this.#app = app;
    this.#alerts = new NewestAlerts(app);
    this.#demo = new Demo(app);
    this.#chart.element.classList.add('box');
    this.element.append(
      element('h1', { class: 'unseen' }, t('Overview')),
      this.#stations.element, this.#connectStation, this.#devices.element, this.#connectDevice, this.#demo.element,
      element('div', { class: 'overview-parts' }, this.#chart.element, this.#alerts.element));
    this.#summary = app.live.summary('overview', (value) => this.#told(value));
  }

  show() {
    this.#app.title(t('Overview'));
    this.#chart.show('/history/overview');
    this.#askEnergy();
  }

  close() {
    this.#summary.close();
    this.#chart.close();
    this.#alerts.close();
    this.#demo.close();
  }

  tick() {
    this.#alerts.tick();
    if (!document.hidden && performance.now() - this.#energyAsked > ENERGY_EVERY) this.#askEnergy();
  }

  /** @param {Summary} value */
  #told(value) {
    this.#value = value;
    this.#paint();
  }

  #paint() {
    if (!this.#value) return;
    const { stations, devices } = this.#value;
    this.#stations.show(stationTiles(stations, this.#energy));
    this.#devices.show(deviceTiles(devices));
    // Who has only stations, or only devices, is not bothered with the others: but an empty system says how to begin.
    const noStation = !stations.total;
    const noDevice = !devices.total;
    const isEmpty = noStation && noDevice;
    this.#stations.element.hidden = noStation;
    this.#devices.element.hidden = noDevice;
    this.#connectStation.hidden = !noStation;
    this.#connectDevice.hidden = !isEmpty;
    this.element.toggleAttribute('data-empty', isEmpty);
    this.#demo.show(isEmpty);
  }

  async #askEnergy() {
    this.#energyAsked = performance.now();
    const since = midnightBefore(this.#app.now());
    try {
      const answer = await fetch(`/history/energy?since=${since}`, { headers: { Accept: 'application/json' } });
      if (!answer.ok) return;
      this.#energy = (await answer.json()).energy_wh;
      this.#paint();
    } catch {
      // The server is away; the banner says so.
    }
  }
}
