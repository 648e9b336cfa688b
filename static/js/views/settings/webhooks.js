/** Webhooks: addresses that are told of events, and how telling them went. */
import { ask } from '../../api.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { confirmed, openDialog, showSecret } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { Listing } from '../parts/listing.js';
import { openDeliveries } from './deliveries.js';
import { act, button, mark, when } from './shared.js';

/**
 * @typedef {import('../../app.js').App} App
 * @typedef {{id: number, url: string, description: string, kinds: string[], stations: string[], active: boolean, stopped: string,
 *   waiting: number, failures: number, paused_until: string | null, succeeded_at: string | null}} Webhook
 */

const ALL = '*';

/**
 * @param {App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  /** @type {Listing} */
  const listing = new Listing({
    label: t('Webhooks'),
    path: () => 'webhooks',
    key: ({ url }) => url,
    columns: [
      { label: t('Address'), cell: address, class: 'wide' },
      { label: t('Events'), cell: events },
      { label: t('State'), cell: state },
      { label: t('Last success'), cell: ({ succeeded_at: at }) => when(app, at, t('never')) },
    ],
    actions: (webhook) => [
      { label: t('Deliveries'), run: () => openDeliveries(app, webhook) },
      { label: t('Test'), run: () => test(app, webhook) },
      { label: t('Change'), run: () => change(app, listing, webhook) },
      { label: webhook.active ? t('Switch off') : t('Switch on'), run: () => switchTo(app, listing, webhook, !webhook.active) },
      { label: t('New secret'), run: () => rotate(app, webhook) },
      { label: t('Delete'), tone: 'danger', run: () => remove(app, listing, webhook) },
    ],
    empty: t('Nobody is told of events.'),
  });
  listing.load();
  return {
    element: element('div', { class: 'stack' },
      element('div', { class: 'box-head' },
        element('p', { class: 'help' }, t('Each address gets the events that it wants as signed POST requests, again and again until it takes them.')),
        button(t('Add a webhook…'), () => change(app, listing), 'primary')),
      element('section', { class: 'box' }, listing.element)),
    close: () => listing.close(),
  };
}

/** @param {Webhook} webhook */
const address = ({ url, description }) => element('span', { class: 'two-lines' }, element('b', {}, url), ...(description ? [element('small', {}, description)] : []));

/** @param {Webhook} webhook */
function events({ kinds, stations }) {
  const what = kinds.includes(ALL) ? t('all') : tn('{count} kind', '{count} kinds', kinds.length);
  const parts = stations.length ? [element('small', {}, tn('of {count} station', 'of {count} stations', stations.length))] : [];
  return element('span', { class: 'two-lines', title: kinds.join(', ') }, what, ...parts);
}

/** @param {Webhook} webhook */
function state({ active, stopped, waiting, failures }) {
  const first = !active ? mark(t('Switched off'), 'bad') : failures ? mark(tn('{count} failure in a row', '{count} failures in a row', failures), 'bad') : mark(t('Active'), 'good');
  const more = [stopped, waiting ? tn('{count} waits', '{count} wait', waiting) : ''].filter(Boolean).join(' ');
  return element('span', { class: 'two-lines' }, first, ...(more ? [element('small', {}, more)] : []));
}

/**
 * @param {App} app
 * @param {Webhook} webhook
 */
async function test(app, webhook) {
  await act(app, `webhooks/${webhook.id}/test`, { method: 'POST' }, t('A test event is on its way.'),
    { label: t('Show deliveries'), run: () => openDeliveries(app, webhook) });
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Webhook} webhook
 * @param {boolean} active
 */
async function switchTo(app, listing, webhook, active) {
  const undo = { label: t('Undo'), run: () => switchTo(app, listing, webhook, !active) };
  const said = active ? t('The webhook is switched on.') : t('The webhook is switched off.');
  if (await act(app, `webhooks/${webhook.id}`, { method: 'PATCH', body: { active } }, said, undo)) listing.load();
}

/**
 * @param {App} app
 * @param {Webhook} webhook
 */
async function rotate(app, { id, url }) {
  const sure = await confirmed(t('Make a new secret?'), t('For a day each delivery is signed with the old one, too. Until then the receiver has to know the new one.'), t('Make a new secret'));
  const answer = sure && (await act(app, `webhooks/${id}/rotate-secret`, { method: 'POST' }));
  if (answer) showNew(url, answer.content.secret);
}

/**
 * @param {string} url
 * @param {string} secret
 */
function showNew(url, secret) {
  showSecret(t('The secret of {url}', { url }), t('Secret'), secret, t('With it the receiver checks the signatures. Copy it now: it is shown this once, and never again.'));
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Webhook} webhook
 */
async function remove(app, listing, { id, url }) {
  const sure = await confirmed(t('Delete the webhook?'), t('{url} is told nothing more, not even what waits. Switching it off can be taken back.', { url }), t('Delete'));
  if (sure && (await act(app, `webhooks/${id}`, { method: 'DELETE' }, t('The webhook is deleted.')))) listing.load();
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Webhook} [webhook] none: a new one
 */
async function change(app, listing, webhook) {
  const kinds = await kindsOf(app);
  if (!kinds) return;
  const form = new Form(
    [
      { name: 'url', label: t('Address'), kind: 'url', required: true, value: webhook?.url, attributes: { maxlength: 1000, placeholder: 'https://…', spellcheck: 'false' } },
      { name: 'description', label: t('Description'), value: webhook?.description, attributes: { maxlength: 255 } },
      {
        name: 'kinds', label: t('Events'), kind: 'several', required: true, value: webhook?.kinds ?? [ALL],
        options: kinds.map((value) => ({ value, text: value === ALL ? t('all, also those that are still to come') : value })),
      },
      { name: 'stations', label: t('Stations'), kind: 'lines', value: webhook?.stations, help: t('Identities, one a line. Empty: of all stations.') },
    ],
    {
      submit: t('Save'),
      async work(body) {
        const { content } = webhook ? await ask(`webhooks/${webhook.id}`, { method: 'PATCH', body }) : await ask('webhooks', { body });
        dialog.close();
        listing.load();
        if (webhook) app.toasts.say(t('The webhook is saved.'), { tone: 'good' });
        else showNew(content.url, content.secret);
      },
    },
  );
  const dialog = openDialog(webhook ? t('Change the webhook') : t('Add a webhook'), form.element);
}

/**
 * The kinds of events that there are, `*` for all among them.
 * @param {App} app
 * @returns {Promise<string[] | null>}
 */
async function kindsOf(app) {
  const answer = await act(app, 'webhooks/kinds', {});
  return answer ? answer.content.kinds : null;
}
