/**
 * What operators ask of stations most often, for each language that stations are spoken to in. Pure.
 *
 * @typedef {{label: string, action: string, payload: Record<string, unknown>}} Preset
 */
import { t } from './text.js';

/** @type {Preset[]} */
const OCPP_1 = [
  { label: t('Remote start'), action: 'RemoteStartTransaction', payload: { connectorId: 1, idTag: '' } },
  { label: t('Remote stop'), action: 'RemoteStopTransaction', payload: {} },
  { label: t('Unlock'), action: 'UnlockConnector', payload: { connectorId: 1 } },
  { label: t('Restart'), action: 'Reset', payload: { type: 'Soft' } },
  { label: t('Out of service'), action: 'ChangeAvailability', payload: { connectorId: 0, type: 'Inoperative' } },
  { label: t('In service'), action: 'ChangeAvailability', payload: { connectorId: 0, type: 'Operative' } },
  {
    label: t('Limit'),
    action: 'SetChargingProfile',
    payload: {
      connectorId: 0,
      csChargingProfiles: {
        chargingProfileId: 1,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] },
      },
    },
  },
];

/** @type {Preset[]} */
const OCPP_2 = [
  {
    label: t('Remote start'),
    action: 'RequestStartTransaction',
    payload: { idToken: { idToken: '', type: 'ISO14443' }, remoteStartId: 1, evseId: 1 },
  },
  { label: t('Remote stop'), action: 'RequestStopTransaction', payload: {} },
  { label: t('Unlock'), action: 'UnlockConnector', payload: { evseId: 1, connectorId: 1 } },
  { label: t('Restart'), action: 'Reset', payload: { type: 'OnIdle' } },
  { label: t('Out of service'), action: 'ChangeAvailability', payload: { operationalStatus: 'Inoperative' } },
  { label: t('In service'), action: 'ChangeAvailability', payload: { operationalStatus: 'Operative' } },
  {
    label: t('Limit'),
    action: 'SetChargingProfile',
    payload: {
      evseId: 0,
      chargingProfile: {
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: [{ id: 1, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] }],
      },
    },
  },
  { label: t('Inventory'), action: 'GetBaseReport', payload: { requestId: 1, reportBase: 'FullInventory' } },
];

/** @type {Preset[]} */
const NOC = [
  { label: t('State'), action: 'HardwareRequest', payload: { method: 'GET', path: '/state' } },
  { label: t('Stop'), action: 'HardwareRequest', payload: { method: 'POST', path: '/outlets/1/stop' } },
  {
    label: t('Limit'),
    action: 'HardwareRequest',
    payload: { method: 'PUT', path: '/outlets/1/powercap', body: '{"PowerCapW": 11000}' },
  },
  { label: t('Log'), action: 'GetLogFile', payload: { path: '/controllers/1/api/outlets/1/log/state/full', lines: 1000 } },
];

/** @type {Record<string, Preset[]>} */
const PRESETS = { 1.6: OCPP_1, '2.0.1': OCPP_2, 2.1: OCPP_2, NOC };

/** What cannot be taken back, or takes a station out of use. */
const HURTS = new Set([
  'CertificateSigned', 'ClearCache', 'DeleteCertificate', 'InstallCertificate', 'PublishFirmware', 'RemoteStopTransaction',
  'RequestStopTransaction', 'Reset', 'SendLocalList', 'SetNetworkProfile', 'SignedUpdateFirmware', 'UnlockConnector',
  'UpdateFirmware',
]);

/** What only administrators may ask; others are refused by the server, too. */
const OF_ADMINISTRATORS = new Set([
  'CertificateSigned', 'DeleteCertificate', 'InstallCertificate', 'PublishFirmware', 'SetNetworkProfile', 'SignedUpdateFirmware', 'UpdateFirmware',
]);

/** How a running session is named to the station that has it. */
const STOPS = new Set(['RemoteStopTransaction', 'RequestStopTransaction']);

/**
 * @param {string} version
 * @param {string | number | null} [running] what the station calls the session that runs
 * @returns {Preset[]}
 */
export function presetsOf(version, running = null) {
  const presets = PRESETS[version] ?? [];
  if (running === null) return presets;
  return presets.map((preset) => (STOPS.has(preset.action) ? { ...preset, payload: { transactionId: running } } : preset));
}

/**
 * Whether a command should be confirmed before it is sent.
 * @param {string} action
 * @param {Record<string, any>} payload
 */
export function hurts(action, payload) {
  if (action === 'ChangeAvailability') return payload.type === 'Inoperative' || payload.operationalStatus === 'Inoperative';
  if (action === 'HardwareRequest') return payload.method !== 'GET';
  return HURTS.has(action);
}

/**
 * Why this cannot be asked; '' when it can.
 * @param {string} action
 * @param {{role: string, running: boolean}} circumstances running: a session is
 */
export function whyNot(action, { role, running }) {
  if (role === 'viewer') return t('Viewers cannot ask anything of stations: log in as an operator.');
  if (OF_ADMINISTRATORS.has(action) && role !== 'administrator') return t('Only administrators may ask this of a station.');
  if (STOPS.has(action) && !running) return t('No session is running at this station.');
  return '';
}
