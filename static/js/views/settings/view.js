/** Settings: a section an address, each in a module of its own that is loaded when it is visited first. */
import { t } from '../../text.js';
import { element } from '../dom.js';
import { KnockingBadge } from '../knocking.js';
import { SECTIONS, sectionOf, whyNot } from './sections.js';

/**
 * What a section gives.
 * @typedef {{element: HTMLElement, close?: () => void}} Section
 * @typedef {(app: import('../../app.js').App) => Section} OpenSection
 */

/** @type {Record<string, () => Promise<{open: OpenSection}>>} */
const LOADERS = {
  account: () => import('./account.js'),
  users: () => import('./users.js'),
  'id-tokens': () => import('./id-tokens.js'),
  groups: () => import('./groups.js'),
  tariffs: () => import('./tariffs.js'),
  contracts: () => import('./contracts.js'),
  enrolment: () => import('./enrolment.js'),
  webhooks: () => import('./webhooks.js'),
  retention: () => import('./retention.js'),
  audit: () => import('./audit.js'),
  about: () => import('./about.js'),
};

/**
 * @param {import('../../app.js').App} app
 * @returns {import('../../app.js').View}
 */
export function open(app) {
  const links = SECTIONS.map(({ name, label }) => element('a', { href: `/settings/${name}`, 'data-section-link': name }, label));
  const knocking = new KnockingBadge(/** @type {HTMLElement} */ (links.find(({ dataset }) => dataset.sectionLink === 'enrolment')));
  const title = element('h2');
  const body = element('section', { class: 'settings-body', 'aria-live': 'off' });
  /** @type {Section | null} */
  let shown = null;
  let turn = 0;

  const summary = app.live.summary('knocking', (value) => knocking.show(value));

  /** @param {string} part */
  async function show(part) {
    const mine = (turn += 1);
    const section = sectionOf(part);
    shown?.close?.();
    shown = null;
    app.title(section ? t('{section} · Settings', { section: section.label }) : t('Settings'));
    links.forEach((link) => {
      if (link.dataset.sectionLink === section?.name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    });
    title.textContent = section?.label ?? t('There is no such section.');
    body.dataset.section = section?.name ?? '';
    body.replaceChildren();
    if (!section) return;
    const reason = whyNot(section, app.user);
    if (reason) {
      body.replaceChildren(element('p', { class: 'refused', 'data-part': 'refused' }, reason));
      return;
    }
    const opened = await load(section.name);
    if (mine !== turn) return;
    if (!opened) {
      body.replaceChildren(element('p', { class: 'refused' }, t('This part of the page could not be loaded.')));
      return;
    }
    shown = opened(app);
    body.replaceChildren(shown.element);
  }

  return {
    element: element('div', { class: 'page settings' },
      element('h1', {}, t('Settings')),
      element('nav', { class: 'sections', 'aria-label': t('Sections') }, ...links),
      element('div', { class: 'settings-main' }, title, body)),
    show: ({ part }) => show(part),
    close() {
      turn += 1;
      shown?.close?.();
      summary.close();
    },
  };
}

/** @param {string} name */
async function load(name) {
  try {
    return (await LOADERS[name]()).open;
  } catch (error) {
    console.error(error);
    return null;
  }
}
