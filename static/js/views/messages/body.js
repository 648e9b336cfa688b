/** One half of an exchange: its JSON, line by line, with what breaks the schema marked where it stands. */
import { toLines, lineOf } from '../../json-lines.js';
import { reasonOf, verdictOf } from '../../schema-words.js';
import { t } from '../../text.js';
import { element } from '../dom.js';

/** @typedef {import('../../frames.js').Problem} Problem */

/** Levels that are indented; what is nested deeper stands below its parent. */
const DEEPEST = 16;

/**
 * @param {unknown} value an object; a text where it was none, or was too long to be kept as a whole
 * @param {Problem[]} problems of this half
 */
export function body(value, problems) {
  if (typeof value === 'string') {
    return element('pre', { class: 'json-text', tabindex: 0, 'aria-label': t('As it was kept') }, value);
  }
  const { lines, complete } = toLines(value);
  /** @type {Map<number, Problem[]>} */
  const marked = new Map();
  for (const problem of problems) {
    const index = lineOf(lines, problem.path);
    marked.set(index, [...(marked.get(index) ?? []), problem]);
  }
  const list = element('div', { class: 'json', role: 'group', tabindex: 0, 'aria-label': 'JSON' },
    ...lines.flatMap((line, index) => [lineElement(line, marked.get(index)), ...(marked.get(index) ?? []).map((problem) => note(problem, line.depth))]));
  if (!complete) list.append(element('p', { class: 'note' }, t('It is longer than what is shown here; copy it to see the rest.')));
  return list;
}

/**
 * @param {import('../../json-lines.js').Line} line
 * @param {Problem[]} [problems] of this line
 */
function lineElement({ depth, name, text, kind, pointer }, problems) {
  const bad = problems && (problems.every(({ rule }) => rule) ? 'tolerated' : 'refused');
  const made = element('div', { class: 'json-line', 'data-pointer': kind === 'end' ? false : pointer, 'data-bad': bad ?? false });
  indent(made, depth);
  if (name !== null) made.append(element('span', { class: 'json-name' }, JSON.stringify(name)), ': ');
  made.append(element('span', { class: 'json-value', 'data-kind': kind }, text));
  return made;
}

/**
 * @param {Problem} problem
 * @param {number} depth
 */
function note(problem, depth) {
  const made = element('div', { class: 'json-note', 'data-problem': problem.path, 'data-tolerated': problem.rule !== '' },
    element('strong', {}, reasonOf(problem)), ' ', element('span', {}, verdictOf(problem)));
  indent(made, depth);
  return made;
}

/**
 * @param {HTMLElement} made
 * @param {number} depth
 */
const indent = (made, depth) => made.style.setProperty('--depth', String(Math.min(depth, DEEPEST)));
