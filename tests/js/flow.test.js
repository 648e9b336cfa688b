import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillOf, flowsOf, isFull, paceOf, widthOf } from '../../static/js/flow.js';

/** @param {import('../../static/js/flow.js').Measured} measured */
const told = (measured) => Object.fromEntries(flowsOf(measured).map(({ from, to, power }) => [`${from} → ${to}`, power]));

test('by day the sun feeds the house and fills the battery', () => {
  assert.deepEqual(told({ income: 500, inject: 200, consumption: 200 }), { 'solar → house': 200, 'solar → battery': 300 });
});

test('by night the battery feeds the house, and the grid gives what is missing', () => {
  assert.deepEqual(told({ income: 0, inject: 150, consumption: 400 }), { 'battery → house': 150, 'grid → house': 250 });
});

test('what the house does not need goes to the grid', () => {
  assert.deepEqual(told({ income: 100, inject: 300, consumption: 50 }),
    { 'solar → house': 100, 'battery → house': 200, 'house → grid': 250 });
});

test('a full battery takes nothing', () => {
  assert.deepEqual(told({ income: 500, inject: 200, consumption: 200, isFull: true }), { 'solar → house': 200 });
});

test('noise, nothing and nonsense are no flows', () => {
  assert.deepEqual(told({ income: 0.4, inject: 0, consumption: 0.9 }), {});
  assert.deepEqual(told({ income: -20, inject: -5, consumption: -1 }), {});
  assert.deepEqual(told({ income: NaN, inject: NaN, consumption: NaN }), {});
});

test('what flows into the house is what it needs and what it hands on', () => {
  for (const income of [0, 50, 700]) {
    for (const inject of [0, 50, 700]) {
      for (const consumption of [0, 50, 700]) {
        const flows = flowsOf({ income, inject, consumption });
        const sum = (/** @type {'from' | 'to'} */ end) => flows.filter((flow) => flow[end] === 'house').reduce((all, { power }) => all + power, 0);
        assert.equal(sum('to') - sum('from'), consumption);
      }
    }
  }
});

test('how full a battery is, where that is known', () => {
  assert.equal(fillOf(720, 1440), 0.5);
  assert.equal(fillOf(2000, 1440), 1);
  assert.equal(fillOf(-3, 1440), 0);
  for (const capacity of [null, 0, -1, NaN]) assert.equal(fillOf(720, capacity), null);
  assert.equal(fillOf(NaN, 1440), null);
  assert.deepEqual([null, 0.5, 0.999].map(isFull), [false, false, true]);
});

test('more power is faster and thicker, within limits', () => {
  for (const [few, many] of [[10, 100], [100, 1000], [1000, 10_000]]) {
    assert.ok(paceOf(few) > paceOf(many));
    assert.ok(widthOf(few) < widthOf(many) || widthOf(many) === 7);
  }
  assert.equal(paceOf(0), paceOf(10));
  assert.equal(paceOf(1e9), paceOf(1e5));
  assert.equal(widthOf(1e9), 7);
});
