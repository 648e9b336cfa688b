import assert from 'node:assert/strict';
import { test } from 'node:test';

import { split } from '../../static/js/views/parts/problems.js';

const at = (path, reason = 'wrong') => ({ path, reason });

test('each problem stands at its field, in the order of the form', () => {
  const { fields, rest } = split([at('b'), at('a', 'one'), at('a', 'two')], ['a', 'b', 'c']);
  assert.deepEqual([...fields], [['a', ['one', 'two']], ['b', ['wrong']]]);
  assert.deepEqual(rest, []);
});

test('what is wrong inside a field is wrong with the field', () => {
  assert.deepEqual([...split([at('kinds/3')], ['kinds']).fields.keys()], ['kinds']);
});

test('what belongs to no field is said with its place', () => {
  assert.deepEqual(split([at('other'), at('')], ['a']).rest, ['other: wrong', 'wrong']);
});

test('a field whose name begins alike is another one', () => {
  assert.deepEqual(split([at('ab')], ['a']).rest, ['ab: wrong']);
});
