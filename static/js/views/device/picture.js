/**
 * The picture of where the energy goes: sun, battery, house and grid, and a line of moving dots for each flow. It says the
 * same in words to who cannot see it; who wants no motion sees arrows stand still.
 *
 * @typedef {import('../../flow.js').Flow} Flow
 * @typedef {import('../../flow.js').Place} Place
 */
import { flowsOf, isFull, fillOf, paceOf, widthOf } from '../../flow.js';
import { formatNumber, NOTHING } from '../../format.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { svg } from '../svg.js';

const RADIUS = 34;

/** Where the places are, in the picture. @type {Record<Place, {x: number, y: number}>} */
const PLACES = {
  solar: { x: 62, y: 66 },
  battery: { x: 62, y: 204 },
  house: { x: 220, y: 135 },
  grid: { x: 378, y: 135 },
};

/** The lines between them, each drawn in the direction of its flow. @type {Record<string, string>} */
const LINES = {
  'solar-house': 'M99 66 C155 66 135 122 182 122',
  'battery-house': 'M99 204 C155 204 135 148 182 148',
  'solar-battery': 'M62 103 V160',
  'grid-house': 'M341 135 H264',
  'house-grid': 'M257 135 H334',
};

/** @type {Record<Place, string>} Pictograms of 24 × 24. */
const ICONS = {
  solar: 'M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8',
  battery: 'M4 8h14v9H4zM18 11h2.5v3H18M11.5 9.5l-2.5 3.5h4l-2.5 3.5',
  house: 'M3.5 11.5 12 4l8.5 7.5M5.5 10v10h13V10M10 20v-6h4v6',
  grid: 'M9 3h6l3.5 18M15 3l.5 3M9 3 5.5 21M7.8 9h8.4M6.7 15h10.6M8 9l9.3 6M16 9l-9.3 6M6 6h12',
};

/** @type {Record<Place, string>} */
const NAMES = { solar: t('Sun'), battery: t('Battery'), house: t('House'), grid: t('Grid') };

/** @type {Record<string, (power: string) => string>} */
const SENTENCES = {
  'solar-house': (power) => t('{power} from the sun into the house.', { power }),
  'solar-battery': (power) => t('{power} from the sun into the battery.', { power }),
  'battery-house': (power) => t('{power} from the battery into the house.', { power }),
  'grid-house': (power) => t('{power} from the grid into the house.', { power }),
  'house-grid': (power) => t('{power} from the house into the grid.', { power }),
};

/**
 * @typedef {{income: number, inject: number, consumption: number, stored: number, capacity: number | null}} Present
 *   powers in W, stored and capacity in Wh; a capacity of null is not known
 */

export class FlowPicture {
  element;

  #picture;
  #words = element('ul', { class: 'unseen', 'data-part': 'flows' });
  /** @type {Map<string, SVGElement>} */
  #lines = new Map();
  /** @type {Map<Place, {figure: SVGElement, node: SVGElement}>} */
  #places = new Map();
  #fill;
  #told = '';

  constructor() {
    this.#fill = svg('circle', { class: 'flow-fill', cx: PLACES.battery.x, cy: PLACES.battery.y, r: RADIUS, pathLength: 100 });
    // What it shows is said by the list beside it.
    this.#picture = svg('svg', { class: 'flow', viewBox: '22 12 396 254', 'aria-hidden': 'true', focusable: 'false' },
      ...Object.entries(LINES).map(([name, d]) => this.#line(name, d)),
      ...(/** @type {Place[]} */ (Object.keys(PLACES))).map((place) => this.#place(place)), this.#fill);
    this.element = element('div', { class: 'flow-box', role: 'group', 'aria-label': t('Energy flow') }, this.#words);
    this.element.prepend(this.#picture);
  }

  /** @param {Present} present */
  show(present) {
    const fill = fillOf(present.stored, present.capacity);
    const flows = flowsOf({ ...present, isFull: isFull(fill) });
    const now = new Map(flows.map((flow) => [`${flow.from}-${flow.to}`, flow]));
    for (const [name, line] of this.#lines) showFlow(line, now.get(name));
    this.#figure('solar', formatNumber(Math.round(present.income), 'W'), present.income > 0);
    this.#figure('battery', fill === null ? formatNumber(Math.round(present.stored), 'Wh') : percent(fill), present.stored > 0);
    this.#figure('house', formatNumber(Math.round(present.consumption), 'W'), present.consumption > 0);
    const grid = now.get('grid-house') ?? now.get('house-grid');
    this.#figure('grid', formatNumber(Math.round(grid?.power ?? 0), 'W'), Boolean(grid));
    this.#fill.setAttribute('stroke-dasharray', `${Math.round((fill ?? 0) * 100)} 100`);
    this.#tell(flows, fill, present.stored);
  }

  /**
   * @param {Flow[]} flows
   * @param {number | null} fill
   * @param {number} stored
   */
  #tell(flows, fill, stored) {
    const sentences = flows.map(({ from, to, power }) => SENTENCES[`${from}-${to}`](formatNumber(Math.round(power), 'W')));
    if (flows.length === 0) sentences.push(t('Nothing flows.'));
    const energy = formatNumber(Math.round(stored), 'Wh');
    sentences.push(fill === null ? t('The battery holds {energy}.', { energy }) : t('The battery holds {energy}, {percent}.', { energy, percent: percent(fill) }));
    const told = sentences.join('\n');
    if (told === this.#told) return;
    this.#told = told;
    this.#words.replaceChildren(...sentences.map((sentence) => element('li', {}, sentence)));
  }

  /**
   * @param {string} name
   * @param {string} d
   */
  #line(name, d) {
    const line = svg('g', { class: 'flow-line', 'data-flow': name },
      svg('path', { class: 'flow-track', d }), svg('path', { class: 'flow-dots', d }), svg('path', { class: 'flow-arrow', d: 'M-5 -6 5 0 -5 6z', transform: arrowOf(name) }));
    this.#lines.set(name, line);
    return line;
  }

  /** @param {Place} place */
  #place(place) {
    const { x, y } = PLACES[place];
    const figure = svg('text', { class: 'flow-figure', x, y: y + 20, 'text-anchor': 'middle' }, NOTHING);
    // Where no line runs.
    const name = svg('text', { class: 'flow-name', x, y: place === 'battery' ? y + RADIUS + 18 : y - RADIUS - 9, 'text-anchor': 'middle' }, NAMES[place]);
    const icon = svg('path', { class: 'flow-icon', d: ICONS[place], transform: `translate(${x - 12} ${y - 22})` });
    const node = svg('g', { class: 'flow-place', 'data-place': place }, svg('circle', { cx: x, cy: y, r: RADIUS }), icon, figure, name);
    this.#places.set(place, { figure, node });
    return node;
  }

  /**
   * @param {Place} place
   * @param {string} text
   * @param {boolean} active
   */
  #figure(place, text, active) {
    const { figure, node } = /** @type {{figure: SVGElement, node: SVGElement}} */ (this.#places.get(place));
    if (figure.textContent !== text) figure.textContent = text;
    node.toggleAttribute('data-active', active);
  }
}

/**
 * @param {SVGElement} line
 * @param {Flow | undefined} flow
 */
function showFlow(line, flow) {
  line.toggleAttribute('data-flowing', Boolean(flow));
  if (!flow) return;
  line.style.setProperty('--flow-width', String(widthOf(flow.power)));
  line.style.setProperty('--flow-pace', `${paceOf(flow.power)}s`);
}

/** Where the arrow of a line sits, and which way it points. @param {string} name */
function arrowOf(name) {
  switch (name) {
    case 'solar-house': return 'translate(178 122)';
    case 'battery-house': return 'translate(178 148)';
    case 'solar-battery': return 'translate(62 156) rotate(90)';
    case 'grid-house': return 'translate(268 135) rotate(180)';
    default: return 'translate(330 135)';
  }
}

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;
