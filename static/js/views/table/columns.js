/**
 * How wide each column has to be, in characters. Estimated from the texts, because measuring them
 * in the document would cost a layout.
 *
 * @typedef {import('../../columns.js').Shown} Column
 * @typedef {import('../../store.js').Row} Row
 */
import { formatCell } from '../../format.js';

/** More rows than this are judged by a sample of this size. */
export const SAMPLE = 100;
const LEAST = { text: 5, number: 7, time: 10, state: 14 };
const MOST = 24;
/** The part of the values that has to be readable in full; a few long ones must not stretch a column. */
const USUAL = 0.95;
/** A word of this length is never cut, however rare: states, results, actions. */
const WORD = 14;
const BOLD = 1.15;
/** Room for the arrow of a sorted column. */
const ARROW = 2.5;
/** A line of the last hour is as wide as that. */
const SPARK = 12;
/** A header is set smaller than what stands below it. */
const HEAD_SCALE = 0.95;

/**
 * @param {Column[]} columns
 * @param {Row[]} rows
 * @param {number} now
 * @returns {number[]}
 */
export function widths(columns, rows, now) {
  const stride = Math.max(1, Math.floor(rows.length / SAMPLE));
  const sample = rows.filter((_, index) => index % stride === 0);
  return columns.map((column, index) => {
    if (column.kind === 'spark') return SPARK;
    const lengths = sample.map((row) => formatCell(row[column.at], column, now).length).sort((a, b) => a - b);
    // The first column names the row and is set bold: it is shown in full.
    const longest = lengths.at(-1) ?? 0;
    const usual = Math.max(lengths[Math.ceil((lengths.length - 1) * USUAL)] ?? 0, longest <= WORD ? longest : 0);
    const needed = index === 0 ? longest * BOLD : usual;
    const content = Math.min(MOST, Math.max(LEAST[column.kind] ?? LEAST.text, needed));
    return Math.ceil(Math.max(content, column.label.length * HEAD_SCALE + ARROW));
  });
}
