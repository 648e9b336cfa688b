import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatCell, formatExact, formatMoney, formatNumber, formatRelative, formatShort, formatState, formatText, fromLocalInput, NOTHING, parseTime,
  toLocalInput,
} from '../../static/js/format.js';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const S = 1000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;

for (const [age, text] of [
  [0, 'now'], [999, 'now'], [S, '1 s ago'], [59.9 * S, '59 s ago'], [MIN, '1 min ago'], [59 * MIN + 59 * S, '59 min ago'],
  [H, '1 h ago'], [47.9 * H, '47 h ago'], [2 * D, '2 d ago'], [29 * D, '29 d ago'], [30 * D, '1 Jan 2026'],
  [-4 * S, 'now'], [-12 * S, 'in 12 s'], [-3 * H, 'in 3 h'], [-365 * D, '31 Jan 2027'],
]) {
  test(`a time ${age / S} s back is "${text}"`, () => {
    assert.equal(formatRelative(NOW - age, NOW), text);
  });
}

test('what is no time is nothing', () => {
  for (const value of [null, undefined, '', 'soon', 5]) {
    assert.equal(formatRelative(parseTime(value), NOW), NOTHING);
    assert.equal(formatExact(parseTime(value)), '');
  }
});

test('money has the coins of its currency', () => {
  assert.equal(formatMoney(1234.5, 'EUR'), '€1,234.50');
  assert.equal(formatMoney(1234, 'JPY'), 'JP¥1,234');
  assert.equal(formatMoney(0.1), '0.10');
  for (const nothing of [null, undefined, 'much']) assert.equal(formatMoney(nothing), NOTHING);
});

test('the exact time names the day and the second', () => {
  assert.match(formatExact(Date.parse('2026-01-05T12:34:56Z')), /5 January 2026.*:34:56/);
});

for (const [value, unit, text] of [
  [0, 'W', '0 W'], [999.5, 'W', '999.5 W'], [1000, 'W', '1.00 kW'], [7360, 'W', '7.36 kW'], [999.999, 'W', '1.00 kW'],
  [-1500, 'W', '-1.50 kW'], [2.5e6, 'W', '2.50 MW'], [999_999_999, 'W', '1.00 GW'], [850, 'Wh', '850 Wh'], [12_345, 'Wh', '12.35 kWh'],
  [87, '%', '87 %'], [1234.567, '', '1,234.57'], [16, 'A', '16 A'], [12_000, 'A', '12,000 A'], ['7.5', 'A', '7.5 A'],
]) {
  test(`${value} ${unit} reads "${text}"`, () => {
    assert.equal(formatNumber(value, unit), text);
  });
}

test('nothing known is not zero', () => {
  assert.equal(formatNumber(null, 'W'), NOTHING);
  assert.equal(formatNumber(undefined, 'W'), NOTHING);
  assert.equal(formatNumber('', 'W'), NOTHING);
  assert.equal(formatNumber('n/a', 'W'), 'n/a');
});

test('every state of a connection has its own words and its own shape', () => {
  const states = ['online', 'stale', 'offline', 'never'].map(formatState);
  assert.equal(new Set(states.map(({ text }) => text)).size, 4);
  assert.equal(new Set(states.map(({ shape }) => shape)).size, 4);
});

test('every state of a command has its own words, and a shape that tells whether it went well', () => {
  const states = ['queued', 'sent', 'answered', 'failed', 'timed_out', 'expired', 'cancelled'].map(formatState);
  assert.equal(new Set(states.map(({ text }) => text)).size, 7);
  assert.deepEqual(states.map(({ shape }) => shape), ['ring', 'half', 'disc', 'cross', 'cross', 'cross', 'ring']);
});

test('an alert that stands looks like what went wrong, one that was cleared does not', () => {
  assert.deepEqual(['standing', 'cleared'].map(formatState), [
    { text: 'Standing', shape: 'cross' },
    { text: 'Cleared', shape: 'ring' },
  ]);
});

test('a state that is not known yet is shown as it came', () => {
  assert.equal(formatState('rebooting').text, 'rebooting');
  assert.equal(formatState('constructor').text, 'constructor');
  assert.equal(formatState(null).text, NOTHING);
});

test('text is shown as it came, whatever it looks like', () => {
  assert.equal(formatText('<b>x</b>'), '<b>x</b>');
  assert.equal(formatText(0), '0');
  assert.equal(formatText(false), 'false');
  assert.equal(formatText({ a: [1] }), '{"a":[1]}');
});

test('a cell is formatted by the kind of its column', () => {
  const column = (kind, unit) => ({ name: 'x', label: 'X', kind, unit });
  assert.equal(formatCell(1500, column('number', 'W'), NOW), '1.50 kW');
  assert.equal(formatCell('2026-01-31T11:59:48.000Z', column('time'), NOW), '12 s ago');
  assert.equal(formatCell('never', column('state'), NOW), 'Never seen');
  assert.equal(formatCell('1500', column('text'), NOW), '1500');
});

test('a time typed in local time is sent as UTC and shown as it was typed', () => {
  const iso = fromLocalInput('2026-07-01T08:30');
  assert.match(iso, /^2026-0[67]-\d\dT\d\d:\d\d:00Z$/);
  assert.equal(toLocalInput(iso), '2026-07-01T08:30:00');
  assert.equal(fromLocalInput(''), '');
  assert.equal(toLocalInput('never'), '');
});

test('the marks of an axis have no zeros at their end', () => {
  assert.equal(formatShort(150_000, 'W'), '150 kW');
  assert.equal(formatShort(2_500, 'Wh'), '2.5 kWh');
  assert.equal(formatShort(0, 'W'), '0 W');
  assert.equal(formatShort(12.345, 'V'), '12.35 V');
});
