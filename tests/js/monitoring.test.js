import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookOfSeverity, variableOf } from '../../static/js/station/monitoring.js';

const ROW = { component: 'EVSE', component_instance: '', evse: 0, connector: 0, variable: 'Power', variable_instance: '' };

test('a variable is named with its place and its instances', () => {
  assert.equal(variableOf(ROW), 'EVSE: Power');
  assert.equal(variableOf({ ...ROW, evse: 1 }), 'EVSE 1: Power');
  assert.equal(variableOf({ ...ROW, evse: 1, connector: 2, component_instance: 'main', variable_instance: 'L1' }), 'EVSE[main] 1/2: Power[L1]');
});

test('serious events look so', () => {
  assert.deepEqual([0, 3, 4, 6, 7, 9].map((severity) => lookOfSeverity(severity).tone), ['bad', 'bad', 'warn', 'warn', 'calm', 'calm']);
  assert.equal(lookOfSeverity(1).text, '1 · Hardware failure');
  assert.equal(lookOfSeverity(12).text, '12 · Unknown');
});
