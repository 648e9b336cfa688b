import assert from 'node:assert/strict';
import { test } from 'node:test';
import { widths } from '../../static/js/views/table/columns.js';

const text = (name, label = name, at = 1) => ({ name, label, kind: 'text', at });
const rowsOf = (...values) => values.map((value, key) => [key, 'x', value]);
const secondWidth = (...values) => widths([text('id'), text('b', 'b', 2)], rowsOf(...values), 0)[1];

test('a column is as wide as its values', () => {
  assert.equal(secondWidth('a'.repeat(12), 'b'), 12);
});

test('a column is at least as wide as its header with the arrow', () => {
  const [width] = widths([text('id', 'A rather long header')], [], 0);
  assert.ok(width >= 'A rather long header'.length);
});

test('a few very long values do not stretch a column', () => {
  assert.equal(secondWidth(...Array(99).fill('a'.repeat(8)), 'b'.repeat(500)), 8);
});

test('a rare word that is a little longer is not cut', () => {
  assert.equal(secondWidth(...Array(99).fill('Accepted'), 'RebootRequired'), 14);
});

test('no column takes the whole table', () => {
  assert.ok(secondWidth('a'.repeat(500)) < 30);
});

test('the first column, which names the row, has room for its longest value', () => {
  const rows = [...Array(99).fill(0).map((_, key) => [key, 'short']), [99, 'S1K0506-00000004']];
  const [width] = widths([text('id')], rows, 0);
  assert.ok(width > 16);
});

test('values are measured as they are shown', () => {
  const power = { name: 'power_w', label: 'P', kind: 'number', unit: 'W', at: 2 };
  const [, width] = widths([text('id'), power], [[1, 'a', 7360.123456789]], 0);
  assert.equal(width, '7.36 kW'.length);
});
