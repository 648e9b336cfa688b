"""Times as the clock on a station's wall shows them (2.1 useLocalTime; 2.x ClockCtrlr TimeZone and TimeOffset).

A schedule in local time begins at the same hour in summer and in winter: a day of it may have 23 or 25 hours. An hour
that comes twice is the first one, a time that is left out is as long after its hour's beginning as it says.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"([+-])(\d{1,2}):(\d{2})")


def zone_of(name: str, offset: str = "") -> tzinfo | None:
    """The zone with this name (Europe/Oslo), else the one at this offset (+01:00); None: neither says anything."""
    if name:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # not found; no name of a zone; the name of a folder of them
            pass
    found = _OFFSET.fullmatch(offset)
    if found is None:
        return None
    length = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-length if found[1] == "-" else length) if length < timedelta(days=1) else None


def moment_of(text: str, zone: tzinfo) -> datetime:
    """The moment at which the clock shows this date and time, whatever offset was sent with it. `ValueError`."""
    try:
        return at_wall(datetime.fromisoformat(text.strip()).replace(tzinfo=None), zone)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of reach.") from error


def at_wall(wall: datetime, zone: tzinfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def recurrence(first: datetime, length: timedelta, count: int, zone: tzinfo | None) -> datetime:
    """When something begins again for the `count`th time; without a zone exactly each `length`."""
    if zone is None:
        return first + count * length
    return at_wall(first.astimezone(zone).replace(tzinfo=None) + count * length, zone)


def recurrences(first: datetime, length: timedelta, at: datetime, zone: tzinfo | None) -> int:
    """How often it has begun again until a moment, which is not before the first time."""
    if zone is None:
        return (at - first) // length
    walls = [each.astimezone(zone).replace(tzinfo=None) for each in (first, at)]
    count = (walls[1] - walls[0]) // length + 1  # the clock may have been put back in between
    while recurrence(first, length, count, zone) > at:
        count -= 1
    return count
