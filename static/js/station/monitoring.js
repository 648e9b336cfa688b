/** Monitors of 2.x stations in words. Pure. */
import { t } from '../text.js';

/** The ten severities of OCPP 2.x, the most serious first. */
const SEVERITIES = [
  t('Danger'), t('Hardware failure'), t('System failure'), t('Critical'), t('Error'), t('Alert'), t('Warning'), t('Notice'),
  t('Information'), t('Debug'),
];

/** Up to here the server announces events. */
const SERIOUS = 3;
const WARNING = 6;

/** Which monitors a station has from its factory. @type {Record<string, string>} */
export const BASES = {
  All: t('All that there are'),
  FactoryDefault: t('Those of the factory'),
  HardWiredOnly: t('Hard-wired ones only'),
};

/** @param {number} severity */
export function lookOfSeverity(severity) {
  const text = `${severity} · ${SEVERITIES[severity] ?? t('Unknown')}`;
  if (severity <= SERIOUS) return { text, shape: 'cross', tone: 'bad' };
  return severity <= WARNING ? { text, shape: 'half', tone: 'warn' } : { text, shape: 'ring', tone: 'calm' };
}

/**
 * A variable as people write it: `EVSE[main] 1/2: Power`.
 * @param {{component: string, component_instance: string, evse: number, connector: number, variable: string, variable_instance: string}} row
 */
export function variableOf({ component, component_instance: instance, evse, connector, variable, variable_instance: part }) {
  const place = evse ? ` ${evse}${connector ? `/${connector}` : ''}` : '';
  return `${component}${instance && `[${instance}]`}${place}: ${variable}${part && `[${part}]`}`;
}
