import assert from 'node:assert/strict';
import { test } from 'node:test';

import { additionalOf, limitsOf, linesOf, numbersOf } from '../../static/js/token.js';

test('what is shown along with a token is a line each, and comes back as it was', () => {
  const lines = ['PIN: 1234', 'Plate: W: 12'];
  const additional = [{ type: 'PIN', additionalIdToken: '1234' }, { type: 'Plate', additionalIdToken: 'W: 12' }];
  assert.deepEqual(additionalOf(lines), additional);
  assert.deepEqual(linesOf(additional), lines);
});

test('a line without a type is left to the server, which says so', () => {
  assert.deepEqual(additionalOf(['1234', 'PIN:']), [{ type: '', additionalIdToken: '1234' }, { type: 'PIN', additionalIdToken: '' }]);
  assert.deepEqual(numbersOf(['1', '02', 'two', '-1']), [1, 2, 'two', '-1']);
});

test('limits are an object of their own, without those that are not wanted', () => {
  const { limits, rest } = limitsOf({ holder: 'Ada', maxCost: 20, maxEnergy: null, maxTime: 3600, maxSoC: null });
  assert.deepEqual(limits, { maxCost: 20, maxTime: 3600 });
  assert.deepEqual(rest, { holder: 'Ada' });
});
