"""Whether a vehicle keeps to its profile with the schedule that it has chosen (2.x K15.FR.11, FR.12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from stations.ocpp.charging import LONGEST, read_periods
from stations.ocpp.profiles import Profile

TOLERANCE = 0.1
"""Values have one decimal, and were rounded by somebody."""


def exceeds(profile: Profile, schedule: Mapping[str, Any], begins: datetime, begun: datetime | None = None) -> bool:
    """Whether a schedule that begins at a moment is somewhere above the profile. `begun`: the session.

    Values of another unit are not compared: nobody knows over how many phases they are."""
    if schedule["chargingRateUnit"] != profile.unit:
        return False
    length = min(timedelta(seconds=schedule.get("duration", LONGEST.total_seconds())), LONGEST)
    periods = read_periods(schedule)
    marks = {timedelta(seconds=each.start_seconds) for each in periods} | set(profile.edges(begins, length, begun))
    for mark in (each for each in marks if timedelta() <= each < length):
        wanted = next((each.limit for each in reversed(periods) if timedelta(seconds=each.start_seconds) <= mark), None)
        step = profile.step_at(begins + mark, begun)
        allowed = None if step is None else step.limit
        if wanted is not None and allowed is not None and wanted > float(allowed) + TOLERANCE:
            return True
    return False
