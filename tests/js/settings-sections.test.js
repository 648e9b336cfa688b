import assert from 'node:assert/strict';
import { test } from 'node:test';

import { may, sectionOf, SECTIONS, whyNot } from '../../static/js/views/settings/sections.js';

const visitor = { name: null, role: 'viewer' };
const person = (role) => ({ name: 'ada', role });
const seen = (user) => SECTIONS.filter((section) => whyNot(section, user) === '').map(({ name }) => name);

test('each role sees what the one before sees, and more', () => {
  assert.deepEqual(seen(visitor), ['id-tokens', 'groups', 'tariffs', 'contracts', 'retention', 'about']);
  assert.deepEqual(seen(person('viewer')), ['account', 'id-tokens', 'groups', 'tariffs', 'contracts', 'retention', 'about']);
  assert.deepEqual(seen(person('operator')), seen(person('viewer')));
  assert.equal(seen(person('administrator')).length, SECTIONS.length);
});

test('the reason says what would help', () => {
  assert.match(whyNot(sectionOf('users'), visitor), /log in/);
  assert.match(whyNot(sectionOf('users'), person('operator')), /administrators.*Operator/);
});

test('an address without a section leads to the first, an unknown one nowhere', () => {
  assert.equal(sectionOf('').name, 'account');
  assert.equal(sectionOf('audit').name, 'audit');
  assert.equal(sectionOf('nothing'), null);
});

test('roles are ordered', () => {
  assert.ok(may(person('administrator'), 'operator'));
  assert.ok(!may(person('viewer'), 'operator'));
});
