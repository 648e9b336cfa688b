/**
 * The parts of a station's page, in the order of its navigation. Each is loaded when it is opened first.
 *
 * @typedef {import('./page.js').StationPage} StationPage
 * @typedef {import('./page.js').Part} Part
 * @typedef {{name: string, label: string, load: () => Promise<{open: (page: StationPage) => Part}>}} Entry
 */
import { t } from '../../text.js';

/** @type {readonly Entry[]} */
export const PARTS = Object.freeze([
  { name: '', label: t('Now'), load: () => import('./overview.js') },
  { name: 'sessions', label: t('Sessions'), load: () => import('./sessions.js') },
  { name: 'configuration', label: t('Configuration'), load: () => import('./configuration.js') },
  { name: 'profiles', label: t('Charging profiles'), load: () => import('./profiles.js') },
  { name: 'local-list', label: t('Local list'), load: () => import('./local-list.js') },
  { name: 'reservations', label: t('Reservations'), load: () => import('./reservations.js') },
  { name: 'displays', label: t('Display'), load: () => import('./displays.js') },
  { name: 'tariffs', label: t('Tariffs'), load: () => import('./tariffs.js') },
  { name: 'files', label: t('Firmware and logs'), load: () => import('./files.js') },
  { name: 'monitoring', label: t('Monitoring'), load: () => import('./monitoring.js') },
  { name: 'reports', label: t('Reports'), load: () => import('./reports.js') },
  { name: 'certificates', label: t('Certificates'), load: () => import('./certificates.js') },
  { name: 'grid-control', label: t('Grid control'), load: () => import('./grid-control.js') },
  { name: 'battery-swaps', label: t('Battery swaps'), load: () => import('./battery-swaps.js') },
  { name: 'security', label: t('Security and quirks'), load: () => import('./security.js') },
  { name: 'messages', label: t('Messages'), load: () => import('./messages.js') },
  { name: 'commands', label: t('Commands'), load: () => import('./commands.js') },
]);
