import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicStore } from '../../static/js/store.js';

const row = (key, ...values) => [key, ...values];

function storeWith(...rows) {
  const store = new TopicStore();
  store.replace({ type: 'snapshot', seq: 0, total: rows.length, rows });
  return store;
}

const change = (store, seq, ...ops) => store.apply({ type: 'changes', seq, total: 99, ops });

test('a snapshot replaces everything that was there', () => {
  const store = storeWith(row(1, 'old'), row(2, 'old'));
  change(store, 1, [0, 0, row(1, 'newer')]);
  store.replace({ type: 'snapshot', seq: 0, total: 5, rows: [row(3, 'new')] });
  assert.deepEqual(store.rows, [row(3, 'new')]);
  assert.equal(store.total, 5);
  assert.equal(store.takeChanged().size, 0);
  assert.equal(change(store, 1, [0, -1, null]), 'applied', 'numbering starts again');
});

test('a row that starts to match enters at its place', () => {
  const store = storeWith(row(1), row(3));
  assert.equal(change(store, 1, [-1, 1, row(2)]), 'applied');
  assert.deepEqual(store.rows.map(([key]) => key), [1, 2, 3]);
  assert.equal(store.total, 99);
});

test('a row may enter behind the last one', () => {
  const store = storeWith();
  assert.equal(change(store, 1, [-1, 0, row(1)], [-1, 1, row(2)]), 'applied');
  assert.deepEqual(store.rows.map(([key]) => key), [1, 2]);
});

test('a row that stops matching leaves', () => {
  const store = storeWith(row(1), row(2), row(3));
  change(store, 1, [1, -1, null]);
  assert.deepEqual(store.rows.map(([key]) => key), [1, 3]);
});

test('the new place counts in what is left after the row was taken out', () => {
  const store = storeWith(row(1), row(2), row(3));
  change(store, 1, [0, 2, row(1, 'moved')]);
  assert.deepEqual(store.rows, [row(2), row(3), row(1, 'moved')]);
});

test('a missed number is reported once, and nothing is believed until the next snapshot', () => {
  const store = storeWith(row(1, 'a'));
  assert.equal(change(store, 2, [0, 0, row(1, 'b')]), 'gap');
  assert.equal(change(store, 3, [0, 0, row(1, 'c')]), 'ignored');
  assert.equal(store.waiting, true);
  assert.deepEqual(store.rows, [row(1, 'a')], 'the old rows stay in sight meanwhile');
  store.replace({ type: 'snapshot', seq: 0, total: 1, rows: [row(1, 'd')] });
  assert.equal(change(store, 1, [0, 0, row(1, 'e')]), 'applied');
  assert.deepEqual(store.rows, [row(1, 'e')]);
});

test('a number that comes twice is a gap', () => {
  const store = storeWith(row(1, 'a'));
  change(store, 1, [0, 0, row(1, 'b')]);
  assert.equal(change(store, 1, [0, 0, row(1, 'b')]), 'gap');
});

for (const [name, op] of [
  ['from beyond the end', [1, 0, row(1)]],
  ['to beyond the end', [0, 1, row(1)]],
  ['without a row to put in', [-1, 0, null]],
]) {
  test(`an op that does not fit is a gap: ${name}`, () => {
    assert.equal(change(storeWith(row(1)), 1, op), 'gap');
  });
}

test('changes before any snapshot are ignored', () => {
  assert.equal(change(new TopicStore(), 1, [-1, 0, row(1)]), 'ignored');
});

test('after a reconnection only a snapshot counts', () => {
  const store = storeWith(row(1, 'a'));
  store.expectSnapshot();
  assert.equal(change(store, 1, [0, 0, row(1, 'b')]), 'ignored');
  assert.deepEqual(store.rows, [row(1, 'a')]);
});

test('a changed row is remembered with the values of the last paint', () => {
  const store = storeWith(row(1, 'a', 5), row(2, 'x', 6));
  change(store, 1, [0, 0, row(1, 'b', 5)]);
  change(store, 2, [0, 1, row(1, 'c', 5)]);
  assert.deepEqual([...store.takeChanged()], [[1, row(1, 'a', 5)]]);
  assert.equal(store.takeChanged().size, 0, 'taken is taken');
});

test('a row that entered was not painted before, even when it changed since', () => {
  const store = storeWith();
  change(store, 1, [-1, 0, row(1, 'a')], [0, 0, row(1, 'b')]);
  assert.deepEqual([...store.takeChanged()], [[1, null]]);
});

test('a row that left is forgotten', () => {
  const store = storeWith(row(1, 'a'));
  change(store, 1, [0, 0, row(1, 'b')], [0, -1, null]);
  assert.equal(store.takeChanged().size, 0);
});

test('a row is found by its key', () => {
  const store = storeWith(row(7), row(9));
  assert.equal(store.indexOf(9), 1);
  assert.equal(store.indexOf(8), -1);
});

/** A small generator with a seed, so that a failure can be repeated. */
function randomNumbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('snapshot + changes = a fresh snapshot, for any changes', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = randomNumbers(seed);
    let nextKey = 20;
    let naive = Array.from({ length: random(20) }, (_, key) => row(key, 0));
    const store = storeWith(...naive);
    let painted = new Map(naive.map((each) => [each[0], each]));
    for (let seq = 1; seq <= 30; seq += 1) {
      const ops = [];
      for (let count = random(5); count >= 0; count -= 1) {
        const enters = naive.length === 0 || random(4) === 0;
        const old = enters ? -1 : random(naive.length);
        const taken = enters ? null : naive[old];
        naive = naive.filter((each) => each !== taken);
        const next = !enters && random(4) === 0 ? -1 : random(naive.length + 1);
        const placed = next < 0 ? null : row(taken?.[0] ?? (nextKey += 1), random(3));
        if (placed) naive = [...naive.slice(0, next), placed, ...naive.slice(next)];
        ops.push([old, next, placed]);
      }
      assert.equal(store.apply({ type: 'changes', seq, total: naive.length, ops }), 'applied');
      assert.deepEqual(store.rows, naive, `seed ${seed}, batch ${seq}`);
      if (random(3) === 0) {
        for (const [key, before] of store.takeChanged()) {
          assert.equal(before, painted.get(key) ?? null, `seed ${seed}: row ${key} as it was painted`);
        }
        painted = new Map(store.rows.map((each) => [each[0], each]));
      }
    }
  }
});

test('while it is paused what is shown stays, and the changes are counted by rows', () => {
  const store = storeWith(row(1, 'a'), row(2, 'b'), row(3, 'c'));
  store.pause();
  const shown = store.rows;
  assert.equal(store.held, 0);
  change(store, 1, [0, 0, row(1, 'x')], [0, 0, row(1, 'y')], [2, -1, null], [-1, 0, row(9, 'new')]);
  assert.deepEqual(store.rows, [row(1, 'a'), row(2, 'b'), row(3, 'c')]);
  assert.equal(store.rows, shown);
  assert.equal(store.held, 3, 'the first one changed twice');
  assert.equal(store.total, 99);
  assert.equal(store.takeChanged().size, 0);
  assert.equal(change(store, 2, [0, -1, null]), 'applied', 'the changes after them fit');
  store.resume();
  assert.deepEqual(store.rows, [row(1, 'y'), row(2, 'b')]);
  assert.equal(store.held, 0);
});

test('after a pause the rows that changed can be marked, with what was shown of them', () => {
  const store = storeWith(row(1, 'a'), row(2, 'b'));
  store.pause();
  change(store, 1, [0, 0, row(1, 'x')], [0, 0, row(1, 'y')]);
  store.resume();
  assert.deepEqual([...store.takeChanged()], [[1, row(1, 'a')]]);
  change(store, 2, [1, 1, row(2, 'z')]);
  assert.deepEqual(store.rows, [row(1, 'y'), row(2, 'z')]);
});

test('a snapshot is shown at once, and the pause goes on', () => {
  const store = storeWith(row(1, 'a'));
  store.pause();
  change(store, 1, [0, 0, row(1, 'x')]);
  store.replace({ type: 'snapshot', seq: 0, total: 1, rows: [row(7, 'other')] });
  assert.equal(store.held, 0);
  change(store, 1, [-1, 1, row(8, 'more')]);
  assert.deepEqual(store.rows, [row(7, 'other')]);
  assert.equal(store.held, 1);
  store.resume();
  assert.deepEqual(store.rows, [row(7, 'other'), row(8, 'more')]);
});

test('a gap during a pause is a gap, and pausing twice forgets nothing', () => {
  const store = storeWith(row(1, 'a'));
  store.pause();
  change(store, 1, [0, 0, row(1, 'x')]);
  store.pause();
  assert.equal(store.held, 1);
  assert.equal(change(store, 3, [0, -1, null]), 'gap');
  assert.deepEqual(store.rows, [row(1, 'a')]);
});

test('of a table without end a pause holds no more than what is there or was shown', () => {
  const store = storeWith(row(2, 'b'), row(1, 'a'));
  store.pause();
  for (let key = 3; key < 50; key += 1) change(store, key - 2, [-1, 0, row(key, 'new')], [2, -1, null]);
  assert.equal(store.held, 4, 'two came, two that are shown left; all others were never seen');
  assert.deepEqual(store.rows, [row(2, 'b'), row(1, 'a')]);
  store.resume();
  assert.deepEqual(store.rows, [row(49, 'new'), row(48, 'new')]);
});
