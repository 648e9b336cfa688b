/** Contracts of vehicles (ISO 15118): which may get a certificate of this server, and charge by it. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { confirmed, openDialog } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { Listing } from '../parts/listing.js';
import { may } from './sections.js';
import { act, button, mark, when } from './shared.js';

/**
 * @typedef {import('../../app.js').App} App
 * @typedef {{id: number, emaid: string, vehicle: string, serial_number: string, valid_to: string | null, cancelled_at: string | null}} Contract
 */

/**
 * @param {App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  const able = may(app.user, 'administrator');
  /** @type {Listing} */
  const listing = new Listing({
    label: t('Contracts of vehicles'),
    path: (parameters) => `contracts?${parameters}`,
    key: ({ emaid }) => emaid,
    filters: [{ name: 'emaid', label: t('Search an eMAID') }, { name: 'vehicle', label: t('Search a vehicle') }],
    columns: [
      { label: t('eMAID'), cell: ({ emaid }) => element('b', {}, emaid) },
      { label: t('Vehicle'), cell: ({ vehicle }) => vehicle },
      { label: t('State'), cell: state },
      { label: t('Certificate'), cell: ({ serial_number: number }) => number || NOTHING, class: 'code' },
      { label: t('Ends'), cell: ({ valid_to: at }) => when(app, at) },
    ],
    actions: able ? (contract) => (contract.cancelled_at ? [] : [{ label: t('Cancel the contract'), tone: 'danger', run: () => cancel(app, listing, contract) }]) : undefined,
    empty: t('There are no contracts.'),
  });
  const help = t('A vehicle with a contract gets a certificate when it asks for one, and charges with it when there is an id token of the same eMAID.');
  const head = [element('p', { class: 'help' }, able ? help : `${help} ${t('Administrators enter them.')}`)];
  if (able) head.push(button(t('Enter a contract…'), () => enter(app, listing), 'primary'));
  listing.load();
  return {
    element: element('div', { class: 'stack' }, element('div', { class: 'box-head' }, ...head), element('section', { class: 'box' }, listing.element)),
    close: () => listing.close(),
  };
}

/** @param {Contract} contract */
function state({ cancelled_at: cancelled, serial_number: number }) {
  if (cancelled) return mark(t('Cancelled'), 'bad');
  return number ? mark(t('Has a certificate'), 'good') : mark(t('Has not asked yet'), 'busy');
}

/**
 * @param {App} app
 * @param {Listing} listing
 */
function enter(app, listing) {
  const form = new Form([
    { name: 'emaid', label: t('eMAID'), required: true, help: t('As in DE8AA1A2B3C4D5.'), attributes: { maxlength: 36, autocomplete: 'off' } },
    { name: 'vehicle', label: t('Vehicle'), required: true, help: t('The common name of its provisioning certificate (PCID).'), attributes: { maxlength: 64, autocomplete: 'off' } },
  ], {
    submit: t('Save'),
    async work(body) {
      await ask('contracts', { body });
      dialog.close();
      listing.load();
      app.toasts.say(t('The contract {name} is saved.', { name: body.emaid }), { tone: 'good' });
    },
  });
  const dialog = openDialog(t('Enter a contract'), form.element);
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Contract} contract
 */
async function cancel(app, listing, { id, emaid: name }) {
  const sure = await confirmed(t('Cancel the contract {name}?', { name }), t('Its certificates count as revoked, and there are no new ones.'), t('Cancel the contract'));
  if (sure && (await act(app, `contracts/${id}/cancel`, { body: {} }, t('The contract {name} is cancelled.', { name })))) listing.load();
}
