/** What is shown where nothing is, or where a part of the page could not be loaded. */
import { t } from '../text.js';
import { element } from './dom.js';

/**
 * @param {import('../app.js').App} app
 * @param {string} title
 * @param {HTMLElement} wayOut
 * @returns {import('../app.js').View}
 */
function note(app, title, wayOut) {
  return {
    element: element('div', { class: 'notice' }, element('h1', {}, title), element('p', {}, wayOut)),
    show: () => app.title(title),
    close() {},
  };
}

/** @param {import('../app.js').App} app */
export const openMissing = (app) => note(app, t('There is nothing at this address.'), element('a', { href: '/' }, t('Go to the overview')));

/** @param {import('../app.js').App} app */
export function openBroken(app) {
  const again = element('button', { type: 'button' }, t('Load the page again'));
  again.addEventListener('click', () => location.reload());
  return note(app, t('This part of the page could not be loaded.'), again);
}
