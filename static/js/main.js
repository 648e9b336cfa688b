/**
 * Wires the page: socket → live topics → the view of the address.
 *
 * Hooks for tests, kept stable:
 *   #banner                                the banner; `hidden` unless the connection is lost
 *   #connection                            "Connecting…", "Live" or "Not connected"
 *   body[data-connection]                  connecting | open | lost
 *   a[data-nav="stations"]                 a link of the navigation; `aria-current="page"` on the one that is shown
 *   main[data-view="stations"]             the view that is shown (routes.js)
 *   section[data-topic="stations"]         a table's panel; `data-waiting` until its snapshot is there
 *   [data-part="count"]                    in a panel: "matching / total"
 *   [role=grid]                            the table in a panel; `aria-rowcount` counts the header as well
 *   [data-header="identity"]               a column's header, `aria-sort`; click its button to sort
 *   [data-key="7"]                         a row; `aria-rowindex` is 2 for the first
 *   [data-column="identity"]               a cell in a row; `data-state` on cells of kind state
 *   [data-part="empty"][data-note]         loading | no-match | first-steps
 *   data-testid: filters, filter-row, filter-field, filter-op, filter-value, filter-add, filter-remove,
 *     filter-error, sorts, sort-row, sort-field, sort-direction, sort-add, sort-remove
 *   data-part: search, pause, columns, columns-menu, views, views-menu, export, filters-toggle, selection, select-all,
 *     bulk-ask, bulk-clear, progress, failures; [data-chip="online"] a state with its count
 *   #details                               the drawer of a row that has no page; [data-value="error"] in it
 *   .chart-panel                           charts; `.uplot` in it when drawn, [data-span="year"] chooses the time
 *   #command                               the dialog that asks a station; [data-part="action"], [data-path] for each input,
 *     [data-preset], [data-part="send"], [data-part="note"], [data-part="outcome"]
 *   .toast                                 a short notice
 *   #shortcuts                             the overlay that tells of the keyboard (`?`)
 *   #languages                             the menu of languages, one button[value] each
 *   #theme-toggle, html[data-theme]        auto | light | dark
 */
import { Live } from './live.js';
import { Router } from './router.js';
import { movedTo, TABLES } from './routes.js';
import { LiveSocket } from './socket.js';
import { standingOf } from './trouble.js';
import { Banner } from './views/banner.js';
import { CommandDialog } from './views/command.js';
import { Keyboard } from './views/keyboard.js';
import { KnockingBadge } from './views/knocking.js';
import { openBroken, openMissing } from './views/missing.js';
import { Nav } from './views/nav.js';
import { Toasts } from './views/toasts.js';
import { Trouble } from './views/trouble.js';

/** Lost tries after which it is worth asking whether we are still logged in. */
const FAILURES_TO_ASK = 3;

const table = () => import('./views/table/view.js').then((module) => module.open);

/** @type {Record<string, () => Promise<import('./router.js').Open>>} */
const LOADERS = {
  overview: () => import('./views/overview/view.js').then((module) => module.open),
  ...Object.fromEntries(TABLES.map((topic) => [topic, table])),
  station: () => import('./views/station/view.js').then((module) => module.open),
  settings: () => import('./views/settings/view.js').then((module) => module.open),
  device: () => import('./views/device/view.js').then((module) => module.open),
  messages: () => import('./views/messages/view.js').then((module) => module.open),
  missing: async () => openMissing,
  broken: async () => openBroken,
};

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const socket = new LiveSocket({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/client/`,
  onMessage: (message) => live.receive(message),
  onState(state, failures) {
    banner.show(state, failures);
    trouble.tell({ lost: document.body.dataset.connection === 'lost' });
    if (state === 'lost' && failures >= FAILURES_TO_ASK) leaveIfLoggedOut();
  },
});
const live = new Live((message) => socket.send(message));
const banner = new Banner(byId('banner'), byId('connection'), () => socket.retryNow());
const nav = new Nav(byId('nav'), byId('nav-toggle'));
const trouble = new Trouble(/** @type {HTMLElement} */ (document.querySelector('a[data-nav="alerts"]')));

const knocking = new KnockingBadge(/** @type {HTMLElement} */ (document.querySelector('a[data-nav="settings"]')));

/** @type {import('./app.js').App} */
const app = {
  live,
  now: () => Date.now() + live.clockOffset,
  go: (path, options) => router.go(path, options),
  title: (title) => trouble.tell({ title }),
  toasts: new Toasts(byId('toasts')),
  command: new CommandDialog(/** @type {HTMLDialogElement} */ (byId('command'))),
  user: JSON.parse(byId('user').textContent ?? ''),
};
const router = new Router(app, byId('view'), LOADERS, ({ view }) => nav.show(view));
const keyboard = new Keyboard(app.go, byId('view'));

/** A session that ended refuses the socket like a server that is away; a page request tells which. */
async function leaveIfLoggedOut() {
  try {
    const answer = await fetch(location.href, { redirect: 'manual', cache: 'no-store' });
    if (answer.type === 'opaqueredirect') location.reload();
    else await answer.body?.cancel(); // What is not read would stay open.
  } catch {
    // The server is away.
  }
}

document.addEventListener('unauthorized', () => leaveIfLoggedOut());
addEventListener('online', () => socket.retryNow());
document.addEventListener('visibilitychange', () => document.hidden || socket.retryNow());
document.addEventListener('keydown', (event) => {
  if (!event.defaultPrevented && keyboard.takes(event, (left) => router.view?.onKey?.(left) ?? false)) event.preventDefault();
});
byId('help').addEventListener('click', () => keyboard.help());
// A page that is being left has not lost its connection; one that is come back to needs a new one.
addEventListener('pagehide', () => socket.stop());
addEventListener('pageshow', ({ persisted }) => persisted && socket.start());
setInterval(() => router.view?.tick?.(), 1000);

const moved = location.pathname === '/' && movedTo(location.search);
if (moved) history.replaceState(null, '', moved);
router.show();
live.summary('alerts.states', (value) => trouble.tell({ alerts: standingOf(value) }));
if (app.user.role === 'administrator') live.summary('knocking', (value) => knocking.show(value));
socket.start();
