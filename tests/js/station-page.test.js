import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, lookOf, nameOf, shown, startOf, statusOf, unlockOf } from '../../static/js/station/connectors.js';
import { limitProfile } from '../../static/js/station/limit.js';
import { endOf } from '../../static/js/station/outcome.js';
import { refusedTo, waitingNote, whyNoStart, whyNoStop } from '../../static/js/station/reasons.js';
import { explained } from '../../static/js/station/rules.js';
import { durationOf, historyOf, lastedFor, secondsOf, totalsOf } from '../../static/js/station/sessions.js';

const connector = (more = {}) => ({
  evse: 1, number: 1, status: 'Available', error_code: 'NoError', vendor_error_code: '', info: '', status_since: null,
  power_w: null, energy_wh: null, soc: null, session: null, ...more,
});
const STATION = { state: 'online', ocpp_version: '1.6', registration: 'Accepted' };
const SESSION = { id: 7, id_token: 'CARD1', charging_state: 'SuspendedEV', started_at: '', energy_wh: null, soc: null };

test('a connector is called by its EVSE, and by its own number where there are several', () => {
  const [one, left, right] = [connector(), connector({ evse: 2 }), connector({ evse: 2, number: 2 })];
  const all = [one, left, right];
  assert.deepEqual(all.map((each) => nameOf(each, all)), ['Connector 1', 'EVSE 2, connector 1', 'EVSE 2, connector 2']);
});

test('the station as a whole is shown when there is something to tell', () => {
  const whole = connector({ evse: 0, number: 0 });
  assert.deepEqual(shown([whole, connector()]), [connector()]);
  for (const odd of [{ status: 'Faulted' }, { info: 'door open' }]) assert.equal(shown([{ ...whole, ...odd }]).length, 1);
});

test('occupied says less than the session', () => {
  assert.equal(statusOf(connector({ status: 'Occupied', session: SESSION })), 'SuspendedEV');
  assert.equal(statusOf(connector({ status: 'Occupied' })), 'Occupied');
  assert.equal(lookOf('SuspendedEV').text, 'Paused by the vehicle');
  assert.deepEqual(lookOf('toString'), { text: 'toString', shape: 'ring', tone: 'calm' });
  assert.equal(faultOf(connector({ error_code: 'OtherError', vendor_error_code: 'E7', info: 'x' })), 'OtherError · E7 · x');
});

test('what is asked of a connector is in the words of its version', () => {
  assert.deepEqual(startOf(connector({ evse: 2 }), '1.6')?.payload, { connectorId: 2, idTag: '' });
  assert.equal(startOf(connector(), '2.1')?.action, 'RequestStartTransaction');
  assert.deepEqual(unlockOf(connector({ evse: 2, number: 3 }), '2.0.1')?.payload, { evseId: 2, connectorId: 3 });
  assert.equal(unlockOf(connector(), 'NOC'), null);
});

test('why something cannot be asked is said in words', () => {
  assert.equal(whyNoStart('operator', STATION, connector()), '');
  assert.match(whyNoStart('viewer', STATION, connector()), /log in/);
  assert.match(whyNoStart('operator', STATION, connector({ session: SESSION })), /already/);
  assert.match(whyNoStart('operator', STATION, connector({ status: 'Faulted' })), /faulty/);
  assert.match(whyNoStart('operator', STATION, connector({ status: 'Unavailable' })), /out of service/);
  assert.match(whyNoStart('operator', { ...STATION, registration: 'Pending' }, connector()), /not been accepted/);
  assert.match(whyNoStart('operator', { ...STATION, ocpp_version: 'NOC' }, connector()), /bridge/);
  assert.match(whyNoStop('operator', connector()), /No session/);
  assert.equal(whyNoStop('administrator', connector({ session: SESSION })), '');
  assert.match(refusedTo('operator', 'administrator'), /administrator/);
});

test('a station that is away gets it later', () => {
  assert.equal(waitingNote(STATION), '');
  assert.match(waitingNote({ ...STATION, state: 'offline' }), /until it is back/);
  assert.match(waitingNote({ ...STATION, state: 'never' }), /never connected/);
  assert.match(waitingNote({ ...STATION, registration: 'Rejected' }), /accepted/);
});

test('durations are short', () => {
  assert.deepEqual([-5, 59_000, 60_000, 3_600_000 + 61_000].map(durationOf), ['0 s', '59 s', '1 min', '1 h 1 min']);
  assert.equal(lastedFor({ started_at: '2026-01-01T00:00:00Z', ended_at: null }, Date.parse('2026-01-01T00:01:00Z')), 60_000);
  assert.equal(lastedFor({ started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:00:01Z' }, 0), 1000);
});

test('sessions without an energy are counted as such', () => {
  const sessions = [{ active: true, energy_wh: 10 }, { active: false, energy_wh: null }, { active: false, energy_wh: 5 }];
  assert.deepEqual(totalsOf(sessions), { count: 3, running: 1, energy_wh: 15, unknown: 1 });
});

test('meter values become a history, oldest first, with the energy of the session', () => {
  const value = (received_at, energy_wh, power_w = null) =>
    ({ measured_at: null, received_at, energy_wh, power_w, current_a: null, voltage_v: null, soc: null });
  const values = [value('2026-01-01T00:02:00Z', 1500, 7), value('2026-01-01T00:00:00Z', 1000), value('2026-01-01T00:01:00Z', null)];
  const history = historyOf(values, null);
  assert.deepEqual(history.series[2], [0, null, 500]);
  assert.deepEqual(history.series[1], [null, null, 7]);
  assert.deepEqual(historyOf(values, 900).series[2], [100, null, 600]);
  assert.equal(secondsOf(history), 120);
  assert.equal(secondsOf(historyOf([], null)), 60);
});

test('how a command ended is a sentence', () => {
  const end = (state, result = '', error = '') => endOf({ action: 'Reset', state, result, error }, 'Restart');
  assert.deepEqual(end('answered', 'Accepted'), { text: 'Restart: done.', tone: 'good' });
  assert.match(end('answered', 'Scheduled').text, /for later/);
  assert.match(end('answered', 'RebootRequired').text, /after a restart/);
  assert.deepEqual(end('answered', 'Rejected'), { text: 'Restart: the station answered “Rejected”.', tone: 'bad' });
  assert.equal(end('answered').tone, 'good');
  assert.match(end('timed_out').text, /may have been carried out/);
  assert.match(end('failed', 'ConnectionLost').text, /may have been carried out/);
  assert.match(end('failed', 'InternalError', 'No.').text, /failed. No\.$/);
  assert.match(end('expired').text, /did not come back/);
  assert.equal(end('cancelled').tone, 'plain');
  assert.match(endOf({ action: 'Reset', state: 'answered', result: '', error: '' }).text, /^Reset/);
});

test('a plain limit is a profile of the kind that its place needs', () => {
  const now = Date.parse('2026-06-21T12:01:00Z');
  const whole = limitProfile({ limit: 16, unit: 'A', evse: '0', number: 3, level: 1 }, now, '1.6');
  assert.equal(whole.chargingProfilePurpose, 'ChargePointMaxProfile');
  assert.equal(whole.chargingSchedule.startSchedule, '2026-06-21T12:00:00Z');
  const one = limitProfile({ limit: 7000, unit: 'W', evse: '2', number: 3, level: 1 }, now, '1.6');
  assert.equal(one.chargingProfileKind, 'Relative');
  assert.deepEqual(one.chargingSchedule, { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 7000 }] });
});

test('in 2.x it has other names, and a list of schedules', () => {
  const whole = limitProfile({ limit: 16, unit: 'A', evse: '0', number: 3, level: 1 }, 0, '2.1');
  assert.deepEqual([whole.id, whole.chargingProfilePurpose, whole.chargingProfileId], [3, 'ChargingStationMaxProfile', undefined]);
  const schedules = limitProfile({ limit: 7000, unit: 'W', evse: '2', number: 3, level: 1 }, 0, '2.0.1').chargingSchedule;
  assert.deepEqual(schedules, [{ id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 7000 }] }]);
});

test('rules without an explanation are called by their names', () => {
  assert.match(explained('ghost'), /long been free/);
  assert.equal(explained('toString'), 'toString');
});
