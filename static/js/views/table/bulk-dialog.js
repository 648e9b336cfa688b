/** The dialog in which something is done to many: how far it is, what went wrong with whom, and the button that stops it. */
import { Bulk } from '../../bulk.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { openDialog } from '../parts/dialog.js';

/** More failures than this are counted and not listed. */
const LISTED = 200;

/**
 * @param {string} title
 * @param {string[]} names
 * @param {{portion: number, act: (names: string[]) => Promise<import('../../bulk.js').Failure[]>}} work
 * @returns {Promise<import('../../bulk.js').Progress>}
 */
export function runBulk(title, names, { portion, act }) {
  const bar = element('progress', { max: names.length, value: 0, 'aria-label': title });
  const text = element('p', { role: 'status', 'data-part': 'progress' });
  const failures = element('ul', { class: 'failures', 'data-part': 'failures', tabindex: 0, 'aria-label': t('What went wrong'), hidden: true });
  const stop = element('button', { type: 'button', 'data-part': 'stop' }, t('Stop'));
  const done = element('button', { type: 'button', class: 'primary', hidden: true, 'data-part': 'done' }, t('Done'));
  const dialog = openDialog(title, bar, text, failures, element('p', { class: 'actions' }, stop, done));
  let listed = 0;
  const bulk = new Bulk({
    names,
    portion,
    act,
    onProgress(progress) {
      bar.value = progress.done;
      text.textContent = inWords(progress);
      failures.hidden = progress.failures.length === 0;
      failures.append(...progress.failures.slice(listed, LISTED).map(({ name, reason }) => element('li', {}, element('strong', {}, name), ' ', reason)));
      listed = Math.min(progress.failures.length, LISTED);
      if (!progress.ended) return;
      stop.hidden = true;
      done.hidden = false;
      if (dialog.open) done.focus();
    },
  });
  stop.addEventListener('click', () => {
    bulk.stop();
    stop.disabled = true;
  });
  done.addEventListener('click', () => dialog.close());
  // Who closes the dialog stops it: nothing goes on where nobody sees it.
  dialog.addEventListener('close', () => bulk.stop());
  return bulk.run();
}

/** @param {import('../../bulk.js').Progress} progress */
function inWords({ done, total, failures, stopped, ended }) {
  const parts = [t('{done} of {total} done.', { done, total })];
  if (failures.length > 0) parts.push(tn('{count} failed.', '{count} failed.', failures.length));
  if (stopped) parts.push(ended ? t('Stopped.') : t('Stopping…'));
  return parts.join(' ');
}
