import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Catalogue, ENGLISH } from '../../static/js/catalogue.js';
import { t, tn } from '../../static/js/text.js';

const GERMAN = new Catalogue({
  language: 'de',
  plural: { one: 0, other: 1 },
  texts: {
    Station: 'Ladestation',
    'Ended by {who}': 'Von {who} beendet',
    '{count} row of {total}': ['{count} Zeile von {total}', '{count} Zeilen von {total}'],
  },
});

// The order of forms in Polish catalogues; "other" is for fractions, which no catalogue has a form for.
const POLISH = new Catalogue({
  language: 'pl',
  plural: { one: 0, few: 1, many: 2 },
  texts: { '{count} row': ['{count} wiersz', '{count} wiersze', '{count} wierszy'] },
});

test('a text is the one of the language, with what is filled in', () => {
  assert.equal(GERMAN.t('Station'), 'Ladestation');
  assert.equal(GERMAN.t('Ended by {who}', { who: 'Anna' }), 'Von Anna beendet');
});

test('a text without a translation stays English', () => {
  assert.equal(GERMAN.t('Nothing for {who}', { who: 'Anna' }), 'Nothing for Anna');
  assert.equal(GERMAN.tn('{count} day', '{count} days', 3), '3 days');
});

test('names of what every object has are no texts', () => {
  assert.equal(GERMAN.t('constructor'), 'constructor');
  assert.equal(GERMAN.t('{toString}', {}), '{toString}');
});

test('what is filled in is not looked through again', () => {
  assert.equal(GERMAN.t('Ended by {who}', { who: '{who} $& Station' }), 'Von {who} $& Station beendet');
});

test('numbers choose their form, and are written as the language writes them', () => {
  assert.equal(GERMAN.tn('{count} row of {total}', '{count} rows of {total}', 1, { total: 9 }), '1 Zeile von 9');
  assert.equal(GERMAN.tn('{count} row of {total}', '{count} rows of {total}', 1234, { total: 'x' }), '1.234 Zeilen von x');
  const forms = [1, 2, 5, 12, 22, 25].map((count) => POLISH.tn('{count} row', '{count} rows', count));
  assert.deepEqual(forms, ['1 wiersz', '2 wiersze', '5 wierszy', '12 wierszy', '22 wiersze', '25 wierszy']);
  assert.equal(POLISH.tn('{count} row', '{count} rows', 1.5), '1,5 wierszy');
});

test('without a page the texts are English', () => {
  assert.equal(t('Station'), 'Station');
  assert.equal(tn('{count} row', '{count} rows', 1), '1 row');
  assert.equal(tn('{count} row', '{count} rows', 0), '0 rows');
  assert.equal(new Catalogue(ENGLISH).tn('{count} row', '{count} rows', 1234), '1,234 rows');
});
