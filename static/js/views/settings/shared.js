/** What several sections do: say what failed, show times, ask for what hurts. */
import { ask, Problem } from '../../api.js';
import { formatExact, formatRelative, NOTHING, parseTime } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

/** @typedef {import('../../app.js').App} App */

/**
 * Do something and tell what came of it; the content of the answer, or null when it failed.
 * @param {App} app
 * @param {string} path
 * @param {{method?: string, body?: unknown}} options
 * @param {string} [done] what is said when it worked
 * @param {import('../toasts.js').Action} [action]
 * @returns {Promise<{content: any} | null>}
 */
export async function act(app, path, options, done, action) {
  try {
    const answer = await ask(path, options);
    if (done) app.toasts.say(done, { tone: 'good', action });
    return answer;
  } catch (error) {
    app.toasts.say(textOf(error), { tone: 'bad' });
    return null;
  }
}

/** @param {unknown} error */
export function textOf(error) {
  if (!(error instanceof Problem)) return t('The server cannot be reached.');
  return error.problems.length ? error.problems.map(({ reason }) => reason).join(' ') : error.message;
}

/**
 * How long ago, with the exact moment on hover.
 * @param {App} app
 * @param {string | null} iso
 * @param {string} [nothing]
 */
export function when(app, iso, nothing = NOTHING) {
  if (!iso) return nothing;
  const time = parseTime(iso);
  return element('time', { datetime: iso, title: formatExact(time) }, formatRelative(time, app.now()));
}

/**
 * A word with a shape before it: colour alone is not for everyone.
 * @param {string} text
 * @param {'good' | 'bad' | 'plain' | 'busy'} tone
 */
export const mark = (text, tone) => element('span', { class: 'mark', 'data-tone': tone }, text);

/**
 * @param {string} label
 * @param {() => void} run
 * @param {string} [tone]
 */
export function button(label, run, tone = '') {
  const made = element('button', { type: 'button', class: tone }, label);
  made.addEventListener('click', run);
  return made;
}
