/** One setting: its value, an input that fits it, and the station's word on the last change. */
import { reasonOf } from '../../api.js';
import { problemOf, wordsOf } from '../../station/configuration.js';
import { t } from '../../text.js';
import { element } from '../dom.js';
import { actionButton } from './widgets.js';

/**
 * @typedef {import('../../station/configuration.js').Setting} Setting
 * @typedef {{reason: string, say: (reason: string) => void, save: (setting: Setting, value: string) => Promise<string>}} Context
 *   reason: why nothing can be changed; save: gives the station's word
 */

let ids = 0;

export class SettingRow {
  element;

  #setting;
  #context;
  #value = element('div', { class: 'setting-value' });
  #word = element('p', { class: 'setting-word', role: 'status' });
  /** @type {HTMLInputElement | HTMLSelectElement | null} */
  #input = null;
  #busy = false;
  /** What was changed here has its answer beside it, until it is changed again. */
  #answered = false;

  /**
   * @param {Setting} setting
   * @param {Context} context
   */
  constructor(setting, context) {
    this.#setting = setting;
    this.#context = context;
    this.element = element('div', { class: 'setting', 'data-setting': setting.name },
      element('div', { class: 'setting-name' }, element('span', {}, setting.name)), this.#value, this.#word);
    this.#showValue();
    this.#showWord();
  }

  /** @param {Setting} setting as it is now */
  update(setting) {
    const same = JSON.stringify(setting) === JSON.stringify(this.#setting);
    this.#setting = setting;
    if (same || this.#input || this.#busy) return;
    this.#showValue();
    if (!this.#answered) this.#showWord();
  }

  #showValue() {
    const { value, readonly, unknown, unit, name } = this.#setting;
    const text = unknown ? t('no such key') : value === null ? t('not told') : value === '' ? t('empty') : value;
    const shown = element('span', { class: 'setting-text', 'data-nothing': value === null || value === '', 'data-part': 'value' }, unit && value ? `${text} ${unit}` : text);
    const edit = readonly
      ? element('span', { class: 'chip' }, t('read-only'))
      : actionButton(t('Change'), () => this.#edit(), { name: 'change', reason: this.#context.reason, say: this.#context.say, description: t('Change {name}', { name }) });
    this.#input = null;
    this.#value.replaceChildren(shown, edit);
  }

  #showWord() {
    const { answer, wanted } = this.#setting;
    if (!answer || (answer === 'Accepted' && wanted === null)) {
      this.#say('', '');
      return;
    }
    const { text, tone } = wordsOf(answer, this.#setting);
    this.#say(wanted === null ? text : t('{value}: {word}', { value: wanted, word: text }), tone);
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  #say(text, tone) {
    this.#word.textContent = text;
    this.#word.dataset.tone = tone;
  }

  #edit() {
    const id = `setting-${(ids += 1)}`;
    const input = makeInput(this.#setting, id);
    const save = element('button', { type: 'submit', class: 'small primary', 'data-do': 'save' }, t('Save'));
    const cancel = element('button', { type: 'button', class: 'small', 'data-do': 'cancel' }, t('Cancel'));
    const form = element('form', { class: 'setting-form', novalidate: true }, input, save, cancel);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit(input.value);
    });
    form.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.#leave();
    });
    cancel.addEventListener('click', () => this.#leave());
    this.#input = input;
    this.#value.replaceChildren(form);
    this.#say('', '');
    input.focus();
  }

  #leave() {
    this.#showValue();
    this.#showWord();
    this.#focus();
  }

  #focus() {
    /** @type {HTMLElement | null} */ (this.#value.querySelector('[data-do="change"]'))?.focus();
  }

  /** @param {string} text */
  async #submit(text) {
    const problem = problemOf(this.#setting, text);
    this.#input?.toggleAttribute('aria-invalid', false);
    if (problem) {
      this.#input?.setAttribute('aria-invalid', 'true');
      this.#say(problem, 'bad');
      return;
    }
    this.#busy = this.#answered = true;
    this.#showValue();
    this.#focus();
    this.#say(t('{value}: waiting for the station…', { value: text }), 'warn');
    try {
      const { text: words, tone } = wordsOf(await this.#context.save(this.#setting, text), this.#setting);
      this.#say(tone === 'good' ? words : t('{value}: {word}', { value: text, word: words }), tone);
    } catch (error) {
      this.#say(reasonOf(error), 'bad');
    }
    this.#busy = false;
    if (this.#input) return; // It is being changed again.
    const here = this.#value.contains(document.activeElement);
    this.#showValue();
    if (here) this.#focus();
  }
}

/**
 * @param {Setting} setting
 * @param {string} id
 */
function makeInput(setting, id) {
  const { name, value, kind, choices, maxLength } = setting;
  const common = { id, 'aria-label': t('New value of {name}', { name }), autocomplete: 'off' };
  if (kind === 'flag' || kind === 'choice') {
    const wanted = kind === 'flag' ? flagsLike(value) : choices;
    const all = value === null || wanted.includes(value) ? wanted : [value, ...wanted];
    const select = element('select', common, ...all.map((each) => element('option', { value: each }, each)));
    if (value !== null) select.value = value;
    return select;
  }
  const inputmode = kind === 'whole' ? 'numeric' : kind === 'number' ? 'decimal' : 'text';
  return element('input', { ...common, type: 'text', value: value ?? '', inputmode, spellcheck: 'false', maxlength: maxLength ?? false });
}

/** True and false, spelt as this station spells them. @param {string | null} value */
function flagsLike(value) {
  if (value === 'True' || value === 'False') return ['True', 'False'];
  if (value === 'TRUE' || value === 'FALSE') return ['TRUE', 'FALSE'];
  return ['true', 'false'];
}
