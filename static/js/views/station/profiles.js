/** Charging profiles that the station has, and what they amount to: as the server expects it, and as the station says. */
import { ask } from '../../api.js';
import { formatNumber, NOTHING } from '../../format.js';
import { limitProfile } from '../../station/limit.js';
import { stepsOf } from '../../station/schedule.js';
import { language, t } from '../../text.js';
import { element } from '../dom.js';
import { askUser } from '../parts/form-dialog.js';
import { limitsOf } from './limits.js';
import { Loaded } from './loaded.js';
import { scheduleChart } from './schedule-chart.js';
import { Vehicles } from './vehicles.js';
import { actionButton, disclosed, emptyNote, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

const HOURS = [[6, () => t('6 hours')], [24, () => t('24 hours')], [168, () => t('7 days')]];

/** @param {StationPage} page */
export const open = (page) => new Profiles(page);

class Profiles {
  element;

  #page;
  #profiles;
  #schedule;
  /** What only 2.x tells. @type {Vehicles | null} */
  #vehicles = null;
  #evse = element('select', { 'aria-label': t('Connector') });
  #unit = element('select', { 'aria-label': t('Unit') }, element('option', { value: 'A' }, t('Amperes')), element('option', { value: 'W' }, t('Watts')));
  #span = element('select', { 'aria-label': t('Time shown') });
  /** What the station said last, for what is chosen now. @type {any} */
  #compared = null;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    const reason = page.refused() || (page.version === 'NOC' ? t('Chargers behind a bridge have no charging profiles.') : '');
    const is2x = page.version.startsWith('2');
    if (is2x) this.#vehicles = new Vehicles(page);
    const say = page.sayWhy;
    this.#span.append(...HOURS.map(([hours, label]) => element('option', { value: Number(hours), selected: hours === 24 }, /** @type {() => string} */ (label)())));
    this.#evse.append(element('option', { value: 0 }, t('The station as a whole')));
    this.#profiles = new Loaded(async (signal) => (await ask(`${page.path}/charging-profiles`, { signal })).content, (rows) => this.#table(rows));
    this.#schedule = new Loaded((signal) => this.#expected(signal), (answer) => this.#draw(answer));
    const compare = actionButton(t('Ask the station'), () => this.#compare(), { name: 'compare', reason, say });
    this.element = element('div', {},
      element('section', { class: 'box' }, heading(t('What may be charged'), this.#evse, this.#unit, this.#span, compare), this.#schedule.element),
      element('section', {}, heading(t('Charging profiles'),
        actionButton(t('Limit…'), () => this.#limit(), { name: 'limit', reason, say, tone: 'primary' }),
        actionButton(t('Other profile…'), () => page.app.command.open(page.identity, { action: 'SetChargingProfile', payload: {} }), { name: 'other', reason, say }),
        ...(is2x ? [actionButton(t('Ask which there are'), () => this.#report(), { name: 'report', reason, say })] : []),
        actionButton(t('Clear all'), () => this.#clear({}, t('all charging profiles')), { name: 'clear-all', reason, say })), this.#profiles.element),
      ...(this.#vehicles ? [this.#vehicles.element] : []));
    for (const each of [this.#evse, this.#unit, this.#span]) each.addEventListener('change', () => this.#choose());
    this.#profiles.refresh();
    this.#begin();
  }

  /** @param {import('./page.js').Changed} what */
  changed(what) {
    // Stations of 2.x tell by themselves what limits them; of 1.6 only answers to commands change something.
    if (what !== 'commands' && !this.#vehicles) return;
    this.#profiles.hint();
    this.#schedule.hint();
    this.#vehicles?.hint();
  }

  close() {
    this.#profiles.close();
    this.#schedule.close();
    this.#vehicles?.close();
  }

  async #begin() {
    const found = await ask(`${this.#page.path}/connectors`).catch(() => null);
    const evses = new Set((found?.content ?? []).map((/** @type {{evse: number}} */ { evse }) => evse).filter(Boolean));
    this.#evse.append(...[...evses].map((evse) => element('option', { value: evse }, t('Connector {number}', { number: evse }))));
    if (evses.size) this.#evse.value = String([...evses][0]);
    this.#schedule.refresh();
  }

  #choose() {
    this.#compared = null;
    this.#schedule.refresh();
  }

  get #wanted() {
    return { evse: Number(this.#evse.value), unit: this.#unit.value, duration: Number(this.#span.value) * 3600 };
  }

  /** @param {AbortSignal} signal */
  async #expected(signal) {
    const wanted = new URLSearchParams(Object.entries(this.#wanted).map(([name, value]) => [name, String(value)]));
    return { expected: (await ask(`${this.#page.path}/composite-schedule?${wanted}`, { signal })).content, compared: this.#compared };
  }

  /** @param {{expected: any, compared: any}} answer */
  #draw({ expected, compared }) {
    const mine = compared?.expected ?? expected;
    const lines = [{ name: t('By the profiles'), schedule: mine }];
    if (compared?.reported) lines.push({ name: t('By the station'), schedule: compared.reported });
    const unlimited = lines.every(({ schedule }) => stepsOf(schedule).every(({ limit }) => limit === null));
    const notes = [];
    if (unlimited) notes.push(t('Nothing is limited in this time.'));
    if (mine.unreadable.length) notes.push(t('Profiles that could not be taken into account: {numbers}.', { numbers: mine.unreadable.join(', ') }));
    if (compared) notes.push(verdict(compared));
    const said = notes.map((note) => element('p', { class: 'totals', 'data-part': 'verdict' }, note));
    return unlimited ? said : [scheduleChart(lines, this.#page.now()), ...said, disclosedTable(lines)];
  }

  async #compare() {
    const page = this.#page;
    const label = t('Composite schedule');
    await page.begin(async () => {
      const { content } = await ask(`${page.path}/composite-schedule`, { body: { ...this.#wanted, wait: 0 } });
      page.followed.ended(content.command.id).then(() => this.#take(content.command.id));
      return { content: content.command };
    }, label);
  }

  /** @param {number} id of the command that was answered */
  async #take(id) {
    const found = await ask(`commands/${id}/schedule`).catch(() => null);
    this.#compared = found?.content.comparison ?? null;
    this.#schedule.refresh();
  }

  /** @param {any[]} rows */
  #table(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has no charging profiles that it has confirmed.'))];
    const { now } = this.#page;
    const reason = this.#page.refused();
    return [plainTable(t('Charging profiles'), [
      { label: t('Number'), cell: ({ number }) => String(number), kind: 'number' },
      { label: t('Connector'), cell: ({ evse }) => (evse ? String(evse) : t('the whole station')) },
      { label: t('Purpose'), cell: ({ purpose }) => purpose },
      { label: t('Level'), cell: ({ stack_level: level }) => String(level), kind: 'number' },
      { label: t('Kind'), cell: ({ kind }) => kind },
      { label: t('Limits'), cell: ({ profile }) => limitsOf([profile.chargingSchedule].flat()[0]) },
      { label: t('Valid'), cell: ({ valid_from: from, valid_to: to }) => validity(from, to, now()) },
      { label: t('Confirmed'), cell: ({ confirmed_at: at }) => moment(at, now()) },
      { label: t('Whole'), cell: ({ profile }) => disclosed(t('JSON'), JSON.stringify(profile, null, 2)) },
      { label: t('Actions'), kind: 'actions', cell: ({ number }) => actionButton(t('Clear'), () => this.#clear({ number }, t('charging profile {number}', { number })),
        { name: 'clear', reason, say: this.#page.sayWhy, description: t('Clear profile {number}', { number }) }) },
    ], rows, ({ number }) => String(number))];
  }

  /**
   * @param {Record<string, number>} criteria
   * @param {string} what
   */
  #clear(criteria, what) {
    this.#page.confirm({
      title: t('Clear {what}?', { what }),
      text: t('The station charges as much as it can where nothing else limits it.'),
      action: t('Clear'),
      label: t('Clear profiles'),
      request: () => ask(`${this.#page.path}/charging-profiles/clear`, { body: criteria }),
    });
  }

  /** The station tells its profiles in a report, after which what it has is known. */
  #report() {
    const requestId = 1 + Math.floor(Math.random() * (2 ** 31 - 1));
    this.#page.begin(() => this.#page.request('GetChargingProfiles', { requestId, chargingProfile: {} }), t('Charging profiles'));
  }

  #limit() {
    const page = this.#page;
    askUser({
      title: t('Limit what is charged'),
      text: t('A profile that holds at once, until it is cleared.'),
      action: t('Send'),
      fields: [
        { name: 'limit', label: t('Limit'), kind: 'number', required: true, value: 16 },
        { name: 'unit', label: t('Unit'), kind: 'choice', choices: [['A', t('Amperes a phase')], ['W', t('Watts of all phases')]] },
        { name: 'evse', label: t('Connector'), kind: 'choice', choices: [...this.#evse.options].map(({ value, text }) => [value, text]), value: this.#evse.value },
        { name: 'number', label: t('Number of the profile'), kind: 'whole', required: true, value: 1, help: t('A profile with the same number is replaced.') },
        { name: 'level', label: t('Level'), kind: 'whole', required: true, value: 0, help: t('Of two profiles of one purpose, the one with the higher level counts.') },
      ],
      submit: async (values) => {
        const { content } = await ask(`${page.path}/charging-profiles`, { body: { evse: Number(values.evse), profile: limitProfile(values, page.now(), page.version) } });
        page.sent(content.id, t('Limit'));
      },
    });
  }
}

/** @param {any} compared */
function verdict({ reported, differences }) {
  if (!reported) return t('The station gave no schedule.');
  return differences.length ? t('The station allows something else than its profiles say.') : t('The station allows what its profiles say.');
}

/**
 * @param {string | null} from
 * @param {string | null} to
 * @param {number} now
 */
function validity(from, to, now) {
  if (!from && !to) return t('always');
  return element('span', {}, from ? moment(from, now) : '', ' – ', to ? moment(to, now) : '');
}

/** The same as the picture, for who does not see it. @param {{name: string, schedule: any}[]} lines */
function disclosedTable(lines) {
  const rows = lines.flatMap(({ name, schedule }) => stepsOf(schedule).map((step) => ({ name, unit: schedule.unit, ...step })));
  return element('details', {}, element('summary', {}, t('As a table')), plainTable(t('Limits over time'), [
    { label: t('Source'), cell: ({ name }) => name },
    { label: t('From'), cell: ({ from }) => new Date(from).toLocaleString(language) },
    { label: t('To'), cell: ({ to }) => new Date(to).toLocaleString(language) },
    { label: t('Limit'), cell: ({ limit, unit }) => (limit === null ? t('no limit') : formatNumber(limit, unit)), kind: 'number' },
    { label: t('Phases'), cell: ({ phases }) => String(phases ?? NOTHING), kind: 'number' },
  ], rows));
}
