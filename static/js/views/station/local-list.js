/** The station's local list: what it has, what it should have, and how it is brought up to date. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { Loaded } from './loaded.js';
import { actionButton, emptyNote, facts, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

const SHOWN = 500;

/** @param {StationPage} page */
export const open = (page) => new LocalList(page);

class LocalList {
  element;

  #page;
  #loaded;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#loaded = new Loaded(async (signal) => (await ask(`${page.path}/local-list`, { signal })).content, (list) => this.#paint(list));
    const reason = page.refused() || (page.version === 'NOC' ? t('This station has no local list.') : '');
    const say = page.sayWhy;
    const send = (/** @type {string} */ mode, /** @type {string} */ label) => () =>
      page.begin(() => ask(`${page.path}/local-list`, { body: { mode } }), label);
    this.element = element('section', {}, heading(t('Local list'),
      actionButton(t('Send what has changed'), send('auto', t('Local list')), { name: 'send', reason, say, tone: 'primary' }),
      actionButton(t('Send all of it'), () => this.#sendAll(), { name: 'send-all', reason, say }),
      actionButton(t('Ask for its version'), () => page.begin(() => ask(`${page.path}/local-list/refresh`, { method: 'POST', body: {} }), t('Version of the list')),
        { name: 'refresh', reason: page.refused(), say })), this.#loaded.element);
    this.#loaded.refresh();
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what === 'commands') this.#loaded.hint();
  }

  close() {
    this.#loaded.close();
  }

  #sendAll() {
    this.#page.confirm({
      title: t('Send the whole list?'),
      text: t('What the station has now is replaced.'),
      action: t('Send all of it'),
      label: t('Local list'),
      request: () => ask(`${this.#page.path}/local-list`, { body: { mode: 'full' } }),
    });
  }

  /** @param {any} list */
  #paint(list) {
    const { now } = this.#page;
    const told = list.reported_version;
    const differs = told !== null && told !== list.version;
    const state = facts([
      [t('Version'), String(list.version)],
      [t('Confirmed'), list.confirmed_at && moment(list.confirmed_at, now())],
      [t('The station says'), told === null ? null : told === -1 ? t('it has no local list') : String(told)],
      [t('On its way'), list.pending_version === null ? null : t('version {version}', { version: list.pending_version })],
      [t('Last answer'), list.result],
    ]);
    const warning = differs ? [element('p', { class: 'waiting-note' }, t('The station has another version than it confirmed. Send all of it.'))] : [];
    return [element('div', { class: 'box' }, state, ...warning), ...changesOf(list.changes), ...entriesOf(list.entries)];
  }
}

/** @param {Record<string, any>} changes idTagInfo by idTag, of 2.x idTokenInfo by type and idToken; null where a tag has to go */
function changesOf(changes) {
  const rows = Object.entries(changes);
  if (rows.length === 0) return [element('p', { class: 'totals', 'data-part': 'up-to-date' }, t('The station has what it should have.'))];
  return [element('section', {}, element('h3', {}, tn('{count} entry differs from what the station should have', '{count} entries differ from what the station should have', rows.length)),
    plainTable(t('What the station lacks'), [
      { label: t('Token'), cell: ([tag]) => tag, kind: 'code' },
      { label: t('To be done'), cell: ([, info]) => (info === null ? t('remove') : t('add or change')) },
      { label: t('Status'), cell: ([, info]) => info?.status ?? NOTHING },
    ], rows.slice(0, SHOWN), ([tag]) => tag), ...cut(rows.length))];
}

/** @param {Record<string, any>} entries */
function entriesOf(entries) {
  const rows = Object.entries(entries);
  if (rows.length === 0) return [emptyNote(t('The station has confirmed no entries.'))];
  return [element('section', {}, element('h3', {}, tn('{count} entry in the station', '{count} entries in the station', rows.length)),
    plainTable(t('Entries'), [
      { label: t('Token'), cell: ([tag]) => tag, kind: 'code' },
      { label: t('Status'), cell: ([, info]) => info?.status ?? NOTHING },
      { label: t('Group'), cell: ([, info]) => info?.parentIdTag ?? info?.groupIdToken?.idToken ?? NOTHING, kind: 'code' },
      { label: t('Until'), cell: ([, info]) => info?.expiryDate ?? info?.cacheExpiryDateTime ?? NOTHING },
    ], rows.slice(0, SHOWN), ([tag]) => tag), ...cut(rows.length))];
}

/** @param {number} count */
const cut = (count) => (count > SHOWN ? [element('p', { class: 'totals' }, t('The first {shown} of {count} are shown.', { shown: SHOWN, count }))] : []);
