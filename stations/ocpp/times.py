"""How the server writes times (UTC with `Z`, whole milliseconds; steve#96), and which of a station's it believes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stations.ocpp.facts import Stamp

EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
"""A clock that says less was never set."""

AHEAD = timedelta(days=1)
"""A clock may run ahead by so much: local times that are sent as UTC are up to 14 hours off."""


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def believed(moment: datetime | None, now: datetime) -> datetime | None:
    """The moment, if a clock that works can have said it; only such moments put things in order."""
    return moment if moment is not None and EARLIEST <= moment <= now + AHEAD else None


def oddities(fact: Any, now: datetime) -> tuple[str, ...]:
    """The rules that the times in a fact need: they are kept as they were sent, and not believed."""
    rules: tuple[str, ...] = ()
    stamps = [each.stamp for name in ("readings", "events") for each in getattr(fact, name, ())]
    own = getattr(fact, "stamp", None)
    if any(_is_implausible(stamp, now) for stamp in (stamps if own is None else [own, *stamps])):
        rules = (*rules, "implausible_time")
    return rules


def _is_implausible(stamp: Stamp, now: datetime) -> bool:
    return stamp.moment is not None and believed(stamp.moment, now) is None
