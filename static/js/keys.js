/**
 * The keys of the whole page: which of them mean something, alone or one after the other. Pure.
 *
 * @typedef {{keys: string[], action: string, text: string}} Shortcut `action`: `go /stations`, `row next`, `help` …
 */
import { t } from './text.js';

/** So long the first key of two waits for the second, in ms. */
const PATIENCE = 1500;

/** @type {readonly {title: string, shortcuts: Shortcut[]}[]} */
export const GROUPS = Object.freeze([
  {
    title: t('Go to'),
    shortcuts: [
      { keys: ['g', 'o'], action: 'go /', text: t('Overview') },
      { keys: ['g', 's'], action: 'go /stations', text: t('Stations') },
      { keys: ['g', 'd'], action: 'go /devices', text: t('Devices') },
      { keys: ['g', 'e'], action: 'go /sessions', text: t('Sessions') },
      { keys: ['g', 'h'], action: 'go /chargers', text: t('Chargers') },
      { keys: ['g', 'c'], action: 'go /commands', text: t('Commands') },
      { keys: ['g', 'a'], action: 'go /alerts', text: t('Alerts') },
      { keys: ['g', 'm'], action: 'go /messages', text: t('Messages') },
      { keys: ['g', ','], action: 'go /settings', text: t('Settings') },
    ],
  },
  {
    title: t('In a table'),
    shortcuts: [
      { keys: ['/'], action: '', text: t('Search') },
      { keys: ['j'], action: 'row next', text: t('Next row') },
      { keys: ['k'], action: 'row previous', text: t('Previous row') },
      { keys: ['Enter'], action: '', text: t('Open the row') },
      { keys: ['Space'], action: '', text: t('Select the row') },
      { keys: ['Ctrl', 'A'], action: '', text: t('Select all rows') },
      { keys: ['Esc'], action: '', text: t('Close what is open') },
    ],
  },
  {
    title: t('Everywhere'),
    shortcuts: [{ keys: ['?'], action: 'help', text: t('These shortcuts') }],
  },
]);

const KNOWN = GROUPS.flatMap(({ shortcuts }) => shortcuts).filter(({ action }) => action);

export class Sequence {
  #before = '';
  #until = 0;

  /**
   * @param {string} key as in KeyboardEvent.key
   * @param {number} now in ms
   * @returns {string | null} an action; '' while this may become one; null: the key means nothing here
   */
  press(key, now) {
    const typed = this.#before && now <= this.#until ? [this.#before, key] : [key];
    this.#before = '';
    const found = find(typed) ?? (typed.length > 1 ? find([key]) : undefined);
    if (found) return found.action;
    if (!KNOWN.some(({ keys }) => keys.length > 1 && keys[0] === key)) return null;
    this.#before = key;
    this.#until = now + PATIENCE;
    return '';
  }
}

/** @param {string[]} typed */
const find = (typed) => KNOWN.find(({ keys }) => keys.join() === typed.join());

/**
 * Keys that belong to what has the focus, or to the browser.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, isComposing: boolean}} event
 * @param {{tagName: string, isContentEditable?: boolean, type?: string} | null} focused
 */
export function isTyping({ key, ctrlKey, metaKey, altKey, isComposing }, focused) {
  if (ctrlKey || metaKey || altKey || isComposing || key.length !== 1) return true;
  if (!focused) return false;
  if (focused.isContentEditable || ['TEXTAREA', 'SELECT'].includes(focused.tagName)) return true;
  return focused.tagName === 'INPUT' && !['checkbox', 'radio', 'button'].includes(focused.type ?? '');
}
