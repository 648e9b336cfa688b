/**
 * Wires the dashboard: socket → panels → address.
 *
 * Hooks for tests, kept stable:
 *   #banner                                the banner; `hidden` unless the connection is lost
 *   #connection                            "Connecting…", "Live" or "Not connected"
 *   body[data-connection]                  connecting | open | lost
 *   [role=tab][data-tab="stations"]        a tab; `.tab-count` in it reads "matching / total"
 *   section[data-topic="stations"]         a tab's panel; `data-waiting` until its snapshot is there
 *   [role=grid]                            the table in a panel; `aria-rowcount` counts the header as well
 *   [data-header="identity"]               a column's header, `aria-sort`; click its button to sort
 *   [data-key="7"]                         a row; `aria-rowindex` is 2 for the first
 *   [data-column="identity"]               a cell in a row; `data-state` on cells of kind state
 *   [data-part="empty"][data-note]         loading | no-match | first-steps
 *   data-testid: filters, filter-row, filter-field, filter-op, filter-value, filter-add, filter-remove,
 *     filter-error, sorts, sort-row, sort-field, sort-direction, sort-add, sort-remove
 *   #history                               the drawer; [data-value="power_w"] in it, `.uplot` when drawn
 *   #command                               the dialog that asks a station; [data-part="action"], [data-path] for each input,
 *     [data-preset], [data-part="send"], [data-part="note"], [data-part="outcome"]
 *   #theme-toggle, html[data-theme]        auto | light | dark
 */
import { Panel } from './panel.js';
import { fromSearch, sameShape, toSearch } from './query.js';
import { LiveSocket } from './socket.js';
import { Banner } from './views/banner.js';
import { CommandDialog } from './views/command.js';
import { HistoryDrawer } from './views/history.js';
import { Tabs } from './views/tabs.js';

const TOPICS = /** @type {const} */ (['stations', 'devices', 'commands', 'alerts']);
/** Lost tries after which it is worth asking whether we are still logged in. */
const FAILURES_TO_ASK = 3;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** How far the server's clock is ahead of ours. */
let clockOffset = 0;
const now = () => Date.now() + clockOffset;

let { tab, queries } = fromSearch(location.search, [...TOPICS]);

const socket = new LiveSocket({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/client/`,
  onMessage: receive,
  onState(state, failures) {
    banner.show(state, failures);
    if (state === 'lost' && failures >= FAILURES_TO_ASK) leaveIfLoggedOut();
  },
});
const banner = new Banner(byId('banner'), byId('connection'), () => socket.retryNow());
const command = new CommandDialog(/** @type {HTMLDialogElement} */ (byId('command')));
const drawer = new HistoryDrawer(/** @type {HTMLDialogElement} */ (byId('history')), now, (identity) => command.open(identity));
const tabs = new Tabs(byId('tabs'), choose);
const panels = Object.fromEntries(TOPICS.map((topic) => [topic, makePanel(topic)]));

/** @param {typeof TOPICS[number]} topic */
function makePanel(topic) {
  const root = /** @type {HTMLElement} */ (document.querySelector(`section[data-topic="${topic}"]`));
  const panel = new Panel(root, {
    topic,
    query: queries[topic],
    now,
    send: (message) => socket.send(message),
    onQuery(query, before) {
      // One step back undoes what was typed, not its last letter.
      navigate(sameShape(query, before));
    },
    onRows() {
      const { store } = panel;
      tabs.setCount(topic, store.rows.length, store.total);
      root.toggleAttribute('data-waiting', store.waiting);
      if (drawer.topic === topic && drawer.key !== null) drawer.update(store.rows[store.indexOf(drawer.key)]);
    },
    onOpen: (row) => row && drawer.open(topic, panel.columns, row),
  });
  return panel;
}

/** @param {any} message */
function receive(message) {
  if (message.type === 'hello') {
    clockOffset = Date.parse(message.time) - Date.now() || 0;
    for (const topic of TOPICS) {
      const announced = message.topics[topic];
      if (announced) panels[topic].connect(announced.columns);
    }
  } else {
    panels[message.topic ?? tab]?.receive(message);
  }
}

/** @param {string} topic */
function choose(topic) {
  if (topic === tab) return;
  tab = topic;
  tabs.show(tab);
  navigate(false);
}

/** @param {boolean} replace this is still the same step of the browser's history */
function navigate(replace) {
  queries = Object.fromEntries(TOPICS.map((topic) => [topic, panels[topic].query]));
  const address = location.pathname + toSearch({ tab, queries }, [...TOPICS]);
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
}

/** A session that ended refuses the socket like a server that is away; a page request tells which. */
async function leaveIfLoggedOut() {
  try {
    const answer = await fetch(location.pathname, { redirect: 'manual', cache: 'no-store' });
    if (answer.type === 'opaqueredirect') location.reload();
  } catch {
    // The server is away.
  }
}

addEventListener('popstate', () => {
  ({ tab, queries } = fromSearch(location.search, [...TOPICS]));
  tabs.show(tab);
  for (const topic of TOPICS) panels[topic].navigate(queries[topic]);
});
addEventListener('online', () => socket.retryNow());
document.addEventListener('visibilitychange', () => document.hidden || socket.retryNow());
// A page that is being left has not lost its connection; one that is come back to needs a new one.
addEventListener('pagehide', () => socket.stop());
addEventListener('pageshow', ({ persisted }) => persisted && socket.start());

setInterval(() => {
  for (const topic of TOPICS) panels[topic].tick();
  drawer.tick();
}, 1000);

tabs.show(tab);
socket.start();
