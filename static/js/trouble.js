/**
 * What the tab of the page tells while nobody looks at it. Pure.
 *
 * @typedef {{title: string, alerts: number, lost: boolean}} Situation `alerts`: how many stand
 */
import { tn } from './text.js';

const PRODUCT = 'SMART-Server';

/** @param {Situation} situation */
export function tabTitle({ title, alerts, lost }) {
  const name = title ? `${title} · ${PRODUCT}` : PRODUCT;
  if (lost) return `(!) ${name}`;
  return alerts > 0 ? `(${alerts}) ${name}` : name;
}

/** @param {Situation} situation */
export const isTrouble = ({ alerts, lost }) => lost || alerts > 0;

/**
 * The number beside the link to the alerts, and what it means.
 * @param {number} alerts
 */
export const alertsBadge = (alerts) => ({
  number: alerts > 999 ? '999+' : String(alerts),
  meaning: tn('{count} alert stands', '{count} alerts stand', alerts),
});

/** @param {{states?: Record<string, number>} | null | undefined} summary `alerts.states` of the live protocol */
export const standingOf = (summary) => Number(summary?.states?.standing ?? 0);
