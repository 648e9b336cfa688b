/** Sessions of the station, newest first, with totals; one of them opened with the chart of its meter values. */
import { ask, reasonOf } from '../../api.js';
import { formatMoney, formatNumber, NOTHING } from '../../format.js';
import { pageOf } from '../../routes.js';
import { explained } from '../../station/rules.js';
import { durationOf, historyOf, lastedFor, secondsOf, totalsOf } from '../../station/sessions.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { confirmUser } from '../parts/form-dialog.js';
import { Loaded } from './loaded.js';
import { actionButton, badge, emptyNote, facts, heading, moment, plainTable } from './widgets.js';

/**
 * @typedef {import('../../station/sessions.js').Session} Session
 * @typedef {import('./page.js').StationPage} StationPage
 */

const FIRST = 50;
const MOST = 1000;

/** @param {StationPage} page */
export const open = (page) => new Sessions(page);

class Sessions {
  element;

  #page;
  #limit = FIRST;
  #list;
  #one = element('section', { class: 'box', hidden: true, 'data-part': 'session' });
  /** @type {Loaded<any> | null} */
  #opened = null;
  #openedId = 0;
  /** @type {{destroy: () => void} | null} */
  #drawn = null;
  /** The part of the session that is looked at closely. @type {import('../../spans.js').Period | null} */
  #period = null;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#list = new Loaded(
      async (signal) => (await ask(`transactions?station=${encodeURIComponent(page.identity)}&limit=${this.#limit}`, { signal })).content,
      (content) => this.#table(content),
    );
    const all = element('a', { href: `/sessions?q=${encodeURIComponent(`filter:station:==:${page.identity}`)}` }, t('In the table of sessions'));
    this.element = element('div', {}, this.#one, element('section', {}, heading(t('Sessions'), all), this.#list.element));
    this.#list.refresh();
  }

  /** @param {URLSearchParams} search */
  show(search) {
    const id = Number(search.get('session') ?? 0);
    if (id === this.#openedId) return;
    this.#shut();
    if (Number.isSafeInteger(id) && id > 0) this.#openOne(id);
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    if (what !== 'station') return;
    this.#list.hint();
    if (this.#opened?.value?.session.active) this.#opened.hint();
  }

  close() {
    this.#shut();
    this.#list.close();
  }

  /** @param {number} [id] */
  #address(id) {
    return pageOf('stations', this.#page.identity, 'sessions') + (id ? `?session=${id}` : '');
  }

  /** @param {{results: Session[], next: string | null}} content */
  #table({ results, next }) {
    if (results.length === 0) return [emptyNote(t('Nobody has charged here yet.'))];
    const { now } = this.#page;
    const table = plainTable(t('Sessions of the station'), [
      { label: t('Session'), cell: ({ id }) => element('a', { href: this.#address(id), 'data-do': 'open' }, `#${id}`) },
      { label: t('State'), cell: (session) => badge(lookOfSession(session)) },
      { label: t('Connector'), cell: ({ evse }) => (evse === null ? NOTHING : String(evse)) },
      { label: t('Token'), cell: ({ id_token: token }) => token ?? NOTHING, kind: 'code' },
      { label: t('Begun'), cell: ({ started_at: begun }) => moment(begun, now()) },
      { label: t('Duration'), cell: (session) => durationOf(lastedFor(session, now())), kind: 'number' },
      { label: t('Energy'), cell: ({ energy_wh: energy }) => formatNumber(energy, 'Wh'), kind: 'number' },
      { label: t('Cost'), cell: (session) => costOf(session), kind: 'number' },
      { label: t('Ended by'), cell: ({ end_reason: reason, active }) => (active ? '' : reason || NOTHING) },
      { label: t('Remark'), cell: ({ remark }) => (remark ? element('span', { title: remarksIn(remark) }, remark) : '') },
    ], results, ({ id }) => String(id));
    const more = next && this.#limit < MOST ? [this.#more()] : [];
    return [this.#totals(results, next !== null), table, ...more];
  }

  #more() {
    return actionButton(t('Show more'), () => {
      this.#limit = Math.min(MOST, this.#limit * 4);
      this.#list.refresh();
    }, { name: 'more' });
  }

  /**
   * @param {Session[]} sessions
   * @param {boolean} more there are older ones
   */
  #totals(sessions, more) {
    const { count, running, energy_wh: energy, unknown } = totalsOf(sessions);
    const shown = more
      ? tn('The newest {count} session: {energy}.', 'The newest {count} sessions: {energy}.', count, { energy: formatNumber(energy, 'Wh') })
      : tn('{count} session: {energy}.', '{count} sessions: {energy}.', count, { energy: formatNumber(energy, 'Wh') });
    const parts = [shown];
    if (running) parts.push(tn('{count} is running.', '{count} are running.', running));
    if (unknown) parts.push(tn('Of {count} the energy is not known.', 'Of {count} the energy is not known.', unknown));
    return element('p', { class: 'totals', 'data-part': 'totals' }, parts.join(' '));
  }

  /** @param {number} id */
  #openOne(id) {
    this.#openedId = id;
    const chart = element('div', { class: 'chart', 'data-part': 'chart' });
    const note = element('p', { class: 'note' });
    this.#opened = new Loaded(
      async (signal) => {
        const [session, values, events] = await Promise.all([
          ask(`transactions/${id}`, { signal }), ask(`transactions/${id}/meter-values?limit=1000`, { signal }),
          ask(`transactions/${id}/events?limit=${FIRST}`, { signal }),
        ]);
        return { session: session.content, values: values.content.results, events: events.content.results };
      },
      ({ session, values, events }) => {
        this.#draw(chart, note, session, values);
        return [...this.#details(session), chart, note, ...eventsOf(events)];
      },
    );
    const back = element('a', { href: this.#address(), 'data-do': 'close' }, t('Close'));
    this.#one.replaceChildren(heading(t('Session {id}', { id }), back), this.#opened.element);
    this.#one.hidden = false;
    this.#opened.refresh();
  }

  #shut() {
    this.#openedId = 0;
    this.#opened?.close();
    this.#opened = null;
    this.#drawn?.destroy();
    this.#drawn = this.#period = null;
    this.#one.hidden = true;
    this.#one.replaceChildren();
  }

  /**
   * @param {any} session
   * @returns {HTMLElement[]}
   */
  #details(session) {
    const { now } = this.#page;
    const list = facts([
      [t('State'), badge(lookOfSession(session))],
      [t('Token'), session.id_token ?? NOTHING],
      [t('Begun'), moment(session.started_at, now())],
      [t('Ended'), session.ended_at && moment(session.ended_at, now())],
      [t('Duration'), durationOf(lastedFor(session, now()))],
      [t('Energy'), formatNumber(session.energy_wh, 'Wh')],
      [t('Cost'), session.cost === null ? null : costOf(session)],
      [t('Meter'), session.meter_start_wh === null ? null : t('{start} to {end}', {
        start: formatNumber(session.meter_start_wh, 'Wh'), end: formatNumber(session.meter_stop_wh ?? session.meter_last_wh, 'Wh') })],
      [t('State of charge'), session.soc === null ? null : formatNumber(session.soc, '%')],
      [t('Ended by'), session.end_reason],
      [t('Stopped with'), session.stopped_by],
      [t('Remark'), session.remark && remarksIn(session.remark)],
      ...toldIn2(session),
    ]);
    return session.active ? [list, this.#actions(session)] : [list];
  }

  /** @param {any} session */
  #actions({ id }) {
    const page = this.#page;
    const reason = page.refused();
    const stop = actionButton(t('Stop'), () => page.confirm({
      title: t('Stop session {id}?', { id }),
      action: t('Stop it'),
      label: t('Stop'),
      request: () => ask(`transactions/${id}/stop`, { method: 'POST', body: {} }),
    }), { name: 'stop', reason, say: page.sayWhy });
    const shut = actionButton(t('Close in the books…'), () => this.#closeInTheBooks(id), { name: 'shut', reason, say: page.sayWhy });
    return element('div', { class: 'connector-actions' }, stop, shut);
  }

  /** @param {number} id */
  #closeInTheBooks(id) {
    confirmUser({
      title: t('Close session {id} in the books?', { id }),
      text: t('For sessions whose end no station will ever report. The station is told nothing; to end a session that runs, stop it.'),
      action: t('Close it'),
      submit: async () => {
        await ask(`transactions/${id}/close`, { method: 'POST', body: {} });
        this.#page.app.toasts.say(t('Session {id} is closed.', { id }), { tone: 'good' });
        this.#opened?.refresh();
        this.#list.refresh();
      },
    });
  }

  /**
   * @param {HTMLElement} chart
   * @param {HTMLElement} note
   * @param {any} session
   * @param {any[]} values
   */
  async #draw(chart, note, session, values) {
    const history = historyOf(values, session.meter_start_wh);
    const period = this.#period;
    const onSelect = (/** @type {import('../../spans.js').Period | null} */ chosen) => {
      this.#period = chosen;
      this.#draw(chart, note, session, values);
    };
    try {
      const { drawCharts } = await import('../parts/chart.js');
      if (session.id !== this.#openedId) return;
      this.#drawn?.destroy();
      this.#drawn = await drawCharts(chart, history, period ? period.to - period.from : secondsOf(history), { period, onSelect });
      note.textContent = this.#drawn ? '' : t('The station has sent no meter values of this session.');
    } catch (error) {
      note.textContent = t('The chart cannot be shown. {reason}', { reason: reasonOf(error) });
    }
  }
}

/**
 * What only stations of OCPP 2.x tell.
 * @param {any} session
 * @returns {[string, string | null][]}
 */
function toldIn2(session) {
  const { charging_seconds: seconds, missing_events: missing, remote_start: command, phases_used: phases } = session;
  return [
    [t('Time of charging'), seconds === null ? null : durationOf(seconds * 1000)],
    [t('Phases'), phases === null ? null : String(phases)],
    [t('Begun by command'), command === null ? null : `#${command}`],
    [t('Mode'), session.operation_mode || null],
    [t('Tariff'), session.tariff || null],
    [t('Limits'), limitsIn(session.limits) || null],
    [t('Events that have not come'), missing ? String(missing) : null],
  ];
}

/** @param {{maxCost?: number, maxEnergy?: number, maxTime?: number, maxSoC?: number}} limits */
function limitsIn({ maxCost, maxEnergy, maxTime, maxSoC }) {
  return [
    maxEnergy === undefined ? '' : formatNumber(maxEnergy, 'Wh'),
    maxTime === undefined ? '' : durationOf(maxTime * 1000),
    maxSoC === undefined ? '' : formatNumber(maxSoC, '%'),
    maxCost === undefined ? '' : t('cost {amount}', { amount: maxCost }),
  ].filter(Boolean).join(', ');
}

/** @param {number | string} first @param {number | string} last */
function fromTo(first, last) {
  return first === last ? String(first) : `${first} – ${last}`;
}

/** The newest events, where the station tells of some. @param {any[]} events */
function eventsOf(events) {
  if (events.length === 0) return [];
  return [plainTable(t('Events of the session'), [
    { label: t('Number'), cell: ({ sequence, last_sequence: last }) => fromTo(sequence, last), kind: 'number' },
    { label: t('Event'), cell: ({ phase }) => phase },
    { label: t('Why'), cell: ({ trigger }) => trigger },
    { label: t('State'), cell: ({ charging_state: state }) => state || NOTHING },
    { label: t('Time'), cell: ({ stamp, last_stamp: last }) => fromTo(stamp, last) },
    { label: t('Offline'), cell: ({ offline }) => (offline ? t('yes') : '') },
  ], events, ({ id }) => String(id))];
}

/** @param {Session} session */
function lookOfSession({ active, charging_state: state }) {
  if (!active) return { text: t('Ended'), shape: 'ring', tone: 'calm' };
  return { text: state && state !== 'Charging' ? t('Running, {state}', { state }) : t('Running'), shape: 'disc', tone: 'good' };
}

/** @param {Session} session */
function costOf({ cost, currency, cost_is_final: final }) {
  if (cost === null) return NOTHING;
  return final ? formatMoney(cost, currency) : t('{cost} so far', { cost: formatMoney(cost, currency) });
}

/** @param {string} remark names of rules, separated by commas */
const remarksIn = (remark) => remark.split(',').map((each) => each.trim()).filter(Boolean).map((each) => explained(each)).join(' ');
