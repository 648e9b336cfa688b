/** The charging profile of a plain limit: at once, until it is cleared. Pure. */

/** Clocks differ a little: it should hold at once. */
const MINUTE = 60_000;

/**
 * @param {Record<string, any>} values limit, unit, evse (0: the station as a whole), number, level
 * @param {number} now ms since 1970
 * @param {string} version of OCPP
 */
export function limitProfile({ limit, unit, evse, number, level }, now, version) {
  const whole = Number(evse) === 0;
  const is16 = version === '1.6';
  const schedule = {
    ...(is16 ? {} : { id: 1 }),
    ...(whole ? { startSchedule: new Date(now - MINUTE).toISOString().replace(/\.\d+Z$/, 'Z') } : {}),
    chargingRateUnit: unit,
    chargingSchedulePeriod: [{ startPeriod: 0, limit }],
  };
  return {
    [is16 ? 'chargingProfileId' : 'id']: number,
    stackLevel: level,
    chargingProfilePurpose: whole ? (is16 ? 'ChargePointMaxProfile' : 'ChargingStationMaxProfile') : 'TxDefaultProfile',
    // The whole station has no begin of a session that something could be relative to.
    chargingProfileKind: whole ? 'Absolute' : 'Relative',
    chargingSchedule: is16 ? schedule : [schedule],
  };
}
