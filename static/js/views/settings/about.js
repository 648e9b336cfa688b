/** About this server, and where the rest of it is. */
import { t } from '../../text.js';
import { element } from '../dom.js';

/**
 * @param {import('../../app.js').App} app
 * @returns {import('./view.js').Section}
 */
export function open(app) {
  const links = [
    way('/api/docs/', t('REST API'), t('Read it, and try it out.')),
    way('/api/schema/', t('OpenAPI document'), t('For programs that make clients of it.')),
    way('/metrics', t('Metrics'), t('In the format of Prometheus, for staff.')),
  ];
  if (app.user.staff) links.push(way('/admin/', t('Administration'), t('Everything that has no place on these pages, row by row.')));
  return {
    element: element('div', { class: 'stack' },
      element('section', { class: 'box' }, element('dl', { class: 'pairs' },
        element('div', {}, element('dt', {}, t('Version')), element('dd', {}, app.user.version)),
        element('div', {}, element('dt', {}, t('Mode')), element('dd', {}, app.user.open ? t('Open development server: everybody who reaches it may read it.') : t('Closed: whoever wants to see something logs in.'))))),
      element('section', { class: 'box' }, element('ul', { class: 'ways' }, ...links))),
  };
}

/**
 * @param {string} href
 * @param {string} name
 * @param {string} about
 */
const way = (href, name, about) => element('li', {}, element('a', { href }, name), element('p', { class: 'help' }, about));
