import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMoment, formatPeriod, formatTick, periodOf, questionOf, silenceOf, SPANS } from '../../static/js/spans.js';

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

test('the server is asked for a span until now, or for whole minutes until the end of a period', () => {
  assert.equal(questionOf(SPANS[0], null), 'minutes=60');
  assert.equal(questionOf(SPANS[0], { from: NOON, to: NOON + 90.4 }), `minutes=2&until=${NOON + 91}`);
});

test('a period has a beginning before its end, and is longer than a slip of the hand', () => {
  assert.deepEqual(periodOf(NOON + HOUR, NOON), { from: NOON, to: NOON + HOUR });
  assert.equal(periodOf(NOON, NOON + 59), null);
});

test('a short period is told to the minute, a long one to the day', () => {
  assert.match(formatPeriod({ from: NOON, to: NOON + HOUR }), /21 Jun\D+\d\d:00\D+\d\d:00/);
  assert.match(formatPeriod({ from: NOON, to: NOON + 5 * DAY }), /^21\D+26 Jun$/);
  assert.match(formatPeriod({ from: NOON, to: NOON + 90 * DAY }), /21 Jun\D+19 Sept? 2026/);
});
