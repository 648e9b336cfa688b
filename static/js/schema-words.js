/** What breaks a schema, in words of the page's language. Pure. */
import { t } from './text.js';

/** @type {Record<string, (wanted: string) => string>} */
const REASONS = {
  action: (wanted) => t('This action is none of OCPP {wanted}.', { wanted }),
  type: (wanted) => t('It is not of the type {wanted}.', { wanted }),
  enum: (wanted) => t('It is none of {wanted}.', { wanted }),
  maxLength: (wanted) => t('It is longer than {wanted} characters.', { wanted }),
  required: (wanted) => t('{wanted} is missing.', { wanted }),
  additionalProperties: () => t('The schema does not know this field.'),
  format: (wanted) => t('It is not written as {wanted}.', { wanted }),
};

/** Values of an enumeration that are named; some have fifty. */
const MOST_NAMED = 12;

/** @param {import('./frames.js').Problem} problem */
export function reasonOf({ keyword, expected, reason }) {
  if (!Object.hasOwn(REASONS, keyword)) return reason;
  const named = expected.slice(0, MOST_NAMED).join(', ');
  return REASONS[keyword](expected.length > MOST_NAMED ? `${named}, …` : named);
}

/** @param {import('./frames.js').Problem} problem */
export function verdictOf({ rule }) {
  return rule ? t('Understood all the same, by the rule {rule}.', { rule }) : t('No rule of tolerance takes this.');
}
