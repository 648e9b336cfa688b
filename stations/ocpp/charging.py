"""What charging profiles allow, and the composite schedule that they make (1.6 section 3.13, 2.x part 2 K).

Which profiles hold together at a moment is in `prevailing.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from stations.ocpp.prevailing import PHASES, Limit, Session, Unit, rules_of
from stations.ocpp.profiles import Profile, Step
from stations.ocpp.reading import number

__all__ = [
    "Allowance",
    "Difference",
    "Period",
    "Profile",
    "Session",
    "Step",
    "Unit",
    "allowed_at",
    "composite",
    "differences",
    "limit_at",
    "read_periods",
]

LONGEST = timedelta(days=31)
"""A composite schedule reaches no further: a daily profile has some periods for each day."""

_TENTH = Decimal("0.1")  # limits have one decimal (section 7.14)
_SECOND = timedelta(seconds=1)


class Period(NamedTuple):
    """A period of a composite schedule. Values have one decimal; None: nothing is limited, or asked for.

    `discharge_limit` and `setpoint` are those of 2.1: below 0 is into the grid.
    """

    start_seconds: int
    limit: float | None
    phases: int | None = None
    discharge_limit: float | None = None
    setpoint: float | None = None


class Allowance(NamedTuple):
    """What holds at a moment, in W of all phases. None: no limit; nothing may be discharged; nothing is asked for.

    `mode` is the operationMode of the session's own profile, `wishes` what its period wants besides (2.1)."""

    limit: float | None = None
    discharge: float | None = None
    setpoint: float | None = None
    mode: str = ""
    wishes: frozenset[str] = frozenset()


def allowed_at(
    profiles: Iterable[Profile],
    at: datetime,
    *,
    connector: int,
    transaction: int | str | None = None,
    voltage: float = 230.0,
    phases: int = PHASES,
    sessions: Mapping[int, Session] | None = None,
    external_first: bool = False,
) -> Allowance:
    """What the profiles allow at a moment.

    Connector 0 is the station: its own limits and, with `sessions` (by connector), no more than what their connectors
    may take together. A connector without a transaction gets what a new one would. `external_first`: what external
    constraints ask for goes before what the session's own profile does (2.1 Q06).
    """
    rules = rules_of(profiles, connector, transaction, sessions, voltage, phases, external_first=external_first)
    limit = rules.limit(at)
    if limit is None:
        return Allowance()
    return Allowance(
        _watts(limit.watts), _watts(limit.discharge), _watts(limit.setpoint), mode=limit.mode, wishes=limit.wishes
    )


def _watts(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def limit_at(
    profiles: Iterable[Profile],
    at: datetime,
    *,
    connector: int,
    transaction: int | str | None = None,
    voltage: float = 230.0,
    phases: int = PHASES,
    sessions: Mapping[int, Session] | None = None,
) -> float | None:
    """The `limit` of `allowed_at`: in watts; None: as much as there is."""
    return allowed_at(
        profiles,
        at,
        connector=connector,
        transaction=transaction,
        voltage=voltage,
        phases=phases,
        sessions=sessions,
    ).limit


def composite(
    profiles: Iterable[Profile],
    *,
    start: datetime,
    duration: int,
    unit: Unit,
    connector: int,
    transaction: int | str | None = None,
    voltage: float = 230.0,
    phases: int = PHASES,
    ceiling: float | None = None,
    sessions: Mapping[int, Session] | None = None,
) -> tuple[Period, ...]:
    """What the profiles allow for `duration` seconds from `start`, at most `LONGEST`, as GetCompositeSchedule asks.

    It is `limit_at` at each second at which the limit changes, rounded down to one decimal. `ceiling`, in `unit`, is
    what the hardware can take. Equal neighbours are one period; the first one starts at 0.
    """
    rules = rules_of(profiles, connector, transaction, sessions, voltage, phases)
    length = min(timedelta(seconds=duration), LONGEST)
    seconds = {0}
    for edge in rules.edges(start, length):
        if timedelta() < edge < length:
            seconds.add(-(-edge // _SECOND))  # the first whole second at which it holds
    highest = None if ceiling is None else Decimal(str(ceiling))
    found: list[Period] = []
    for second in sorted(second for second in seconds if second < duration):
        limit = rules.limit(start + timedelta(seconds=second))
        period = _shown(second, limit, unit, highest)
        if not found or found[-1][1:] != period[1:]:
            found.append(period)
    return tuple(found)


def _shown(second: int, limit: Limit | None, unit: Unit, ceiling: Decimal | None) -> Period:
    limit = limit or Limit(None, None)
    rates = [each for each in (limit.in_unit(unit), ceiling) if each is not None]
    return Period(
        second,
        _rounded(min(rates, default=None)),
        limit.phases,
        _rounded(limit.of_watts(limit.discharge, unit)),
        _rounded(limit.of_watts(limit.setpoint, unit)),
    )


def _rounded(value: Decimal | None) -> float | None:
    return None if value is None else float(value.quantize(_TENTH, ROUND_DOWN))


# -- schedules side by side ---------------------------------------------------------------------


class Difference(NamedTuple):
    """From `start_seconds` up to `end_seconds` a schedule says something else. None: it says nothing."""

    start_seconds: int
    end_seconds: int
    expected: float | None
    reported: float | None


def read_periods(schedule: Mapping[str, Any]) -> tuple[Period, ...]:
    """The periods of a ChargingSchedule (section 7.13), or of a CompositeSchedule of 2.x, in their order."""
    found = (
        Period(
            each["startPeriod"],
            number(each.get("limit")),
            each.get("numberPhases"),
            number(each.get("dischargeLimit")),
            number(each.get("setpoint")),
        )
        for each in schedule["chargingSchedulePeriod"]
    )
    return tuple(sorted(found, key=lambda period: period.start_seconds))


def differences(
    expected: Sequence[Period], reported: Sequence[Period], *, duration: int, tolerance: float = 0.11
) -> tuple[Difference, ...]:
    """Where two schedules of one unit differ by more than `tolerance` (one decimal, rounded either way).

    Where nothing is expected to limit, whatever a station reports is its own limit, and no difference.
    """
    marks = sorted({0, *(period.start_seconds for period in (*expected, *reported))})
    found: list[Difference] = []
    for mark, end in pairwise([*(mark for mark in marks if 0 <= mark < duration), duration]):
        wanted, said = _limit_of(expected, mark), _limit_of(reported, mark)
        if wanted is None or (said is not None and abs(wanted - said) <= tolerance):
            continue
        if found and found[-1].end_seconds == mark and found[-1][2:] == (wanted, said):
            found[-1] = found[-1]._replace(end_seconds=end)
        else:
            found.append(Difference(mark, end, wanted, said))
    return tuple(found)


def _limit_of(periods: Sequence[Period], second: int) -> float | None:
    return next((each.limit for each in reversed(periods) if each.start_seconds <= second), None)
