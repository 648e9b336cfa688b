/** What stands in place of an empty table, and what a newcomer has to do to fill it. */
import { element } from './dom.js';

/** @type {Record<string, {title: string, text: string, path: string, scheme?: string, verb?: string}>} */
const FIRST_STEPS = {
  stations: {
    title: 'No station has reported yet',
    text: 'Point a charge point (OCPP 1.6, 2.0.1 or 2.1) to this address; it appears here by itself:',
    path: '/ocpp/<identity>',
  },
  devices: {
    title: 'No device has reported yet',
    text: 'Point a SolMate device to this address; it appears here by itself:',
    path: '/update/',
  },
  commands: {
    title: 'Nothing has been asked of a station yet',
    text: 'Commands are given through the REST API; what becomes of them is seen here:',
    path: '/api/v1/stations/<identity>/commands',
    verb: 'POST ',
    scheme: 'http',
  },
  alerts: {
    title: 'No charger has raised an alert',
    text: 'Faults of charger hardware behind a NOC bridge are seen here. Point a bridge (SERVER_URL) to this address:',
    path: '/',
    scheme: 'http',
  },
};

export class EmptyNote {
  #root;
  #topic;
  #shown = '';

  /**
   * @param {HTMLElement} root
   * @param {string} topic
   */
  constructor(root, topic) {
    this.#root = root;
    this.#topic = topic;
  }

  /** @param {{waiting: boolean, matching: number, total: number}} counts */
  show({ waiting, matching, total }) {
    const note = matching > 0 ? '' : waiting ? 'loading' : total > 0 ? 'no-match' : 'first-steps';
    if (note === this.#shown) return;
    this.#shown = note;
    this.#root.hidden = note === '';
    this.#root.dataset.note = note;
    this.#root.replaceChildren(...this.#content(note));
  }

  /** @param {string} note */
  #content(note) {
    if (note === 'loading') return [element('p', {}, 'Loading…')];
    if (note === 'no-match') {
      return [element('h2', {}, 'Nothing matches the filter'), element('p', {}, 'Rows that start to match appear here by themselves.')];
    }
    if (note === '') return [];
    const { title, text, path, verb = '', scheme: plain = 'ws' } = FIRST_STEPS[this.#topic];
    const scheme = location.protocol === 'https:' ? `${plain}s` : plain;
    return [element('h2', {}, title), element('p', {}, text), element('code', {}, `${verb}${scheme}://${location.host}${path}`)];
  }
}
