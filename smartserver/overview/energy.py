"""How much was charged since a moment, such as the midnight of who looks.

Energy is counted by sessions, because their energy is what is billed: a register that jumps, a meter that is
replaced or a start that is implausible has been judged there (`stations/services/sessions`), and a server that
restarts loses nothing. So the energy since a moment is

    what sessions used that ended since then, or run
  − what those of them had used before that began earlier.

The last is what their registers had counted by then: the newest meter value that was received before the moment.
What was counted between two readings belongs to the later one. A session without any reading before the moment is
taken to have charged evenly. So is one that its station reported late, as a whole, after it had been offline: then
its own clock says when it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from smartserver.core import clock
from smartserver.core.errors import BadInput
from stations.models import MeterValue, Transaction
from stations.ocpp.times import believed

LONGEST = timedelta(hours=50)
"""A day has 25 hours at most, begins up to 14 hours before or after ours, and a page may be open for a while."""

CARRIED_SECONDS = 60.0
"""What sessions had used before a moment is read anew so often: corrections are rare, and the read is the dear one."""

REMEMBERED = 64
"""Moments of which that is remembered: there are 38 time zones."""


class Session(NamedTuple):
    """What has to be known of one that began before the moment. `register_wh`: the newest before the moment."""

    heard_at: datetime
    heard_end: datetime | None
    told_at: datetime | None
    told_end: datetime | None
    meter_start_wh: float | None
    energy_wh: float
    register_wh: float | None


_FIELDS = ("started_at", "ended_at", "started_at_station", "ended_at_station", "meter_start_wh", "energy_wh")

_carried: dict[datetime, tuple[float, float]] = {}
"""Moment → (when it was read, Wh)."""


def charged_since(moment: datetime) -> float:
    """Wh that all stations together have charged since a moment of the last two days."""
    now = clock.now()
    if not now - LONGEST <= moment <= now:
        raise BadInput("Energy is summed up since a moment of the last two days.")
    ended = _ended(moment).aggregate(wh=Sum("energy_wh"))["wh"] or 0.0
    running = Transaction.objects.filter(active=True).aggregate(wh=Sum("energy_wh"))["wh"] or 0.0
    return max(0.0, ended + running - _carried_into(moment, now))


def _ended(moment: datetime) -> QuerySet[Transaction]:
    return Transaction.objects.filter(active=False, ended_at__gte=moment)


def _carried_into(moment: datetime, now: datetime) -> float:
    known = _carried.get(moment)
    if known is not None and clock.monotonic() - known[0] < CARRIED_SECONDS:
        return known[1]
    found = sum(used_before(moment, session, now) for session in _begun_before(moment))
    while len(_carried) >= REMEMBERED:
        _carried.pop(next(iter(_carried)), None)
    _carried[moment] = (clock.monotonic(), found)
    return found


def _begun_before(moment: datetime) -> Iterable[Session]:
    """Sessions that are part of the sum, and began before the moment by any clock."""
    earlier = Q(started_at__lt=moment) | Q(started_at_station__lt=moment)
    readings = MeterValue.objects.filter(
        station=OuterRef("station"),
        received_at__lt=moment,
        received_at__gte=OuterRef("started_at"),
        transaction=OuterRef("pk"),
        energy_wh__isnull=False,
    ).order_by("-received_at", "-pk")
    for some in (_ended(moment), Transaction.objects.filter(active=True)):
        rows = some.filter(earlier, energy_wh__gt=0).order_by()
        yield from map(Session._make, rows.values_list(*_FIELDS, Subquery(readings.values("energy_wh")[:1])))


def used_before(moment: datetime, session: Session, now: datetime) -> float:
    """Wh of a session that belong to the time before the moment: from nothing to all of it. Pure."""
    end = session.heard_end or now
    if session.heard_at < moment:
        if session.register_wh is not None and session.meter_start_wh is not None:
            return min(max(0.0, session.register_wh - session.meter_start_wh), session.energy_wh)
        return session.energy_wh * _share(session.heard_at, end, moment)
    told_at, told_end = believed(session.told_at, session.heard_at), believed(session.told_end, end)
    # A clock that is wrong by hours moves a session but does not stretch it; a late report is heard in a moment.
    if told_at is None or told_end is None or end - session.heard_at >= (told_end - told_at) / 2:
        return 0.0
    return session.energy_wh * _share(told_at, told_end, moment)


def _share(begin: datetime, end: datetime, moment: datetime) -> float:
    """How much of the time from begin to end lies before the moment, 0 to 1."""
    if end <= begin:
        return 1.0 if end < moment else 0.0
    return min(max((moment - begin) / (end - begin), 0.0), 1.0)
