/** A button with what opens below it: in the top layer, so that nothing clips it, and closed by Escape or a click elsewhere. */
import { element } from '../dom.js';

const MARGIN = 8;
let ids = 0;

/**
 * @param {string} label
 * @param {string} part
 * @param {() => void} onOpen fill it
 */
export function makePopover(label, part, onOpen) {
  const id = `popover-${(ids += 1)}`;
  const panel = element('div', { id, popover: 'auto', class: 'menu', role: 'dialog', 'aria-label': label, 'data-part': `${part}-menu` });
  const button = element('button', { type: 'button', popovertarget: id, 'aria-haspopup': 'dialog', 'aria-expanded': 'false', 'data-part': part }, label);
  panel.addEventListener('beforetoggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'open') onOpen();
  });
  panel.addEventListener('toggle', (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === 'open';
    button.setAttribute('aria-expanded', String(open));
    if (!open) return;
    place(panel, button.getBoundingClientRect());
    /** @type {HTMLElement | null} */ (panel.querySelector('input, button, a'))?.focus();
  });
  return { button, panel };
}

/**
 * Below the button, within the page.
 * @param {HTMLElement} panel
 * @param {DOMRect} button
 */
function place(panel, { left, bottom }) {
  const most = innerWidth - panel.offsetWidth - MARGIN;
  panel.style.left = `${Math.max(MARGIN, Math.min(left, most))}px`;
  panel.style.top = `${bottom + 4}px`;
  panel.style.maxHeight = `${innerHeight - bottom - 2 * MARGIN}px`;
}
