import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsOf, Unfit, valueOf } from '../../static/js/schema.js';
import { hurts, presetsOf, whyNot } from '../../static/js/presets.js';

const REMOTE_START = {
  type: 'object',
  properties: {
    connectorId: { type: 'integer', minimum: 0 },
    idTag: { type: 'string', maxLength: 20 },
    profile: {
      type: 'object',
      properties: {
        unit: { type: 'string', enum: ['A', 'W'] },
        from: { type: 'string', format: 'date-time' },
        periods: { type: 'array', items: { type: 'object', properties: { limit: { type: 'number' } }, required: ['limit'] } },
      },
      required: ['unit', 'periods'],
    },
  },
  required: ['idTag'],
};

const field = (/** @type {Partial<import('../../static/js/schema.js').Field>} */ given) => ({
  name: 'x', kind: 'text', required: false, help: '', choices: [], maxLength: null, least: null, most: null,
  fields: [], item: null, fewest: 0, initial: undefined, ...given,
});

test('required fields come first, each of its kind', () => {
  const fields = fieldsOf(REMOTE_START);
  assert.deepEqual(fields.map(({ name, kind, required }) => [name, kind, required]), [
    ['idTag', 'text', true], ['connectorId', 'whole', false], ['profile', 'group', false],
  ]);
  assert.equal(fields[0].maxLength, 20);
  const [unit, periods, from] = fields[2].fields;
  assert.deepEqual([unit.kind, unit.choices], ['choice', ['A', 'W']]);
  assert.deepEqual([periods.kind, periods.fewest, periods.item?.kind], ['list', 1, 'group']);
  assert.equal(from.kind, 'moment');
});

test('definitions are followed, and their help is what people can read', () => {
  const [token] = fieldsOf({
    definitions: {
      Token: { type: 'object', description: 'Id_ Token\r\nurn:x-oca:ocpp:uid:2:233247\r\nWho wants to charge.\r\n', properties: { value: { type: 'string' } } },
    },
    properties: { idToken: { $ref: '#/definitions/Token' }, customData: { $ref: '#/definitions/Nothing' } },
    required: ['idToken'],
  });
  assert.equal(token.kind, 'group');
  assert.equal(token.help, 'Who wants to charge.');
  assert.deepEqual(token.fields.map(({ name }) => name), ['value']);
});

test('a schema that refers to itself ends', () => {
  const loop = { definitions: { A: { type: 'object', properties: { a: { $ref: '#/definitions/A' } } } }, properties: { a: { $ref: '#/definitions/A' } } };
  let [deepest] = fieldsOf(loop);
  let depth = 0;
  for (; deepest.kind === 'group'; [deepest] = deepest.fields) depth += 1;
  assert.equal(deepest.kind, 'any');
  assert.ok(depth < 10);
});

for (const [kind, text, value] of /** @type {[any, string, unknown][]} */ ([
  ['text', 'CARD 1', 'CARD 1'], ['text', '', undefined], ['whole', ' 12 ', 12], ['number', '-1.5e2', -150],
  ['flag', 'false', false], ['flag', 'true', true], ['choice', 'Soft', 'Soft'], ['any', '{"a": [1]}', { a: [1] }],
  ['moment', '2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'], ['whole', '', undefined],
])) {
  test(`${kind} from "${text}"`, () => assert.deepEqual(valueOf(field({ kind }), text, 'x'), value));
}

for (const [given, text] of /** @type {[any, string][]} */ ([
  [{ kind: 'whole' }, '1.5'], [{ kind: 'whole' }, 'one'], [{ kind: 'number' }, '1,5'], [{ kind: 'moment' }, 'noon'],
  [{ kind: 'any' }, '{'], [{ maxLength: 3 }, 'four'], [{ kind: 'whole', least: 1 }, '0'], [{ kind: 'whole', most: 1 }, '2'],
  [{ kind: 'whole', required: true }, ''], [{ kind: 'number' }, '1e999'],
])) {
  test(`${JSON.stringify(given)} is not "${text}"`, () => {
    assert.throws(() => valueOf(field(given), text, 'profile/x'), (error) => error instanceof Unfit && error.path === 'profile/x');
  });
}

test('a required text may be empty: the station decides', () => assert.equal(valueOf(field({ required: true }), '', 'x'), ''));

test('every language has presets, others have none', () => {
  for (const version of ['1.6', '2.0.1', '2.1', 'NOC']) assert.ok(presetsOf(version).length > 3, version);
  assert.deepEqual(presetsOf('3.0'), []);
});

test('a stop names the session that runs', () => {
  const stop = presetsOf('1.6', 42).find(({ label }) => label === 'Remote stop');
  assert.deepEqual(stop?.payload, { transactionId: 42 });
  assert.deepEqual(presetsOf('2.1', 'abc').find(({ label }) => label === 'Remote stop')?.payload, { transactionId: 'abc' });
  assert.deepEqual(presetsOf('1.6').find(({ label }) => label === 'Remote stop')?.payload, {});
});

test('what hurts is confirmed', () => {
  assert.ok(hurts('Reset', { type: 'Hard' }));
  assert.ok(hurts('ChangeAvailability', { type: 'Inoperative' }));
  assert.ok(!hurts('ChangeAvailability', { type: 'Operative' }));
  assert.ok(hurts('HardwareRequest', { method: 'PUT' }));
  assert.ok(!hurts('HardwareRequest', { method: 'GET' }));
  assert.ok(!hurts('GetConfiguration', {}));
});

test('what cannot be asked says why', () => {
  const operator = { role: 'operator', running: false };
  assert.equal(whyNot('Reset', operator), '');
  assert.match(whyNot('Reset', { ...operator, role: 'viewer' }), /log in/);
  assert.match(whyNot('InstallCertificate', operator), /administrators/);
  assert.equal(whyNot('InstallCertificate', { ...operator, role: 'administrator' }), '');
  assert.match(whyNot('RemoteStopTransaction', operator), /No session/);
  assert.equal(whyNot('RemoteStopTransaction', { ...operator, running: true }), '');
});
