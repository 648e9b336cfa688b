"""Whether a vehicle keeps to its profile with the schedule that it has chosen (2.x K15.FR.11, FR.12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from stations.ocpp.charging import LONGEST, read_periods
from stations.ocpp.profiles import Profile

TOLERANCE = 0.1
"""Values have one decimal, and were rounded by somebody."""

LAG = timedelta(seconds=5)
"""And so are times: a vehicle changes its power as much earlier or later."""


def exceeds(profile: Profile, schedule: Mapping[str, Any], begins: datetime, begun: datetime | None = None) -> bool:
    """Whether a schedule that begins at a moment is somewhere above the profile. `begun`: the session.

    Values of another unit are not compared: nobody knows over how many phases they are."""
    if schedule["chargingRateUnit"] != profile.unit:
        return False
    length = min(timedelta(seconds=schedule.get("duration", LONGEST.total_seconds())), LONGEST)
    periods = read_periods(schedule)
    edges = set(profile.edges(begins, length, begun))
    marks = {timedelta(seconds=each.start_seconds) for each in periods} | edges
    marks |= {mark + LAG for mark in marks}
    for mark in (each for each in marks if timedelta() <= each < length):
        wanted = next((each.limit for each in reversed(periods) if timedelta(seconds=each.start_seconds) <= mark), None)
        if wanted is None or _limit(profile, begins + mark, begun) is None:
            continue
        near = (mark, mark - LAG, mark + LAG, *(edge for edge in edges if abs(edge - mark) <= LAG))
        around = (_limit(profile, begins + each, begun) for each in near)
        if wanted > max(each for each in around if each is not None) + TOLERANCE:
            return True
    return False


def _limit(profile: Profile, at: datetime, begun: datetime | None) -> float | None:
    step = profile.step_at(at, begun)
    return None if step is None or step.limit is None else float(step.limit)
