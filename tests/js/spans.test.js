import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMoment, formatTick, silenceOf, SPANS } from '../../static/js/spans.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 5, 21, 12) / 1000;

test('spans go from an hour to what the server gives at most', () => {
  assert.deepEqual(SPANS.map(({ name }) => name), ['hour', 'day', 'week', 'month', 'year']);
  assert.equal(SPANS[0].minutes, 60);
  assert.equal(SPANS.at(-1)?.minutes, 366 * 24 * 60);
});

test('the longer the span, the rarer is it asked for again', () => {
  const refreshes = SPANS.map(({ refresh }) => refresh);
  assert.deepEqual(refreshes, refreshes.toSorted((a, b) => a - b));
});

test('a line is broken by a silence that is longer than the distance of its points', () => {
  assert.equal(silenceOf(HOUR), 300);
  assert.ok(Math.abs(silenceOf(2 * DAY) - 300) < 1);
  assert.equal(silenceOf(7 * DAY), 3 * HOUR);
  assert.ok(silenceOf(366 * DAY) > 3 * HOUR);
});

test('the axis has times on one day, and dates beyond', () => {
  const time = new Date(NOON * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  assert.equal(formatTick(NOON, HOUR), time);
  assert.equal(formatTick(NOON, DAY), time);
  assert.match(formatTick(NOON, 7 * DAY), /^2[12] Jun$/);
});

test('the legend has seconds in an hour, and a date beyond', () => {
  assert.match(formatMoment(NOON, HOUR), /^\d\d:\d\d:00$/);
  assert.match(formatMoment(NOON, DAY), /^2[12] Jun,? \d\d:\d\d$/);
});
