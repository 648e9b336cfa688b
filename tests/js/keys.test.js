import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GROUPS, isTyping, Sequence } from '../../static/js/keys.js';

const PLAIN = { ctrlKey: false, metaKey: false, altKey: false, isComposing: false };

/** @param {string[]} keys */
function typed(keys, pause = 100) {
  const sequence = new Sequence();
  return keys.map((key, index) => sequence.press(key, index * pause));
}

test('two keys lead to a view', () => {
  assert.deepEqual(typed(['g', 's']), ['', 'go /stations']);
  assert.deepEqual(typed(['g', 'o', 'g', 'a']), ['', 'go /', '', 'go /alerts']);
});

test('the second key has to come soon', () => {
  assert.deepEqual(typed(['g', 's'], 1500), ['', 'go /stations']);
  assert.deepEqual(typed(['g', 's'], 1501), ['', null]);
});

test('a second key that means nothing after the first means what it does alone', () => {
  assert.deepEqual(typed(['g', 'j']), ['', 'row next']);
  assert.deepEqual(typed(['g', 'x', 's']), ['', null, null]);
  assert.deepEqual(typed(['g', 'g', 'd']), ['', '', 'go /devices']);
});

test('keys that nothing waits for are left to others', () => {
  assert.deepEqual(typed(['x', '/', 'Enter', 's']), [null, null, null, null]);
});

test('help, and rows up and down', () => {
  assert.deepEqual(typed(['?', 'j', 'k']), ['help', 'row next', 'row previous']);
});

test('no two shortcuts have the same keys, and none hides behind another', () => {
  const all = GROUPS.flatMap(({ shortcuts }) => shortcuts.map(({ keys }) => keys.join(' ')));
  assert.equal(new Set(all).size, all.length);
  for (const keys of all) assert.ok(!all.some((other) => other.startsWith(`${keys} `)), keys);
});

test('what is typed into a field is text', () => {
  assert.ok(isTyping({ key: 'g', ...PLAIN }, { tagName: 'INPUT', type: 'search' }));
  assert.ok(isTyping({ key: 'g', ...PLAIN }, { tagName: 'TEXTAREA' }));
  assert.ok(isTyping({ key: 'g', ...PLAIN }, { tagName: 'SELECT' }));
  assert.ok(isTyping({ key: 'g', ...PLAIN }, { tagName: 'P', isContentEditable: true }));
  assert.ok(!isTyping({ key: 'g', ...PLAIN }, { tagName: 'INPUT', type: 'checkbox' }));
  assert.ok(!isTyping({ key: 'g', ...PLAIN }, { tagName: 'A' }));
  assert.ok(!isTyping({ key: 'g', ...PLAIN }, null));
});

test('keys of the browser are left to it', () => {
  assert.ok(isTyping({ key: 'g', ...PLAIN, ctrlKey: true }, null));
  assert.ok(isTyping({ key: 'k', ...PLAIN, metaKey: true }, null));
  assert.ok(isTyping({ key: 'ArrowDown', ...PLAIN }, null));
  assert.ok(isTyping({ key: 'g', ...PLAIN, isComposing: true }, null));
});
