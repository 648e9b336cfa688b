/**
 * Asks something of a station: any call that its version has, as a form that is made from the schema, or as JSON. In the
 * dialog and on the station's page.
 *
 * @typedef {{action: string, request: any}} Action
 * @typedef {{action: string, payload: Record<string, unknown>}} Call
 * @typedef {{count: number, send: (call: Call) => void}} Many how many stations are asked, and what asks them
 */
import { ask, Problem, reasonOf } from '../api.js';
import { helpOfAction } from '../help.js';
import { hurts, presetsOf, whyNot } from '../presets.js';
import { fieldsOf, Unfit } from '../schema.js';
import { waitingNote } from '../station/reasons.js';
import { t, tn } from '../text.js';
import { element } from './dom.js';
import { makeObject } from './fields.js';
import { Outcome } from './outcome.js';

const WAIT = 20;

let ids = 0;

export class CommandForm {
  element;

  #presets = element('div', { class: 'presets', role: 'group', 'aria-label': t('Usual commands'), 'data-part': 'presets' });
  #action;
  #help = element('p', { class: 'help', 'data-part': 'help' });
  #fields = element('div', { 'data-part': 'fields' });
  #raw = element('textarea', { 'data-part': 'raw', rows: 14, spellcheck: 'false', 'aria-label': t('Payload as JSON'), hidden: true });
  #rawToggle = element('input', { type: 'checkbox', 'data-part': 'raw-toggle' });
  #send = element('button', { type: 'submit', class: 'primary', 'data-part': 'send' }, t('Send'));
  #note = element('p', { class: 'note', role: 'alert', 'data-part': 'note' });
  #waiting = element('p', { class: 'help', 'data-part': 'waiting' });
  #outcome;
  #onSent;
  #identity = '';
  /** @type {Map<string, Action>} */
  #actions = new Map();
  /** @type {ReturnType<typeof makeObject> | null} */
  #form = null;
  #confirming = false;
  /** Why nothing can be sent at all. */
  #refusal = t('Loading…');
  #role = 'viewer';
  /** @type {Many | null} */
  #many = null;
  #running = false;

  /** @param {(command: any) => void} [onSent] with the command as the API has it */
  constructor(onSent = () => {}) {
    this.#onSent = onSent;
    const id = `command-action-${(ids += 1)}`;
    this.#action = element('select', { id, 'data-part': 'action' });
    const outcome = element('div', { class: 'outcome', role: 'status', 'data-part': 'outcome' });
    this.#outcome = new Outcome(outcome);
    this.element = element('form', { class: 'command', 'data-part': 'form', method: 'dialog', novalidate: true },
      this.#presets,
      element('div', { class: 'field' }, element('label', { for: id }, t('Command')), this.#action, this.#help),
      this.#fields, this.#raw,
      element('label', { class: 'check' }, this.#rawToggle, ' ', t('As JSON')),
      this.#note, this.#waiting, element('p', { class: 'actions' }, this.#send), outcome);
    this.#action.addEventListener('change', () => this.#choose(this.#action.value, {}));
    this.#rawToggle.addEventListener('change', () => this.#turnOver());
    this.element.addEventListener('input', () => this.#relax());
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /**
   * @param {string} identity of a station
   * @param {Call | null} [call] what to begin with
   * @param {Many | null} [many] many are asked; what can be asked is that of this one
   */
  async open(identity, call = null, many = null) {
    this.#identity = identity;
    this.#many = many;
    this.#actions = new Map();
    this.#outcome.clear();
    for (const part of [this.#presets, this.#action, this.#fields]) part.replaceChildren();
    this.#help.textContent = this.#waiting.textContent = '';
    this.#refuse(t('Loading…'));
    try {
      const [{ content: me }, { content: station }, { content }, { content: sessions }] = await Promise.all([
        ask('me'),
        ask(this.#path),
        ask(`${this.#path}/actions`),
        ask(`transactions?active=true&limit=1&station=${encodeURIComponent(identity)}`),
      ]);
      if (this.#identity !== identity) return;
      const [running] = sessions.results;
      this.#role = me.role;
      this.#running = running !== undefined;
      this.#refuse(me.role === 'viewer' ? whyNot('', { role: me.role, running: false }) : '');
      this.#waiting.textContent = many ? '' : waitingNote(station);
      this.#show(content.actions, presetsOf(content.version, running ? sessionName(content.version, running) : null), call);
    } catch (error) {
      if (this.#identity === identity) this.#refuse(t('What can be asked is not known. {reason}', { reason: reasonOf(error) }));
    }
  }

  /** Nobody looks any more. */
  stop() {
    this.#outcome.stop();
  }

  get #path() {
    return `stations/${encodeURIComponent(this.#identity)}`;
  }

  /**
   * @param {Action[]} actions
   * @param {import('../presets.js').Preset[]} usual
   * @param {Call | null} call
   */
  #show(actions, usual, call) {
    this.#actions = new Map(actions.map((each) => [each.action, each]));
    this.#action.replaceChildren(...actions.map(({ action }) => element('option', { value: action }, action)));
    const presets = usual.filter(({ action }) => this.#actions.has(action));
    this.#presets.replaceChildren(...presets.map(({ label, action, payload }) => {
      const reason = whyNot(action, { role: this.#role, running: this.#running });
      const button = element('button', { type: 'button', class: 'small', 'data-preset': label, title: reason || false }, label);
      button.addEventListener('click', () => this.#choose(action, payload));
      return button;
    }));
    const first = call && this.#actions.has(call.action) ? call : presets[0] ?? { action: actions[0].action, payload: {} };
    this.#choose(first.action, first.payload);
  }

  /**
   * @param {string} action
   * @param {Record<string, unknown>} payload
   */
  #choose(action, payload) {
    const chosen = this.#actions.get(action);
    if (!chosen) return;
    this.#action.value = action;
    this.#help.textContent = helpOfAction(action);
    this.#form = makeObject(fieldsOf(chosen.request), '');
    this.#form.write(payload);
    const empty = element('p', { class: 'help' }, t('This call needs nothing more.'));
    this.#fields.replaceChildren(...(this.#form.parts.length ? this.#form.parts : [empty]));
    this.#raw.value = JSON.stringify(payload, null, 2);
    this.#outcome.clear();
    this.#relax();
  }

  /** From the form to JSON, or back. What cannot be read stays where it is. */
  #turnOver() {
    try {
      if (this.#rawToggle.checked) this.#raw.value = JSON.stringify(this.#form?.read() ?? {}, null, 2);
      else this.#form?.write(this.#typed());
    } catch (error) {
      if (!this.#rawToggle.checked) {
        this.#rawToggle.checked = true;
        this.#complain(error);
      }
    }
    this.#raw.hidden = !this.#rawToggle.checked;
    this.#fields.hidden = this.#rawToggle.checked;
  }

  #typed() {
    try {
      return JSON.parse(this.#raw.value || '{}');
    } catch (error) {
      throw new Unfit('JSON', error instanceof Error ? error.message : '');
    }
  }

  async #submit() {
    if (this.#send.disabled) return;
    let payload;
    try {
      payload = this.#rawToggle.checked ? this.#typed() : this.#form?.read() ?? {};
    } catch (error) {
      this.#complain(error);
      return;
    }
    const action = this.#action.value;
    if (hurts(action, payload) && !this.#confirming) {
      this.#confirming = true;
      this.#send.textContent = t('Yes, send {action}', { action });
      this.#note.textContent = this.#many
        ? tn('{action} at {count} station: this cannot be taken back.', '{action} at {count} stations: this cannot be taken back.', this.#many.count, { action })
        : t('{action} at {station}: this cannot be taken back.', { action, station: this.#identity });
      return;
    }
    this.#relax();
    if (this.#many) {
      this.#many.send({ action, payload });
      return;
    }
    this.#send.disabled = true;
    this.#outcome.wait(t('{action} is on its way…', { action }));
    try {
      const { content } = await ask(`${this.#path}/commands`, { body: { action, payload, wait: WAIT } });
      this.#outcome.show(content);
      this.#onSent(content);
    } catch (error) {
      this.#outcome.clear();
      this.#complain(error);
    }
    this.#send.disabled = false;
  }

  /** @param {unknown} error */
  #complain(error) {
    this.#note.textContent = reasonOf(error);
    if (error instanceof Unfit) this.#mark(error.path);
    if (error instanceof Problem) error.problems.forEach(({ path }) => this.#mark(path));
  }

  /** @param {string} path */
  #mark(path) {
    const found = /** @type {HTMLElement | null} */ (this.#fields.querySelector(`[data-path="${CSS.escape(path)}"]`));
    found?.setAttribute('aria-invalid', 'true');
    found?.focus();
  }

  /** What was wrong, or was to be confirmed, has changed. */
  #relax() {
    const reason = this.#refusal || whyNot(this.#action.value, { role: this.#role, running: this.#running });
    this.#confirming = false;
    this.#send.textContent = t('Send');
    this.#send.disabled = reason !== '';
    this.#note.textContent = reason;
    this.#fields.querySelectorAll('[aria-invalid]').forEach((each) => each.removeAttribute('aria-invalid'));
  }

  /** @param {string} reason why nothing can be sent; '' when something can */
  #refuse(reason) {
    this.#refusal = reason;
    this.#send.disabled = reason !== '';
    this.#note.textContent = reason;
  }
}

/**
 * In 1.6 the server's number, in 2.x the station's own id.
 * @param {string} version
 * @param {{id: number, reference: string}} session
 */
function sessionName(version, session) {
  return version === '1.6' ? session.id : session.reference;
}
