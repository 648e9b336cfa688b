/**
 * The demo fleet: emulated stations and devices that the server runs, for who has none of his own yet.
 *
 * @typedef {{available: boolean, allowed: boolean, reason: string, state: 'off' | 'running' | 'failed', stations: number, devices: number, error: string}} DemoState
 */
import { ask } from '../../api.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

/** Between two looks whether it still runs, in ms. */
const LOOK_EVERY = 10_000;

export class Demo {
  element = element('section', { class: 'box demo', 'data-part': 'demo', hidden: true });

  #app;
  #title = element('h2');
  #text = element('p', { role: 'status' });
  #button = element('button', { type: 'button', class: 'primary', 'data-part': 'demo-switch' });
  /** Nothing is connected: the demo is offered. */
  #offered = false;
  /** @type {DemoState | null} */
  #state = null;
  #timer = 0;
  #open = true;

  /** @param {import('../../app.js').App} app */
  constructor(app) {
    this.#app = app;
    this.element.append(element('div', {}, this.#title, this.#text), this.#button);
    this.#button.addEventListener('click', () => this.#switch());
    this.#look();
  }

  /** @param {boolean} isEmpty there is neither a station nor a device */
  show(isEmpty) {
    if (isEmpty === this.#offered) return;
    this.#offered = isEmpty;
    this.#paint();
  }

  close() {
    this.#open = false;
    clearTimeout(this.#timer);
  }

  async #look() {
    try {
      const { content } = await ask('demo');
      if (this.#open) this.#told(content);
    } catch {
      // Who may not ask is offered nothing, and a server that is away has its banner.
    }
  }

  /** @param {DemoState} state */
  #told(state) {
    this.#state = state;
    this.#paint();
    clearTimeout(this.#timer);
    if (state.state === 'running') this.#timer = setTimeout(() => this.#look(), LOOK_EVERY);
  }

  async #switch() {
    const starting = this.#state?.state !== 'running';
    this.#button.disabled = true;
    this.#text.textContent = starting ? t('The demo fleet is being started …') : t('The demo fleet is being stopped …');
    try {
      const { content } = await ask(starting ? 'demo/start' : 'demo/stop', { body: {} });
      if (this.#open) this.#told(content);
    } catch (error) {
      this.#app.toasts.say(error instanceof Error ? error.message : String(error), { tone: 'bad' });
      this.#paint();
    }
    this.#button.disabled = false;
  }

  #paint() {
    const state = this.#state;
    if (!state) return;
    const running = state.state === 'running';
    this.element.hidden = !(running || state.state === 'failed' || (this.#offered && state.available));
    this.element.dataset.demo = state.state;
    this.#title.textContent = running ? t('The demo fleet is running') : t('Nothing at hand to connect?');
    this.#text.textContent = words(state);
    this.#button.textContent = running ? t('Stop the demo') : t('Start the demo fleet');
    this.#button.classList.toggle('primary', !running);
    this.#button.hidden = !state.allowed;
  }
}

/** @param {DemoState} state */
function words({ state, stations, devices, error, allowed }) {
  const fleet = { stations, devices };
  if (state === 'failed') return t('The demo fleet ended by itself: {error}', { error });
  if (state === 'running') return t('{stations} emulated stations and {devices} emulated devices report to this server.', fleet);
  if (!allowed) return t('Log in as an administrator to let the server emulate {stations} stations and {devices} devices.', fleet);
  return t('The server can emulate {stations} stations and {devices} devices that charge, measure and answer like real ones.', fleet);
}
