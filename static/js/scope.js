/** The filter for one row's own: what a part of a page asks of a table that has those of all. Pure. */
import { MAX_ENTRY_LENGTH } from './query.js';

/**
 * @param {string} field
 * @param {string} value
 * @returns {import('./query.js').Filter} of a value that is too long for a query, its beginning
 */
export function scopeOf(field, value) {
  const room = MAX_ENTRY_LENGTH - `filter:${field}:==:`.length;
  return value.length <= room ? { field, op: '==', value } : { field, op: '^', value: value.slice(0, room) };
}
