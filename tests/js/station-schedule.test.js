import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ceiling, frameOf, marksOf, pathOf, stepAt, stepsOf } from '../../static/js/station/schedule.js';

const START = '2026-06-21T12:00:00Z';
const BEGIN = Date.parse(START);
const HOUR = 3_600_000;
const SIZE = { width: 100, height: 50 };

const schedule = (...periods) => ({
  evse: 1, start: START, duration: 7200, unit: 'A', unreadable: [],
  periods: periods.map(([start_seconds, limit, phases = null]) => ({ start_seconds, limit, phases })),
});

test('each period ends where the next begins, the last one with the schedule', () => {
  assert.deepEqual(stepsOf(schedule([3600, 10, 1], [0, 16])), [
    { from: BEGIN, to: BEGIN + HOUR, limit: 16, phases: null },
    { from: BEGIN + HOUR, to: BEGIN + 2 * HOUR, limit: 10, phases: 1 },
  ]);
});

test('what is empty or behind the end is left out', () => {
  assert.deepEqual(stepsOf(schedule([0, 16], [0, 8], [9000, 32])).map(({ limit, to }) => [limit, to]), [[8, BEGIN + 2 * HOUR]]);
  assert.deepEqual(stepsOf(schedule()), []);
});

test('the frame covers all schedules and leaves room above the highest limit', () => {
  const later = { ...schedule([0, 18]), start: '2026-06-21T13:00:00Z' };
  assert.deepEqual(frameOf([schedule([0, 16]), later]), { from: BEGIN, to: BEGIN + 3 * HOUR, most: 20 });
  assert.equal(frameOf([schedule([0, null])]).most, 1);
});

test('axes end at numbers that people count in', () => {
  assert.deepEqual([0, 0.3, 1, 17.6, 22000, 99].map(ceiling), [1, 0.5, 1, 20, 25000, 100]);
});

test('the line steps, and is broken where nothing is limited', () => {
  const wanted = schedule([0, 10], [1800, 20], [3600, null], [5400, 0]);
  assert.equal(pathOf(stepsOf(wanted), { ...frameOf([wanted]), most: 20 }, SIZE), 'M0 25H25V0H50M75 50H100');
  assert.equal(pathOf(stepsOf(schedule([0, null])), frameOf([wanted]), SIZE), '');
});

test('what holds at a moment', () => {
  const steps = stepsOf(schedule([0, 16], [3600, 10]));
  assert.equal(stepAt(steps, BEGIN + HOUR)?.limit, 10);
  assert.equal(stepAt(steps, BEGIN + HOUR - 1)?.limit, 16);
  assert.equal(stepAt(steps, BEGIN + 2 * HOUR), null);
});

test('marks are few, and at full hours', () => {
  const marks = marksOf({ from: BEGIN + 60_000, to: BEGIN + 24 * HOUR, most: 1 });
  assert.ok(marks.length >= 6 && marks.length <= 9, String(marks.length));
  for (const mark of marks) assert.equal(new Date(mark).getMinutes(), 0);
  assert.ok(marksOf({ from: BEGIN, to: BEGIN + HOUR, most: 1 }).length <= 9);
});
