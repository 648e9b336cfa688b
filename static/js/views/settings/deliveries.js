/** What a webhook was told, or is still to be told. */
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { openDialog } from '../parts/dialog.js';
import { Listing } from '../parts/listing.js';
import { act, mark, when } from './shared.js';

/** @typedef {import('../../app.js').App} App */

/** Milliseconds from one look to the next: somebody waits for what comes of a delivery. */
const EVERY = 2000;

/**
 * @param {App} app
 * @param {{id: number, url: string}} webhook
 */
export function openDeliveries(app, { id, url }) {
  /** @type {Listing} */
  const listing = new Listing({
    label: t('Deliveries'),
    path: (parameters) => `webhooks/${id}/deliveries?${parameters}`,
    key: (delivery) => String(delivery.id),
    limit: 20,
    columns: [
      { label: t('Event'), cell: ({ kind, station }) => element('span', { class: 'two-lines' }, element('b', {}, kind), ...(station ? [element('small', {}, station)] : [])) },
      { label: t('Outcome'), cell: outcome },
      { label: t('Since'), cell: ({ created_at: at }) => when(app, at) },
    ],
    actions: (delivery) => [{ label: t('Deliver again'), run: () => again(app, listing, delivery.id) }],
    empty: t('Nothing was delivered yet.'),
  });
  const dialog = openDialog(t('Deliveries to {url}', { url }), listing.element);
  dialog.classList.replace('small', 'large');
  const timer = setInterval(() => document.hidden || listing.load(), EVERY);
  dialog.addEventListener('close', () => {
    clearInterval(timer);
    listing.close();
  });
  listing.load();
}

/** @param {{state: string, attempts: number, status_code: number | null, error: string}} delivery */
function outcome({ state, attempts, status_code: code, error }) {
  const tried = tn('{count} attempt', '{count} attempts', attempts);
  const details = [tried, code === null ? '' : t('answer {code}', { code }), error].filter(Boolean).join(' · ');
  const first = state === 'delivered' ? mark(t('Delivered'), 'good') : state === 'pending' ? mark(t('Waiting'), 'busy') : mark(t('Given up'), 'bad');
  return element('span', { class: 'two-lines' }, first, element('small', {}, details));
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {number} id
 */
async function again(app, listing, id) {
  if (await act(app, `deliveries/${id}/redeliver`, { method: 'POST' }, t('It is on its way once more.'))) listing.load();
}
