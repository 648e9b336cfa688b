import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonOf, verdictOf } from '../../static/js/schema-words.js';

/** @param {string} keyword @param {string[]} expected */
const problem = (keyword, expected = [], rule = '') =>
  ({ part: /** @type {const} */ ('request'), path: '', keyword, expected, reason: 'As the server says.', rule });

test('each rule of the schema has words of its own', () => {
  for (const [keyword, expected, words] of /** @type {[string, string[], string][]} */ ([
    ['type', ['integer'], 'It is not of the type integer.'],
    ['type', ['array', 'null'], 'It is not of the type array, null.'],
    ['enum', ['Soft', 'Hard'], 'It is none of Soft, Hard.'],
    ['maxLength', ['20'], 'It is longer than 20 characters.'],
    ['required', ['status'], 'status is missing.'],
    ['additionalProperties', [], 'The schema does not know this field.'],
    ['format', ['date-time'], 'It is not written as date-time.'],
    ['action', ['1.6'], 'This action is none of OCPP 1.6.'],
    ['minItems', [], 'As the server says.'],
    ['constructor', [], 'As the server says.'],
  ])) assert.equal(reasonOf(problem(keyword, expected)), words);
});

test('a long enumeration is cut', () => {
  const many = Array.from({ length: 30 }, (_, index) => `V${index}`);
  assert.match(reasonOf(problem('enum', many)), /^It is none of V0, .*V11, …\.$/);
});

test('it says whether it was understood', () => {
  assert.equal(verdictOf(problem('type', [], 'number_as_text')), 'Understood all the same, by the rule number_as_text.');
  assert.equal(verdictOf(problem('type')), 'No rule of tolerance takes this.');
});
