import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bulk } from '../../static/js/bulk.js';
import { allColumns, chosenIn, moved, shownColumns, toggled, withChosen } from '../../static/js/columns.js';
import { BrowserViews, ServerViews } from '../../static/js/saved-views.js';
import { Selection } from '../../static/js/selection.js';
import { meaningOf } from '../../static/js/views/table/keys.js';
import { LASTS, MOST_KEYS, NOTHING_LASTS, path, SparklineCache } from '../../static/js/sparkline.js';

// -- columns -----------------------------------------------------------------------------------

const COLUMNS = ['identity', 'state', 'power_w'].map((name) => ({ name, label: name, kind: 'text' }));
const shown = (...names) => shownColumns(allColumns(COLUMNS), names).map(({ name, at }) => [name, at]);

test('without a choice all columns are shown', () => {
  assert.deepEqual(shown(), [['identity', 1], ['state', 2], ['power_w', 3]]);
  assert.deepEqual(shown('gone', ''), shown());
});

test('the column that names the row is always in front', () => {
  assert.deepEqual(shown('power_w', 'state', 'power_w', 'gone'), [['identity', 1], ['power_w', 3], ['state', 2]]);
  assert.deepEqual(shown('state', 'identity'), [['identity', 1], ['state', 2]]);
});

test('the line of the last hour stands behind the power, and is found by the key of the row', () => {
  const places = (columns) => allColumns(columns, 'Last hour').map(({ name, at }) => `${name} ${at}`);
  assert.deepEqual(places(COLUMNS), ['identity 1', 'state 2', 'power_w 3', 'last_hour 0']);
  const withUnits = [COLUMNS[0], { ...COLUMNS[2], unit: 'W' }, COLUMNS[1]];
  assert.deepEqual(places(withUnits), ['identity 1', 'power_w 2', 'last_hour 0', 'state 3']);
});

test('the choice stands in the address, unless it is the usual one', () => {
  const params = new URLSearchParams('q=search:a');
  const made = withChosen(['identity', 'power_w'], COLUMNS, params);
  assert.equal(made.toString(), 'q=search%3Aa&columns=identity%2Cpower_w');
  assert.deepEqual(chosenIn(made), ['identity', 'power_w']);
  assert.equal(withChosen(['identity', 'state', 'power_w'], COLUMNS, made).toString(), 'q=search%3Aa');
  assert.equal(withChosen([], COLUMNS, made).toString(), 'q=search%3Aa');
  assert.deepEqual(chosenIn(new URLSearchParams('')), []);
});

test('columns come, go and move, and the first one stays where it is', () => {
  assert.deepEqual(toggled(['a', 'b'], 'b'), ['a']);
  assert.deepEqual(toggled(['a'], 'b'), ['a', 'b']);
  assert.deepEqual(moved(['a', 'b', 'c'], 'c', -1), ['a', 'c', 'b']);
  assert.deepEqual(moved(['a', 'b', 'c'], 'b', 1), ['a', 'c', 'b']);
  for (const [name, by] of [['b', -1], ['c', 1], ['a', 1], ['gone', 1]]) {
    assert.deepEqual(moved(['a', 'b', 'c'], name, by), ['a', 'b', 'c']);
  }
});

// -- selection ---------------------------------------------------------------------------------

const ROWS = [[1], [2], [3], [4], [5]];

test('rows are selected one by one, and from one to another in both directions', () => {
  const selection = new Selection();
  selection.toggle(4);
  selection.extend(ROWS, 2);
  assert.deepEqual(selection.of(ROWS), [[2], [3], [4]]);
  selection.toggle(3);
  assert.deepEqual(selection.of(ROWS), [[2], [4]]);
  selection.extend(ROWS, 5);
  assert.deepEqual(selection.of(ROWS), [[2], [3], [4], [5]]);
});

test('a range that begins nowhere is one row', () => {
  const selection = new Selection();
  selection.extend(ROWS, 2);
  assert.deepEqual(selection.of(ROWS), [[2]]);
  selection.toggle(5);
  selection.extend(ROWS.slice(0, 4), 1);
  assert.deepEqual(selection.of(ROWS), [[1], [2], [5]]);
});

test('who left the table is selected still, and nothing is done to it', () => {
  let changes = 0;
  const selection = new Selection(() => { changes += 1; });
  selection.addAll(ROWS);
  assert.deepEqual(selection.of([[2], [9]]), [[2]]);
  assert.equal(selection.size, 5);
  selection.clear();
  selection.clear();
  assert.deepEqual([selection.size, selection.of(ROWS), changes], [0, [], 2]);
});

// -- keys ---------------------------------------------------------------------------------------

test('keys go through the rows, open and select them, and leave the rest to the browser', () => {
  const press = (key, { selectable = true, ...held } = {}) =>
    meaningOf({ key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...held }, { page: 9, selectable });
  const move = (by, select = false) => ({ kind: 'move', by, select });
  assert.deepEqual(press('ArrowDown'), move(1));
  assert.deepEqual(press('PageUp'), move(-9));
  assert.deepEqual(press('End'), move(Infinity));
  assert.deepEqual(press('ArrowUp', { shiftKey: true }), move(-1, true));
  assert.deepEqual(press('ArrowUp', { shiftKey: true, selectable: false }), move(-1));
  assert.deepEqual(press('Enter'), { kind: 'open' });
  assert.deepEqual(press(' '), { kind: 'select', range: false });
  assert.deepEqual(press(' ', { shiftKey: true }), { kind: 'select', range: true });
  assert.deepEqual(press(' ', { selectable: false }), { kind: 'open' });
  assert.deepEqual(press('a', { ctrlKey: true }), { kind: 'all' });
  assert.deepEqual(press('A', { metaKey: true }), { kind: 'all' });
  for (const nothing of [press('a'), press('a', { ctrlKey: true, selectable: false }), press('ArrowDown', { altKey: true }), press('c', { ctrlKey: true }), press('toString')]) {
    assert.equal(nothing, null);
  }
});

// -- sparklines --------------------------------------------------------------------------------

test('a line begins at 0, and ends where nothing is known', () => {
  assert.equal(path([0, 5, 10], 20, 10), 'M0 10L10 5L20 0');
  assert.equal(path([5, null, 10, 0], 30, 10), 'M0 5h1.5M20 0L30 10');
  assert.equal(path([-10, 10], 10, 10), 'M0 10L10 0');
  assert.equal(path([0, 0], 10, 10), 'M0 10L10 10');
  assert.equal(path([null, null], 10, 10), '');
  assert.equal(path([], 10, 10), '');
});

function cache(answer = async (keys) => Object.fromEntries(keys.map((key) => [key, [key, null]]))) {
  const asked = [];
  let news = 0;
  const made = new SparklineCache({
    ask: (keys) => { asked.push(keys); return answer(keys); },
    onLines: () => { news += 1; },
    draw: (values) => values.join(),
  });
  return { made, asked, news: () => news };
}

test('rows in sight are asked for once a minute, those out of sight never', async () => {
  const { made, asked, news } = cache();
  await made.want([1, 2], 0);
  await made.want([2, 3], 1000);
  await made.want([2, 3], LASTS - 1);
  assert.deepEqual(asked, [[1, 2], [3]]);
  await made.want([2, 3], LASTS);
  assert.deepEqual(asked[2], [2]);
  assert.deepEqual([made.path(2), made.path(3), made.path(9), made.values(2), news()], ['2,', '3,', '', [2, null], 3]);
});

test('a row that measured nothing yet is asked for again soon', async () => {
  const { made, asked } = cache(async (keys) => Object.fromEntries(keys.filter((key) => key > 1).map((key) => [key, [1]])));
  await made.want([1, 2], 0);
  await made.want([1, 2], NOTHING_LASTS - 1);
  await made.want([1, 2], NOTHING_LASTS);
  assert.deepEqual(asked, [[1, 2], [1]]);
});

test('there is one request at a time, of no more keys than the server takes', async () => {
  let answer;
  const { made, asked } = cache(() => new Promise((resolve) => { answer = resolve; }));
  const many = Array.from({ length: MOST_KEYS + 5 }, (_, key) => key);
  const first = made.want(many, 0);
  await made.want([500], 0);
  assert.deepEqual(asked, [many.slice(0, MOST_KEYS)]);
  answer({});
  await first;
  assert.equal(made.path(0), '', 'measured nothing');
});

test('a failure is no news of the rows, and is not tried again at once; after the end nothing happens', async () => {
  const { made, asked, news } = cache(async () => { throw new Error('away'); });
  await made.want([1], 0);
  await made.want([1], 1);
  assert.equal(asked.length, 1);
  await made.want([1], LASTS);
  assert.equal(asked.length, 2);
  const before = news();
  const last = made.want([1], 2 * LASTS);
  made.close();
  await last;
  await made.want([1], 9 * LASTS);
  assert.deepEqual([asked.length, news()], [3, before]);
});

test('lines of rows that were seen long ago are forgotten', async () => {
  const { made } = cache();
  for (let start = 0; start < 20 * MOST_KEYS; start += MOST_KEYS) {
    await made.want(Array.from({ length: MOST_KEYS }, (_, index) => start + index), 0);
  }
  assert.equal(made.path(0), '');
  assert.equal(made.path(20 * MOST_KEYS - 1), '1999,');
});

// -- saved views -------------------------------------------------------------------------------

function storage(text = null) {
  return { text, getItem: function () { return this.text; }, setItem: function (_, value) { this.text = value; } };
}

const view = (name, topic = 'stations') => ({ topic, name, address: `/${topic}?q=search:${name}` });

test('a browser keeps views by name, for each table', async () => {
  const views = new BrowserViews(storage());
  for (const each of [view('b'), view('a'), view('a', 'alerts'), { ...view('b'), address: '/stations' }]) await views.save(each);
  const found = await views.list('stations');
  assert.deepEqual(found.map(({ name, address }) => [name, address]), [['a', '/stations?q=search:a'], ['b', '/stations']]);
  await views.remove(found[0]);
  assert.deepEqual((await views.list('stations')).map(({ name }) => name), ['b']);
  assert.equal((await views.list('alerts')).length, 1);
});

test('a browser keeps no more than it should, and believes nothing that leads elsewhere', async () => {
  const views = new BrowserViews(storage());
  for (let number = 0; number < 50; number += 1) await views.save(view(`${number}`));
  await assert.rejects(views.save(view('one more')), /delete one first/);
  await views.save(view('7'));
  const bad = [{ id: 'x', topic: 'stations', name: 'x', address: 'https://evil.example' }, { ...view('x'), id: 7 }, null, 'x', { ...view('ok'), id: 'ok' }];
  for (const [text, expected] of [['{', []], ['7', []], [JSON.stringify(bad), ['ok']]]) {
    assert.deepEqual((await new BrowserViews(storage(text)).list('stations')).map(({ name }) => name), expected);
  }
});

test('the server is asked for the views of whoever is logged in', async () => {
  const asked = [];
  const views = new ServerViews(async (...call) => {
    asked.push(call);
    return { content: [{ id: 2, ...view('b') }, { id: 1, ...view('a') }, { id: 3, ...view('a', 'alerts') }] };
  });
  assert.deepEqual((await views.list('stations')).map(({ id }) => id), [1, 2]);
  await views.save({ ...view('a'), id: 9 });
  await views.remove({ id: 3 });
  assert.deepEqual(asked, [['views'], ['views', { body: view('a') }], ['views/3', { method: 'DELETE' }]]);
});

// -- bulk --------------------------------------------------------------------------------------

test('many are reached in portions, and every failure is told', async () => {
  const told = [];
  const portions = [];
  const bulk = new Bulk({
    names: ['a', 'b', 'c', 'd', 'e'],
    portion: 2,
    act: async (names) => {
      portions.push(names);
      if (names.includes('c')) throw new Error('away');
      return names.filter((name) => name === 'b').map((name) => ({ name, reason: 'refused' }));
    },
    onProgress: (progress) => told.push(progress),
  });
  const end = await bulk.run();
  assert.deepEqual(portions, [['a', 'b'], ['c', 'd'], ['e']]);
  assert.deepEqual(told.map(({ done }) => done), [0, 2, 4, 5, 5]);
  assert.deepEqual(end.failures.map(({ name, reason }) => `${name} ${reason}`), ['b refused', 'c away', 'd away']);
  assert.deepEqual([end.total, end.stopped, end.ended, told[3].ended], [5, false, true, false]);
});

test('when it is stopped nothing more begins', async () => {
  const bulk = new Bulk({
    names: ['a', 'b', 'c'],
    portion: 1,
    act: async (names) => { if (names[0] === 'b') bulk.stop(); return []; },
    onProgress: () => {},
  });
  const end = await bulk.run();
  assert.deepEqual([end.done, end.stopped, end.ended], [2, true, true]);
});
