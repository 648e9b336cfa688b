import assert from 'node:assert/strict';
import { test } from 'node:test';
import { t, tn } from '../../static/js/text.js';

test('English is its own translation', () => {
  assert.equal(t('Stations'), 'Stations');
  assert.equal(t('{n} of {all}', { n: 1, all: 2 }), '1 of 2');
  assert.equal(tn('{count} row', '{count} rows', 1), '1 row');
  assert.equal(tn('{count} row', '{count} rows', 1234), '1,234 rows');
});

test('what nobody gave stays as it is, and what was given is not read again', () => {
  assert.equal(t('{a} {b}', { a: '{b}' }), '{b} {b}');
  assert.equal(t('{toString}', {}), '{toString}');
});
