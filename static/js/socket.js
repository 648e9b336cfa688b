/**
 * The one connection to the server: opens it, notices when it is dead, opens it again.
 * It knows nothing of topics or the document; whoever listens gets each message.
 *
 * State: connecting → open → lost → (after a while) connecting → …
 *
 * @typedef {'connecting' | 'open' | 'lost'} ConnectionState
 */

export const SUBPROTOCOL = 'smartserver.live.v1';
export const PING_EVERY = 20_000;
export const DEAD_AFTER = 45_000;
export const CONNECT_WITHIN = 15_000;
const WATCH_EVERY = 5_000;
const FIRST_RETRY = 500;
const LAST_RETRY = 10_000;

/** @type {{setTimeout: (run: () => void, after: number) => any, clearTimeout: (id: any) => void, now: () => number}} */
const BROWSER_CLOCK = {
  setTimeout: (run, after) => setTimeout(run, after),
  clearTimeout: (id) => clearTimeout(id),
  now: () => performance.now(),
};

/**
 * The wait before the next try: doubles up to a limit, and half of it is chance, so that a
 * thousand pages do not all come back in the same moment.
 * @param {number} failures
 * @param {number} chance 0 … 1
 */
export const retryDelay = (failures, chance) =>
  Math.min(LAST_RETRY, FIRST_RETRY * 2 ** failures) * (0.5 + 0.5 * chance);

export class LiveSocket {
  /** @type {ConnectionState} */
  state = 'connecting';
  /** Tries in a row that did not end in a message from the server. */
  failures = 0;

  #url;
  #onMessage;
  #onState;
  #WebSocket;
  #clock;
  #random;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {any} */
  #retryTimer = null;
  /** @type {any} */
  #watchTimer = null;
  #openedAt = 0;
  #heardAt = 0;
  #pingedAt = 0;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {(message: any) => void} options.onMessage
   * @param {(state: ConnectionState, failures: number) => void} options.onState
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {typeof BROWSER_CLOCK} [options.clock]
   * @param {() => number} [options.random]
   */
  constructor({ url, onMessage, onState, WebSocket = globalThis.WebSocket, clock = BROWSER_CLOCK, random = Math.random }) {
    this.#url = url;
    this.#onMessage = onMessage;
    this.#onState = onState;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
  }

  start() {
    this.#connect();
  }

  stop() {
    this.#clock.clearTimeout(this.#retryTimer);
    this.#drop();
  }

  /** The network came back, or the user will not wait. */
  retryNow() {
    if (this.state !== 'lost') return;
    this.#clock.clearTimeout(this.#retryTimer);
    this.#connect();
  }

  /**
   * @param {object} message
   * @returns {boolean} false when there is no connection; whoever cares sends again after the next hello
   */
  send(message) {
    if (this.state !== 'open') return false;
    this.#socket?.send(JSON.stringify(message));
    return true;
  }

  #connect() {
    this.#setState('connecting');
    this.#openedAt = this.#clock.now();
    const socket = new this.#WebSocket(this.#url, [SUBPROTOCOL]);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = () => this.#lost();
    this.#watch();
  }

  #opened() {
    this.#heardAt = this.#clock.now();
    this.#pingedAt = this.#heardAt;
    this.#setState('open');
  }

  /** @param {string} data */
  #heard(data) {
    this.#heardAt = this.#clock.now();
    this.failures = 0;
    const message = JSON.parse(data);
    if (message.type !== 'pong') this.#onMessage(message);
  }

  #lost() {
    this.#drop();
    const delay = retryDelay(this.failures, this.#random());
    this.failures += 1;
    this.#retryTimer = this.#clock.setTimeout(() => this.#connect(), delay);
    this.#setState('lost');
  }

  /** Lets go at once: the close of a dead connection can take minutes to be reported. */
  #drop() {
    this.#clock.clearTimeout(this.#watchTimer);
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #watch() {
    this.#watchTimer = this.#clock.setTimeout(() => {
      if (this.#isDead()) return this.#lost();
      const now = this.#clock.now();
      if (this.state === 'open' && now - this.#pingedAt >= PING_EVERY) {
        this.#pingedAt = now;
        this.send({ type: 'ping' });
      }
      this.#watch();
    }, WATCH_EVERY);
  }

  #isDead() {
    const now = this.#clock.now();
    if (this.state === 'connecting') return now - this.#openedAt >= CONNECT_WITHIN;
    // Timers of a hidden page run once a minute; silence counts only when a ping went unanswered.
    return this.#pingedAt > this.#heardAt && now - this.#heardAt >= DEAD_AFTER;
  }

  /** @param {ConnectionState} state */
  #setState(state) {
    this.state = state;
    this.#onState(state, this.failures);
  }
}
