/**
 * What the calls to a station mean, in a sentence each, and what the fields of OCPP 1.6 mean, whose schemas say nothing
 * themselves. Pure.
 */
import { t } from './text.js';

/** @type {Record<string, () => string>} */
const ACTIONS = {
  AFRRSignal: () => t('Passes on the grid’s signal for frequency support, which vehicles follow that feed back.'),
  CancelReservation: () => t('Gives up a reservation that the station has.'),
  CertificateSigned: () => t('Hands the station a certificate that it asked to have signed.'),
  ChangeAvailability: () => t('Takes a connector, or the whole station, out of service or back into it. It waits for the end of a running session.'),
  ChangeConfiguration: () => t('Gives a configuration key a new value.'),
  ClearCache: () => t('Has the station forget which tokens it has seen.'),
  ClearChargingProfile: () => t('Has the station remove charging profiles that fit what is filled in; all of them when nothing is.'),
  CustomerInformation: () => t('Has the station tell, or remove, what it knows about a customer.'),
  DataTransfer: () => t('Something between the vendor and this server that no other call covers.'),
  DeleteCertificate: () => t('Has the station remove a certificate from its store.'),
  ExtendedTriggerMessage: () => t('Has the station send a message now.'),
  GetBaseReport: () => t('Has the station tell its whole inventory.'),
  GetChargingProfiles: () => t('Has the station tell which charging profiles it has.'),
  GetCompositeSchedule: () => t('Asks what the station will allow over the next time, all charging profiles together.'),
  GetConfiguration: () => t('Asks for configuration keys; for all of them when none is named.'),
  GetDiagnostics: () => t('Has the station upload its diagnostics to an address.'),
  GetInstalledCertificateIds: () => t('Asks which root certificates the station has.'),
  GetLocalListVersion: () => t('Asks for the version of the station’s local list.'),
  GetLog: () => t('Has the station upload a log to an address.'),
  GetReport: () => t('Has the station tell some of its variables.'),
  GetTransactionStatus: () => t('Asks whether the station has more to report of a session.'),
  GetVariables: () => t('Asks for the values of variables.'),
  HardwareRequest: () => t('A request to the charger’s own hardware, through its bridge.'),
  InstallCertificate: () => t('Has the station trust a root certificate.'),
  NotifyAllowedEnergyTransfer: () => t('Tells in which ways energy may flow in a session: with alternating or direct current, and in one direction or both.'),
  NotifyWebPaymentStarted: () => t('Tells that somebody pays for a connector on a web page, so that nobody else starts there meanwhile.'),
  RemoteStartTransaction: () => t('Starts a session with a token, as if its card had been shown.'),
  RemoteStopTransaction: () => t('Ends a running session.'),
  RequestStartTransaction: () => t('Starts a session with a token, as if its card had been shown.'),
  RequestStopTransaction: () => t('Ends a running session.'),
  ReserveNow: () => t('Keeps a connector free for a token until a moment.'),
  Reset: () => t('Restarts the station. Running sessions end, at once or before.'),
  SendLocalList: () => t('Gives the station a list of tokens that it may accept by itself.'),
  SetChargingProfile: () => t('Limits how much may be charged, and when.'),
  SetVariables: () => t('Gives variables new values.'),
  SignedUpdateFirmware: () => t('Has the station fetch and install firmware whose signature it checks.'),
  TriggerMessage: () => t('Has the station send a message now: its status, its meter values, a heartbeat.'),
  UnlockConnector: () => t('Opens the lock of a connector. A session that runs there ends.'),
  UpdateDynamicSchedule: () => t('Gives a dynamic charging profile new values, which hold at once.'),
  UpdateFirmware: () => t('Has the station fetch and install firmware from an address.'),
  UsePriorityCharging: () => t('Has a session charge by the profile for priority, or no more.'),
};

/** @type {Record<string, () => string>} */
const FIELDS = {
  connectorId: () => t('The number of the connector, from 1; 0 is the station as a whole, where that is allowed.'),
  idTag: () => t('The token: the number of a card, 20 characters at most.'),
  transactionId: () => t('The number of the session, as in the list of sessions.'),
  chargingProfileId: () => t('A number for the profile; a profile with the same number is replaced.'),
  stackLevel: () => t('Of two profiles of one purpose, the one with the higher level counts.'),
  chargingProfilePurpose: () => t('What it limits: the whole station, sessions by default, or one session.'),
  chargingProfileKind: () => t('Absolute: from a moment on. Recurring: each day or week. Relative: from the begin of the session.'),
  chargingRateUnit: () => t('A: amperes a phase. W: watts of all phases together.'),
  startPeriod: () => t('Seconds after the begin of the schedule.'),
  limit: () => t('In the unit of the schedule.'),
  expiryDate: () => t('Until when it is kept free.'),
  duration: () => t('Seconds.'),
};

/**
 * @param {string} action
 * @returns {string} '' where there is nothing to say
 */
export const helpOfAction = (action) => (Object.hasOwn(ACTIONS, action) ? ACTIONS[action]() : '');

/** @param {string} field */
export const helpOfField = (field) => (Object.hasOwn(FIELDS, field) ? FIELDS[field]() : '');
