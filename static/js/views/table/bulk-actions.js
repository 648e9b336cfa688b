/**
 * What an operator can do to many rows of a table at once.
 *
 * @typedef {import('../../store.js').Row} Row
 * @typedef {{rows: () => Row[], value: (row: Row, name: string) => unknown}} Selected
 */
import { ask, Problem, reasonOf } from '../../api.js';
import { t, tn } from '../../text.js';
import { element } from '../dom.js';
import { confirmed } from '../parts/dialog.js';
import { runBulk } from './bulk-dialog.js';

/** Stations of one request: so many are stored in one go, and the bar moves. */
const PORTION = 50;

/**
 * @param {import('../../app.js').App} app
 * @param {'ask' | 'clear'} kind
 * @param {Selected} selected
 * @returns {HTMLElement[]} buttons
 */
export function bulkActions(app, kind, selected) {
  const button = element('button', { type: 'button', class: 'primary', 'data-part': `bulk-${kind}` }, kind === 'ask' ? t('Send a command…') : t('Clear alerts…'));
  button.addEventListener('click', () => (kind === 'ask' ? askStations(app, selected) : clearAlerts(selected)));
  return [button];
}

/**
 * @param {import('../../app.js').App} app
 * @param {Selected} selected
 */
function askStations(app, { rows, value }) {
  const identities = rows().map((row) => String(value(row, 'identity')));
  if (identities.length === 0) return;
  app.command.openMany(identities, ({ action, payload }) => {
    const title = tn('{action} for {count} station', '{action} for {count} stations', identities.length, { action });
    runBulk(title, identities, {
      portion: PORTION,
      async act(stations) {
        const { content } = await ask('commands/bulk', { body: { stations, action, payload } });
        return content.results.flatMap((/** @type {any} */ { station, problem }) =>
          (problem ? [{ name: station, reason: reasonOf(new Problem(problem.status, problem)) }] : []));
      },
    });
  });
}

/** @param {Selected} selected */
async function clearAlerts({ rows, value }) {
  const standing = new Map(rows().filter((row) => value(row, 'state') === 'standing')
    .map((row) => [`${value(row, 'station')} – ${value(row, 'meaning')} (#${row[0]})`, row[0]]));
  const count = standing.size;
  const title = tn('Clear {count} standing alert?', 'Clear {count} standing alerts?', count);
  const text = t('This says that nothing is wrong any more. A charger that still sees the fault may raise it again.');
  if (count === 0 || !(await confirmed(title, text, t('Clear')))) return;
  runBulk(tn('{count} alert is cleared', '{count} alerts are cleared', count), [...standing.keys()], {
    portion: 1,
    async act([name]) {
      try {
        await ask(`alerts/${standing.get(name)}/clear`, { body: {} });
        return [];
      } catch (error) {
        return [{ name, reason: reasonOf(error) }];
      }
    },
  });
}
