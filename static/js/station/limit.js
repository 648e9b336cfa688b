/** The charging profile (1.6) of a plain limit: at once, until it is cleared. Pure. */

/** Clocks differ a little: it should hold at once. */
const MINUTE = 60_000;

/**
 * @param {Record<string, any>} values limit, unit, evse (0: the station as a whole), number, level
 * @param {number} now ms since 1970
 */
export function limitProfile({ limit, unit, evse, number, level }, now) {
  const whole = Number(evse) === 0;
  return {
    chargingProfileId: number,
    stackLevel: level,
    chargingProfilePurpose: whole ? 'ChargePointMaxProfile' : 'TxDefaultProfile',
    // The whole station has no begin of a session that something could be relative to.
    chargingProfileKind: whole ? 'Absolute' : 'Relative',
    chargingSchedule: {
      ...(whole ? { startSchedule: new Date(now - MINUTE).toISOString().replace(/\.\d+Z$/, 'Z') } : {}),
      chargingRateUnit: unit,
      chargingSchedulePeriod: [{ startPeriod: 0, limit }],
    },
  };
}
