/** The configuration: searched, changed in place, with the station's word on each change. */
import { ask } from '../../api.js';
import { answersOf, fromKeys, fromVariables, grouped, matches } from '../../station/configuration.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { Drift } from './drift.js';
import { Loaded } from './loaded.js';
import { Networks } from './networks.js';
import { SettingRow } from './setting.js';
import { actionButton, emptyNote, heading, moment } from './widgets.js';

/**
 * @typedef {import('../../station/configuration.js').Setting} Setting
 * @typedef {import('./page.js').StationPage} StationPage
 */

const PAGE = 1000;
const MOST_PAGES = 20;

/** @param {StationPage} page */
export const open = (page) => new Configuration(page);

class Configuration {
  element;

  #page;
  #loaded;
  /** @type {(Drift | Networks)[]} of 2.x alone */
  #more = [];
  #search = element('input', { type: 'search', 'aria-label': t('Search the configuration'), placeholder: t('Search…'), autocomplete: 'off', 'data-testid': 'setting-search' });
  #count = element('p', { class: 'totals', role: 'status', 'data-part': 'count' });
  #read = element('p', { class: 'totals' });
  #groups = element('div', { class: 'setting-groups' });
  /** @type {Map<string, SettingRow>} by id; a row stays while its setting does, so that nothing typed is lost */
  #rows = new Map();
  /** @type {{section: HTMLElement, settings: Setting[]}[]} */
  #sections = [];

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#loaded = new Loaded((signal) => this.#ask(signal), (settings) => this.#paint(settings));
    const reason = page.refused();
    const refresh = actionButton(t('Read from the station'), () => this.#refresh(), { name: 'refresh', reason, say: page.sayWhy });
    const [drift, networks] = this.#isOfVariables ? [new Drift(page), new Networks(page)] : [];
    if (drift && networks) this.#more = [drift, networks];
    this.element = element('div', {}, drift?.element ?? '', element('section', {}, heading(t('Configuration'), refresh),
      element('div', { class: 'settings-bar' }, this.#search, this.#count), this.#read, this.#loaded.element), networks?.element ?? '');
    this.#search.addEventListener('input', () => this.#filter());
    this.#loaded.refresh();
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what !== 'commands') return;
    this.#loaded.hint();
    for (const each of this.#more) each.changed();
  }

  close() {
    this.#loaded.close();
    for (const each of this.#more) each.close();
  }

  get #isOfVariables() {
    return ['2.0.1', '2.1'].includes(this.#page.version);
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<Setting[]>}
   */
  async #ask(signal) {
    if (!this.#isOfVariables) return fromKeys((await ask(`${this.#page.path}/configuration`, { signal })).content);
    const rows = [];
    for (let number = 1; number <= MOST_PAGES; number += 1) {
      const { content } = await ask(`${this.#page.path}/variables?limit=${PAGE}&page=${number}`, { signal });
      rows.push(...content.results);
      if (!content.next) break;
    }
    return fromVariables(rows);
  }

  #refresh() {
    const { path } = this.#page;
    const what = this.#isOfVariables ? 'variables' : 'configuration';
    this.#page.begin(() => ask(`${path}/${what}/refresh`, { method: 'POST', body: {} }), t('Read the configuration'));
  }

  /**
   * Rows are kept as they are and told of their new values: somebody may be typing.
   * @param {Setting[]} settings
   */
  #paint(settings) {
    const { configured_at: read } = this.#page.station;
    this.#read.replaceChildren(...(read ? [t('Read as a whole:'), ' ', moment(read, this.#page.now())] : []));
    if (settings.length === 0) return [emptyNote(t('The station has not told its configuration yet. Read it from the station.'))];
    const rows = new Map(settings.map((setting) => [setting.id, this.#rows.get(setting.id) ?? this.#row(setting)]));
    for (const setting of settings) rows.get(setting.id)?.update(setting);
    const order = [...grouped(settings)];
    const same = rows.size === this.#rows.size && [...rows.keys()].every((id) => this.#rows.has(id)) && this.#groups.isConnected;
    this.#rows = rows;
    this.#sections = same
      ? this.#sections.map(({ section }, index) => ({ section, settings: order[index][1] }))
      : order.map(([group, each]) => ({ section: this.#group(group, each), settings: each }));
    if (!same) this.#groups.replaceChildren(...this.#sections.map(({ section }) => section));
    this.#filter();
    return same ? undefined : [this.#groups];
  }

  /** @param {Setting} setting */
  #row(setting) {
    return new SettingRow(setting, { reason: this.#page.refused(), say: this.#page.sayWhy, save: (changed, value) => this.#save(changed, value) });
  }

  /**
   * @param {string} group
   * @param {Setting[]} settings
   */
  #group(group, settings) {
    return element('section', { class: 'setting-group box' }, element('h3', {}, group),
      ...settings.map(({ id }) => /** @type {SettingRow} */ (this.#rows.get(id)).element));
  }

  #filter() {
    const search = this.#search.value;
    let count = 0;
    for (const { section, settings } of this.#sections) {
      const visible = settings.filter((setting) => matches(setting, search));
      const ids = new Set(visible.map(({ id }) => id));
      for (const { id } of settings) {
        const row = this.#rows.get(id);
        if (row) row.element.hidden = !ids.has(id);
      }
      section.hidden = visible.length === 0;
      count += visible.length;
    }
    this.#count.textContent = this.#rows.size ? tn('{count} setting', '{count} settings', count) : '';
  }

  /**
   * @param {Setting} setting
   * @param {string} value
   * @returns {Promise<string>} the station's word
   */
  async #save(setting, value) {
    const { path } = this.#page;
    const request = this.#isOfVariables
      ? ask(`${path}/variables`, { body: { variables: [{ ...setting.key, value }] } })
      : ask(`${path}/configuration`, { body: { values: { [String(setting.key.key)]: value } } });
    const { content } = await request;
    const command = await this.#page.followed.ended(this.#isOfVariables ? content.id : content[0].id);
    this.#loaded.refresh();
    if (command.state !== 'answered') throw new Error(command.error || t('The station did not answer.'));
    return this.#isOfVariables ? answersOf(command).get(setting.id) ?? command.result : command.result;
  }
}

