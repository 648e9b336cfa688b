import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedTo, pageOf, parseAddress, toAddress } from '../../static/js/routes.js';

const at = (pathname, search) => {
  const { view, key, part } = parseAddress(pathname, search);
  return [view, key, part];
};

test('each view has an address', () => {
  assert.deepEqual(at('/'), ['overview', '', '']);
  assert.deepEqual(at('/stations'), ['stations', '', '']);
  assert.deepEqual(at('/stations/'), ['stations', '', '']);
  assert.deepEqual(at('/stations/CP-1'), ['station', 'CP-1', '']);
  assert.deepEqual(at('/stations/CP-1/configuration'), ['station', 'CP-1', 'configuration']);
  assert.deepEqual(at('/devices/0001/messages'), ['device', '0001', 'messages']);
  assert.deepEqual(at('/settings'), ['settings', '', '']);
  assert.deepEqual(at('/settings/users'), ['settings', '', 'users']);
});

test('where nothing is, no view is', () => {
  for (const path of ['/nowhere', '/admin/', '/commands/7', '/stations/CP-1/a/b', '/settings/a/b', '/__proto__', '/constructor/x']) {
    assert.equal(parseAddress(path).view, '', path);
  }
});

test('an identity may hold anything', () => {
  for (const key of ['CP/1', 'ÄÖ ü', '100%', '<b>', '?q=1']) assert.deepEqual(at(pageOf('stations', key, 'sessions')), ['station', key, 'sessions']);
  assert.deepEqual(at('/stations/100%'), ['station', '100%', '']);
});

test('colons stay readable in an address', () => {
  assert.equal(toAddress('/stations', new URLSearchParams([['q', 'sort:identity:>:abc']])), '/stations?q=sort:identity:%3E:abc');
  assert.equal(toAddress('/', new URLSearchParams()), '/');
});

test('addresses of the one page of old lead to the views of today', () => {
  assert.equal(movedTo('?tab=devices&devices=filter:battery:<=:20&stations=x'), '/devices?q=filter:battery:%3C%3D:20');
  assert.equal(movedTo('?stations=sort:identity:>:abc'), '/stations?q=sort:identity:%3E:abc');
  assert.equal(movedTo('?tab=__proto__'), null);
  assert.equal(movedTo(''), null);
});
