/** Tariffs by which sessions are charged, and whose they are. */
import { ask, Problem } from '../../api.js';
import { NOTHING } from '../../format.js';
import { descriptionOf, pricesOf, tariffOf } from '../../tariff.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { confirmed, openDialog } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { Listing } from '../parts/listing.js';
import { may } from './sections.js';
import { act, button } from './shared.js';

/**
 * @typedef {import('../../app.js').App} App
 * @typedef {{id: number, tariff_id: string, currency: string, tariff: import('../../tariff.js').Body, note: string}} Tariff
 * @typedef {{id: number, tariff: number, tariff_id: string, group: string | null, station: string | null, evse: number}} Assignment
 */

/** Groups that a form offers; who has more uses the REST API. */
const MOST_GROUPS = 1000;

/**
 * @param {App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  const able = may(app.user, 'operator');
  /** @type {Listing} */
  const whose = new Listing({
    label: t('Whose the tariffs are'),
    path: (parameters) => `tariff-assignments?${parameters}`,
    key: (row) => `${row.tariff_id} – ${holderOf(row)}`,
    columns: [{ label: t('Whose'), cell: holderOf }, { label: t('Tariff'), cell: ({ tariff_id: id }) => element('b', {}, id) }],
    actions: able ? () => [{ label: t('Take away'), tone: 'danger', run: (row) => takeAway(app, whose, row) }] : undefined,
    empty: t('No tariff is anybody’s: sessions cost nothing.'),
  });
  /** @type {Listing} */
  const listing = new Listing({
    label: t('Tariffs'),
    path: (parameters) => `tariffs?${parameters}`,
    key: ({ tariff_id: id }) => id,
    columns: [
      { label: t('Tariff'), cell: title },
      { label: t('Prices without tax'), cell: ({ tariff }) => element('span', { class: 'two-lines' }, ...pricesOf(tariff).map((price) => element('span', {}, price))) },
      { label: t('Description'), cell: ({ tariff }) => descriptionOf(tariff) || NOTHING },
    ],
    actions: able ? () => [
      { label: t('Make it somebody’s'), run: (tariff) => assign(app, whose, tariff) },
      { label: t('Change'), run: (tariff) => change(app, listing, tariff) },
      { label: t('Delete'), tone: 'danger', run: (tariff) => remove(app, listing, tariff) },
    ] : undefined,
    empty: t('There are no tariffs.'),
  });
  const head = [element('p', { class: 'help' }, t('What a session costs is calculated by the tariff of the driver’s group, else of the connector, the station, or everybody.'))];
  if (able) head.push(button(t('Enter a tariff…'), () => enter(app, listing), 'primary'));
  listing.load();
  whose.load();
  return {
    element: element('div', { class: 'stack' }, element('div', { class: 'box-head' }, ...head),
      element('section', { class: 'box' }, listing.element), element('section', { class: 'box' }, element('h3', {}, t('Whose the tariffs are')), whose.element)),
    close() {
      listing.close();
      whose.close();
    },
  };
}

/** @param {Tariff} tariff */
const title = ({ tariff_id: id, note }) => element('span', { class: 'two-lines' }, element('b', {}, id), ...(note ? [element('small', {}, note)] : []));

/** @param {Assignment} assignment */
function holderOf({ group, station, evse }) {
  if (group !== null) return t('Group {name}', { name: group });
  if (station === null) return t('everybody');
  return evse ? t('{station}, connector {number}', { station, number: evse }) : station;
}

/**
 * A new one, by what most consist of; what else there is can be entered afterwards.
 * @param {App} app
 * @param {Listing} listing
 */
function enter(app, listing) {
  const price = (/** @type {string} */ name, /** @type {string} */ label) =>
    /** @type {import('../parts/form.js').Field} */ ({ name, label, kind: 'number', attributes: { min: 0, step: 'any' } });
  const form = new Form([
    { name: 'tariff_id', label: t('Tariff'), required: true, help: t('A name that is not used twice.'), attributes: { maxlength: 60, autocomplete: 'off' } },
    { name: 'currency', label: t('Currency'), required: true, value: 'EUR', attributes: { maxlength: 3, minlength: 3, autocomplete: 'off' } },
    price('price_kwh', t('Price of a kWh')),
    price('price_minute', t('Price of a minute of charging')),
    price('price_idle', t('Price of a minute without charging')),
    price('fee', t('Fee of each session')),
    { name: 'tax', label: t('Value added tax in %'), kind: 'number', help: t('Prices are without it.'), attributes: { min: 0, max: 100, step: 'any' } },
    { name: 'text', label: t('Description'), help: t('As drivers read it, with tax.'), attributes: { maxlength: 1024 } },
    { name: 'note', label: t('Note'), attributes: { maxlength: 255 } },
  ], {
    submit: t('Save'),
    work: ({ note, ...simple }) => save(app, listing, dialog, { tariff: tariffOf(/** @type {any} */ (simple)), note }),
  });
  const dialog = openDialog(t('Enter a tariff'), form.element);
}

/**
 * All of it, as OCPP has it: prices at times of day, by energy or power, in several languages.
 * @param {App} app
 * @param {Listing} listing
 * @param {Tariff} tariff
 */
function change(app, listing, { id, tariff_id: name, tariff, note }) {
  const form = new Form([
    { name: 'tariff', label: t('Tariff'), kind: 'area', required: true, value: JSON.stringify(tariff, null, 2), help: t('JSON: a TariffType of OCPP 2.1. Sessions that have begun keep it as it was.') },
    { name: 'note', label: t('Note'), value: note, attributes: { maxlength: 255 } },
  ], {
    submit: t('Save'),
    work: (values) => save(app, listing, dialog, { tariff: parsed(values.tariff), note: values.note }, id),
  });
  const dialog = openDialog(t('Change the tariff {name}', { name }), form.element);
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(400, { problems: [{ path: 'tariff', reason: t('This is not JSON: {reason}', { reason: error instanceof Error ? error.message : String(error) }) }] });
  }
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {HTMLDialogElement} dialog
 * @param {{tariff: import('../../tariff.js').Body, note: string}} body
 * @param {number} [id] none: a new one
 */
async function save(app, listing, dialog, body, id) {
  if (id === undefined) await ask('tariffs', { body });
  else await ask(`tariffs/${id}`, { method: 'PATCH', body });
  dialog.close();
  listing.load();
  app.toasts.say(t('The tariff {name} is saved.', { name: String(body.tariff.tariffId) }), { tone: 'good' });
}

/**
 * @param {App} app
 * @param {Listing} whose
 * @param {Tariff} tariff
 */
async function assign(app, whose, { id, tariff_id: name }) {
  const found = await act(app, `groups?limit=${MOST_GROUPS}`, {});
  if (!found) return;
  const form = new Form([
    { name: 'group', label: t('Group'), kind: 'choice', options: [{ value: '', text: t('none') }, ...found.content.results.map((/** @type {{name: string}} */ group) => ({ value: group.name, text: group.name }))] },
    { name: 'station', label: t('Station'), help: t('Its identity. Neither a group nor a station: everybody.'), attributes: { maxlength: 255, autocomplete: 'off' } },
    { name: 'evse', label: t('Connector'), kind: 'number', help: t('Of the station. Empty: all of them.'), attributes: { min: 1, step: 1 } },
  ], {
    submit: t('Save'),
    async work({ group, station, evse }) {
      await ask('tariff-assignments', { body: { tariff: id, ...(group ? { group } : {}), ...(station ? { station } : {}), evse: evse ?? 0 } });
      dialog.close();
      whose.load();
      app.toasts.say(t('The tariff {name} is saved.', { name }), { tone: 'good' });
    },
  });
  const dialog = openDialog(t('Whose is the tariff {name}?', { name }), element('p', {}, t('It takes the place of the one that they had.')), form.element);
}

/**
 * @param {App} app
 * @param {Listing} whose
 * @param {Assignment} row
 */
async function takeAway(app, whose, row) {
  const sure = await confirmed(t('Take the tariff {name} away?', { name: row.tariff_id }), t('Sessions that have begun keep it.'), t('Take away'));
  if (sure && (await act(app, `tariff-assignments/${row.id}`, { method: 'DELETE' }, t('The tariff {name} is taken away.', { name: row.tariff_id })))) whose.load();
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Tariff} tariff
 */
async function remove(app, listing, { id, tariff_id: name }) {
  const sure = await confirmed(t('Delete the tariff {name}?', { name }), t('What sessions cost by it stays. One that is somebody’s cannot be deleted.'), t('Delete'));
  if (sure && (await act(app, `tariffs/${id}`, { method: 'DELETE' }, t('The tariff {name} is deleted.', { name })))) listing.load();
}
