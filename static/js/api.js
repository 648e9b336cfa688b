/** The REST API, from the page's own session. */
import { t } from './text.js';

/** What the API answered instead of what was asked for; `problems` has the path and reason of each. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {any} body
   */
  constructor(status, body) {
    super(body?.detail ?? t('The server answered {status}.', { status }));
    this.status = status;
    this.code = String(body?.code ?? '');
    /** @type {{path: string, reason: string}[]} */
    this.problems = Array.isArray(body?.problems) ? body.problems : [];
  }
}

/**
 * @param {string} path below /api/v1/
 * @param {{body?: unknown, method?: string, signal?: AbortSignal}} [options] with a body it is a POST
 * @returns {Promise<{status: number, content: any}>} `Problem` for anything but success
 */
export async function ask(path, { body, method = body === undefined ? 'GET' : 'POST', signal } = {}) {
  const answer = await fetch(`/api/v1/${path}`, {
    method,
    headers: {
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(method === 'GET' ? {} : { 'X-CSRFToken': csrfToken() }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    cache: 'no-store',
  });
  const content = await answer.json().catch(() => null);
  // The page is told: its session may have ended while it was open.
  if (answer.status === 401) document.dispatchEvent(new Event('unauthorized'));
  if (!answer.ok) throw new Problem(answer.status, content);
  return { status: answer.status, content };
}

/**
 * An error as a sentence, with what is wrong where.
 * @param {unknown} error
 */
export function reasonOf(error) {
  if (error instanceof Problem && error.problems.length) {
    return [error.message, ...error.problems.map(({ path, reason }) => (path ? `${path}: ${reason}` : reason))].join(' ');
  }
  return error instanceof Error ? error.message : String(error);
}

function csrfToken() {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? '';
}
