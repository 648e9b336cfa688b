/** How a newcomer connects the first station or device: what to do, and the exact address, to be copied. */
import { t } from '../../text.js';
import { element } from '../dom.js';
import { addressHere, TOPICS } from '../table/topics.js';

/** How long the button says that it has copied, in ms. */
const SAID = 2000;

/** @type {Record<string, {title: string, more: string}>} */
const WORDS = {
  stations: {
    title: t('Connect a first station'),
    more: t('Replace {part} by the name of your station. On a closed server it is let in after you have accepted it under Settings.', { part: '<identity>' }),
  },
  devices: {
    title: t('Connect a first device'),
    more: t('On a closed server the device needs a key, which an administrator makes.'),
  },
};

/**
 * @param {'stations' | 'devices'} topic
 * @returns {HTMLElement} hidden, until it is known that it is needed
 */
export function firstSteps(topic) {
  const { title, more } = WORDS[topic];
  const { text, address = '' } = TOPICS[topic].firstSteps;
  const shown = addressHere(address);
  return element('section', { class: 'box first-steps', 'data-part': 'first-steps', 'data-topic-of': topic, hidden: true },
    element('h2', {}, title), element('p', {}, text),
    element('p', { class: 'address' }, element('code', { 'data-part': 'address' }, shown), copyButton(shown)),
    element('p', { class: 'note' }, more));
}

/** @param {string} text */
function copyButton(text) {
  const button = element('button', { type: 'button', 'data-part': 'copy' }, t('Copy'));
  button.addEventListener('click', async () => {
    button.textContent = (await copied(text, button)) ? t('Copied') : t('Select the address and copy it');
    setTimeout(() => { button.textContent = t('Copy'); }, SAID);
  });
  return button;
}

/**
 * Browsers give pages their clipboard over https and on this machine only; elsewhere the address is selected.
 * @param {string} text
 * @param {HTMLElement} button
 */
async function copied(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const address = button.previousElementSibling;
    if (address) getSelection()?.selectAllChildren(address);
    return false;
  }
}
