"""Which charging profiles hold together at a moment, and what they come to (1.6 section 3.13, 2.x part 2 K).

Of one purpose the profile with the highest stack level counts, among those that are valid and have a period at that
moment (3.13.2). A TxProfile goes before the TxDefaultProfile of its connector, and that before the one of
connector 0, which is every connector's own limit, not a shared one. The ChargePointMaxProfile limits all of
it (3.13.3). Where no profile of a purpose has a period, the next one speaks; where none has, nothing is limited.

2.x says the same with more purposes (K01, K08): ChargingStationExternalConstraints, of an EVSE or of the station, cap
what the others allow; each is the limit of somebody else, so all of them hold. In 2.1 a PriorityCharging profile goes
before a TxProfile while its session has priority (K21, K22), and what LocalGeneration has is added to the session's
limit, below the caps. A dynamic profile is one whose period was told last (K28). External constraints may ask for a
power, too: it holds where the session's own profile asks for none, or where external ones go first (`SetpointPriority`,
Q06); into the grid only where the session's operation mode is another than charging only.

Amperes are a limit a phase, watts one of all phases together. When several limits hold at once, the fewest phases
and the lowest of each unit count, so that none of them is exceeded in either unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from stations.ocpp.operation_modes import CHARGING_ONLY
from stations.ocpp.profiles import (
    DEFAULT_PROFILE,
    EXTERNAL_CONSTRAINTS,
    LOCAL_GENERATION,
    MAX_PROFILES,
    PRIORITY_CHARGING,
    TX_PROFILE,
    Profile,
    Step,
)

Unit: TypeAlias = Literal["A", "W"]

_ONE_WAY = ("", CHARGING_ONLY)
"""Operation modes in which nothing flows into the grid, whoever else asks for it."""

PHASES = 3
"""What a period has that names no numberPhases (section 7.14)."""


class Session(NamedTuple):
    """What runs on a connector: by it TxProfiles are told apart, and from it relative schedules begin.

    `priority`: it charges with priority (2.1 K21, K22). `soc`: the vehicle's state of charge in %, where it is known.
    """

    transaction: int | str | None = None
    begun: datetime | None = None
    priority: bool = False
    soc: float | None = None


class Grid(NamedTuple):
    voltage: Decimal
    phases: int

    @classmethod
    def of(cls, voltage: float, phases: int) -> Grid:
        if voltage <= 0 or phases < 1:
            raise ValueError("There has to be a voltage, and a phase.")
        return cls(Decimal(str(voltage)), phases)


class Limit(NamedTuple):
    """What limits that hold together allow; `phases` where one of them names a number.

    `discharge` and `setpoint` are W; `ampere` is how many W an ampere in each phase is. `mode` and `wishes` are those
    of the session's own period.
    """

    amperes: Decimal | None
    watts: Decimal | None
    phases: int | None = None
    ampere: Decimal = Decimal(1)
    discharge: Decimal | None = None
    setpoint: Decimal | None = None
    mode: str = ""
    wishes: frozenset[str] = frozenset()

    def in_unit(self, unit: Unit) -> Decimal | None:
        return self.amperes if unit == "A" else self.watts

    def of_watts(self, watts: Decimal | None, unit: Unit) -> Decimal | None:
        return watts / self.ampere if watts is not None and unit == "A" else watts


class _Line(NamedTuple):
    """The profiles of one connector, in the order in which they count: its own limit, its caps, what adds to it."""

    session: Session
    own: list[Profile]
    caps: list[Profile]
    local: list[Profile]

    @property
    def profiles(self) -> list[Profile]:
        return [*self.own, *self.caps, *self.local]


class Rules:
    """The profiles that matter for a connector (0: for the station as a whole), in the order in which they count."""

    def __init__(
        self,
        profiles: Iterable[Profile],
        connector: int,
        sessions: Mapping[int, Session],
        grid: Grid,
        *,
        external_first: bool = False,
    ) -> None:
        # Two of one purpose and level cannot be there (3.13.2); should they, the newer one replaced the other.
        known = sorted(profiles, key=lambda each: (each.stack_level, each.received_at, each.id), reverse=True)
        self._station = [each for each in known if each.purpose in MAX_PROFILES]
        self._external = _of_purpose(known, EXTERNAL_CONSTRAINTS, 0)
        self._local = _of_purpose(known, LOCAL_GENERATION, 0)
        self._lines = [_line(known, number, session) for number, session in sessions.items()]
        self._in_total = not connector
        self._grid = grid
        self._external_first = external_first

    def limit(self, at: datetime) -> Limit | None:
        """What holds at this moment; None where nothing is limited, or asked for."""
        caps = [_prevailing(self._station, at), *_each(self._external, at)]
        local = _of_highest(self._local, at)
        if not self._in_total:
            return self._of_line(self._lines[0], at, caps, local)
        whole = self._together(caps)
        parts = [self._of_line(line, at, [], []) for line in self._lines]
        known = [part for part in parts if part is not None and part.watts is not None and part.amperes is not None]
        if not known or len(known) < len(parts):
            return whole  # one connector that takes what it likes
        amperes = sum((part.amperes for part in known if part.amperes is not None), Decimal())
        watts = sum((part.watts for part in known if part.watts is not None), Decimal())
        for each in local:
            if (more := self._together([each])) is not None and more.watts is not None and more.amperes is not None:
                amperes, watts = amperes + more.amperes, watts + more.watts
        if whole is None or whole.amperes is None or whole.watts is None:
            return Limit(amperes, watts)
        return Limit(min(whole.amperes, amperes), min(whole.watts, watts), whole.phases)

    def edges(self, start: datetime, length: timedelta) -> Iterator[timedelta]:
        whole = (None, [*self._station, *self._external, *self._local])
        for begun, profiles in (whole, *((line.session.begun, line.profiles) for line in self._lines)):
            for profile in profiles:
                yield from profile.edges(start, length, begun)

    def _of_line(self, line: _Line, at: datetime, caps: list[_Rate | None], local: list[_Rate]) -> Limit | None:
        return self._together(
            [*caps, *_each(line.caps, at, line.session)],
            _prevailing(line.own, at, line.session),
            [*local, *_of_highest(line.local, at, line.session)],
        )

    def _together(
        self, caps: Iterable[_Rate | None], own: _Rate | None = None, local: Iterable[_Rate] = ()
    ) -> Limit | None:
        """Limits that hold at once: the fewest phases, the lowest amperes, the lowest watts."""
        held = [rate for rate in caps if rate is not None]
        known = held if own is None else [*held, own]
        if not known:
            return None
        phases = max(1, min(self._grid.phases, *(step.phases or PHASES for _, step, _ in known)))
        ampere = self._grid.voltage * phases  # in watts

        def watts(unit: str, value: Decimal | None) -> Decimal | None:
            return value * ampere if value is not None and unit == "A" else value

        limits = [watts(unit, step.limit) for unit, step, _ in held]
        discharge = [watts(unit, step.discharge) for unit, step, _ in known]
        asked = (watts(unit, step.setpoint) for unit, step, _ in held)
        setpoint = next((each for each in asked if each is not None), None)
        if setpoint is not None and (own is None or own.step.mode in _ONE_WAY):
            setpoint = max(setpoint, Decimal())
        if own is not None:
            unit, step, _ = own
            own_limit = watts(unit, step.limit)
            more = [watts(each.unit, each.step.limit) for each in local]
            limits.append(None if own_limit is None else own_limit + sum(filter(None, more), Decimal()))
            if step.setpoint is not None and not (self._external_first and setpoint is not None):
                setpoint = watts(unit, step.setpoint)
        lowest = min((each for each in limits if each is not None), default=None)
        highest = max((each for each in discharge if each is not None), default=None)
        named = any(each.step.phases for each in known)
        return Limit(
            None if lowest is None else lowest / ampere,
            lowest,
            phases if named else None,
            ampere,
            highest,
            _between(setpoint, highest, lowest),
            "" if own is None else own.step.mode,
            frozenset() if own is None else own.step.wishes,
        )


class _Rate(NamedTuple):
    """A period, in a unit, of a profile with a stack level."""

    unit: str
    step: Step
    level: int = 0


def _between(value: Decimal | None, least: Decimal | None, most: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    value = value if most is None else min(value, most)
    return value if least is None else max(value, least)


def _of_purpose(known: list[Profile], purpose: str, connector: int) -> list[Profile]:
    return [each for each in known if each.purpose == purpose and each.connector == connector]


def _line(known: list[Profile], connector: int, session: Session) -> _Line:
    caps = _of_purpose(known, EXTERNAL_CONSTRAINTS, connector)
    local = _of_purpose(known, LOCAL_GENERATION, connector)
    return _Line(session, _of_connector(known, connector, session), caps, local)


def _of_connector(known: list[Profile], connector: int, session: Session) -> list[Profile]:
    """The profiles of a connector's own limit: with priority, for its transaction, by default, and by default for all
    (3.13.1)."""
    transaction = session.transaction
    priority = [each for each in known if each.purpose == PRIORITY_CHARGING and session.priority]
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
        *(each for each in priority if each.connector == connector),
        *(each for each in priority if each.connector == 0),
        *tx,
        *(each for each in default if each.connector == connector),
        *(each for each in default if each.connector == 0),
    ]


_NO_SESSION = Session()


def _prevailing(profiles: Iterable[Profile], at: datetime, session: Session = _NO_SESSION) -> _Rate | None:
    """The period of the first profile that has one."""
    return next(_rates(profiles, at, session), None)


def _each(profiles: Iterable[Profile], at: datetime, session: Session = _NO_SESSION) -> list[_Rate]:
    """The periods of all: each is the limit of somebody else (K11 to K13), and none of them may be exceeded."""
    return list(_rates(profiles, at, session))


def _of_highest(profiles: Iterable[Profile], at: datetime, session: Session = _NO_SESSION) -> list[_Rate]:
    """The periods of the highest level that has one: of several generators on site, what each of them adds (K27)."""
    found = list(_rates(profiles, at, session))
    return [each for each in found if each.level == found[0].level]


def _rates(profiles: Iterable[Profile], at: datetime, session: Session) -> Iterator[_Rate]:
    """The periods that profiles have at a moment, in their order."""
    for profile in profiles:
        step = profile.step_at(at, session.begun)
        if step is not None:
            step = step if profile.soc_limit is None else profile.soc_limit.cap(step, session.soc)
            yield _Rate(profile.unit, step, profile.stack_level)


def rules_of(
    profiles: Iterable[Profile],
    connector: int,
    transaction: int | str | None,
    sessions: Mapping[int, Session] | None,
    voltage: float,
    phases: int,
    *,
    external_first: bool = False,
) -> Rules:
    known = dict(sessions or {})
    if connector:
        known = {connector: known.get(connector) or Session(transaction)}
    return Rules(profiles, connector, known, Grid.of(voltage, phases), external_first=external_first)
