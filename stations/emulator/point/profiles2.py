"""The charging profiles that a 2.x station has installed, and the limits of others (part 2, blocks K and Q). Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from stations.emulator.point.message import Charge
from stations.emulator.point.profiles import Profiles, Sessions, written_period
from stations.emulator.point.settings import Settings
from stations.emulator.point.vehicle import Rating
from stations.ocpp.charging import Period, Profile, Session, Unit
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import (
    DYNAMIC,
    EXTERNAL_CONSTRAINTS,
    LOCAL_GENERATION,
    PRIORITY_CHARGING,
    STATION_MAX_PROFILE,
    TX_PROFILE,
)
from stations.ocpp.times import written

SERVER = "CSO"
"""The chargingLimitSource of what the server has set."""

_AHEAD = timedelta(days=1)
_PERIODS = "chargingSchedulePeriod"
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Reported(NamedTuple):
    """A profile as it is reported (K09)."""

    evse: int
    source: str
    payload: Payload


class _External(NamedTuple):
    profile: Profile
    payload: Payload


class Profiles2(Profiles):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._payloads: dict[int, Payload] = {}
        """As they were sent, with the values of dynamic ones as they are now."""
        self._external: dict[tuple[int, str], _External] = {}
        """The limits of others, by EVSE and source."""
        self._constraints = 0
        self._priority: set[str] = set()
        """Transactions that charge with priority."""
        self._unheard_since: datetime | None = None
        self.values: Callable[[int, Payload], Payload] = lambda evse, period: period
        """A period of an EVSE, with what the station decides by itself (2.1, block Q)."""

    def __len__(self) -> int:
        return len(self._installed) + len(self._external)

    # -- what the server asks -------------------------------------------------------------

    def install(self, connector: int, payload: Payload, charge: Charge | None, at: datetime) -> str:
        """The status of a SetChargingProfile (K01); `charge`: the running session of this EVSE."""
        if not (self._sound(payload) and _fitting(connector, payload, charge)):
            return "Rejected"
        try:
            new = self._read(payload, connector, at)
        except ValueError:
            return "Rejected"
        others = {id: each for id, each in self._installed.items() if id != new.id}
        if any(_collide(each, new) for each in others.values()):
            return "Rejected"
        status = self._put(new, others)
        if status == "Accepted":
            self._payloads[new.id] = deepcopy(payload)
        return status

    def _sound(self, payload: Payload) -> bool:
        """Whether a profile keeps to what this station can and makes sense in itself (K01, K28)."""
        kind, schedules = payload["chargingProfileKind"], payload["chargingSchedule"]
        return (
            0 <= payload["stackLevel"] <= self._settings.number("ChargeProfileMaxStackLevel")
            and (len(schedules) == 1 or payload["chargingProfilePurpose"] == TX_PROFILE)
            and (kind != "Recurring" or "recurrencyKind" in payload)
            and all(self._sound_schedule(kind, schedule) for schedule in schedules)
            and (kind != DYNAMIC or len(schedules) == len(schedules[0]["chargingSchedulePeriod"]) == 1)
        )

    def _sound_schedule(self, kind: str, schedule: Payload) -> bool:
        periods = schedule["chargingSchedulePeriod"]
        starts = [period["startPeriod"] for period in periods]
        return (
            len(starts) <= self._settings.number("ChargingScheduleMaxPeriods")
            and starts[0] == 0
            and starts == sorted(set(starts))
            and self.speaks(schedule["chargingRateUnit"])
            and ("startSchedule" in schedule) == (kind in ("Absolute", "Recurring"))
            and all("phaseToUse" not in period or period.get("numberPhases") == 1 for period in periods)
        )

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
        for (evse, source), limit in self._external.items():
            yield Reported(evse, source, limit.payload)

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

    def kept(self) -> list[tuple[Profile, Payload]]:
        """What the server has set: as it is read, and as it was sent."""
        return [(self._installed[number], payload) for number, payload in self._payloads.items()]

    def read_again(self) -> None:
        """What the station makes of some periods may be another now (`values`)."""
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
        return Profile.read(payload | {"chargingSchedule": schedules}, connector=evse, received_at=at)

    def has_priority_profile(self, evse: int) -> bool:
        purposes = ((each.purpose, each.connector) for each in self._installed.values())
        return any(purpose == PRIORITY_CHARGING and place in (0, evse) for purpose, place in purposes)

    def prioritise(self, reference: str, active: bool) -> None:
        """Priority of a transaction (K21, K22)."""
        (self._priority.add if active else self._priority.discard)(reference)

    # -- limits of others -----------------------------------------------------------------

    def constrain(self, evse: int, source: str, schedule: Payload, at: datetime, *, generation: bool = False) -> None:
        """Somebody else limits what may be charged, or adds to it (K12, K13)."""
        self._constraints += 1
        payload: Payload = {
            "id": -self._constraints,  # one that no server gives
            "stackLevel": 0,
            "chargingProfilePurpose": LOCAL_GENERATION if generation else EXTERNAL_CONSTRAINTS,
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule],
        }
        if "startSchedule" not in schedule:  # its values are those of this moment, until others are told (2.1 K29)
            payload |= {"chargingProfileKind": DYNAMIC, "dynUpdateTime": written(at)}
        self._external[evse, source] = _External(Profile.read(payload, connector=evse, received_at=at), payload)

    def release(self, evse: int, source: str) -> bool:
        """Whether there was such a limit; it is gone."""
        return self._external.pop((evse, source), None) is not None

    # -- what limits ----------------------------------------------------------------------

    def holding(self, at: datetime) -> Collection[Profile]:
        """Without those that do not hold while the server is out of reach for so long."""
        silence = timedelta(-1) if self._unheard_since is None else at - self._unheard_since
        mine = (each for id, each in self._installed.items() if not self._is_stale(id, silence))
        return [*mine, *(limit.profile for limit in self._external.values())]

    def session(self, charge: Charge) -> Session:
        return Session(charge.reference, charge.begun, charge.reference in self._priority)

    def unheard(self, since: datetime | None, at: datetime) -> None:
        """The server is out of reach since then, or heard again: profiles that say so are invalid for good when that
        was too long (maxOfflineDuration, invalidAfterOfflineDuration; Q11, Q12)."""
        if since is None and self._unheard_since is not None:
            silence = at - self._unheard_since
            stale = [id for id in self._payloads if self._is_stale(id, silence)]
            self._drop([id for id in stale if self._payloads[id].get("invalidAfterOfflineDuration")])
        self._unheard_since = since

    def next_change(self, at: datetime) -> datetime | None:
        """When something else may hold, within a day, as far as the clock alone decides it."""
        edges = [edge for each in self.holding(at) if each.kind != "Relative" for edge in each.edges(at, _AHEAD)]
        if self._unheard_since is not None:
            offline = (each.get("maxOfflineDuration") for each in self._payloads.values())
            edges += [self._unheard_since + timedelta(seconds=each) - at for each in offline if each is not None]
        return min((at + edge for edge in edges if timedelta() < edge <= _AHEAD), default=None)

    def _is_stale(self, number: int, silence: timedelta) -> bool:
        longest = self._payloads[number].get("maxOfflineDuration")
        return longest is not None and silence >= timedelta(seconds=longest)

    def begin(self, charge: Charge, at: datetime) -> None:
        """A transaction started, perhaps with a profile of its own, which is for it (K05)."""
        if charge.profile is not None:
            self.install(charge.outlet, charge.profile | {"transactionId": charge.reference}, charge, at)

    def end(self, charge: Charge) -> None:
        """A TxProfile ends with its transaction, and so does its priority."""
        self._priority.discard(charge.reference)
        self._drop([id for id, each in self._installed.items() if each.transaction == charge.reference])


def _written(period: Period) -> Payload:
    shown = written_period(period)
    for name, value in (("dischargeLimit", period.discharge_limit), ("setpoint", period.setpoint)):
        if value is not None:
            shown[name] = value
    return shown


def _collide(one: Profile, other: Profile) -> bool:
    """Whether both claim the same place at the same time (K01.FR.06, FR.39)."""
    same = (one.connector, one.purpose, one.stack_level) == (other.connector, other.purpose, other.stack_level)
    overlaps = (one.valid_from or _EARLIEST) < (other.valid_to or _LATEST) and (other.valid_from or _EARLIEST) < (
        one.valid_to or _LATEST
    )
    return same and overlaps and one.transaction == other.transaction


def _fitting(evse: int, payload: Payload, charge: Charge | None) -> bool:
    """Whether the purpose goes with the EVSE and its session (K01.FR.03, FR.16, FR.22)."""
    purpose = payload["chargingProfilePurpose"]
    if purpose == TX_PROFILE:
        return evse != 0 and charge is not None and payload.get("transactionId") == charge.reference
    if purpose == EXTERNAL_CONSTRAINTS or "transactionId" in payload:
        return False
    return purpose != STATION_MAX_PROFILE or evse == 0


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
