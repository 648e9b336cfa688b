/** What a 2.x station has in its slots for network profiles, as it confirmed it. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Loaded } from './loaded.js';
import { disclosed, emptyNote, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

export class Networks {
  element;

  #page;
  #profiles;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#profiles = new Loaded(async (signal) => (await ask(`${page.path}/network-profiles`, { signal })).content, (rows) => this.#table(rows));
    this.element = element('section', { 'data-part': 'networks' }, heading(t('Network profiles')), this.#profiles.element);
    this.#profiles.refresh();
  }

  changed() {
    this.#profiles.hint();
  }

  close() {
    this.#profiles.close();
  }

  /** @param {any[]} rows */
  #table(rows) {
    if (rows.length === 0) return [emptyNote(t('No network profile was sent to this station (SetNetworkProfile).'))];
    const { now } = this.#page;
    return [plainTable(t('Network profiles'), [
      { label: t('Slot'), cell: ({ slot }) => String(slot), kind: 'number' },
      { label: t('Address'), cell: ({ url }) => url || NOTHING, kind: 'code' },
      { label: t('Interface'), cell: ({ interface: name }) => name || NOTHING },
      { label: t('Security profile'), cell: ({ security_profile: profile }) => String(profile), kind: 'number' },
      { label: t('Confirmed'), cell: ({ confirmed_at: at }) => moment(at, now()) },
      { label: t('Whole'), cell: ({ profile }) => disclosed(t('Profile'), JSON.stringify(profile, null, 2)) },
    ], rows, ({ slot }) => String(slot))];
  }
}
