/**
 * What is particular to each table: its name, where its rows lead, and how an empty one is filled.
 *
 * @typedef {object} FirstSteps
 * @property {string} title
 * @property {string} text
 * @property {string} [address] with `{http}` or `{ws}` for this server's scheme and name
 *
 * @typedef {object} TopicView
 * @property {string} label
 * @property {(row: import('../../store.js').Row, value: (name: string) => unknown) => string | null} page of a row; null: its details are shown
 * @property {boolean} [states] the server counts its rows by state
 * @property {boolean} [sparks] its rows have a line of the last hour
 * @property {'ask' | 'clear'} [bulk] what an operator can do to many rows at once
 * @property {FirstSteps} firstSteps
 */
import { pageOf } from '../../routes.js';
import { t } from '../../text.js';

const none = () => null;

/** @type {Record<string, TopicView>} */
export const TOPICS = {
  stations: {
    label: t('Stations'),
    page: (_row, value) => pageOf('stations', String(value('identity'))),
    states: true,
    sparks: true,
    bulk: 'ask',
    firstSteps: {
      title: t('No station has reported yet'),
      text: t('Point a charge point (OCPP 1.6, 2.0.1 or 2.1) to this address; it appears here by itself:'),
      address: '{ws}/ocpp/<identity>',
    },
  },
  devices: {
    label: t('Devices'),
    page: (_row, value) => pageOf('devices', String(value('serial_number'))),
    states: true,
    sparks: true,
    firstSteps: {
      title: t('No device has reported yet'),
      text: t('Point a SolMate device to this address; it appears here by itself:'),
      address: '{ws}/update/',
    },
  },
  sessions: {
    label: t('Sessions'),
    page: none,
    states: true,
    firstSteps: {
      title: t('Nobody has charged yet'),
      text: t('Each charging session is seen here from its start. Point a charge point to this address:'),
      address: '{ws}/ocpp/<identity>',
    },
  },
  chargers: {
    label: t('Chargers'),
    page: (_row, value) => pageOf('stations', String(value('identity'))),
    states: true,
    firstSteps: {
      title: t('No charger has reported yet'),
      text: t('Chargers without OCPP are seen here as soon as a NOC bridge reports for them. Point a bridge (SERVER_URL) to this address:'),
      address: '{http}/',
    },
  },
  commands: {
    label: t('Commands'),
    page: none,
    states: true,
    firstSteps: {
      title: t('Nothing has been asked of a station yet'),
      text: t('Commands are given on the page of a station or through the REST API; what becomes of them is seen here:'),
      address: 'POST {http}/api/v1/stations/<identity>/commands',
    },
  },
  messages: {
    label: t('Messages'),
    page: none,
    firstSteps: {
      title: t('Nothing has been said yet'),
      text: t('Each call of a station and each of the server is seen here with its answer. Point a charge point to this address:'),
      address: '{ws}/ocpp/<identity>',
    },
  },
  alerts: {
    label: t('Alerts'),
    page: none,
    states: true,
    bulk: 'clear',
    firstSteps: {
      title: t('No charger has raised an alert'),
      text: t('Faults of charger hardware behind a NOC bridge are seen here. Point a bridge (SERVER_URL) to this address:'),
      address: '{http}/',
    },
  },
};

/** @param {string} template */
export function addressHere(template) {
  const safe = location.protocol === 'https:' ? 's' : '';
  return template.replace('{ws}', `ws${safe}://${location.host}`).replace('{http}', `http${safe}://${location.host}`);
}
