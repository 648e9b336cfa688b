/**
 * What a form has of an id token in lines and numbers, and the API in lists and objects. Pure.
 *
 * @typedef {{type: string, additionalIdToken: string}} Additional
 * @typedef {{maxCost?: number, maxEnergy?: number, maxTime?: number, maxSoC?: number}} Limits
 */

/** The limits of a session, by the names of OCPP 2.1 (TransactionLimitType). @type {(keyof Limits)[]} */
export const LIMITS = ['maxCost', 'maxEnergy', 'maxTime', 'maxSoC'];

/** @param {Additional[]} additional */
export const linesOf = (additional) => additional.map(({ type, additionalIdToken: value }) => `${type}: ${value}`);

/**
 * A line is `type: value`; without a colon all of it is the value.
 * @param {string[]} lines
 * @returns {Additional[]}
 */
export const additionalOf = (lines) => lines.map((line) => {
  const [, type = '', value = line] = /^([^:]*):\s*(.*)$/.exec(line) ?? [];
  return { type: type.trim(), additionalIdToken: value.trim() };
});

/** What is no number is left as it is, for the server to say so. @param {string[]} lines */
export const numbersOf = (lines) => lines.map((line) => (/^\d+$/.test(line) ? Number(line) : line));

/**
 * @param {Record<string, any>} values of a form; those that are limits are taken out
 * @returns {{limits: Limits, rest: Record<string, any>}}
 */
export function limitsOf(values) {
  const entries = Object.entries(values);
  const isLimit = (/** @type {string} */ name) => LIMITS.includes(/** @type {keyof Limits} */ (name));
  return {
    limits: Object.fromEntries(entries.filter(([name, value]) => isLimit(name) && value !== null)),
    rest: Object.fromEntries(entries.filter(([name]) => !isLimit(name))),
  };
}
