/** The limits of a schedule in few words. */
import { formatNumber, NOTHING } from '../../format.js';
import { t } from '../../text.js';

/** @param {any} schedule a ChargingSchedule of any version */
export function limitsOf(schedule) {
  const periods = schedule?.chargingSchedulePeriod ?? [];
  if (!periods.length) return NOTHING;
  const { limit, setpoint } = periods[0];
  const unit = schedule.chargingRateUnit;
  const first = limit === undefined ? t('setpoint {value}', { value: formatNumber(setpoint ?? null, unit) }) : formatNumber(limit, unit);
  return periods.length === 1 ? first : t('{first} and {more} more', { first, more: periods.length - 1 });
}
