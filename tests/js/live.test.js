import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Live } from '../../static/js/live.js';

const COLUMNS = [{ name: 'identity', label: 'Station', kind: 'text' }];
const HELLO = { type: 'hello', time: new Date().toISOString(), topics: { stations: { columns: COLUMNS } } };
const QUERY = { filters: [{ field: 'identity', op: '=', value: 'a' }], sorts: [] };

function begin() {
  const sent = [];
  const live = new Live((message) => sent.push(message) > 0);
  const heard = [];
  const listener = { onColumns: () => heard.push('columns'), onRows: (fresh) => heard.push(fresh ? 'fresh' : 'rows'), onError: (refusal) => heard.push(refusal?.code ?? null) };
  return { sent, live, heard, listener };
}

test('a table is asked for at the first hello, and again at each', () => {
  const { sent, live, heard, listener } = begin();
  live.table('stations', listener, QUERY);
  live.receive(HELLO);
  live.receive(HELLO);
  assert.deepEqual(sent, Array(2).fill({ type: 'subscribe', topic: 'stations', query: ['filter:identity:=:a'] }));
  assert.deepEqual(heard, ['columns']);
});

test('a table that is opened later is asked for at once, and given up when it closes', async () => {
  const { sent, live, listener } = begin();
  live.receive(HELLO);
  const feed = live.table('stations', listener);
  assert.throws(() => live.table('stations', listener));
  await null;
  feed.close();
  feed.close();
  assert.deepEqual(sent.map(({ type }) => type), ['subscribe', 'unsubscribe']);
  live.table('stations', listener);
});

test('a snapshot of what was asked before is no answer', () => {
  const { live, heard, listener } = begin();
  const feed = live.table('stations', listener);
  live.receive(HELLO);
  feed.ask(QUERY);
  live.receive({ type: 'snapshot', topic: 'stations', seq: 0, query: [], total: 1, rows: [[1, 'b']] });
  assert.equal(feed.store.waiting, true);
  live.receive({ type: 'snapshot', topic: 'stations', seq: 0, query: ['filter:identity:=:a'], total: 1, rows: [[1, 'a']] });
  assert.deepEqual(feed.store.rows, [[1, 'a']]);
  assert.deepEqual(heard, ['columns', null, 'fresh']);
});

test('a gap is asked about; a refused query falls back to all rows, and says why', () => {
  const { sent, live, heard, listener } = begin();
  const feed = live.table('stations', listener, QUERY);
  live.receive(HELLO);
  live.receive({ type: 'error', topic: 'stations', code: 'bad_query', message: 'No.' });
  live.receive({ type: 'snapshot', topic: 'stations', seq: 0, query: [], total: 1, rows: [[1, 'b']] });
  assert.deepEqual(feed.store.rows, [[1, 'b']]);
  assert.ok(heard.includes('bad_query') && !heard.includes(null));
  live.receive({ type: 'changes', topic: 'stations', seq: 5, total: 1, ops: [] });
  assert.deepEqual(sent.at(-1), { type: 'resync', topic: 'stations' });
});

test('a summary is shared, remembered, asked for after each loss, and given up by the last', () => {
  const { sent, live } = begin();
  const first = [];
  const second = [];
  const one = live.summary('overview', (value) => first.push(value));
  live.receive(HELLO);
  live.receive({ type: 'summary', topic: 'overview', value: { online: 1 } });
  const two = live.summary('overview', (value) => second.push(value));
  live.receive(HELLO);
  assert.deepEqual([first, second], [[{ online: 1 }], [{ online: 1 }]]);
  one.close();
  assert.deepEqual(sent.map(({ type }) => type), ['subscribe', 'subscribe']);
  two.close();
  assert.deepEqual(sent.at(-1), { type: 'unsubscribe', topic: 'overview' });
  live.receive({ type: 'summary', topic: 'overview', value: {} });
  assert.equal(first.length, 1);
});
