import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  emptyQuery, fitTo, fromEntries, fromParams, isComplete, sameQuery, sameShape, toEntries, toggleSort, toParams, withoutScope, withScope,
} from '../../static/js/query.js';

const COLUMNS = [
  { name: 'identity', label: 'Identity', kind: 'text' },
  { name: 'state', label: 'State', kind: 'state' },
  { name: 'power_w', label: 'Power', kind: 'number', unit: 'W' },
  { name: 'last_seen_at', label: 'Last seen', kind: 'time' },
];

const filter = (field, op, value) => ({ field, op, value });
const ascending = (field) => ({ field, direction: 'ascending' });
const descending = (field) => ({ field, direction: 'descending' });

test('entries of the protocol are read', () => {
  assert.deepEqual(fromEntries(['filter:status:=:char', 'sort:identity:>:abc', 'sort:power_w:<:123']), {
    filters: [filter('status', '=', 'char')],
    sorts: [ascending('identity'), descending('power_w')],
    search: '',
  });
});

test('a value may contain colons, line ends and operators', () => {
  for (const value of ['2026-01-01T12:00:00Z', 'a:b::c', '<=:', 'two\nlines', ' ', '%3A&=+ü']) {
    const query = { filters: [filter('identity', '=', value)], sorts: [], search: '' };
    assert.deepEqual(fromEntries(toEntries(query)), query);
  }
});

test('every operator survives the way there and back', () => {
  for (const op of ['<', '>', '<=', '>=', '==', '=', '^']) {
    const query = { filters: [filter('power_w', op, '=5')], sorts: [], search: '' };
    assert.deepEqual(fromEntries(toEntries(query)), query);
  }
});

test('entries that are not understood are left out', () => {
  assert.deepEqual(fromEntries(['', 'filter', 'filter:a', 'filter:a:!:b', 'sort:a', 'sort:a:?:abc', 'group:a']), emptyQuery());
});

test('a sort needs no kind', () => {
  assert.deepEqual(fromEntries(['sort:identity:<']).sorts, [descending('identity')]);
});

test('no more than twenty entries are read', () => {
  assert.equal(fromEntries(Array(30).fill('filter:a:=:b')).filters.length, 20);
});

test('sorts say whether the column is numeric', () => {
  const query = { filters: [], sorts: [descending('power_w'), ascending('identity')], search: '' };
  assert.deepEqual(toEntries(query, COLUMNS), ['sort:power_w:<:123', 'sort:identity:>:abc']);
});

test('a filter is complete when its column can be compared with its value', () => {
  const [identity, state, power, seen] = COLUMNS;
  assert.ok(isComplete(filter('identity', '=', 'a'), identity));
  assert.ok(isComplete(filter('state', '=', 'online'), state));
  assert.ok(isComplete(filter('power_w', '>=', ' -1.5e3 '), power));
  assert.ok(isComplete(filter('last_seen_at', '<', '2026-01-01T12:00:00Z'), seen));
  assert.ok(!isComplete(filter('identity', '=', '  '), identity), 'nothing typed yet');
  assert.ok(!isComplete(filter('identity', '<', 'a'), identity), 'texts have no order here');
  assert.ok(!isComplete(filter('power_w', '>=', '1,5'), power));
  assert.ok(!isComplete(filter('power_w', '>=', 'Infinity'), power));
  assert.ok(!isComplete(filter('last_seen_at', '<', 'yesterday'), seen));
  assert.ok(!isComplete(filter('identity', '=', 'x'.repeat(200)), identity), 'longer than the server takes');
  assert.ok(!isComplete(filter('gone', '=', 'a'), undefined));
});

test('a query keeps only what the columns can answer', () => {
  const query = {
    filters: [filter('gone', '=', 'a'), filter('identity', '^', 'CP'), filter('power_w', '=', '5')],
    sorts: [ascending('gone'), descending('identity')],
    search: '',
  };
  assert.deepEqual(fitTo(query, COLUMNS), { filters: [filter('identity', '^', 'CP')], sorts: [descending('identity')], search: '' });
});

test('what is typed later does not change a query that was asked before', () => {
  const draft = { filters: [filter('identity', '=', 'a')], sorts: [ascending('identity')], search: '' };
  const asked = fitTo(draft, COLUMNS);
  draft.filters[0].value = 'ab';
  draft.sorts[0].direction = 'descending';
  assert.deepEqual(asked, { filters: [filter('identity', '=', 'a')], sorts: [ascending('identity')], search: '' });
});

test('clicking a header goes ascending, descending, unsorted', () => {
  const once = toggleSort([], 'identity');
  const twice = toggleSort(once, 'identity');
  assert.deepEqual(once, [ascending('identity')]);
  assert.deepEqual(twice, [descending('identity')]);
  assert.deepEqual(toggleSort(twice, 'identity'), []);
});

test('clicking another header sorts by that one instead', () => {
  assert.deepEqual(toggleSort([ascending('identity'), ascending('state')], 'power_w'), [ascending('power_w')]);
});

test('with the others kept, a header joins, turns and leaves in its place', () => {
  const both = toggleSort([ascending('identity')], 'power_w', true);
  assert.deepEqual(both, [ascending('identity'), ascending('power_w')]);
  const turned = toggleSort(both, 'identity', true);
  assert.deepEqual(turned, [descending('identity'), ascending('power_w')]);
  assert.deepEqual(toggleSort(turned, 'identity', true), [ascending('power_w')]);
});

test('the address holds the query, and keeps what else it says', () => {
  const query = { filters: [filter('identity', '=', 'a&b=c:d#e+f %')], sorts: [descending('power_w')], search: '' };
  const params = toParams(query, new URLSearchParams('columns=identity&q=filter:old:=:x'));
  assert.deepEqual(fromParams(new URLSearchParams(params.toString())), query);
  assert.equal(params.get('columns'), 'identity');
});

test('two queries of one shape differ in typed values only', () => {
  const short = { filters: [filter('identity', '=', 'a')], sorts: [ascending('identity')], search: '' };
  const long = { filters: [filter('identity', '=', 'ab')], sorts: [ascending('identity')], search: '' };
  const turned = { ...short, sorts: [descending('identity')], search: '' };
  assert.ok(sameShape(short, long));
  assert.ok(!sameQuery(short, long));
  assert.ok(!sameShape(short, turned));
  assert.ok(!sameShape(short, emptyQuery()));
});

test('a quick search goes there and back, whatever it holds', () => {
  for (const search of ['a', 'CP: 1', 'filter:x:=:y', ' ', 'ä&b=c#%']) {
    const query = { ...emptyQuery(), search };
    assert.deepEqual(toEntries(query), [`search:${search}`]);
    assert.deepEqual(fromEntries(toEntries(query)), query);
    assert.deepEqual(fromParams(toParams(query, new URLSearchParams('columns=a'))), query);
  }
  assert.deepEqual(fromEntries(['search:']), emptyQuery());
  assert.equal(fitTo({ ...emptyQuery(), search: 'a'.repeat(500) }, COLUMNS).search.length, 193);
});

test('what is typed into the search is one step of the history', () => {
  const typed = (search) => ({ ...emptyQuery(), search });
  assert.ok(sameShape(typed('a'), typed('ab')));
  assert.ok(!sameShape(typed(''), typed('a')));
  assert.ok(!sameQuery(typed('a'), typed('ab')));
});

test('a scope stands before the filters, and is taken away again', () => {
  const query = { filters: [filter('power_w', '>=', '1')], sorts: [ascending('identity')], search: 'a' };
  const scope = [filter('identity', '==', 'CP1')];
  assert.deepEqual(withScope(query, scope).filters, [...scope, ...query.filters]);
  assert.deepEqual(withoutScope(withScope(query, scope), scope), query);
  assert.deepEqual(withScope(query, []), query);
});
