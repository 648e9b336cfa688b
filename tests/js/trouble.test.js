import assert from 'node:assert/strict';
import { test } from 'node:test';

import { alertsBadge, isTrouble, standingOf, tabTitle } from '../../static/js/trouble.js';

const QUIET = { title: 'Stations', alerts: 0, lost: false };

test('a quiet page has its name', () => {
  assert.equal(tabTitle(QUIET), 'Stations · SMART-Server');
  assert.equal(tabTitle({ ...QUIET, title: '' }), 'SMART-Server');
  assert.equal(isTrouble(QUIET), false);
});

test('alerts that stand are counted before it', () => {
  assert.equal(tabTitle({ ...QUIET, alerts: 3 }), '(3) Stations · SMART-Server');
  assert.equal(isTrouble({ ...QUIET, alerts: 3 }), true);
});

test('a lost connection comes first: what is counted may be old', () => {
  assert.equal(tabTitle({ title: 'Stations', alerts: 3, lost: true }), '(!) Stations · SMART-Server');
  assert.equal(isTrouble({ ...QUIET, lost: true }), true);
});

test('the badge says what its number means', () => {
  assert.deepEqual(alertsBadge(1), { number: '1', meaning: '1 alert stands' });
  assert.deepEqual(alertsBadge(1234), { number: '999+', meaning: '1,234 alerts stand' });
});

test('alerts that stand, from the summary', () => {
  assert.equal(standingOf({ states: { standing: 2, cleared: 9 } }), 2);
  for (const nothing of [null, undefined, {}, { states: {} }]) assert.equal(standingOf(nothing), 0);
});
