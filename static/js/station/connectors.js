/**
 * Connectors of a station: what each is called, what it does, and what may be asked of it. Pure.
 *
 * @typedef {object} Connector as the API has it
 * @property {number} evse
 * @property {number} number
 * @property {string} status
 * @property {string} error_code
 * @property {string} vendor_error_code
 * @property {string} info
 * @property {string | null} status_since
 * @property {number | null} power_w
 * @property {number | null} energy_wh the register of its meter
 * @property {number | null} soc
 * @property {Running | null} session
 *
 * @typedef {{id: number, id_token: string | null, charging_state: string, started_at: string, energy_wh: number | null, soc: number | null}} Running
 * @typedef {{action: string, payload: Record<string, unknown>}} Call
 */
import { t } from '../text.js';

/** Status → the shape and the tone that it is shown with. @type {Record<string, {shape: string, tone: string}>} */
const LOOKS = {
  Available: { shape: 'ring', tone: 'calm' },
  Preparing: { shape: 'half', tone: 'busy' },
  EVConnected: { shape: 'half', tone: 'busy' },
  Occupied: { shape: 'half', tone: 'busy' },
  Charging: { shape: 'disc', tone: 'good' },
  SuspendedEV: { shape: 'half', tone: 'busy' },
  SuspendedEVSE: { shape: 'half', tone: 'warn' },
  Finishing: { shape: 'half', tone: 'busy' },
  Reserved: { shape: 'half', tone: 'warn' },
  Unavailable: { shape: 'cross', tone: 'warn' },
  Faulted: { shape: 'cross', tone: 'bad' },
  Idle: { shape: 'half', tone: 'busy' },
};

/** @type {Record<string, () => string>} */
const WORDS = {
  Available: () => t('Available'),
  Preparing: () => t('Preparing'),
  EVConnected: () => t('Vehicle connected'),
  Occupied: () => t('Occupied'),
  Charging: () => t('Charging'),
  SuspendedEV: () => t('Paused by the vehicle'),
  SuspendedEVSE: () => t('Paused by the station'),
  Finishing: () => t('Finishing'),
  Reserved: () => t('Reserved'),
  Unavailable: () => t('Out of service'),
  Faulted: () => t('Faulted'),
  Idle: () => t('Idle'),
};

/** In 2.x "Occupied" says less than the state of the session. @param {Connector} connector */
export function statusOf({ status, session }) {
  return status === 'Occupied' && session?.charging_state ? session.charging_state : status;
}

/**
 * @param {string} status
 * @returns {{text: string, shape: string, tone: string}}
 */
export function lookOf(status) {
  const text = Object.hasOwn(WORDS, status) ? WORDS[status]() : status || t('Unknown');
  return { text, ...(Object.hasOwn(LOOKS, status) ? LOOKS[status] : { shape: 'ring', tone: 'calm' }) };
}

/**
 * @param {Connector} connector
 * @param {Connector[]} all of the station
 */
export function nameOf({ evse, number }, all) {
  if (evse === 0) return t('The station as a whole');
  const several = all.some((each) => each.evse === evse && each.number !== number);
  return several ? t('EVSE {evse}, connector {number}', { evse, number }) : t('Connector {number}', { number: evse });
}

/** What went wrong, in the station's words; '' when nothing did. @param {Connector} connector */
export function faultOf({ error_code: code, vendor_error_code: vendor, info }) {
  return [code === 'NoError' ? '' : code, vendor, info].filter(Boolean).join(' · ');
}

/** The whole station is shown when there is something to tell of it. @param {Connector[]} connectors */
export const shown = (connectors) =>
  connectors.filter((each) => each.evse !== 0 || !['Available', 'Preparing', 'Charging'].includes(each.status) || faultOf(each) !== '');

/**
 * How a station is asked, by its version.
 *
 * @typedef {{start: (connector: Connector) => Call, unlock: (connector: Connector) => Call}} Asking
 */

/** @type {Asking} */
const OCPP_1 = {
  start: ({ evse }) => ({ action: 'RemoteStartTransaction', payload: { connectorId: evse, idTag: '' } }),
  unlock: ({ evse }) => ({ action: 'UnlockConnector', payload: { connectorId: evse } }),
};

/** By its number a session is known as the one that was asked for. @type {Asking} */
const OCPP_2 = {
  start: ({ evse }) => ({
    action: 'RequestStartTransaction',
    payload: { idToken: { idToken: '', type: 'ISO14443' }, remoteStartId: 1 + Math.floor(Math.random() * 0x7ffffffe), evseId: evse },
  }),
  unlock: ({ evse, number }) => ({ action: 'UnlockConnector', payload: { evseId: evse, connectorId: number } }),
};

/** @type {Record<string, Asking>} */
const ASKING = { 1.6: OCPP_1, '2.0.1': OCPP_2, 2.1: OCPP_2 };

/**
 * @param {Connector} connector
 * @param {string} version
 * @returns {Call | null} null: a station of this kind is not started so
 */
export const startOf = (connector, version) => ASKING[version]?.start(connector) ?? null;

/**
 * @param {Connector} connector
 * @param {string} version
 * @returns {Call | null}
 */
export const unlockOf = (connector, version) => ASKING[version]?.unlock(connector) ?? null;
