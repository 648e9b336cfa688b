/** Composite schedules, drawn as steps: what the server expects, and what the station says. */
import { formatExact, formatNumber } from '../../format.js';
import { frameOf, marksOf, pathOf, stepAt, stepsOf, xOf, yOf } from '../../station/schedule.js';
import { language, t } from '../../text.js';
import { element } from '../dom.js';

/**
 * @typedef {import('../../station/schedule.js').Schedule} Schedule
 * @typedef {{name: string, schedule: Schedule}} Line
 */

const SVG = 'http://www.w3.org/2000/svg';
/** Of the plot, in units that are about a pixel: letters stay readable where there is little room. */
const WIDE = { width: 1000, height: 220 };
const NARROW = { width: 290, height: 170 };
const LEFT = 56;
const BOTTOM = 26;
const TOP = 10;

const HOUR = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(language, { weekday: 'short', day: 'numeric' });

/**
 * @param {Line[]} lines at most two
 * @param {number} now ms since 1970
 */
export function scheduleChart(lines, now) {
  const size = matchMedia('(width < 860px)').matches ? NARROW : WIDE;
  const frame = frameOf(lines.map(({ schedule }) => schedule));
  const { unit } = lines[0].schedule;
  const plot = svg('g', { transform: `translate(${LEFT} ${TOP})` }, ...axes(frame, unit, size),
    ...lines.map(({ schedule }, index) => svg('path', { class: `schedule-line line-${index + 1}`, d: pathOf(stepsOf(schedule), frame, size) })));
  if (now > frame.from && now < frame.to) plot.append(svg('line', { class: 'schedule-now', x1: xOf(now, frame, size), x2: xOf(now, frame, size), y1: 0, y2: size.height }));
  const cursor = svg('line', { class: 'schedule-cursor', y1: 0, y2: size.height, visibility: 'hidden' });
  plot.append(cursor);
  const title = t('Limits over time: {lines}', { lines: lines.map(({ name }) => name).join(', ') });
  const picture = svg('svg', { viewBox: `0 0 ${size.width + LEFT + 16} ${size.height + TOP + BOTTOM}`, class: 'schedule', role: 'img', 'aria-label': title }, plot);
  const reading = element('p', { class: 'schedule-reading' });
  const rest = () => reading.replaceChildren(...lines.map(({ name }, index) => legend(name, index)));
  rest();
  picture.addEventListener('pointermove', (event) => {
    const box = picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * (size.width + LEFT + 16) - LEFT;
    const time = frame.from + (x / size.width) * (frame.to - frame.from);
    if (time < frame.from || time >= frame.to) return;
    cursor.setAttribute('visibility', 'visible');
    cursor.setAttribute('x1', String(x));
    cursor.setAttribute('x2', String(x));
    reading.replaceChildren(...lines.map(({ name, schedule }, index) => legend(`${name}: ${limitAt(schedule, time)}`, index)), element('span', {}, formatExact(time)));
  });
  picture.addEventListener('pointerleave', () => {
    cursor.setAttribute('visibility', 'hidden');
    rest();
  });
  return element('figure', { class: 'schedule-figure' }, picture, element('figcaption', {}, reading));
}

/**
 * @param {import('../../station/schedule.js').Frame} frame
 * @param {string} unit
 * @param {import('../../station/schedule.js').Size} size
 */
function axes(frame, unit, size) {
  const levels = [0, 0.5, 1].map((share) => share * frame.most);
  const wide = frame.to - frame.from > 36 * 3_600_000;
  return [
    ...levels.flatMap((level) => {
      const y = yOf(level, frame, size);
      return [svg('line', { class: 'schedule-grid', x1: 0, x2: size.width, y1: y, y2: y }),
        svg('text', { class: 'schedule-label', x: -8, y: y + 4, 'text-anchor': 'end' }, formatNumber(level, unit))];
    }),
    ...marksOf(frame, size === WIDE ? 8 : 4).map((mark) => svg('text', { class: 'schedule-label', x: xOf(mark, frame, size), y: size.height + 20, 'text-anchor': 'middle' },
      (wide ? DAY : HOUR).format(mark))),
  ];
}

/**
 * @param {string} text
 * @param {number} index
 */
const legend = (text, index) => element('span', { class: `schedule-legend line-${index + 1}` }, text);

/**
 * @param {Schedule} schedule
 * @param {number} time
 */
function limitAt(schedule, time) {
  const step = stepAt(stepsOf(schedule), time);
  if (!step) return t('not known');
  return step.limit === null ? t('no limit') : formatNumber(step.limit, schedule.unit);
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}
