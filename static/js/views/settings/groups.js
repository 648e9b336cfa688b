/** Groups of id tokens. */
import { ask } from '../../api.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { confirmed, openDialog } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { Listing } from '../parts/listing.js';
import { may } from './sections.js';
import { act, button } from './shared.js';

/**
 * @typedef {import('../../app.js').App} App
 * @typedef {{id: number, name: string, description: string, master: boolean}} Group
 */

/**
 * @param {App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  const able = may(app.user, 'operator');
  /** @type {Listing} */
  const listing = new Listing({
    label: t('Groups'),
    path: (parameters) => `groups?${parameters}`,
    key: ({ name }) => name,
    columns: [
      { label: t('Name'), cell: ({ name }) => element('b', {}, name) },
      { label: t('Description'), cell: ({ description }) => description },
      { label: t('Master pass'), cell: ({ master }) => (master ? t('yes') : '') },
    ],
    actions: able ? () => [
      { label: t('Change'), run: (group) => change(app, listing, group) },
      { label: t('Delete'), tone: 'danger', run: (group) => remove(app, listing, group) },
    ] : undefined,
    empty: t('There are no groups.'),
  });
  const head = [element('p', { class: 'help' }, t('Tokens of one group may stop each other’s sessions.'))];
  if (able) head.push(button(t('Make a group…'), () => change(app, listing), 'primary'));
  listing.load();
  return {
    element: element('div', { class: 'stack' }, element('div', { class: 'box-head' }, ...head), element('section', { class: 'box' }, listing.element)),
    close: () => listing.close(),
  };
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Group} [group] none: a new one
 */
function change(app, listing, group) {
  const form = new Form(
    [
      { name: 'name', label: t('Name'), required: true, value: group?.name, help: t('Stations of OCPP 1.6 see the first 20 characters.'), attributes: { maxlength: 36 } },
      { name: 'description', label: t('Description'), value: group?.description, attributes: { maxlength: 255 } },
      { name: 'master', label: t('Master pass: its tokens may stop any session, and start none (OCPP 2.x)'), kind: 'flag', value: group?.master ?? false },
    ],
    {
      submit: t('Save'),
      async work(body) {
        if (group) await ask(`groups/${group.id}`, { method: 'PATCH', body });
        else await ask('groups', { body });
        dialog.close();
        listing.load();
        app.toasts.say(t('The group {name} is saved.', { name: body.name }), { tone: 'good' });
      },
    },
  );
  const dialog = openDialog(group ? t('Change the group {name}', { name: group.name }) : t('Make a group'), form.element);
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Group} group
 */
async function remove(app, listing, { id, name }) {
  const sure = await confirmed(t('Delete the group {name}?', { name }), t('Its tokens stay, and belong to no group then.'), t('Delete'));
  if (sure && (await act(app, `groups/${id}`, { method: 'DELETE' }, t('The group {name} is deleted.', { name })))) listing.load();
}
