/** Who the station is and how it is, with what is asked of it most often. */
import { formatState, NOTHING } from '../../format.js';
import { hurts, presetsOf } from '../../presets.js';
import { waitingNote } from '../../station/reasons.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { actionButton, facts, moment } from './widgets.js';

/** Presets that are about the station as a whole. */
const WHOLE = new Set(['Reset', 'ChangeAvailability', 'GetBaseReport']);

export class Head {
  element;

  #page;
  #state = element('span', { class: 'state', 'data-part': 'state' });
  #facts = element('div');
  #waiting = element('p', { class: 'waiting-note', role: 'status', hidden: true });
  #actions = element('div', { class: 'head-actions', role: 'group', 'aria-label': t('The station as a whole') });
  #version = '';
  #text = '';

  /** @param {import('./page.js').StationPage} page */
  constructor(page) {
    this.#page = page;
    this.element = element('header', { class: 'station-head box' },
      element('div', { class: 'station-name' }, element('h1', {}, page.identity), this.#state, this.#actions),
      this.#facts, this.#waiting);
    this.paint();
  }

  paint() {
    const { station, now } = this.#page;
    const { text, shape } = formatState(station.state);
    this.#state.textContent = text;
    this.#state.dataset.state = station.state;
    this.#state.dataset.shape = shape;
    const waits = waitingNote(station);
    this.#waiting.hidden = waits === '';
    if (this.#waiting.textContent !== waits) this.#waiting.textContent = waits;
    if (this.#version !== this.#page.version) this.#paintActions();
    const { identity: _, last_seen_at: seen, power_w: _power, session_energy_wh: _energy, ...rest } = station;
    const told = JSON.stringify(rest);
    if (told === this.#text) {
      this.#facts.querySelector('[data-fact="seen"]')?.replaceChildren(moment(seen, now()));
      return;
    }
    this.#text = told;
    this.#facts.replaceChildren(facts([
      [t('Model'), [station.vendor, station.model].filter(Boolean).join(' ') || NOTHING],
      [t('Firmware'), station.firmware_version],
      [t('Protocol'), station.ocpp_version === 'NOC' ? t('NOC bridge') : station.ocpp_version && `OCPP ${station.ocpp_version}`],
      [t('Serial number'), station.serial_number],
      [t('Last seen'), element('span', { 'data-fact': 'seen' }, moment(seen, now()))],
      [t('Connected since'), ['online', 'stale'].includes(station.state) ? moment(station.connected_at, now()) : null],
      [t('Last start'), station.booted_at && moment(station.booted_at, now())],
      [t('Registration'), station.registration === 'Accepted' ? null : station.registration],
      [t('Note'), station.note],
    ]));
  }

  #paintActions() {
    const { version } = this.#page;
    this.#version = version;
    const reason = this.#page.refused();
    const usual = presetsOf(version).filter(({ action }) => WHOLE.has(action));
    const other = actionButton(t('Send a command…'), () => this.#page.app.command.open(this.#page.identity), { name: 'command', reason, say: this.#page.sayWhy });
    this.#actions.replaceChildren(...usual.map(({ label, action, payload }) =>
      actionButton(label, () => this.#ask(label, action, payload), { name: `preset-${action}`, reason, say: this.#page.sayWhy })), other);
  }

  /**
   * @param {string} label
   * @param {string} action
   * @param {Record<string, unknown>} payload
   */
  #ask(label, action, payload) {
    const page = this.#page;
    if (!hurts(action, payload)) {
      page.send(action, payload, label);
      return;
    }
    page.confirm({
      title: t('{label}: {station}', { label, station: page.identity }),
      text: t('{action} is sent to the station as a whole. What it is doing may be interrupted.', { action }),
      action: label,
      label,
      request: () => page.request(action, payload),
    });
  }
}
