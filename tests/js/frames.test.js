import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerFrame, callFrame, exportAddress, tookMs } from '../../static/js/frames.js';

const BEAT = {
  id: 1, station: 'CP-1', ocpp_version: '1.6', direction: /** @type {const} */ ('in'), action: 'Heartbeat', message_id: 'm1',
  request: {}, reply: { currentTime: 'now' }, outcome: 'CALLRESULT', received_at: '2026-11-29T12:00:00.100Z',
  answered_at: '2026-11-29T12:00:00.112Z', problems: [],
};

test('a call and its answer are the frames that were on the wire', () => {
  assert.deepEqual(callFrame(BEAT), [2, 'm1', 'Heartbeat', {}]);
  assert.deepEqual(answerFrame(BEAT), [3, 'm1', { currentTime: 'now' }]);
  assert.deepEqual(answerFrame({ ...BEAT, reply: null }), [3, 'm1', {}]);
});

test('an error has its code, whoever sent it', () => {
  const ours = { ...BEAT, outcome: 'FormationViolation', reply: ['wrong', { at: 1 }] };
  assert.deepEqual(answerFrame(ours), [4, 'm1', 'FormationViolation', 'wrong', { at: 1 }]);
  const theirs = { ...BEAT, outcome: 'NotSupported', reply: { description: 'no', details: {} } };
  assert.deepEqual(answerFrame(theirs), [4, 'm1', 'NotSupported', 'no', {}]);
  assert.deepEqual(answerFrame({ ...BEAT, outcome: 'InternalError', reply: null }), [4, 'm1', 'InternalError', '', {}]);
});

test('an answer that was of no use is told with CALLRESULTERROR', () => {
  const theirs = { ...BEAT, outcome: 'CALLRESULTERROR', request: { code: 'GenericError', description: 'no', details: {} }, reply: null };
  assert.deepEqual(callFrame(theirs), [5, 'm1', 'GenericError', 'no', {}]);
  assert.equal(answerFrame(theirs), null);
  const ours = { ...BEAT, direction: /** @type {const} */ ('out'), outcome: 'CALLRESULTERROR', reply: { status: 'Perhaps' } };
  assert.deepEqual(callFrame(ours), [2, 'm1', 'Heartbeat', {}]);
  assert.deepEqual(answerFrame(ours), [3, 'm1', { status: 'Perhaps' }]);
});

test('what was not answered has no answer, and what is no frame is none', () => {
  for (const outcome of ['TimedOut', 'ConnectionLost', 'SEND']) assert.equal(answerFrame({ ...BEAT, outcome }), null);
  assert.equal(callFrame({ ...BEAT, outcome: 'SEND' })?.[0], 6);
  const garbage = { ...BEAT, action: '', request: '[2,', outcome: 'FormationViolation' };
  assert.equal(callFrame(garbage), null);
  assert.equal(answerFrame(garbage), null);
});

test('the time between is in milliseconds, and unknown without an answer', () => {
  assert.equal(tookMs(BEAT), 12);
  assert.equal(tookMs({ ...BEAT, answered_at: null }), null);
});

test('an export has the filters that the API knows', () => {
  const filter = (/** @type {string} */ field, /** @type {string} */ op, /** @type {string} */ value) => ({ field, op, value });
  assert.equal(exportAddress({ filters: [], sorts: [] }), '/api/v1/messages/export');
  const filters = [
    filter('station', '==', 'A&B'), filter('received_at', '>=', '2026-11-29T12:00:00Z'), filter('received_at', '<', '2026-11-30T12:00:00Z'),
    filter('action', '=', 'Boot'), filter('outcome', '==', 'TimedOut'), filter('duration_ms', '>', '5'),
  ];
  assert.equal(exportAddress({ filters, sorts: [] }),
    '/api/v1/messages/export?station=A%26B&since=2026-11-29T12%3A00%3A00Z&until=2026-11-30T12%3A00%3A00Z&outcome=TimedOut');
});
