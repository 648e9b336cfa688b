/** Enrolment: unknown stations that knock are let in with one click; others are entered by hand. */
import { ask } from '../../api.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { openDialog, showSecret } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { Listing } from '../parts/listing.js';
import { act, button, when } from './shared.js';

/** Who knocks keeps knocking: the list is read again so often, in ms. */
const EVERY = 5000;

/**
 * @typedef {import('../../app.js').App} App
 * @typedef {{identity: string, address: string | null, attempts: number, last_at: string}} Knocking
 */

/**
 * @param {App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  /** @type {Listing} */
  const listing = new Listing({
    label: t('Unknown stations that knock'),
    path: (parameters) => `knocking?${parameters}`,
    key: ({ identity }) => identity,
    filters: [{ name: 'search', label: t('Search identities and addresses') }],
    columns: [
      { label: t('Identity'), cell: ({ identity }) => element('b', {}, identity) },
      { label: t('From'), cell: ({ address }) => address ?? '' },
      { label: t('Attempts'), cell: ({ attempts }) => String(attempts), class: 'number' },
      { label: t('Last'), cell: ({ last_at: at }) => when(app, at) },
    ],
    actions: () => [
      { label: t('Accept'), tone: 'primary', run: (row) => accept(app, listing, row) },
      { label: t('Forget'), run: (row) => forget(app, listing, row) },
    ],
    empty: t('Nobody knocks. A station that tries to connect and is not known here appears in this list.'),
  });
  const timer = setInterval(() => document.hidden || listing.load(), EVERY);
  listing.load();
  return {
    element: element('div', { class: 'stack' },
      element('div', { class: 'box-head' },
        element('p', { class: 'help' }, t('These stations tried to connect, and nobody has entered them. Accept one, and give it the password that you are shown.')),
        button(t('Enter a station…'), () => enter(app), 'primary')),
      element('section', { class: 'box' }, listing.element)),
    close() {
      clearInterval(timer);
      listing.close();
    },
  };
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Knocking} row
 */
async function accept(app, listing, { identity }) {
  const answer = await act(app, `knocking/${encodeURIComponent(identity)}/enrol`, { body: {} });
  listing.load(); // Also when it failed: somebody else was faster, or it is gone.
  if (answer) welcome(app, identity, answer.content.password);
}

/**
 * @param {App} app
 * @param {string} identity
 * @param {string} password
 */
function welcome(app, identity, password) {
  const dialog = showSecret(t('{identity} may connect now', { identity }), t('Password'), password,
    t('Enter this password at the station, as its AuthorizationKey. It is shown this once, and never again.'));
  dialog.addEventListener('close', () => app.toasts.say(t('{identity} is accepted.', { identity }),
    { tone: 'good', action: { label: t('Undo'), run: () => act(app, `stations/${encodeURIComponent(identity)}`, { method: 'DELETE' }, t('{identity} is not let in any more.', { identity })) } }));
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Knocking} row
 */
async function forget(app, listing, { identity }) {
  const said = t('{identity} is forgotten. When it knocks again, it is back in the list.', { identity });
  if (await act(app, `knocking/${encodeURIComponent(identity)}`, { method: 'DELETE' }, said)) listing.load();
}

/** @param {App} app */
function enter(app) {
  const form = new Form(
    [
      { name: 'identity', label: t('Identity'), required: true, help: t('As it stands at the end of the address with which the station connects.'), attributes: { maxlength: 255, autocomplete: 'off' } },
      { name: 'password', label: t('Password'), help: t('16 to 40 characters. Empty: one is made up.'), attributes: { maxlength: 40, autocomplete: 'off', spellcheck: 'false' } },
      { name: 'note', label: t('Note'), attributes: { maxlength: 255 } },
    ],
    {
      submit: t('Enter the station'),
      async work({ password, ...body }) {
        const { content } = await ask('stations', { body: password ? { ...body, password } : body });
        dialog.close();
        welcome(app, content.identity, content.password);
      },
    },
  );
  const dialog = openDialog(t('Enter a station'), form.element);
}
