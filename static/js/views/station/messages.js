/** What the station and the server say to each other. */
import { element } from '../dom.js';
import { MessagesView } from '../messages/view.js';

/** @param {import('./page.js').StationPage} page */
export function open(page) {
  const messages = new MessagesView(page.app, page.identity);
  return {
    element: element('div', { class: 'messages-part' }, messages.element),
    show: (/** @type {URLSearchParams} */ search) => messages.showWithin(search),
    tick: () => messages.tick(),
    close: () => messages.close(),
  };
}
