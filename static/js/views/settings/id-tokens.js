/** Id tokens: cards, key fobs, apps, vehicles, and where and how long they may charge. */
import { ask } from '../../api.js';
import { NOTHING, formatMoney } from '../../format.js';
import { t } from '../../text.js';
import { additionalOf, LIMITS, limitsOf, linesOf, numbersOf } from '../../token.js';
import { element } from '../dom.js';
import { confirmed, openDialog } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { Listing } from '../parts/listing.js';
import { may } from './sections.js';
import { act, button, mark, when } from './shared.js';

/**
 * @typedef {import('../../app.js').App} App
 * @typedef {{id: number, value: string, type: string, additional_info: import('../../token.js').Additional[], priority: number | null,
 *   language1: string, language2: string, message: string, status: string, group: string | null, expires_at: string | null, max_sessions: number | null,
 *   stations: string[], evses: number[], limits: import('../../token.js').Limits, in_local_list: boolean, holder: string,
 *   credit: number | null, credit_left: number | null}} Token
 */

/** Each of its sessions ends by itself there. @type {Record<string, string>} */
const LIMIT_NAMES = {
  maxCost: t('Most cost of a session'), maxEnergy: t('Most energy of a session, in Wh'), maxTime: t('Longest session, in seconds'), maxSoC: t('Highest state of charge, in %'),
};

/** Groups that a form offers; who has more types the name into the REST API. */
const MOST_GROUPS = 1000;

/**
 * @param {App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  const able = may(app.user, 'operator');
  /** @type {Listing} */
  const listing = new Listing({
    label: t('Id tokens'),
    path: (parameters) => `id-tokens?${parameters}`,
    key: ({ value }) => value,
    filters: [{ name: 'search', label: t('Search values and holders') }],
    columns: [
      { label: t('Token'), cell: title },
      { label: t('State'), cell: (token) => state(app, token) },
      { label: t('Group'), cell: ({ group }) => group ?? NOTHING },
      { label: t('Where'), cell: where },
      { label: t('Ends'), cell: ({ expires_at: at }) => when(app, at, t('never')) },
    ],
    actions: able ? (token) => actions(app, listing, token) : undefined,
    empty: t('There are no id tokens.'),
  });
  const head = [element('p', { class: 'help' }, able ? t('Whoever shows one of these may charge.') : t('Whoever shows one of these may charge. Operators can change them; your role only reads.'))];
  if (able) head.push(button(t('Enter a token…'), () => change(app, listing), 'primary'));
  listing.load();
  return {
    element: element('div', { class: 'stack' }, element('div', { class: 'box-head' }, ...head), element('section', { class: 'box' }, listing.element)),
    close: () => listing.close(),
  };
}

/** @param {Token} token */
const title = ({ value, type, holder }) => element('span', { class: 'two-lines' }, element('b', {}, value),
  ...(type || holder ? [element('small', {}, [type, holder].filter(Boolean).join(' · '))] : []));

/** @param {Token} token */
function where({ stations, in_local_list: listed }) {
  const places = stations.length === 0 ? t('everywhere') : stations.slice(0, 3).join(', ') + (stations.length > 3 ? ' …' : '');
  return element('span', { class: 'two-lines' }, places, ...(listed ? [element('small', {}, t('in local lists'))] : []));
}

/**
 * @param {App} app
 * @param {Token} token
 */
function state(app, { status, expires_at: at }) {
  if (status === 'Accepted' && at && Date.parse(at) <= app.now()) return mark(t('Expired'), 'bad');
  /** @type {Record<string, [string, 'good' | 'bad' | 'busy']>} */
  const words = { Accepted: [t('Accepted'), 'good'], Blocked: [t('Blocked'), 'bad'] };
  return Object.hasOwn(words, status) ? mark(...words[status]) : mark(t('Not entered by anybody'), 'busy');
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Token} token
 * @returns {import('../parts/listing.js').Action[]}
 */
function actions(app, listing, token) {
  const blocked = token.status !== 'Accepted';
  return [
    { label: t('Change'), run: () => change(app, listing, token) },
    { label: blocked ? t('Accept') : t('Block'), run: () => turn(app, listing, token, blocked ? 'Accepted' : 'Blocked') },
    { label: t('Delete'), tone: 'danger', run: () => remove(app, listing, token) },
  ];
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Token} token
 * @param {'Accepted' | 'Blocked'} status
 */
async function turn(app, listing, token, status) {
  const name = token.value;
  const said = status === 'Blocked' ? t('{name} is blocked.', { name }) : t('{name} is accepted.', { name });
  const undo = { label: t('Undo'), run: () => turn(app, listing, token, status === 'Blocked' ? 'Accepted' : 'Blocked') };
  if (await act(app, `id-tokens/${token.id}`, { method: 'PATCH', body: { status } }, said, undo)) listing.load();
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Token} token
 */
async function remove(app, listing, { id, value: name }) {
  const sure = await confirmed(t('Delete the token {name}?', { name }), t('Only a token that was never used can be deleted. Others can be blocked.'), t('Delete'));
  if (sure && (await act(app, `id-tokens/${id}`, { method: 'DELETE' }, t('The token {name} is deleted.', { name })))) listing.load();
}

/**
 * @param {App} app
 * @param {Listing} listing
 * @param {Token} [token] none: a new one
 */
async function change(app, listing, token) {
  const found = await act(app, `groups?limit=${MOST_GROUPS}`, {});
  if (!found) return;
  const groups = found.content.results.map(({ name }) => ({ value: name, text: name }));
  const form = new Form(fields(token, groups), {
    submit: t('Save'),
    async work(values) {
      const { limits, rest } = limitsOf(values);
      const body = { ...rest, group: rest.group || null, additional_info: additionalOf(rest.additional_info), evses: numbersOf(rest.evses), limits };
      if (token) await ask(`id-tokens/${token.id}`, { method: 'PATCH', body });
      else await ask('id-tokens', { body });
      dialog.close();
      listing.load();
      app.toasts.say(t('The token {name} is saved.', { name: token?.value ?? values.value }), { tone: 'good' });
    },
  });
  const dialog = openDialog(token ? t('Change {name}', { name: token.value }) : t('Enter a token'), form.element);
}

/** @param {Token | undefined} token */
function creditHelp(token) {
  const left = token?.credit_left ?? null;
  return left === null ? t('Prepaid: what was paid in so far. Empty: it is not prepaid.') : t('Prepaid: what was paid in so far. Left: {amount}.', { amount: formatMoney(left) });
}

/**
 * @param {Token | undefined} token
 * @param {{value: string, text: string}[]} groups
 * @returns {import('../parts/form.js').Field[]}
 */
function fields(token, groups) {
  /** @type {import('../parts/form.js').Field[]} */
  const first = token ? [] : [{ name: 'value', label: t('Value'), required: true, help: t('Upper and lower case are the same. OCPP 1.6 takes 20 characters.'), attributes: { maxlength: 255, autocomplete: 'off' } }];
  return [
    ...first,
    { name: 'type', label: t('Type'), value: token?.type, help: t('Of OCPP 2.x: ISO14443, eMAID, KeyCode, …. Empty: any.'), attributes: { maxlength: 32, autocomplete: 'off' } },
    { name: 'holder', label: t('Holder'), value: token?.holder, attributes: { maxlength: 255, autocomplete: 'off' } },
    { name: 'group', label: t('Group'), kind: 'choice', value: token?.group ?? '', options: [{ value: '', text: t('none') }, ...groups] },
    { name: 'expires_at', label: t('Ends'), kind: 'moment', value: token?.expires_at, help: t('Empty: it does not end.') },
    { name: 'max_sessions', label: t('Sessions at the same time'), kind: 'number', value: token?.max_sessions, help: t('Empty: any number.'), attributes: { min: 1, max: 32767 } },
    { name: 'credit', label: t('Credit'), kind: 'number', value: token?.credit, help: creditHelp(token), attributes: { min: 0, step: 'any' } },
    { name: 'stations', label: t('Stations'), kind: 'lines', value: token?.stations, help: t('Identities, one a line. Empty: it may charge everywhere.') },
    { name: 'evses', label: t('Connectors'), kind: 'lines', value: token?.evses, help: t('Numbers, one a line, of each of its stations. Empty: all of them.'), attributes: { rows: 2 } },
    { name: 'priority', label: t('Priority'), kind: 'number', value: token?.priority, help: t('From -9 to 9, for stations of OCPP 2.x.'), attributes: { min: -9, max: 9 } },
    { name: 'language1', label: t('Language'), value: token?.language1, help: t('Of the driver: de, en-GB, …'), attributes: { maxlength: 8 } },
    { name: 'language2', label: t('Second language'), value: token?.language2, help: t('Of the driver, where a station does not know the first.'), attributes: { maxlength: 8 } },
    { name: 'message', label: t('Message'), value: token?.message, help: t('Stations of OCPP 2.x show it to the driver.'), attributes: { maxlength: 512 } },
    { name: 'additional_info', label: t('Shown along with it'), kind: 'lines', value: token && linesOf(token.additional_info), help: t('One a line, as in “PIN: 1234”. Whoever does not show all of it may not charge.'), attributes: { rows: 2 } },
    ...LIMITS.map((name) => /** @type {import('../parts/form.js').Field} */ ({
      name, label: LIMIT_NAMES[name], kind: 'number', value: token?.limits[name], help: t('For stations of OCPP 2.1.'), attributes: { min: 0, step: name === 'maxTime' || name === 'maxSoC' ? 1 : 'any' },
    })),
    { name: 'in_local_list', label: t('Send it to stations with their local list'), kind: 'flag', value: token?.in_local_list ?? false },
  ];
}
