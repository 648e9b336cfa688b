/**
 * Tariffs of OCPP 2.1 (TariffType): from a few fields, and in a few words. Pure.
 *
 * @typedef {{tariff_id: string, currency: string, text: string, price_kwh: number | null, price_minute: number | null, price_idle: number | null,
 *   fee: number | null, tax: number | null}} Simple what most tariffs consist of; prices are without tax
 * @typedef {Record<string, any>} Body
 */
import { formatPrice } from './format.js';
import { t } from './text.js';

/** The parts that have prices, what one is called there, and how it reads. @type {[part: string, price: string, text: (price: string) => string][]} */
const PARTS = [
  ['energy', 'priceKwh', (price) => t('{price} for a kWh', { price })],
  ['chargingTime', 'priceMinute', (price) => t('{price} for a minute of charging', { price })],
  ['idleTime', 'priceMinute', (price) => t('{price} for a minute without charging', { price })],
  ['fixedFee', 'priceFixed', (price) => t('{price} for each session', { price })],
  ['reservationTime', 'priceMinute', (price) => t('{price} for a minute of reservation', { price })],
  ['reservationFixed', 'priceFixed', (price) => t('{price} for each reservation', { price })],
];

/**
 * @param {Simple} simple
 * @returns {Body}
 */
export function tariffOf({ tariff_id: tariffId, currency, text, price_kwh: kwh, price_minute: minute, price_idle: idle, fee, tax }) {
  const taxRates = tax === null ? {} : { taxRates: [{ type: 'VAT', tax }] };
  const part = (/** @type {string} */ name, /** @type {string} */ unit, /** @type {number | null} */ price) =>
    (price === null ? {} : { [name]: { prices: [{ [unit]: price }], ...taxRates } });
  return {
    tariffId,
    currency: currency.toUpperCase(),
    ...(text ? { description: [{ format: 'UTF8', content: text }] } : {}),
    ...part('energy', 'priceKwh', kwh),
    ...part('chargingTime', 'priceMinute', minute),
    ...part('idleTime', 'priceMinute', idle),
    ...part('fixedFee', 'priceFixed', fee),
  };
}

/** What drivers are told of it, in the first language. @param {Body} body */
export const descriptionOf = (body) => String(body.description?.[0]?.content ?? '');

/**
 * Each price, without tax; one with conditions says so.
 * @param {Body} body
 * @returns {string[]}
 */
export function pricesOf(body) {
  return PARTS.flatMap(([part, unit, text]) => (body[part]?.prices ?? []).map((/** @type {Record<string, any>} */ price) => {
    const words = text(formatPrice(price[unit], String(body.currency ?? '')));
    return price.conditions ? t('{price}, at times', { price: words }) : words;
  }));
}
