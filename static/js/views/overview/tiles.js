/** A row of tiles under a heading. Each is a link to the list behind its number. */
import { element } from '../dom.js';

/** @typedef {import('../../tiles.js').Tile} Tile */

export class Tiles {
  element;
  #root = element('ul', { class: 'tiles' });
  /** @type {Map<string, {link: HTMLElement, value: HTMLElement, more: HTMLElement}>} */
  #tiles = new Map();

  /**
   * @param {string} name
   * @param {string} title
   * @param {Tile[]} tiles as long as nothing is known, in grey
   */
  constructor(name, title, tiles) {
    this.element = element('section', { class: 'tile-group', 'data-group': name, 'aria-labelledby': `tiles-${name}` },
      element('h2', { id: `tiles-${name}` }, title), this.#root);
    this.show(tiles, true);
  }

  /**
   * @param {Tile[]} tiles
   * @param {boolean} [waiting] their numbers are not known yet
   */
  show(tiles, waiting = false) {
    if (this.#tiles.size === 0) this.#root.append(...tiles.map((tile) => this.#make(tile)));
    this.element.toggleAttribute('data-waiting', waiting);
    for (const { name, value, more, href, tone = '' } of tiles) {
      const parts = this.#tiles.get(name);
      if (!parts) continue;
      write(parts.value, waiting ? '000' : value);
      write(parts.more, more);
      parts.value.classList.toggle('skeleton', waiting);
      parts.link.setAttribute('href', href);
      parts.link.dataset.tone = waiting ? '' : tone;
    }
  }

  /** @param {Tile} tile */
  #make({ name, label }) {
    const value = element('span', { class: 'tile-value' });
    const more = element('span', { class: 'tile-more' });
    const link = element('a', { class: 'tile', 'data-tile': name }, element('span', { class: 'tile-label' }, label), value, more);
    this.#tiles.set(name, { link, value, more });
    return element('li', {}, link);
  }
}

/**
 * @param {HTMLElement} root
 * @param {string} text
 */
function write(root, text) {
  if (root.textContent !== text) root.textContent = text;
}
