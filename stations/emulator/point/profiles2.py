"""The charging profiles that a 2.x station has installed (part 2, blocks K and Q). Pure.

What it refuses is in `profile_rules2.py`, what others limit in `others.py`, what begins later by chance in `delays.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from stations.emulator.point import profile_rules2 as rules
from stations.emulator.point.delays import Delays
from stations.emulator.point.message import Charge
from stations.emulator.point.others import Others
from stations.emulator.point.profiles import Profiles, Sessions, written_period
from stations.emulator.point.settings import Settings
from stations.emulator.point.smart_charging_variables import Abilities
from stations.emulator.point.vehicle import Rating
from stations.ocpp.charging import Period, Profile, Session, Unit
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import DYNAMIC, PRIORITY_CHARGING
from stations.ocpp.times import written

SERVER = "CSO"
"""The chargingLimitSource of what the server has set."""

_AHEAD = timedelta(days=1)
_PERIODS = "chargingSchedulePeriod"


class Reported(NamedTuple):
    """A profile as it is reported (K09)."""

    evse: int
    source: str
    payload: Payload


class Profiles2(Profiles):
    def __init__(self, settings: Settings, abilities: Abilities, delays: Delays) -> None:
        super().__init__(settings)
        self.abilities = abilities
        self.others = Others(abilities)
        self._delays = delays
        self._zone = abilities.zone
        """That of the local times, as they were read."""
        self._payloads: dict[int, Payload] = {}
        """As they were sent, with the values of dynamic ones as they are now."""
        self._priority: set[str] = set()
        """Transactions that charge with priority."""
        self._unheard_since: datetime | None = None
        self.values: Callable[[int, Payload], Payload] = lambda evse, period: period
        """A period of an EVSE, with what the station decides by itself (2.1, block Q)."""
        self.lacks: Callable[[int, Payload], Iterable[str]] = lambda evse, period: ()
        """By which reasonCodes an EVSE cannot keep to a period (2.1, block Q)."""

    def __len__(self) -> int:
        return len(self._installed) + len(self.others)

    # -- what the server asks -------------------------------------------------------------

    def install(self, connector: int, payload: Payload, charge: Charge | None, at: datetime) -> str:
        """The status of a SetChargingProfile (K01); `charge`: the running session of this EVSE."""
        return "Rejected" if self.refusal(connector, payload, charge, at) else "Accepted"

    def refusal(self, connector: int, payload: Payload, charge: Charge | None, at: datetime) -> str:
        """The reasonCode by which a profile is refused; where there is none it is installed."""
        reasons = chain(
            rules.reasons(connector, payload, charge, self._settings, self.abilities),
            (each for period in _periods_of(payload) for each in self.lacks(connector, period)),
        )
        if reason := next(reasons, ""):
            return reason
        try:
            new = self._read(payload, connector, at)
        except ValueError:
            return rules.INVALID_PROFILE
        others = {id: each for id, each in self._installed.items() if id != new.id}
        if rules.collides(new, others.values()):
            return rules.DUPLICATE
        if self._put(new, others) != "Accepted":
            return "TooManyElements"
        self._payloads[new.id] = deepcopy(payload)
        return ""

    def clear(self, criteria: Mapping[str, object]) -> str:
        """The status of a ClearChargingProfile (K10): what others limit stays."""
        wanted = criteria.get("chargingProfileCriteria")
        number, wanted = criteria.get("chargingProfileId"), wanted if isinstance(wanted, dict) else {}
        gone = [id for id, each in self._installed.items() if _meant(each, number, wanted)]
        self._drop(gone)
        return "Accepted" if gone else "Unknown"

    def _drop(self, numbers: list[int]) -> None:
        for number in numbers:
            del self._installed[number], self._payloads[number]

    def composite(
        self, connector: int, *, at: datetime, duration: int, unit: Unit, hardware: Rating, sessions: Sessions
    ) -> Payload:
        """The `schedule` of a GetCompositeSchedule (K08); it never exceeds the hardware."""
        periods = self._periods(connector, at, duration, unit, hardware, sessions)
        return {
            "evseId": connector,
            "duration": duration,
            "scheduleStart": written(at),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [_written(period) for period in periods],
        }

    def report(self, evse: int | None, criterion: Payload) -> list[Reported]:
        """The profiles that GetChargingProfiles asks for (K09), those of one EVSE and source side by side."""
        found = [
            each
            for each in self._reportable()
            if evse in (None, each.evse) and _fits(each.payload, each.source, criterion)
        ]
        return sorted(found, key=lambda each: (each.evse, each.source, each.payload["id"]))

    def _reportable(self) -> Iterator[Reported]:
        for id, payload in self._payloads.items():
            yield Reported(self._installed[id].connector, SERVER, payload)
        for place, other in self.others:
            yield Reported(place.evse, place.source, other.payload)

    # -- dynamic profiles, signals and priority (2.1) ---------------------------------------

    def update(self, number: int, values: Payload, at: datetime) -> str:
        """The status of an UpdateDynamicSchedule, or what a pull of it brought (K28)."""
        payload = self._payloads.get(number)
        if payload is None or payload["chargingProfileKind"] != DYNAMIC:
            return "Rejected"
        payload["chargingSchedule"][0]["chargingSchedulePeriod"][0] |= values
        payload["dynUpdateTime"] = written(at)
        self._read_again(number)
        return "Accepted"

    def pulls(self) -> dict[int, int]:
        """The dynamic profiles whose values are to be asked for, each so many seconds (dynUpdateInterval)."""
        intervals = {id: int(payload.get("dynUpdateInterval", 0)) for id, payload in self._payloads.items()}
        return {id: seconds for id, seconds in intervals.items() if seconds > 0}

    def passed(self, number: int, at: datetime, begun: datetime | None) -> int:
        """The seconds of a profile's schedule that are over; none, where it does not hold yet."""
        return int(self._installed[number].position(at, begun) or 0.0)

    def kept(self) -> list[tuple[Profile, Payload]]:
        """What the server has set: as it is read, and as it was sent."""
        return [(self._installed[number], payload) for number, payload in self._payloads.items()]

    def read_again(self) -> None:
        """What the station makes of some periods may be another now (`values`), and so may local times."""
        self._zone = self.abilities.zone
        for number in self._payloads:
            self._read_again(number)

    def _read_again(self, number: int) -> None:
        known = self._installed[number]
        self._installed[number] = self._read(self._payloads[number], known.connector, known.received_at)

    def _read(self, payload: Payload, evse: int, at: datetime) -> Profile:
        schedules = [
            schedule | {_PERIODS: [self.values(evse, period) for period in schedule[_PERIODS]]}
            for schedule in payload["chargingSchedule"]
        ]
        read = payload | {"chargingSchedule": schedules}
        return Profile.read(read, connector=evse, received_at=at, zone=self._zone)

    def has_priority_profile(self, evse: int) -> bool:
        purposes = ((each.purpose, each.connector) for each in self._installed.values())
        return any(purpose == PRIORITY_CHARGING and place in (0, evse) for purpose, place in purposes)

    def prioritise(self, reference: str, active: bool) -> None:
        """Priority of a transaction (K21, K22)."""
        (self._priority.add if active else self._priority.discard)(reference)

    # -- what limits ----------------------------------------------------------------------

    def holding(self, at: datetime) -> Collection[Profile]:
        """Without those that do not hold while the server is out of reach for so long."""
        silence = None if self._unheard_since is None else at - self._unheard_since
        self._follow_the_clock()
        mine = (each for id, each in self._installed.items() if not self._is_stale(id, silence))
        return [*mine, *(other.profile for _, other in self.others)]

    def _in_force(self, at: datetime, session: Session | None) -> Collection[Profile]:
        """As they hold for a transaction: some of their periods begin later (randomizedDelay)."""
        found = self.holding(at)
        if session is None:
            return found
        return [self._delayed(each, str(session.transaction)) for each in found]

    def _delayed(self, profile: Profile, reference: str) -> Profile:
        payload = self._payloads.get(profile.id)
        longest = 0 if payload is None else payload["chargingSchedule"][0].get("randomizedDelay", 0)
        return self._delays.delayed(profile, longest, reference) if longest else profile

    def _follow_the_clock(self) -> None:
        """Local times are others where the station's time zone has been set anew."""
        local = [number for number, each in self._installed.items() if each.zone is not None]
        if local and self.abilities.zone != self._zone:
            self._zone = self.abilities.zone
            for number in local:
                self._read_again(number)

    def session(self, charge: Charge) -> Session:
        return Session(charge.reference, charge.begun, charge.reference in self._priority)

    def unheard(self, since: datetime | None, at: datetime) -> None:
        """The server is out of reach since then, or heard again: profiles that say so are invalid for good when that
        was too long (maxOfflineDuration, invalidAfterOfflineDuration; Q11, Q12)."""
        if since is None and self._unheard_since is not None:
            silence = at - self._unheard_since
            self._drop([id for id in self._payloads if self._is_stale(id, silence) and self._ends(id)])
        self._unheard_since = since

    def next_change(self, at: datetime, sessions: Sessions) -> datetime | None:
        """When something else may hold, within a day: by the clock, or in one of these sessions, for which periods may
        begin later."""
        edges = [edge for each in self.holding(at) if each.kind != "Relative" for edge in each.edges(at, _AHEAD)]
        for number, session in sessions.items():
            here = (each for each in self._in_force(at, session) if each.connector in (0, number))
            edges += [edge for each in here for edge in each.edges(at, _AHEAD, session.begun)]
        if self._unheard_since is not None:
            offline = (each.get("maxOfflineDuration") for each in self._payloads.values())
            edges += [self._unheard_since + timedelta(seconds=each) - at for each in offline if each is not None]
        return min((at + edge for edge in edges if timedelta() < edge <= _AHEAD), default=None)

    def _ends(self, number: int) -> bool:
        return bool(self._payloads[number].get("invalidAfterOfflineDuration"))

    def _is_stale(self, number: int, silence: timedelta | None) -> bool:
        """0 seconds: as soon as the server is out of reach."""
        longest = self._payloads[number].get("maxOfflineDuration")
        return silence is not None and longest is not None and silence >= timedelta(seconds=longest)

    def begin(self, charge: Charge, at: datetime) -> None:
        """A transaction started, perhaps with a profile of its own, which is for it (K05)."""
        if charge.profile is not None:
            self.install(charge.outlet, charge.profile | {"transactionId": charge.reference}, charge, at)

    def end(self, charge: Charge) -> None:
        """A TxProfile ends with its transaction, and so does its priority."""
        self._priority.discard(charge.reference)
        self._delays.forget(charge.reference)
        self._drop([id for id, each in self._installed.items() if each.transaction == charge.reference])


def _periods_of(payload: Payload) -> Iterator[Payload]:
    for schedule in payload["chargingSchedule"]:
        yield from schedule[_PERIODS]


def _written(period: Period) -> Payload:
    shown = written_period(period)
    for name, value in (("dischargeLimit", period.discharge_limit), ("setpoint", period.setpoint)):
        if value is not None:
            shown[name] = value
    return shown


def _meant(profile: Profile, number: object, criteria: Mapping[str, object]) -> bool:
    if number is not None:  # denotes one; the criteria are for a selection
        return profile.id == number
    has = {
        "evseId": profile.connector,
        "chargingProfilePurpose": profile.purpose,
        "stackLevel": profile.stack_level,
    }
    return all(has[name] == value for name, value in criteria.items() if name in has)


def _fits(payload: Payload, source: str, criterion: Payload) -> bool:
    """Whether a profile is one of those that a ChargingProfileCriterion asks for (K09)."""
    if "chargingProfileId" in criterion:
        return payload["id"] in criterion["chargingProfileId"]
    return (
        criterion.get("chargingProfilePurpose") in (None, payload["chargingProfilePurpose"])
        and criterion.get("stackLevel") in (None, payload["stackLevel"])
        and source in criterion.get("chargingLimitSource", (source,))
    )
