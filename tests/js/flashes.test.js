import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Flashes } from '../../static/js/views/table/flashes.js';

/** As much of a cell as is marked. */
class Cell {
  names = new Set();
  classList = {
    add: (name) => this.names.add(name),
    remove: (...names) => names.forEach((name) => this.names.delete(name)),
    replace: (old, name) => this.names.delete(old) && this.names.add(name),
  };

  get shown() {
    return [...this.names].join(' ');
  }
}

/** @param {number} count */
function steps(count) {
  // One by one: a timer that is set by another one counts from the end of the tick.
  for (let each = 0; each < count; each += 1) mock.timers.tick(400);
}

test.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
test.afterEach(() => mock.timers.reset());

test('a change is marked, then less, then not at all', () => {
  const flashes = new Flashes();
  const cell = new Cell();
  flashes.mark(cell);
  const seen = [cell.shown];
  for (let step = 0; step < 3; step += 1) {
    steps(1);
    seen.push(cell.shown);
  }
  assert.deepEqual(seen, ['flash', 'flash', 'flash-late', '']);
});

test('one that changes again is as new', () => {
  const flashes = new Flashes();
  const cell = new Cell();
  flashes.mark(cell);
  steps(2);
  assert.equal(cell.shown, 'flash-late');
  flashes.mark(cell);
  flashes.mark(cell);
  assert.equal(cell.shown, 'flash');
  steps(1);
  assert.equal(cell.shown, 'flash');
  steps(2);
  assert.equal(cell.shown, '');
});

test('a cell that shows another row is not marked any more', () => {
  const flashes = new Flashes();
  const [cell, other] = [new Cell(), new Cell()];
  flashes.mark(cell);
  flashes.mark(other);
  steps(1);
  flashes.forget([cell]);
  assert.deepEqual([cell.shown, other.shown], ['', 'flash']);
  steps(1);
  assert.deepEqual([cell.shown, other.shown], ['', 'flash-late']);
});
