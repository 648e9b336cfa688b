/**
 * The dialog in which something is asked of a station: any call that its version has, as a form that is made from the
 * schema, or as JSON.
 *
 * @typedef {{action: string, request: any}} Action
 */
import { ask, Problem } from '../api.js';
import { hurts, presetsOf } from '../presets.js';
import { fieldsOf, Unfit } from '../schema.js';
import { element } from './dom.js';
import { makeObject } from './fields.js';
import { Outcome } from './outcome.js';

const WAIT = 20;

export class CommandDialog {
  #dialog;
  #title;
  #presets;
  #action;
  #fields;
  #raw;
  #rawToggle;
  #send;
  #note;
  #outcome;
  #identity = '';
  /** @type {Map<string, Action>} */
  #actions = new Map();
  /** @type {ReturnType<typeof makeObject> | null} */
  #form = null;
  #confirming = false;

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (dialog.querySelector(`[data-part="${name}"]`));
    this.#dialog = dialog;
    this.#title = part('title');
    this.#presets = part('presets');
    this.#action = /** @type {HTMLSelectElement} */ (part('action'));
    this.#fields = part('fields');
    this.#raw = /** @type {HTMLTextAreaElement} */ (part('raw'));
    this.#rawToggle = /** @type {HTMLInputElement} */ (part('raw-toggle'));
    this.#send = /** @type {HTMLButtonElement} */ (part('send'));
    this.#note = part('note');
    this.#outcome = new Outcome(part('outcome'));
    part('close').addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => this.#outcome.stop());
    this.#action.addEventListener('change', () => this.#choose(this.#action.value, {}));
    this.#rawToggle.addEventListener('change', () => this.#turnOver());
    dialog.addEventListener('input', () => this.#relax());
    /** @type {HTMLFormElement} */ (part('form')).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** @param {string} identity of a station */
  async open(identity) {
    this.#identity = identity;
    this.#title.textContent = `Ask ${identity}`;
    this.#actions = new Map();
    this.#outcome.clear();
    this.#presets.replaceChildren();
    this.#action.replaceChildren();
    this.#fields.replaceChildren();
    this.#able(false, 'Loading…');
    this.#dialog.showModal();
    try {
      const [{ content: me }, { content }, { content: sessions }] = await Promise.all([
        ask('me'),
        ask(`${this.#path}/actions`),
        ask(`transactions?active=true&limit=1&station=${encodeURIComponent(identity)}`),
      ]);
      if (this.#identity !== identity) return;
      const [running] = sessions.results;
      this.#show(content.actions, presetsOf(content.version, running ? sessionName(content.version, running) : null));
      this.#able(me.role !== 'viewer', me.role === 'viewer' ? 'Viewers cannot ask anything of stations: log in as an operator.' : '');
    } catch (error) {
      this.#able(false, `What can be asked is not known. ${textOf(error)}`);
    }
  }

  get #path() {
    return `stations/${encodeURIComponent(this.#identity)}`;
  }

  /**
   * @param {Action[]} actions
   * @param {import('../presets.js').Preset[]} usual
   */
  #show(actions, usual) {
    this.#actions = new Map(actions.map((each) => [each.action, each]));
    this.#action.replaceChildren(...actions.map(({ action }) => element('option', { value: action }, action)));
    const presets = usual.filter(({ action }) => this.#actions.has(action));
    this.#presets.replaceChildren(...presets.map(({ label, action, payload }) => {
      const button = element('button', { type: 'button', class: 'small', 'data-preset': label }, label);
      button.addEventListener('click', () => this.#choose(action, payload));
      return button;
    }));
    this.#choose((presets[0] ?? actions[0]).action, presets[0]?.payload ?? {});
  }

  /**
   * @param {string} action
   * @param {Record<string, unknown>} payload
   */
  #choose(action, payload) {
    const chosen = this.#actions.get(action);
    if (!chosen) return;
    this.#action.value = action;
    this.#form = makeObject(fieldsOf(chosen.request), '');
    this.#form.write(payload);
    const empty = element('p', { class: 'help' }, 'This call needs nothing more.');
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
      this.#send.textContent = `Yes, send ${action}`;
      this.#note.textContent = `${action} at ${this.#identity}: this cannot be taken back.`;
      return;
    }
    this.#relax();
    this.#send.disabled = true;
    this.#outcome.wait(`${action} is on its way…`);
    try {
      const { content } = await ask(`${this.#path}/commands`, { body: { action, payload, wait: WAIT } });
      this.#outcome.show(content);
    } catch (error) {
      this.#outcome.clear();
      this.#complain(error);
    }
    this.#send.disabled = false;
  }

  /** @param {unknown} error */
  #complain(error) {
    this.#note.textContent = textOf(error);
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
    this.#confirming = false;
    this.#send.textContent = 'Send';
    this.#note.textContent = '';
    this.#fields.querySelectorAll('[aria-invalid]').forEach((each) => each.removeAttribute('aria-invalid'));
  }

  /**
   * @param {boolean} able
   * @param {string} reason
   */
  #able(able, reason) {
    this.#send.disabled = !able;
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

/** @param {unknown} error */
function textOf(error) {
  if (error instanceof Problem && error.problems.length) {
    return [error.message, ...error.problems.map(({ path, reason }) => (path ? `${path}: ${reason}` : reason))].join(' ');
  }
  return error instanceof Error ? error.message : String(error);
}
