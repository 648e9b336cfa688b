/**
 * The tiles of the overview: what each says of the summary, and the list that it leads to. Pure.
 *
 * @typedef {Record<string, number | null>} Figures as `overview` of the live protocol has them
 * @typedef {{stations: Figures, devices: Figures}} Summary
 * @typedef {object} Tile
 * @property {string} name
 * @property {string} label
 * @property {string} value
 * @property {string} more a few words on the value
 * @property {string} href the list behind it
 * @property {'' | 'bad' | 'good'} [tone]
 */
import { fillOf } from './flow.js';
import { formatNumber, NOTHING } from './format.js';
import { t, tn } from './text.js';

/** @param {unknown} value */
const count = (value) => formatNumber(value ?? 0);
/** @param {number | null | undefined} value @param {string} unit */
const quantity = (value, unit) => (value === null || value === undefined ? NOTHING : formatNumber(Math.round(value), unit));

/**
 * @param {Figures} stations
 * @param {number | null} energy Wh since midnight; null: not known yet
 * @returns {Tile[]}
 */
export function stationTiles(stations, energy) {
  const faulted = stations.faulted ?? 0;
  return [
    {
      name: 'online',
      label: t('Online'),
      value: count(stations.online),
      more: stations.stale ? tn('{count} silent', '{count} silent', stations.stale) : tn('of {count} station', 'of {count} stations', stations.total ?? 0),
      href: '/stations?q=filter:state:=:online',
    },
    {
      name: 'charging',
      label: t('Charging'),
      value: count(stations.charging),
      more: tn('{count} session', '{count} sessions', stations.sessions ?? 0),
      href: '/stations?q=filter:state:=:online&q=filter:status:=:Charging',
      tone: stations.charging ? 'good' : '',
    },
    {
      name: 'faulted',
      label: t('Faulted'),
      value: count(faulted),
      more: faulted ? t('need a look') : t('all is well'),
      href: '/stations?q=filter:status:=:Faulted',
      tone: faulted ? 'bad' : '',
    },
    {
      name: 'offline',
      label: t('Offline'),
      value: count(stations.offline),
      more: stations.never ? tn('{count} never seen', '{count} never seen', stations.never) : t('all have been seen'),
      href: '/stations?q=filter:state:=:offline',
      tone: stations.offline ? 'bad' : '',
    },
    {
      name: 'power',
      label: t('Power now'),
      value: quantity(stations.power_w, 'W'),
      more: t('of all that charge'),
      href: '/stations?q=filter:state:=:online&q=sort:power_w:<:123',
    },
    {
      name: 'energy',
      label: t('Energy today'),
      value: quantity(energy, 'Wh'),
      more: t('since midnight'),
      href: '/sessions',
    },
  ];
}

/**
 * @param {Figures} devices
 * @returns {Tile[]}
 */
export function deviceTiles(devices) {
  const fill = fillOf(Number(devices.battery_wh), devices.capacity_wh);
  const online = t('{online} of {total} online', { online: count(devices.online), total: count(devices.total) });
  return [
    { name: 'solar', label: t('From the sun'), value: quantity(devices.income_w, 'W'), more: online, href: list('power_income') },
    { name: 'injected', label: t('Injected'), value: quantity(devices.inject_w, 'W'), more: t('into the houses'), href: list('power_inject') },
    { name: 'consumed', label: t('Consumed'), value: quantity(devices.consumption_w, 'W'), more: t('by the houses'), href: list('power_consumption') },
    {
      name: 'stored',
      label: t('Stored'),
      value: quantity(devices.stored_wh, 'Wh'),
      more: fill === null ? t('in batteries') : t('{percent} of what fits', { percent: `${Math.round(fill * 100)} %` }),
      href: list('battery'),
    },
  ];
}

/** @param {string} column */
const list = (column) => `/devices?q=filter:state:=:online&q=sort:${column}:<:123`;

/**
 * The last midnight where the page is looked at.
 * @param {number} now ms since 1970
 * @returns {number} seconds since 1970
 */
export const midnightBefore = (now) => Math.floor(new Date(now).setHours(0, 0, 0, 0) / 1000);
