/**
 * The page of one device: what it does now, as a picture and as values, its history, and its newest messages.
 *
 * Hooks for tests: [data-part="state"], .flow [data-flow="solar-house"][data-flowing], [data-part="flows"] (the same in
 * words), .values, .chart-panel, [data-part="messages"], [data-part="unknown"].
 *
 * @typedef {import('../../query.js').Column} Column
 * @typedef {import('../../store.js').Row} Row
 */
import { ask } from '../../api.js';
import { formatState } from '../../format.js';
import { pageOf } from '../../routes.js';
import { t } from '../../text.js';
import { element, oncePerFrame } from '../dom.js';
import { ChartPanel } from '../parts/chart-panel.js';
import { Values } from '../parts/values.js';
import { DeviceMessages } from './messages.js';
import { FlowPicture } from './picture.js';

const JOULES_IN_WH = 3600;

/**
 * @param {import('../../app.js').App} app
 * @param {import('../../app.js').Address} address
 */
export const open = (app, address) => new DevicePage(app, address);

/** @implements {import('../../app.js').View} */
class DevicePage {
  element = element('div', { class: 'page device' });

  #app;
  #serial = '';
  #title = element('h1');
  #state = element('span', { class: 'state', 'data-part': 'state' });
  #unknown = element('p', { class: 'box', 'data-part': 'unknown', role: 'status', hidden: true });
  #picture = new FlowPicture();
  #values;
  #charts = new ChartPanel(t('History'));
  #messages = new DeviceMessages();
  /** @type {HTMLElement} */
  #content;
  /** @type {import('../../live.js').TableFeed | null} */
  #feed = null;
  /** @type {Row | undefined} */
  #row;
  /** @type {number | null} Wh; null: not known */
  #capacity = null;
  #paint = oncePerFrame(() => this.#show());

  /**
   * @param {import('../../app.js').App} app
   * @param {import('../../app.js').Address} address
   */
  constructor(app, address) {
    this.#app = app;
    this.#values = new Values(app.now);
    const now = element('section', { class: 'box device-now' }, element('h2', {}, t('Now')), this.#picture.element);
    const values = element('section', { class: 'box' }, element('h2', {}, t('Values')), this.#values.element);
    this.#charts.element.classList.add('box');
    this.#content = element('div', { class: 'device-parts', hidden: true }, now, values, this.#charts.element, this.#messages.element);
    this.element.append(
      element('header', { class: 'page-head' },
        element('p', { class: 'crumb' }, element('a', { href: '/devices' }, t('Devices'))), element('div', { class: 'device-title' }, this.#title, this.#state)),
      this.#unknown, this.#content);
    this.show(address);
  }

  /** @param {import('../../app.js').Address} address */
  show({ key, part }) {
    if (part !== '' && part !== 'messages') {
      this.#app.go(pageOf('devices', key), { replace: true });
      return;
    }
    if (key !== this.#serial) this.#begin(key);
    if (part === 'messages') this.#messages.element.scrollIntoView();
  }

  close() {
    this.#feed?.close();
    this.#charts.close();
    this.#messages.close();
  }

  tick() {
    this.#values.tick();
    this.#messages.tick();
  }

  /** @param {string} serial */
  #begin(serial) {
    this.#serial = serial;
    this.#title.textContent = serial;
    this.#app.title(serial);
    this.#row = undefined;
    this.#capacity = null;
    this.#content.hidden = true;
    this.#feed?.close();
    this.#feed = this.#app.live.table('devices', {
      onColumns: (columns) => this.#values.setColumns(columns),
      onRows: this.#paint,
    }, { filters: [{ field: 'serial_number', op: '^', value: serial }], sorts: [] });
    this.#messages.show(serial);
  }

  /** Others may begin with the same serial number: the row is the one whose is equal. */
  #find() {
    const place = this.#place('serial_number');
    return this.#feed?.store.rows.find((row) => String(row[place]) === this.#serial);
  }

  /** @param {string} name */
  #place(name) {
    return (this.#feed?.columns.findIndex((column) => column.name === name) ?? -1) + 1;
  }

  /** @param {string} name */
  #value(name) {
    return this.#row?.[this.#place(name)];
  }

  #show() {
    if (!this.#feed || this.#feed.store.waiting) return;
    const found = this.#find();
    this.#unknown.hidden = Boolean(found);
    if (!found) {
      this.#unknown.textContent = this.#row
        ? t('This device was removed; these are its last values.')
        : t('There is no device {serial}. It appears here by itself when it reports.', { serial: this.#serial });
      return;
    }
    if (!this.#row) this.#found(found);
    const before = this.#value('last_status_update');
    this.#row = found;
    if (before !== this.#value('last_status_update')) this.#messages.refresh();
    const state = formatState(this.#value('state'));
    this.#state.textContent = state.text;
    this.#state.dataset.state = String(this.#value('state'));
    this.#state.dataset.shape = state.shape;
    this.element.dataset.state = String(this.#value('state'));
    this.#values.show(found);
    this.#picture.show({
      income: Number(this.#value('power_income')),
      inject: Number(this.#value('power_inject')),
      consumption: Number(this.#value('power_consumption')),
      stored: Number(this.#value('battery')),
      capacity: this.#capacity,
    });
  }

  /** @param {Row} row */
  async #found(row) {
    this.#content.hidden = false;
    this.#charts.show(`/history/devices/${row[0]}`);
    const serial = this.#serial;
    // Devices tell their capacity once, in joules; it is none of the table's columns.
    const told = await ask(`devices/${encodeURIComponent(serial)}`).catch(() => null);
    if (serial !== this.#serial || !told?.content.capacity) return;
    this.#capacity = told.content.capacity / JOULES_IN_WH;
    this.#paint();
  }
}
