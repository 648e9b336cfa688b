import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitTo, MAX_ENTRY_LENGTH, toEntries } from '../../static/js/query.js';
import { scopeOf } from '../../static/js/scope.js';

const COLUMNS = [{ name: 'station', label: 'Station', kind: /** @type {const} */ ('text') }];

test('a scope is exact, and never too long for the server', () => {
  assert.deepEqual(scopeOf('station', 'CP:1'), { field: 'station', op: '==', value: 'CP:1' });
  for (const length of [1, 181, 182, 183, 255]) {
    const query = { filters: [scopeOf('station', 'x'.repeat(length))], sorts: [] };
    const [entry] = toEntries(query);
    assert.ok(entry.length <= MAX_ENTRY_LENGTH);
    assert.deepEqual(fitTo(query, COLUMNS).filters, query.filters, 'it is never left out');
  }
});
