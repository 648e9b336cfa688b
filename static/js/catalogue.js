/**
 * The texts of one language. Pure: what the page holds is passed in.
 *
 * English is what stands in the code, so a text that has no translation is shown in English.
 *
 * @typedef {{
 *   language: string,
 *   plural: Record<string, number>,
 *   texts: Record<string, string | string[]>,
 * }} Texts `plural`: which form of a text goes with a number, by the names of Intl.PluralRules
 *
 * @typedef {Record<string, unknown>} Parameters
 */

/** @type {Texts} */
export const ENGLISH = { language: 'en', plural: {}, texts: {} };

export class Catalogue {
  #plural;
  #texts;
  #rules;
  #numbers;

  /** @param {Texts} texts */
  constructor({ language, plural, texts }) {
    this.language = language;
    this.#plural = plural;
    this.#texts = texts;
    this.#rules = new Intl.PluralRules(language);
    this.#numbers = new Intl.NumberFormat(localeOf(language));
  }

  /**
   * @param {string} text in English, with {names} for what is filled in
   * @param {Parameters} [parameters]
   */
  t(text, parameters = {}) {
    const found = this.#find(text);
    return fill(typeof found === 'string' ? found : text, parameters);
  }

  /**
   * @param {string} one the English text for one thing
   * @param {string} many the one for any other number; {count} is the number
   * @param {number} count
   * @param {Parameters} [parameters]
   */
  tn(one, many, count, parameters = {}) {
    const found = this.#find(one);
    const form = Array.isArray(found) ? found[this.#plural[this.#rules.select(count)] ?? found.length - 1] : undefined;
    return fill(form ?? (count === 1 ? one : many), { count: this.#numbers.format(count), ...parameters });
  }

  /** @param {string} text */
  #find(text) {
    return Object.hasOwn(this.#texts, text) ? this.#texts[text] : undefined;
  }
}

/**
 * What numbers and dates are written by. English is the one of Europe: 1,234.5 and 29 Nov 2026.
 * @param {string} language
 */
export const localeOf = (language) => (language === 'en' ? 'en-GB' : language);

/**
 * @param {string} text
 * @param {Parameters} parameters
 */
function fill(text, parameters) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(parameters, name) ? String(parameters[name]) : whole));
}
