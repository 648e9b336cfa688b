/**
 * How the connection is: a word in the head of the page, and a banner while it is lost. Both go by
 * what the socket says, so the banner leaves by itself.
 *
 * @typedef {import('../socket.js').ConnectionState} ConnectionState
 */
import { t } from '../text.js';

const WORDS = { connecting: t('Connecting…'), open: t('Live'), lost: t('Not connected') };

export class Banner {
  #root;
  #status;

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} status
   * @param {() => void} onRetry
   */
  constructor(root, status, onRetry) {
    this.#root = root;
    this.#status = status;
    root.querySelector('button')?.addEventListener('click', onRetry);
  }

  /**
   * @param {ConnectionState} state
   * @param {number} failures
   */
  show(state, failures) {
    const lost = state === 'lost' || (state === 'connecting' && failures > 0);
    // Style sheets dim the rows by this; a try to connect again must not make them flicker.
    document.body.dataset.connection = lost ? 'lost' : state;
    this.#root.hidden = !lost;
    const text = lost ? WORDS.lost : WORDS[state];
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }
}
