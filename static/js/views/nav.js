/** The navigation: which of its links leads to what is shown; on a narrow page it opens over the view. */

/** Views that belong to the link of another one. @type {Record<string, string>} */
const BELONGS = { station: 'stations', device: 'devices' };

export class Nav {
  #links;
  #button;

  /**
   * @param {HTMLElement} root with one `a[data-nav]` for each view
   * @param {HTMLElement} button opens it where there is no room for it
   */
  constructor(root, button) {
    this.#links = /** @type {HTMLElement[]} */ ([...root.querySelectorAll('[data-nav]')]);
    this.#button = button;
    button.addEventListener('click', () => this.#open(button.getAttribute('aria-expanded') !== 'true'));
    root.addEventListener('click', ({ target }) => /** @type {Element} */ (target).closest('a') && this.#open(false));
    document.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape' || button.getAttribute('aria-expanded') !== 'true') return;
      this.#open(false);
      button.focus();
    });
    document.addEventListener('click', ({ target }) => {
      if (!root.contains(/** @type {Node} */ (target)) && !button.contains(/** @type {Node} */ (target))) this.#open(false);
    });
  }

  /** @param {string} view */
  show(view) {
    const name = BELONGS[view] ?? view;
    for (const link of this.#links) {
      if (link.dataset.nav === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  /** @param {boolean} open */
  #open(open) {
    this.#button.setAttribute('aria-expanded', String(open));
    document.body.toggleAttribute('data-nav-open', open);
    if (open) this.#links[0].focus();
  }
}
