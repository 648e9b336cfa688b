/**
 * The views of a table that the user keeps under a name.
 *
 * @typedef {import('../../saved-views.js').SavedView} SavedView
 */
import { ask, reasonOf } from '../../api.js';
import { BrowserViews, MAX_NAME, ServerViews } from '../../saved-views.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { makePopover } from './popover.js';

export class ViewsMenu {
  button;
  panel;

  #topic;
  #toasts;
  #views;
  #list = element('ul', { class: 'view-list' });
  #note = element('p', { class: 'help', role: 'status' });
  #name = element('input', { type: 'text', maxlength: MAX_NAME, required: true, autocomplete: 'off', 'aria-label': t('Name of the view'), placeholder: t('Name of the view'), 'data-part': 'view-name' });

  /**
   * @param {import('../../app.js').App} app
   * @param {string} topic
   */
  constructor({ user, toasts }, topic) {
    this.#topic = topic;
    this.#toasts = toasts;
    this.#views = user.name === null ? new BrowserViews(localStorage) : new ServerViews(ask);
    ({ button: this.button, panel: this.panel } = makePopover(t('Views'), 'views', () => this.#load()));
    const form = element('form', { class: 'view-form' }, this.#name, element('button', { type: 'submit', 'data-part': 'view-save' }, t('Save')));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#save();
    });
    this.#list.addEventListener('click', ({ target }) => {
      if (/** @type {Element} */ (target).closest('a')) this.panel.hidePopover();
    });
    this.panel.append(this.#list, this.#note, form);
  }

  async #load() {
    try {
      const found = await this.#views.list(this.#topic);
      this.#list.replaceChildren(...found.map((view) => this.#item(view)));
      this.#note.textContent = found.length > 0 ? '' : t('What is filtered and sorted now, and the columns, can be kept under a name.');
    } catch (error) {
      this.#note.textContent = reasonOf(error);
    }
  }

  /** @param {SavedView} view */
  #item(view) {
    const text = t('Delete the view {name}', { name: view.name });
    const remove = element('button', { type: 'button', class: 'icon', 'aria-label': text, title: text, 'data-part': 'view-delete' },
      element('span', { 'aria-hidden': 'true' }, '×'));
    remove.addEventListener('click', () => this.#remove(view));
    return element('li', {}, element('a', { href: view.address }, view.name), remove);
  }

  async #save() {
    const name = this.#name.value.trim();
    if (!name) return;
    // Blanks and all that is not ASCII are escaped, as the browser does it in links.
    const address = new URL(location.href);
    const saved = await this.#try(() => this.#views.save({ topic: this.#topic, name, address: address.pathname + address.search }));
    if (!saved) return;
    this.#name.value = '';
    this.#toasts.say(t('The view {name} is kept.', { name }), { tone: 'good' });
  }

  /** @param {SavedView} view */
  async #remove(view) {
    if (!(await this.#try(() => this.#views.remove(view)))) return;
    const back = { label: t('Undo'), run: () => void this.#try(() => this.#views.save(view)) };
    this.#toasts.say(t('The view {name} is deleted.', { name: view.name }), { action: back });
    this.#name.focus();
  }

  /**
   * @param {() => Promise<void>} change
   * @returns {Promise<boolean>} whether it was done; if not, the reason is shown
   */
  async #try(change) {
    try {
      await change();
    } catch (error) {
      this.#note.textContent = reasonOf(error);
      return false;
    }
    await this.#load();
    return true;
  }
}
