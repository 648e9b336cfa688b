"""What charging profiles allow at a moment, and the composite schedule that they make (1.6 section 3.13).

Of one purpose the profile with the highest stack level counts, among those that are valid and have a period at that
moment (3.13.2). A TxProfile goes before the TxDefaultProfile of its connector, and that before the one of
connector 0, which is every connector's own limit, not a shared one. The ChargePointMaxProfile limits all of
it (3.13.3). Where no profile of a purpose has a period, the next one speaks; where none has, nothing is limited.

Amperes are a limit a phase, watts one of all phases together. When several limits hold at once, the fewest phases
and the lowest of each unit count, so that none of them is exceeded in either unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

from stations.ocpp.profiles import DEFAULT_PROFILE, MAX_PROFILE, TX_PROFILE, Profile, Step

__all__ = [
    "Difference",
    "Period",
    "Profile",
    "Session",
    "Step",
    "Unit",
    "composite",
    "differences",
    "limit_at",
    "read_periods",
]

Unit: TypeAlias = Literal["A", "W"]

PHASES = 3
"""What a period has that names no numberPhases (section 7.14)."""

LONGEST = timedelta(days=31)
"""A composite schedule reaches no further: a daily profile has some periods for each day."""

_TENTH = Decimal("0.1")  # limits have one decimal (section 7.14)
_SECOND = timedelta(seconds=1)


class Period(NamedTuple):
    """A period of a composite schedule. `limit` has one decimal; None: nothing is limited."""

    start_seconds: int
    limit: float | None
    phases: int | None = None


class Session(NamedTuple):
    """What runs on a connector: by it TxProfiles are told apart, and from it relative schedules begin."""

    transaction: int | None = None
    begun: datetime | None = None


# -- what holds at a moment ---------------------------------------------------------------------


class _Grid(NamedTuple):
    voltage: Decimal
    phases: int

    @classmethod
    def of(cls, voltage: float, phases: int) -> _Grid:
        if voltage <= 0 or phases < 1:
            raise ValueError("There has to be a voltage, and a phase.")
        return cls(Decimal(str(voltage)), phases)


class _Limit(NamedTuple):
    """What limits that hold together allow; `phases` where one of them names a number."""

    amperes: Decimal
    watts: Decimal
    phases: int | None = None

    def in_unit(self, unit: Unit) -> Decimal:
        return self.amperes if unit == "A" else self.watts


class _Rules:
    """The profiles that matter for a connector (0: for the station as a whole), in the order in which they count."""

    def __init__(
        self, profiles: Iterable[Profile], connector: int, sessions: Mapping[int, Session], grid: _Grid
    ) -> None:
        # Two of one purpose and level cannot be there (3.13.2); should they, the newer one replaced the other.
        known = sorted(profiles, key=lambda each: (each.stack_level, each.received_at, each.id), reverse=True)
        self._station = [each for each in known if each.purpose == MAX_PROFILE]
        self._lines = [
            (session.begun, _of_connector(known, number, session.transaction)) for number, session in sessions.items()
        ]
        self._in_total = not connector
        self._grid = grid

    def limit(self, at: datetime) -> _Limit | None:
        """What holds at this moment; None where nothing is limited."""
        station = _prevailing(self._station, at, None)
        lines = [_prevailing(profiles, at, begun) for begun, profiles in self._lines]
        if not self._in_total:
            return self._together(station, *lines)
        whole = self._together(station)
        parts = [part for line in lines if (part := self._together(line)) is not None]
        if not parts or len(parts) < len(lines):
            return whole  # one connector that takes what it likes
        amperes = sum((part.amperes for part in parts), Decimal())
        watts = sum((part.watts for part in parts), Decimal())
        if whole is None:
            return _Limit(amperes, watts)
        return _Limit(min(whole.amperes, amperes), min(whole.watts, watts), whole.phases)

    def edges(self, start: datetime, length: timedelta) -> Iterator[timedelta]:
        for begun, profiles in ((None, self._station), *self._lines):
            for profile in profiles:
                yield from profile.edges(start, length, begun)

    def _together(self, *rates: _Rate | None) -> _Limit | None:
        """Limits that hold at once: the fewest phases, the lowest amperes, the lowest watts."""
        known = [rate for rate in rates if rate is not None]
        if not known:
            return None
        phases = max(1, min(self._grid.phases, *(step.phases or PHASES for _, step in known)))
        ampere = self._grid.voltage * phases  # in watts
        watts = min(step.limit * ampere if unit == "A" else step.limit for unit, step in known)
        named = any(step.phases for _, step in known)
        return _Limit(watts / ampere, watts, phases if named else None)


_Rate: TypeAlias = tuple[str, Step]
"""A unit, and a period in it."""


def _of_connector(known: list[Profile], connector: int, transaction: int | None) -> list[Profile]:
    """The profiles of a connector's own limit: for its transaction, by default, and by default for all (3.13.1)."""
    tx = [
        each
        for each in known
        if each.purpose == TX_PROFILE
        and each.connector == connector
        and transaction is not None
        and each.transaction in (None, transaction)
    ]
    default = [each for each in known if each.purpose == DEFAULT_PROFILE]
    return [
        *tx,
        *(each for each in default if each.connector == connector),
        *(each for each in default if each.connector == 0),
    ]


def _prevailing(profiles: list[Profile], at: datetime, begun: datetime | None) -> _Rate | None:
    """The period of the first profile that has one."""
    for profile in profiles:
        step = profile.step_at(at, begun)
        if step is not None:
            return profile.unit, step
    return None


def _rules(
    profiles: Iterable[Profile],
    connector: int,
    transaction: int | None,
    sessions: Mapping[int, Session] | None,
    voltage: float,
    phases: int,
) -> _Rules:
    known = dict(sessions or {})
    if connector:
        known = {connector: known.get(connector) or Session(transaction)}
    return _Rules(profiles, connector, known, _Grid.of(voltage, phases))


def limit_at(
    profiles: Iterable[Profile],
    at: datetime,
    *,
    connector: int,
    transaction: int | None = None,
    voltage: float = 230.0,
    phases: int = PHASES,
    sessions: Mapping[int, Session] | None = None,
) -> float | None:
    """What the profiles allow at a moment, in watts; None: as much as there is.

    Connector 0 is the station: its ChargePointMaxProfile and, with `sessions` (by connector), no more than what
    their connectors may take together. A connector without a transaction gets what a new one would.
    """
    limit = _rules(profiles, connector, transaction, sessions, voltage, phases).limit(at)
    return None if limit is None else float(limit.watts)


def composite(
    profiles: Iterable[Profile],
    *,
    start: datetime,
    duration: int,
    unit: Unit,
    connector: int,
    transaction: int | None = None,
    voltage: float = 230.0,
    phases: int = PHASES,
    ceiling: float | None = None,
    sessions: Mapping[int, Session] | None = None,
) -> tuple[Period, ...]:
    """What the profiles allow for `duration` seconds from `start`, at most `LONGEST`, as GetCompositeSchedule asks.

    It is `limit_at` at each second at which the limit changes, rounded down to one decimal. `ceiling`, in `unit`, is
    what the hardware can take. Equal neighbours are one period; the first one starts at 0.
    """
    rules = _rules(profiles, connector, transaction, sessions, voltage, phases)
    length = min(timedelta(seconds=duration), LONGEST)
    seconds = {0}
    for edge in rules.edges(start, length):
        if timedelta() < edge < length:
            seconds.add(-(-edge // _SECOND))  # the first whole second at which it holds
    highest = None if ceiling is None else Decimal(str(ceiling))
    found: list[Period] = []
    for second in sorted(second for second in seconds if second < duration):
        limit = rules.limit(start + timedelta(seconds=second))
        period = Period(second, *_shown(limit, unit, highest))
        if not found or found[-1][1:] != period[1:]:
            found.append(period)
    return tuple(found)


def _shown(limit: _Limit | None, unit: Unit, ceiling: Decimal | None) -> tuple[float | None, int | None]:
    rate, phases = (None, None) if limit is None else (limit.in_unit(unit), limit.phases)
    rates = [each for each in (rate, ceiling) if each is not None]
    return (float(min(rates).quantize(_TENTH, ROUND_DOWN)) if rates else None), phases


# -- schedules side by side ---------------------------------------------------------------------


class Difference(NamedTuple):
    """From `start_seconds` up to `end_seconds` a schedule says something else. None: it says nothing."""

    start_seconds: int
    end_seconds: int
    expected: float | None
    reported: float | None


def read_periods(schedule: Mapping[str, Any]) -> tuple[Period, ...]:
    """The periods of a ChargingSchedule (section 7.13) in their order."""
    found = (
        Period(each["startPeriod"], float(each["limit"]), each.get("numberPhases"))
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
