/**
 * Why something cannot be asked of a station, and what happens when it is away. Pure.
 *
 * @typedef {'viewer' | 'operator' | 'administrator'} Role
 * @typedef {{state: string, ocpp_version: string, registration: string}} Station
 * @typedef {import('./connectors.js').Connector} Connector
 */
import { t } from '../text.js';

/** @type {Record<Role, number>} */
const RANK = { viewer: 0, operator: 1, administrator: 2 };

/**
 * @param {Role} role
 * @param {Role} [needed]
 * @returns {string} '' when nothing is in the way
 */
export function refusedTo(role, needed = 'operator') {
  if (RANK[role] >= RANK[needed]) return '';
  if (needed === 'administrator') return t('This needs the role of an administrator.');
  return t('Viewers cannot ask anything of stations: log in as an operator.');
}

/**
 * @param {Role} role
 * @param {Station} station
 * @param {Connector} connector
 */
export function whyNoStart(role, station, connector) {
  const refused = refusedTo(role);
  if (refused) return refused;
  if (station.ocpp_version === 'NOC') return t('Chargers behind a bridge are started by their own users.');
  if (connector.session) return t('A session is running here already.');
  if (connector.status === 'Faulted') return t('The connector is faulty.');
  if (connector.status === 'Unavailable') return t('The connector is out of service.');
  if (station.registration !== 'Accepted') return t('The station has not been accepted yet: it may not charge.');
  return '';
}

/**
 * @param {Role} role
 * @param {Connector} connector
 */
export function whyNoStop(role, { session }) {
  return refusedTo(role) || (session ? '' : t('No session is running here.'));
}

/**
 * What becomes of a command that is sent now; '' when it goes out at once.
 * @param {Station} station
 */
export function waitingNote({ state, registration }) {
  if (state === 'never') return t('The station has never connected: what you ask waits until it does.');
  if (state === 'offline') return t('The station is offline: what you ask waits until it is back.');
  if (registration === 'Rejected') return t('The station’s registration is rejected: what you ask waits until it is accepted.');
  return '';
}
