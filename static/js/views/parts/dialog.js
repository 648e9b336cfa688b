/** Dialogs over the page. The browser keeps the focus inside while one is open, and gives it back afterwards. */
import { t } from '../../text.js';
import { element } from '../dom.js';

let ids = 0;

/**
 * Opens at once; it leaves the page when it is closed.
 * @param {string} title
 * @param {...(Node | string)} content
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, ...content) {
  const id = `dialog-${(ids += 1)}`;
  const close = element('button', { type: 'button', class: 'icon', 'aria-label': t('Close'), title: t('Close') },
    element('span', { 'aria-hidden': 'true' }, '×'));
  const dialog = element('dialog', { class: 'sheet small', 'aria-labelledby': id },
    element('header', {}, element('h2', { id }, title), close), ...content);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  /** @type {HTMLElement | null} */ (dialog.querySelector('input, select, textarea, [autofocus]'))?.focus();
  return dialog;
}

/**
 * Asks before something that cannot be taken back.
 * @param {string} title a question
 * @param {string} text what follows from it
 * @param {string} yes what the button says
 * @returns {Promise<boolean>}
 */
export function confirmed(title, text, yes) {
  return new Promise((resolve) => {
    const act = element('button', { type: 'button', class: 'danger' }, yes);
    const leave = element('button', { type: 'button', autofocus: true }, t('Cancel'));
    const dialog = openDialog(title, element('p', {}, text), element('p', { class: 'actions' }, act, leave));
    let sure = false;
    act.addEventListener('click', () => {
      sure = true;
      dialog.close();
    });
    leave.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => resolve(sure));
  });
}

/**
 * A secret that is shown this once.
 * @param {string} title
 * @param {string} label
 * @param {string} secret
 * @param {string} help what it is for, and that it does not come back
 */
export function showSecret(title, label, secret, help) {
  const field = element('input', { type: 'text', readonly: true, value: secret, id: 'secret', 'data-part': 'secret', spellcheck: 'false', autocomplete: 'off' });
  const copy = element('button', { type: 'button', class: 'primary' }, t('Copy'));
  const told = element('p', { class: 'note', role: 'status' });
  copy.addEventListener('click', async () => {
    field.select();
    told.textContent = (await copied(secret)) ? t('Copied.') : t('Press Ctrl+C to copy what is selected.');
  });
  field.addEventListener('focus', () => field.select());
  return openDialog(title,
    element('p', {}, help),
    element('div', { class: 'field' }, element('label', { for: 'secret' }, label), element('div', { class: 'with-button' }, field, copy)),
    told);
}

/** @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // Without TLS, or where it is forbidden.
  }
}
