/** The audit log: who changed what, and what came of it. */
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Listing } from '../parts/listing.js';
import { mark, when } from './shared.js';

/**
 * @typedef {{id: number, at: string, actor: string, role: string, token: string, address: string, action: string, target: string,
 *   summary: Record<string, unknown>, outcome: string}} Entry
 */

/**
 * @param {import('../../app.js').App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  const listing = new Listing({
    label: t('Audit log'),
    path: (parameters) => `audit?${parameters}`,
    key: (entry) => String(entry.id),
    filters: [
      { name: 'actor', label: t('User') },
      { name: 'action', label: t('Operation') },
      { name: 'target', label: t('Of what, e.g. station CP1') },
    ],
    columns: [
      { label: t('When'), cell: (entry) => when(app, entry.at) },
      { label: t('Who'), cell: who },
      { label: t('What'), cell: what, class: 'wide' },
      { label: t('Outcome'), cell: ({ outcome }) => (outcome === 'done' ? mark(t('Done'), 'good') : mark(t('Refused: {code}', { code: outcome }), 'bad')) },
    ],
    empty: t('Nobody has changed anything yet.'),
  });
  listing.load();
  return {
    element: element('div', { class: 'stack' },
      element('p', { class: 'help' }, t('Each change that somebody asked for, also those that were refused. Secrets are not in it.')),
      element('section', { class: 'box' }, listing.element)),
    close: () => listing.close(),
  };
}

/** @param {Entry} entry */
function who({ actor, token, address }) {
  const how = [token ? t('with the token {name}', { name: token }) : '', address].filter(Boolean).join(' · ');
  return element('span', { class: 'two-lines' }, element('b', {}, actor), element('small', {}, how));
}

/** @param {Entry} entry */
function what({ action, target, summary }) {
  const asked = Object.keys(summary).length ? [element('small', {}, element('code', {}, JSON.stringify(summary)))] : [];
  return element('span', { class: 'two-lines' }, element('span', {}, element('b', {}, action), target ? ` ${target}` : ''), ...asked);
}
