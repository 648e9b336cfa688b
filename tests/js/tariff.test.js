import assert from 'node:assert/strict';
import { test } from 'node:test';

import { descriptionOf, pricesOf, tariffOf } from '../../static/js/tariff.js';

const NOTHING = { tariff_id: 'DAY', currency: 'eur', text: '', price_kwh: null, price_minute: null, price_idle: null, fee: null, tax: null };

test('what was left empty is not in the tariff', () => {
  assert.deepEqual(tariffOf(NOTHING), { tariffId: 'DAY', currency: 'EUR' });
});

test('each price has its place, and the tax goes with all of them', () => {
  const made = tariffOf({ ...NOTHING, text: 'cheap', price_kwh: 0.4118, price_minute: 0, price_idle: 0.1, fee: 1, tax: 19 });
  const taxRates = [{ type: 'VAT', tax: 19 }];
  assert.deepEqual(made, {
    tariffId: 'DAY',
    currency: 'EUR',
    description: [{ format: 'UTF8', content: 'cheap' }],
    energy: { prices: [{ priceKwh: 0.4118 }], taxRates },
    chargingTime: { prices: [{ priceMinute: 0 }], taxRates },
    idleTime: { prices: [{ priceMinute: 0.1 }], taxRates },
    fixedFee: { prices: [{ priceFixed: 1 }], taxRates },
  });
});

test('prices are read back, with all their digits, and whether they always hold', () => {
  const night = { priceKwh: 0.3277, conditions: { startTimeOfDay: '22:00' } };
  const body = { currency: 'EUR', energy: { prices: [night, { priceKwh: 0.5 }] }, fixedFee: { prices: [{ priceFixed: 1 }] } };
  assert.deepEqual(pricesOf(body), ['€0.3277 for a kWh, at times', '€0.50 for a kWh', '€1.00 for each session']);
});

test('what somebody else wrote breaks nothing', () => {
  assert.deepEqual(pricesOf({ currency: '<b>', energy: { prices: [{ priceKwh: 0.5 }] } }), ['0.50 <b> for a kWh']);
  assert.deepEqual(pricesOf({}), []);
  assert.equal(descriptionOf({}), '');
  assert.equal(descriptionOf({ description: [{ content: '<b>' }] }), '<b>');
});
