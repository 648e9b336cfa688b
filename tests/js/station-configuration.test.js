import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersOf, fromKeys, fromVariables, grouped, matches, problemOf, wordsOf } from '../../static/js/station/configuration.js';

const key = (name, more = {}) => ({ key: name, value: '1', readonly: false, unknown: false, wanted: null, answer: '', ...more });
const variable = (more = {}) => ({
  component: 'OCPPCommCtrlr', component_instance: '', evse: 0, connector: 0, variable: 'HeartbeatInterval', variable_instance: '',
  attribute: 'Actual', value: '300', mutability: 'ReadWrite', characteristics: {}, ...more,
});
const setting = (more) => fromVariables([variable(more)])[0];

test('keys of 1.6 know what their values are', () => {
  const kinds = fromKeys([key('HeartbeatInterval'), key('LocalPreAuthorize', { value: null }), key('MeterValuesSampledData'), key('Own', { value: 'False' }),
    key('Other', { value: 'x' }), key('constructor')]).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['whole', 'flag', 'list', 'flag', 'text', 'text']);
});

test('keys stand in groups, those of the vendor last', () => {
  const found = grouped(fromKeys([key('AVendorKey'), key('WebSocketPingInterval'), key('HeartbeatInterval'), key('AuthorizationKey')]));
  assert.deepEqual([...found].map(([group, settings]) => [group, settings.map(({ name }) => name)]), [
    ['Connection', ['HeartbeatInterval', 'WebSocketPingInterval']],
    ['Security', ['AuthorizationKey']],
    ['Of the vendor', ['AVendorKey']],
  ]);
});

test('variables of 2.x bring what is known of them', () => {
  const found = setting({ characteristics: { dataType: 'integer', minLimit: 1, maxLimit: 9, unit: 's' }, evse: 1, connector: 2, component_instance: 'x', attribute: 'Target' });
  assert.deepEqual([found.kind, found.least, found.most, found.unit], ['whole', 1, 9, 's']);
  assert.equal(found.group, 'OCPPCommCtrlr [x], EVSE 1, connector 2');
  assert.equal(found.name, 'HeartbeatInterval (Target)');
  assert.equal(setting({ characteristics: { dataType: 'OptionList', valuesList: 'A, B' } }).kind, 'choice');
  assert.equal(setting({ characteristics: { dataType: 'OptionList' } }).kind, 'text');
  assert.equal(setting({ characteristics: null, mutability: 'ReadOnly' }).readonly, true);
});

test('every word of a search has to be there, in any case', () => {
  const one = setting({});
  assert.ok(matches(one, ' heart  300 '));
  assert.ok(matches(one, ''));
  assert.ok(matches(one, 'ocppcomm'));
  assert.ok(!matches(one, 'heart 301'));
});

test('what cannot be a value is said in words', () => {
  const whole = setting({ characteristics: { dataType: 'integer', minLimit: 1, maxLimit: 9 } });
  assert.equal(problemOf(whole, '5'), '');
  for (const [text, words] of [['', /whole/], ['1.5', /whole/], ['0', /at least 1/], ['10', /at most 9/]]) assert.match(problemOf(whole, text), words);
  assert.match(problemOf(setting({ characteristics: { dataType: 'decimal' } }), ''), /number/);
  const list = setting({ characteristics: { dataType: 'MemberList', valuesList: 'A,B' } });
  assert.equal(problemOf(list, 'B, A'), '');
  assert.match(problemOf(list, 'A,C'), /“C” is none of: A, B/);
  assert.match(problemOf(setting({}), 'x'.repeat(2501)), /2500/);
});

test('the answer is said in words', () => {
  const [plain] = fromKeys([key('A')]);
  assert.equal(wordsOf('RebootRequired', plain).text, 'Accepted, in force after a restart');
  assert.equal(wordsOf('Rejected', { ...plain, readonly: true }).text, 'Rejected: read-only');
  assert.equal(wordsOf('Rejected', plain).text, 'Rejected by the station');
  assert.equal(wordsOf('Odd', plain).text, 'The station answered: Odd');
});

test('the answers of a SetVariables find their settings', () => {
  const found = setting({ evse: 1 });
  const answers = answersOf({
    reply: { setVariableResult: [{ component: { name: 'OCPPCommCtrlr', evse: { id: 1 } }, variable: { name: 'HeartbeatInterval' }, attributeStatus: 'Rejected' }] },
  });
  assert.equal(answers.get(found.id), 'Rejected');
  assert.equal(answersOf({ reply: null }).size, 0);
});
