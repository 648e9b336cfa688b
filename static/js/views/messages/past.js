/** Pages of the message log behind what the live table holds. */
import { toEntries } from '../../query.js';
import { t } from '../../text.js';

/**
 * @param {number} before the key of a message
 * @param {import('../../query.js').Query} query
 * @param {import('../../query.js').Column[]} columns
 * @param {AbortSignal} signal
 * @returns {Promise<{rows: import('../../store.js').Row[], next: number | null}>}
 */
export async function older(before, query, columns, signal) {
  const params = new URLSearchParams([['before', String(before)], ...toEntries(query, columns).map((entry) => ['q', entry])]);
  const answer = await fetch(`/history/messages?${params}`, { headers: { Accept: 'application/json' }, signal, cache: 'no-store' });
  const content = await answer.json().catch(() => null);
  if (!answer.ok || content === null) throw new Error(content?.message ?? t('The server answered {status}.', { status: answer.status }));
  return content;
}
