"""The moments at which times of the day, weekdays and dates begin or cease to hold in a time zone.

Local clocks are put forward and back: an hour that comes twice is charged twice, one that is left out is not charged.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from stations.ocpp.tariffs.tariff import Period

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def changes(periods: Iterable[Period], begin: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """Moments after `begin` and before `end`, in order, between which each of the periods holds or does not.

    As many as the days in between have times in the periods; none where nothing depends on the clock.
    """
    times = _times(periods)
    if not times:
        return []
    found: set[datetime] = set()
    day, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for each in times:
            local = datetime.combine(day, each, zone)
            found.update((local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)))
        found.update(_clock_changes(day, zone))
        day += _DAY
    return sorted(moment for moment in found if begin < moment < end)


def _times(periods: Iterable[Period]) -> list[time]:
    """The times of the day at which something may change."""
    times: set[time] = set()
    for each in periods:
        if not each.is_always:
            times.update((each.begins or time.min, each.ends or time.min, time.min))
    return sorted(times)


def _clock_changes(day: date, zone: tzinfo) -> list[datetime]:
    """The moment of this day at which the local clock is put forward or back, to the second; none on most days."""
    begin = datetime.combine(day, time.min, zone).astimezone(UTC)
    low, high = begin, begin + _DAY
    before = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == before:
        return []
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return [high.replace(microsecond=0)]
