/** What became of a command, as it becomes known: state, the station's answer, or the reason why there is none. */
import { ask } from '../api.js';
import { formatState } from '../format.js';
import { t } from '../text.js';
import { element } from './dom.js';

const LOOK_EVERY = 2000;

export class Outcome {
  #root;
  #timer = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  clear() {
    this.stop();
    this.#root.replaceChildren();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {string} text */
  wait(text) {
    this.stop();
    this.#root.replaceChildren(element('p', {}, text));
  }

  /** @param {any} command as the API has it; one that has not ended is looked at again */
  show(command) {
    this.stop();
    const { text, shape } = formatState(command.state);
    const state = element('strong', { 'data-state': command.state, 'data-shape': shape }, text);
    const parts = [element('p', { 'data-part': 'state' }, state, ' ', command.result ? `– ${command.result}` : '')];
    if (command.error) parts.push(element('p', {}, command.error));
    if (command.reply !== null) parts.push(element('pre', { tabindex: 0, 'aria-label': t('The station’s answer') }, JSON.stringify(command.reply, null, 2)));
    if (command.reply?.job) {
      parts.push(element('p', {}, element('a', { href: `/api/v1/jobs/${Number(command.reply.job)}/file` }, t('Save the file'))));
    }
    if (command.settled_at === null) {
      parts.push(element('p', { class: 'help' }, t('It leaves as soon as the station can take it; the table of commands follows it, too.')));
      this.#timer = setTimeout(() => this.#look(command.id), LOOK_EVERY);
    }
    this.#root.replaceChildren(...parts);
  }

  /** @param {number} id */
  async #look(id) {
    try {
      this.show((await ask(`commands/${id}`)).content);
    } catch {
      this.#timer = setTimeout(() => this.#look(id), LOOK_EVERY);
    }
  }
}
