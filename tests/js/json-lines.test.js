import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, toLines } from '../../static/js/json-lines.js';

const VALUE = { a: 1, 'b/~': [true, null, { deep: 'x' }], empty: {}, none: [] };

/** @param {import('../../static/js/json-lines.js').Line[]} lines */
const printed = (lines) => lines.map(({ depth, name, text }) => `${'  '.repeat(depth)}${name === null ? '' : `${JSON.stringify(name)}: `}${text}`).join('\n');

test('the lines are those of the pretty-printed text', () => {
  for (const value of [VALUE, [], {}, 'text', 3.5, null, [[1], [2, [3]]], { '<b>': '"\n' }]) {
    assert.equal(printed(toLines(value).lines), JSON.stringify(value, null, 2));
    assert.equal(toLines(value).complete, true);
  }
});

test('each value has its pointer', () => {
  const { lines } = toLines(VALUE);
  assert.deepEqual(lines.filter(({ kind }) => kind !== 'end').map(({ pointer }) => pointer),
    ['', '/a', '/b~1~0', '/b~1~0/0', '/b~1~0/1', '/b~1~0/2', '/b~1~0/2/deep', '/empty', '/none']);
  assert.equal(lines[lineOf(lines, '/b~1~0/2/deep')].text, '"x"');
});

test('what is not there is told of what is around it', () => {
  const { lines } = toLines(VALUE);
  assert.equal(lines[lineOf(lines, '/b~1~0/2/missing/further')].pointer, '/b~1~0/2');
  assert.equal(lineOf(lines, '/nowhere'), 0);
  assert.equal(lineOf([], '/nowhere'), 0);
});

test('very long values end somewhere', () => {
  const long = Array.from({ length: 50 }, (_, index) => ({ index }));
  const { lines, complete } = toLines(long, 20);
  assert.equal(lines.length, 20);
  assert.equal(complete, false);
  assert.equal(toLines([1, 2], 3).complete, false, 'also where only the end is missing');
  assert.equal(toLines([1, 2], 4).complete, true);
});
