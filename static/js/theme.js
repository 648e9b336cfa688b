/** Light, dark, or as the system has it; remembered in this browser. */
import { t } from './text.js';

const CHOICES = ['auto', 'light', 'dark'];
/** @type {Record<string, string>} */
const NAMES = { auto: t('Theme: as the system has it'), light: t('Theme: light'), dark: t('Theme: dark') };
const STORED = 'smartserver.theme';
const root = document.documentElement;

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/** @param {string} choice */
function remember(choice) {
  try {
    localStorage.setItem(STORED, choice);
  } catch {
    // As above.
  }
}

/** @param {string | null} wish */
function apply(wish) {
  const choice = wish && CHOICES.includes(wish) ? wish : 'auto';
  root.dataset.theme = choice;
  const button = document.getElementById('theme-toggle');
  button?.setAttribute('aria-label', NAMES[choice]);
  button?.setAttribute('title', NAMES[choice]);
  // Charts are drawn with colours read from the style sheet; they have to be drawn again.
  document.dispatchEvent(new Event('themechange'));
}

apply(stored());
document.getElementById('theme-toggle')?.addEventListener('click', () => {
  const next = CHOICES[(CHOICES.indexOf(root.dataset.theme ?? '') + 1) % CHOICES.length];
  remember(next);
  apply(next);
});
addEventListener('storage', ({ key, newValue }) => key === STORED && apply(newValue));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => apply(root.dataset.theme ?? null));
