/** The lines of the last hour of the rows in sight. */
import { formatNumber } from '../../format.js';
import { path, SparklineCache } from '../../sparkline.js';
import { t } from '../../text.js';
import { SPARK } from './cells.js';

/** Scrolling is over when it pauses for so long, in ms. */
const CALM = 250;

/**
 * @param {string} topic
 * @param {() => void} onLines
 * @returns {import('./grid.js').Sparks & {close: () => void}}
 */
export function makeSparks(topic, onLines) {
  let timer = 0;
  const cache = new SparklineCache({
    ask: async (keys) => {
      const answer = await fetch(`/sparklines/${topic}?keys=${keys.join()}`, { cache: 'no-store' });
      if (!answer.ok) throw new Error(`${answer.status}`);
      return (await answer.json()).lines;
    },
    onLines,
    draw: (values) => path(values, SPARK.width, SPARK.height),
  });
  return {
    path: (key) => cache.path(key),
    label: (key) => labelOf(cache.values(key)),
    inSight(rows, first, last) {
      if (timer) return;
      timer = setTimeout(() => {
        timer = 0;
        cache.want(rows.slice(first, last).map(([key]) => key), performance.now());
      }, CALM);
    },
    close() {
      clearTimeout(timer);
      cache.close();
    },
  };
}

/** @param {(number | null)[]} values */
function labelOf(values) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return t('Nothing measured in the last hour');
  const [least, most] = [Math.min(...known), Math.max(...known)].map((value) => formatNumber(value, 'W'));
  return t('{least} to {most} in the last hour', { least, most });
}
