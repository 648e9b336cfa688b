/**
 * The newest messages of a device as it sent them, and what became of each. Read again when the device has reported,
 * while it is looked at.
 *
 * @typedef {{number: number, received_at: string, outcome: string, reason: string, text: string}} Message
 */
import { ask } from '../../api.js';
import { formatExact, formatRelative, parseTime } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

/** Between two reads, in ms: a device may report several times a second. */
const PAUSE = 2000;
const SHOWN = 50;

/** @type {Record<string, {text: string, shape: string}>} */
const OUTCOMES = {
  stored: { text: t('Stored'), shape: 'disc' },
  repeated: { text: t('Sent again'), shape: 'ring' },
  refused: { text: t('Refused'), shape: 'cross' },
};

export class DeviceMessages {
  element;

  #list = element('ol', { class: 'raw', 'data-part': 'messages', tabindex: 0, 'aria-labelledby': 'device-messages' });
  #note = element('p', { class: 'note', role: 'status' });
  #hold = element('input', { type: 'checkbox' });
  #serial = '';
  /** @type {Message[]} */
  #messages = [];
  /** @type {HTMLElement[]} */
  #ages = [];
  #timer = 0;
  #asked = -Infinity;

  constructor() {
    const hold = element('label', { class: 'check' }, this.#hold, t('Hold'));
    this.element = element('section', { class: 'box device-messages' },
      element('div', { class: 'chart-head' }, element('h2', { id: 'device-messages' }, t('Newest messages')), hold), this.#note, this.#list);
    this.#hold.addEventListener('change', () => this.refresh());
  }

  /** @param {string} serial */
  show(serial) {
    this.close();
    this.#serial = serial;
    this.#list.replaceChildren();
    this.#note.textContent = t('Loading…');
    this.refresh();
  }

  /** There may be new ones. */
  refresh() {
    if (this.#timer || this.#hold.checked || !this.#serial) return;
    this.#timer = setTimeout(() => this.#load(), Math.max(0, this.#asked + PAUSE - performance.now()));
  }

  tick() {
    const now = Date.now();
    this.#ages.forEach((age, index) => {
      const text = formatRelative(parseTime(this.#messages[index].received_at), now);
      if (age.textContent !== text) age.textContent = text;
    });
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#serial = '';
  }

  async #load() {
    const serial = this.#serial;
    this.#asked = performance.now();
    try {
      const { content } = await ask(`devices/${encodeURIComponent(serial)}/messages?limit=${SHOWN}`);
      if (serial === this.#serial && !this.#hold.checked) this.#paint(content.results);
    } catch (error) {
      if (serial === this.#serial) this.#note.textContent = t('The messages cannot be shown. {reason}', { reason: error instanceof Error ? error.message : '' });
    }
    if (serial === this.#serial) this.#timer = 0;
  }

  /** @param {Message[]} messages newest first */
  #paint(messages) {
    this.#messages = messages;
    this.#note.textContent = messages.length ? '' : t('Nothing was received yet.');
    this.#ages = messages.map(({ received_at: at }) => element('time', { datetime: at, title: formatExact(parseTime(at)) }));
    this.#list.replaceChildren(...messages.map(({ outcome, reason, text }, index) => {
      const { text: word, shape } = OUTCOMES[outcome] ?? { text: outcome, shape: 'ring' };
      const head = element('p', {}, this.#ages[index], element('span', { class: 'state', 'data-outcome': outcome, 'data-shape': shape }, word));
      if (reason) head.append(element('span', { class: 'reason' }, reason));
      return element('li', {}, head, element('code', {}, text));
    }));
    this.tick();
  }
}
