/**
 * One message with its answer: who said what to whom, when, and what is wrong with it. Beside the table on a wide screen,
 * over it on a narrow one.
 *
 * Hooks for tests: [data-part="inspector"], in it [data-part="request"] and [data-part="reply"], [data-pointer],
 * [data-problem], data-testid copy-request, copy-reply, newer, older.
 *
 * @typedef {import('../../app.js').App} App
 * @typedef {import('../../frames.js').Message} Message
 */
import { ask, reasonOf } from '../../api.js';
import { formatNumber, formatState, parseTime } from '../../format.js';
import { answerFrame, callFrame, tookMs } from '../../frames.js';
import { pageOf } from '../../routes.js';
import { language, t, tn } from '../../text.js';
import { element } from '../dom.js';
import { body } from './body.js';

/** Messages never change: those that were looked at last are shown again without asking. */
const KEPT = 50;
/** The keyboard may pass many rows in a moment; only where it stays is asked for. */
const SETTLES = 120;

const MOMENT = new Intl.DateTimeFormat(language, {
  year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3,
});

export class Inspector {
  /** @type {number | null} Of the message that is shown. */
  key = null;
  element;

  #app;
  #title = element('h2', { id: 'inspector-title', tabindex: -1 });
  #content = element('div', { class: 'inspector-content', 'aria-live': 'off' });
  /** @type {Map<number, Message>} */
  #known = new Map();
  #timer = 0;
  /** @type {AbortController | null} */
  #asking = null;

  /**
   * @param {App} app
   * @param {{onClose: () => void, onStep: (delta: number) => void}} options onStep: the next (1) or previous (-1) row
   */
  constructor(app, { onClose, onStep }) {
    this.#app = app;
    const button = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {string} */ id, /** @type {() => void} */ run) => {
      const made = element('button', { type: 'button', class: 'icon', 'aria-label': label, title: label, 'data-testid': id },
        element('span', { 'aria-hidden': 'true' }, sign));
      made.addEventListener('click', run);
      return made;
    };
    this.element = element('section', { class: 'inspector', 'data-part': 'inspector', 'aria-labelledby': 'inspector-title' },
      element('header', {}, this.#title,
        button(t('Newer message'), '↑', 'newer', () => onStep(-1)), button(t('Older message'), '↓', 'older', () => onStep(1)),
        button(t('Close'), '×', 'close', onClose)),
      this.#content);
  }

  /** @param {number} key */
  show(key) {
    if (key === this.key) return;
    this.#stop();
    this.key = key;
    const known = this.#known.get(key);
    if (known) {
      this.#paint(known);
      return;
    }
    this.element.setAttribute('aria-busy', 'true');
    this.#timer = setTimeout(() => this.#load(key), SETTLES);
  }

  hide() {
    this.#stop();
    this.key = null;
    this.#title.textContent = '';
    this.#content.replaceChildren();
  }

  /** The title, so that who came by keyboard or listens knows where they are. */
  focus() {
    this.#title.focus();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
  }

  /** @param {number} key */
  async #load(key) {
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const { content } = await ask(`messages/${key}`, { signal: asking.signal });
      this.#keep(content);
      if (this.key === key) this.#paint(content);
    } catch (error) {
      if (!asking.signal.aborted && this.key === key) this.#failed(key, error);
    }
  }

  /** @param {Message} message */
  #keep(message) {
    this.#known.set(message.id, message);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT) this.#known.delete(oldest);
  }

  /**
   * @param {number} key
   * @param {unknown} error
   */
  #failed(key, error) {
    const retry = element('button', { type: 'button' }, t('Try again'));
    retry.addEventListener('click', () => {
      this.key = null;
      this.show(key);
    });
    this.#title.textContent = t('Message {key}', { key });
    this.element.removeAttribute('aria-busy');
    this.#content.replaceChildren(element('p', { class: 'loaded-error', role: 'alert' }, t('The message cannot be shown. {reason}', { reason: reasonOf(error) })), retry);
  }

  /** @param {Message} message */
  #paint(message) {
    this.element.removeAttribute('aria-busy');
    this.element.dataset.message = String(message.id);
    this.#title.textContent = message.action || t('No frame');
    const call = callFrame(message);
    const answer = answerFrame(message);
    this.#content.replaceChildren(
      this.#facts(message), summary(message),
      this.#half('request', message.direction === 'in' ? t('The station asked') : t('The server asked'), message, message.request, call),
      ...(answer || message.reply !== null
        ? [this.#half('reply', message.direction === 'in' ? t('The server answered') : t('The station answered'), message, message.reply ?? {}, answer)]
        : [element('p', { class: 'nothing', 'data-part': 'reply' }, whyNoAnswer(message))]),
    );
    this.#content.scrollTop = 0;
  }

  /** @param {Message} message */
  #facts(message) {
    const { shape } = formatState(message.direction);
    const direction = message.direction === 'in' ? t('From the station') : t('To the station');
    const took = tookMs(message);
    const facts = [
      [t('Station'), element('a', { href: pageOf('stations', message.station) }, message.station)],
      [t('Direction'), element('span', { 'data-state': message.direction, 'data-shape': shape }, direction)],
      [t('Time'), element('time', { datetime: message.received_at }, MOMENT.format(parseTime(message.received_at)))],
      [t('Answered after'), took === null ? '–' : formatNumber(took, 'ms')],
      [t('Outcome'), message.outcome],
      [t('Protocol'), message.ocpp_version || '–'],
      [t('Message ID'), message.message_id || '–'],
    ];
    return element('dl', { class: 'message-facts' }, ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
  }

  /**
   * @param {'request' | 'reply'} part
   * @param {string} title
   * @param {Message} message
   * @param {unknown} value
   * @param {unknown[] | null} frame
   */
  #half(part, title, { problems }, value, frame) {
    const copy = element('button', { type: 'button', class: 'small', 'data-testid': `copy-${part}` }, frame ? t('Copy frame') : t('Copy'));
    copy.addEventListener('click', () => this.#copy(frame ? JSON.stringify(frame) : String(value)));
    return element('section', { class: 'half', 'data-part': part },
      element('header', {}, element('h3', {}, title), copy), body(value, problems.filter((problem) => problem.part === part)));
  }

  /** @param {string} text */
  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.#app.toasts.say(t('The frame was copied.'), { tone: 'good' });
    } catch {
      this.#app.toasts.say(t('The browser does not let this page copy; mark the text instead.'), { tone: 'bad' });
    }
  }
}

/** @param {Message} message */
function summary({ problems }) {
  if (problems.length === 0) return '';
  const open = problems.filter(({ rule }) => rule === '').length;
  return element('p', { class: 'findings', role: 'status', 'data-tone': open > 0 ? 'bad' : 'warn' },
    tn('{count} place breaks the schema.', '{count} places break the schema.', problems.length), ' ',
    open === 0 ? t('All of it was understood all the same.') : tn('{count} of them no rule takes.', '{count} of them no rule takes.', open));
}

/** @param {Message} message */
function whyNoAnswer({ outcome }) {
  if (outcome === 'TimedOut') return t('The station did not answer in time.');
  if (outcome === 'ConnectionLost') return t('The connection broke before the answer.');
  if (outcome === 'CALLRESULTERROR') return t('The station could not use the answer to this message.');
  if (outcome === 'SEND') return t('A message of this kind has no answer.');
  return t('There was no answer.');
}
