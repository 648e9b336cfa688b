/**
 * The page of one station: who it is and how it is, live, and its parts, each at an address of its own.
 *
 * @typedef {import('../../app.js').App} App
 * @typedef {import('../../routes.js').Address} Address
 */
import { ask, Problem, reasonOf } from '../../api.js';
import { emptyQuery } from '../../query.js';
import { pageOf } from '../../routes.js';
import { scopeOf } from '../../scope.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { Head } from './head.js';
import { StationPage } from './page.js';
import { PARTS } from './parts.js';
import { paintTimes } from './widgets.js';

/** What of the live row says that the rest of the station has changed, too. */
const TELLING = ['state', 'firmware_version', 'ocpp_version', 'vendor', 'model'];

/** @param {App} app */
export const open = (app) => new StationView(app);

class StationView {
  element = element('div', { class: 'page station' });

  #app;
  /** @type {StationPage | null} */
  #page = null;
  /** @type {import('../../live.js').TableFeed[]} */
  #feeds = [];
  /** @type {Head | null} */
  #head = null;
  #nav = element('nav', { class: 'subnav', 'aria-label': t('Parts of the station') });
  #place = element('div', { class: 'part' });
  /** @type {import('./page.js').Part | null} */
  #part = null;
  #identity = '';
  /** @type {string | null} */
  #shown = null;
  /** Counts what was asked for: an answer that comes after the next click is of no use. */
  #turn = 0;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
  }

  /** @param {Address} address */
  async show({ key, part, search }) {
    const turn = (this.#turn += 1);
    this.#app.title(key);
    if (key !== this.#identity) {
      this.#leave();
      this.#identity = key;
      await this.#begin(key, turn);
    }
    if (turn === this.#turn && this.#page) await this.#showPart(part, search, turn);
  }

  close() {
    this.#turn += 1;
    this.#leave();
  }

  tick() {
    paintTimes(this.element, this.#app.now());
    this.#part?.tick?.();
  }

  #leave() {
    this.#part?.close();
    this.#page?.close();
    for (const feed of this.#feeds) feed.close();
    this.#part = this.#page = this.#head = this.#shown = null;
    this.#feeds = [];
  }

  /**
   * @param {string} identity
   * @param {number} turn
   */
  async #begin(identity, turn) {
    this.element.replaceChildren(element('h1', {}, identity), element('div', { class: 'skeleton tall', role: 'status' }, element('span', { class: 'unseen' }, t('Loading…'))));
    try {
      const { content } = await ask(`stations/${encodeURIComponent(identity)}`);
      if (turn !== this.#turn) return;
      this.#watch(identity, content);
    } catch (error) {
      if (turn === this.#turn) this.#missing(identity, error);
    }
  }

  /**
   * @param {string} identity
   * @param {any} station
   */
  #watch(identity, station) {
    const query = (/** @type {string} */ field) => ({ ...emptyQuery(), filters: [scopeOf(field, identity)] });
    const feed = this.#app.live.table('stations', { onRows: () => this.#changed(feed) }, query('identity'));
    const commands = this.#app.live.table('commands', { onRows: () => this.#commanded() }, query('station'));
    this.#feeds = [feed, commands];
    this.#page = new StationPage(this.#app, identity, station, commands);
    this.#head = new Head(this.#page);
    this.#nav.replaceChildren(...PARTS.map(({ name, label }) => element('a', { href: pageOf('stations', identity, name), 'data-part-link': name || 'now' }, label)));
    this.element.replaceChildren(this.#head.element, this.#nav, this.#place);
  }

  /** @param {import('../../live.js').TableFeed} feed */
  #changed(feed) {
    const page = this.#page;
    const row = feed.store.rows.find(([, identity]) => identity === this.#identity);
    if (!page || !row) return;
    const before = page.station;
    const values = feed.columns.map(({ name }, index) => [name, row[index + 1]]);
    page.station = { ...before, ...Object.fromEntries(values), key: row[0] };
    if (TELLING.some((name) => before[name] !== page.station[name])) this.#readAgain();
    this.#head?.paint();
    this.#part?.changed?.('station');
  }

  async #readAgain() {
    const { path } = this.#page ?? {};
    const answer = path && await ask(path).catch(() => null);
    if (!answer || this.#page?.path !== path) return;
    this.#page.station = { ...this.#page.station, ...answer.content };
    this.#head?.paint();
  }

  #commanded() {
    this.#page?.followed.changed();
    this.#part?.changed?.('commands');
  }

  /**
   * @param {string} name
   * @param {URLSearchParams} search
   * @param {number} turn
   */
  async #showPart(name, search, turn) {
    const page = /** @type {StationPage} */ (this.#page);
    if (name !== this.#shown) {
      const entry = PARTS.find((each) => each.name === name);
      for (const link of this.#nav.querySelectorAll('a')) {
        const current = link.dataset.partLink === (name || 'now');
        if (current) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
        if (current) keepInSight(this.#nav, link);
      }
      const loaded = await entry?.load().catch((/** @type {unknown} */ error) => console.error(error));
      if (turn !== this.#turn) return;
      this.#part?.close();
      this.#shown = name;
      this.#part = loaded?.open(page) ?? null;
      this.#place.dataset.partShown = name || 'now';
      this.#place.replaceChildren(this.#part?.element ?? unknownPart(entry !== undefined));
    }
    this.#part?.show?.(search);
  }

  /**
   * @param {string} identity
   * @param {unknown} error
   */
  #missing(identity, error) {
    const unknown = error instanceof Problem && error.status === 404;
    this.#identity = '';
    const retry = element('button', { type: 'button' }, t('Try again'));
    retry.addEventListener('click', () => this.#app.go(location.pathname + location.search, { replace: true }));
    this.element.replaceChildren(element('h1', {}, identity), element('div', { class: 'notice' },
      element('p', {}, unknown ? t('There is no station of this name.') : t('The station cannot be shown. {reason}', { reason: reasonOf(error) })),
      unknown ? element('a', { href: '/stations' }, t('All stations')) : retry));
  }
}

/** @param {boolean} there */
function unknownPart(there) {
  return element('p', { class: 'nothing' }, there ? t('This part of the page could not be loaded.') : t('A station’s page has no such part.'));
}

/**
 * On a telephone the row of parts is longer than the screen.
 * @param {HTMLElement} row
 * @param {HTMLElement} link
 */
function keepInSight(row, link) {
  const left = link.offsetLeft - row.offsetLeft;
  if (left < row.scrollLeft || left + link.offsetWidth > row.scrollLeft + row.clientWidth) row.scrollLeft = left - 16;
}
