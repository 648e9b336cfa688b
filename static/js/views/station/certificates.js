/** Certificates in the station's stores, with their ends, and what the station asks to have signed. */
import { ask } from '../../api.js';
import { formatExact, NOTHING } from '../../format.js';
import { language, t, tn } from '../../text.js';
import { element } from '../dom.js';
import { askUser, confirmUser } from '../parts/form-dialog.js';
import { Loaded } from './loaded.js';
import { actionButton, badge, disclosed, emptyNote, heading, moment, plainTable } from './widgets.js';

/** @typedef {import('./page.js').StationPage} StationPage */

const DAY = 86_400_000;
const SOON = 30 * DAY;

/** @type {Record<string, {text: string, shape: string, tone: string}>} */
const LOOKS = {
  issued: { text: t('Issued'), shape: 'half', tone: 'busy' },
  installed: { text: t('Installed'), shape: 'disc', tone: 'good' },
  refused: { text: t('Refused'), shape: 'cross', tone: 'bad' },
  deleted: { text: t('Deleted'), shape: 'ring', tone: 'calm' },
  pending: { text: t('Waits for approval'), shape: 'half', tone: 'warn' },
  signed: { text: t('Signed'), shape: 'disc', tone: 'good' },
};

const REVOKED = { text: t('Revoked'), shape: 'cross', tone: 'bad' };

/** @type {Record<string, string>} */
const USES = {
  ChargingStationCertificate: t('The station’s own'),
  CentralSystemRootCertificate: t('Root of this server'),
  ManufacturerRootCertificate: t('Root of the manufacturer'),
  CombinedCertificate: t('The station’s own, also for vehicles'),
  V2GCertificate: t('For vehicles'),
  V2G20Certificate: t('For vehicles of ISO 15118-20'),
  V2GCertificateChain: t('For vehicles, with its issuers'),
  V2GRootCertificate: t('Root of certificates for vehicles'),
  MORootCertificate: t('Root of contracts'),
  OEMRootCertificate: t('Root of vehicle makers'),
};

/** What the server makes for stations. */
const SHOWN = ['ChargingStationCertificate', 'CombinedCertificate', 'V2GCertificate', 'V2G20Certificate'];

const INSTALLABLE = ['CentralSystemRootCertificate', 'ManufacturerRootCertificate'];
const INSTALLABLE_2 = [...INSTALLABLE, 'MORootCertificate', 'V2GRootCertificate'];

/**
 * What a station of this version can be asked for, by whether it is installed or only listed.
 * @param {string} version
 * @param {boolean} listed
 */
function usesOf(version, listed) {
  if (version !== '2.0.1' && version !== '2.1') return INSTALLABLE;
  const found = version === '2.1' ? [...INSTALLABLE_2, 'OEMRootCertificate'] : INSTALLABLE_2;
  return listed ? [...found, 'V2GCertificateChain'] : found;
}

/** @param {StationPage} page */
export const open = (page) => new Certificates(page);

class Certificates {
  element;

  #page;
  #requests;
  #certificates;

  /** @param {StationPage} page */
  constructor(page) {
    this.#page = page;
    const of = `?limit=100&station=${encodeURIComponent(page.identity)}`;
    this.#requests = new Loaded(async (signal) => (await ask(`signing-requests${of}`, { signal })).content.results, (rows) => this.#requested(rows));
    this.#certificates = new Loaded(async (signal) => (await ask(`certificates${of}`, { signal })).content.results, (rows) => this.#table(rows));
    const say = page.sayWhy;
    this.element = element('div', {},
      element('section', {}, heading(t('Certificates'),
        actionButton(t('Install…'), () => this.#install(), { name: 'install', reason: page.refused('administrator'), say, tone: 'primary' }),
        actionButton(t('Ask which it has…'), () => this.#refresh(), { name: 'refresh', reason: page.refused(), say })), this.#certificates.element),
      element('section', {}, heading(t('Signing requests')), this.#requests.element));
    this.#requests.refresh();
    this.#certificates.refresh();
  }

  /** A station asks by a message of its own. */
  changed() {
    this.#requests.hint();
    this.#certificates.hint();
  }

  close() {
    this.#requests.close();
    this.#certificates.close();
  }

  /** @param {any[]} rows */
  #table(rows) {
    if (rows.length === 0) return [emptyNote(t('No certificates of this station are known. Ask which it has.'))];
    const reason = this.#page.refused('administrator');
    const now = this.#page.now();
    return [plainTable(t('Certificates'), [
      { label: t('Use'), cell: ({ use }) => USES[use] ?? use },
      { label: t('State'), cell: ({ state, revoked_at: revoked }) => badge((revoked ? REVOKED : LOOKS[state]) ?? { text: state, shape: 'ring', tone: 'calm' }) },
      { label: t('Subject'), cell: ({ subject }) => subject || NOTHING },
      { label: t('Serial number'), cell: ({ serial_number: serial }) => serial || NOTHING, kind: 'code' },
      { label: t('Valid until'), cell: ({ valid_to: end, state }) => validUntil(end, state, now) },
      { label: t('Certificate'), cell: ({ pem }) => (pem ? disclosed(t('PEM'), pem) : NOTHING) },
      { label: t('Issuers'), cell: ({ children }) => (children.length ? disclosed(String(children.length), JSON.stringify(children, null, 2)) : NOTHING) },
      { label: t('Actions'), kind: 'actions', cell: (row) => this.#actions(row, reason) },
    ], rows, ({ id }) => String(id))];
  }

  /**
   * @param {any} row
   * @param {string} reason
   */
  #actions(row, reason) {
    const say = this.#page.sayWhy;
    const serial = row.serial_number;
    return element('span', { class: 'connector-actions' },
      row.state === 'installed' ? actionButton(t('Delete'), () => this.#delete(row), { name: 'delete', reason, say, description: t('Delete certificate {serial}', { serial }) }) : '',
      SHOWN.includes(row.use) && row.pem && !row.revoked_at ? actionButton(t('Revoke'), () => this.#revoke(row), { name: 'revoke', reason, say, description: t('Revoke certificate {serial}', { serial }) }) : '');
  }

  /** @param {any[]} rows */
  #requested(rows) {
    if (rows.length === 0) return [emptyNote(t('The station has not asked to have anything signed.'))];
    const { now } = this.#page;
    const reason = this.#page.refused('administrator');
    const say = this.#page.sayWhy;
    return [plainTable(t('Signing requests'), [
      { label: t('Request'), cell: ({ id }) => `#${id}` },
      { label: t('Use'), cell: ({ use }) => USES[use] ?? use },
      { label: t('State'), cell: ({ state }) => badge(LOOKS[state]) },
      { label: t('Subject'), cell: ({ subject }) => subject || NOTHING },
      { label: t('Received'), cell: ({ received_at: at }) => moment(at, now()) },
      { label: t('Decided by'), cell: ({ decided_by: by, state }) => (state === 'pending' ? '' : by ?? t('the server')) },
      { label: t('Reason'), cell: ({ reason: why }) => why },
      { label: t('Whole'), cell: ({ csr }) => disclosed(t('CSR'), csr) },
      { label: t('Actions'), kind: 'actions', cell: ({ id, state, subject }) => (state !== 'pending' ? '' : element('span', { class: 'connector-actions' },
        actionButton(t('Approve'), () => this.#approve(id, subject), { name: 'approve', reason, say, tone: 'primary', description: t('Approve request {id}', { id }) }),
        actionButton(t('Refuse'), () => this.#refuse(id), { name: 'refuse', reason, say, description: t('Refuse request {id}', { id }) }))) },
    ], rows, ({ id }) => String(id))];
  }

  /**
   * @param {number} id
   * @param {string} subject
   */
  #approve(id, subject) {
    confirmUser({
      title: t('Sign this request?'),
      text: t('Whoever has the key of “{subject}” is then believed to be the station {station}.', { subject, station: this.#page.identity }),
      action: t('Sign'),
      danger: false,
      submit: async () => this.#decided(await ask(`signing-requests/${id}/approve`, { method: 'POST', body: {} }), t('The request is signed, and the certificate on its way.')),
    });
  }

  /** @param {number} id */
  #refuse(id) {
    askUser({
      title: t('Refuse this request?'),
      text: t('OCPP has no message for that; the station gives up by itself.'),
      action: t('Refuse'),
      danger: true,
      fields: [{ name: 'reason', label: t('Reason') }],
      submit: async (values) => this.#decided(await ask(`signing-requests/${id}/refuse`, { body: values }), t('The request is refused.')),
    });
  }

  /**
   * @param {unknown} _answer
   * @param {string} text
   */
  #decided(_answer, text) {
    this.#page.app.toasts.say(text, { tone: 'good' });
    this.changed();
  }

  #install() {
    const page = this.#page;
    askUser({
      title: t('Have {station} trust a root certificate', { station: page.identity }),
      action: t('Install'),
      fields: [
        { name: 'use', label: t('Use'), kind: 'choice', choices: usesToChoose(page.version, false) },
        { name: 'pem', label: t('Certificate (PEM)'), kind: 'area', help: t('Nothing: that of this server’s own authorities.') },
      ],
      // The answer is the certificate; the live rows tell of its command.
      submit: async (values) => this.#decided(await ask(`${page.path}/certificates`, { body: values }), t('The certificate is on its way.')),
    });
  }

  #refresh() {
    const page = this.#page;
    askUser({
      title: t('Ask which certificates {station} has', { station: page.identity }),
      action: t('Ask'),
      fields: [{ name: 'use', label: t('Use'), kind: 'choice', choices: usesToChoose(page.version, true) }],
      submit: async (values) => page.sent((await ask(`${page.path}/certificates/refresh`, { body: values })).content.id, t('Certificates')),
    });
  }

  /** @param {any} row */
  #revoke({ id, subject, serial_number: serial }) {
    confirmUser({
      title: t('Revoke the certificate “{name}”?', { name: subject || serial }),
      text: t('Whoever asks is told from now on that it is not to be believed. That cannot be taken back.'),
      action: t('Revoke'),
      danger: true,
      submit: async () => this.#decided(await ask(`certificates/${id}/revoke`, { method: 'POST', body: {} }), t('The certificate is revoked.')),
    });
  }

  /** @param {any} row */
  #delete({ id, subject, serial_number: serial }) {
    this.#page.confirm({
      title: t('Delete the certificate “{name}”?', { name: subject || serial }),
      text: t('A station that trusts no root of this server any more may not come back.'),
      action: t('Delete'),
      label: t('Delete the certificate'),
      request: () => ask(`certificates/${id}`, { method: 'DELETE' }),
    });
  }
}

/**
 * @param {string} version
 * @param {boolean} listed
 */
const usesToChoose = (version, listed) => /** @type {[string, string][]} */ (usesOf(version, listed).map((use) => [use, USES[use]]));

/**
 * @param {string | null} end
 * @param {string} state
 * @param {number} now
 */
function validUntil(end, state, now) {
  if (!end) return NOTHING;
  const left = Date.parse(end) - now;
  const text = new Date(end).toLocaleDateString(language);
  if (state === 'deleted' || left > SOON) return element('time', { datetime: end, title: formatExact(Date.parse(end)) }, text);
  const words = left <= 0 ? t('{date}: expired', { date: text }) : tn('{date}: {count} day left', '{date}: {count} days left', Math.ceil(left / DAY), { date: text });
  return element('span', { class: 'status', 'data-shape': 'cross', 'data-tone': left <= 0 ? 'bad' : 'warn' }, words);
}
