/**
 * The keyboard of the whole page, and the overlay that tells of it. Single keys can be switched off there: they are in
 * the way of people who speak to their computer, or whose hands shake.
 */
import { GROUPS, isTyping, Sequence } from '../keys.js';
import { t } from '../text.js';
import { element } from './dom.js';

const STORED = 'smartserver.shortcuts';
/** @type {Record<string, string>} */
const ARROWS = { next: 'ArrowDown', previous: 'ArrowUp' };

export class Keyboard {
  #go;
  #root;
  #sequence = new Sequence();
  #on = stored() !== 'off';
  /** @type {HTMLDialogElement | null} */
  #help = null;

  /**
   * @param {(path: string) => void} go
   * @param {HTMLElement} root where the view is
   */
  constructor(go, root) {
    this.#go = go;
    this.#root = root;
  }

  /**
   * @param {KeyboardEvent} event that nothing else wanted
   * @param {(event: KeyboardEvent) => boolean} ofView what the present view makes of it
   * @returns {boolean} it meant something
   */
  takes(event, ofView) {
    if (document.querySelector('dialog[open]')) return false;
    const single = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!single) return ofView(event);
    if (!this.#on || isTyping(event, /** @type {HTMLElement | null} */ (document.activeElement))) return false;
    const action = this.#sequence.press(event.key, event.timeStamp);
    if (action === null) return ofView(event);
    this.#run(action);
    return true;
  }

  help() {
    this.#help ??= this.#makeHelp();
    if (!this.#help.open) this.#help.showModal();
  }

  /** @param {string} action */
  #run(action) {
    const [verb, object] = action.split(' ');
    if (verb === 'go') this.#go(object);
    else if (verb === 'row') this.#move(ARROWS[object]);
    else if (verb === 'help') this.help();
  }

  /** @param {string} key the arrow that a table knows */
  #move(key) {
    const grid = /** @type {HTMLElement | null} */ (this.#root.querySelector('[role="grid"]'));
    grid?.focus();
    grid?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  }

  #makeHelp() {
    const close = element('button', { type: 'button', class: 'icon', 'aria-label': t('Close'), title: t('Close') },
      element('span', { 'aria-hidden': 'true' }, '×'));
    const box = element('input', { type: 'checkbox' });
    box.checked = this.#on;
    box.addEventListener('change', () => {
      this.#on = box.checked;
      store(this.#on ? 'on' : 'off');
    });
    const dialog = element('dialog', { id: 'shortcuts', class: 'sheet', 'aria-labelledby': 'shortcuts-title' },
      element('header', {}, element('h2', { id: 'shortcuts-title' }, t('Keyboard shortcuts')), close),
      element('div', { class: 'shortcut-groups' }, ...GROUPS.map(group)),
      element('label', { class: 'check' }, box, ' ', t('Shortcuts of single keys are on')));
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
    document.body.append(dialog);
    return dialog;
  }
}

/** @param {typeof GROUPS[number]} group */
function group({ title, shortcuts }) {
  return element('section', {}, element('h3', {}, title), element('dl', {}, ...shortcuts.map(({ keys, text }) =>
    element('div', {}, element('dt', {}, ...keys.map((key) => element('kbd', {}, key))), element('dd', {}, text)))));
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/** @param {string} choice */
function store(choice) {
  try {
    localStorage.setItem(STORED, choice);
  } catch {
    // As above.
  }
}
