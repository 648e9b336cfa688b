/** Accounts of people: made, changed, switched off. */
import { ask } from '../../api.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { confirmed, openDialog, showSecret } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { Listing } from '../parts/listing.js';
import { ROLE_NAMES } from './sections.js';
import { act, button, mark, when } from './shared.js';

/**
 * @typedef {import('../../app.js').App} App
 * @typedef {import('./sections.js').Role} Role
 * @typedef {{id: number, username: string, first_name: string, last_name: string, email: string, role: Role,
 *   active: boolean, superuser: boolean, has_password: boolean, last_login: string | null}} User
 */

/**
 * @param {App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  /** @type {Listing} */
  const listing = new Listing({
    label: t('Users'),
    path: (parameters) => `users?${parameters}`,
    key: ({ username }) => username,
    filters: [{ name: 'search', label: t('Search names and addresses') }],
    columns: [
      { label: t('Name'), cell: name },
      { label: t('Role'), cell: (user) => (user.superuser ? t('Superuser') : ROLE_NAMES[/** @type {Role} */ (user.role)]) },
      { label: t('State'), cell: state },
      { label: t('Last login'), cell: (user) => when(app, user.last_login, t('never')) },
    ],
    actions: (user) => actions(app, listing, user),
    empty: t('There are no accounts.'),
  });
  listing.load();
  return {
    element: element('div', { class: 'stack' },
      element('div', { class: 'box-head' },
        element('p', { class: 'help' }, t('Viewers read, operators run the stations from day to day, administrators decide who and what is let in.')),
        button(t('Add a user…'), () => askForUser(app, listing), 'primary')),
      element('section', { class: 'box' }, listing.element)),
    close: () => listing.close(),
  };
}

/** @param {User} user */
function name({ username, first_name: first, last_name: last, email }) {
  const second = [[first, last].filter(Boolean).join(' '), email].filter(Boolean).join(' · ');
  return element('span', { class: 'two-lines' }, element('b', {}, username), ...(second ? [element('small', {}, second)] : []));
}

/** @param {User} user */
function state({ active, has_password: hasPassword }) {
  if (!active) return mark(t('Switched off'), 'bad');
  return hasPassword ? mark(t('Active'), 'good') : mark(t('Has yet to set a password'), 'busy');
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {User} user
 * @returns {import('../parts/listing.js').Action[]}
 */
function actions(app, listing, user) {
  const mine = user.username === app.user.name;
  /** @type {import('../parts/listing.js').Action[]} */
  const found = [{ label: t('Change'), run: () => change(app, listing, user) }];
  if (user.active && !mine) found.push({ label: t('Password link'), run: () => makeLink(app, user) });
  if (!mine) found.push({ label: user.active ? t('Switch off') : t('Switch on'), run: () => switchTo(app, listing, user, !user.active) });
  if (!mine) found.push({ label: t('Delete'), tone: 'danger', run: () => remove(app, listing, user) });
  return found;
}

/**
 * @param {App} app
 * @param {Listing} listing
 */
function askForUser(app, listing) {
  const form = new Form(
    [
      { name: 'username', label: t('User name'), required: true, help: t('Letters, digits and @.+-_ only.'), attributes: { autocomplete: 'off', maxlength: 150 } },
      roleField('viewer'),
      ...details(),
      {
        name: 'password', label: t('Password'), kind: 'password', attributes: { autocomplete: 'new-password' },
        help: t('Empty: you get a link with which they set one themselves.'),
      },
    ],
    {
      submit: t('Add the user'),
      async work({ password, ...body }) {
        const { content } = await ask('users', { body: password ? { ...body, password } : body });
        dialog.close();
        listing.load();
        if (content.password_link) showLink(content.username, content.password_link.link);
        else app.toasts.say(t('{name} can log in now.', { name: content.username }), { tone: 'good' });
      },
    },
  );
  const dialog = openDialog(t('Add a user'), form.element);
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {User} user
 */
function change(app, listing, user) {
  const form = new Form([roleField(user.role), ...details(user)], {
    submit: t('Save'),
    async work(body) {
      await ask(`users/${user.id}`, { method: 'PATCH', body });
      dialog.close();
      listing.load();
      app.toasts.say(t('{name} is changed.', { name: user.username }), { tone: 'good' });
    },
  });
  const dialog = openDialog(t('Change {name}', { name: user.username }), form.element);
}

/**
 * @param {Role} value
 * @returns {import('../parts/form.js').Field}
 */
function roleField(value) {
  const options = Object.entries(ROLE_NAMES).map(([role, text]) => ({ value: role, text }));
  return { name: 'role', label: t('Role'), kind: 'choice', required: true, value, options };
}

/**
 * @param {Partial<User>} [user]
 * @returns {import('../parts/form.js').Field[]}
 */
const details = (user = {}) => [
  { name: 'first_name', label: t('First name'), value: user.first_name, attributes: { maxlength: 150, autocomplete: 'off' } },
  { name: 'last_name', label: t('Last name'), value: user.last_name, attributes: { maxlength: 150, autocomplete: 'off' } },
  { name: 'email', label: t('E-mail'), kind: 'email', value: user.email, attributes: { maxlength: 254, autocomplete: 'off' } },
];

/**
 * @param {App} app
 * @param {User} user
 */
async function makeLink(app, { id, username }) {
  const answer = await act(app, `users/${id}/password-link`, { method: 'POST' });
  if (answer) showLink(username, answer.content.link);
}

/**
 * @param {string} username
 * @param {string} link
 */
function showLink(username, link) {
  showSecret(t('A link for {name}', { name: username }), t('Link'), link,
    t('Whoever opens it first sets the password of this account. Send it on a way that only they can read. It works once, for three days.'));
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {User} user
 * @param {boolean} active
 */
async function switchTo(app, listing, user, active) {
  const said = active ? t('{name} is switched on.', { name: user.username }) : t('{name} is switched off. All their logins have ended.', { name: user.username });
  const undo = { label: t('Undo'), run: () => switchTo(app, listing, user, !active) };
  if (await act(app, `users/${user.id}`, { method: 'PATCH', body: { active } }, said, undo)) listing.load();
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {User} user
 */
async function remove(app, listing, { id, username }) {
  const sure = await confirmed(t('Delete {name}?', { name: username }),
    t('The account and its tokens are gone then, and nobody can bring them back. The audit log keeps the name. Switching it off can be taken back.'), t('Delete'));
  if (sure && (await act(app, `users/${id}`, { method: 'DELETE' }, t('{name} is deleted.', { name: username })))) listing.load();
}
