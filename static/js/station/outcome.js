/**
 * How a command ended, in a sentence. Pure.
 *
 * @typedef {{action: string, state: string, result: string, error: string}} Command
 * @typedef {{text: string, tone: 'good' | 'bad' | 'plain'}} End
 */
import { t } from '../text.js';

/** Answers that mean that it was done, or will be. */
const GOOD = new Set(['Accepted', 'Unlocked', 'Scheduled', 'RebootRequired', 'AcceptedWithUnknown', 'NoProfiles', 'Unpublished', '']);

/** States in which nothing more will come. */
export const ENDED = new Set(['answered', 'failed', 'timed_out', 'expired', 'cancelled']);

/**
 * @param {Command} command one that has ended
 * @param {string} [label] what people call it
 * @returns {End}
 */
export function endOf({ action, state, result, error }, label = action) {
  switch (state) {
    case 'answered':
      if (result === 'Scheduled') return { text: t('{label}: accepted, for later.', { label }), tone: 'good' };
      if (result === 'RebootRequired') return { text: t('{label}: accepted, in force after a restart.', { label }), tone: 'good' };
      if (GOOD.has(result)) return { text: t('{label}: done.', { label }), tone: 'good' };
      return { text: t('{label}: the station answered “{result}”.', { label, result }), tone: 'bad' };
    case 'timed_out':
      return { text: t('{label}: the station did not answer in time. It may have been carried out.', { label }), tone: 'bad' };
    case 'expired':
      return { text: t('{label}: the station did not come back in time.', { label }), tone: 'bad' };
    case 'cancelled':
      return { text: t('{label}: taken back.', { label }), tone: 'plain' };
    default:
      if (result === 'ConnectionLost') {
        return { text: t('{label}: the connection broke before the answer. It may have been carried out.', { label }), tone: 'bad' };
      }
      return { text: t('{label}: failed. {reason}', { label, reason: error || result }), tone: 'bad' };
  }
}
