/** Firmware, publications of firmware, diagnostics and logs: jobs with their progress, what can be begun, and the files that came. */
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
 *   received_at: string | null, command: number | null, checksum: string, locations: string[], unpublished_at: string | null}} Job
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
  firmware: t('Firmware update'), signed_firmware: t('Signed firmware update'), publication: t('Published firmware'), diagnostics: t('Diagnostics'), log: t('Log'),
};

const UPDATE = ['DownloadScheduled', 'Downloading', 'Downloaded', 'SignatureVerified', 'InstallScheduled', 'Installing', 'InstallRebooting', 'Installed'];

/** How far a job is, in the order in which a station reports it. @type {Record<string, string[]>} */
const STEPS = { firmware: UPDATE, signed_firmware: UPDATE, publication: ['DownloadScheduled', 'Downloading', 'Downloaded', 'ChecksumVerified', 'Published'] };

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
    const old = page.version.startsWith('2') ? '' : t('Only stations of OCPP 2.0.1 and later publish firmware.');
    this.element = element('section', {}, heading(t('Firmware and logs'),
      actionButton(t('Update firmware…'), () => this.#update(), { ...options('update'), tone: 'primary' }),
      actionButton(t('Publish firmware…'), () => this.#publish(), options('publish', old)),
      actionButton(t('Fetch a log…'), () => this.#log(), options('log')),
      actionButton(t('Fetch diagnostics'), () => this.#diagnostics(), options('diagnostics'))), this.#jobs.element);
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
      { label: t('File'), cell: (job) => (job.kind === 'publication' ? publishedAt(job) : this.#file(job)) },
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
  #actions({ id, kind, state, checksum, unpublished_at: over }) {
    if (kind === 'publication' && state === 'done' && !over) return this.#unpublishButton(id, checksum);
    if (!['requested', 'running'].includes(state)) return '';
    return actionButton(t('Give up'), () => this.#giveUp(id),
      { name: 'cancel', reason: this.#page.refused(), say: this.#page.sayWhy, description: t('Give up job {id}', { id }) });
  }

  /**
   * @param {number} id
   * @param {string} checksum
   */
  #unpublishButton(id, checksum) {
    const page = this.#page;
    return actionButton(t('Unpublish'), () => page.send('UnpublishFirmware', { checksum }, t('Unpublish firmware')),
      { name: 'unpublish', reason: page.refused(), say: page.sayWhy, description: t('Unpublish the firmware of job {id}', { id }) });
  }

  /** @param {number} id */
  #giveUp(id) {
    askUser({
      title: t('Give up job {id}?', { id }),
      text: t('Its address is closed. The station cannot be told.'),
      action: t('Give up'),
      danger: true,
      submit: async () => {
        await ask(`jobs/${id}/cancel`, { method: 'POST', body: {} });
        this.#jobs.refresh();
      },
    });
  }

  /** The firmware files to choose from; when there are none, that is said. @returns {Promise<[value: string, label: string][]>} */
  async #choices() {
    const { toasts } = this.#page.app;
    try {
      const files = (await ask('firmware?limit=1000')).content.results;
      if (files.length === 0) toasts.say(t('There is no firmware on this server yet. An administrator uploads it (POST /api/v1/firmware/upload).'));
      return files.map(choiceOf);
    } catch (error) {
      toasts.say(t('The firmware files cannot be listed. {reason}', { reason: reasonOf(error) }), { tone: 'bad' });
      return [];
    }
  }

  async #update() {
    const page = this.#page;
    const choices = await this.#choices();
    if (choices.length === 0) return;
    askUser({
      title: t('Update the firmware of {station}', { station: page.identity }),
      text: t('The station fetches the file, installs it and restarts. It does not charge meanwhile.'),
      action: t('Update'),
      danger: true,
      fields: [
        { name: 'firmware', label: t('Firmware'), kind: 'choice', choices },
        { name: 'retrieve_at', label: t('When to fetch it'), kind: 'moment', help: t('Nothing: at once.') },
        { name: 'signed', label: t('With a signature that the station checks'), kind: 'flag' },
        { name: 'retries', label: t('Retries'), kind: 'whole' },
      ],
      submit: async (values) => this.#begun(await ask(`${page.path}/firmware-update`, { body: { ...values, firmware: Number(values.firmware) } }), t('Firmware update')),
    });
  }

  async #publish() {
    const page = this.#page;
    const choices = await this.#choices();
    if (choices.length === 0) return;
    askUser({
      title: t('Publish firmware at {station}', { station: page.identity }),
      text: t('A local controller fetches the file, and other stations fetch it from there.'),
      action: t('Publish'),
      fields: [{ name: 'firmware', label: t('Firmware'), kind: 'choice', choices }, { name: 'retries', label: t('Retries'), kind: 'whole' }],
      submit: async (values) => this.#begun(await ask(`${page.path}/firmware-publication`, { body: { ...values, firmware: Number(values.firmware) } }), t('Published firmware')),
    });
  }

  #log() {
    const page = this.#page;
    /** @type {[value: string, label: string][]} */
    const kinds = [['DiagnosticsLog', t('Diagnostics')], ['SecurityLog', t('Security')]];
    if (page.version === '2.1') kinds.push(['DataCollectorLog', t('Data collector')]);
    askUser({
      title: t('Fetch a log from {station}', { station: page.identity }),
      action: t('Fetch'),
      fields: [
        { name: 'log_type', label: t('Which'), kind: 'choice', choices: kinds },
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

/** Where others find what is published, and by which checksum it is known. @param {Job} job */
function publishedAt({ checksum, locations, unpublished_at: over }) {
  return element('span', {}, ...(over ? [t('not published any more')] : locations).map((each) => element('p', {}, each)), element('p', {}, `MD5 ${checksum}`));
}

/** @param {Job} job */
function progressOf({ kind, state, status, reason, history }) {
  const words = [status, reason].filter(Boolean).join(' – ') || NOTHING;
  const steps = STEPS[kind] ?? [];
  const step = steps.indexOf(status);
  const title = history.map(({ at, status: each }) => `${at} ${each}`).join('\n');
  if (state !== 'running' || step < 0) return element('span', { title: title || false }, words);
  return element('span', { class: 'job-progress', title },
    element('progress', { max: steps.length, value: step + 1, 'aria-label': t('Progress of the update') }), element('span', {}, words));
}
