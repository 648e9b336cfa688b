/**
 * Messages of the log as what was on the wire: frames of OCPP-J. Pure.
 *
 * @typedef {object} Message as `GET /api/v1/messages/<id>` answers it
 * @property {number} id
 * @property {string} station
 * @property {string} ocpp_version
 * @property {'in' | 'out'} direction
 * @property {string} action
 * @property {string} message_id
 * @property {unknown} request an object, or a text where it was none or is too long
 * @property {unknown} reply null where there was none
 * @property {string} outcome
 * @property {string} received_at
 * @property {string | null} answered_at
 * @property {Problem[]} problems
 *
 * @typedef {object} Problem
 * @property {'request' | 'reply'} part
 * @property {string} path JSON pointer
 * @property {string} keyword
 * @property {string[]} expected
 * @property {string} reason
 * @property {string} rule
 */

const CALL = 2;
const CALLRESULT = 3;
const CALLERROR = 4;
const CALLRESULTERROR = 5;
const SEND = 6;

/** Outcomes that say that nothing was answered. */
const UNANSWERED = new Set(['TimedOut', 'ConnectionLost', 'SEND']);

const REJECTED = 'CALLRESULTERROR';

/**
 * Whether it is a station's word on an answer of ours, which it could not use. The other way round the message is our
 * call, with the answer that was of no use to us.
 * @param {Message} message
 */
export const rejects = ({ direction, outcome }) => outcome === REJECTED && direction === 'in';

/**
 * The frame with the call, or null where what was said is no frame.
 * @param {Message} message
 * @returns {unknown[] | null}
 */
export function callFrame(message) {
  const { action, message_id, request, outcome } = message;
  if (rejects(message)) return [CALLRESULTERROR, message_id, Object(request).code, Object(request).description, Object(request).details];
  if (!action) return null;
  return [outcome === 'SEND' ? SEND : CALL, message_id, action, request];
}

/**
 * The frame with the answer, or null where there was none.
 * @param {Message} message
 * @returns {unknown[] | null}
 */
export function answerFrame(message) {
  const { action, message_id, reply, outcome } = message;
  if (!action || UNANSWERED.has(outcome) || rejects(message)) return null;
  if (outcome === 'CALLRESULT' || outcome === REJECTED) return [CALLRESULT, message_id, reply ?? {}];
  // Our own errors are kept as a list, those of stations as an object.
  const [description, details] = Array.isArray(reply) ? reply : [Object(reply).description, Object(reply).details];
  return [CALLERROR, message_id, outcome, description ?? '', details ?? {}];
}

/**
 * Milliseconds from the call to its answer; null while there is none.
 * @param {{received_at: string, answered_at: string | null}} message
 */
export function tookMs({ received_at, answered_at }) {
  const took = answered_at === null ? NaN : Date.parse(answered_at) - Date.parse(received_at);
  return Number.isNaN(took) ? null : took;
}

/**
 * Where the messages of a query are exported, as far as the API knows its filters.
 * @param {import('./query.js').Query} query
 */
export function exportAddress({ filters }) {
  const params = new URLSearchParams();
  for (const { field, op, value } of filters) {
    if (field === 'received_at' && (op === '>' || op === '>=')) params.set('since', value);
    else if (field === 'received_at' && (op === '<' || op === '<=')) params.set('until', value);
    else if (['station', 'action', 'outcome', 'direction'].includes(field) && op === '==') params.set(field, value);
  }
  const search = params.toString();
  return `/api/v1/messages/export${search && `?${search}`}`;
}
