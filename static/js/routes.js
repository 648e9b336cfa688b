/**
 * Addresses and the views they lead to. Pure.
 *
 *   /                                      overview
 *   /stations, /devices, /sessions, …      tables
 *   /stations/<identity>[/<part>]          one station
 *   /devices/<serial number>[/<part>]      one device
 *   /settings[/<section>]
 *
 * @typedef {{view: string, key: string, part: string, search: URLSearchParams}} Address
 *   `view` is '' when nothing is there
 */

export const TABLES = Object.freeze(['stations', 'devices', 'sessions', 'chargers', 'commands', 'alerts', 'messages']);

/** Tables whose rows have a page of their own, and the view that it is. @type {Record<string, string>} */
const PAGES = { stations: 'station', devices: 'device' };

/**
 * @param {string} pathname as in `location`: percent-encoded
 * @param {string} search
 * @returns {Address}
 */
export function parseAddress(pathname, search = '') {
  const params = new URLSearchParams(search);
  const [first = '', ...rest] = pathname.split('/').filter(Boolean).map(decode);
  const address = (/** @type {string} */ view, key = '', part = '') => ({ view, key, part, search: params });
  if (first === '') return address('overview');
  if (first === 'settings') return rest.length > 1 ? address('') : address('settings', '', rest[0]);
  if (!TABLES.includes(first)) return address('');
  if (rest.length === 0) return address(first);
  if (!Object.hasOwn(PAGES, first) || rest.length > 2) return address('');
  return address(PAGES[first], rest[0], rest[1]);
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Half an escape is what somebody typed.
  }
}

/**
 * @param {string} topic 'stations' or 'devices'
 * @param {string} key
 * @param {string} [part]
 */
export const pageOf = (topic, key, part = '') => `/${topic}/${encodeURIComponent(key)}${part && `/${part}`}`;

/**
 * @param {string} pathname
 * @param {URLSearchParams} params
 */
export function toAddress(pathname, params) {
  // A colon is allowed here, and an address that people share should be readable.
  const search = params.toString().replaceAll('%3A', ':');
  return pathname + (search && `?${search}`);
}

/**
 * Addresses of the time when everything was one page: `/?tab=devices&devices=filter:…`.
 * @param {string} search
 * @returns {string | null} where that is today
 */
export function movedTo(search) {
  const params = new URLSearchParams(search);
  const named = TABLES.find((topic) => params.has(topic));
  const tab = params.get('tab') ?? named ?? '';
  if (!TABLES.includes(tab)) return null;
  return toAddress(`/${tab}`, new URLSearchParams(params.getAll(tab).map((entry) => ['q', entry])));
}
