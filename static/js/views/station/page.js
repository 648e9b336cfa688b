/**
 * What the parts of a station's page share: who the station is, live; what the user may; and commands that are followed to
 * their end, with a notice when it comes.
 *
 * @typedef {import('../../app.js').App} App
 * @typedef {{element: HTMLElement, show?: (search: URLSearchParams) => void, changed?: (what: Changed) => void, tick?: () => void, close: () => void}} Part
 * @typedef {'station' | 'commands' | 'ended'} Changed the station's row; its commands; one of them has ended
 */
import { ask, reasonOf } from '../../api.js';
import { endOf } from '../../station/outcome.js';
import { refusedTo, waitingNote } from '../../station/reasons.js';
import { t } from '../../text.js';
import { confirmUser } from '../parts/form-dialog.js';
import { Followed } from './followed.js';

export class StationPage {
  /** The station as the API has it, with the newest of the live row. @type {any} */
  station;
  followed;

  /**
   * @param {App} app
   * @param {string} identity
   * @param {any} station
   * @param {import('../../live.js').TableFeed} commands of this station
   */
  constructor(app, identity, station, commands) {
    this.app = app;
    this.identity = identity;
    this.station = station;
    this.commands = commands;
    this.followed = new Followed(commands);
  }

  /** Of this station, below /api/v1/. */
  get path() {
    return `stations/${encodeURIComponent(this.identity)}`;
  }

  get version() {
    return this.station.ocpp_version || '1.6';
  }

  get role() {
    return this.app.user.role;
  }

  now = () => this.app.now();

  /** @param {'operator' | 'administrator'} [needed] */
  refused(needed) {
    return refusedTo(this.role, needed);
  }

  sayWhy = (/** @type {string} */ reason) => this.app.toasts.say(reason);

  /**
   * @param {string} action
   * @param {Record<string, unknown>} payload
   * @param {string} [label] what people call it
   */
  async send(action, payload, label = action) {
    await this.begin(() => this.request(action, payload), label);
  }

  /**
   * @param {string} action
   * @param {Record<string, unknown>} payload
   */
  request(action, payload) {
    return ask(`${this.path}/commands`, { body: { action, payload } });
  }

  /**
   * Ask the API for something that becomes a command; what is wrong is a notice.
   * @param {() => Promise<{content: any}>} request
   * @param {string} label
   */
  async begin(request, label) {
    try {
      this.sent(commandOf((await request()).content), label);
    } catch (error) {
      this.app.toasts.say(t('{label}: {reason}', { label, reason: reasonOf(error) }), { tone: 'bad' });
    }
  }

  /**
   * A command is on its way: say so, and later how it ended. One that waits can be taken back.
   * @param {number | null} id
   * @param {string} label
   */
  sent(id, label) {
    if (id === null) return;
    const waits = waitingNote(this.station);
    this.app.toasts.say(waits ? `${t('{label}: waiting.', { label })} ${waits}` : t('{label}: on its way…', { label }), {
      action: waits ? { label: t('Take back'), run: () => this.takeBack(id) } : undefined,
    });
    this.followed.ended(id).then((command) => {
      const { text, tone } = endOf(command, label);
      this.app.toasts.say(text, { tone });
    });
  }

  /** @param {number} id */
  async takeBack(id) {
    try {
      await ask(`commands/${id}/cancel`, { method: 'POST', body: {} });
    } catch (error) {
      this.app.toasts.say(t('It cannot be taken back. {reason}', { reason: reasonOf(error) }), { tone: 'bad' });
    }
  }

  /**
   * @param {{title: string, text?: string, action: string, request: () => Promise<{content: any}>, label: string}} question
   */
  confirm({ title, text, action, request, label }) {
    return confirmUser({ title, text, action, submit: async () => this.sent(commandOf((await request()).content), label) });
  }

  close() {
    this.followed.close();
  }
}

/**
 * The command in an answer of the API: itself, the first of several, or the one that a row names.
 * @param {any} content
 * @returns {number | null}
 */
export function commandOf(content) {
  const first = Array.isArray(content) ? content[0] : content;
  if (!first) return null;
  return 'action' in first ? first.id : first.command ?? null;
}
