/** The REST API, from the page's own session. */

/** What the API answered instead of what was asked for; `problems` has the path and reason of each. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {any} body
   */
  constructor(status, body) {
    super(body?.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.code = String(body?.code ?? '');
    /** @type {{path: string, reason: string}[]} */
    this.problems = Array.isArray(body?.problems) ? body.problems : [];
  }
}

/**
 * @param {string} path below /api/v1/
 * @param {{body?: unknown, signal?: AbortSignal}} [options] with a body it is a POST
 * @returns {Promise<{status: number, content: any}>} `Problem` for anything but success
 */
export async function ask(path, { body, signal } = {}) {
  const answer = await fetch(`/api/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'X-CSRFToken': csrfToken() }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    cache: 'no-store',
  });
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, content);
  return { status: answer.status, content };
}

function csrfToken() {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? '';
}
