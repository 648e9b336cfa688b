/**
 * What people read, in the language of the page. English is the key; the page brings the texts of its language along as a
 * block of data (`#catalogue`), so that nothing is ever shown in one language first and in another afterwards.
 */
import { Catalogue, ENGLISH, localeOf } from './catalogue.js';

// Tests of pure modules have no page.
const block = globalThis.document?.getElementById('catalogue');
const catalogue = new Catalogue(block?.textContent ? JSON.parse(block.textContent) : ENGLISH);

/** BCP 47, for numbers and dates. */
export const language = localeOf(catalogue.language);

/** @type {Catalogue['t']} */
export const t = (text, parameters) => catalogue.t(text, parameters);

/** @type {Catalogue['tn']} */
export const tn = (one, many, count, parameters) => catalogue.tn(one, many, count, parameters);
