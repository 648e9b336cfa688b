/** Where a 2.x station's variables differ from what its templates want, and the way to mend that. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Loaded } from './loaded.js';
import { actionButton, heading, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

export class Drift {
  /** Hidden while nothing differs. */
  element;

  #drift;

  /** @param {StationPage} page */
  constructor(page) {
    this.#drift = new Loaded(async (signal) => (await ask(`${page.path}/variables/drift`, { signal })).content, (rows) => this.#table(rows));
    const align = actionButton(t('Set them'), () => page.begin(() => ask(`${page.path}/variables/align`, { method: 'POST', body: {} }), t('Set the variables')),
      { name: 'align', reason: page.refused(), say: page.sayWhy, tone: 'primary' });
    this.element = element('section', { hidden: true, 'data-part': 'drift' }, heading(t('Differs from the templates'), align), this.#drift.element);
    this.#drift.refresh();
  }

  changed() {
    this.#drift.hint();
  }

  close() {
    this.#drift.close();
  }

  /** @param {any[]} rows */
  #table(rows) {
    this.element.hidden = rows.length === 0;
    return [plainTable(t('Differs from the templates'), [
      { label: t('Component'), cell: ({ component, component_instance: instance, evse, connector }) => [component, instance, evse || '', connector || ''].filter(Boolean).join(' / ') },
      { label: t('Variable'), cell: ({ variable, variable_instance: instance }) => [variable, instance].filter(Boolean).join(' / ') },
      { label: t('Value'), cell: ({ value }) => value ?? NOTHING, kind: 'code' },
      { label: t('Wanted'), cell: ({ wanted }) => wanted, kind: 'code' },
      { label: t('Template'), cell: ({ template }) => template },
    ], rows)];
  }
}
