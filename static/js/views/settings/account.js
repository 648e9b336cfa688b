/** My account: who I am, my password, my API tokens. */
import { ask } from '../../api.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { confirmed, openDialog, showSecret } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { Listing } from '../parts/listing.js';
import { may, ROLE_NAMES } from './sections.js';
import { act, button, when } from './shared.js';

/** @typedef {import('./sections.js').Role} Role */

/**
 * @param {import('../../app.js').App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  const { name, role } = app.user;
  const tokens = makeTokens(app);
  const password = new Form(
    [
      { name: 'present', label: t('Present password'), kind: 'password', required: true, attributes: { autocomplete: 'current-password' } },
      {
        name: 'password', label: t('New password'), kind: 'password', required: true, attributes: { autocomplete: 'new-password' },
        help: t('At least eight characters, and none of the passwords that everybody uses.'),
      },
    ],
    {
      submit: t('Change the password'),
      async work(body) {
        await ask('me/password', { body });
        password.clear();
        app.toasts.say(t('The password is changed. All other logins of this account have ended.'), { tone: 'good' });
      },
    },
  );
  const add = button(t('Make a token…'), () => askForToken(app, tokens), 'primary');
  tokens.load();
  return {
    element: element('div', { class: 'stack' },
      element('section', { class: 'box' }, element('dl', { class: 'pairs' },
        element('div', {}, element('dt', {}, t('Name')), element('dd', {}, name ?? '')),
        element('div', {}, element('dt', {}, t('Role')), element('dd', {}, ROLE_NAMES[role])))),
      element('section', { class: 'box', 'data-part': 'password' }, element('h3', {}, t('Password')), password.element),
      element('section', { class: 'box', 'data-part': 'tokens' },
        element('div', { class: 'box-head' }, element('h3', {}, t('API tokens')), add),
        element('p', { class: 'help' }, t('With a token a program asks the REST API in your name. It never does more than you may.')),
        tokens.element)),
    close: () => tokens.close(),
  };
}

/** @param {import('../../app.js').App} app */
function makeTokens(app) {
  /** @type {Listing} */
  const listing = new Listing({
    label: t('API tokens'),
    path: () => 'me/tokens',
    key: ({ name }) => name,
    columns: [
      { label: t('Name'), cell: ({ name }) => name },
      { label: t('Begins with'), cell: ({ beginning }) => element('code', {}, `${beginning}…`) },
      { label: t('Role'), cell: ({ role }) => ROLE_NAMES[/** @type {Role} */ (role)] },
      { label: t('Last used'), cell: ({ last_used_at: at }) => when(app, at, t('never')) },
      { label: t('Ends'), cell: ({ expires_at: at }) => when(app, at, t('never')) },
    ],
    actions: () => [{ label: t('Revoke'), tone: 'danger', run: (token) => revoke(app, listing, token) }],
    empty: t('You have no tokens.'),
  });
  return listing;
}

/**
 * @param {import('../../app.js').App} app
 * @param {Listing} listing
 * @param {{id: number, name: string}} token
 */
async function revoke(app, listing, { id, name }) {
  const sure = await confirmed(t('Revoke the token {name}?', { name }), t('Programs that use it are refused from now on. This cannot be taken back.'), t('Revoke'));
  if (sure && (await act(app, `me/tokens/${id}`, { method: 'DELETE' }, t('The token {name} is revoked.', { name })))) listing.load();
}

/**
 * @param {import('../../app.js').App} app
 * @param {Listing} listing
 */
function askForToken(app, listing) {
  const roles = /** @type {Role[]} */ (['viewer', 'operator', 'administrator']).filter((role) => may(app.user, role));
  const form = new Form(
    [
      { name: 'name', label: t('What it is for'), required: true, attributes: { maxlength: 100 } },
      { name: 'role', label: t('Role'), kind: 'choice', required: true, options: roles.map((role) => ({ value: role, text: ROLE_NAMES[role] })) },
      { name: 'expires_at', label: t('Ends'), kind: 'moment', help: t('Empty: it does not end.') },
    ],
    {
      submit: t('Make the token'),
      async work(body) {
        const { content } = await ask('me/tokens', { body });
        dialog.close();
        listing.load();
        showSecret(t('The token {name}', { name: content.name }), t('Token'), content.token, t('Copy it now: it is shown this once, and never again.'));
      },
    },
  );
  const dialog = openDialog(t('Make an API token'), form.element);
}
