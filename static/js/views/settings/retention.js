/** Retention: how long what is kept, and how far the deletion of what is old is. */
import { ask, Problem } from '../../api.js';
import { formatNumber } from '../../format.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { confirmed, openDialog } from '../parts/dialog.js';
import { Form } from '../parts/form.js';
import { may } from './sections.js';
import { act, button, mark, textOf, when } from './shared.js';

/**
 * @typedef {import('../../app.js').App} App
 * @typedef {{name: string, days: number, chosen_days: number | null, default_days: number, least_days: number, deleted: number,
 *   last_deleted: number, pruned_at: string | null}} Kind
 * @typedef {{paused: boolean, running: string | null, deleted: number, started_at: string | null, ended_at: string | null,
 *   next_at: string | null, kinds: Kind[]}} Retention
 */

/** Milliseconds from one look to the next. */
const EVERY = 5000;
const WHILE_IT_RUNS = 1000;

/** What the kinds are called. @type {Record<string, [string, string]>} */
const KINDS = {
  messages: [t('Message log'), t('every call of a station and its answer')],
  meter_values: [t('Meter values'), t('as they were measured; sessions keep their sums')],
  meter_hours: [t('Hours of meters'), t('means of an hour, for charts of months and years')],
  device_samples: [t('Samples of devices'), t('as they were reported')],
  device_hours: [t('Hours of devices'), t('means of an hour, for charts of months and years')],
  commands: [t('Commands'), t('that have ended')],
  alerts: [t('Alerts'), t('that are cleared')],
  hardware_events: [t('Hardware events'), t('of chargers behind a bridge')],
  security_events: [t('Security events'), t('that stations report')],
  transaction_events: [t('Events of sessions'), t('single reports of sessions that have ended; the sessions stay')],
  der_alarms: [t('Grid alarms'), t('that stations report')],
  der_controls: [t('Grid controls'), t('that stations have no more')],
  reports: [t('Reports'), t('of 2.x stations; what they told stays')],
  monitoring_events: [t('Events of monitors'), t('that stations of 2.x report')],
  stream_values: [t('Values of event streams'), t('that stations of 2.1 send')],
  event_streams: [t('Event streams'), t('that are closed, and without values')],
  webhook_deliveries: [t('Deliveries of webhooks'), t('that have ended')],
  audit_log: [t('Audit log'), t('who changed what')],
  files: [t('Received files'), t('logs and diagnostics of stations')],
};

/**
 * @param {App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  const able = may(app.user, 'administrator');
  const status = element('div', { class: 'run', role: 'status' });
  const buttons = element('p', { class: 'actions' });
  const body = element('tbody');
  const note = element('p', { class: 'note' }, t('Loading…'));
  let timer = 0;
  let closed = false;

  async function look() {
    clearTimeout(timer);
    let running = false;
    try {
      const { content } = await ask('retention');
      if (closed) return;
      running = content.running !== null;
      show(content);
    } catch (error) {
      note.textContent = textOf(error);
      note.hidden = false;
    }
    if (!closed) timer = setTimeout(look, running ? WHILE_IT_RUNS : EVERY);
  }

  /** @param {Retention} found */
  function show(found) {
    note.hidden = true;
    write(status, runOf(app, found));
    if (able && buttons.dataset.paused !== String(found.paused)) {
      buttons.dataset.paused = String(found.paused);
      buttons.replaceChildren(...controls(app, found, look));
    }
    // Made anew only when it is different: a button that has the focus keeps it.
    const text = JSON.stringify(found.kinds);
    if (body.dataset.shown === text) return;
    body.dataset.shown = text;
    const active = document.activeElement instanceof HTMLElement && body.contains(document.activeElement) ? document.activeElement.closest('tr')?.dataset.row : null;
    body.replaceChildren(...inOrder(found.kinds).map((kind) => row(app, kind, able, look)));
    if (active) /** @type {HTMLElement | null} */ (body.querySelector(`[data-row="${CSS.escape(active)}"] button`))?.focus();
  }

  look();
  const heads = [t('What'), t('Kept for'), t('Deleted so far'), t('Last run')].map((label) => element('th', { scope: 'col' }, label));
  if (able) heads.push(element('th', { scope: 'col' }, element('span', { class: 'unseen' }, t('Actions'))));
  return {
    element: element('div', { class: 'stack' },
      element('p', { class: 'help' }, t('What is older is deleted, in small steps beside the work of the server. Sessions, stations and id tokens are never deleted because they are old, nor is anything that still runs, waits or stands.')),
      element('section', { class: 'box run-box', 'data-part': 'run' }, status, buttons),
      ...(able ? [] : [element('p', { class: 'refused' }, t('Administrators can change this. Your role only reads.'))]),
      element('section', { class: 'box' }, element('div', { class: 'listing-frame' },
        element('table', { class: 'listing', 'aria-label': t('What is kept') }, element('thead', {}, element('tr', {}, ...heads)), body)), note)),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/**
 * A live region that is written to only when there is something new.
 * @param {HTMLElement} region
 * @param {HTMLElement} content
 */
function write(region, content) {
  if (region.textContent !== content.textContent) region.replaceChildren(content);
}

/**
 * @param {App} app
 * @param {Retention} found
 */
function runOf(app, { paused, running, deleted, ended_at: endedAt, next_at: nextAt }) {
  const rows = tn('{count} row', '{count} rows', deleted);
  if (paused) return element('p', {}, mark(t('Paused: nothing is deleted.'), 'bad'));
  if (running) return element('p', {}, mark(t('Deleting: {what}. {rows} so far.', { what: nameOf(running), rows }), 'busy'));
  const next = nextAt && Date.parse(nextAt) > app.now() ? element('span', {}, t('The next run:'), ' ', when(app, nextAt)) : element('span', {}, t('A run begins within a minute.'));
  const last = endedAt ? element('span', {}, t('The last run deleted {rows}.', { rows })) : element('span', {}, t('Nothing was deleted yet.'));
  return element('p', { class: 'facts-line' }, mark(t('On'), 'good'), last, next);
}

/** What people look for first comes first. @param {Kind[]} kinds */
function inOrder(kinds) {
  const names = Object.keys(KINDS);
  const place = (/** @type {Kind} */ { name }) => (names.includes(name) ? names.indexOf(name) : names.length);
  return [...kinds].sort((one, other) => place(one) - place(other));
}

/** @param {string} name */
const nameOf = (name) => KINDS[name]?.[0] ?? name;

/**
 * @param {App} app
 * @param {Retention} found
 * @param {() => void} look
 */
function controls(app, { paused }, look) {
  /** @param {string} path @param {object} options @param {string} done */
  const run = async (path, options, done) => (await act(app, path, options, done)) && look();
  if (paused) return [button(t('Go on'), () => run('retention', { method: 'PATCH', body: { paused: false } }, t('What is old is deleted again.')), 'primary')];
  return [
    button(t('Run now'), () => run('retention/run', { method: 'POST' }, t('A run begins within a minute.'))),
    button(t('Pause'), () => run('retention', { method: 'PATCH', body: { paused: true } }, t('Nothing is deleted until somebody lets it go on.'))),
  ];
}

/**
 * @param {App} app
 * @param {Kind} kind
 * @param {boolean} able
 * @param {() => void} look
 */
function row(app, kind, able, look) {
  const [title, about] = KINDS[kind.name] ?? [kind.name, ''];
  const cell = (/** @type {string} */ label, /** @type {(Node | string)[]} */ ...content) => element('td', { 'data-label': label }, ...content);
  const cells = [
    element('th', { scope: 'row', 'data-label': t('What') }, element('span', { class: 'two-lines' }, element('b', {}, title), element('small', {}, about))),
    cell(t('Kept for'), element('span', { class: 'two-lines' }, element('span', { 'data-part': 'days' }, daysText(kind.days)), element('small', {}, kind.chosen_days === null ? t('by default') : t('decided here')))),
    cell(t('Deleted so far'), formatNumber(kind.deleted)),
    cell(t('Last run'), kind.pruned_at ? element('span', { class: 'two-lines' }, when(app, kind.pruned_at), element('small', {}, tn('{count} row', '{count} rows', kind.last_deleted))) : t('never')),
  ];
  if (able) {
    const change = button(t('Change'), () => decide(app, kind, title, look));
    change.setAttribute('aria-label', t('{action}: {name}', { action: t('Change'), name: title }));
    cells.push(element('td', { class: 'row-actions' }, change));
  }
  return element('tr', { 'data-row': kind.name }, ...cells);
}

/** @param {number} days */
const daysText = (days) => (days === 0 ? t('for ever') : tn('{count} day', '{count} days', days));

/**
 * @param {App} app
 * @param {Kind} kind
 * @param {string} title
 * @param {() => void} look
 */
function decide(app, kind, title, look) {
  const form = new Form(
    [
      {
        name: 'how', label: t('Keep'), kind: 'choice', required: true, value: kind.chosen_days === null ? 'default' : kind.chosen_days === 0 ? 'ever' : 'days',
        options: [
          { value: 'default', text: t('by default: {days}', { days: daysText(kind.default_days) }) },
          { value: 'days', text: t('for a number of days') },
          { value: 'ever', text: t('for ever') },
        ],
      },
      { name: 'days', label: t('Days'), kind: 'number', value: kind.days || kind.default_days || 365, help: t('{count} at least.', { count: kind.least_days }), attributes: { min: kind.least_days, max: 36500, step: 1 } },
    ],
    {
      submit: t('Save'),
      async work({ how, days: typed }) {
        if (how === 'days') check(typed, kind.least_days);
        const days = how === 'default' ? null : how === 'ever' ? 0 : typed;
        const real = how === 'default' ? kind.default_days : days;
        if (isShorter(real, kind.days) && !(await confirmed(t('Keep it for a shorter time?'), t('What is older than {days} is deleted with the next run. Nobody can bring it back.', { days: daysText(real) }), t('Keep it for a shorter time')))) return;
        await ask(`retention/kinds/${kind.name}`, { method: 'PATCH', body: { days } });
        dialog.close();
        app.toasts.say(t('{what} is kept {days} now.', { what: title, days: daysText(real) }), { tone: 'good' });
        look();
      },
    },
  );
  const box = /** @type {HTMLSelectElement} */ (form.element.elements.namedItem('how'));
  const days = /** @type {HTMLElement} */ (form.element.querySelector('[data-field="days"]'));
  const toggle = () => (days.hidden = box.value !== 'days');
  box.addEventListener('change', toggle);
  toggle();
  const dialog = openDialog(title, form.element);
}

/**
 * Before anybody is asked whether they are sure; the rest is the server's business.
 * @param {number | null} days
 * @param {number} least
 */
function check(days, least) {
  if (Number.isInteger(days) && Number(days) >= least) return;
  throw new Problem(400, { problems: [{ path: 'days', reason: t('This is a whole number, {count} at least.', { count: least }) }] });
}

/**
 * @param {number} next 0: for ever
 * @param {number} present
 */
const isShorter = (next, present) => next > 0 && (present === 0 || next < present);
