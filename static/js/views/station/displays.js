/** What the station shows on its display: the messages that it has confirmed, and how they are set, cleared and read again. */
import { ask } from '../../api.js';
import { NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { askUser } from '../parts/form-dialog.js';
import { Loaded } from './loaded.js';
import { actionButton, emptyNote, heading, moment, plainTable } from './widgets.js';

/**
 * @typedef {import('./page.js').StationPage} StationPage
 * @typedef {{number: number, priority: string, state: string, starts_at: string | null, ends_at: string | null, transaction: string,
 *   contents: {format: string, language: string, content: string}[], told_at: string}} Message
 */

/** @type {[value: string, label: string][]} */
const PRIORITIES = [
  ['NormalCycle', t('In turn with others')], ['InFront', t('In front of others')], ['AlwaysFront', t('Always in front, alone')],
];

/** @type {[value: string, label: string][]} */
const STATES = [
  ['', t('in any state')], ['Charging', t('while it charges')], ['Idle', t('while it is idle')], ['Faulted', t('while it is faulty')],
  ['Unavailable', t('while it is out of service')], ['Suspended', t('while charging rests')], ['Discharging', t('while it takes energy back')],
];

/** Those of 2.1 alone. */
const NEWER = ['Suspended', 'Discharging'];

/** @param {StationPage} page */
export const open = (page) => new Displays(page);

class Displays {
  element;

  #page;
  #messages;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#messages = new Loaded(async (signal) => (await ask(`${page.path}/display-messages`, { signal })).content, (rows) => this.#table(rows));
    const old = page.version.startsWith('2') ? '' : t('Only stations of OCPP 2.0.1 and later show messages.');
    const options = (/** @type {string} */ name) => ({ name, reason: page.refused() || old, say: page.sayWhy });
    this.element = element('section', {}, heading(t('Messages on the display'),
      actionButton(t('Show a message…'), () => this.#set(), { ...options('show'), tone: 'primary' }),
      actionButton(t('Read again'), () => page.send('GetDisplayMessages', { requestId: randomNumber() }, t('Messages on the display')), options('refresh'))),
    this.#messages.element);
    this.#messages.refresh();
  }

  /** A report comes after its command has ended. */
  changed() {
    this.#messages.hint();
  }

  close() {
    this.#messages.close();
  }

  /** @param {Message[]} rows */
  #table(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has confirmed no message for its display.'))];
    const { now } = this.#page;
    return [plainTable(t('Messages on the display'), [
      { label: t('Number'), cell: ({ number }) => String(number), kind: 'number' },
      { label: t('Message'), cell: ({ contents }) => element('span', {}, ...contents.map((content) => element('p', {}, wordsOf(content)))) },
      { label: t('Priority'), cell: ({ priority }) => labelOf(PRIORITIES, priority) },
      { label: t('Shown'), cell: ({ state }) => labelOf(STATES, state) },
      { label: t('From'), cell: ({ starts_at: from }) => (from ? moment(from, now()) : NOTHING) },
      { label: t('Until'), cell: ({ ends_at: until, transaction }) => (until ? moment(until, now()) : transaction ? t('the end of session {id}', { id: transaction }) : NOTHING) },
      { label: t('Confirmed'), cell: ({ told_at: told }) => moment(told, now()) },
      { label: t('Actions'), kind: 'actions', cell: ({ number }) => this.#clearButton(number) },
    ], rows, ({ number }) => String(number))];
  }

  /** @param {number} number */
  #clearButton(number) {
    const page = this.#page;
    return actionButton(t('Clear'), () => page.confirm({
      title: t('Clear message {number}?', { number }),
      action: t('Clear'),
      label: t('Clear message'),
      request: () => page.request('ClearDisplayMessage', { id: number }),
    }), { name: 'clear', reason: page.refused(), say: page.sayWhy, description: t('Clear message {number}', { number }) });
  }

  #set() {
    const page = this.#page;
    const taken = (this.#messages.value ?? []).map(({ number }) => number);
    askUser({
      title: t('Show a message on {station}', { station: page.identity }),
      action: t('Show'),
      fields: [
        { name: 'content', label: t('Message'), kind: 'area', required: true },
        { name: 'language', label: t('Language'), help: t('As in en or de-AT; nothing: the usual one.') },
        { name: 'priority', label: t('Priority'), kind: 'choice', choices: PRIORITIES },
        { name: 'state', label: t('Shown'), kind: 'choice', choices: STATES.filter(([state]) => page.version === '2.1' || !NEWER.includes(state)) },
        { name: 'startDateTime', label: t('From'), kind: 'moment' },
        { name: 'endDateTime', label: t('Until'), kind: 'moment' },
        { name: 'id', label: t('Number'), kind: 'whole', required: true, value: Math.max(0, ...taken) + 1, help: t('A message with the same number is replaced.') },
      ],
      submit: async (values) => page.sent((await page.request('SetDisplayMessage', { message: messageOf(values) })).content.id, t('Message on the display')),
    });
  }
}

/** A MessageInfoType. @param {Record<string, any>} values */
function messageOf({ content, language, state, ...rest }) {
  return { ...rest, ...(state ? { state } : {}), message: { format: 'UTF8', content, ...(language ? { language } : {}) } };
}

/** @param {{language: string, format: string, content: string}} content */
const wordsOf = ({ language, format, content }) => [language && `${language}:`, content, format === 'UTF8' || format === 'ASCII' ? '' : `(${format})`].filter(Boolean).join(' ');

/**
 * @param {[value: string, label: string][]} choices
 * @param {string} value
 */
const labelOf = (choices, value) => choices.find(([each]) => each === value)?.[1] ?? value;

/** By which a report is known; not used before, as good as certainly. */
const randomNumber = () => 1 + Math.floor(Math.random() * (2 ** 31 - 2));
