/** Firmware, diagnostics and logs: jobs with their progress, what can be begun, and the files that came. */
import { ask, reasonOf } from '../../api.js';
import { formatNumber, NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { askUser } from '../parts/form-dialog.js';
import { Loaded } from './loaded.js';
import { actionButton, badge, emptyNote, facts, heading, moment, plainTable } from './widgets.js';

/**
 * @typedef {import('./page.js').StationPage} StationPage
 * @typedef {{id: number, kind: string, log_type: string, firmware: number | null, state: string, status: string, reason: string,
 *   history: {at: string, status: string}[], created_at: string, ended_at: string | null, file_name: string, size: number | null,
 *   received_at: string | null, command: number | null}} Job
 */

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const LOOKS = {
  requested: { text: t('Asked for'), shape: 'half', tone: 'busy' },
  running: { text: t('Running'), shape: 'half', tone: 'good' },
  done: { text: t('Done'), shape: 'disc', tone: 'good' },
  failed: { text: t('Failed'), shape: 'cross', tone: 'bad' },
  cancelled: { text: t('Given up'), shape: 'ring', tone: 'calm' },
};

/** @type {Record<string, string>} */
const KINDS = {
  firmware: t('Firmware update'), signed_firmware: t('Signed firmware update'), diagnostics: t('Diagnostics'), log: t('Log'),
};

/** How far a firmware update is, in the order in which a station reports it. */
const STEPS = ['Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'InstallRebooting', 'Installed'];

/** @param {StationPage} page */
export const open = (page) => new Files(page);

class Files {
  element;

  #page;
  #jobs;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    this.#jobs = new Loaded(
      async (signal) => (await ask(`jobs?limit=100&station=${encodeURIComponent(page.identity)}`, { signal })).content.results,
      (jobs) => [this.#present(), ...this.#table(jobs)],
    );
    const options = (/** @type {string} */ name, reason = '') => ({ name, reason: page.refused() || reason, say: page.sayWhy });
    const new16 = page.version === '1.6' ? '' : t('Only stations of OCPP 1.6 have GetDiagnostics; ask for a log.');
    this.element = element('section', {}, heading(t('Firmware and logs'),
      actionButton(t('Update firmware…'), () => this.#update(), { ...options('update'), tone: 'primary' }),
      actionButton(t('Fetch a log…'), () => this.#log(), options('log')),
      actionButton(t('Fetch diagnostics'), () => this.#diagnostics(), options('diagnostics', new16))), this.#jobs.element);
    this.#jobs.refresh();
  }

  /** A job goes on with each message of the station. */
  changed() {
    this.#jobs.hint();
  }

  close() {
    this.#jobs.close();
  }

  #present() {
    const { firmware_version: version, firmware_status: firmware, diagnostics_status: diagnostics } = this.#page.station;
    return element('div', { class: 'box' }, facts([
      [t('Firmware'), version || NOTHING], [t('Last told of firmware'), firmware], [t('Last told of logs'), diagnostics],
    ]));
  }

  /** @param {Job[]} jobs */
  #table(jobs) {
    if (jobs.length === 0) return [emptyNote(t('No firmware was sent to this station, and no log was fetched.'))];
    const { now } = this.#page;
    return [plainTable(t('Jobs'), [
      { label: t('Job'), cell: ({ id }) => `#${id}` },
      { label: t('What'), cell: ({ kind, log_type: type }) => [KINDS[kind] ?? kind, type].filter(Boolean).join(', ') },
      { label: t('State'), cell: ({ state }) => badge(LOOKS[state] ?? { text: state, shape: 'ring', tone: 'calm' }) },
      { label: t('Progress'), cell: (job) => progressOf(job) },
      { label: t('Begun'), cell: ({ created_at: begun }) => moment(begun, now()) },
      { label: t('Ended'), cell: ({ ended_at: ended }) => (ended ? moment(ended, now()) : '') },
      { label: t('File'), cell: (job) => this.#file(job) },
      { label: t('Actions'), kind: 'actions', cell: (job) => this.#actions(job) },
    ], jobs, ({ id }) => String(id))];
  }

  /** @param {Job} job */
  #file({ id, file_name: name, size, received_at: received }) {
    if (!received) return '';
    const text = t('{name} ({size})', { name: name || t('file'), size: formatNumber((size ?? 0) / 1000, 'kB') });
    return this.#page.role === 'viewer' ? text : element('a', { href: `/api/v1/jobs/${id}/file`, download: true }, text);
  }

  /** @param {Job} job */
  #actions({ id, state }) {
    if (!['requested', 'running'].includes(state)) return '';
    return actionButton(t('Give up'), () => this.#giveUp(id),
      { name: 'cancel', reason: this.#page.refused(), say: this.#page.sayWhy, description: t('Give up job {id}', { id }) });
  }

  /** @param {number} id */
  #giveUp(id) {
    askUser({
      title: t('Give up job {id}?', { id }),
      text: t('Its address is closed. A station of OCPP 1.6 cannot be told.'),
      action: t('Give up'),
      danger: true,
      submit: async () => {
        await ask(`jobs/${id}/cancel`, { method: 'POST', body: {} });
        this.#jobs.refresh();
      },
    });
  }

  async #update() {
    const page = this.#page;
    let files = [];
    try {
      files = (await ask('firmware?limit=1000')).content.results;
    } catch (error) {
      page.app.toasts.say(t('The firmware files cannot be listed. {reason}', { reason: reasonOf(error) }), { tone: 'bad' });
      return;
    }
    if (files.length === 0) {
      page.app.toasts.say(t('There is no firmware on this server yet. An administrator uploads it (POST /api/v1/firmware/upload).'));
      return;
    }
    askUser({
      title: t('Update the firmware of {station}', { station: page.identity }),
      text: t('The station fetches the file, installs it and restarts. It does not charge meanwhile.'),
      action: t('Update'),
      danger: true,
      fields: [
        { name: 'firmware', label: t('Firmware'), kind: 'choice', choices: files.map(choiceOf) },
        { name: 'retrieve_at', label: t('When to fetch it'), kind: 'moment', help: t('Nothing: at once.') },
        { name: 'signed', label: t('With a signature that the station checks'), kind: 'flag' },
        { name: 'retries', label: t('Retries'), kind: 'whole' },
      ],
      submit: async (values) => this.#begun(await ask(`${page.path}/firmware-update`, { body: { ...values, firmware: Number(values.firmware) } }), t('Firmware update')),
    });
  }

  #log() {
    const page = this.#page;
    askUser({
      title: t('Fetch a log from {station}', { station: page.identity }),
      action: t('Fetch'),
      fields: [
        { name: 'log_type', label: t('Which'), kind: 'choice', choices: [['DiagnosticsLog', t('Diagnostics')], ['SecurityLog', t('Security')]] },
        { name: 'oldest', label: t('From'), kind: 'moment' },
        { name: 'latest', label: t('To'), kind: 'moment' },
      ],
      submit: async (values) => this.#begun(await ask(`${page.path}/log`, { body: values }), t('Log')),
    });
  }

  #diagnostics() {
    this.#page.begin(() => ask(`${this.#page.path}/diagnostics`, { body: {} }), t('Diagnostics')).then(() => this.#jobs.refresh());
  }

  /**
   * @param {{content: Job}} answer
   * @param {string} label
   */
  #begun({ content }, label) {
    this.#page.sent(content.command, label);
    this.#jobs.refresh();
  }
}

/** @param {any} file */
const choiceOf = ({ id, name, version }) => /** @type {[string, string]} */ ([String(id), version ? t('{name}, version {version}', { name, version }) : name]);

/** @param {Job} job */
function progressOf({ kind, state, status, reason, history }) {
  const words = [status, reason].filter(Boolean).join(' – ') || NOTHING;
  const step = STEPS.indexOf(status);
  const title = history.map(({ at, status: each }) => `${at} ${each}`).join('\n');
  if (!kind.endsWith('firmware') || state !== 'running' || step < 0) return element('span', { title: title || false }, words);
  return element('span', { class: 'job-progress', title },
    element('progress', { max: STEPS.length, value: step + 1, 'aria-label': t('Progress of the update') }), element('span', {}, words));
}
