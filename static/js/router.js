/**
 * Shows the view of the present address: loads its module when it is visited first, closes the one before. Plain clicks
 * on links of this page lead here; everything else is the browser's business.
 *
 * @typedef {import('./app.js').App} App
 * @typedef {import('./app.js').View} View
 * @typedef {import('./routes.js').Address} Address
 * @typedef {(app: App, address: Address) => View} Open
 */
import { parseAddress } from './routes.js';

export class Router {
  /** @type {View | null} */
  view = null;

  #app;
  #root;
  #loaders;
  #onShow;
  /** @type {string} Of which kind the present view is. */
  #kind = '';
  /** Counts navigations: an answer that comes after the next click is of no use. */
  #turn = 0;

  /**
   * @param {App} app
   * @param {HTMLElement} root
   * @param {Record<string, () => Promise<Open>>} loaders by view; `missing` is for addresses without any
   * @param {(address: Address) => void} onShow
   */
  constructor(app, root, loaders, onShow) {
    this.#app = app;
    this.#root = root;
    this.#loaders = loaders;
    this.#onShow = onShow;
    document.addEventListener('click', (event) => this.#click(event));
    addEventListener('popstate', () => this.show());
  }

  /**
   * @param {string} path
   * @param {{replace?: boolean}} [options] replace: it is still the same step of the browser's history
   */
  go(path, { replace = false } = {}) {
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.show();
  }

  async show() {
    const turn = (this.#turn += 1);
    const address = parseAddress(location.pathname, location.search);
    const kind = address.view in this.#loaders ? address.view : 'missing';
    this.#onShow(address);
    if (kind === this.#kind && this.view) {
      this.view.show(address);
      return;
    }
    const open = await this.#load(kind);
    if (turn !== this.#turn) return;
    this.view?.close();
    this.#kind = kind;
    this.view = open(this.#app, address);
    this.#root.dataset.view = address.view || 'missing';
    this.#root.replaceChildren(this.view.element);
    this.#root.scrollTop = 0;
    // Whoever goes by keyboard or listens is at the beginning of the new view; at the first one the browser sees to it.
    if (turn > 1) this.#root.focus({ preventScroll: true });
    this.view.show(address);
  }

  /** @param {string} kind */
  async #load(kind) {
    try {
      return await this.#loaders[kind]();
    } catch (error) {
      console.error(error);
      return this.#loaders.broken();
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = /** @type {Element} */ (event.target).closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (parseAddress(link.pathname).view === '') return;
    event.preventDefault();
    if (link.href !== location.href) this.go(link.pathname + link.search);
  }
}
