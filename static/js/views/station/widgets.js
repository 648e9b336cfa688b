/** Small pieces of the station page: buttons that say why they do not work, moments, badges, facts, tables. */
import { formatExact, formatRelative, NOTHING, parseTime } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

/**
 * A button; one that cannot work stays where it is, can be reached, and says why.
 * @param {string} label
 * @param {() => void} run
 * @param {{reason?: string, tone?: 'primary' | 'danger' | '', name?: string, say?: (reason: string) => void, description?: string}} [options]
 *   name: for tests, and by which the keyboard's place is found again; description: where the label alone is not enough
 */
export function actionButton(label, run, { reason = '', tone = '', name = '', say, description } = {}) {
  const button = element('button', {
    type: 'button', class: `small ${tone}`.trim(), 'data-do': name || false, title: reason || false, 'aria-disabled': reason ? 'true' : false,
    'aria-label': [description ?? (reason && label), reason].filter(Boolean).join(' – ') || false,
  }, label);
  button.addEventListener('click', () => (reason ? say?.(reason) : run()));
  return button;
}

/**
 * A moment: how long ago, with the exact one on hover. `paintTimes` keeps it true.
 * @param {string | null} iso
 * @param {number} now
 */
export function moment(iso, now) {
  if (!iso || Number.isNaN(parseTime(iso))) return element('span', {}, NOTHING);
  return element('time', { datetime: iso, title: formatExact(parseTime(iso)), 'data-moment': true }, formatRelative(parseTime(iso), now));
}

/**
 * A second has passed for every moment below.
 * @param {ParentNode} root
 * @param {number} now
 */
export function paintTimes(root, now) {
  for (const each of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll('time[data-moment]'))) {
    const text = formatRelative(parseTime(each.dateTime), now);
    if (each.textContent !== text) each.textContent = text;
  }
}

/**
 * A status by shape, words and colour.
 * @param {{text: string, shape: string, tone: string}} look
 */
export const badge = ({ text, shape, tone }) => element('span', { class: 'status', 'data-shape': shape, 'data-tone': tone }, text);

/** Texts from here on may be cut, and are whole on hover. */
const LONG = 40;

/**
 * Names and values.
 * @param {[name: string, value: Node | string | null][]} pairs what has no value is left out
 */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== '');
  return element('dl', { class: 'facts' }, ...known.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', { title: typeof value === 'string' && value.length > LONG ? value : false }, value ?? ''))));
}

/**
 * A table of a bounded number of rows; on a narrow page each row is a block with the columns' names in it.
 * @template T
 * @param {string} caption for who does not see it
 * @param {{label: string, cell: (row: T) => Node | string, kind?: 'number' | 'actions' | 'code'}[]} columns
 * @param {T[]} rows
 * @param {(row: T) => string} [keyOf] for tests: `data-row`
 */
export function plainTable(caption, columns, rows, keyOf) {
  const head = element('tr', {}, ...columns.map(({ label, kind }) => element('th', { scope: 'col', 'data-kind': kind ?? false },
    kind === 'actions' ? element('span', { class: 'unseen' }, label) : label)));
  const body = rows.map((row) => element('tr', { 'data-row': keyOf?.(row) ?? false },
    ...columns.map(({ label, cell, kind }) => element('td', { 'data-label': label, 'data-kind': kind ?? false }, cell(row)))));
  return element('table', { class: 'plain' }, element('caption', { class: 'unseen' }, caption), element('thead', {}, head), element('tbody', {}, ...body));
}

/**
 * A part's heading with what can be done there.
 * @param {string} title
 * @param {...HTMLElement} actions
 */
export const heading = (title, ...actions) => element('div', { class: 'part-head' }, element('h2', {}, title), element('div', { class: 'part-actions' }, ...actions));

/** @param {string} text */
export const emptyNote = (text) => element('p', { class: 'nothing', 'data-part': 'nothing' }, text);

/**
 * A text that may be long: a payload, a certificate.
 * @param {string} label
 * @param {string} text
 */
export const disclosed = (label, text) => element('details', {}, element('summary', {}, label), element('pre', { tabindex: 0, 'aria-label': label }, text));
