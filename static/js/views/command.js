/** The dialog in which something is asked of a station, from wherever the user is. */
import { t, tn } from '../text.js';
import { CommandForm } from './command-form.js';

export class CommandDialog {
  #dialog;
  #title;
  #form = new CommandForm();

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (dialog.querySelector(`[data-part="${name}"]`));
    this.#dialog = dialog;
    this.#title = part('title');
    part('content').append(this.#form.element);
    part('close').addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => this.#form.stop());
  }

  /**
   * @param {string} identity of a station
   * @param {import('./command-form.js').Call | null} [call] what to begin with
   */
  async open(identity, call = null) {
    this.#title.textContent = t('Ask {station}', { station: identity });
    this.#dialog.showModal();
    await this.#form.open(identity, call);
  }

  /**
   * The same for many stations.
   * @param {string[]} identities what can be asked is that of the first one
   * @param {(call: import('./command-form.js').Call) => void} send
   */
  async openMany(identities, send) {
    const count = identities.length;
    this.#title.textContent = tn('Ask {count} station', 'Ask {count} stations', count);
    this.#dialog.showModal();
    const then = (/** @type {import('./command-form.js').Call} */ call) => {
      this.#dialog.close();
      send(call);
    };
    await this.#form.open(identities[0], null, { count, send: then });
  }
}
