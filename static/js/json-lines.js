/**
 * A JSON value as the lines of its pretty-printed text, each with the pointer of the value that begins on it. Pure.
 *
 * @typedef {'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'end'} Kind of what begins; `end` closes
 * @typedef {{depth: number, name: string | null, text: string, kind: Kind, pointer: string}} Line
 *   `name`: of the field, null in a list; `text`: the value, or the bracket that opens or closes it
 */

/** Lines that are shown; nobody reads more, and a page has to stay quick. */
export const MAX_LINES = 3000;

/**
 * @param {unknown} value
 * @param {number} [most]
 * @returns {{lines: Line[], complete: boolean}}
 */
export function toLines(value, most = MAX_LINES) {
  /** @type {Line[]} */
  const lines = [];
  const complete = write(lines, most, value, { depth: 0, name: null, pointer: '', comma: '' });
  return { lines, complete };
}

/**
 * @param {Line[]} lines
 * @param {number} most
 * @param {unknown} value
 * @param {{depth: number, name: string | null, pointer: string, comma: string}} place
 * @returns {boolean} false: there was no room for all of it
 */
function write(lines, most, value, { depth, name, pointer, comma }) {
  if (lines.length >= most) return false;
  const kind = kindOf(value);
  if (kind !== 'object' && kind !== 'array') {
    lines.push({ depth, name, text: JSON.stringify(value) + comma, kind, pointer });
    return true;
  }
  const [opening, closing] = kind === 'array' ? '[]' : '{}';
  const entries = Object.entries(/** @type {object} */ (value));
  if (entries.length === 0) {
    lines.push({ depth, name, text: opening + closing + comma, kind, pointer });
    return true;
  }
  lines.push({ depth, name, text: opening, kind, pointer });
  for (const [index, [key, inner]] of entries.entries()) {
    const place = {
      depth: depth + 1,
      name: kind === 'array' ? null : key,
      pointer: `${pointer}/${escape(key)}`,
      comma: index < entries.length - 1 ? ',' : '',
    };
    if (!write(lines, most, inner, place)) return false;
  }
  if (lines.length >= most) return false;
  lines.push({ depth, name: null, text: closing + comma, kind: 'end', pointer });
  return true;
}

/**
 * @param {unknown} value
 * @returns {Kind}
 */
function kindOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return /** @type {Kind} */ (typeof value);
}

/** @param {string} key */
const escape = (key) => key.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * The line that a pointer leads to, or that of the nearest value around it.
 * @param {Line[]} lines
 * @param {string} pointer
 * @returns {number} its index
 */
export function lineOf(lines, pointer) {
  for (let rest = pointer; ; rest = rest.slice(0, rest.lastIndexOf('/'))) {
    const index = lines.findIndex((line) => line.kind !== 'end' && line.pointer === rest);
    if (index >= 0 || rest === '') return Math.max(index, 0);
  }
}
