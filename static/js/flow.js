/**
 * Where the energy of a solar device goes: what it measures as flows between sun, battery, house and grid. Pure.
 *
 * A device measures what the sun gives, what it injects into the house, and what the house consumes. The rest follows:
 * what the sun gives beyond what is injected goes into the battery, what is missing comes out of it; what the house
 * needs beyond what is injected comes from the grid, what it does not need goes there.
 *
 * @typedef {'solar' | 'battery' | 'house' | 'grid'} Place
 * @typedef {{from: Place, to: Place, power: number}} Flow `power` in W, above 0
 * @typedef {{income: number, inject: number, consumption: number, isFull?: boolean}} Measured in W
 */

/** Less is noise of the measurement, in W. */
const NOISE = 1;
/** A battery this full takes nothing more: what the sun gives beyond is not used. */
const FULL = 0.995;

/**
 * @param {Measured} measured
 * @returns {Flow[]} those that there are just now
 */
export function flowsOf({ income, inject, consumption, isFull = false }) {
  const given = Math.max(0, income);
  const injected = Math.max(0, inject);
  const needed = Math.max(0, consumption);
  /** @type {Flow[]} */
  const flows = [
    { from: 'solar', to: 'house', power: Math.min(given, injected) },
    { from: 'solar', to: 'battery', power: isFull ? 0 : given - injected },
    { from: 'battery', to: 'house', power: injected - given },
    { from: 'grid', to: 'house', power: needed - injected },
    { from: 'house', to: 'grid', power: injected - needed },
  ];
  return flows.filter(({ power }) => power >= NOISE);
}

/**
 * @param {number} stored Wh
 * @param {number | null} capacity Wh; null: not told
 * @returns {number | null} how full a battery is, 0 to 1
 */
export function fillOf(stored, capacity) {
  if (!capacity || !(capacity > 0) || !Number.isFinite(stored)) return null;
  return Math.min(1, Math.max(0, stored / capacity));
}

/** @param {number | null} fill */
export const isFull = (fill) => fill !== null && fill >= FULL;

/**
 * Seconds that a dot takes from one dot's place to the next: the more power, the faster, from 10 W to 10 kW.
 * @param {number} power W
 */
export function paceOf(power) {
  const strength = Math.min(1, Math.max(0, Math.log10(Math.max(power, 10)) / 3 - 1 / 3));
  return Math.round((2.4 - 2 * strength) * 10) / 10;
}

/**
 * The width of a flow's line, 2 to 7.
 * @param {number} power W
 */
export const widthOf = (power) => Math.round((2 + 5 * Math.min(1, Math.sqrt(Math.max(0, power) / 3000))) * 10) / 10;
