/**
 * What the keys mean in a table. Pure.
 *
 * @typedef {{kind: 'open'} | {kind: 'all'} | {kind: 'select', range: boolean} | {kind: 'move', by: number, select: boolean}} Meaning
 *
 * @param {{key: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean, shiftKey: boolean}} event
 * @param {{page: number, selectable: boolean}} table page: rows in sight
 * @returns {Meaning | null}
 */
export function meaningOf({ key, altKey, ctrlKey, metaKey, shiftKey }, { page, selectable }) {
  const command = ctrlKey || metaKey;
  if (altKey) return null;
  if (command) return selectable && key.toLowerCase() === 'a' ? { kind: 'all' } : null;
  if (key === ' ' && selectable) return { kind: 'select', range: shiftKey };
  if (key === 'Enter' || key === ' ') return { kind: 'open' };
  /** @type {Record<string, number>} */
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  return Object.hasOwn(steps, key) ? { kind: 'move', by: steps[key], select: selectable && shiftKey } : null;
}
