import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  emptyQuery, fitTo, fromEntries, fromSearch, isComplete, sameQuery, sameShape, toEntries, toggleSort, toSearch,
} from '../../static/js/query.js';

const TOPICS = ['stations', 'devices'];
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
  });
});

test('a value may contain colons, line ends and operators', () => {
  for (const value of ['2026-01-01T12:00:00Z', 'a:b::c', '<=:', 'two\nlines', ' ', '%3A&=+ü']) {
    const query = { filters: [filter('identity', '=', value)], sorts: [] };
    assert.deepEqual(fromEntries(toEntries(query)), query);
  }
});

test('every operator survives the way there and back', () => {
  for (const op of ['<', '>', '<=', '>=', '==', '=', '^']) {
    const query = { filters: [filter('power_w', op, '=5')], sorts: [] };
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
  const query = { filters: [], sorts: [descending('power_w'), ascending('identity')] };
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
  };
  assert.deepEqual(fitTo(query, COLUMNS), { filters: [filter('identity', '^', 'CP')], sorts: [descending('identity')] });
});

test('what is typed later does not change a query that was asked before', () => {
  const draft = { filters: [filter('identity', '=', 'a')], sorts: [ascending('identity')] };
  const asked = fitTo(draft, COLUMNS);
  draft.filters[0].value = 'ab';
  draft.sorts[0].direction = 'descending';
  assert.deepEqual(asked, { filters: [filter('identity', '=', 'a')], sorts: [ascending('identity')] });
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

test('the address holds the tab and the queries of both tabs', () => {
  const state = {
    tab: 'devices',
    queries: {
      stations: { filters: [filter('identity', '=', 'a&b=c:d#e+f %')], sorts: [descending('power_w')] },
      devices: { filters: [filter('battery', '<=', '20')], sorts: [] },
    },
  };
  assert.deepEqual(fromSearch(toSearch(state, TOPICS), TOPICS), state);
});

test('a bare address is the first tab without a query, and the other way round', () => {
  const state = fromSearch('', TOPICS);
  assert.deepEqual(state, { tab: 'stations', queries: { stations: emptyQuery(), devices: emptyQuery() } });
  assert.equal(toSearch(state, TOPICS), '');
});

test('an unknown tab is the first tab', () => {
  assert.equal(fromSearch('?tab=__proto__', TOPICS).tab, 'stations');
});

test('colons stay readable in the address', () => {
  const state = fromSearch('', TOPICS);
  state.queries.stations.sorts.push(ascending('identity'));
  assert.equal(toSearch(state, TOPICS), '?stations=sort:identity:%3E:abc');
});

test('two queries of one shape differ in typed values only', () => {
  const short = { filters: [filter('identity', '=', 'a')], sorts: [ascending('identity')] };
  const long = { filters: [filter('identity', '=', 'ab')], sorts: [ascending('identity')] };
  const turned = { ...short, sorts: [descending('identity')] };
  assert.ok(sameShape(short, long));
  assert.ok(!sameQuery(short, long));
  assert.ok(!sameShape(short, turned));
  assert.ok(!sameShape(short, emptyQuery()));
});
